// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * codec.c - the codecs that there are, their libraries, and what each may take
 *
 * A library is looked for when it is needed. So a program that has the device
 * needs none of them, and one without says which one it lacks.
 */
#include <errno.h>
#include <string.h>

#include "soft/soft.h"

/* load.c: a program that is linked with the archive may be without. */
#pragma weak flipq_soft_dlopen

/* In the order of their numbers. LZO's library is under the GPL. */
static const struct soft_ops *const table[] = {
	&flipq_soft_lz4,
	&flipq_soft_lz4hc,
	&flipq_soft_zstd,
	&flipq_soft_deflate,
};

#define CODECS	(sizeof(table) / sizeof(table[0]))

/* Find the library of @ops. Return: 0 or -ELIBACC. */
int flipq_soft_load(const struct soft_ops *ops, struct soft_lib *lib)
{
	lib->there = flipq_soft_dlopen && !flipq_soft_dlopen(ops, lib->calls);
	return lib->there ? 0 : -ELIBACC;
}

static bool there(const struct soft_ops *ops)
{
	struct soft_lib lib;

	return !flipq_soft_load(ops, &lib);
}

/* Of those whose libraries are there; NULL past the last. */
const struct soft_ops *flipq_soft_codec(unsigned int index)
{
	unsigned int n;

	for (n = 0; n < CODECS; n++)
		if (there(table[n]) && !index--)
			return table[n];
	return NULL;
}

static const struct soft_ops *find(uint32_t algorithm)
{
	unsigned int n;

	for (n = 0; n < CODECS; n++)
		if (table[n]->algorithm == algorithm)
			return table[n];
	return NULL;
}

/* The largest input that is taken at @level. */
static uint32_t limit(const struct soft_limit *limits, int level)
{
	while (limits->level < level)
		limits++;
	return limits->size;
}

/*
 * The highest level for inputs of @in_size bytes, below the lowest where there
 * is none.
 */
int flipq_soft_highest(const struct soft_ops *ops,
		       const struct soft_limit *limits, uint32_t in_size)
{
	int level = ops->max_level;

	/* level by level in the table only, as some have 65537 of them */
	while (level >= ops->min_level && in_size > limit(limits, level)) {
		const struct soft_limit *l = limits;

		while (l->level < level)
			l++;
		level = l == limits ? ops->min_level - 1 : l[-1].level;
	}
	return level;
}

static bool reserved(const struct flipq_codec *c)
{
	size_t n;

	for (n = 0; n < sizeof(c->reserved) / sizeof(c->reserved[0]); n++)
		if (c->reserved[n])
			return true;
	return c->window_log || c->dict_addr || c->dict_len;
}

/* Check a codec that is wanted, by the rules of FLIPQ_IOC_SETUP. */
int flipq_soft_prepare(struct soft_codec *c, const struct flipq_codec *wanted,
		       uint32_t in_size)
{
	const struct soft_ops *ops = find(wanted->algorithm);
	const struct soft_limit *limits;

	if (!ops)
		return -ENOENT;
	if ((wanted->flags & ~(ops->flags | FLIPQ_CODEC_OWNER)) ||
	    reserved(wanted))
		return -EINVAL;
	c->ops = ops;
	c->level = wanted->level ? wanted->level : ops->default_level;
	c->flags = wanted->flags;
	c->in_size = in_size;
	if (c->level < ops->min_level || c->level > ops->max_level)
		return -EINVAL;
	if (c->flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
		return 0;
	limits = c->flags & FLIPQ_CODEC_OWNER ? ops->owner : ops->shared;
	return in_size > limit(limits, c->level) ? -EOPNOTSUPP : 0;
}
