// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_stress.c - workers, submitters, cancellers and closers at the same time,
 * with random delays between what they do
 *
 * Where no lock is. A wake-up that is lost is a hang.
 */
#include <time.h>

#include "rig.h"

#define QUEUES		3
#define SECONDS		0.4

static double clock_now(void)
{
	return (double)local_clock() / 1e9;
}

static void start(void)
{
	rig_start(2);
	shim_run_clock();
	rig_limits.requests = 4;
	rig_limits.ns = 50000;
	rig_random(true);
}

static void end(const char *name)
{
	rig_random(false);
	rig_end(name);
}

/**
 * struct load - a submitter and what it saw
 * @rq: its queue
 * @seconds: how long
 * @submitted: requests
 * @collected: requests
 * @cancels: it has a canceller
 * @over: tells that
 * @bad: what went wrong
 */
struct load {
	struct rig_queue *rq;
	double seconds;
	u64 submitted;
	u64 collected;
	bool cancels;
	bool over;
	unsigned int bad;
};

static void note(struct load *l, bool bad)
{
	if (bad)
		__atomic_fetch_add(&l->bad, 1, __ATOMIC_RELAXED);
}

static void submit_some(struct load *l)
{
	u64 kick = 0;
	unsigned int i;

	for (i = 0; i < l->rq->q->nr; i++) {
		struct flip_submitter *side = &l->rq->part[i].side;
		u64 slots = flip_free(side) &
			    (rig_draw(3) ? 1ULL << rig_draw(8) : 0xffULL);

		if (!slots || !rig_draw(3))
			continue;
		l->submitted += hweight64(slots);
		rig_publish(l->rq, i, slots);
	}
	flip_kick_barrier();
	for (i = 0; i < l->rq->q->nr; i++)
		if (flip_must_kick(&l->rq->part[i].side))
			kick |= BIT_ULL(i);
	engine_queue_kick(l->rq->q, kick);
}

static void collect(struct load *l)
{
	unsigned int i;

	for (i = 0; i < l->rq->q->nr; i++)
		l->collected += hweight64(rig_collect(l->rq, i));
}

static void wait_for(struct load *l, unsigned int minimum)
{
	note(l, engine_wait_begin(l->rq->q, ~0ULL, minimum));
	note(l, engine_wait(l->rq->q, KTIME_MAX));
	engine_wait_end(l->rq->q);
	collect(l);
}

static int submitter(void *arg)
{
	struct load *l = arg;
	double until = clock_now() + l->seconds;

	while (clock_now() < until) {
		submit_some(l);
		wait_for(l, rig_draw(4));
	}
	wait_for(l, UINT_MAX);
	note(l, l->submitted != l->collected);
	__atomic_store_n(&l->over, true, __ATOMIC_RELEASE);
	return 0;
}

static int canceller(void *arg)
{
	struct load *l = arg;
	u64 cancelled;

	while (!__atomic_load_n(&l->over, __ATOMIC_ACQUIRE)) {
		u64 slots[] = { rig_draw(256), rig_draw(256), 0, rig_draw(2) };

		note(l, engine_queue_cancel(l->rq->q, slots, &cancelled));
		rig_pause();
	}
	return 0;
}

static void load(bool cancels, u64 worker_spin, u64 wait_spin,
		 const char *name)
{
	struct rig_thread s[QUEUES], c[QUEUES];
	struct load l[QUEUES] = { 0 };
	static const char users[2];
	unsigned int i, bad = 0;
	u64 done = 0, handled = 0;

	start();
	for (i = 0; i < QUEUES; i++) {
		l[i].rq = rig_queue(&users[i % 2], 4, 8, true, worker_spin);
		l[i].rq->q->wait_spin_ns = wait_spin;
		l[i].seconds = SECONDS;
		rig_go(&s[i], submitter, &l[i]);
		if (cancels)
			rig_go(&c[i], canceller, &l[i]);
	}
	for (i = 0; i < QUEUES; i++) {
		rig_join(&s[i]);
		if (cancels)
			rig_join(&c[i]);
	}
	shim_settle();
	for (i = 0; i < QUEUES; i++) {
		unsigned int p;

		bad += l[i].bad;
		done += l[i].submitted;
		for (p = 0; p < 4; p++)
			handled += l[i].rq->q->parts[p]->counters.requests;
		rig_queue_end(l[i].rq);
	}
	printf("# %llu requests\n", (unsigned long long)done);
	is(bad, 0, name);
	is(handled, done, "each request is served once");
	end("load leaves nothing");
}

/* One request at a time, and each time the worker is about to sleep. */
static void hand_over(void)
{
	double until = clock_now() + SECONDS;
	struct rig_queue *rq;
	unsigned int n = 0, i;

	start();
	rig_random(false);
	rq = rig_queue("user", 1, 8, true, 0);
	while (clock_now() < until) {
		rig_submit(rq, 0, 0x01);
		while (!rig_finished(rq, 0))
			__asm__ volatile("" ::: "memory");
		rig_collect(rq, 0);
		for (i = rig_draw(1024); i; i--)
			__asm__ volatile("" ::: "memory");
		n++;
	}
	printf("# %u times\n", n);
	ok(n > 100, "a worker that goes to sleep is woken");
	rig_queue_end(rq);
	end("hand-overs leave nothing");
}

static unsigned int goes;

static int come_and_go(void *arg)
{
	double until = clock_now() + SECONDS;

	while (clock_now() < until) {
		struct rig_queue *rq = rig_queue(arg, 2, 8, true,
						 rig_draw(2) * 5000);

		rig_submit(rq, 0, 0x03);
		rig_submit(rq, 1, 0x0f);
		engine_queue_kick(rq->q, 0x3);
		if (rig_draw(2)) {
			rig_queue_end(rq);
		} else {
			if (!rig_queue_close(rq))
				RIG_UNTIL(__atomic_load_n(&rq->gone,
							  __ATOMIC_ACQUIRE));
			rig_queue_free(rq);
		}
		__atomic_fetch_add(&goes, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

static void close(void)
{
	static const char users[2];
	struct rig_thread t[2];
	unsigned int i;

	start();
	for (i = 0; i < 2; i++)
		rig_go(&t[i], come_and_go, (void *)&users[i]);
	for (i = 0; i < 2; i++)
		rig_join(&t[i]);
	printf("# %u times\n", goes);
	ok(goes > 10, "queues come and go");
	shim_settle();
	end("queues that come and go leave nothing");
}

static bool stop_serving;

static int server(void *arg)
{
	struct load *l = arg;

	while (!__atomic_load_n(&stop_serving, __ATOMIC_ACQUIRE)) {
		ktime_t idle_end = 0;
		u64 served = 0;
		int err = engine_serve(l->rq->q->parts[0], &rig_limits,
				       rig_draw(20), rig_draw(200000),
				       &idle_end, &served);

		note(l, err && err != -EBUSY);
	}
	return 0;
}

static void owners(void)
{
	struct rig_thread s, c, v[2];
	struct load l = { 0 };
	unsigned int i;

	start();
	__atomic_store_n(&stop_serving, false, __ATOMIC_RELEASE);
	l.rq = rig_queue("user", 1, 8, false, 2000);
	l.seconds = SECONDS;
	for (i = 0; i < 2; i++)
		rig_go(&v[i], server, &l);
	rig_go(&s, submitter, &l);
	rig_go(&c, canceller, &l);
	rig_join(&s);
	rig_join(&c);
	__atomic_store_n(&stop_serving, true, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		rig_join(&v[i]);
	printf("# %llu requests\n", (unsigned long long)l.submitted);
	is(l.bad, 0, "servers that come and go, and cancellers");
	is(l.rq->q->parts[0]->counters.requests, l.submitted,
	   "each request is served once");
	rig_queue_end(l.rq);
	end("servers leave nothing");
}

int main(void)
{
	hand_over();
	load(false, 0, 0, "load: all park and sleep at once");
	load(false, 5000, 3000, "load: all spin first");
	load(true, 2000, 0, "load: with cancellers");
	close();
	owners();
	return tap_end();
}
