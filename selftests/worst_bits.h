/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worst_bits.h - streams made by hand: bytes and bits, lowest first
 */
#ifndef SELFTEST_WORST_BITS_H
#define SELFTEST_WORST_BITS_H

#include "data.h"

/**
 * struct bits - what is being written
 * @out: where to
 * @len: whole bytes so far
 * @word: bits that make no byte yet
 * @nr: how many these are
 */
struct bits {
	u8 *out;
	size_t len;
	u64 word;
	unsigned int nr;
};

/* The lowest @nr bits of @value, 48 at most. */
static inline void bits_put(struct bits *b, u64 value, unsigned int nr)
{
	b->word |= (value & ((1ULL << nr) - 1)) << b->nr;
	b->nr += nr;
	for (; b->nr >= 8; b->nr -= 8) {
		b->out[b->len++] = (u8)b->word;
		b->word >>= 8;
	}
}

/* Up to the next whole byte. */
static inline void bits_align(struct bits *b)
{
	if (b->nr)
		bits_put(b, 0, 8 - b->nr);
}

static inline void bits_byte(struct bits *b, unsigned int value)
{
	bits_put(b, value, 8);
}

/* Position of the highest bit of @x, which is not 0. */
static inline unsigned int bits_high(unsigned int x)
{
	return 31 - (unsigned int)__builtin_clz(x);
}

#endif /* SELFTEST_WORST_BITS_H */
