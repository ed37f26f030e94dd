// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - is a descriptor one that may be run?
 *
 * What is checked is the kernel's own copy. The user may have changed the
 * original, which is never looked at again.
 *
 * A CPU may run ahead of a check, as if it had passed, and leave in its caches
 * what it found at the user's offset. So what passed is clamped, too, which
 * changes nothing but then. User addresses are copy_from_user()'s to clamp. The
 * slot needs none: its number is the place of a bit in a masked word.
 */
#include <linux/bitfield.h>
#include <linux/log2.h>
#include <linux/nospec.h>

#include "device/device.h"

static bool flipq_in_range(u64 offset, u64 len, u64 size)
{
	return len <= size && offset <= size - len;
}

/*
 * Source or destination: @where is its enum flipq_place. One mask for both numbers, as this is on the path of every request: inlined it is a third of the
 * instructions.
 */
static __always_inline int flipq_check_place(const struct flipq_partition *part,
					     u32 where, u64 *addr, u32 *len,
					     u32 slot_size, u32 max)
{
	const struct flipq_shape *shape = part->shape;
	u64 size = slot_size;
	unsigned long mask;

	switch (where) {
	case FLIPQ_PLACE_SLOT:
		max = slot_size;
		break;
	case FLIPQ_PLACE_ARENA:
		if (!shape->arena)
			return -EINVAL;
		size = shape->arena_size;
		break;
	case FLIPQ_PLACE_USER:
		if (part->worker)
			return -EOPNOTSUPP;
		if (*len > max)
			return -EINVAL;
		*len = array_index_nospec(*len, (u64)max + 1);
		return 0;
	case FLIPQ_PLACE_REGION:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
	if (*len > max || !flipq_in_range(*addr, *len, size))
		return -EINVAL;
	/* Let no CPU think otherwise. */
	mask = array_index_mask_nospec(*len, (u64)max + 1) &
	       array_index_mask_nospec(*addr, size - *len + 1);
	*len &= mask;
	*addr &= mask;
	return 0;
}

static u32 flipq_src_where(const struct flipq_desc *d)
{
	return FIELD_GET(FLIPQ_REQ_SRC_MASK, d->flags);
}

static u32 flipq_dst_where(const struct flipq_desc *d)
{
	return FIELD_GET(FLIPQ_REQ_DST_MASK, d->flags);
}

static int flipq_check_places(struct flipq_desc *d,
			      const struct flipq_partition *part)
{
	const struct flipq_shape *shape = part->shape;
	u64 src = d->src, dst = d->dst;
	int err;

	err = flipq_check_place(part, flipq_src_where(d), &src, &d->src_len,
				shape->in_size, shape->max_in);
	if (!err)
		err = flipq_check_place(part, flipq_dst_where(d), &dst,
					&d->dst_len, shape->out_size,
					shape->max_out);
	d->src = src;
	d->dst = dst;
	return err;
}

/* Members that only some other opcode has. */
static bool flipq_has_own(const struct flipq_desc *d)
{
	return d->own[0] || d->own[1] || d->own[2];
}

static int flipq_check_nop(const struct flipq_desc *d)
{
	return d->codec || d->flags || d->src_len || d->dst_len || d->src ||
	       d->dst || flipq_has_own(d) ? -EINVAL : 0;
}

static int flipq_check_copy(struct flipq_desc *d,
			    const struct flipq_partition *part)
{
	if ((d->flags & ~(FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK)) ||
	    d->codec || flipq_has_own(d) || d->dst_len < d->src_len)
		return -EINVAL;
	return flipq_check_places(d, part);
}

/* Can't overflow: the caller has bounded what is added and multiplied. */
static int flipq_check_flush_arena(struct flipq_desc *d, u64 arena)
{
	struct flipq_desc_flush *f = &d->flush;
	u64 pages = f->first + f->count;
	u64 bytes = pages * d->src_len;
	u64 words = DIV_ROUND_UP_ULL(pages, 64) * sizeof(u64);
	u64 mask;

	if (!flipq_in_range(d->src, bytes, arena) ||
	    !flipq_in_range(d->dst, bytes, arena) ||
	    !flipq_in_range(f->bitmap, words, arena))
		return -EINVAL;
	/* Words are no more bytes than pages are. */
	mask = array_index_mask_nospec(bytes, arena + 1);
	f->first &= mask;
	f->count &= mask;
	d->src = array_index_nospec(d->src, arena - (bytes & mask) + 1);
	d->dst = array_index_nospec(d->dst, arena - (bytes & mask) + 1);
	f->bitmap = array_index_nospec(f->bitmap, arena - (words & mask) + 1);
	return 0;
}

static int flipq_check_flush(struct flipq_desc *d,
			     const struct flipq_partition *part)
{
	u32 where = flipq_src_where(d), size = d->src_len;
	const struct flipq_desc_flush *f = &d->flush;

	if ((d->flags & ~(FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK)) ||
	    d->codec || d->dst_len || f->reserved ||
	    where != flipq_dst_where(d))
		return -EINVAL;
	if (size < FLIPQ_MIN_PAGE_SIZE || !is_power_of_2(size) ||
	    size > FLIPQ_MAX_FLUSH || f->count > FLIPQ_MAX_FLUSH / size ||
	    f->first > (1ULL << 52) / size || f->bitmap % sizeof(u64))
		return -EINVAL;
	if (where == FLIPQ_PLACE_REGION)
		return -EOPNOTSUPP;
	if (where == FLIPQ_PLACE_USER)
		return part->worker ? -EOPNOTSUPP : 0;
	if (where != FLIPQ_PLACE_ARENA || !part->shape->arena)
		return -EINVAL;
	return flipq_check_flush_arena(d, part->shape->arena_size);
}

static int flipq_check_codec(struct flipq_desc *d,
			     const struct flipq_partition *part)
{
	const struct flipq_shape *shape = part->shape;
	u32 flags = FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK |
		    FLIPQ_REQ_CSUM_MASK | FLIPQ_REQ_CSUM_ENCODED;
	u32 csum;

	if (d->opcode == FLIPQ_OP_COMPRESS)
		flags |= FLIPQ_REQ_DETECT_FILL;
	if ((d->flags & ~flags) || flipq_has_own(d))
		return -EINVAL;
	csum = FIELD_GET(FLIPQ_REQ_CSUM_MASK, d->flags);
	if (csum > FLIPQ_CSUM_CRC32 ||
	    (!csum && (d->flags & FLIPQ_REQ_CSUM_ENCODED)))
		return -EINVAL;
	if (d->codec >= shape->nr_codecs)
		return -EINVAL;
	d->codec = array_index_nospec(d->codec, shape->nr_codecs);
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
 * @d: the kernel's copy; what would be out of bounds for a CPU that runs ahead
 *	is clamped
 * @part: partition that it was found in
 *
 * Return: 0, -EINVAL or -EOPNOTSUPP as struct flipq_result has them.
 */
int flipq_check(struct flipq_desc *d, const struct flipq_partition *part)
{
	if (d->reserved0 || d->reserved1 || d->opcode >= FLIPQ_OP_NR)
		return -EINVAL;
	/* A switch may be a table of jumps. */
	d->opcode = array_index_nospec(d->opcode, FLIPQ_OP_NR);
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
