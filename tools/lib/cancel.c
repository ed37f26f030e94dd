// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cancel.c - take back what was submitted
 */
#include <errno.h>

#include "internal.h"

static int cancel(struct flipq *q, struct flipq_cancel *c)
{
	int ret = q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_CANCEL, c);

	return ret ? ret : (int)c->cancelled;
}

FLIPQ_EXPORT int flipq_cancel(struct flipq *q, int slot)
{
	struct flipq_cancel c = { .size = sizeof(c) };
	const struct flipq_slot *s;

	if (flipq_barred(q))
		return -EIO;
	if (!flipq_valid(q, slot))
		return -EINVAL;
	s = &q->slots[slot];
	c.partition = s->part;
	c.slots = flip_bit(s->index);
	if (!(flipq_flying(&q->parts[s->part]) & c.slots))
		return 0;
	return cancel(q, &c);
}

FLIPQ_EXPORT int flipq_cancel_all(struct flipq *q)
{
	struct flipq_cancel c = {
		.size = sizeof(c),
		.flags = FLIPQ_CANCEL_ALL,
	};

	if (flipq_barred(q))
		return -EIO;
	return q->in_flight ? cancel(q, &c) : 0;
}

/* All slots are free, as after the start. Nothing is with a server. */
static void forget(struct flipq *q)
{
	unsigned int n;

	for (n = 0; n < q->nr_parts; n++) {
		struct flipq_part *p = &q->parts[n];

		p->got = 0;
		p->prepared = 0;
		p->ready = 0;
		p->peeked = 0;
		flip_collect(&p->flip, flip_used(&p->flip));
	}
	q->touched = 0;
	q->in_flight = 0;
	q->unseen = 0;
	q->guard->thread = 0;
	flipq_collected(q);
}

FLIPQ_EXPORT int flipq_abort(struct flipq *q)
{
	int cancelled = flipq_cancel_all(q);
	int ret;

	if (cancelled < 0)
		return cancelled;
	/* a kick that failed was made up for, and nobody is to be woken now */
	q->kick = 0;
	do {
		ret = flipq_wait(q, q->in_flight, FLIPQ_TIMEOUT_NONE);
	} while (ret == -EINTR);
	if (ret < 0)
		return ret;
	forget(q);
	return cancelled;
}
