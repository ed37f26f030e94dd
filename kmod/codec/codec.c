// SPDX-License-Identifier: GPL-2.0-only
/*
 * the table of codecs, and the check of what a user asks of one
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "codec/codec.h"

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
	if (index >= ARRAY_SIZE(codecs))
		return NULL;
	return codecs[array_index_nospec(index, ARRAY_SIZE(codecs))];
}

static const struct codec_ops *codec_find(u32 algorithm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codecs); i++)
		if (codecs[i]->algorithm == algorithm)
			return codecs[i];
	return NULL;
}

/* Is compression at @p's level too much for a shared worker, or the owner? */
static bool codec_too_slow(const struct codec_params *p, size_t max_workspace)
{
	if (p->flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
		return false;
	if (p->flags & FLIPQ_CODEC_OWNER)
		return p->in_size > p->ops->owner_size(p->level);
	return p->in_size > p->ops->shared_size(p->level) ||
	       p->compress_ws > max_workspace;
}

/* The level is in range. Some codecs use it as an index into a table. */
static int codec_level_nospec(const struct codec_ops *ops, int level)
{
	unsigned int above = level - ops->min_level;
	unsigned int levels = ops->max_level - ops->min_level + 1;

	return ops->min_level + (int)array_index_nospec(above, levels);
}

/* The level is in range: fill in @p and hold it against the limits. */
static int codec_fit(struct codec_params *p, const struct codec_ops *ops,
		     int level, u32 flags, u32 in_size, size_t max_workspace)
{
	int ret;

	memset(p, 0, sizeof(*p));
	p->ops = ops;
	p->level = level;
	p->flags = flags;
	p->in_size = in_size;
	if (!(flags & FLIPQ_CODEC_DECOMPRESS_ONLY) &&
	    !(ops->caps & FLIPQ_CODEC_CAP_COMPRESS))
		return -EOPNOTSUPP;
	ret = ops->prepare(p);
	if (ret)
		return ret;

	if (flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
		p->compress_ws = 0;
	return codec_too_slow(p, max_workspace) ? -EOPNOTSUPP : 0;
}

/**
 * codec_prepare() - check a codec that a user described and prepare it
 * @p: filled in on success, unspecified otherwise
 * @c: the description, a private copy
 * @in_size: largest input of a request
 * @max_workspace: largest compression workspace of a shared worker
 *
 * The limits are about compression: with FLIPQ_CODEC_DECOMPRESS_ONLY none is
 * applied, since what decompression needs does not depend on the level. With
 * FLIPQ_CODEC_OWNER the owner's threads do the work and its memory is charged,
 * so the only limit is one of time, as a codec cannot be interrupted.
 *
 * Return: 0; -ENOENT for an unknown algorithm; -EINVAL for a flag or level that
 * the algorithm does not have, or a non-zero reserved member; -EOPNOTSUPP for a
 * codec that is too large or too slow for the shared workers, or for anybody, or
 * that does not compress on this kernel.
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
	level = codec_level_nospec(ops, level);
	return codec_fit(p, ops, level, c->flags, in_size, max_workspace);
}

/**
 * codec_highest_level() - the highest level that is taken
 * @ops: the codec
 * @flags: 0: by the shared workers; FLIPQ_CODEC_OWNER: by the owner's threads
 * @in_size: largest input of a request
 * @max_workspace: largest compression workspace of a shared worker
 * @p: filled in for that level; where there is none, for decompression only
 *	and at the lowest level
 *
 * Return: the highest level that codec_prepare() would accept, @min_level - 1
 * where there is none.
 */
int codec_highest_level(const struct codec_ops *ops, u32 flags, u32 in_size,
			size_t max_workspace, struct codec_params *p)
{
	int level;

	for (level = ops->max_level; level >= ops->min_level; level--)
		if (!codec_fit(p, ops, level, flags, in_size, max_workspace))
			return level;
	codec_fit(p, ops, ops->min_level, FLIPQ_CODEC_DECOMPRESS_ONLY, in_size,
		  max_workspace);
	return level;
}
