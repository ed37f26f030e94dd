/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worst_deflate.h - deflate streams that take a decoder long (RFC 1951)
 *
 * All are valid: blocks up to the room that there is, and an empty last one.
 */
#ifndef SELFTEST_WORST_DEFLATE_H
#define SELFTEST_WORST_DEFLATE_H

#include <stdlib.h>

#include "worst_bits.h"

#define DEFLATE_LITERALS 286U
#define DEFLATE_DISTANCES 30U
#define DEFLATE_END	256U
#define DEFLATE_LENGTHS	19U
#define DEFLATE_ZEROS	18U

enum { DEFLATE_STORED, DEFLATE_FIXED, DEFLATE_DYNAMIC };

/**
 * struct deflate_code - a prefix code
 * @nr: symbols
 * @len: bits of each, 0 for none
 * @word: the code, first bit lowest
 */
struct deflate_code {
	unsigned int nr;
	u8 len[DEFLATE_LITERALS];
	unsigned int word[DEFLATE_LITERALS];
};

static inline unsigned int deflate_mirror(unsigned int x, unsigned int nr)
{
	unsigned int y = 0;

	for (; nr; nr--, x >>= 1)
		y = y << 1 | (x & 1);
	return y;
}

/* From the lengths to the words, as the format has it. */
static inline void deflate_assign(struct deflate_code *c)
{
	unsigned int len, s, word = 0;

	for (len = 1; len < 16; len++) {
		word <<= 1;
		for (s = 0; s < c->nr; s++)
			if (c->len[s] == len)
				c->word[s] = deflate_mirror(word++, len);
	}
}

static inline void deflate_symbol(struct bits *b, const struct deflate_code *c,
				  unsigned int s)
{
	bits_put(b, c->word[s], c->len[s]);
}

/* Lengths near each other for all symbols that have one. */
static inline void deflate_even(struct deflate_code *c)
{
	unsigned int s, used = 0, bits = 0, spare;

	for (s = 0; s < c->nr; s++)
		used += !!c->len[s];
	while (1U << bits < used)
		bits++;
	spare = (1U << bits) - used;
	for (s = 0; s < c->nr; s++) {
		if (!c->len[s])
			continue;
		c->len[s] = (u8)(spare ? bits - 1 : bits);
		spare -= !!spare;
	}
	if (used == 1)
		for (s = 0; s < c->nr; s++)
			c->len[s] = !!c->len[s];
	deflate_assign(c);
}

/* How many zeros from @at on one symbol can stand for, or 0. */
static inline unsigned int deflate_run(const u8 *len, unsigned int nr,
				       unsigned int at)
{
	unsigned int n = 0;

	while (at + n < nr && n < 138 && !len[at + n])
		n++;
	return n < 11 ? 0 : n;
}

/* The lengths of both codes, by a code for lengths; or only count its symbols. */
static inline void deflate_lengths(struct bits *b, struct deflate_code *by,
				   const u8 *len, unsigned int nr)
{
	unsigned int at, run;

	for (at = 0; at < nr; at += run ? run : 1) {
		unsigned int s = len[at];

		run = deflate_run(len, nr, at);
		if (run)
			s = DEFLATE_ZEROS;
		if (!b) {
			by->len[s] = 1;
			continue;
		}
		deflate_symbol(b, by, s);
		if (run)
			bits_put(b, run - 11, 7);
	}
}

/* Header and tables of a dynamic block. The codes have their lengths. */
static inline void deflate_tables(struct bits *b, struct deflate_code *lit,
				  struct deflate_code *dist)
{
	static const u8 order[DEFLATE_LENGTHS] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
	};
	u8 len[DEFLATE_LITERALS + DEFLATE_DISTANCES];
	struct deflate_code by = { .nr = DEFLATE_LENGTHS };
	unsigned int i, last = 3;

	deflate_assign(lit);
	deflate_assign(dist);
	memcpy(len, lit->len, lit->nr);
	memcpy(len + lit->nr, dist->len, dist->nr);
	deflate_lengths(NULL, &by, len, lit->nr + dist->nr);
	deflate_even(&by);
	for (i = 0; i < DEFLATE_LENGTHS; i++)
		if (by.len[order[i]] && i > last)
			last = i;
	bits_put(b, DEFLATE_DYNAMIC << 1, 3);
	bits_put(b, lit->nr - 257, 5);
	bits_put(b, dist->nr - 1, 5);
	bits_put(b, last + 1 - 4, 4);
	for (i = 0; i <= last; i++)
		bits_put(b, by.len[order[i]], 3);
	deflate_lengths(b, &by, len, lit->nr + dist->nr);
}

/* An empty last block, and the stream is done. */
static inline size_t deflate_end(struct bits *b)
{
	bits_put(b, 1 | DEFLATE_FIXED << 1, 3);
	bits_put(b, 0, 7);
	bits_align(b);
	return b->len;
}

/* Eight copies of a block are whole bytes: as many as there is room for. */
static inline size_t deflate_repeat(u8 *out, size_t room, size_t plain,
				    const struct bits *block, size_t made)
{
	struct bits b = { .out = out };
	size_t i, n;

	while (b.len + block->len + 8 < room && plain >= made) {
		for (i = 0; i < block->len; i++)
			bits_byte(&b, block->out[i]);
		bits_put(&b, block->word, block->nr);
		plain -= made;
	}
	n = deflate_end(&b);
	return n;
}

/* Lengths 1, 2, ... 15, 15 for @nr symbols: end, and those before it. */
static inline void deflate_comb(struct deflate_code *c, unsigned int last,
				unsigned int deep)
{
	unsigned int i;

	c->nr = last + 1;
	memset(c->len, 0, sizeof(c->len));
	for (i = 0; i < deep; i++)
		c->len[last - i] = (u8)(i + 1);
	c->len[last - deep] = (u8)deep;
}

/* Dynamic blocks of nothing: tables of a few symbols and long codes. */
static inline size_t deflate_short_tables(u8 *out, size_t room, size_t plain)
{
	struct deflate_code lit, dist;
	u8 body[512];
	struct bits b = { .out = body };

	deflate_comb(&lit, DEFLATE_END, 15);
	dist = (struct deflate_code){ .nr = 1, .len = { 1 } };
	deflate_tables(&b, &lit, &dist);
	deflate_symbol(&b, &lit, DEFLATE_END);
	return deflate_repeat(out, room, plain, &b, 0);
}

/* The same with a second table that is as deep. */
static inline size_t deflate_deep_tables(u8 *out, size_t room, size_t plain)
{
	struct deflate_code lit, dist;
	u8 body[512];
	struct bits b = { .out = body };

	deflate_comb(&lit, DEFLATE_END, 15);
	deflate_comb(&dist, 15, 15);
	deflate_tables(&b, &lit, &dist);
	deflate_symbol(&b, &lit, DEFLATE_END);
	return deflate_repeat(out, room, plain, &b, 0);
}

/* Dynamic blocks with all symbols that there are, most with long codes. */
static inline size_t deflate_long_tables(u8 *out, size_t room, size_t plain)
{
	struct deflate_code lit = { .nr = DEFLATE_LITERALS };
	struct deflate_code dist = { .nr = DEFLATE_DISTANCES };
	unsigned int i;
	u8 body[1024];
	struct bits b = { .out = body };

	/* 1, 2, 3, then of an eighth: 7/8 of 9 bits' worth and so on. */
	for (i = 0; i < DEFLATE_LITERALS; i++)
		lit.len[i] = 1;
	deflate_even(&lit);
	for (i = 0; i < DEFLATE_DISTANCES; i++)
		dist.len[i] = 1;
	deflate_even(&dist);
	deflate_tables(&b, &lit, &dist);
	deflate_symbol(&b, &lit, DEFLATE_END);
	return deflate_repeat(out, room, plain, &b, 0);
}

/* Fixed blocks of nothing. */
static inline size_t deflate_empty_fixed(u8 *out, size_t room, size_t plain)
{
	u8 body[8];
	struct bits b = { .out = body };

	bits_put(&b, DEFLATE_FIXED << 1, 3);
	bits_put(&b, 0, 7);
	return deflate_repeat(out, room, plain, &b, 0);
}

/* Stored blocks of nothing. */
static inline size_t deflate_empty_stored(u8 *out, size_t room, size_t plain)
{
	static u8 body[] = { 0, 0, 0, 0xff, 0xff };
	struct bits b = { .out = body, .len = sizeof(body) };

	return deflate_repeat(out, room, plain, &b, 0);
}

/*
 * One block of literals and matches of three, in an order that nobody guesses,
 * @far back.
 */
static inline size_t deflate_mixed(u8 *out, size_t room, size_t plain,
				   bool literals, unsigned int deep)
{
	struct deflate_code lit, dist = { .nr = DEFLATE_DISTANCES };
	struct bits b = { .out = out };
	size_t at = 0;
	u64 state = 1;

	/* 257 is a match of three. */
	deflate_comb(&lit, 257, deep);
	dist.len[28] = 1;
	dist.len[29] = 1;
	deflate_tables(&b, &lit, &dist);
	while (b.len + 32 < room && at + 3 <= plain) {
		if (at < 32768 || (literals && rnd_below(&state, 2))) {
			deflate_symbol(&b, &lit, 255 - rnd_below(&state, deep - 2));
			at++;
			continue;
		}
		deflate_symbol(&b, &lit, 257);
		deflate_symbol(&b, &dist, 28 + rnd_below(&state, 2));
		bits_put(&b, rnd(&state) >> 20, 13);
		at += 3;
	}
	deflate_symbol(&b, &lit, DEFLATE_END);
	return deflate_end(&b);
}

static inline size_t deflate_far_matches(u8 *out, size_t room, size_t plain)
{
	return deflate_mixed(out, room, plain, false, 6);
}

static inline size_t deflate_mixed_symbols(u8 *out, size_t room, size_t plain)
{
	return deflate_mixed(out, room, plain, true, 15);
}

#endif /* SELFTEST_WORST_DEFLATE_H */
