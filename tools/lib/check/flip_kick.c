// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_kick.c - a partition's node and the mailbox: in it once, and with it all
 * that the kick was about
 */
#include "stress.h"
#include "tap.h"

struct kick {
	struct stress_part part;
	struct flip_node node ____cacheline_aligned;
	struct llist_head mailbox ____cacheline_aligned;
	bool sleeping ____cacheline_aligned;
	bool added[2] ____cacheline_aligned;
	bool wakes;
	bool polled ____cacheline_aligned;
	bool seen;
};

/* Neither in the mailbox nor in anybody's hands. */
static void prepare_idle(void *objects)
{
	struct kick *k = objects;

	stress_part_init(&k->part, 1, stress_draw(2));
	k->part.need_wakeup = 1;
}

/* The worker has popped the node and looks at it next. */
static void prepare_popped(void *objects)
{
	struct kick *k = objects;

	prepare_idle(k);
	k->node.queued = 1;
}

/* Without the submitter's own barrier: a kick has to do with its own. */
static void submit_and_kick(void *objects)
{
	struct kick *k = objects;

	stress_submit(&k->part, 1);
	k->added[0] = flip_kick(&k->node, &k->mailbox);
}

static void kick(void *objects)
{
	struct kick *k = objects;

	k->added[1] = flip_kick(&k->node, &k->mailbox);
}

static void receive(void *objects)
{
	struct kick *k = objects;

	k->polled = flip_receive(&k->node, &k->part.server);
	k->seen = flip_pending(&k->part.server);
}

/* As wake_up_process() does it, whose barrier is (K). */
static void kick_and_wake(void *objects)
{
	struct kick *k = objects;

	kick(k);
	if (k->added[1]) {
		/* (K) pairs with (J) */
		smp_mb();
		k->wakes = READ_ONCE(k->sleeping);
	}
}

static void sleep_unless_kicked(void *objects)
{
	struct kick *k = objects;

	WRITE_ONCE(k->sleeping, true);
	/* (J) pairs with (K) */
	smp_mb();
	k->seen = READ_ONCE(k->mailbox.first);
}

/* The mailbox has the node once, or nothing at all. */
static bool sane(const struct kick *k, bool in)
{
	return k->mailbox.first == (in ? &k->node.link : NULL) &&
	       !k->node.link.next && k->node.queued == in;
}

static bool good_receive(const void *objects)
{
	const struct kick *k = objects;

	return k->polled && !k->part.need_wakeup &&
	       (k->added[0] || k->seen) && sane(k, k->added[0]);
}

static bool good_kicks(const void *objects)
{
	const struct kick *k = objects;

	return k->added[0] != k->added[1] && sane(k, true);
}

static bool good_sleep(const void *objects)
{
	const struct kick *k = objects;

	return (k->seen || k->wakes) && sane(k, true);
}

int main(void)
{
	static const struct stress_meet meets[] = {
		{ "kick and receive", sizeof(struct kick), prepare_popped,
		  { submit_and_kick, receive }, good_receive },
		{ "kick and kick", sizeof(struct kick), prepare_idle,
		  { submit_and_kick, kick }, good_kicks },
		{ "kick and sleep", sizeof(struct kick), prepare_idle,
		  { kick_and_wake, sleep_unless_kicked }, good_sleep },
	};

	return stress_meets(meets, ARRAY_SIZE(meets));
}
