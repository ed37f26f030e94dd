/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * made.h - streams made by hand, as no compressor makes them
 *
 * They are about what a decoder might copy that it should not: literals after
 * the end of the literals, what was in the output before, what is before it.
 * Most are sound; distances are at random.
 */
#ifndef SELFTEST_MADE_H
#define SELFTEST_MADE_H

#include "lzo.h"
#include "mutation.h"

/* Letters, so that nobody takes them for anybody else's. */
static inline u8 *made_letters(u8 *to, u64 *random, u32 n)
{
	memset(to, (int)('a' + rnd_below(random, 26)), n);
	return to + n;
}

/**
 * struct made_sequence - literals, and then a match
 * @literals: how many there are in all
 * @before: of them, those before the match
 * @rle: they are one, repeated
 * @match: code of its length, which is 3 more
 * @far: code of its distance, 0 for the same as before
 */
struct made_sequence {
	u32 literals;
	u32 before;
	bool rle;
	u8 match;
	u8 far;
};

/* The code of a number of literals, and the bits that come with it. */
static inline u8 made_zstd_code(u32 n, u8 *nr_bits, u32 *bits)
{
	static const struct {
		u32 base;
		u8 bits;
	} codes[] = {
		{ 16, 1 }, { 18, 1 }, { 20, 1 }, { 22, 1 }, { 24, 2 },
		{ 28, 2 }, { 32, 3 }, { 40, 3 }, { 48, 4 }, { 64, 6 },
		{ 128, 7 }, { 256, 8 }, { 512, 9 }, { 1024, 10 }, { 2048, 11 },
	};
	unsigned int i = sizeof(codes) / sizeof(*codes);

	*nr_bits = 0;
	*bits = 0;
	if (n < 16)
		return (u8)n;
	while (codes[--i].base > n)
		;
	*nr_bits = codes[i].bits;
	*bits = n - codes[i].base;
	return (u8)(16 + i);
}

static inline u8 *made_zstd_literals(u8 *at, u64 *random,
				     const struct made_sequence *s)
{
	*at++ = (u8)(s->rle | 1 << 2 | (s->literals & 15) << 4);
	*at++ = (u8)(s->literals >> 4);
	return made_letters(at, random, s->rle ? 1 : s->literals);
}

/* One sequence by three tables of one symbol each. Bits are read from the end. */
static inline u8 *made_zstd_sequence(u8 *at, u64 *random,
				     const struct made_sequence *s)
{
	u8 nr_bits, code;
	u32 bits;
	u64 all;

	code = made_zstd_code(s->before, &nr_bits, &bits);
	all = (1ULL << s->far | rnd_below(random, 1U << s->far)) << nr_bits |
		bits;
	*at++ = 1;
	*at++ = 0x54;
	*at++ = code;
	*at++ = s->far;
	*at++ = s->match;
	for (; all; all >>= 8)
		*at++ = (u8)all;
	return at;
}

/* A frame of one block of one sequence. Its length, up to @max + 32. */
static inline u32 made_zstd(u8 *to, u64 *random, u32 max)
{
	static const u8 head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0 };
	u32 n = 1 + rnd_below(random, max < 4000 ? max : 4000);
	struct made_sequence s = {
		.literals = n,
		.before = n,
		.rle = !rnd_below(random, 4),
	};
	u32 total, i;
	u8 *block, *at = to;

	/* What comes after the literals hides what was copied with them. */
	if (!rnd_below(random, 4))
		s.before = n - rnd_below(random, n < 40 ? n : 40);
	if (!rnd_below(random, 4))
		s.match = (u8)rnd_below(random, 32);
	if (!rnd_below(random, 4))
		s.far = (u8)rnd_below(random, 12);
	total = n + s.match + 3;
	memcpy(at, head, sizeof(head));
	at += sizeof(head);
	for (i = 0; i < 4; i++)
		*at++ = (u8)(total >> 8 * i);
	block = at + 3;
	at = made_zstd_sequence(made_zstd_literals(block, random, &s), random,
				&s);
	n = (u32)(at - block) << 3 | 2 << 1 | 1;
	for (i = 0; i < 3; i++)
		block[(int)i - 3] = (u8)(n >> 8 * i);
	return (u32)(at - to);
}

/* Short runs and matches, many at a distance of 0 or too far. */
static inline u32 made_lz4(u8 *to, u64 *random, u32 max)
{
	u8 *at = to, *end = to + max - 40;

	while (at < end && rnd_below(random, 20)) {
		u32 n = rnd_below(random, 15), m = rnd_below(random, 16);
		u32 distance = rnd_below(random, 3) ? 1 + rnd_below(random, 32) :
						      rnd_below(random, 2);

		*at++ = (u8)(n << 4 | m);
		at = made_letters(at, random, n);
		*at++ = (u8)distance;
		*at++ = (u8)(distance >> 8);
		if (m == 15)
			*at++ = (u8)rnd_below(random, 255);
	}
	*at++ = 12 << 4;
	at = made_letters(at, random, 12);
	return (u32)(at - to);
}

/* With the two bytes before it that make it lzo-rle's, most often. */
static inline u32 made_lzo(u8 *to, u64 *random, u32 max)
{
	u32 n = 1 + rnd_below(random, max / 2), head = 0;
	u8 letters[4096];

	if (rnd_below(random, 4)) {
		to[head++] = 17;
		to[head++] = (u8)rnd_below(random, 2);
	}
	n = n < sizeof(letters) ? n : sizeof(letters);
	made_letters(letters, random, n);
	return head + (u32)lzo_pack(letters, n, to + head, max - head);
}

/**
 * struct made_bits - bits from the lowest up, as deflate has them
 * @to: bytes, all zero
 * @n: bits so far
 */
struct made_bits {
	u8 *to;
	u32 n;
};

static inline void made_bits(struct made_bits *b, u32 value, u32 bits)
{
	for (; bits; bits--, value >>= 1, b->n++)
		b->to[b->n / 8] |= (u8)((value & 1) << b->n % 8);
}

/* A Huffman code, which comes with its highest bit first. */
static inline void made_code(struct made_bits *b, u32 code, u32 bits)
{
	while (bits--)
		made_bits(b, code >> bits, 1);
}

/* One block with the fixed codes. @to is zero. */
static inline u32 made_deflate(u8 *to, u64 *random, u32 max)
{
	struct made_bits b = { .to = to };
	u32 end = (max - 16) * 8;

	made_bits(&b, 1 | 1 << 1, 3);
	while (b.n < end && rnd_below(random, 40)) {
		u32 far = rnd_below(random, 16);
		u32 extra = far < 4 ? 0 : far / 2 - 1;

		made_code(&b, 0x30 + 'a' + rnd_below(random, 26), 8);
		if (rnd_below(random, 4))
			continue;
		/* 3 to 10 bytes, and how far back. */
		made_code(&b, 1 + rnd_below(random, 8), 7);
		made_code(&b, far, 5);
		made_bits(&b, (u32)rnd(random), extra);
	}
	made_code(&b, 0, 7);
	return (b.n + 7) / 8;
}

#endif /* SELFTEST_MADE_H */
