// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - is a descriptor one that may be run? And where is what it names?
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
 * Source or destination, by @kind: @base is the slot's buffer, @at becomes where
 * it is for the kernel, NULL for a user address. One mask for both numbers, as
 * this is on the path of every request: inlined it is a third of the
 * instructions.
 */
static __always_inline int flipq_check_place(const struct flipq_job *job,
					     u32 kind, u64 *addr, u32 *len,
					     u32 slot_size, u32 max, void *base,
					     void **at)
{
	const struct flipq_shape *shape = job->part->shape;
	u64 size = slot_size;
	unsigned long mask;

	switch (kind) {
	case FLIPQ_PLACE_SLOT:
		max = slot_size;
		break;
	case FLIPQ_PLACE_ARENA:
		if (!shape->arena)
			return -EINVAL;
		base = shape->arena;
		size = shape->arena_size;
		break;
	case FLIPQ_PLACE_USER:
		if (job->part->worker)
			return -EOPNOTSUPP;
		if (*len > max)
			return -EINVAL;
		*len = array_index_nospec(*len, (u64)max + 1);
		*at = NULL;
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
	*at = base + *addr;
	return 0;
}

static u32 flipq_src_kind(const struct flipq_desc *d)
{
	return FIELD_GET(FLIPQ_REQ_SRC_MASK, d->flags);
}

static u32 flipq_dst_kind(const struct flipq_desc *d)
{
	return FIELD_GET(FLIPQ_REQ_DST_MASK, d->flags);
}

static int flipq_check_places(struct flipq_job *job)
{
	const struct flipq_partition *part = job->part;
	const struct flipq_shape *shape = part->shape;
	struct flipq_desc *d = &job->desc;
	u64 src = d->src, dst = d->dst;
	void *at;
	int err;

	err = flipq_check_place(job, flipq_src_kind(d), &src, &d->src_len,
				shape->in_size, shape->max_in,
				(void *)part->sub + shape->in_offset +
				(size_t)job->slot * shape->in_stride, &at);
	if (err)
		return err;
	job->src = at;
	err = flipq_check_place(job, flipq_dst_kind(d), &dst, &d->dst_len,
				shape->out_size, shape->max_out,
				part->comp + shape->out_offset +
				(size_t)job->slot * shape->out_stride,
				&job->dst);
	d->src = src;
	d->dst = dst;
	return err;
}

/* NOP: all zeros. */
int flipq_check_nop(struct flipq_job *job)
{
	const struct flipq_desc *d = &job->desc;

	return d->flags || d->src_len || d->dst_len || d->src || d->dst ?
	       -EINVAL : 0;
}

/* COPY */
int flipq_check_copy(struct flipq_job *job)
{
	if (job->desc.dst_len < job->desc.src_len)
		return -EINVAL;
	return flipq_check_places(job);
}

/* Can't overflow: the caller has bounded what is added and multiplied. */
static int flipq_check_flush_arena(struct flipq_job *job)
{
	const u64 arena = job->part->shape->arena_size;
	struct flipq_desc *d = &job->desc;
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
	job->src = job->part->shape->arena + d->src;
	job->dst = job->part->shape->arena + d->dst;
	return 0;
}

/* FLUSH: all of it is in the arena, or in the owner's memory. */
int flipq_check_flush(struct flipq_job *job)
{
	const struct flipq_desc *d = &job->desc;
	const struct flipq_desc_flush *f = &d->flush;
	u32 kind = flipq_src_kind(d), size = d->src_len;

	if (d->dst_len || f->reserved || kind != flipq_dst_kind(d))
		return -EINVAL;
	if (size < FLIPQ_MIN_PAGE_SIZE || !is_power_of_2(size) ||
	    size > FLIPQ_MAX_FLUSH || f->count > FLIPQ_MAX_FLUSH / size ||
	    f->first > (1ULL << 52) / size || f->bitmap % sizeof(u64))
		return -EINVAL;
	switch (kind) {
	case FLIPQ_PLACE_ARENA:
		return job->part->shape->arena ? flipq_check_flush_arena(job) :
						 -EINVAL;
	case FLIPQ_PLACE_USER:
		return job->part->worker ? -EOPNOTSUPP : 0;
	case FLIPQ_PLACE_REGION:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* COMPRESS and DECOMPRESS */
int flipq_check_codec(struct flipq_job *job)
{
	const struct flipq_partition *part = job->part;
	const struct flipq_shape *shape = part->shape;
	struct flipq_desc *d = &job->desc;
	u32 csum = FIELD_GET(FLIPQ_REQ_CSUM_MASK, d->flags);
	u32 flags;

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
	job->room = flipq_scratch_mem(part->output);
	return flipq_check_places(job);
}
