// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tags.c - take back requests that have not started
 *
 * They are tagged, and the server decides, as it alone knows what it has
 * started. Who cancels waits for the answer: until the tags are gone, and then
 * until the turn that took them is over.
 */
#include <errno.h>

#include "soft/soft.h"

/* Until the sequence is another one. */
static void wait_change(struct soft_part *p, uint32_t seen)
{
	/* (d) pairs with (c): the sequence before what the server did */
	while (__atomic_load_n(&p->seq, __ATOMIC_ACQUIRE) == seen)
		flipq_soft_sleep(&p->seq, seen, SOFT_NEVER);
}

static void wait_taken(struct soft_part *p)
{
	for (;;) {
		/* (d), too: what changes after this look ends the sleep */
		uint32_t seen = __atomic_load_n(&p->seq, __ATOMIC_ACQUIRE);

		if (!flip_cancel_tagged(&p->cancel))
			return;
		/* without a server, be it for as long as that takes */
		if (flipq_soft_lease(p)) {
			flipq_soft_turn(p, 0);
			flipq_soft_lease_end(p);
			continue;
		}
		wait_change(p, seen);
	}
}

static void wait_answer(struct soft_part *p)
{
	uint32_t seen;

	wait_taken(p);
	/* (b) pairs with (a): the tags before the sequence */
	smp_mb();
	/* (d) once more */
	seen = __atomic_load_n(&p->seq, __ATOMIC_ACQUIRE);
	if (seen & 1)
		wait_change(p, seen);
}

static uint64_t cancelled(const struct soft *s)
{
	uint64_t sum = 0;
	unsigned int n;

	for (n = 0; n < soft_parts(s); n++)
		sum += READ_ONCE(s->parts[n].comp->counters.cancelled);
	return sum;
}

/* As FLIPQ_IOC_CANCEL. */
int flipq_soft_cancel(struct soft *s, struct flipq_cancel *c)
{
	const bool all = c->flags & FLIPQ_CANCEL_ALL;
	const unsigned int first = all ? 0 : c->partition;
	const unsigned int end = all ? soft_parts(s) : first + 1;
	unsigned int n;
	uint64_t before;

	if (end > soft_parts(s))
		return -EINVAL;
	pthread_mutex_lock(&s->cancel_lock);
	before = cancelled(s);
	WRITE_ONCE(s->cancelling, 1);
	/* (f) pairs with (e): said before the look at lease and sequence */
	smp_mb();
	/* in all partitions first: their servers answer side by side */
	for (n = first; n < end; n++) {
		struct soft_part *p = &s->parts[n];

		flip_cancel_tag(&p->cancel, READ_ONCE(p->sub->fill),
				(all ? ~0ULL : c->slots) & p->server.mask);
		flipq_soft_kick(p);
	}
	for (n = first; n < end; n++)
		wait_answer(&s->parts[n]);
	WRITE_ONCE(s->cancelling, 0);
	c->cancelled = (uint32_t)(cancelled(s) - before);
	pthread_mutex_unlock(&s->cancel_lock);
	return 0;
}
