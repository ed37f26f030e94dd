/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lzo.h - LZO1X, from the description of its stream, to check the kernel with
 *
 * The decoder is complete. The encoder makes literals and one kind of match.
 */
#ifndef SELFTEST_LZO_H
#define SELFTEST_LZO_H

#include "types.h"

struct lzo {
	const u8 *in;
	const u8 *in_end;
	u8 *out;
	u8 *at;
	u8 *out_end;
	int bad;
};

static inline u32 lzo_byte(struct lzo *z)
{
	if (z->in < z->in_end)
		return *z->in++;
	z->bad = 1;
	return 0xff;
}

/* A length whose field is 0 goes on in bytes of 255 each, written as 0. */
static inline size_t lzo_length(struct lzo *z, size_t field, size_t mask)
{
	size_t n = mask;
	u32 b;

	if (field)
		return field;
	for (b = lzo_byte(z); !b && !z->bad; b = lzo_byte(z))
		n += 255;
	return n + b;
}

static inline void lzo_literals(struct lzo *z, size_t n)
{
	if (n > (size_t)(z->in_end - z->in) ||
	    n > (size_t)(z->out_end - z->at)) {
		z->bad = 1;
		return;
	}
	memcpy(z->at, z->in, n);
	z->in += n;
	z->at += n;
}

static inline void lzo_match(struct lzo *z, size_t distance, size_t n)
{
	if (distance > (size_t)(z->at - z->out) ||
	    n > (size_t)(z->out_end - z->at)) {
		z->bad = 1;
		return;
	}
	for (; n; n--, z->at++)
		*z->at = z->at[-(long)distance];
}

/*
 * One instruction. @state is how many literals the last one ended with, 4 for
 * a long run. Return: the next state, or -1 at the end of the stream.
 */
static inline int lzo_step(struct lzo *z, u32 t, int state)
{
	size_t n, distance;
	u32 tail = t;

	if (t < 16 && !state) {
		lzo_literals(z, 3 + lzo_length(z, t, 15));
		return 4;
	}
	if (t < 16) {
		n = state == 4 ? 3 : 2;
		distance = (lzo_byte(z) << 2) + (t >> 2) +
			(state == 4 ? 2049 : 1);
	} else if (t < 64) {
		u32 far = t < 32 ? 16384 + ((t & 8) << 11) : 1;

		n = 2 + (t < 32 ? lzo_length(z, t & 7, 7) :
				  lzo_length(z, t & 31, 31));
		tail = lzo_byte(z);
		tail |= lzo_byte(z) << 8;
		distance = far + (tail >> 2);
		if (distance == 16384 && t < 32)
			return -1;
	} else {
		n = t < 128 ? 3 + (t >> 5 & 1) : 5 + (t >> 5 & 3);
		distance = (lzo_byte(z) << 3) + (t >> 2 & 7) + 1;
	}
	lzo_match(z, distance, n);
	lzo_literals(z, tail & 3);
	return (int)(tail & 3);
}

/* The bytes that came out, or -1. All of the input has to be used. */
static inline long lzo_unpack(const u8 *src, u32 len, u8 *dst, u32 room)
{
	struct lzo z = {
		.in = src,
		.in_end = src + len,
		.out = dst,
		.at = dst,
		.out_end = dst + room,
	};
	int state = 0;

	if (len && *src > 17) {
		size_t n = lzo_byte(&z) - 17;

		lzo_literals(&z, n);
		state = n < 4 ? (int)n : 4;
	}
	while (!z.bad && state >= 0)
		state = lzo_step(&z, lzo_byte(&z), state);
	return z.bad || z.in != z.in_end ? -1 : z.at - dst;
}

/* What is left of a length, @n, behind a field that is 0. */
static inline u8 *lzo_put_length(u8 *at, u32 n)
{
	for (; n > 255; n -= 255)
		*at++ = 0;
	*at++ = (u8)n;
	return at;
}

/* @n literals; the first ones of a stream have a short form of their own. */
static inline u8 *lzo_put_literals(u8 *at, const u8 *src, u32 n, bool first)
{
	if (first && n <= 238) {
		*at++ = (u8)(17 + n);
	} else if (n && n <= 3) {
		/* In the match before it, whose last two bytes are its end. */
		at[-2] |= (u8)n;
	} else if (n > 18) {
		*at++ = 0;
		at = lzo_put_length(at, n - 18);
	} else if (n) {
		*at++ = (u8)(n - 3);
	}
	memcpy(at, src, n);
	return at + n;
}

static inline u8 *lzo_put_match(u8 *at, u32 distance, u32 n)
{
	if (n <= 33) {
		*at++ = (u8)(32 | (n - 2));
	} else {
		*at++ = 32;
		at = lzo_put_length(at, n - 33);
	}
	*at++ = (u8)((distance - 1) << 2);
	*at++ = (u8)((distance - 1) >> 6);
	return at;
}

/*
 * Of one byte or more. The bytes that came out, or -1. Matches are those in the
 * last 16 KiB that a small table knows; one of 4 bytes might save nothing.
 */
static inline long lzo_pack(const u8 *src, u32 len, u8 *dst, u32 room)
{
	u32 last[1024] = { 0 };		/* 1 + where it was */
	u32 i = 0, done = 0, word, from, n;
	u8 *at = dst;

	if (room < len + len / 255 + 8)
		return -1;
	while (i + 4 <= len) {
		memcpy(&word, src + i, 4);
		word = word * 2654435761U >> 22;
		from = last[word];
		last[word] = i + 1;
		for (n = 0; from && i + n < len &&
		     src[from - 1 + n] == src[i + n];)
			n++;
		if (n < 5 || i - (from - 1) > 16384) {
			i++;
			continue;
		}
		at = lzo_put_literals(at, src + done, i - done, !done);
		at = lzo_put_match(at, i - (from - 1), n);
		i += n;
		done = i;
	}
	at = lzo_put_literals(at, src + done, len - done, !done);
	*at++ = 0x11;
	*at++ = 0;
	*at++ = 0;
	return at - dst;
}

#endif /* SELFTEST_LZO_H */
