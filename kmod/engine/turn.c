// SPDX-License-Identifier: GPL-2.0-only
/*
 * turn.c - what a server does for one partition before it looks at the next
 */
#include <linux/string.h>

#include "engine/engine.h"

/**
 * struct engine_turn - a turn under way
 * @part: partition
 * @finished: slots finished so far
 * @n: how many
 * @cancel: a canceller waits for its end
 */
struct engine_turn {
	struct engine_partition *part;
	u64 finished;
	unsigned int n;
	bool cancel;
};

static void *engine_request(struct engine_partition *part, unsigned int slot)
{
	return part->requests + slot * part->queue->ops->request_size;
}

static void engine_turn_finish(struct engine_turn *t, unsigned int slot)
{
	flip_finish(&t->part->server, slot);
	t->finished |= flip_bit(slot);
	t->part->turn.requests++;
	t->n++;
}

/* From here the canceller waits, though its tags are gone. */
static void engine_turn_cancel_begin(struct engine_turn *t)
{
	if (t->cancel)
		return;
	t->cancel = true;
	WRITE_ONCE(t->part->cancel_seq, t->part->cancel_seq + 1);
	/*
	 * (a) pairs with (b): the sequence before the tags go. What drops them
	 * late is no barrier.
	 */
	smp_mb();
}

static void engine_turn_cancel_end(struct engine_turn *t)
{
	struct engine_partition *part = t->part;

	if (!t->cancel)
		return;
	/* (c) pairs with (d): counters and done before the sequence */
	smp_store_release(&part->cancel_seq, part->cancel_seq + 1);
	wake_up(&part->queue->cancel_wq);
}

/* What was tagged and has not started never will. */
static void engine_turn_cancel(struct engine_turn *t)
{
	struct engine_partition *part = t->part;
	u64 slots;

	engine_turn_cancel_begin(t);
	slots = flip_cancel_take(&part->cancel, &part->server);
	for (; slots; slots &= slots - 1) {
		unsigned int slot = __ffs64(slots);

		part->queue->ops->request_cancelled(part, slot,
						    engine_request(part, slot));
		part->turn.cancelled++;
		engine_turn_finish(t, slot);
	}
}

/* Move what the turn did to those who count it. */
static void engine_turn_account(struct engine_partition *part,
				struct flipq_counters *tally, u64 ns)
{
	struct flipq_counters *turn = &part->turn;

	turn->turns = 1;
	turn->busy_ns = ns;
	engine_counters_sum(&part->counters, turn);
	if (tally)
		engine_counters_sum(tally, turn);
	memset(turn, 0, sizeof(*turn));
}

static void engine_turn_publish(struct engine_turn *t)
{
	struct engine_partition *part = t->part;

	if (part->queue->ops->turn_done)
		part->queue->ops->turn_done(part);
	if (flip_cancel_tagged(&part->cancel)) {
		engine_turn_cancel_begin(t);
		flip_cancel_drop(&part->cancel, t->finished);
	}
	flip_publish_finished(&part->server);
	engine_wake(part->queue);
}

/**
 * engine_take_turn - serve one partition for a while
 * @part: partition; the caller is its server
 * @tally: counts the turn, beside the partition's own counters; NULL for none
 * @requests: after so many the turn ends; 0 to look after cancels only
 * @ns: after so much time, too
 * @now: in: the time, of local_clock(); out: the time when it ended, unless
 *	there was nothing to do
 *
 * A turn ends so that no queue keeps the others waiting, and publishes what it
 * finished all at once: one flip, one barrier and at most one wake-up.
 *
 * Return: how many requests were finished, cancelled ones included.
 */
unsigned int engine_take_turn(struct engine_partition *part,
			      struct flipq_counters *tally,
			      unsigned int requests, unsigned int ns, u64 *now)
{
	struct engine_turn t = { .part = part };
	bool cancel = flip_cancel_tagged(&part->cancel);
	u64 start = *now;
	u64 pending;

	if (!cancel && !flip_pending(&part->server))
		return 0;

	if (cancel)
		engine_turn_cancel(&t);
	pending = flip_pending(&part->server);
	while (pending && t.n < requests) {
		unsigned int slot = flip_next(pending, part->server.cursor);

		pending &= ~flip_bit(slot);
		part->queue->ops->request_handler(part, slot,
						  engine_request(part, slot));
		engine_turn_finish(&t, slot);
		*now = local_clock();
		if (engine_elapsed(start, *now) >= ns)
			break;
	}
	if (t.n) {
		engine_turn_account(part, tally, engine_elapsed(start, *now));
		engine_turn_publish(&t);
	}
	engine_turn_cancel_end(&t);
	return t.n;
}
