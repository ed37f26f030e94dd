// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * complete.c - collect what has finished
 */
#include <errno.h>

#include "internal.h"

/*
 * The next partition with something to report, from the cursor on. All
 * completions that one look at its done word showed are reported before the
 * word is looked at again, and that is only after the other partitions had
 * their turn: one load a batch, and nobody starves.
 */
static struct flipq_part *find_ready(struct flipq *q)
{
	unsigned int n;

	for (n = 0; n < q->nr_parts; n++) {
		struct flipq_part *p = &q->parts[q->peek_part];

		if (p->ready)
			return p;
		if (++q->peek_part == q->nr_parts)
			q->peek_part = 0;
		p = &q->parts[q->peek_part];
		/* a partition with nothing in flight is not worth a miss */
		if (!p->ready && flipq_flying(p))
			p->ready = flip_finished(&p->flip) & ~p->peeked;
	}
	return q->parts[q->peek_part].ready ? &q->parts[q->peek_part] : NULL;
}

static void report(const struct flipq *q, const struct flipq_part *p,
		   unsigned int slot, struct flipq_event *event)
{
	const struct flipq_result *r = flipq_result(q, p, slot);

	event->slot = (int)(p->base + slot);
	event->status = r->status;
	event->flags = r->flags;
	event->len = r->len;
	event->csum = r->csum;
	event->value = r->own;
	event->words = 0;
	if (q->slots[event->slot].opcode == FLIPQ_OP_FLUSH) {
		event->value = r->flush.pages;
		event->words = r->flush.words;
	}
	event->user_data = q->slots[event->slot].user_data;
	/* what no kernel should say must not become an overrun of the caller */
	if (event->status > 0 || event->len > q->slots[event->slot].room) {
		event->status = -EIO;
		event->len = 0;
	}
}

/* Once, with all it calls in line: that saves a sixth of what it takes. */
static __attribute__((noinline))
int peek(struct flipq *q, struct flipq_event *event)
{
	struct flipq_part *p;
	unsigned int slot;

	if (!q->in_flight || flipq_inherited(q))
		return 0;
	p = find_ready(q);
	if (!p)
		return 0;
	slot = flip_next(p->ready, p->flip.cursor);
	p->flip.cursor = (slot + 1) % FLIP_MAX_SLOTS;
	p->ready &= ~flip_bit(slot);
	p->peeked |= flip_bit(slot);
	q->in_flight--;
	q->unseen++;
	report(q, p, slot, event);
	return 1;
}

/* As peek(), for a caller whose struct has another size than the library's. */
static __attribute__((noinline))
int peek_sized(struct flipq *q, void *event, size_t size)
{
	struct flipq_event e = { 0 };

	if (!peek(q, &e))
		return 0;
	flipq_copy_out(event, size, &e, sizeof(e));
	return 1;
}

FLIPQ_EXPORT int flipq_peek_sized(struct flipq *q, struct flipq_event *event,
				  size_t size)
{
	if (size != sizeof(*event))
		return peek_sized(q, event, size);
	return peek(q, event);
}

FLIPQ_EXPORT int flipq_reap_sized(struct flipq *q, struct flipq_event *events,
				  unsigned int max, size_t size)
{
	unsigned char *at = (unsigned char *)events;
	unsigned int n = 0;

	if (size == sizeof(*events)) {
		while (n < max && peek(q, &events[n]))
			n++;
	} else {
		while (n < max && peek_sized(q, at + n * size, size))
			n++;
	}
	return (int)n;
}

FLIPQ_EXPORT void flipq_seen(struct flipq *q, int slot)
{
	const struct flipq_slot *s;
	struct flipq_part *p;

	if (flipq_inherited(q) || !flipq_valid(q, slot))
		return;
	s = &q->slots[slot];
	p = &q->parts[s->part];
	if (!(p->peeked & flip_bit(s->index)))
		return;
	p->peeked &= ~flip_bit(s->index);
	q->unseen--;
	flip_collect(&p->flip, flip_bit(s->index));
	flipq_collected(q);
}
