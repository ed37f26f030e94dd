// SPDX-License-Identifier: GPL-2.0-only
/*
 * the table of codecs, and the check of what a user asks of one
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "codec.h"

static const struct codec_ops *const codecs[] = {
	&codec_lz4,
	&codec_lz4hc,
	&codec_lzo,
	&codec_zstd,
	&codec_deflate,
};

/**
 * codec_by_index() - walk the table of codecs
 * @index: from 0
 *
 * Return: the codec, NULL past the last one.
 */
const struct codec_ops *codec_by_index(unsigned int index)
{
	return index < ARRAY_SIZE(codecs) ? codecs[index] : NULL;
}

static const struct codec_ops *codec_find(u32 algorithm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codecs); i++)
		if (codecs[i]->algorithm == algorithm)
			return codecs[i];
	return NULL;
}

/* The level is in range: fill in @p and hold it against the pool's limits. */
static int codec_fit(struct codec_params *p, const struct codec_ops *ops,
		     int level, u32 flags, u32 in_size, size_t max_workspace)
{
	int ret;

	memset(p, 0, sizeof(*p));
	p->ops = ops;
	p->level = level;
	p->flags = flags;
	p->in_size = in_size;
	ret = ops->prepare(p);
	if (ret)
		return ret;

	if (flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
		p->compress_ws = 0;
	else if (!(flags & FLIPQ_CODEC_OWNER) &&
		 (in_size > ops->shared_size(level) ||
		  p->compress_ws > max_workspace))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * codec_prepare() - check a codec that a user described and prepare it
 * @p: filled in on success, unspecified otherwise
 * @c: the description, a private copy
 * @in_size: largest input of a request
 * @max_workspace: largest compression workspace of a shared worker
 *
 * The limits are about compression: with FLIPQ_CODEC_DECOMPRESS_ONLY neither
 * is applied, since what decompression needs does not depend on the level. With
 * FLIPQ_CODEC_OWNER there are none, as the owner's threads do the work and its
 * memory is charged.
 *
 * Return: 0; -ENOENT for an unknown algorithm; -EINVAL for a flag or level that
 * the algorithm does not have, or a non-zero reserved member; -EOPNOTSUPP for a
 * codec that is too large or too slow for the shared workers.
 */
int codec_prepare(struct codec_params *p, const struct flipq_codec *c,
		  u32 in_size, size_t max_workspace)
{
	const struct codec_ops *ops = codec_find(c->algorithm);
	int level = c->level;

	if (!ops)
		return -ENOENT;
	if (c->flags & ~(ops->flags | FLIPQ_CODEC_OWNER))
		return -EINVAL;
	if (c->window_log || c->dict_addr || c->dict_len ||
	    memchr_inv(c->reserved, 0, sizeof(c->reserved)))
		return -EINVAL;
	if (!level)
		level = ops->default_level;
	if (level < ops->min_level || level > ops->max_level)
		return -EINVAL;
	return codec_fit(p, ops, level, c->flags, in_size, max_workspace);
}

/**
 * codec_shared_level() - the highest level that the shared workers take
 * @ops: the codec
 * @in_size: largest input of a request
 * @max_workspace: largest compression workspace of a shared worker
 * @p: filled in for that level; where there is none, for decompression only
 *	and at the lowest level
 *
 * Return: the highest level that codec_prepare() would accept, @min_level - 1
 * where there is none.
 */
int codec_shared_level(const struct codec_ops *ops, u32 in_size,
		       size_t max_workspace, struct codec_params *p)
{
	int level;

	for (level = ops->max_level; level >= ops->min_level; level--)
		if (!codec_fit(p, ops, level, 0, in_size, max_workspace))
			return level;
	codec_fit(p, ops, ops->min_level, FLIPQ_CODEC_DECOMPRESS_ONLY, in_size,
		  max_workspace);
	return level;
}
