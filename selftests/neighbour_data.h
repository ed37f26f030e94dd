/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * neighbour_data.h - bytes that tell whose they are
 *
 * The honest client's bytes are of one range and the attackers' of another, so
 * that one that crossed over is seen wherever it turns up. There are few
 * different ones: codecs that look for matches have the most to do then.
 */
#ifndef SELFTEST_NEIGHBOUR_DATA_H
#define SELFTEST_NEIGHBOUR_DATA_H

#include "data.h"

#define NB_HONEST	0xc0
#define NB_ATTACKER	0x40
#define NB_RANGE	16
/* So many in a row are no chance. */
#define NB_RUN		8

/* @kinds different bytes from @first on, a power of two of them. */
static inline void nb_fill(u8 *p, size_t len, u8 first, unsigned int kinds,
			   u64 seed)
{
	size_t i;

	data_random(p, len, seed);
	for (i = 0; i < len; i++)
		p[i] = (u8)(first + p[i] % kinds);
}

static inline bool nb_honest(u8 byte)
{
	return byte >= NB_HONEST && byte < NB_HONEST + NB_RANGE;
}

/* How many bytes of @p are the honest client's? */
static inline u64 nb_foreign(const u8 *p, size_t len)
{
	size_t from, to, at = NB_RUN - 1;
	u64 n = 0;

	/* One of each run is there to be seen. */
	while (at < len) {
		if (!nb_honest(p[at])) {
			at += NB_RUN;
			continue;
		}
		for (from = at; from && nb_honest(p[from - 1]); from--)
			;
		for (to = at + 1; to < len && nb_honest(p[to]); to++)
			;
		if (to - from >= NB_RUN)
			n += to - from;
		at = to + NB_RUN - 1;
	}
	return n;
}

#endif /* SELFTEST_NEIGHBOUR_DATA_H */
