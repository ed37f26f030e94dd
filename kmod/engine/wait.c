// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait.c - those who wait for requests, and the servers that wake them
 *
 * A wait has a beginning, which notes what it is for, and an end. In between
 * its thread spins, sleeps, or serves a partition itself (serve.c): what it does
 * meanwhile is for the caller to choose.
 */
#include <linux/hrtimer.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "engine/engine.h"

/* How many of the slots in the waiter's snapshot have finished? */
static unsigned int engine_wait_finished(const struct engine_queue *q)
{
	unsigned int i, n = 0;

	for (i = 0; i < q->nr; i++) {
		const struct engine_partition *part = q->parts[i];

		n += flip_count(READ_ONCE(*part->server.done_word),
				READ_ONCE(part->reap), READ_ONCE(part->flight));
	}
	return n;
}

/**
 * engine_wait_over - have the requests finished that a wait is for?
 * @q: queue, between engine_wait_begin() and engine_wait_end()
 *
 * Return: whether enough requests have finished.
 */
bool engine_wait_over(const struct engine_queue *q)
{
	return engine_wait_finished(q) >= READ_ONCE(q->minimum);
}

/**
 * engine_wake - tell those who wait, after a turn published its requests
 * @q: queue
 *
 * Called by servers. The waiter itself decides whether its wait is over, so a
 * server that is late and means an earlier wait costs one needless wake-up at
 * most.
 */
void engine_wake(struct engine_queue *q)
{
	if (flip_wait_armed(&q->waiting) && engine_wait_over(q))
		wake_up(&q->wait_wq);
	/* (M) was in flip_wait_armed() and serves the pollers, too. */
	if (q->poll_wq && waitqueue_active(q->poll_wq))
		wake_up_poll(q->poll_wq, EPOLLIN | EPOLLRDNORM);
}

/* Note what is in flight, so that no worker reads the user's words for it. */
static unsigned int engine_wait_snapshot(struct engine_queue *q, u64 partitions)
{
	unsigned int i, n = 0;

	for (i = 0; i < q->nr; i++) {
		struct engine_partition *part = q->parts[i];
		u64 reap = READ_ONCE(*part->reap_word);
		u64 flight = 0;

		if (partitions & BIT_ULL(i))
			flight = (READ_ONCE(*part->server.fill_word) ^ reap) &
				 part->server.mask;
		WRITE_ONCE(part->reap, reap);
		WRITE_ONCE(part->flight, flight);
		n += hweight64(flight);
	}
	return n;
}

/**
 * engine_wait_begin - begin to wait
 * @q: queue
 * @partitions: bit set of those whose requests it is for; ones that do not exist
 *	do not count
 * @minimum: how many of the requests that are in flight there now, 0 for half of
 *	them; clamped to what is in flight
 *
 * Return: 0, or -EBUSY if another thread waits: there is nothing to end then.
 */
int engine_wait_begin(struct engine_queue *q, u64 partitions,
		      unsigned int minimum)
{
	unsigned int flight;

	/* (j) pairs with (i): alone before what is the waiter's */
	if (test_and_set_bit_lock(0, &q->wait_busy))
		return -EBUSY;
	flight = engine_wait_snapshot(q, partitions);
	if (!minimum)
		minimum = DIV_ROUND_UP(flight, 2);
	WRITE_ONCE(q->minimum, min(minimum, flight));
	engine_count_add(&q->waits, 1);
	return 0;
}

/**
 * engine_wait_signal - did a signal come that ends a wait?
 * @q: queue, whose @wait_state says which do
 *
 * Return: whether one did.
 */
bool engine_wait_signal(const struct engine_queue *q)
{
	return signal_pending_state(q->wait_state, current);
}

static bool engine_wait_spin(struct engine_queue *q, ktime_t deadline)
{
	ktime_t end = ktime_add_ns(ktime_get(), q->wait_spin_ns);

	if (!q->wait_spin_ns)
		return false;
	if (ktime_before(deadline, end))
		end = deadline;
	do {
		if (engine_wait_over(q))
			return true;
		cond_resched_tasks_rcu_qs();
		cpu_relax();
	} while (!need_resched() && !engine_wait_signal(q) &&
		 ktime_before(ktime_get(), end));
	return false;
}

static int engine_wait_sleep(struct engine_queue *q, ktime_t deadline)
{
	ktime_t *expires = deadline == KTIME_MAX ? NULL : &deadline;
	DEFINE_WAIT(wait);
	bool slept = false;
	int err = 0;

	flip_wait_arm(&q->waiting);
	for (;;) {
		/* A full barrier, before the look at done: (L) once again. */
		prepare_to_wait(&q->wait_wq, &wait, q->wait_state);
		if (engine_wait_over(q))
			break;
		if (engine_wait_signal(q)) {
			err = -EINTR;
			break;
		}
		if (err)
			break;
		slept = true;
		if (!schedule_hrtimeout_range_clock(expires, 0,
						    HRTIMER_MODE_ABS,
						    CLOCK_MONOTONIC))
			err = -ETIME;
	}
	finish_wait(&q->wait_wq, &wait);
	flip_wait_disarm(&q->waiting);
	if (slept)
		engine_count_add(&q->sleeping_waits, 1);
	/* What ended the wait does not matter when there is enough. */
	return engine_wait_over(q) ? 0 : err;
}

/**
 * engine_wait - spin for a while, then sleep, until there is enough
 * @q: queue, between engine_wait_begin() and engine_wait_end()
 * @deadline: on CLOCK_MONOTONIC, KTIME_MAX for none, 0 for not to wait
 *
 * Return: 0, -ETIME, or -EINTR after a signal that @q->wait_state lets through.
 */
int engine_wait(struct engine_queue *q, ktime_t deadline)
{
	if (engine_wait_over(q))
		return 0;
	if (!deadline)
		return -ETIME;
	if (engine_wait_spin(q, deadline))
		return 0;
	return engine_wait_sleep(q, deadline);
}

/**
 * engine_wait_end - the wait is over
 * @q: queue
 *
 * Return: how many of the requests that it was for have finished.
 */
unsigned int engine_wait_end(struct engine_queue *q)
{
	unsigned int ready = engine_wait_finished(q);

	/* (i) pairs with (j): what is the waiter's before the next one */
	clear_bit_unlock(0, &q->wait_busy);
	return ready;
}

/**
 * engine_ready - is there a completion to be collected?
 * @q: queue
 *
 * For a file's poll operation, which has to register at the poll_wq before and
 * execute a full barrier between the two, (n), or no worker wakes it.
 *
 * Return: whether there is.
 */
bool engine_ready(const struct engine_queue *q)
{
	unsigned int i;

	for (i = 0; i < q->nr; i++) {
		const struct engine_partition *part = q->parts[i];

		if (flip_observe_ready(part->reap_word, part->server.done_word,
				       part->server.mask))
			return true;
	}
	return false;
}
