// SPDX-License-Identifier: GPL-2.0-only
/*
 * turn.c - what a server does for one partition before it looks at the next
 */
#include <linux/string.h>

#include "engine.h"

/**
 * struct flip_round - a turn under way
 * @part: partition
 * @finished: slots finished so far
 * @n: how many
 * @cancel: a canceller waits for its end
 */
struct flip_round {
	struct flip_partition *part;
	u64 finished;
	unsigned int n;
	bool cancel;
};

static void *flip_request(struct flip_partition *part, unsigned int slot)
{
	return part->requests + slot * part->queue->ops->request_size;
}

static void flip_round_finish(struct flip_round *r, unsigned int slot)
{
	flip_finish(&r->part->server, slot);
	r->finished |= flip_bit(slot);
	r->part->turn.requests++;
	r->n++;
}

/* From here the canceller waits, though its tags are gone. */
static void flip_round_cancel_begin(struct flip_round *r)
{
	if (r->cancel)
		return;
	r->cancel = true;
	WRITE_ONCE(r->part->cancel_seq, r->part->cancel_seq + 1);
	/*
	 * Pairs with the smp_rmb() in flip_cancel_answered(): the sequence
	 * before the tags go. What drops them late is no barrier.
	 */
	smp_mb();
}

static void flip_round_cancel_end(struct flip_round *r)
{
	struct flip_partition *part = r->part;

	if (!r->cancel)
		return;
	/* Pairs with the acquire in flip_cancel_answered(): counters first. */
	smp_store_release(&part->cancel_seq, part->cancel_seq + 1);
	wake_up(&part->queue->cancel_wq);
}

/* What was tagged and has not started never will. */
static void flip_round_cancel(struct flip_round *r)
{
	struct flip_partition *part = r->part;
	u64 slots;

	flip_round_cancel_begin(r);
	slots = flip_cancel_take(&part->cancel, &part->server);
	for (; slots; slots &= slots - 1) {
		unsigned int slot = __ffs64(slots);

		part->queue->ops->request_cancelled(part, slot,
						    flip_request(part, slot));
		part->turn.cancelled++;
		flip_round_finish(r, slot);
	}
}

/* Move what the turn did to those who count it. */
static void flip_round_account(struct flip_partition *part,
			       struct flipq_counters *server, u64 ns)
{
	struct flipq_counters *turn = &part->turn;

	turn->turns = 1;
	turn->busy_ns = ns;
	flip_counters_sum(&part->counters, turn);
	if (server)
		flip_counters_sum(server, turn);
	memset(turn, 0, sizeof(*turn));
}

static void flip_round_publish(struct flip_round *r)
{
	struct flip_partition *part = r->part;

	if (part->queue->ops->turn_done)
		part->queue->ops->turn_done(part);
	if (flip_cancel_tagged(&part->cancel)) {
		flip_round_cancel_begin(r);
		flip_cancel_drop(&part->cancel, r->finished);
	}
	flip_publish_finished(&part->server);
	flip_queue_wake(part->queue);
}

/**
 * flip_turn - serve one partition for a while
 * @part: partition; the caller is its server
 * @server: counters of the caller; NULL for none
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
unsigned int flip_turn(struct flip_partition *part,
		       struct flipq_counters *server, unsigned int requests,
		       unsigned int ns, u64 *now)
{
	struct flip_round r = { .part = part };
	bool cancel = flip_cancel_tagged(&part->cancel);
	u64 start = *now;
	u64 pending;

	if (!cancel && !flip_pending(&part->server))
		return 0;

	if (cancel)
		flip_round_cancel(&r);
	pending = flip_pending(&part->server);
	while (pending && r.n < requests) {
		unsigned int slot = flip_next(pending, part->server.cursor);

		pending &= ~flip_bit(slot);
		part->queue->ops->request_handler(part, slot,
						  flip_request(part, slot));
		flip_round_finish(&r, slot);
		*now = local_clock();
		if (flip_elapsed(start, *now) >= ns)
			break;
	}
	if (r.n) {
		flip_round_account(part, server, flip_elapsed(start, *now));
		flip_round_publish(&r);
	}
	flip_round_cancel_end(&r);
	return r.n;
}
