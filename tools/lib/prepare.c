// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * prepare.c - describe a request, in the slot itself
 */
#include <errno.h>

#include "internal.h"

/* What the request may produce, so that no more of it is ever reported. */
static uint32_t room_of(const struct flipq *q, const struct flipq_desc *desc)
{
	if (desc->opcode == FLIPQ_OP_FLUSH)
		return FLIPQ_MAX_FLUSH;
	if ((desc->flags & FLIPQ_REQ_DST_MASK) == FLIPQ_REQ_DST_SLOT &&
	    desc->dst_len > q->setup.out_size)
		return q->setup.out_size;
	return desc->dst_len;
}

static int prep_raw(struct flipq *q, int slot, const struct flipq_desc *desc,
		    uint64_t user_data)
{
	struct flipq_slot *s;
	struct flipq_part *p;

	if (flipq_inherited(q))
		return -EIO;
	if (!flipq_valid(q, slot))
		return -EINVAL;
	s = &q->slots[slot];
	p = &q->parts[s->part];
	/* any other slot may be the server's, or hold a result to be read */
	if (!(p->got & flip_bit(s->index)))
		return -EINVAL;
	*flipq_desc(q, p, s->index) = *desc;
	s->opcode = desc->opcode;
	s->user_data = user_data;
	s->room = room_of(q, desc);
	p->prepared |= flip_bit(s->index);
	q->touched |= flip_bit(s->part);
	return 0;
}

FLIPQ_EXPORT int flipq_prep_raw_sized(struct flipq *q, int slot,
				      const struct flipq_desc *desc,
				      uint64_t user_data, size_t size)
{
	struct flipq_desc d;
	int ret;

	if (size == sizeof(*desc))
		return prep_raw(q, slot, desc, user_data);
	ret = flipq_copy_in(&d, sizeof(d), desc, size);
	return ret ? ret : prep_raw(q, slot, &d, user_data);
}

/* The rest about a place is the kernel's to check, which knows more of it. */
static bool fits(uint64_t offset, uint32_t len, bool slot, uint32_t slot_size,
		 uint32_t max_len)
{
	if (slot)
		return len <= slot_size && offset <= slot_size - len;
	return len <= slot_size || len <= max_len;
}

static int prep(struct flipq *q, int slot, const struct flipq_desc *desc,
		uint64_t user_data)
{
	const struct flipq_setup *s = &q->setup;

	if (!fits(desc->src, desc->src_len,
		  (desc->flags & FLIPQ_REQ_SRC_MASK) == FLIPQ_REQ_SRC_SLOT,
		  s->in_size, s->max_len) ||
	    !fits(desc->dst, desc->dst_len,
		  (desc->flags & FLIPQ_REQ_DST_MASK) == FLIPQ_REQ_DST_SLOT,
		  s->out_size, s->max_len))
		return -EINVAL;
	return prep_raw(q, slot, desc, user_data);
}

FLIPQ_EXPORT int flipq_prep_nop(struct flipq *q, int slot, uint64_t user_data)
{
	static const struct flipq_desc desc = { .opcode = FLIPQ_OP_NOP };

	return prep_raw(q, slot, &desc, user_data);
}

static int prep_codec(struct flipq *q, int slot, __u8 opcode,
		      unsigned int codec, uint64_t src, uint32_t src_len,
		      uint64_t dst, uint32_t dst_len, uint32_t flags,
		      uint64_t user_data)
{
	const struct flipq_desc desc = {
		.opcode = opcode,
		.codec = (__u8)codec,
		.flags = flags,
		.src_len = src_len,
		.dst_len = dst_len,
		.src = src,
		.dst = dst,
	};

	if (codec >= q->setup.nr_codecs)
		return -EINVAL;
	return prep(q, slot, &desc, user_data);
}

FLIPQ_EXPORT int flipq_prep_compress_at(struct flipq *q, int slot,
					unsigned int codec, uint64_t src,
					uint32_t src_len, uint64_t dst,
					uint32_t dst_len, uint32_t flags,
					uint64_t user_data)
{
	return prep_codec(q, slot, FLIPQ_OP_COMPRESS, codec, src, src_len, dst,
			  dst_len, flags, user_data);
}

FLIPQ_EXPORT int flipq_prep_decompress_at(struct flipq *q, int slot,
					  unsigned int codec, uint64_t src,
					  uint32_t src_len, uint64_t dst,
					  uint32_t dst_len, uint32_t flags,
					  uint64_t user_data)
{
	return prep_codec(q, slot, FLIPQ_OP_DECOMPRESS, codec, src, src_len,
			  dst, dst_len, flags, user_data);
}

FLIPQ_EXPORT int flipq_prep_compress(struct flipq *q, int slot,
				     unsigned int codec, uint32_t src_len,
				     uint32_t dst_len, uint32_t flags,
				     uint64_t user_data)
{
	return flipq_prep_compress_at(q, slot, codec, 0, src_len, 0, dst_len,
				      flags, user_data);
}

FLIPQ_EXPORT int flipq_prep_decompress(struct flipq *q, int slot,
				       unsigned int codec, uint32_t src_len,
				       uint32_t dst_len, uint32_t flags,
				       uint64_t user_data)
{
	return flipq_prep_decompress_at(q, slot, codec, 0, src_len, 0, dst_len,
					flags, user_data);
}

FLIPQ_EXPORT int flipq_prep_copy(struct flipq *q, int slot, uint64_t src,
				 uint64_t dst, uint32_t len, uint32_t flags,
				 uint64_t user_data)
{
	const struct flipq_desc desc = {
		.opcode = FLIPQ_OP_COPY,
		.flags = flags,
		.src_len = len,
		.dst_len = len,
		.src = src,
		.dst = dst,
	};

	return prep(q, slot, &desc, user_data);
}

static int prep_flush(struct flipq *q, int slot,
		      const struct flipq_flush *flush, uint64_t user_data)
{
	struct flipq_desc desc = {
		.opcode = FLIPQ_OP_FLUSH,
		.flags = FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA,
		.src_len = flush->page_size,
		.src = flush->src,
		.dst = flush->dst,
		.flush.bitmap = flush->bitmap,
		.flush.first = flush->first,
		.flush.count = (__u32)flush->count,
	};

	if (flush->where == FLIPQ_IN_USER)
		desc.flags = FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER;
	if (!flush->page_size ||
	    flush->count > FLIPQ_MAX_FLUSH / flush->page_size)
		return -EINVAL;
	return prep_raw(q, slot, &desc, user_data);
}

FLIPQ_EXPORT int flipq_prep_flush_sized(struct flipq *q, int slot,
					const struct flipq_flush *flush,
					uint64_t user_data, size_t size)
{
	struct flipq_flush f;
	int ret;

	if (size == sizeof(*flush))
		return prep_flush(q, slot, flush, user_data);
	ret = flipq_copy_in(&f, sizeof(f), flush, size);
	return ret ? ret : prep_flush(q, slot, &f, user_data);
}
