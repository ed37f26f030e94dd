/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load.h - a queue kept busy through libflipq, with every result checked
 *
 * All four kinds of outcome come in turn, in an order drawn at random. What is
 * compressed is unpacked with liblz4, so a worker that mixes up slots, repeats
 * a request or loses one is found out.
 */
#ifndef SELFTEST_LOAD_H
#define SELFTEST_LOAD_H

#include <errno.h>
#include <lz4.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "flipq.h"

#define LOAD_TEXTS	4
#define LOAD_TIMEOUT	(200 * 1000000000ULL)

enum load_kind { LOAD_NOP, LOAD_PACK, LOAD_UNPACK, LOAD_FILLED, LOAD_KINDS };

/**
 * struct load - a queue and what is under way on it
 * @q: queue
 * @size: bytes of each request
 * @random: what to do next
 * @submitted: so far
 * @checked: so far
 * @owner: per slot: number of the request there, counted from 1, or 0
 * @kind: per slot
 * @text: per slot: which of @plain
 * @plain: texts
 * @packed: the same, by liblz4
 * @packed_len: bytes of it
 * @room: to unpack results in
 * @why: what was wrong first, or NULL
 * @slot: where
 */
struct load {
	struct flipq *q;
	u32 size;
	u64 random;
	u64 submitted;
	u64 checked;
	u64 *owner;
	u8 *kind;
	u8 *text;
	u8 *plain[LOAD_TEXTS];
	u8 *packed[LOAD_TEXTS];
	u32 packed_len[LOAD_TEXTS];
	u8 *room;
	const char *why;
	int slot;
};

static inline int load_texts(struct load *l)
{
	int i, n;

	for (i = 0; i < LOAD_TEXTS; i++) {
		l->plain[i] = malloc(l->size);
		l->packed[i] = malloc(l->size);
		if (!l->plain[i] || !l->packed[i])
			return -ENOMEM;
		data_text(l->plain[i], l->size, l->random + (u64)i);
		n = LZ4_compress_default((char *)l->plain[i],
					 (char *)l->packed[i], (int)l->size,
					 (int)l->size);
		if (n <= 0)
			return -EINVAL;
		l->packed_len[i] = (u32)n;
	}
	return 0;
}

/* Open a queue of lz4 alone. @size is of each slot, 256 or more. */
static inline int load_open(struct load *l, unsigned int slots,
			    unsigned int partitions, u32 size,
			    enum flipq_policy policy, u64 seed)
{
	const struct flipq_codec codec = { .algorithm = FLIPQ_ALG_LZ4 };
	const struct flipq_config config = {
		.slots = slots,
		.partitions = partitions,
		.in_size = size,
		.out_size = size,
		.codecs = &codec,
		.nr_codecs = 1,
		.policy = policy,
	};
	size_t nr;
	int error;

	memset(l, 0, sizeof(*l));
	l->size = size;
	l->random = seed;
	error = flipq_open(&l->q, &config);
	if (error)
		return error;
	nr = (size_t)flipq_slots(l->q) * flipq_partitions(l->q);
	l->owner = calloc(nr, sizeof(*l->owner));
	l->kind = calloc(nr, 1);
	l->text = calloc(nr, 1);
	l->room = malloc(size);
	if (!l->owner || !l->kind || !l->text || !l->room)
		return -ENOMEM;
	return load_texts(l);
}

static inline void load_close(struct load *l)
{
	int i;

	flipq_close(l->q);
	for (i = 0; i < LOAD_TEXTS; i++) {
		free(l->plain[i]);
		free(l->packed[i]);
	}
	free(l->owner);
	free(l->kind);
	free(l->text);
	free(l->room);
}

static inline int load_wrong(struct load *l, int slot, const char *why)
{
	if (!l->why) {
		l->why = why;
		l->slot = slot;
	}
	return -EPROTO;
}

/* Write the next request into @slot. */
static inline int load_prepare(struct load *l, int slot)
{
	const u64 number = ++l->submitted;
	u8 *in = flipq_input(l->q, slot);
	unsigned int t = rnd_below(&l->random, LOAD_TEXTS);

	if (l->owner[slot])
		return load_wrong(l, slot, "a slot in use was handed out");
	l->owner[slot] = number;
	l->text[slot] = (u8)t;
	l->kind[slot] = (u8)rnd_below(&l->random, LOAD_KINDS);
	switch (l->kind[slot]) {
	case LOAD_NOP:
		return flipq_prep_nop(l->q, slot, number);
	case LOAD_PACK:
		memcpy(in, l->plain[t], l->size);
		return flipq_prep_compress(l->q, slot, 0, l->size, l->size, 0,
					   number);
	case LOAD_UNPACK:
		memcpy(in, l->packed[t], l->packed_len[t]);
		return flipq_prep_decompress(l->q, slot, 0, l->packed_len[t],
					     l->size, 0, number);
	default:
		memset(in, (int)number & 0xff, 256);
		return flipq_prep_compress(l->q, slot, 0, 256, l->size,
					   FLIPQ_REQ_DETECT_FILL, number);
	}
}

/* Fill up to @max free slots and hand them over. How many, or an errno. */
static inline int load_submit(struct load *l, unsigned int max)
{
	int slot, error;
	unsigned int n;

	for (n = 0; n < max; n++) {
		slot = flipq_get(l->q);
		if (slot < 0)
			break;
		error = load_prepare(l, slot);
		if (error)
			return error;
	}
	return n ? flipq_submit(l->q) : 0;
}

static inline int load_check(struct load *l, const struct flipq_event *e)
{
	const u8 *out = flipq_output(l->q, e->slot);
	const u8 *plain = l->plain[l->text[e->slot]];
	const u64 word = (l->owner[e->slot] & 0xff) * 0x0101010101010101ULL;

	if (!l->owner[e->slot])
		return load_wrong(l, e->slot, "completed, but not submitted");
	if (e->user_data != l->owner[e->slot])
		return load_wrong(l, e->slot, "another request's completion");
	if (e->status)
		return load_wrong(l, e->slot, "status is not 0");
	switch (l->kind[e->slot]) {
	case LOAD_NOP:
		if (e->flags || e->len)
			return load_wrong(l, e->slot, "a NOP with a result");
		break;
	case LOAD_PACK:
		if (e->flags || e->len >= l->size ||
		    LZ4_decompress_safe((const char *)out, (char *)l->room,
					(int)e->len, (int)l->size) !=
		    (int)l->size || memcmp(l->room, plain, l->size))
			return load_wrong(l, e->slot, "compressed to nonsense");
		break;
	case LOAD_UNPACK:
		if (e->flags || e->len != l->size ||
		    memcmp(out, plain, l->size))
			return load_wrong(l, e->slot, "decompressed wrongly");
		break;
	default:
		if (e->flags != FLIPQ_RES_FILLED || e->len || e->value != word)
			return load_wrong(l, e->slot, "fill not detected");
		break;
	}
	l->owner[e->slot] = 0;
	l->checked++;
	return 0;
}

/* Check what has finished and give it back. How many, or -EPROTO. */
static inline int load_collect(struct load *l)
{
	struct flipq_event e;
	int error, n = 0;

	while (flipq_peek(l->q, &e) == 1) {
		error = load_check(l, &e);
		if (error)
			return error;
		flipq_seen(l->q, e.slot);
		n++;
	}
	return n;
}

/*
 * Wait for half of what is in flight. A machine that is suspended meanwhile
 * ends a wait, as a signal does. How many have finished, or an errno.
 */
static inline int load_wait(struct load *l)
{
	int n;

	do {
		n = flipq_wait(l->q, 0, LOAD_TIMEOUT);
	} while (n == -EINTR);
	return n < 0 ? load_wrong(l, n, "the wait failed") : n;
}

/* Collect all that is under way. */
static inline int load_drain(struct load *l)
{
	while (l->checked != l->submitted) {
		int n = load_collect(l);

		if (n < 0)
			return n;
		if (n)
			continue;
		n = load_wait(l);
		if (n < 0)
			return n;
		if (!n)
			return load_wrong(l, -1, "a request was lost");
	}
	return 0;
}

/* As many requests as asked for, in batches of a random size. */
static inline int load_run(struct load *l, u64 requests)
{
	const u64 end = l->submitted + requests;
	int n;

	while (l->submitted < end) {
		u64 left = end - l->submitted;
		unsigned int most = 1 + rnd_below(&l->random, 32);

		n = load_submit(l, left < most ? (unsigned int)left : most);
		if (n < 0)
			return n;
		if (!n) {
			n = load_wait(l);
			if (n < 0)
				return n;
		}
		n = load_collect(l);
		if (n < 0)
			return n;
	}
	return load_drain(l);
}

#endif /* SELFTEST_LOAD_H */
