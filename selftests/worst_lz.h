/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worst_lz.h - LZ4 blocks and LZO streams that take a decoder long
 */
#ifndef SELFTEST_WORST_LZ_H
#define SELFTEST_WORST_LZ_H

#include "worst_bits.h"

#define LZ4_LAST	12U	/* literals at the end that the format asks for */
#define LZ4_WINDOW	65535U

/* Literals in a row, up to 14 of them and a match of 4 more than @match. */
static inline void lz4_seq(struct bits *b, unsigned int literals,
			   unsigned int match, unsigned int distance)
{
	bits_byte(b, literals << 4 | match);
	for (; literals; literals--)
		bits_byte(b, 'x');
	bits_put(b, distance, 16);
}

static inline size_t lz4_end(struct bits *b)
{
	unsigned int i;

	bits_byte(b, LZ4_LAST << 4);
	for (i = 0; i < LZ4_LAST; i++)
		bits_byte(b, 'z');
	return b->len;
}

/* Matches of 4, and one literal before every other one or so. */
static inline size_t lz4_short(u8 *out, size_t room, size_t plain,
			       unsigned int literals, unsigned int near)
{
	struct bits b = { .out = out };
	size_t at = 0;
	u64 state = 1;

	lz4_seq(&b, 14, 0, 1);
	at = 18;
	while (b.len + 64 < room && at + 64 < plain) {
		unsigned int most = at < LZ4_WINDOW ? (unsigned int)at :
				    LZ4_WINDOW;
		unsigned int n = rnd_below(&state, literals + 1);

		if (near && rnd_below(&state, 2))
			most = near;
		lz4_seq(&b, n, 0, 1 + rnd_below(&state, most));
		at += n + 4;
	}
	return lz4_end(&b);
}

static inline size_t lz4_far_matches(u8 *out, size_t room, size_t plain)
{
	return lz4_short(out, room, plain, 0, 0);
}

static inline size_t lz4_mixed(u8 *out, size_t room, size_t plain)
{
	return lz4_short(out, room, plain, 1, 12);
}

/* The end of an LZO stream. */
static inline size_t lzo_end(struct bits *b)
{
	bits_put(b, 0x000011, 24);
	return b->len;
}

/* Four literals to look back at, and more. */
static inline void lzo_begin(struct bits *b, unsigned int literals)
{
	bits_byte(b, literals + 17);
	for (; literals; literals--)
		bits_byte(b, 'x');
}

/*
 * Matches of 2, up to 1 KiB back, which only follow literals: up to three come
 * with the match before.
 */
static inline size_t lzo_short(u8 *out, size_t room, size_t plain)
{
	struct bits b = { .out = out };
	unsigned int literals = 1;
	size_t at = 200;
	u64 state = 1;

	lzo_begin(&b, 200);
	/* M2 of three with one literal: 010DDDSS DDDDDDDD. */
	while (b.len + 64 < room && at + 64 < plain) {
		unsigned int most = at < 2048 ? (unsigned int)at : 2048;
		unsigned int d = rnd_below(&state, most);
		unsigned int n = rnd_below(&state, 2);

		bits_byte(&b, 2 << 5 | (d & 7) << 2 | n);
		bits_byte(&b, d >> 3);
		at += 3 + n;
		for (literals = n; literals; literals--)
			bits_byte(&b, 'y');
		if (!n)
			continue;
		/* M1: 0000DDSS DDDDDDDD, two bytes. */
		most = at < 1024 ? (unsigned int)at : 1024;
		d = rnd_below(&state, most);
		bits_byte(&b, (d & 3) << 2 | 0);
		bits_byte(&b, d >> 2);
		at += 2;
	}
	return lzo_end(&b);
}

/* Matches of 3, as far away as can be, in all sizes of distance. */
static inline size_t lzo_far_matches(u8 *out, size_t room, size_t plain)
{
	struct bits b = { .out = out };
	size_t at = 200;
	u64 state = 1;

	lzo_begin(&b, 200);
	while (b.len + 64 < room && at + 64 < plain) {
		unsigned int d;

		if (at > 49152 && rnd_below(&state, 2)) {
			/* M4 of three: 0001HLLL and 14 bits. */
			d = 1 + rnd_below(&state, 16000);
			bits_byte(&b, 16 | 8 | 1);
			bits_put(&b, d << 2, 16);
		} else {
			/* M3 of three: 001LLLLL and 14 bits. */
			d = rnd_below(&state, at < 16384 ? (unsigned int)at :
				      16384);
			bits_byte(&b, 32 | 1);
			bits_put(&b, d << 2, 16);
		}
		at += 3;
	}
	return lzo_end(&b);
}

#endif /* SELFTEST_WORST_LZ_H */
