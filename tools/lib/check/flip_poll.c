// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_poll.c - somebody else looks at the words: what it sees is neither older
 * than what it knows, nor nothing where there always is something
 */
#include "stress.h"
#include "tap.h"

#define LOOKS	16

struct poll {
	struct stress_part part;
	/* written before the flip that the observer sees */
	int before ____cacheline_aligned;
	bool known ____cacheline_aligned;
	bool shown;
	int got;
};

static void prepare_finished(void *objects)
{
	struct poll *p = objects;

	stress_part_init(&p->part, 1, stress_draw(2));
	stress_submit(&p->part, 1);
	stress_serve(&p->part, 1);
}

/* The first one's request has finished, the second one's has not. */
static void prepare_two(void *objects)
{
	struct poll *p = objects;

	stress_part_init(&p->part, 2, stress_draw(2));
	stress_submit(&p->part, 3);
	stress_serve(&p->part, 1);
}

static void prepare_idle(void *objects)
{
	struct poll *p = objects;

	stress_part_init(&p->part, 1, stress_draw(2));
}

static void collect(void *objects)
{
	struct poll *p = objects;

	p->before = 1;
	flip_collect(&p->part.sub, flip_finished(&p->part.sub));
}

static void submit(void *objects)
{
	struct poll *p = objects;

	p->before = 1;
	stress_submit(&p->part, 1);
}

static void serve_and_collect(void *objects)
{
	struct poll *p = objects;

	stress_serve(&p->part, 2);
	flip_collect(&p->part.sub, 1);
}

static void look_for_ready(void *objects)
{
	struct poll *p = objects;

	p->known = READ_ONCE(p->part.reap) == p->part.server.done;
	p->shown = flip_observe_ready(&p->part.reap, &p->part.done, 1);
	if (p->known)
		p->got = p->before;
}

static void look_for_busy(void *objects)
{
	struct poll *p = objects;

	p->known = READ_ONCE(p->part.fill) != p->part.server.done;
	p->shown = flip_observe_busy(&p->part.fill, &p->part.done, 1);
	if (p->known)
		p->got = p->before;
}

static void look(void *objects)
{
	struct poll *p = objects;
	unsigned int i;

	p->shown = true;
	for (i = 0; i < LOOKS && p->shown; i++)
		p->shown = flip_observe_ready(&p->part.reap, &p->part.done, 3);
}

static bool good_ready(const void *objects)
{
	const struct poll *p = objects;

	return !p->known || (p->got && !p->shown);
}

static bool good_busy(const void *objects)
{
	const struct poll *p = objects;

	return !p->known || (p->got && p->shown);
}

static bool good_look(const void *objects)
{
	const struct poll *p = objects;

	return p->shown;
}

int main(void)
{
	static const struct stress_meet meets[] = {
		{ "something is ready all the time", sizeof(struct poll),
		  prepare_two, { serve_and_collect, look }, good_look },
		{ "collected before the look, and not ready any more",
		  sizeof(struct poll), prepare_finished,
		  { collect, look_for_ready }, good_ready },
		{ "submitted before the look, and busy", sizeof(struct poll),
		  prepare_idle, { submit, look_for_busy }, good_busy },
	};

	return stress_meets(meets, ARRAY_SIZE(meets));
}
