// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_kick.c - a partition's node, its user's box and the mailbox: each is in
 * the next one once, and with it all that the kick was about
 */
#include "stress.h"
#include "tap.h"

struct kick {
	struct stress_part part;
	struct flip_node node ____cacheline_aligned;
	struct flip_node other ____cacheline_aligned;
	struct flip_box box ____cacheline_aligned;
	struct flip_box foreign ____cacheline_aligned;
	struct llist_head mailbox ____cacheline_aligned;
	bool sleeping ____cacheline_aligned;
	bool added[2] ____cacheline_aligned;
	bool wakes;
	bool polled ____cacheline_aligned;
	bool seen;
	const struct llist_node *after;
	unsigned int boxes, nodes, bad;
};

/* Neither in the box nor in anybody's hands. */
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
	k->added[0] = flip_kick(&k->node, &k->box.nodes);
}

static void kick(void *objects)
{
	struct kick *k = objects;

	k->added[1] = flip_kick(&k->node, &k->box.nodes);
}

/* As a worker's client does it. Return: whether the worker is woken. */
static bool put(struct kick *k, struct flip_node *node)
{
	if (!flip_kick(node, &k->box.nodes))
		return false;
	flip_deliver(&k->box, &k->mailbox);
	return true;
}

static void put_node(void *objects)
{
	struct kick *k = objects;

	k->added[0] = put(k, &k->node);
}

static void put_other(void *objects)
{
	struct kick *k = objects;

	k->added[1] = put(k, &k->other);
}

/* Open a box: with its first node it is the worker's. */
static void open_box(struct kick *k)
{
	const struct llist_node *link = flip_take(&k->box);

	if (!link)
		k->bad++;
	for (; link; link = READ_ONCE(link->next))
		k->nodes++;
}

/* Empty the mailbox, once: each box's link before its nodes are taken. */
static void look_once(struct kick *k)
{
	struct llist_node *link = llist_del_all(&k->mailbox);

	if (!link)
		return;
	k->boxes++;
	if (link != &k->box.link || READ_ONCE(link->next))
		k->bad++;
	open_box(k);
}

static bool both_came(struct kick *k)
{
	look_once(k);
	return k->nodes >= 2;
}

static void take_both(void *objects)
{
	(void)STRESS_UNTIL(both_came(objects));
}

/* The box with a node of its own was popped, beside somebody else's. */
static void prepare_boxed(void *objects)
{
	struct kick *k = objects;

	prepare_idle(k);
	k->other.queued = 1;
	k->box.nodes.first = &k->other.link;
	k->mailbox.first = &k->foreign.link;
}

static void open_it(void *objects)
{
	struct kick *k = objects;

	k->after = READ_ONCE(k->box.link.next);
	open_box(k);
}

/* What the worker popped it reads as it was, and what comes goes on. */
static bool good_open(const void *objects)
{
	const struct kick *k = objects;
	bool late = k->mailbox.first == &k->box.link;

	return !k->bad && !k->after && k->added[0] == late &&
	       k->nodes == (late ? 1 : 2) &&
	       k->box.nodes.first == (late ? &k->node.link : NULL) &&
	       k->box.link.next == (late ? &k->foreign.link : NULL);
}

/* Both are in, and one of them delivers. */
static bool good_puts(const void *objects)
{
	const struct kick *k = objects;
	const struct llist_node *first = k->box.nodes.first;
	bool latest = first == &k->node.link;

	return k->added[0] != k->added[1] && k->added[1] == latest &&
	       (latest || first == &k->other.link) &&
	       first->next == (latest ? &k->other.link : &k->node.link) &&
	       !first->next->next && k->mailbox.first == &k->box.link &&
	       !k->box.link.next;
}

static bool good_both(const void *objects)
{
	const struct kick *k = objects;

	return !k->bad && k->nodes == 2 && !k->mailbox.first &&
	       !k->box.nodes.first &&
	       k->boxes == (k->added[0] ? 1U : 0) + (k->added[1] ? 1U : 0);
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

	put_other(k);
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

/* The box has the node once, or nothing at all. */
static bool sane(const struct kick *k, bool in)
{
	return k->box.nodes.first == (in ? &k->node.link : NULL) &&
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

	return (k->seen || k->wakes) && k->other.queued &&
	       k->mailbox.first == &k->box.link && !k->box.link.next &&
	       k->box.nodes.first == &k->other.link;
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
		{ "two kicks into a box", sizeof(struct kick), prepare_idle,
		  { put_node, put_other }, good_puts },
		{ "two kicks and a worker", sizeof(struct kick), prepare_idle,
		  { put_node, put_other, take_both }, good_both },
		{ "kick and open", sizeof(struct kick), prepare_boxed,
		  { put_node, open_it }, good_open },
	};

	return stress_meets(meets, ARRAY_SIZE(meets));
}
