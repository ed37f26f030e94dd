/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutation.h - sound streams become unsound ones
 */
#ifndef SELFTEST_MUTATION_H
#define SELFTEST_MUTATION_H

#include "data.h"

/* Lengths and offsets at which something changes, in a buffer of @size. */
static inline u32 mutation_edge(u64 *random, u32 size)
{
	const u32 edges[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
		size - 1, size, size + 1, 0x7fffffff, 0x80000000, 0xffffffff,
	};

	return edges[rnd_below(random, sizeof(edges) / sizeof(*edges))];
}

/* Move what starts at a random place to another: bytes come twice or go. */
static inline u32 mutation_shift(u64 *random, u8 *to, u32 len, u32 size)
{
	u32 from = rnd_below(random, len + 1), at = rnd_below(random, len + 1);
	u32 n = len - from < size - at ? len - from : size - at;

	memmove(to + at, to + from, n);
	return at + n;
}

/* One thing goes wrong in @len bytes, not 0, of @size. Returns their number. */
static inline u32 mutation(u64 *random, u8 *to, u32 len, u32 size)
{
	u32 at = rnd_below(random, len), n, value;

	switch (rnd_below(random, 5)) {
	case 0:
		to[at] ^= (u8)(1U << rnd_below(random, 8));
		return len;
	case 1:
		return at;
	case 2:
		return mutation_shift(random, to, len, size);
	case 3:
		n = 1 + rnd_below(random, 64);
		memset(to + at, (int)mutation_edge(random, size),
		       n < len - at ? n : len - at);
		return len;
	default:
		/* Headers are where lengths are. */
		if (rnd_below(random, 2))
			at %= 16;
		value = mutation_edge(random, size);
		n = 1U << rnd_below(random, 3);
		memcpy(to + at, &value, n < len - at ? n : len - at);
		return len;
	}
}

#endif /* SELFTEST_MUTATION_H */
