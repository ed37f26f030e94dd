/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * onecodec.h - a queue of one slot and one codec, for tests of codecs
 *
 * Each request is checked for what must hold whatever its outcome: not a byte
 * of the output buffer has changed outside the destination.
 */
#ifndef SELFTEST_ONECODEC_H
#define SELFTEST_ONECODEC_H

#include "common.h"
#include "data.h"

struct onecodec {
	struct rawq q;
	u32 size;
	u8 *plain;
	u8 *before;
};

static inline u8 *one_in(const struct onecodec *o)
{
	return raw_in(&o->q, 0, 0);
}

static inline const u8 *one_out(const struct onecodec *o)
{
	return raw_out(&o->q, 0, 0);
}

static inline int one_open(struct onecodec *o, const struct flipq_codec *codec,
			   u32 size)
{
	struct flipq_setup s = raw_setup(1, 1, size);

	o->size = size;
	raw_codecs(&s, codec, 1);
	o->plain = malloc(size);
	o->before = malloc(size);
	if (!o->plain || !o->before)
		return -ENOMEM;
	return raw_open(&o->q, &s);
}

static inline void one_close(struct onecodec *o)
{
	raw_close(&o->q);
	free(o->plain);
	free(o->before);
}

/*
 * Run @d. -EPROTO if the result contradicts itself, or bytes changed outside
 * the destination; else what raw_run() returns.
 */
static inline int one_run(struct onecodec *o, const struct flipq_desc *d,
			  struct flipq_result *r)
{
	const u8 *out = one_out(o);
	size_t end = d->dst + d->dst_len;
	int slot;

	memcpy(o->before, out, o->size);
	slot = raw_run(&o->q, d, r);
	if (slot < 0)
		return slot;
	if (r->len > d->dst_len || r->reserved || r->status > 0)
		return -EPROTO;
	if (r->status && (r->len || r->flags || r->csum || r->own))
		return -EPROTO;
	if (memcmp(o->before, out, d->dst) ||
	    memcmp(o->before + end, out + end, o->size - end))
		return -EPROTO;
	return 0;
}

/* Compress what is in the slot. */
static inline int one_pack(struct onecodec *o, u32 len, u32 room, u32 flags,
			   struct flipq_result *r)
{
	const struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.flags = flags,
		.src_len = len,
		.dst_len = room,
	};

	return one_run(o, &d, r);
}

/* Decompress what is in the slot. */
static inline int one_unpack(struct onecodec *o, u32 len, u32 room, u32 flags,
			     struct flipq_result *r)
{
	const struct flipq_desc d = {
		.opcode = FLIPQ_OP_DECOMPRESS,
		.flags = flags,
		.src_len = len,
		.dst_len = room,
	};

	return one_run(o, &d, r);
}

/* Put @len bytes of @pattern in the slot, and keep a copy in o->plain. */
static inline void one_fill(struct onecodec *o, u32 len, enum pattern pattern)
{
	data_fill(o->plain, len, pattern, len);
	memcpy(one_in(o), o->plain, len);
}

/* The largest of some slot sizes that the codec takes. */
static inline u32 one_largest(const struct flipq_codec *c)
{
	u32 size;

	for (size = FLIPQ_MAX_SLOT_SIZE; size > 4096; size /= 2) {
		struct flipq_setup s = raw_setup(1, 1, size);
		int fd = raw_device();
		int error;

		raw_codecs(&s, c, 1);
		error = raw_ioctl(fd, FLIPQ_IOC_SETUP, &s);
		close(fd);
		if (!error)
			break;
	}
	return size;
}

#endif /* SELFTEST_ONECODEC_H */
