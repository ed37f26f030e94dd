/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ticks.h - the time stamp counter
 *
 * In a VM of tools/vm/run -i it counts the instructions that were executed, the
 * kernel's included, and nothing else moves it.
 */
#ifndef BENCH_TICKS_H
#define BENCH_TICKS_H

#include <stdint.h>

#ifdef __x86_64__
static inline uint64_t ticks(void)
{
	uint64_t now = __builtin_ia32_rdtsc();

	/* what is measured must not be compiled to the other side of it */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return now;
}
#else
#include "core/clock.h"

static inline uint64_t ticks(void)
{
	return now_ns();
}
#endif

/*
 * How many a nanosecond has. Threads that measure are not to ask for it: the first
 * call takes some time, in which it counts them.
 */
double ticks_per_ns(void);

#endif /* BENCH_TICKS_H */
