/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * foreign_texts.h - the neighbour of foreign.c, and what it leaves behind
 */
#ifndef SELFTEST_FOREIGN_TEXTS_H
#define SELFTEST_FOREIGN_TEXTS_H

#include "cpu.h"
#include "foreign.h"
#include "own.h"
#include "stock.h"

#define SIZE		4096U
#define SLOTS		2U
#define ARENA		(4U * SIZE)
#define SHARED		0U
#define OWNED		1U
#define NEIGHBOUR	1001
#define PHASES		2U

static struct flipq_codec codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_LZ4HC },
	{ .algorithm = FLIPQ_ALG_LZO },
	{ .algorithm = FLIPQ_ALG_ZSTD },
	{ .algorithm = FLIPQ_ALG_DEFLATE },
};

#define CODECS ARRAY_SIZE(codecs)

struct stream {
	u32 len;
	u8 bytes[SIZE];
};

enum text { NOISE, WORDS, LETTERS, TEXTS };

/**
 * struct texts - what the two users tell each other
 * @phase: which texts the neighbour is to leave
 * @codec: and by which codec
 * @plain: its texts
 * @packed: the same, compressed
 */
struct texts {
	u32 phase;
	u8 codec;
	struct stream plain[PHASES][TEXTS];
	struct stream packed[PHASES][CODECS][TEXTS];
};

/*
 * Noise, which codecs keep as it is, or noise of 32 letters, of which they make
 * fewer bits, with a run at the end; or 64 words of noise in random order.
 */
static inline void make_text(struct stream *s, u32 phase, u32 text)
{
	u64 random = 1000 + phase;
	u8 words[64 * STRING];
	u32 i;

	s->len = SIZE;
	data_random(s->bytes, SIZE, 77 * phase + 5);
	if (text == LETTERS)
		strings_letters(s->bytes, SIZE, 77 * phase + 7);
	memset(s->bytes + SIZE / 8 * 7, 'y', SIZE / 8);
	if (text != WORDS)
		return;
	data_random(words, sizeof(words), 77 * phase + 6);
	for (i = 0; i < SIZE; i += STRING)
		memcpy(s->bytes + i, words + STRING * rnd_below(&random, 64),
		       STRING);
}

static inline struct flipq_desc plain_desc(u8 opcode, u8 codec, u32 len)
{
	return (struct flipq_desc) {
		.opcode = opcode,
		.codec = codec,
		.src_len = len,
		.dst_len = SIZE,
	};
}

static inline bool unpacks_only(u8 codec)
{
	return codecs[codec].flags & FLIPQ_CODEC_DECOMPRESS_ONLY;
}

static inline int pack(struct rawq *q, u32 p, u8 codec,
		       const struct stream *plain, struct stream *packed)
{
	struct flipq_desc d = plain_desc(FLIPQ_OP_COMPRESS, codec, plain->len);
	struct flipq_result r;
	int error;
	long n;

	if (unpacks_only(codec)) {
		n = stock_pack_tight(codecs[codec].algorithm, plain->bytes,
				     plain->len, packed->bytes, SIZE);
		packed->len = (u32)n;
		return n > 0 ? 0 : -EPROTO;
	}
	memcpy(raw_in(q, p, 0), plain->bytes, plain->len);
	error = own_run(q, p, &d, &r);
	if (error)
		return error;
	if (r.status || !r.len)
		return -EPROTO;
	packed->len = r.len;
	memcpy(packed->bytes, raw_out(q, p, 0), r.len);
	return 0;
}

/* By the worker of the first CPU, which serves both users. */
static inline int open_queue(struct rawq *q)
{
	struct flipq_setup s = own_setup(SLOTS, 1, 1, SIZE);
	int error = run_on(0);

	s.arena_size = ARENA;
	raw_offered(codecs, CODECS);
	raw_codecs(&s, codecs, CODECS);
	if (!error)
		error = raw_open(q, &s);
	/* Beside it, if there is another. */
	run_on(1);
	return error;
}

/* The neighbour's texts, compressed by each codec. */
static inline int neighbour_texts(struct rawq *q, u32 p, struct texts *c)
{
	u32 phase, text;
	u8 codec;
	int error = 0;

	for (phase = 0; phase < PHASES; phase++) {
		for (text = 0; text < TEXTS; text++) {
			make_text(&c->plain[phase][text], phase, text);
			for (codec = 0; codec < CODECS && !error; codec++)
				error = pack(q, p, codec,
					     &c->plain[phase][text],
					     &c->packed[phase][codec][text]);
		}
	}
	return error;
}

/* Owner-served partitions have memory of their own: leave texts in that, too. */
static inline int neighbour_own(struct texts *c)
{
	struct rawq q;
	int error = open_queue(&q);

	if (error)
		return error;
	error = neighbour_texts(&q, OWNED, c);
	raw_close(&q);
	return error;
}

/* One text is compressed, or decompressed: what that leaves is on the worker. */
static inline int neighbour_turn(struct rawq *q, const struct texts *c, u64 *random)
{
	/* Letters twice as often: the text whose literals a decoder unpacks. */
	u32 phase = READ_ONCE(c->phase), i = rnd_below(random, TEXTS + 1);
	u32 text = i < TEXTS ? i : LETTERS;
	const struct stream *s = &c->packed[phase][c->codec][text];
	u8 opcode = FLIPQ_OP_DECOMPRESS;
	struct flipq_result r = { 0 };
	struct flipq_desc d;
	unsigned int slot;
	int error;

	if (!rnd_below(random, 3) && !unpacks_only(c->codec)) {
		s = &c->plain[phase][text];
		opcode = FLIPQ_OP_COMPRESS;
	}
	d = plain_desc(opcode, c->codec, s->len);
	slot = flip_next(flip_free(&q->side[SHARED]), 0);
	memcpy(raw_in(q, SHARED, slot), s->bytes, s->len);
	error = raw_run(q, &d, &r);
	return error < 0 ? error : r.status;
}

/* A turn for each byte that comes, and a byte in return. */
static inline int neighbour(struct texts *c, int in, int out)
{
	u64 random = 9;
	struct rawq q;
	char byte = 0;
	int error;

	if (setuid(NEIGHBOUR))
		return -errno;
	error = neighbour_own(c);
	if (!error)
		error = open_queue(&q);
	if (!error)
		error = neighbour_texts(&q, SHARED, c);
	while (!error && write(out, &byte, 1) == 1 && read(in, &byte, 1) == 1)
		error = neighbour_turn(&q, c, &random);
	return error;
}

/* Headers may be alike. */
static inline struct strings *neighbours_strings(const struct texts *c)
{
	struct strings *s = strings_new(18);
	u32 phase, codec, text;

	for (phase = 0; s && phase < PHASES; phase++) {
		for (text = 0; text < TEXTS; text++) {
			const struct stream *t = &c->plain[phase][text];

			strings_add(s, t->bytes, t->len);
			for (codec = 0; codec < CODECS; codec++) {
				t = &c->packed[phase][codec][text];
				if (t->len > 32)
					strings_add(s, t->bytes + 32,
						    t->len - 32);
			}
		}
	}
	return s;
}

#endif /* SELFTEST_FOREIGN_TEXTS_H */
