// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * request.c - one request from descriptor to result
 *
 * The descriptor is copied, and so is the input of a codec that is at an address of
 * the program's choice: that may be a bad one, or memory that others write, too. A
 * slot and the arena are the process's alone, and there a codec reads the input in
 * place: a copy takes a tenth of the time in which LZ4 packs it. A program that
 * changes it meanwhile gets any result. Output is written when it is complete.
 */
#include <errno.h>
#include <string.h>

#include "soft/soft.h"

#define PLACES		(FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK)
#define CODEC_FLAGS	(PLACES | FLIPQ_REQ_CSUM_MASK | FLIPQ_REQ_CSUM_ENCODED)

/**
 * struct job - a request under way
 * @p: partition
 * @slot: slot there
 * @desc: private copy of the descriptor
 * @src: where the input is
 * @in: where a codec reads it
 * @dst: where the output goes
 * @res: what becomes the result
 * @partial: what was done before an error counts
 */
struct job {
	struct soft_part *p;
	unsigned int slot;
	struct flipq_desc desc;
	const unsigned char *src;
	const unsigned char *in;
	unsigned char *dst;
	struct flipq_result res;
	bool partial;
};

static uint32_t src_kind(const struct job *j)
{
	return j->desc.flags & FLIPQ_REQ_SRC_MASK;
}

static uint32_t dst_kind(const struct job *j)
{
	return (j->desc.flags & FLIPQ_REQ_DST_MASK) >> 4;
}

/*
 * Where @len bytes at @addr are, a place of @kind; @slot is the slot's buffer,
 * of @slot_size bytes. Return: 0, -EINVAL or -EOPNOTSUPP.
 */
static int find(const struct job *j, uint32_t kind, uint64_t addr, uint32_t len,
		uint32_t slot_size, uint32_t max, unsigned char *slot,
		unsigned char **at)
{
	const struct soft *s = j->p->soft;
	uint64_t size = slot_size;

	switch (kind) {
	case FLIPQ_PLACE_SLOT:
		max = slot_size;
		*at = slot;
		break;
	case FLIPQ_PLACE_ARENA:
		if (!s->arena)
			return -EINVAL;
		size = s->setup.arena_size;
		*at = s->arena;
		break;
	case FLIPQ_PLACE_USER:
		*at = (unsigned char *)(uintptr_t)addr;
		return len > max ? -EINVAL : 0;
	case FLIPQ_PLACE_REGION:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
	if (len > max || len > size || addr > size - len)
		return -EINVAL;
	*at += addr;
	return 0;
}

static int find_both(struct job *j)
{
	const struct soft *s = j->p->soft;
	const struct flipq_setup *setup = &s->setup;
	const struct flipq_desc *d = &j->desc;
	unsigned char *in = (unsigned char *)j->p->sub + setup->in_offset +
			    (size_t)j->slot * setup->in_stride;
	unsigned char *out = (unsigned char *)j->p->comp + setup->out_offset +
			     (size_t)j->slot * setup->out_stride;
	unsigned char *src;
	int ret;

	ret = find(j, src_kind(j), d->src, d->src_len, setup->in_size,
		   s->max_in, in, &src);
	if (ret)
		return ret;
	j->src = src;
	return find(j, dst_kind(j), d->dst, d->dst_len, setup->out_size,
		    s->max_out, out, &j->dst);
}

static int nop(struct job *j)
{
	const struct flipq_desc *d = &j->desc;

	return d->src_len || d->dst_len || d->src || d->dst ? -EINVAL : 0;
}

static int copy(struct job *j)
{
	const struct flipq_desc *d = &j->desc;
	int ret;

	if (d->dst_len < d->src_len)
		return -EINVAL;
	ret = find_both(j);
	if (ret)
		return ret;
	j->res.len = d->src_len;
	return flipq_soft_copy(j->dst, j->src, d->src_len,
			       src_kind(j) == FLIPQ_PLACE_USER ||
			       dst_kind(j) == FLIPQ_PLACE_USER);
}

static int flush(struct job *j)
{
	j->partial = true;
	return flipq_soft_flush(&j->desc, j->p->soft->arena,
				j->p->soft->setup.arena_size, &j->res);
}

static const struct soft_codec *codec_of(const struct job *j)
{
	return &j->p->soft->codecs[j->desc.codec];
}

/* Check what COMPRESS and DECOMPRESS have in common, and bring the input in. */
static int fetch(struct job *j)
{
	const struct soft *s = j->p->soft;
	const struct flipq_desc *d = &j->desc;
	const uint32_t csum = d->flags & FLIPQ_REQ_CSUM_MASK;
	int ret;

	if (csum > FLIPQ_REQ_CSUM_CRC32 ||
	    (!csum && (d->flags & FLIPQ_REQ_CSUM_ENCODED)))
		return -EINVAL;
	if (d->codec >= s->setup.nr_codecs)
		return -EINVAL;
	if (d->opcode == FLIPQ_OP_COMPRESS &&
	    (codec_of(j)->flags & FLIPQ_CODEC_DECOMPRESS_ONLY))
		return -EOPNOTSUPP;
	ret = find_both(j);
	if (!ret && !flipq_soft_can_sum(s, csum >> 8))
		ret = -EOPNOTSUPP;
	j->in = j->src;
	if (ret || src_kind(j) != FLIPQ_PLACE_USER)
		return ret;
	j->in = j->p->input;
	return flipq_soft_copy(j->p->input, j->src, d->src_len, true);
}

/* The checksum that was asked for, if it is over what @encoded says. */
static void sum(struct job *j, bool encoded, const void *data, uint32_t len)
{
	const uint32_t kind = (j->desc.flags & FLIPQ_REQ_CSUM_MASK) >> 8;

	if (kind && encoded == !!(j->desc.flags & FLIPQ_REQ_CSUM_ENCODED))
		j->res.csum = flipq_soft_sum(j->p->soft, kind, data, len);
}

static int store(struct job *j, int len)
{
	j->res.len = (uint32_t)len;
	return flipq_soft_copy(j->dst, j->p->room, (size_t)len,
			       dst_kind(j) == FLIPQ_PLACE_USER);
}

/* Is it one word repeated? Then each is the one before. */
static bool filled(struct job *j)
{
	const unsigned char *in = j->in;
	const uint32_t len = j->desc.src_len;

	if (!(j->desc.flags & FLIPQ_REQ_DETECT_FILL) || !len ||
	    len % sizeof(j->res.filled) ||
	    memcmp(in, in + sizeof(j->res.filled),
		   len - sizeof(j->res.filled)))
		return false;
	memcpy(&j->res.filled, in, sizeof(j->res.filled));
	j->res.flags |= FLIPQ_RES_FILLED;
	return true;
}

static int compress(struct job *j)
{
	struct soft_part *p = j->p;
	const uint32_t len = j->desc.src_len;
	uint32_t room = j->desc.dst_len;
	int ret = fetch(j);

	if (ret)
		return ret;
	sum(j, false, j->in, len);
	if (filled(j))
		return 0;
	ret = -ENOSPC;
	/* what does not shrink is of no use */
	if (room >= len)
		room = len ? len - 1 : 0;
	if (room)
		ret = codec_of(j)->ops->pack(p->soft->libs[j->desc.codec].calls,
					     codec_of(j),
					     &p->state[j->desc.codec],
					     j->in, len, p->room, room);
	if (len < 2 || (ret == -ENOSPC && room == len - 1)) {
		j->res.flags |= FLIPQ_RES_INCOMPRESSIBLE;
		sum(j, true, j->in, len);
		return 0;
	}
	if (ret < 0)
		return ret;
	sum(j, true, p->room, (uint32_t)ret);
	return store(j, ret);
}

static int decompress(struct job *j)
{
	struct soft_part *p = j->p;
	int ret = fetch(j);

	if (ret)
		return ret;
	sum(j, true, j->in, j->desc.src_len);
	ret = codec_of(j)->ops->unpack(p->soft->libs[j->desc.codec].calls,
				       &p->state[j->desc.codec], j->in,
				       j->desc.src_len, p->room,
				       j->desc.dst_len);
	if (ret < 0)
		return ret;
	sum(j, false, p->room, (uint32_t)ret);
	return store(j, ret);
}

/* The opcodes: @flags that each has, and which members of the descriptor. */
static const struct op {
	uint32_t flags;
	bool codec;
	bool own;
	int (*run)(struct job *j);
} ops[FLIPQ_OP_NR] = {
	[FLIPQ_OP_NOP] = { .run = nop },
	[FLIPQ_OP_COMPRESS] = {
		.flags = CODEC_FLAGS | FLIPQ_REQ_DETECT_FILL,
		.codec = true,
		.run = compress,
	},
	[FLIPQ_OP_DECOMPRESS] = {
		.flags = CODEC_FLAGS,
		.codec = true,
		.run = decompress,
	},
	[FLIPQ_OP_COPY] = { .flags = PLACES, .run = copy },
	[FLIPQ_OP_FLUSH] = { .flags = PLACES, .own = true, .run = flush },
};

static int run(struct job *j)
{
	const struct flipq_desc *d = &j->desc;
	const struct op *op;

	if (d->opcode >= FLIPQ_OP_NR)
		return -EINVAL;
	op = &ops[d->opcode];
	if (d->reserved0 || d->reserved1 || (d->flags & ~op->flags) ||
	    (d->codec && !op->codec) ||
	    (!op->own && (d->own[0] || d->own[1] || d->own[2])))
		return -EINVAL;
	return op->run(j);
}

static void account(struct flipq_counters *c, const struct job *j)
{
	if (j->res.status) {
		soft_count(&c->errors, 1);
		return;
	}
	soft_count(&c->bytes_in, j->partial ? j->res.len : j->desc.src_len);
	soft_count(&c->bytes_out, j->res.len);
	soft_count(&c->filled, !!(j->res.flags & FLIPQ_RES_FILLED));
	soft_count(&c->incompressible,
		   !!(j->res.flags & FLIPQ_RES_INCOMPRESSIBLE));
}

static void finish(struct job *j, int status)
{
	unsigned char *results = (unsigned char *)j->p->comp +
				 j->p->soft->setup.result_offset;

	/* of what failed only the error counts, but for how far it got */
	if (status && !j->partial)
		memset(&j->res, 0, sizeof(j->res));
	j->res.status = status;
	account(&j->p->comp->counters, j);
	memcpy(results + j->slot * sizeof(j->res), &j->res, sizeof(j->res));
}

void flipq_soft_run(struct soft_part *p, unsigned int slot)
{
	struct job j = { .p = p, .slot = slot };

	memcpy(&j.desc, (unsigned char *)p->sub + p->soft->setup.desc_offset +
	       slot * sizeof(j.desc), sizeof(j.desc));
	finish(&j, run(&j));
}

void flipq_soft_cancelled(struct soft_part *p, unsigned int slot)
{
	struct job j = { .p = p, .slot = slot };

	soft_count(&p->comp->counters.cancelled, 1);
	finish(&j, -ECANCELED);
}
