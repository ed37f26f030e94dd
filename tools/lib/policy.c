// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * policy.c - which free slot the next request gets
 */
#include <errno.h>

#include "internal.h"

/* No partition. */
#define NONE	FLIPQ_MAX_PARTITIONS

/* The next one of @set after @part. */
static unsigned int after(u64 set, unsigned int part)
{
	return flip_next(set, (part + 1) % FLIPQ_MAX_PARTITIONS);
}

/* The first partition of @set from @part on that is not full, or NONE. */
static unsigned int not_full(const struct flipq *q, u64 set, unsigned int part)
{
	while (set) {
		unsigned int next = flip_next(set, part);

		if (flipq_free(&q->parts[next]))
			return next;
		set &= ~flip_bit(next);
	}
	return NONE;
}

static unsigned int batch(const struct flipq *q, struct flipq_group *g, u64 set)
{
	unsigned int part = g->part;

	/* most are in the middle of one, and need no search */
	if (!g->left || !(set & flip_bit(part)) ||
	    !flipq_free(&q->parts[part])) {
		part = set ? not_full(q, set, after(set, part)) : NONE;
		if (part == NONE)
			return part;
		g->part = part;
		g->left = FLIPQ_BATCH;
	}
	g->left--;
	return part;
}

/* Of equals the next one in turn, or partition 0 would get all of a trickle. */
static unsigned int least_loaded(const struct flipq *q, struct flipq_group *g)
{
	unsigned int part = g->part, best = NONE, most = 0;
	u64 set;

	for (set = g->set; set; set &= ~flip_bit(part)) {
		unsigned int room;

		part = after(set, part);
		room = hweight64(flipq_free(&q->parts[part]));
		if (room > most) {
			most = room;
			best = part;
		}
	}
	if (best != NONE)
		g->part = best;
	return best;
}

static unsigned int round_robin(const struct flipq *q, struct flipq_group *g)
{
	unsigned int part = not_full(q, g->set, after(g->set, g->part));

	if (part != NONE)
		g->part = part;
	return part;
}

/* Partitions of @g whose memory and worker are near, or may be. */
static u64 near(const struct flipq *q, const struct flipq_group *g)
{
	int here = q->sys->this_node(q->sys);
	u64 set, found = 0;

	for (set = g->set; set; set &= set - 1) {
		unsigned int part = flip_next(set, 0);
		int node = q->parts[part].node;

		if (here < 0 || node < 0 || node == here)
			found |= flip_bit(part);
	}
	return found;
}

static unsigned int local_node(const struct flipq *q, struct flipq_group *g)
{
	unsigned int part;

	/* the caller moves seldom, and finding out takes a while */
	if (!g->left)
		g->local = near(q, g);
	part = batch(q, g, g->local);
	return part != NONE ? part : batch(q, g, g->set & ~g->local);
}

static unsigned int choose(const struct flipq *q, struct flipq_group *g)
{
	switch (q->policy) {
	case FLIPQ_POLICY_LEAST_LOADED:
		return least_loaded(q, g);
	case FLIPQ_POLICY_ROUND_ROBIN:
		return round_robin(q, g);
	case FLIPQ_POLICY_FILL_FIRST:
		return not_full(q, g->set, 0);
	case FLIPQ_POLICY_LOCAL_NODE:
		return local_node(q, g);
	case FLIPQ_POLICY_BATCH:
	default:
		return batch(q, g, g->set);
	}
}

static int take(struct flipq *q, unsigned int part)
{
	struct flipq_part *p = &q->parts[part];
	unsigned int slot = flip_next(flipq_free(p), p->next);

	p->next = (slot + 1) % FLIP_MAX_SLOTS;
	p->got |= flip_bit(slot);
	return (int)(p->base + slot);
}

static int busy(struct flipq *q, u64 set)
{
	q->usage.busy++;
	/* more threads are what may help */
	set &= q->pooled;
	if (set)
		flipq_pools_wanted(q, &set);
	return -EAGAIN;
}

static int get(struct flipq *q, struct flipq_group *g)
{
	unsigned int part;

	if (flipq_inherited(q))
		return -EIO;
	if (!g->set)
		return -EINVAL;
	part = choose(q, g);
	return part == NONE ? busy(q, g->set) : take(q, part);
}

FLIPQ_EXPORT int flipq_get(struct flipq *q)
{
	return get(q, q->shared.set ? &q->shared : &q->owner);
}

FLIPQ_EXPORT int flipq_get_owner(struct flipq *q)
{
	return get(q, &q->owner);
}

FLIPQ_EXPORT int flipq_get_in(struct flipq *q, unsigned int partition)
{
	if (flipq_inherited(q))
		return -EIO;
	if (partition >= q->nr_parts)
		return -EINVAL;
	if (!flipq_free(&q->parts[partition]))
		return busy(q, flip_bit(partition));
	return take(q, partition);
}

FLIPQ_EXPORT void flipq_put(struct flipq *q, int slot)
{
	const struct flipq_slot *s;
	struct flipq_part *p;

	if (!flipq_valid(q, slot))
		return;
	s = &q->slots[slot];
	p = &q->parts[s->part];
	p->got &= ~flip_bit(s->index);
	p->prepared &= ~flip_bit(s->index);
	if (!p->prepared)
		q->touched &= ~flip_bit(s->part);
}
