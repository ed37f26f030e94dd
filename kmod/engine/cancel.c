// SPDX-License-Identifier: GPL-2.0-only
/*
 * cancel.c - take back requests that have not started
 *
 * The canceller tags them and the server decides, as it alone knows what it has
 * started. The canceller waits for the answer, so that no tag of its own is
 * left when it submits again.
 */
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "engine/engine.h"

/* The server took all tags, and has published what it did about them. */
static bool engine_cancel_answered(const struct engine_partition *part)
{
	if (flip_cancel_tagged(&part->cancel))
		return false;
	/* (b) pairs with (a): the tags before the sequence */
	smp_rmb();
	/* (d) pairs with (c): the sequence before what the server did */
	return !(smp_load_acquire(&part->cancel_seq) & 1);
}

/*
 * Wait for the server's answer to the tags, or, where the owner's threads serve
 * and none does at the moment, be the server for as long as it takes.
 */
static int engine_cancel_wait(struct engine_partition *part)
{
	bool leased = false;
	u64 now = 0;
	int err;

	/* (f) in here pairs with (e): seen asleep before the look at the lease */
	err = wait_event_killable(part->queue->cancel_wq,
				  engine_cancel_answered(part) ||
				  (!part->worker &&
				   (leased = engine_lease_try(part))));
	if (leased) {
		while (!engine_cancel_answered(part))
			engine_take_turn(part, NULL, 0, 0, &now);
		engine_lease_end(part);
	}
	return err ? -EINTR : 0;
}

static u64 engine_queue_cancelled(const struct engine_queue *q)
{
	unsigned int i;
	u64 n = 0;

	for (i = 0; i < q->nr; i++)
		n += READ_ONCE(q->parts[i]->counters.cancelled);
	return n;
}

/* Tag in all partitions first: their servers answer side by side. */
static int engine_queue_cancel_locked(struct engine_queue *q, const u64 *slots)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < q->nr; i++) {
		struct engine_partition *part = q->parts[i];

		if (!slots[i])
			continue;
		flip_cancel_tag(&part->cancel,
				READ_ONCE(*part->server.fill_word),
				slots[i] & part->server.mask);
		engine_kick(part);
	}
	for (i = 0; i < q->nr && !err; i++)
		if (slots[i])
			err = engine_cancel_wait(q->parts[i]);
	return err;
}

/**
 * engine_queue_cancel - cancel requests that have not started
 * @q: queue
 * @slots: which, a word for each partition
 * @cancelled: out: how many completed as cancelled
 *
 * Each of them is completed when this returns.
 *
 * Return: 0, or -EINTR if the caller was killed.
 */
int engine_queue_cancel(struct engine_queue *q, const u64 *slots,
			u64 *cancelled)
{
	u64 before;
	int err;

	*cancelled = 0;
	if (mutex_lock_killable(&q->cancel_lock))
		return -EINTR;
	/* Only this call makes the counters grow, as it holds the lock. */
	before = engine_queue_cancelled(q);
	err = engine_queue_cancel_locked(q, slots);
	*cancelled = engine_queue_cancelled(q) - before;
	mutex_unlock(&q->cancel_lock);
	return err;
}
