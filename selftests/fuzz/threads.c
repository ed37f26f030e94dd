// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads.c - scribblers, and callers at random, beside the one who follows the
 * input
 */
#include <sched.h>

#include "fuzz.h"

#define BURST	2000
#define STACK	(64 * 1024)

/* Anything, into any word of what may be written; or where it hurts. */
static void scribble(struct fuzz_actor *a)
{
	const struct fuzz_queue *q = fuzz_pick(a);
	enum fuzz_area area = source_below(&a->in, 2) * AREA_ARENA;
	size_t words = fuzz_area_size(q, area) / 8;
	u64 *map = (u64 *)(void *)READ_ONCE(q->map[area]);
	unsigned int i, mode = source_below(&a->in, 3);
	u32 start = q->setup.desc_offset / 8;

	for (i = 0; map && words && q->known && i < BURST; i++) {
		u64 at = rnd(&a->random) % words;

		if (area == AREA_SUB && mode == 1)
			at = start + at % (8 * q->setup.slots);
		if (area == AREA_SUB && mode == 2)
			at = 8 * (at % 2);
		WRITE_ONCE(map[at], rnd(&a->random) >> (at % 64));
	}
	sched_yield();
}

static void fill_source(struct fuzz_actor *a, u8 *bytes, size_t len)
{
	data_random(bytes, len, rnd(&a->random));
	a->in = (struct source){ .data = bytes, .len = len };
}

static void *scribbler(void *arg)
{
	struct fuzz_actor *a = arg;
	u8 bytes[16];

	while (!READ_ONCE(a->child->stop)) {
		fill_source(a, bytes, sizeof(bytes));
		fuzz_guarded(scribble, a);
	}
	return NULL;
}

static void *caller(void *arg)
{
	struct fuzz_actor *a = arg;
	u8 bytes[96];

	fuzz_tick();
	while (!READ_ONCE(a->child->stop)) {
		fill_source(a, bytes, sizeof(bytes));
		fuzz_act(a, FUZZ_ANYWHERE);
	}
	return NULL;
}

void fuzz_thread(struct fuzz_actor *a)
{
	struct fuzz_child *c = a->child;
	struct fuzz_actor *h = &c->helper[c->nr_threads % FUZZ_THREADS];
	pthread_attr_t attr;
	int error;

	if (c->nr_threads == FUZZ_THREADS)
		return;
	*h = (struct fuzz_actor){
		.child = c,
		.random = source_number(&a->in, 4) + 1,
		.args = fuzz_args_map(1 + c->nr_threads),
	};
	if (!h->args)
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	error = pthread_create(&c->thread[c->nr_threads], &attr,
			       source_one_in(&a->in, 2) ? scribbler : caller,
			       h);
	pthread_attr_destroy(&attr);
	if (!error)
		c->nr_threads++;
	fuzz_note(c->shared, OP_THREAD, error);
}
