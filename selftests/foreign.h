/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * foreign.h - the strings of somebody, to be known again where they do not
 * belong: every eight bytes in a row
 *
 * What is kept of them is a number, so that the set itself is not taken for a
 * place where they are.
 */
#ifndef SELFTEST_FOREIGN_H
#define SELFTEST_FOREIGN_H

#include <stdlib.h>

#include "data.h"

#define STRING		sizeof(u64)

/**
 * struct strings - a set of strings
 * @bits: there is room for two to the power of it; less than half full, or it
 *	is slow
 * @number: of each, 0 for none
 */
struct strings {
	unsigned int bits;
	u64 number[];
};

static inline struct strings *strings_new(unsigned int bits)
{
	struct strings *s = calloc(1, sizeof(*s) + (sizeof(u64) << bits));

	if (s)
		s->bits = bits;
	return s;
}

/* No two strings have the same one. */
static inline u64 string_number(const u8 *p)
{
	u64 string;

	memcpy(&string, p, STRING);
	return string * 0x9e3779b97f4a7c15ULL;
}

static inline u64 strings_place(const struct strings *s, u64 number)
{
	u64 i = number >> (64 - s->bits);

	while (s->number[i] && s->number[i] != number)
		i = (i + 1) % (1ULL << s->bits);
	return i;
}

/* Runs and the like are nobody's. */
static inline bool string_has_variety(const u8 *p)
{
	unsigned int i, j, same = 0;

	for (i = 1; i < STRING; i++)
		for (j = 0; j < i; j++)
			same += p[i] == p[j];
	return same < 3;
}

static inline void strings_add(struct strings *s, const u8 *p, size_t len)
{
	size_t i;

	for (i = 0; i + STRING <= len; i++) {
		u64 number = string_number(p + i);

		if (string_has_variety(p + i))
			s->number[strings_place(s, number)] = number;
	}
}

/* How many of them are there. */
static inline unsigned int strings_in(const struct strings *s, const u8 *p,
				      size_t len)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i + STRING <= len; i++) {
		u64 number = string_number(p + i);

		n += number && s->number[strings_place(s, number)] == number;
	}
	return n;
}

/* Noise of 32 letters that no text has: three of eight bits are the same. */
#define LETTERS_MASK	0xe0
#define LETTERS_FIRST	0xa0

static inline void strings_letters(u8 *p, size_t len, u64 seed)
{
	size_t i;

	data_random(p, len, seed);
	for (i = 0; i < len; i++)
		p[i] = (u8)(LETTERS_FIRST | (p[i] & ~LETTERS_MASK));
}

static inline bool string_letter(u8 byte)
{
	return (byte & LETTERS_MASK) == LETTERS_FIRST;
}

/* As strings_in(), faster, where all strings are of those letters. */
static inline unsigned int strings_letters_in(const struct strings *s,
					      const u8 *p, size_t len)
{
	size_t at = STRING - 1, start, end;
	unsigned int n = 0;

	while (at < len) {
		if (!string_letter(p[at])) {
			at += STRING;
			continue;
		}
		for (start = at; start && string_letter(p[start - 1]); start--)
			;
		for (end = at + 1; end < len && string_letter(p[end]); end++)
			;
		n += strings_in(s, p + start, end - start);
		at = end + STRING;
	}
	return n;
}

#endif /* SELFTEST_FOREIGN_H */
