// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - an event on a futex: set, clear, or clear with a sleeper
 */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/event.h"

enum { EVENT_CLEAR, EVENT_SET, EVENT_SLEEPER };

static void futex(struct event *e, int op, uint32_t value)
{
	syscall(SYS_futex, &e->state, op | FUTEX_PRIVATE_FLAG, value, NULL,
		NULL, 0);
}

/* Sequentially consistent, as is event_set(): one of both sees the other. */
void event_reset(struct event *e)
{
	uint32_t set = EVENT_SET;

	atomic_compare_exchange_strong(&e->state, &set, EVENT_CLEAR);
	atomic_thread_fence(memory_order_seq_cst);
}

unsigned int event_set(struct event *e)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&e->state) == EVENT_SET ||
	    atomic_exchange(&e->state, EVENT_SET) != EVENT_SLEEPER)
		return 0;
	futex(e, FUTEX_WAKE, 1);
	return 1;
}

unsigned int event_wait(struct event *e)
{
	uint32_t clear = EVENT_CLEAR;
	unsigned int calls = 0;

	atomic_compare_exchange_strong(&e->state, &clear, EVENT_SLEEPER);
	for (; atomic_load(&e->state) == EVENT_SLEEPER; calls++)
		futex(e, FUTEX_WAIT, EVENT_SLEEPER);
	return calls;
}
