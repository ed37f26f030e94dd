// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_close.c - partitions of one user are closed at any time, beside threads
 * that kick them under a reference, and a worker that serves: whoever lets go
 * of a partition last frees it, and the user's box with the last partition
 */
#include <stdlib.h>
#include <string.h>

#include "stress.h"
#include "tap.h"

#define TIMES	4
#define PARTS	2

struct user {
	struct flip_box box;
	unsigned int partitions;
};

struct closing {
	struct stress_part part;
	struct flip_node node;		/* first of what is the worker's */
	struct closing *gone;
	struct user *user ____cacheline_aligned;
	unsigned int attached;
};

struct close {
	struct closing *part[PARTS];
	unsigned int parts;
	struct llist_head mailbox ____cacheline_aligned;
	unsigned int freed ____cacheline_aligned;
	unsigned int acknowledged ____cacheline_aligned;
	unsigned int bad;
};

static void *allocate(size_t size)
{
	void *memory = aligned_alloc(128, (size + 127) & ~(size_t)127);

	if (!memory)
		abort();
	memset(memory, 0, size);
	return memory;
}

static void prepare_parts(struct close *c, unsigned int parts)
{
	struct user *user = allocate(sizeof(*user));
	unsigned int i;

	c->parts = parts;
	user->partitions = parts;
	for (i = 0; i < parts; i++) {
		struct closing *p = allocate(sizeof(*p));

		stress_part_init(&p->part, 1, 0);
		p->part.need_wakeup = 1;
		p->user = user;
		p->attached = 1;
		c->part[i] = p;
	}
}

static void prepare_two(void *objects)
{
	prepare_parts(objects, 2);
}

/* The one has a second thread that holds a reference. */
static void prepare_one(void *objects)
{
	struct close *c = objects;

	prepare_parts(c, 1);
	c->part[0]->attached++;
}

static bool last(unsigned int *count)
{
	/* what others did is before what the last one does */
	return !__atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL);
}

static void let_go(struct close *c, struct closing *p)
{
	struct user *user = p->user;

	if (!last(&p->attached))
		return;
	free(p);
	if (last(&user->partitions))
		free(user);
	__atomic_add_fetch(&c->freed, 1, __ATOMIC_RELAXED);
}

static void kick(struct close *c, struct closing *p)
{
	if (flip_kick(&p->node, &p->user->box.nodes))
		flip_deliver(&p->user->box, &c->mailbox);
}

static void submit(struct close *c, struct closing *p)
{
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		flip_collect(&p->part.sub, flip_finished(&p->part.sub));
		stress_submit(&p->part, flip_free(&p->part.sub));
		flip_kick_barrier();
		/* now and then unasked, as a hostile user does */
		if (flip_must_kick(&p->part.sub) || !stress_draw(4))
			kick(c, p);
	}
}

static void close_part(struct close *c, struct closing *p)
{
	__atomic_add_fetch(&p->attached, 1, __ATOMIC_RELAXED);
	flip_detach(&p->node);
	kick(c, p);
	let_go(c, p);
}

static void submit_beside(void *objects)
{
	struct close *c = objects;

	submit(c, c->part[0]);
	let_go(c, c->part[0]);
}

static void close_beside(void *objects)
{
	struct close *c = objects;

	close_part(c, c->part[0]);
}

static void own_first(void *objects)
{
	struct close *c = objects;

	submit(c, c->part[0]);
	close_part(c, c->part[0]);
}

static void own_second(void *objects)
{
	struct close *c = objects;

	submit(c, c->part[1]);
	close_part(c, c->part[1]);
}

/* What the worker keeps between two looks */
struct server {
	struct closing *part[PARTS];	/* polled ones */
	struct closing *gone;
};

static void receive(struct close *c, struct server *s, struct llist_node *link)
{
	struct closing *p = (void *)((char *)link -
				     offsetof(struct closing, node.link));
	unsigned int i = p == c->part[0] ? 0 : 1;

	s->part[i] = NULL;
	if (flip_receive(&p->node, &p->part.server)) {
		s->part[i] = p;
	} else if (flip_acknowledge(&p->node)) {
		c->acknowledged++;
		p->gone = s->gone;
		s->gone = p;
	}
}

static void look(struct close *c, struct server *s)
{
	struct llist_node *box = llist_del_all(&c->mailbox), *link;

	if (!box)
		return;
	/* one box, and nothing once all have been acknowledged */
	if (c->acknowledged == c->parts || READ_ONCE(box->next)) {
		c->bad++;
		return;
	}
	link = flip_take((void *)((char *)box -
				  offsetof(struct flip_box, link)));
	if (!link)
		c->bad++;
	while (link) {
		struct llist_node *next = READ_ONCE(link->next);

		receive(c, s, link);
		link = next;
	}
}

static void poll(struct server *s, unsigned int i)
{
	struct closing *p = s->part[i];
	u64 pending = flip_pending(&p->part.server);

	if (pending)
		stress_serve(&p->part, pending);
	else if (flip_park(&p->part.server))
		s->part[i] = NULL;
}

/* Letting go is the last access, after all else of a look. */
static bool work(struct close *c, struct server *s)
{
	unsigned int i;

	look(c, s);
	for (i = 0; i < c->parts; i++)
		if (s->part[i])
			poll(s, i);
	while (s->gone) {
		struct closing *p = s->gone;

		s->gone = p->gone;
		let_go(c, p);
	}
	return READ_ONCE(c->freed) == c->parts;
}

static void serve(void *objects)
{
	struct server s = { .gone = NULL };

	(void)STRESS_UNTIL(work(objects, &s));
}

static bool good(const void *objects)
{
	const struct close *c = objects;

	return !c->bad && c->acknowledged == c->parts &&
	       c->freed == c->parts && !c->mailbox.first;
}

int main(void)
{
	static const struct stress_meet meets[] = {
		{ "submit, serve and close", sizeof(struct close), prepare_one,
		  { submit_beside, serve, close_beside }, good },
		{ "two queues of a user", sizeof(struct close), prepare_two,
		  { own_first, serve, own_second }, good },
	};

	return stress_meets(meets, ARRAY_SIZE(meets));
}
