/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load.h - a queue kept busy through libflipq, with every result checked
 *
 * All four kinds of outcome come in turn, in an order drawn at random. What is
 * compressed is unpacked with other implementations, so a server that mixes up
 * slots, repeats a request or loses one is found out. Where the queue has an
 * arena, input and output are there; where it has owner-served partitions, each
 * second request goes to one, and threads of a pool serve them.
 */
#ifndef SELFTEST_LOAD_H
#define SELFTEST_LOAD_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "flipq.h"
#include "foreign.h"
#include "stock.h"

#define LOAD_TEXTS	4
#define LOAD_CODECS	5
#define LOAD_STRING	16U
#define LOAD_TIMEOUT	(200 * 1000000000ULL)

enum load_kind { LOAD_NOP, LOAD_PACK, LOAD_UNPACK, LOAD_FILLED, LOAD_KINDS };

/**
 * struct load_slot - a request under way
 * @number: of the request, counted from 1, or 0
 * @kind: enum load_kind
 * @text: which of the texts
 * @codec: which of the codecs
 */
struct load_slot {
	u64 number;
	u8 kind;
	u8 text;
	u8 codec;
};

/**
 * struct load_text - data that compresses
 * @plain: text
 * @packed: the same, by another implementation; one for each codec
 * @len: bytes of it, 0 where that is longer than the text
 */
struct load_text {
	u8 *plain;
	u8 *packed[LOAD_CODECS];
	u32 len[LOAD_CODECS];
};

/**
 * struct load - a queue and what is under way on it
 * @q: queue
 * @pool: threads that serve its owner-served partitions, or NULL
 * @size: bytes of each request
 * @algorithm: of each codec
 * @packs: which of them compress
 * @nr_codecs: codecs
 * @mixed: there are partitions of both kinds
 * @random: what to do next
 * @submitted: so far
 * @checked: so far
 * @slots: each
 * @texts: each
 * @room: to unpack results in
 * @why: what was wrong first, or NULL
 * @slot: where
 */
struct load {
	struct flipq *q;
	struct flipq_pool *pool;
	u32 size;
	u32 algorithm[LOAD_CODECS];
	bool packs[LOAD_CODECS];
	unsigned int nr_codecs;
	bool mixed;
	u64 random;
	u64 submitted;
	u64 checked;
	struct load_slot *slots;
	struct load_text texts[LOAD_TEXTS];
	u8 *room;
	const char *why;
	int slot;
};

static inline int load_text_pack(struct load *l, struct load_text *t)
{
	/* What an encoder here makes may be longer. */
	const u32 room = l->size + l->size / 8 + 64;
	unsigned int c;
	long n;

	for (c = 0; c < l->nr_codecs; c++) {
		t->packed[c] = malloc(room);
		if (!t->packed[c])
			return -ENOMEM;
		n = stock_pack(l->algorithm[c], t->plain, l->size,
			       t->packed[c], room);
		if (n <= 0)
			return -EINVAL;
		t->len[c] = n <= (long)l->size ? (u32)n : 0;
	}
	return 0;
}

/* All over it are strings that are in no other memory than its user's. */
static inline void load_text_make(u8 *to, u32 size, u64 seed)
{
	u32 i;

	data_text(to, size, seed);
	for (i = 0; i + LOAD_STRING <= size; i += 8 * LOAD_STRING)
		strings_letters(to + i, LOAD_STRING, seed + i);
}

static inline int load_texts(struct load *l)
{
	int i, error = 0;

	for (i = 0; i < LOAD_TEXTS && !error; i++) {
		struct load_text *t = &l->texts[i];

		t->plain = malloc(l->size);
		if (!t->plain)
			return -ENOMEM;
		load_text_make(t->plain, l->size, l->random + (u64)i);
		error = load_text_pack(l, t);
	}
	return error;
}

static inline int load_pool(struct load *l)
{
	const struct flipq_pool_config config = { .min = 1 };

	return flipq_pool_open(&l->pool, l->q, &config);
}

/*
 * Open a queue. The slots' input and output have the same size, 256 or more; an
 * arena, if there is one, has room for both for each slot.
 */
static inline int load_open_config(struct load *l,
				   const struct flipq_config *config, u64 seed)
{
	unsigned int nr, c;
	int error;

	memset(l, 0, sizeof(*l));
	l->size = config->in_size;
	l->random = seed;
	l->nr_codecs = config->nr_codecs;
	for (c = 0; c < l->nr_codecs; c++) {
		l->algorithm[c] = config->codecs[c].algorithm;
		l->packs[c] = !(config->codecs[c].flags &
				FLIPQ_CODEC_DECOMPRESS_ONLY);
	}
	error = flipq_open(&l->q, config);
	if (error)
		return error;
	nr = flipq_owner_partitions(l->q);
	l->mixed = nr && nr < flipq_partitions(l->q);
	l->slots = calloc((size_t)flipq_slots(l->q) * flipq_partitions(l->q),
			  sizeof(*l->slots));
	l->room = malloc(l->size);
	if (!l->slots || !l->room)
		return -ENOMEM;
	error = nr ? load_pool(l) : 0;
	return error ? error : load_texts(l);
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

	return load_open_config(l, &config, seed);
}

static inline void load_close(struct load *l)
{
	int i, c;

	if (l->pool)
		flipq_pool_close(l->pool);
	flipq_close(l->q);
	for (i = 0; i < LOAD_TEXTS; i++) {
		free(l->texts[i].plain);
		for (c = 0; c < LOAD_CODECS; c++)
			free(l->texts[i].packed[c]);
	}
	free(l->slots);
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

/* Offset in the arena of a slot's input; its output follows. */
static inline u64 load_place(const struct load *l, int slot)
{
	return 2ULL * l->size * (unsigned int)slot;
}

static inline u8 *load_input(const struct load *l, int slot)
{
	u8 *arena = flipq_arena(l->q);

	return arena ? arena + load_place(l, slot) : flipq_input(l->q, slot);
}

static inline const u8 *load_output(const struct load *l, int slot)
{
	const u8 *arena = flipq_arena(l->q);

	return arena ? arena + load_place(l, slot) + l->size :
		       flipq_output(l->q, slot);
}

static inline int load_compress(struct load *l, int slot, u32 len, u32 flags)
{
	const struct load_slot *s = &l->slots[slot];
	const u64 at = load_place(l, slot);

	if (!flipq_arena(l->q))
		return flipq_prep_compress(l->q, slot, s->codec, len, l->size,
					   flags, s->number);
	return flipq_prep_compress_at(l->q, slot, s->codec, at, len,
				      at + l->size, l->size, flags |
				      FLIPQ_REQ_SRC_ARENA |
				      FLIPQ_REQ_DST_ARENA, s->number);
}

static inline int load_decompress(struct load *l, int slot, u32 len)
{
	const struct load_slot *s = &l->slots[slot];
	const u64 at = load_place(l, slot);

	if (!flipq_arena(l->q))
		return flipq_prep_decompress(l->q, slot, s->codec, len,
					     l->size, 0, s->number);
	return flipq_prep_decompress_at(l->q, slot, s->codec, at, len,
					at + l->size, l->size,
					FLIPQ_REQ_SRC_ARENA |
					FLIPQ_REQ_DST_ARENA, s->number);
}

/* Write the next request into @slot. */
static inline int load_prepare(struct load *l, int slot)
{
	struct load_slot *s = &l->slots[slot];
	u8 *in = load_input(l, slot);
	const struct load_text *t;

	if (s->number)
		return load_wrong(l, slot, "a slot in use was handed out");
	s->number = ++l->submitted;
	s->text = (u8)rnd_below(&l->random, LOAD_TEXTS);
	s->codec = (u8)rnd_below(&l->random, l->nr_codecs);
	s->kind = (u8)rnd_below(&l->random, LOAD_KINDS);
	t = &l->texts[s->text];
	if (!l->packs[s->codec])
		s->kind = t->len[s->codec] ? LOAD_UNPACK : LOAD_NOP;
	else if (s->kind == LOAD_UNPACK && !t->len[s->codec])
		s->kind = LOAD_PACK;
	switch (s->kind) {
	case LOAD_NOP:
		return flipq_prep_nop(l->q, slot, s->number);
	case LOAD_PACK:
		memcpy(in, t->plain, l->size);
		return load_compress(l, slot, l->size, 0);
	case LOAD_UNPACK:
		memcpy(in, t->packed[s->codec], t->len[s->codec]);
		return load_decompress(l, slot, t->len[s->codec]);
	default:
		memset(in, (int)s->number & 0xff, 256);
		return load_compress(l, slot, 256, FLIPQ_REQ_DETECT_FILL);
	}
}

/* A free slot, of one kind of partition and the other in turn. */
static inline int load_get(struct load *l)
{
	if (l->mixed && l->submitted % 2)
		return flipq_get_owner(l->q);
	return flipq_get(l->q);
}

/* Fill up to @max free slots and hand them over. How many, or an errno. */
static inline int load_submit(struct load *l, unsigned int max)
{
	int slot, error;
	unsigned int n;

	for (n = 0; n < max; n++) {
		slot = load_get(l);
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
	struct load_slot *s = &l->slots[e->slot];
	const u8 *out = load_output(l, e->slot);
	const u8 *plain = l->texts[s->text].plain;
	const u64 word = (s->number & 0xff) * 0x0101010101010101ULL;

	if (!s->number)
		return load_wrong(l, e->slot, "completed, but not submitted");
	if (e->user_data != s->number)
		return load_wrong(l, e->slot, "another request's completion");
	if (e->status)
		return load_wrong(l, e->slot, "status is not 0");
	switch (s->kind) {
	case LOAD_NOP:
		if (e->flags || e->len)
			return load_wrong(l, e->slot, "a NOP with a result");
		break;
	case LOAD_PACK:
		if (e->flags || e->len >= l->size ||
		    stock_unpack(l->algorithm[s->codec], out, e->len, l->room,
				 l->size) != (long)l->size ||
		    memcmp(l->room, plain, l->size))
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
	s->number = 0;
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
