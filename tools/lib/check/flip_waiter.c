// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_waiter.c - a waiter for a minimum of what two workers have: one of them
 * wakes it, or it does not sleep
 */
#include "stress.h"
#include "tap.h"

#define PARTS	2

struct waiter {
	struct stress_part part[PARTS];
	unsigned int wanted;
	/* plain, as workers read it only behind waiting */
	unsigned int minimum ____cacheline_aligned;
	u64 reap[PARTS];
	u64 flight[PARTS];
	int waiting ____cacheline_aligned;
	bool sleeps ____cacheline_aligned;
	struct {
		bool wakes ____cacheline_aligned;
	} worker[PARTS];
};

static unsigned int finished(const struct waiter *w)
{
	unsigned int n = 0, i;

	for (i = 0; i < PARTS; i++)
		n += flip_count(READ_ONCE(w->part[i].done), w->reap[i],
				w->flight[i]);
	return n;
}

static void prepare(struct waiter *w)
{
	unsigned int i;

	for (i = 0; i < PARTS; i++) {
		stress_part_init(&w->part[i], 1, stress_draw(2));
		stress_submit(&w->part[i], 1);
	}
}

static void prepare_one(void *objects)
{
	struct waiter *w = objects;

	prepare(w);
	w->wanted = 1;
}

static void prepare_two(void *objects)
{
	struct waiter *w = objects;

	prepare(w);
	w->wanted = 1 + stress_draw(2);
}

static void wait_for_minimum(void *objects)
{
	struct waiter *w = objects;
	unsigned int i;

	for (i = 0; i < PARTS; i++) {
		w->reap[i] = w->part[i].sub.reap;
		w->flight[i] = flip_used(&w->part[i].sub);
	}
	w->minimum = w->wanted;
	flip_wait_arm(&w->waiting);
	w->sleeps = finished(w) < w->minimum;
	if (!w->sleeps)
		flip_wait_disarm(&w->waiting);
}

static void serve(struct waiter *w, unsigned int i)
{
	stress_serve(&w->part[i], flip_pending(&w->part[i].server));
	if (flip_wait_armed(&w->waiting))
		w->worker[i].wakes = finished(w) >= w->minimum;
}

static void serve_first(void *objects)
{
	serve(objects, 0);
}

static void serve_second(void *objects)
{
	serve(objects, 1);
}

static bool good(const void *objects)
{
	const struct waiter *w = objects;

	return w->sleeps ? w->worker[0].wakes || w->worker[1].wakes :
			   !w->waiting;
}

int main(void)
{
	static const struct stress_meet meets[] = {
		{ "a waiter and a worker", sizeof(struct waiter), prepare_one,
		  { wait_for_minimum, serve_first }, good },
		{ "a waiter and two workers", sizeof(struct waiter),
		  prepare_two,
		  { wait_for_minimum, serve_first, serve_second }, good },
	};

	return stress_meets(meets, ARRAY_SIZE(meets));
}
