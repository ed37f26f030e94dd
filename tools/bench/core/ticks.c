// SPDX-License-Identifier: GPL-2.0-only
/*
 * ticks.c - how long a tick is
 */
#include "core/clock.h"
#include "core/ticks.h"

#define COUNT_NS	(20 * NS_PER_MS)

double ticks_per_ns(void)
{
	static double rate;
	uint64_t from, began, took;

	if (rate > 0)
		return rate;
	began = now_ns();
	from = ticks();
	do {
		took = now_ns() - began;
	} while (took < COUNT_NS);
	rate = (double)(ticks() - from) / (double)took;
	return rate;
}
