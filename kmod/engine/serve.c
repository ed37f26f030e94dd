// SPDX-License-Identifier: GPL-2.0-only
/*
 * serve.c - a thread of the queue's owner as the server of a partition
 *
 * The thread has come here by a system call and does what a worker would, as
 * itself: with its memory, limits, priority and signals. One at a time holds a
 * partition's lease, which guards all that is the server's.
 */
#include <linux/hrtimer.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "compat.h"
#include "engine/engine.h"

/* Become the server of @part. Return: whether there was none. */
bool engine_lease_try(struct engine_partition *part)
{
	/* (h) pairs with (g): the lease before all that it guards */
	return !test_and_set_bit_lock(0, &part->lease);
}

/* No longer be the server of @part. Kicks are asked for from now on. */
void engine_lease_end(struct engine_partition *part)
{
	WRITE_ONCE(*part->server.need_wakeup, FLIP_PARKED);
	/* (g) pairs with (h): all that the lease guards before it is free */
	clear_bit_unlock(0, &part->lease);
	/* (e) pairs with (f): the lease before the look for a canceller */
	smp_mb__after_atomic();
	/* Who waits for the lease registered before (e), or tries after. */
	if (waitqueue_active(&part->queue->cancel_wq))
		wake_up(&part->queue->cancel_wq);
}

static ktime_t engine_serve_deadline(u64 idle_ns)
{
	if (idle_ns > KTIME_MAX)
		return KTIME_MAX;
	return ktime_add_safe(ktime_get(), idle_ns);
}

/* Poll for a while. Return: whether there is something to do. */
static bool engine_serve_spin(struct engine_partition *part, u64 idle_ns)
{
	u64 start = local_clock();
	u64 ns = min(part->spin_ns, idle_ns);

	while (engine_elapsed(start, local_clock()) < ns) {
		if (flip_pending(&part->server))
			return true;
		if (need_resched() || signal_pending(current))
			break;
		cond_resched_tasks_rcu_qs();
		cpu_relax();
	}
	return false;
}

/* Return: 0 with something to do, -ETIME if nothing came, -EINTR. */
static int engine_serve_sleep(struct engine_partition *part, ktime_t deadline)
{
	ktime_t *expires = deadline == KTIME_MAX ? NULL : &deadline;
	DEFINE_WAIT(wait);
	int err = 0;

	for (;;) {
		/* Before (G), so (F) and (P) are before the look for us. */
		prepare_to_wait(&part->serve_wq, &wait, TASK_INTERRUPTIBLE);
		if (!flip_park(&part->server) ||
		    flip_cancel_tagged(&part->cancel)) {
			err = 0;
			break;
		}
		if (err)
			break;
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		engine_count_add(&part->counters.sleeps, 1);
		if (!schedule_hrtimeout_range_clock(expires, 0,
						    HRTIMER_MODE_ABS,
						    CLOCK_MONOTONIC))
			err = -ETIME;
		else
			engine_count_add(&part->counters.wakeups, 1);
	}
	finish_wait(&part->serve_wq, &wait);
	/* On leaving it stays set, or a submission in between is not kicked. */
	if (!err)
		WRITE_ONCE(*part->server.need_wakeup, 0);
	return err;
}

/*
 * Nothing is left to do. One end counts until something is done again.
 * Return: as engine_serve_sleep().
 */
static int engine_serve_idle(struct engine_partition *part, u64 idle_ns,
			     ktime_t *idle_end)
{
	/* A deadline that is over already still looks at fill once more. */
	if (!idle_ns)
		return engine_serve_sleep(part, 0);
	if (!*idle_end)
		*idle_end = engine_serve_deadline(idle_ns);
	if (engine_serve_spin(part, idle_ns))
		return 0;
	return engine_serve_sleep(part, *idle_end);
}

/**
 * engine_serve - serve a partition as one of its owner's threads
 * @part: partition without a worker
 * @limits: of a turn
 * @requests: return after so many, 0 for no limit
 * @idle_ns: return after so long without any; above KTIME_MAX for no limit
 * @idle_end: in: when that is over, if the call goes on from one that was idle,
 *	else 0; out: the same for one that goes on from this
 * @served: in: how many of @requests were done before; out: by now
 *
 * Return: 0, -EBUSY if there is a server, -EINTR.
 */
int engine_serve(struct engine_partition *part,
		 const struct engine_turn_limits *limits, unsigned int requests,
		 u64 idle_ns, ktime_t *idle_end, u64 *served)
{
	u64 now = local_clock();
	int err = 0;

	if (!engine_lease_try(part))
		return -EBUSY;
	engine_count_add(&part->counters.serves, 1);
	WRITE_ONCE(*part->server.need_wakeup, 0);
	while (!requests || *served < requests) {
		unsigned int most = engine_limit_requests(limits);
		unsigned int n;

		if (requests)
			most = min_t(u64, most, requests - *served);
		n = engine_take_turn(part, NULL, most, READ_ONCE(limits->ns),
				     &now);
		*served += n;
		if (n)
			*idle_end = 0;
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		if (n) {
			if (compat_resched())
				now = local_clock();
			continue;
		}
		err = engine_serve_idle(part, idle_ns, idle_end);
		if (err)
			break;
		now = local_clock();
	}
	engine_lease_end(part);
	return err == -ETIME ? 0 : err;
}

/**
 * engine_serve_wait - serve a partition of one's own instead of waiting
 * @q: queue, between engine_wait_begin() and engine_wait_end()
 * @part: partition of it without a worker
 * @limits: of a turn
 * @deadline: on CLOCK_MONOTONIC, KTIME_MAX for none; one turn is done anyway
 *
 * Goes on until there is enough, or nothing left to serve, a signal came or the
 * time is over: then engine_wait() is for the rest.
 *
 * Return: 0, or -EBUSY if there is a server.
 */
int engine_serve_wait(struct engine_queue *q, struct engine_partition *part,
		      const struct engine_turn_limits *limits,
		      ktime_t deadline)
{
	u64 now = local_clock();

	if (!engine_lease_try(part))
		return -EBUSY;
	engine_count_add(&part->counters.serves, 1);
	while (!engine_wait_over(q) &&
	       engine_take_turn(part, NULL, engine_limit_requests(limits),
				READ_ONCE(limits->ns), &now)) {
		if (engine_wait_signal(q) ||
		    !ktime_before(ktime_get(), deadline))
			break;
		if (compat_resched())
			now = local_clock();
	}
	engine_lease_end(part);
	return 0;
}
