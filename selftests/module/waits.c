// SPDX-License-Identifier: GPL-2.0-only
/*
 * waits.c - waits that end when all is done and not before, and cancel
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>

#include "test.h"

/**
 * struct test_opener - opens a probe's gate while its submitter waits
 * @thread: that does it
 * @probe: whose
 * @opened: it has
 */
struct test_opener {
	struct test_thread thread;
	struct probe *probe;
	bool opened;
};

/* Long enough for the wait to sleep, and to return too early if it would. */
static void test_open_later(void *arg)
{
	struct test_opener *o = arg;

	msleep(30);
	WRITE_ONCE(o->opened, true);
	probe_open(o->probe);
}

/* Wait for @n requests whose handlers are stuck at first. */
static void test_wait_for(struct probe *p, struct engine_workqueue *wq,
			  unsigned int n)
{
	struct test_opener o = { .probe = p };
	u64 before = p->done;

	probe_close(p);
	expect(probe_stage(p, wq, n) == n);
	engine_workqueue_publish(wq);
	test_thread_start(&o.thread, test_open_later, &o);
	if (!o.thread.started)
		probe_open(p);
	engine_workqueue_wait(wq);
	expect(READ_ONCE(o.opened));
	expect(p->done == before + n);
	test_thread_join(&o.thread);
}

void test_wait(void)
{
	struct probe *p = probe_alloc(3, 4);
	struct engine_workqueue *wq;
	unsigned int n;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		engine_workqueue_wait(wq);
		for (n = 1; n <= 12; n++)
			test_wait_for(p, wq, n);
		/* Short waits, which polling ends. */
		for (n = 0; n < 1000; n++) {
			expect(probe_submit(p, wq));
			engine_workqueue_wait(wq);
			expect(p->done == p->submitted);
		}
		probe_destroy(p, wq);
	}
	probe_free(p);
}

static void test_wait_signalled(void *arg)
{
	struct probe *p = arg;
	struct engine_workqueue *wq;

	p->submitter = current;
	wq = probe_create(p);
	if (!wq)
		return;
	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	expect(signal_pending(current));
	test_wait_for(p, wq, 6);
	expect(signal_pending(current));
	probe_destroy(p, wq);
	flush_signals(current);
}

/* In a thread of its own, as the one that loads the module would die of it. */
void test_wait_signal(void)
{
	struct probe *p = probe_alloc(2, 4);
	struct test_thread t;

	if (!p)
		return;
	test_thread_start(&t, test_wait_signalled, p);
	test_thread_join(&t);
	probe_free(p);
}

/* As soon as the canceller cannot miss the requests any more. */
static void test_open_at_cancel(void *arg)
{
	struct test_opener *o = arg;
	unsigned long end = jiffies + 30 * HZ;

	while (!flip_cancel_tagged(&o->probe->parts[0]->cancel) &&
	       time_before(jiffies, end))
		usleep_range(50, 100);
	WRITE_ONCE(o->opened, true);
	probe_open(o->probe);
}

static void test_cancel_started(struct probe *p, struct engine_workqueue *wq)
{
	struct test_opener o = { .probe = p };
	u64 cancelled = 0;

	/* The worker looks for cancels between turns. */
	test_limits(1);
	probe_close(p);
	expect(probe_stage(p, wq, 8) == 8);
	engine_workqueue_publish(wq);
	expect(probe_wait_started(p, 1));
	test_thread_start(&o.thread, test_open_at_cancel, &o);
	if (!o.thread.started)
		probe_open(p);
	expect(!engine_workqueue_cancel(wq, &cancelled));
	/* The first had started. */
	expect(cancelled == 7);
	test_thread_join(&o.thread);
	engine_workqueue_wait(wq);
	expect(p->done == 8);
	expect(probe_started(p) == 1);
}

void test_cancel(void)
{
	struct probe *p = probe_alloc(1, 8);
	struct engine_workqueue *wq;
	u64 cancelled = 1;
	unsigned int n;

	if (!p)
		return;
	wq = probe_create(p);
	if (wq) {
		expect(!engine_workqueue_cancel(wq, &cancelled));
		expect(cancelled == 0);
		test_cancel_started(p, wq);
		/* A cancel does not reach those that come after it. */
		for (n = 0; n < 100; n++) {
			u64 started = probe_started(p);

			expect(!engine_workqueue_cancel(wq, &cancelled));
			expect(cancelled == 0);
			expect(probe_submit(p, wq));
			engine_workqueue_wait(wq);
			expect(probe_started(p) == started + 1);
		}
		/* Staged ones are not submitted yet. */
		expect(probe_stage(p, wq, 3) == 3);
		expect(!engine_workqueue_cancel(wq, &cancelled));
		expect(cancelled == 0);
		probe_destroy(p, wq);
		expect(p->done == 111);
	}
	probe_free(p);
}
