// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_close.c - a partition is closed and freed at any time, beside a
 * submitter that holds a reference and kicks, and a worker that serves
 */
#include <stdlib.h>
#include <string.h>

#include "stress.h"
#include "tap.h"

#define TIMES	4

struct closing {
	struct stress_part part;
	struct flip_node node;		/* first of what is the worker's */
};

struct close {
	struct closing *part;
	struct llist_head mailbox ____cacheline_aligned;
	unsigned int acknowledged ____cacheline_aligned;
	bool closed ____cacheline_aligned;
	bool released;
	unsigned int bad;
};

static void prepare(void *objects)
{
	struct close *c = objects;

	c->part = aligned_alloc(128, sizeof(*c->part));
	if (!c->part)
		abort();
	memset(c->part, 0, sizeof(*c->part));
	stress_part_init(&c->part->part, 1, 0);
	c->part->part.need_wakeup = 1;
}

static void submit(void *objects)
{
	struct close *c = objects;
	struct closing *p = c->part;
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		flip_collect(&p->part.sub, flip_finished(&p->part.sub));
		stress_submit(&p->part, flip_free(&p->part.sub));
		flip_publish_done();
		/* now and then unasked, as a hostile user does */
		if (flip_must_kick(&p->part.sub) || !stress_draw(4))
			flip_kick(&p->node, &c->mailbox);
	}
	/* release: the reference is given back, @p may be gone from here on */
	smp_store_release(&c->released, true);
}

static bool unused(const struct close *c)
{
	/* acquire: what the worker did to the partition, before it is freed */
	if (!smp_load_acquire(&c->acknowledged))
		return false;
	/* acquire: likewise for the submitter */
	return smp_load_acquire(&c->released);
}

static void close_it(void *objects)
{
	struct close *c = objects;

	flip_detach(&c->part->node);
	flip_kick(&c->part->node, &c->mailbox);
	if (STRESS_UNTIL(unused(c)))
		free(c->part);
	WRITE_ONCE(c->closed, true);
}

/* Return: whether the partition is to be polled. */
static bool receive(struct close *c, struct llist_node *link)
{
	struct closing *p = (void *)((char *)link -
				     offsetof(struct closing, node.link));

	if (flip_receive(&p->node, &p->part.server))
		return true;
	if (flip_detach_done(&p->node))
		/* release: the last access is before it */
		smp_store_release(&c->acknowledged, c->acknowledged + 1);
	return false;
}

static void poll(struct closing *p, bool *polled)
{
	u64 pending = flip_pending(&p->part.server);

	if (pending)
		stress_serve(&p->part, pending);
	else if (flip_park(&p->part.server))
		*polled = false;
}

static bool work(struct close *c, bool *polled)
{
	struct llist_node *link = llist_del_all(&c->mailbox);

	/* once acknowledged, nothing may come any more */
	if (link && (c->acknowledged || READ_ONCE(link->next)))
		c->bad++;
	else if (link)
		*polled = receive(c, link);
	if (*polled)
		poll(c->part, polled);
	return READ_ONCE(c->closed);
}

static void serve(void *objects)
{
	struct close *c = objects;
	bool polled = false;

	(void)STRESS_UNTIL(work(c, &polled));
}

static bool good(const void *objects)
{
	const struct close *c = objects;

	return !c->bad && c->acknowledged == 1 && !c->mailbox.first;
}

int main(void)
{
	static const struct stress_meet meet = {
		"submit, serve and close", sizeof(struct close), prepare,
		{ submit, serve, close_it }, good,
	};

	return stress_meets(&meet, 1);
}
