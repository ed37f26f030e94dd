// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_detach.c - a close beside everything else: it is seen, and acknowledged
 * only when no kick can touch the box any more
 */
#include "stress.h"
#include "tap.h"

struct detach {
	struct stress_part part;
	struct flip_node node ____cacheline_aligned;
	struct flip_box box ____cacheline_aligned;
	int waiting ____cacheline_aligned;
	bool added ____cacheline_aligned;
	bool wakes;
	bool detached ____cacheline_aligned;
	bool acknowledged;
	bool sleeps;
};

/* The worker has popped the node and looks at it next. */
static void prepare(void *objects)
{
	struct detach *d = objects;

	stress_part_init(&d->part, 1, 0);
	d->node.queued = 1;
}

static void prepare_detached(void *objects)
{
	struct detach *d = objects;

	prepare(d);
	d->node.detach = 1;
}

static void kick(void *objects)
{
	struct detach *d = objects;

	d->added = flip_kick(&d->node, &d->box.nodes);
}

static void close_it(void *objects)
{
	struct detach *d = objects;

	flip_detach(&d->node);
	kick(d);
}

static void receive(void *objects)
{
	struct detach *d = objects;

	d->detached = !flip_receive(&d->node, &d->part.server);
	if (d->detached)
		d->acknowledged = flip_acknowledge(&d->node);
}

static void close_and_wake(void *objects)
{
	struct detach *d = objects;

	flip_detach(&d->node);
	d->wakes = READ_ONCE(d->waiting);
}

static void wait_unless_closed(void *objects)
{
	struct detach *d = objects;

	flip_wait_arm(&d->waiting);
	d->sleeps = !READ_ONCE(d->node.detach);
}

static bool good_close(const void *objects)
{
	const struct detach *d = objects;

	return d->added != d->acknowledged && (d->added || d->detached);
}

static bool good_kick(const void *objects)
{
	const struct detach *d = objects;

	return d->detached && d->added != d->acknowledged &&
	       d->node.queued;
}

static bool good_wait(const void *objects)
{
	const struct detach *d = objects;

	return d->wakes || !d->sleeps;
}

int main(void)
{
	static const struct stress_meet meets[] = {
		{ "close and wait", sizeof(struct detach), prepare,
		  { close_and_wake, wait_unless_closed }, good_wait },
		{ "close and receive", sizeof(struct detach), prepare,
		  { close_it, receive }, good_close },
		{ "kick and acknowledge", sizeof(struct detach),
		  prepare_detached, { kick, receive }, good_kick },
	};

	return stress_meets(meets, ARRAY_SIZE(meets));
}
