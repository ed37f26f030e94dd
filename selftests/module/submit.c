// SPDX-License-Identifier: GPL-2.0-only
/*
 * submit.c - requests that are got, submitted and answered
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "test.h"

/* Submit one, waiting for a free slot if need be. */
static bool test_submit_soon(struct probe *p, struct engine_workqueue *wq)
{
	unsigned long end = jiffies + 30 * HZ;

	while (!probe_submit(p, wq)) {
		if (!time_before(jiffies, end))
			return false;
		usleep_range(20, 50);
	}
	return true;
}

static void test_full_shape(unsigned int partitions, unsigned int slots)
{
	struct probe *p = probe_alloc(partitions, slots);
	struct engine_workqueue *wq;
	unsigned int n = 0;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		probe_close(p);
		while (n <= partitions * slots && probe_submit(p, wq))
			n++;
		expect(n == partitions * slots);
		expect(!engine_workqueue_get_request(wq));
		expect(p->done == 0);
		probe_open(p);
		/* It is not full for ever: what finished is reaped. */
		expect(test_submit_soon(p, wq));
		expect(p->done > 0);
		probe_destroy(p, wq);
	}
	probe_free(p);
}

/* Got ones are in use, too, before they are submitted. */
static void test_full_of_got(void)
{
	struct probe *p = probe_alloc(2, 3);
	struct engine_workqueue *wq;
	void *got[6];
	unsigned int i, j;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		for (i = 0; i < ARRAY_SIZE(got); i++) {
			got[i] = engine_workqueue_get_request(wq);
			expect(got[i]);
			for (j = 0; j < i; j++)
				expect(got[i] != got[j]);
		}
		expect(!engine_workqueue_get_request(wq));
		for (i = ARRAY_SIZE(got); i--;) {
			if (!got[i])
				continue;
			probe_fill(p, got[i]);
			engine_workqueue_submit(wq, got[i]);
		}
		probe_destroy(p, wq);
	}
	probe_free(p);
}

void test_full(void)
{
	test_full_shape(1, 1);
	test_full_shape(1, FLIP_MAX_SLOTS);
	test_full_shape(3, 4);
	test_full_of_got();
}

/* Return: whether all that was submitted to @part has finished. */
static bool test_wait_idle(const struct engine_partition *part)
{
	const struct flip_server *v = &part->server;
	unsigned long end = jiffies + 30 * HZ;

	while (READ_ONCE(*v->fill_word) != READ_ONCE(*v->done_word)) {
		if (!time_before(jiffies, end))
			return false;
		usleep_range(10, 20);
	}
	return true;
}

/* One partition is full and stuck; the other has room, and gets all. */
void test_skips_full(void)
{
	struct probe *p;
	struct engine_workqueue *wq;
	unsigned int n;

	if (engine_pool_workers() < 2) {
		test_skip("needs two CPUs");
		return;
	}
	p = probe_alloc(2, 4);
	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		WRITE_ONCE(p->closed, BIT_ULL(1));
		for (n = 0; n < 2 * p->slots; n++)
			expect(test_submit_soon(p, wq));
		for (n = 0; n < 500; n++) {
			expect(test_wait_idle(p->parts[0]));
			/* At once, whosever turn it is. */
			expect(probe_submit(p, wq));
		}
		for (n = 0; n < p->slots; n++)
			expect(p->counts[p->slots + n].submit == 1);
		probe_open(p);
		probe_destroy(p, wq);
	}
	probe_free(p);
}

/* Staged ones are nobody's before the batch is published. */
void test_batch(void)
{
	struct probe *p = probe_alloc(3, 8);
	struct engine_workqueue *wq;
	unsigned int n;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		/* Right after this one workers poll, and would see them. */
		expect(probe_submit(p, wq));
		n = probe_stage(p, wq, 20);
		expect(n == 20);
		expect(probe_wait_started(p, 1));
		msleep(20);
		expect(probe_started(p) == 1);
		engine_workqueue_publish(wq);
		expect(probe_wait_started(p, 21));
		engine_workqueue_wait(wq);
		expect(p->done == 21);

		/* More than there is room for, and none at all. */
		expect(probe_stage(p, wq, 100) == 24);
		engine_workqueue_publish(wq);
		engine_workqueue_publish(wq);
		engine_workqueue_wait(wq);
		expect(p->done == 45);

		/* A submission, a wait and the end take what is staged. */
		expect(probe_stage(p, wq, 3) == 3);
		expect(probe_submit(p, wq));
		expect(probe_wait_started(p, 49));
		expect(probe_stage(p, wq, 5) == 5);
		engine_workqueue_wait(wq);
		expect(p->done == 54);
		expect(probe_stage(p, wq, 7) == 7);
		probe_destroy(p, wq);
		expect(p->done == 61);
	}
	probe_free(p);
}

static u64 test_kick_count(const struct probe *p)
{
	return READ_ONCE(p->parts[0]->counters.kicks);
}

/* Return: whether the worker has let it park. */
static bool test_wait_parked(const struct probe *p)
{
	unsigned long end = jiffies + 30 * HZ;

	while (!READ_ONCE(p->parts[0]->counters.sleeps) &&
	       time_before(jiffies, end))
		usleep_range(50, 100);
	return READ_ONCE(p->parts[0]->counters.sleeps);
}

/* A partition that is parked is kicked once a batch, a busy one never. */
void test_kicks(void)
{
	struct probe *p = probe_alloc(1, 16);
	struct engine_workqueue *wq;
	unsigned int n;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		expect(test_kick_count(p) == 0);
		probe_close(p);
		expect(probe_stage(p, wq, 8) == 8);
		engine_workqueue_publish(wq);
		expect(probe_wait_started(p, 1));
		expect(test_kick_count(p) == 1);
		for (n = 0; n < 4; n++)
			expect(probe_submit(p, wq));
		expect(probe_stage(p, wq, 4) == 4);
		engine_workqueue_publish(wq);
		probe_open(p);
		engine_workqueue_wait(wq);
		expect(p->done == 16);
		expect(test_kick_count(p) == 1);

		expect(test_wait_parked(p));
		expect(probe_submit(p, wq));
		engine_workqueue_wait(wq);
		expect(test_kick_count(p) == 2);
		probe_destroy(p, wq);
	}
	probe_free(p);
}

/* Submit all, in batches of 1 to 16, and wait in several ways for room. */
static void test_results_run(struct probe *p, struct engine_workqueue *wq)
{
	unsigned int n, batch = 0;

	while (p->submitted < p->serials) {
		batch = batch % 16 + 1;
		n = probe_stage(p, wq, min_t(u64, batch,
					     p->serials - p->submitted));
		engine_workqueue_publish(wq);
		if (n == batch)
			continue;
		if (batch & 1)
			engine_workqueue_wait(wq);
		else
			usleep_range(10, 20);
		cond_resched();
	}
	engine_workqueue_wait(wq);
	expect(bitmap_full(p->seen, p->serials));
}

static void test_results_shape(unsigned int partitions, unsigned int slots)
{
	struct probe *p = probe_alloc(partitions, slots);
	struct engine_workqueue *wq;

	if (!p)
		return;
	p->serials = TEST_DEBUG_KERNEL ? 10000 : 100000;
	p->seen = bitmap_zalloc(p->serials, GFP_KERNEL);
	wq = expect(p->seen) ? probe_create(p) : NULL;
	if (wq) {
		test_results_run(p, wq);
		probe_destroy(p, wq);
	}
	bitmap_free(p->seen);
	probe_free(p);
}

void test_results(void)
{
	test_results_shape(1, 1 + FLIP_MAX_SLOTS / 2);
	test_results_shape(3, 16);
	test_results_shape(2, FLIP_MAX_SLOTS);
}
