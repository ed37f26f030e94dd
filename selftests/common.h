/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common.h - what every test has: the harness, a queue, a beginning and an end
 */
#ifndef SELFTEST_COMMON_H
#define SELFTEST_COMMON_H

#include "fixture.h"

/* Tell a thread or process that all written before is there. */
static inline void tell(int *word, int value)
{
	/* Pairs with told(). */
	smp_store_release(word, value);
}

static inline int told(const int *word)
{
	/* Pairs with tell(): what was written before it is seen. */
	return smp_load_acquire(word);
}

/*
 * Seconds for one test. A limit for what hangs, and no measure: a VM on a busy
 * machine is a hundred times slower than the machine.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600

#endif /* SELFTEST_COMMON_H */
