// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - is a descriptor one that may be run?
 *
 * What is checked is the kernel's own copy. The user may have changed the
 * original, which is never looked at again.
 */
#include <linux/log2.h>

#include "device.h"

static bool flipq_in_range(u64 offset, u64 len, u64 size)
{
	return len <= size && offset <= size - len;
}

/* Source or destination: @where is its two bits, shifted down. */
static int flipq_check_place(const struct flipq_partition *part, u32 where,
			     u64 addr, u32 len, u32 slot_size, u32 max)
{
	const struct flipq_shape *shape = part->shape;

	switch (where) {
	case FLIPQ_REQ_SRC_SLOT:
		return flipq_in_range(addr, len, slot_size) ? 0 : -EINVAL;
	case FLIPQ_REQ_SRC_ARENA:
		return shape->arena && len <= max &&
		       flipq_in_range(addr, len, shape->arena_size) ?
		       0 : -EINVAL;
	case FLIPQ_REQ_SRC_USER:
		if (part->worker)
			return -EOPNOTSUPP;
		return len <= max ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static u32 flipq_src_where(const struct flipq_desc *d)
{
	return d->flags & FLIPQ_REQ_SRC_MASK;
}

static u32 flipq_dst_where(const struct flipq_desc *d)
{
	BUILD_BUG_ON(FLIPQ_REQ_DST_ARENA >> 2 != FLIPQ_REQ_SRC_ARENA);
	BUILD_BUG_ON(FLIPQ_REQ_DST_USER >> 2 != FLIPQ_REQ_SRC_USER);
	return (d->flags & FLIPQ_REQ_DST_MASK) >> 2;
}

static int flipq_check_places(const struct flipq_desc *d,
			      const struct flipq_partition *part)
{
	const struct flipq_shape *shape = part->shape;
	int err;

	err = flipq_check_place(part, flipq_src_where(d), d->src, d->src_len,
				shape->in_size, shape->max_in);
	if (err)
		return err;
	return flipq_check_place(part, flipq_dst_where(d), d->dst, d->dst_len,
				 shape->out_size, shape->max_out);
}

static bool flipq_names_range(const struct flipq_desc *d)
{
	return d->bitmap || d->first || d->count;
}

static int flipq_check_nop(const struct flipq_desc *d)
{
	return d->codec || d->flags || d->src_len || d->dst_len || d->src ||
	       d->dst || flipq_names_range(d) ? -EINVAL : 0;
}

static int flipq_check_copy(const struct flipq_desc *d,
			    const struct flipq_partition *part)
{
	if ((d->flags & ~(FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK)) ||
	    d->codec || flipq_names_range(d) || d->dst_len < d->src_len)
		return -EINVAL;
	return flipq_check_places(d, part);
}

/* Can't overflow: callers have bounded what is added and multiplied. */
static int flipq_check_flush(const struct flipq_desc *d,
			     const struct flipq_partition *part)
{
	u64 size = d->src_len, bytes, words, arena = part->shape->arena_size;
	u32 where = flipq_src_where(d);

	if ((d->flags & ~(FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK)) ||
	    d->codec || d->dst_len || where != flipq_dst_where(d))
		return -EINVAL;
	if (size < FLIPQ_MIN_PAGE_SIZE || !is_power_of_2(size) ||
	    size > FLIPQ_MAX_FLUSH || d->count > FLIPQ_MAX_FLUSH / size ||
	    d->first > (1ULL << 52) / size || d->bitmap % sizeof(u64))
		return -EINVAL;
	if (where == FLIPQ_REQ_SRC_USER)
		return part->worker ? -EOPNOTSUPP : 0;
	bytes = (d->first + d->count) * size;
	words = DIV_ROUND_UP_ULL(d->first + d->count, 64) * sizeof(u64);
	if (where != FLIPQ_REQ_SRC_ARENA || !part->shape->arena ||
	    !flipq_in_range(d->src, bytes, arena) ||
	    !flipq_in_range(d->dst, bytes, arena) ||
	    !flipq_in_range(d->bitmap, words, arena))
		return -EINVAL;
	return 0;
}

static int flipq_check_codec(const struct flipq_desc *d,
			     const struct flipq_partition *part)
{
	const struct flipq_shape *shape = part->shape;
	u32 flags = FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK |
		    FLIPQ_REQ_CSUM_MASK | FLIPQ_REQ_CSUM_ENCODED;

	if (d->opcode == FLIPQ_OP_COMPRESS)
		flags |= FLIPQ_REQ_DETECT_FILL;
	if ((d->flags & ~flags) || flipq_names_range(d))
		return -EINVAL;
	if ((d->flags & FLIPQ_REQ_CSUM_ENCODED) &&
	    !(d->flags & FLIPQ_REQ_CSUM_MASK))
		return -EINVAL;
	if (d->codec >= shape->nr_codecs)
		return -EINVAL;
	flags = shape->codecs[d->codec].flags;
	if ((flags & FLIPQ_CODEC_OWNER) && part->worker)
		return -EOPNOTSUPP;
	if (d->opcode == FLIPQ_OP_COMPRESS &&
	    (flags & FLIPQ_CODEC_DECOMPRESS_ONLY))
		return -EOPNOTSUPP;
	return flipq_check_places(d, part);
}

/**
 * flipq_check - check a descriptor
 * @d: the kernel's copy
 * @part: partition that it was found in
 *
 * Return: 0, -EINVAL or -EOPNOTSUPP as struct flipq_result has them.
 */
int flipq_check(const struct flipq_desc *d, const struct flipq_partition *part)
{
	if (d->reserved0 || d->reserved1 || d->reserved2)
		return -EINVAL;
	switch (d->opcode) {
	case FLIPQ_OP_NOP:
		return flipq_check_nop(d);
	case FLIPQ_OP_COMPRESS:
	case FLIPQ_OP_DECOMPRESS:
		return flipq_check_codec(d, part);
	case FLIPQ_OP_COPY:
		return flipq_check_copy(d, part);
	case FLIPQ_OP_FLUSH:
		return flipq_check_flush(d, part);
	default:
		return -EINVAL;
	}
}
