// SPDX-License-Identifier: GPL-2.0-only
/*
 * destroy.c - workqueues that come and go, with requests in flight
 */
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "test.h"

/* As new. */
static void test_reset(struct probe *p, unsigned int partitions,
		       unsigned int slots)
{
	p->partitions = partitions;
	p->slots = slots;
	p->submitter = current;
	p->inits = 0;
	p->submitted = 0;
	p->done = 0;
	memset(p->counts, 0, partitions * slots * sizeof(p->counts[0]));
}

/* One life. Return: whether there was memory for it. */
static bool test_life(struct probe *p, unsigned int n)
{
	struct engine_workqueue *wq = probe_create(p);

	if (!wq)
		return false;
	while (n--)
		expect(probe_submit(p, wq));
	probe_destroy(p, wq);
	return true;
}

static void test_open_soon(void *arg)
{
	msleep(20);
	probe_open(arg);
}

/* None has started when the end comes, or one has, and the others wait. */
static void test_destroy_stuck(unsigned int partitions, unsigned int slots,
			       unsigned int started)
{
	struct probe *p = probe_alloc(partitions, slots);
	struct engine_workqueue *wq;
	struct test_thread t;
	unsigned int n;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		probe_close(p);
		for (n = 0; n < partitions * slots; n++)
			expect(probe_submit(p, wq));
		expect(probe_wait_started(p, started));
		test_thread_start(&t, test_open_soon, p);
		if (!t.started)
			probe_open(p);
		probe_destroy(p, wq);
		test_thread_join(&t);
		expect(p->done == partitions * slots);
	}
	probe_free(p);
}

void test_in_flight(void)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		test_destroy_stuck(1, 1, i % 2);
		test_destroy_stuck(2, 16, i % 2);
		test_destroy_stuck(1, FLIP_MAX_SLOTS, i % 2);
	}
}

static void test_lives(struct probe *p, unsigned int lives)
{
	unsigned int i;

	for (i = 0; i < lives; i++) {
		unsigned int partitions = 1 + i % 2;
		unsigned int slots = 1 + i / 2 % 4;
		unsigned int n = i / 8 % (partitions * slots + 1);

		test_reset(p, partitions, slots);
		if (!test_life(p, n))
			break;
		cond_resched();
	}
	expect(i == lives);
}

/* Two threads, so that workers serve one while the other comes and goes. */
static void test_submitter(void *arg)
{
	struct probe *p = arg;
	unsigned int i, n;

	for (i = 0; i < 20; i++) {
		struct engine_workqueue *wq;

		test_reset(p, 2, 8);
		wq = probe_create(p);
		if (!wq)
			break;
		for (n = 0; n < 500; n++)
			if (!probe_submit(p, wq))
				engine_workqueue_wait(wq);
		probe_destroy(p, wq);
		test_lives(p, 25);
	}
}

void test_two_submitters(void)
{
	struct test_thread t[2];
	struct probe *p[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		t[i].started = false;
		p[i] = probe_alloc(2, 8);
		if (p[i])
			test_thread_start(&t[i], test_submitter, p[i]);
	}
	for (i = 0; i < 2; i++) {
		test_thread_join(&t[i]);
		probe_free(p[i]);
	}
}

/* The original of this design hung after 1000 to 36000 of these. */
void test_create_destroy(void)
{
	struct probe *p = probe_alloc(2, 4);

	if (!p)
		return;
	test_lives(p, test_cycles());
	probe_free(p);
}
