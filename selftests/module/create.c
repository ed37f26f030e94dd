// SPDX-License-Identifier: GPL-2.0-only
/*
 * create.c - workqueues that are made, that are not, and how often ops are
 * called
 */
#include <linux/err.h>
#include <linux/string.h>

#include "test.h"

static bool test_refused(const struct engine_ops *ops, unsigned int partitions,
			 unsigned int slots)
{
	struct engine_workqueue *wq;

	wq = engine_workqueue_create(ops, partitions, slots, NULL);
	if (!IS_ERR(wq))
		engine_workqueue_destroy(wq);
	return PTR_ERR_OR_ZERO(wq) == -EINVAL;
}

static void test_handler(struct engine_partition *part, unsigned int slot,
			 void *request)
{
	++*(u64 *)request;
}

/* All that need not be there is not. */
static void test_handler_only(unsigned int partitions, unsigned int slots)
{
	static const struct engine_ops ops = {
		.request_size = sizeof(u64),
		.request_handler = test_handler,
	};
	struct engine_workqueue *wq;
	unsigned int n, round;
	u64 cancelled, *request;

	wq = engine_workqueue_create(&ops, partitions, slots, NULL);
	if (!expect(!IS_ERR(wq)))
		return;
	for (round = 0; round < 2; round++) {
		for (n = 0; n < partitions * slots; n++) {
			request = engine_workqueue_get_request(wq);
			if (!expect(request))
				break;
			expect(*request == round);
			engine_workqueue_stage(wq, request);
		}
		engine_workqueue_wait(wq);
	}
	expect(engine_workqueue_cancel(wq, &cancelled) == -EOPNOTSUPP);
	expect(cancelled == 0);
	engine_workqueue_destroy(wq);
}

void test_shapes(void)
{
	static const struct engine_ops empty;

	expect(test_refused(&probe_ops, 0, 1));
	expect(test_refused(&probe_ops, 1, 0));
	expect(test_refused(&probe_ops, 1, FLIP_MAX_SLOTS + 1));
	expect(test_refused(&probe_ops, FLIPQ_MAX_PARTITIONS + 1, 1));
	expect(test_refused(&probe_ops, UINT_MAX, UINT_MAX));
	expect(test_refused(&empty, 1, 1));
	test_handler_only(1, 1);
	test_handler_only(1, FLIP_MAX_SLOTS);
	test_handler_only(FLIPQ_MAX_PARTITIONS, 1);
	test_handler_only(FLIPQ_MAX_PARTITIONS, FLIP_MAX_SLOTS);
}

/* One is got and not submitted: it has neither handler nor done. */
static void test_ops_shape(unsigned int partitions, unsigned int slots)
{
	struct probe *p = probe_alloc(partitions, slots);
	struct engine_workqueue *wq;
	unsigned int n, round;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		for (round = 0; round < 3; round++) {
			for (n = 0; n < partitions * slots; n++)
				expect(probe_submit(p, wq));
			engine_workqueue_wait(wq);
		}
		for (n = 1; n < partitions * slots; n++)
			expect(probe_submit(p, wq));
		expect(engine_workqueue_get_request(wq));
		probe_destroy(p, wq);
		expect(p->inits == partitions * slots);
		expect(p->done == 4 * partitions * slots - 1);
	}
	probe_free(p);
}

void test_ops(void)
{
	test_ops_shape(1, 1);
	test_ops_shape(1, FLIP_MAX_SLOTS);
	test_ops_shape(2, 3);
	test_ops_shape(5, 33);
}

/* What was prepared is undone, once, and nothing else. */
static void test_init_fails_at(struct probe *p, unsigned int k)
{
	unsigned int n = p->partitions * p->slots, i, unwound = 0;
	struct engine_workqueue *wq;

	memset(p->counts, 0, n * sizeof(p->counts[0]));
	p->inits = 0;
	p->fail_at = k;
	wq = engine_workqueue_create(&probe_ops, p->partitions, p->slots, p);
	if (!expect(wq == ERR_PTR(PROBE_FAILS))) {
		if (!IS_ERR(wq))
			engine_workqueue_destroy(wq);
		return;
	}
	expect(p->inits == k + 1);
	for (i = 0; i < n; i++) {
		const struct probe_count *c = &p->counts[i];

		expect(c->uninit == c->init);
		expect(c->init <= 1);
		expect(c->handler == 0 && c->done == 0);
		unwound += c->uninit;
	}
	expect(unwound == k);
}

void test_init_fails(void)
{
	struct probe *p = probe_alloc(3, 7);
	unsigned int k;

	if (!p)
		return;
	for (k = 0; k < p->partitions * p->slots; k++)
		test_init_fails_at(p, k);
	probe_free(p);
}
