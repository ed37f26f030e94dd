// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_cancel.c - kmod/engine/cancel.c: what is taken back, what is too late,
 * and that nobody but the killed leaves before the answer
 */
#include "rig.h"

static struct rig_queue *rq;
static u64 cancelled;

static void start(unsigned int cpus, unsigned int nr)
{
	rig_start(cpus);
	rq = rig_queue("user", nr, 8, cpus, 0);
}

static void end(const char *name)
{
	rig_queue_end(rq);
	rig_end(name);
}

static int cancel_into(void *arg)
{
	const u64 slots[] = { 0x08 };

	return engine_queue_cancel(rq->q, slots, arg);
}

static u64 wanted[FLIPQ_MAX_PARTITIONS];

static int cancel_here(void *arg)
{
	(void)arg;
	return engine_queue_cancel(rq->q, wanted, &cancelled);
}

static int cancel(u64 first, u64 second)
{
	wanted[0] = first;
	wanted[1] = second;
	cancelled = 77;
	return cancel_here(NULL);
}

static void at_a_worker(void)
{
	struct rig_thread t;

	start(1, 2);
	shim_hold();
	rig_submit(rq, 0, 0x0f);
	rig_submit(rq, 1, 0x0f);
	wanted[0] = 0x05;
	wanted[1] = 0;
	cancelled = 77;
	rig_go(&t, cancel_here, NULL);
	ok(rig_await_sleep(&t), "a canceller waits for the worker");
	is(rq->q->parts[1]->cancel.tag[0].counter |
	   rq->q->parts[1]->cancel.tag[1].counter, 0,
	   "who wants nothing of a partition tags nothing there");
	shim_release();
	is(rig_join(&t), 0, "the worker answers");
	is(cancelled, 2, "two are cancelled");
	is(rig_cancelled(rq, 0, 0) + rig_cancelled(rq, 0, 2), 2,
	   "those that were tagged");
	is(rig_finished(rq, 0) & 0x05, 0x05, "they are complete");
	shim_settle();
	is(rig_count(RIG_HANDLED, NULL), 6, "all others are handled");
	is(rig_count(RIG_CANCELLED, NULL), 2, "each is either");
	is(rq->q->cancel_wq.nr, 0, "nobody is in the wait queue");
	end("a cancel at a worker leaves nothing");
}

static void of_nothing(void)
{
	start(1, 2);
	rig_submit(rq, 0, 0x0f);
	shim_settle();
	is(cancel(0xff, 0xff), 0, "cancel what is finished, and what never was");
	is(cancelled, 0, "nothing is cancelled");
	shim_settle();
	is(rq->q->parts[0]->counters.kicks, 2, "the worker was kicked for it");
	is(cancel(0, 0), 0, "cancel nothing at all");
	is(cancelled, 0, "which is done");
	shim_settle();
	is(rq->q->parts[0]->counters.kicks, 2, "without any kick");
	rig_collect(rq, 0);
	rig_submit(rq, 0, 0x0f);
	shim_settle();
	is(rig_handled(rq, 0, 0), 2, "no tag hits a later request");
	is(rq->q->parts[0]->counters.cancelled, 0, "none is cancelled");
	end("a cancel of nothing leaves nothing");
}

static void above_the_slots(void)
{
	start(1, 1);
	WRITE_ONCE(rq->part[0].fill, ~0xffULL);
	is(cancel(~0ULL, 0), 0, "bits above the slots are cancelled by nobody");
	is(cancelled, 0, "and not counted");
	ok(!flip_cancel_tagged(&rq->q->parts[0]->cancel), "nor tagged");
	WRITE_ONCE(rq->part[0].fill, 0);
	end("bits above the slots leave nothing");
}

static void twice(void)
{
	unsigned int round, wrong = 0;

	start(1, 1);
	for (round = 0; round < 4; round++) {
		struct rig_thread t;

		shim_hold();
		rig_submit(rq, 0, 0x03);
		wanted[0] = 0x01;
		rig_go(&t, cancel_here, NULL);
		rig_await_sleep(&t);
		shim_release();
		wrong += rig_join(&t) || cancelled != 1;
		shim_settle();
		wrong += rig_collect(rq, 0) != 3;
	}
	is(wrong, 0, "requests of either generation are cancelled");
	is(rig_cancelled(rq, 0, 0), 4, "each time the same slot");
	is(rig_handled(rq, 0, 1), 4, "each time but one");
	end("generations leave nothing");
}

static void under_way(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_thread t;

	start(1, 1);
	rq->gate = &gate;
	rig_submit(rq, 0, 0x03);
	rig_gate_await(&gate);
	wanted[0] = 0x03;
	rig_go(&t, cancel_here, NULL);
	ok(rig_await_sleep(&t), "a canceller waits for the request under way");
	rig_gate_open(&gate);
	is(rig_join(&t), 0, "until it is done");
	is(rig_handled(rq, 0, 0), 1, "what has started is not cancelled");
	is(cancelled, 0, "nor counted");
	is(rig_finished(rq, 0) & 1, 1, "it is complete");
	rq->gate = NULL;
	shim_settle();
	end("requests under way leave nothing");
}

static void killed(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_thread t, second;

	start(1, 1);
	rq->gate = &gate;
	rig_submit(rq, 0, 0x03);
	rig_gate_await(&gate);
	wanted[0] = 0x03;
	rig_go(&t, cancel_here, NULL);
	rig_await_sleep(&t);
	shim_signal(t.task, false);
	rig_pause();
	ok(rig_await_sleep(&t), "a signal ends no cancel");
	shim_signal(t.task, true);
	is(rig_join(&t), -EINTR, "a fatal one does");
	is(cancelled, 0, "with what was cancelled by then");
	is(rq->q->cancel_wq.nr, 0, "nobody is in the wait queue");
	rig_go(&second, cancel_here, NULL);
	ok(rig_await_sleep(&second), "the next one may try");
	rig_gate_open(&gate);
	is(rig_join(&second), 0, "and gets its answer");
	rq->gate = NULL;
	shim_settle();

	shim_signal(current, true);
	is(cancel(1, 0), -EINTR, "the killed do not even begin");
	is(cancelled, 0, "and cancel nothing");
	shim_no_signal(current);
	end("killed cancellers leave nothing");
}

static void killed_in_the_first(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_thread t;

	start(1, 2);
	rq->gate = &gate;
	rig_submit(rq, 0, 0x01);
	rig_gate_await(&gate);
	rig_publish(rq, 1, 0x01);
	wanted[0] = 0x01;
	wanted[1] = 0x01;
	rig_go(&t, cancel_here, NULL);
	rig_await_sleep(&t);
	ok(flip_cancel_tagged(&rq->q->parts[1]->cancel),
	   "all partitions are tagged before the first is waited for");
	shim_signal(t.task, true);
	is(rig_join(&t), -EINTR, "none is waited for after a fatal signal");
	rig_gate_open(&gate);
	wanted[0] = 0;
	wanted[1] = 0;
	shim_settle();
	is(rig_cancelled(rq, 1, 0), 1, "the other worker answers anyway");
	rq->gate = NULL;
	end("a canceller killed between two partitions leaves nothing");
}

static void at_the_owners(void)
{
	start(0, 2);
	rig_publish(rq, 0, 0x0f);
	rig_publish(rq, 1, 0x0f);
	is(cancel(0x06, 0x08), 0, "without server the canceller is the server");
	is(cancelled, 3, "and cancels");
	is(rig_count(RIG_HANDLED, NULL), 0, "but handles nothing");
	is(rig_finished(rq, 0), 0x06, "what it cancelled is complete");
	is(rig_finished(rq, 1), 0x08, "in each partition");
	is(rq->q->parts[0]->lease, 0, "it does not remain the server");
	is(rq->part[0].need_wakeup, 1, "kicks are asked for");
	is(cancel(0x06, 0x08), 0, "cancel them again");
	is(cancelled, 0, "then there is nothing to cancel");
	end("a cancel at the owner's leaves nothing");
}

static int serve_here(void *arg)
{
	ktime_t idle_end = 0;
	u64 served = 0;

	(void)arg;
	return engine_serve(rq->q->parts[0], &rig_limits, 0, 0, &idle_end,
			    &served);
}

static void while_served(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_thread server, t;

	start(0, 1);
	rig_limits.requests = 1;
	rq->gate = &gate;
	rig_publish(rq, 0, 0x07);
	rig_go(&server, serve_here, NULL);
	rig_gate_await(&gate);
	wanted[0] = 0x05;
	rig_go(&t, cancel_here, NULL);
	ok(rig_await_sleep(&t), "a canceller waits for who serves");
	rig_gate_open(&gate);
	is(rig_join(&t), 0, "until it answers");
	is(cancelled, 1, "what had not started is cancelled");
	is(rig_join(&server), 0, "the server goes on");
	is(rig_handled(rq, 0, 0) + rig_handled(rq, 0, 1), 2, "with the rest");
	rq->gate = NULL;
	end("a cancel while served leaves nothing");
}

/* It gets the lease in the middle of the canceller's wait. */
static void lease_ends(void)
{
	struct rig_thread t;

	start(0, 1);
	engine_lease_try(rq->q->parts[0]);
	rig_publish(rq, 0, 0x03);
	wanted[0] = 0x02;
	rig_go(&t, cancel_here, NULL);
	ok(rig_await_sleep(&t), "a canceller waits for who holds the lease");
	engine_lease_end(rq->q->parts[0]);
	is(rig_join(&t), 0, "and is the server when that has gone");
	is(cancelled, 1, "it cancels");
	is(rig_count(RIG_HANDLED, NULL), 0, "and handles nothing");
	end("leases that end leave nothing");
}

static void one_at_a_time(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_thread t, second;
	u64 first_got, second_got;

	start(1, 1);
	rig_limits.requests = 1;
	rq->gate = &gate;
	rig_submit(rq, 0, 0x0f);
	rig_gate_await(&gate);
	rig_go(&t, cancel_into, &first_got);
	rig_await_sleep(&t);
	rig_go(&second, cancel_into, &second_got);
	is(rq->q->cancel_wq.nr, 1, "one cancel at a time");
	rig_gate_open(&gate);
	is(rig_join(&t) + rig_join(&second), 0, "each has its turn");
	is(first_got + second_got, 1, "one of them has cancelled it");
	shim_settle();
	is(rig_cancelled(rq, 0, 3) + rig_handled(rq, 0, 3), 1,
	   "a request is cancelled or handled once");
	rq->gate = NULL;
	end("two cancellers leave nothing");
}

static void begin_meet(void)
{
	rig_publish(rq, 0, 0x03);
	wanted[0] = 0x01;
}

static void meet_serve(void *arg)
{
	serve_here(arg);
}

static bool end_meet(int ret)
{
	u64 done;
	bool fine;

	serve_here(NULL);
	done = rig_collect(rq, 0);
	fine = !ret && cancelled <= 1 && done == 3 &&
	       !flip_cancel_tagged(&rq->q->parts[0]->cancel) &&
	       !rq->q->parts[0]->lease && !rq->q->cancel_wq.nr &&
	       rig_cancelled(rq, 0, 1) == 0;
	return fine;
}

static void meetings(void)
{
	const struct rig_meeting m = { begin_meet, cancel_here, meet_serve,
				       end_meet };
	unsigned int points;

	start(0, 1);
	points = rig_meet(&m);
	printf("# %u points\n", points);
	ok(points > 10, "a server may come at each point of a cancel");
	end("meetings of canceller and server leave nothing");
}

static int serve_walk(void *arg)
{
	return serve_here(arg);
}

static void meet_cancel(void *arg)
{
	(void)arg;
	/* Who serves cannot answer while this is its own thread. */
	flip_cancel_tag(&rq->q->parts[0]->cancel, rq->part[0].fill, 0x01);
	engine_kick(rq->q->parts[0]);
}

/* No tag of an earlier request is left that hits a later one. */
static bool end_tagged(int ret)
{
	unsigned int before = rig_cancelled(rq, 0, 0);
	bool fine = !ret && rig_collect(rq, 0) == 3;

	serve_here(NULL);
	rig_publish(rq, 0, 0x03);
	serve_here(NULL);
	fine &= rig_collect(rq, 0) == 3 && rig_cancelled(rq, 0, 0) == before;
	return fine && !(rq->q->parts[0]->cancel_seq & 1);
}

static void tags(void)
{
	const struct rig_meeting m = { begin_meet, serve_walk, meet_cancel,
				       end_tagged };
	unsigned int points;

	start(0, 1);
	points = rig_meet(&m);
	printf("# %u points\n", points);
	ok(points > 10, "tags may come at each point of serving");
	end("meetings of server and tags leave nothing");
}

int main(void)
{
	at_a_worker();
	of_nothing();
	above_the_slots();
	twice();
	under_way();
	killed();
	killed_in_the_first();
	at_the_owners();
	while_served();
	lease_ends();
	one_at_a_time();
	meetings();
	tags();
	return tap_end();
}
