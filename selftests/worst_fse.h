/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worst_fse.h - FSE tables, as zstd's frames describe them (RFC 8878, 4.1)
 */
#ifndef SELFTEST_WORST_FSE_H
#define SELFTEST_WORST_FSE_H

#include "worst_bits.h"

#define FSE_CELLS	512U
#define FSE_SYMBOLS	64U

/**
 * struct fse - a table
 * @log: of the number of cells
 * @nr: symbols
 * @count: cells of each; -1: one cell, "less than one"
 * @symbol: of each cell
 * @nr_bits: bits that are read on leaving a cell
 * @base: what is added to them for the next cell
 */
struct fse {
	unsigned int log;
	unsigned int nr;
	int count[FSE_SYMBOLS];
	u8 symbol[FSE_CELLS];
	u8 nr_bits[FSE_CELLS];
	unsigned int base[FSE_CELLS];
};

static inline void fse_spread(struct fse *f)
{
	unsigned int size = 1U << f->log, high = size, at = 0, s;
	int i;

	for (s = 0; s < f->nr; s++)
		if (f->count[s] < 0)
			f->symbol[--high] = (u8)s;
	for (s = 0; s < f->nr; s++) {
		for (i = 0; i < f->count[s]; i++) {
			f->symbol[at] = (u8)s;
			do
				at = (at + (size >> 1) + (size >> 3) + 3) &
				     (size - 1);
			while (at >= high);
		}
	}
}

/* The counts are there: fill in the rest. */
static inline void fse_build(struct fse *f)
{
	unsigned int next[FSE_SYMBOLS], size = 1U << f->log, i;

	fse_spread(f);
	for (i = 0; i < f->nr; i++)
		next[i] = f->count[i] < 0 ? 1 : (unsigned int)f->count[i];
	for (i = 0; i < size; i++) {
		unsigned int x = next[f->symbol[i]]++;

		f->nr_bits[i] = (u8)(f->log - bits_high(x));
		f->base[i] = (x << f->nr_bits[i]) - size;
	}
}

/* A cell of @symbol, from which @next is reached. */
static inline unsigned int fse_before(const struct fse *f, unsigned int symbol,
				      unsigned int next)
{
	unsigned int i;

	for (i = 0; i < 1U << f->log; i++)
		if (f->symbol[i] == symbol && f->base[i] <= next &&
		    next < f->base[i] + (1U << f->nr_bits[i]))
			break;
	return i;
}

/* Any cell of @symbol. */
static inline unsigned int fse_cell(const struct fse *f, unsigned int symbol)
{
	unsigned int i = 0;

	while (f->symbol[i] != symbol)
		i++;
	return i;
}

/* After a symbol without cells: how many more follow. */
static inline unsigned int fse_zeros(const struct fse *f, struct bits *b,
				     unsigned int s)
{
	unsigned int zeros = 0;

	while (s + zeros < f->nr && !f->count[s + zeros])
		zeros++;
	s += zeros;
	for (; zeros >= 3; zeros -= 3)
		bits_put(b, 3, 2);
	bits_put(b, zeros, 2);
	return s;
}

/* The description of the table, whole bytes. */
static inline void fse_describe(const struct fse *f, struct bits *b)
{
	int threshold = 1 << f->log, left = threshold + 1;
	unsigned int nr = f->log + 1, s = 0;

	bits_put(b, f->log - 5, 4);
	while (s < f->nr && left > 1) {
		int most = 2 * threshold - 1 - left;
		int value = f->count[s++] + 1;
		bool zero = value == 1;

		left -= value > 1 ? value - 1 : 1 - value;
		if (value >= threshold)
			value += most;
		bits_put(b, (u64)value, nr - (value < most));
		for (; left < threshold; threshold >>= 1)
			nr--;
		if (zero)
			s = fse_zeros(f, b, s);
	}
	bits_align(b);
}

/* @nr symbols, alike, in 2^@log cells; the last one gets the rest. */
static inline void fse_even(struct fse *f, unsigned int log, unsigned int nr)
{
	unsigned int i;

	f->log = log;
	f->nr = nr;
	for (i = 0; i < nr; i++)
		f->count[i] = (int)((1U << log) / nr);
	f->count[nr - 1] += (int)((1U << log) % nr);
	fse_build(f);
}

#endif /* SELFTEST_WORST_FSE_H */
