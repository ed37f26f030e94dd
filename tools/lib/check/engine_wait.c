// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_wait.c - kmod/engine/wait.c: how many a wait is for, what ends it, and
 * that it sleeps only as long as it has to
 *
 * The test is the server, in the waiter's own thread or in another.
 */
#include "rig.h"

#define SPIN_NS		10000

static struct rig_queue *rq;

static void start(unsigned int nr, unsigned int slots)
{
	rig_start(0);
	rq = rig_queue("user", nr, slots, false, 0);
}

static void end(const char *name)
{
	rig_queue_end(rq);
	rig_end(name);
}

static void serve(unsigned int i, unsigned int requests)
{
	u64 now = local_clock();

	engine_take_turn(rq->q->parts[i], NULL, requests, 1000000000, &now);
}

/* Begin a wait and end it at once. Return: what it is for. */
static unsigned int minimum_of(u64 partitions, unsigned int minimum)
{
	unsigned int n;

	if (engine_wait_begin(rq->q, partitions, minimum))
		return ~0U;
	n = rq->q->minimum;
	engine_wait_end(rq->q);
	return n;
}

static void minimum(void)
{
	start(3, 8);
	is(minimum_of(~0ULL, 4), 0, "with nothing in flight a wait is for none");
	is(minimum_of(~0ULL, 0), 0, "half of nothing is nothing");
	rig_publish(rq, 0, 0x1f);
	rig_publish(rq, 1, 0x03);
	is(minimum_of(~0ULL, 4), 4, "a wait is for what is asked");
	is(minimum_of(~0ULL, 7), 7, "for all, too");
	is(minimum_of(~0ULL, 8), 7, "but not for more than is in flight");
	is(minimum_of(~0ULL, UINT_MAX), 7, "whatever is asked");
	is(minimum_of(~0ULL, 0), 4, "0 means half, rounded up");
	is(minimum_of(1, UINT_MAX), 5, "only the partitions asked for count");
	is(minimum_of(2, UINT_MAX), 2, "each of them");
	is(minimum_of(~7ULL, UINT_MAX), 0, "those that do not exist do not");
	is(minimum_of(2, 0), 1, "half of an even number is half");
	is(rq->q->waits, 11, "waits are counted");
	rq->part[2].fill = ~0xffULL;
	is(minimum_of(~0ULL, UINT_MAX), 7, "nor do bits above the slots");
	serve(0, 8);
	is(minimum_of(~0ULL, UINT_MAX), 7, "what is not collected is in flight");
	rig_collect(rq, 0);
	is(minimum_of(~0ULL, UINT_MAX), 2, "what is collected is not");
	end("minimums leave nothing");
}

static void busy(void)
{
	start(1, 8);
	is(engine_wait_begin(rq->q, 1, 0), 0, "a wait begins");
	is(engine_wait_begin(rq->q, 1, 0), -EBUSY, "a second one does not");
	is(rq->q->waits, 1, "and is not counted");
	is(engine_wait_end(rq->q), 0, "it ends");
	is(engine_wait_begin(rq->q, 1, 0), 0, "then the next one begins");
	engine_wait_end(rq->q);
	end("a second waiter leaves nothing");
}

static void over(void)
{
	start(2, 8);
	rig_publish(rq, 0, 0x0f);
	rig_publish(rq, 1, 0x0f);
	engine_wait_begin(rq->q, ~0ULL, 3);
	ok(!engine_wait_over(rq->q), "a wait is not over with nothing finished");
	is(engine_wait(rq->q, 0), -ETIME, "without time it is not waited for");
	serve(0, 2);
	ok(!engine_wait_over(rq->q), "nor with less than enough");
	is(engine_wait(rq->q, 0), -ETIME, "which is told likewise");
	serve(1, 1);
	ok(engine_wait_over(rq->q), "it is with enough, of all partitions");
	is(engine_wait(rq->q, 0), 0, "and is then, without time as well");
	is(engine_wait(rq->q, KTIME_MAX), 0, "and with any");
	serve(1, 2);
	is(engine_wait_end(rq->q), 5, "the end tells how many have finished");
	is(rq->q->sleeping_waits, 0, "none of this slept");
	end("waits that are over leave nothing");
}

static void over_elsewhere(void)
{
	start(2, 8);
	rig_publish(rq, 0, 0x03);
	rig_publish(rq, 1, 0x03);
	engine_wait_begin(rq->q, 2, 1);
	serve(0, 2);
	ok(!engine_wait_over(rq->q), "other partitions do not end a wait");
	serve(1, 1);
	ok(engine_wait_over(rq->q), "its own do");
	is(engine_wait_end(rq->q), 1, "and only they are told of");
	end("waits for some partitions leave nothing");
}

/* What the submitter does to its words meanwhile is nothing to the wait. */
static void snapshot(void)
{
	start(1, 8);
	rig_publish(rq, 0, 0x03);
	engine_wait_begin(rq->q, 1, 2);
	serve(0, 1);
	rig_publish(rq, 0, 0xfc);
	rq->part[0].reap ^= 0xf0;
	ok(!engine_wait_over(rq->q), "words that change end no wait");
	serve(0, 8);
	ok(engine_wait_over(rq->q), "requests that were in flight do");
	is(engine_wait_end(rq->q), 2, "others are not counted");
	rq->part[0].reap ^= 0xf0;
	end("words that change leave nothing");
}

static void past(void)
{
	start(1, 8);
	rig_publish(rq, 0, 0x01);
	engine_wait_begin(rq->q, 1, 1);
	is(engine_wait(rq->q, local_clock() - 1), -ETIME,
	   "a deadline that is over ends a wait");
	is(engine_wait(rq->q, local_clock()), -ETIME, "one of now does");
	is(READ_ONCE(rq->q->waiting), 0, "servers are told that nobody waits");
	is(rq->q->wait_wq.nr, 0, "and nobody is in the wait queue");
	engine_wait_end(rq->q);
	end("waits without time leave nothing");
}

static int wait_long(void *arg)
{
	return engine_wait(rq->q, arg ? *(ktime_t *)arg : KTIME_MAX);
}

static void wait_begin(struct rig_thread *t, unsigned int minimum, void *arg)
{
	engine_wait_begin(rq->q, ~0ULL, minimum);
	rig_go(t, wait_long, arg);
	rig_await_sleep(t);
}

static void timeout(void)
{
	struct rig_thread t;
	ktime_t deadline;

	start(1, 8);
	rig_publish(rq, 0, 0x03);
	deadline = local_clock() + 1000000;
	wait_begin(&t, 2, &deadline);
	ok(rig_await_sleep(&t), "a wait sleeps");
	is(READ_ONCE(rq->q->waiting), 1, "servers are told that somebody waits");
	serve(0, 1);
	shim_skip(999999);
	rig_pause();
	ok(rig_await_sleep(&t), "too little does not end it, nor too early");
	shim_skip(1);
	is(rig_join(&t), -ETIME, "its time does");
	is(rq->q->sleeping_waits, 1, "a wait that slept is counted");
	is(READ_ONCE(rq->q->waiting), 0, "nobody waits any more");
	is(engine_wait_end(rq->q), 1, "what has finished is told");
	end("timeouts leave nothing");
}

static void woken(void)
{
	struct rig_thread t;

	start(2, 8);
	rig_publish(rq, 0, 0x03);
	rig_publish(rq, 1, 0x01);
	wait_begin(&t, 3, NULL);
	serve(0, 8);
	ok(shim_sleeps(t.task), "a turn that is not enough wakes nobody");
	is(rq->q->wait_wq.nr, 1, "the waiter is in the wait queue still");
	serve(1, 8);
	is(rig_join(&t), 0, "the one that is enough wakes the waiter");
	is(rq->q->sleeping_waits, 1, "a wait that slept is counted once");
	is(engine_wait_end(rq->q), 3, "all is finished");
	end("wake-ups leave nothing");
}

/* A wake-up for nothing, by who is late: it goes on. */
static void woken_for_nothing(void)
{
	struct rig_thread t;

	start(1, 8);
	rig_publish(rq, 0, 0x03);
	wait_begin(&t, 2, NULL);
	wake_up(&rq->q->wait_wq);
	rig_pause();
	ok(rig_await_sleep(&t), "a wake-up for nothing ends no wait");
	serve(0, 8);
	is(rig_join(&t), 0, "requests do");
	is(rq->q->sleeping_waits, 1, "it is one sleep however often it woke");
	engine_wait_end(rq->q);
	end("wake-ups for nothing leave nothing");
}

/* The test is in the wait queue itself: nobody adds it again. */
static void who_is_woken(void)
{
	DEFINE_WAIT(wait);

	start(1, 8);
	rig_publish(rq, 0, 0x0f);
	engine_wait_begin(rq->q, 1, 2);
	prepare_to_wait(&rq->q->wait_wq, &wait, TASK_INTERRUPTIBLE);
	serve(0, 1);
	is(rq->q->wait_wq.nr, 1, "who is not armed is not woken");
	flip_wait_arm(&rq->q->waiting);
	rq->q->minimum = 3;
	serve(0, 1);
	is(rq->q->wait_wq.nr, 1, "nor who waits for more");
	serve(0, 1);
	is(rq->q->wait_wq.nr, 0, "but who has enough");
	flip_wait_disarm(&rq->q->waiting);
	prepare_to_wait(&rq->q->wait_wq, &wait, TASK_INTERRUPTIBLE);
	serve(0, 1);
	is(rq->q->wait_wq.nr, 1, "and who no longer waits is not either");
	finish_wait(&rq->q->wait_wq, &wait);
	engine_wait_end(rq->q);
	end("who is woken or not leaves nothing");
}

static void signalled(void)
{
	struct rig_thread t;

	start(1, 8);
	rig_publish(rq, 0, 0x03);
	wait_begin(&t, 1, NULL);
	shim_signal(t.task, false);
	is(rig_join(&t), -EINTR, "a signal ends a wait");
	is(engine_wait_end(rq->q), 0, "with nothing finished");

	shim_signal(current, false);
	engine_wait_begin(rq->q, 1, 1);
	ok(engine_wait_signal(rq->q), "a pending one is seen");
	is(engine_wait(rq->q, KTIME_MAX), -EINTR, "and does not let it begin");
	is(rq->q->sleeping_waits, 1, "nor sleep");
	serve(0, 1);
	is(engine_wait(rq->q, KTIME_MAX), 0, "with enough it does not matter");
	engine_wait_end(rq->q);
	shim_no_signal(current);
	ok(!engine_wait_signal(rq->q), "none is pending later");
	end("signals leave nothing");
}

static void killable(void)
{
	struct rig_thread t;

	start(1, 8);
	is(rq->q->wait_state, TASK_INTERRUPTIBLE, "any signal, unless said so");
	rq->q->wait_state = TASK_KILLABLE;
	rig_publish(rq, 0, 0x03);
	wait_begin(&t, 1, NULL);
	shim_signal(t.task, false);
	rig_pause();
	ok(rig_await_sleep(&t), "a signal does not end a killable wait");
	shim_signal(t.task, true);
	is(rig_join(&t), -EINTR, "a fatal one does");
	engine_wait_end(rq->q);

	rq->q->wait_state = TASK_UNINTERRUPTIBLE;
	wait_begin(&t, 1, NULL);
	shim_signal(t.task, true);
	rig_pause();
	ok(rig_await_sleep(&t), "nothing ends an uninterruptible wait");
	serve(0, 1);
	is(rig_join(&t), 0, "but requests");
	engine_wait_end(rq->q);
	end("signals that do not count leave nothing");
}

static void spun_in_vain(void)
{
	u64 before, spent;

	start(1, 8);
	rq->q->wait_spin_ns = SPIN_NS;
	rig_publish(rq, 0, 0x01);
	engine_wait_begin(rq->q, 1, 1);
	before = local_clock();
	is(engine_wait(rq->q, before + SPIN_NS / 2), -ETIME,
	   "a deadline ends the spinning");
	spent = local_clock() - before;
	is(spent, SPIN_NS / 2, "at once");
	shim_signal(current, false);
	before = local_clock();
	is(engine_wait(rq->q, KTIME_MAX), -EINTR, "so does a signal");
	ok(local_clock() - before <= SHIM_RELAX_NS, "at once, too");
	shim_no_signal(current);
	engine_wait_end(rq->q);
	end("spinning in vain leaves nothing");
}

static void spin_then_sleep(void)
{
	struct rig_thread t;
	u64 before;

	start(1, 8);
	rq->q->wait_spin_ns = SPIN_NS;
	rig_publish(rq, 0, 0x01);
	before = local_clock();
	wait_begin(&t, 1, NULL);
	is(local_clock() - before, SPIN_NS, "a wait spins as long as it should");
	serve(0, 1);
	is(rig_join(&t), 0, "and sleeps then");
	is(rq->q->sleeping_waits, 1, "which is counted");
	engine_wait_end(rq->q);
	end("sleep after spinning leaves nothing");
}

static void no_spin(void)
{
	struct rig_thread t;
	u64 before;

	start(1, 8);
	rig_publish(rq, 0, 0x01);
	before = local_clock();
	wait_begin(&t, 1, NULL);
	is(local_clock() - before, 0, "without spinning it sleeps at once");
	serve(0, 1);
	rig_join(&t);
	engine_wait_end(rq->q);
	end("no spinning leaves nothing");
}

static void meet_begin(void)
{
	rig_publish(rq, 0, 0x03);
	engine_wait_begin(rq->q, 1, 2);
}

static int meet_wait(void *arg)
{
	(void)arg;
	return engine_wait(rq->q, KTIME_MAX);
}

static void meet_serve(void *arg)
{
	(void)arg;
	serve(0, 2);
}

static bool meet_end(int ret)
{
	return !ret && engine_wait_end(rq->q) == 2 && rig_collect(rq, 0) == 3 &&
	       !rq->q->waiting && !rq->q->wait_wq.nr;
}

/* The server finishes at each point of the wait: no wake-up is lost. */
static void meetings(void)
{
	const struct rig_meeting m = { meet_begin, meet_wait, meet_serve,
				       meet_end };
	unsigned int points;

	start(1, 8);
	points = rig_meet(&m);
	printf("# %u points\n", points);
	ok(points > 10, "a turn may end at any point of a wait that sleeps");
	rq->q->wait_spin_ns = 3 * SHIM_RELAX_NS;
	points = rig_meet(&m);
	printf("# %u points\n", points);
	ok(points > 20, "and of one that spins first");
	end("meetings of waiter and server leave nothing");
}

static void ready(void)
{
	start(2, 8);
	ok(!engine_ready(rq->q), "nothing is ready at first");
	rig_publish(rq, 1, 0x03);
	ok(!engine_ready(rq->q), "nor what is only submitted");
	serve(1, 1);
	ok(engine_ready(rq->q), "what has finished is");
	rig_collect(rq, 1);
	ok(!engine_ready(rq->q), "until it is collected");
	rq->part[0].reap = 1ULL << 8;
	ok(!engine_ready(rq->q), "bits above the slots are not ready");
	rq->part[0].reap = 0;
	end("readiness leaves nothing");
}

static int poll_here(void *arg)
{
	wait_queue_head_t *wq = arg;

	return wait_event_killable(*wq, engine_ready(rq->q));
}

static void polled(void)
{
	wait_queue_head_t wq;
	struct rig_thread t;

	start(1, 8);
	init_waitqueue_head(&wq);
	rq->q->poll_wq = &wq;
	rig_publish(rq, 0, 0x03);
	serve(0, 1);
	rig_collect(rq, 0);
	rig_go(&t, poll_here, &wq);
	ok(rig_await_sleep(&t), "a poller sleeps");
	serve(0, 1);
	is(rig_join(&t), 0, "each turn wakes it");
	end("pollers leave nothing");
}

int main(void)
{
	minimum();
	busy();
	over();
	over_elsewhere();
	snapshot();
	past();
	timeout();
	woken();
	woken_for_nothing();
	who_is_woken();
	signalled();
	killable();
	spun_in_vain();
	spin_then_sleep();
	no_spin();
	meetings();
	ready();
	polled();
	return tap_end();
}
