/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * data.h - input that compresses well, not at all, or is one word repeated
 */
#ifndef SELFTEST_DATA_H
#define SELFTEST_DATA_H

#include "types.h"

enum pattern { TEXT, RANDOM, ZERO };

/* xorshift64*: the same numbers in every run, so a failure comes back. */
static inline u64 rnd(u64 *state)
{
	u64 x = *state ? *state : 88172645463325252ULL;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 2685821657736338717ULL;
}

/* A number from 0 to @n - 1. */
static inline unsigned int rnd_below(u64 *state, unsigned int n)
{
	return (unsigned int)((rnd(state) >> 32) % n);
}

static inline void data_random(u8 *p, size_t len, u64 seed)
{
	u64 state = seed * 2 + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		if (i % 8 == 0)
			rnd(&state);
		p[i] = (u8)(state >> (8 * (i % 8)));
	}
}

/* Words of a small vocabulary, in an order that depends on the seed. */
static inline void data_text(u8 *p, size_t len, u64 seed)
{
	static const char * const words[] = {
		"slot ", "queue ", "flip ", "worker ", "of a ", "the ",
		"partition ", "codec ", "is ", "to sleep, ", "submits ", "\n",
	};
	u64 state = seed + 7;
	size_t at = 0;

	while (at < len) {
		const char *w = words[rnd_below(&state, 12)];
		size_t n = strlen(w);

		if (n > len - at)
			n = len - at;
		memcpy(p + at, w, n);
		at += n;
	}
}

static inline void data_fill(u8 *p, size_t len, enum pattern pattern,
			     u64 seed)
{
	if (pattern == TEXT)
		data_text(p, len, seed);
	else if (pattern == RANDOM)
		data_random(p, len, seed);
	else
		memset(p, 0, len);
}

/* Offset of the first byte that differs, or -1. */
static inline long data_differ(const u8 *a, const u8 *b, size_t len)
{
	size_t i;

	if (!memcmp(a, b, len))
		return -1;
	for (i = 0; a[i] == b[i]; i++)
		;
	return (long)i;
}

#endif /* SELFTEST_DATA_H */
