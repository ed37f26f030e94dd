// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c - what was done, for those who read it while it goes on
 *
 * A counter has one writer, and anybody reads it without a lock.
 */
#include <linux/build_bug.h>
#include <linux/compiler.h>

#include "engine/engine.h"

static_assert(sizeof(struct flipq_counters) % sizeof(u64) == 0,
	      "counters are read as words");
#define ENGINE_NR_COUNTERS	(sizeof(struct flipq_counters) / sizeof(u64))

/* Copy counters that their owner goes on changing. */
void engine_counters_read(struct flipq_counters *to,
			  const struct flipq_counters *from)
{
	const u64 *src = (const u64 *)from;
	u64 *dst = (u64 *)to;
	size_t i;

	for (i = 0; i < ENGINE_NR_COUNTERS; i++)
		WRITE_ONCE(dst[i], READ_ONCE(src[i]));
}

/* Add counters to counters that others may read meanwhile. */
void engine_counters_sum(struct flipq_counters *to,
			 const struct flipq_counters *from)
{
	const u64 *src = (const u64 *)from;
	u64 *dst = (u64 *)to;
	size_t i;

	for (i = 0; i < ENGINE_NR_COUNTERS; i++)
		WRITE_ONCE(dst[i], dst[i] + READ_ONCE(src[i]));
}
