/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - an input of the fuzzer: bytes that decide what is done
 *
 * Whatever the bytes are, they are a sequence of actions, so any of them can be
 * changed, cut or joined. Past the end they are 0, which is the calm choice.
 */
#ifndef FUZZ_SOURCE_H
#define FUZZ_SOURCE_H

#include <stdbool.h>

#include "../data.h"

#define SOURCE_ROOM 512

/**
 * struct source - bytes, and how far they were used
 * @data: bytes
 * @len: how many
 * @at: used so far
 */
struct source {
	const u8 *data;
	size_t len;
	size_t at;
};

static inline bool source_ended(const struct source *s)
{
	return s->at >= s->len;
}

static inline u8 source_byte(struct source *s)
{
	return source_ended(s) ? 0 : s->data[s->at++];
}

/* A little-endian number of @bytes bytes. */
static inline u64 source_number(struct source *s, unsigned int bytes)
{
	u64 n = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		n |= (u64)source_byte(s) << (8 * i);
	return n;
}

/* A number from 0 to @n - 1. */
static inline u32 source_below(struct source *s, u32 n)
{
	return (u32)(source_number(s, n <= 256 ? 1 : 4) % n);
}

/* True one time in @n. */
static inline bool source_one_in(struct source *s, u32 n)
{
	return source_below(s, n) == n - 1;
}

/* Where things change: limits, signs, pages, words; or anything. */
static inline u64 source_edge(struct source *s)
{
	static const u64 edges[] = {
		0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 4095,
		4096, 4097, 65535, 65536, (4 << 20) - 1, 4 << 20, (4 << 20) + 1,
		0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff, 1ULL << 32,
		1ULL << 40, 1ULL << 41, (1ULL << 47) - 4096, 1ULL << 47,
		0x7fffffffffffffff, 1ULL << 63, 0xffff888000000000, ~4095ULL,
		~0ULL - 1, ~0ULL,
	};
	const u32 nr = sizeof(edges) / sizeof(edges[0]);
	u32 n = source_below(s, nr + 8);

	if (n < nr)
		return edges[n];
	return source_number(s, n % 2 ? 2 : 8);
}

#endif /* FUZZ_SOURCE_H */
