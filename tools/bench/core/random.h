/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * random.h - a small generator of pseudo-random numbers: same seed, same run
 */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>

/* Weyl sequence, then mixed; any seed will do, 0 included. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x;

	*state += 0x9e3779b97f4a7c15ULL;
	x = *state;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
	return x ^ (x >> 32);
}

#endif /* BENCH_RANDOM_H */
