// SPDX-License-Identifier: GPL-2.0-only
/*
 * kick.c - ask the server of a partition, whoever that is, to look at it
 *
 * A worker gets it through the mailbox; a thread of the owner's waits at the
 * partition itself.
 */
#include <linux/bitops.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "engine/engine.h"
#include "trace.h"

/**
 * engine_kick - ask the server of a partition to look at it
 * @part: partition; the caller keeps it alive meanwhile, and has published what
 *	there is to see with a full barrier
 */
void engine_kick(struct engine_partition *part)
{
	struct engine_worker *w = part->worker;

	if (!w) {
		wake_up(&part->serve_wq);
		return;
	}
	if (!flip_kick(&part->node, &part->tenant->box.nodes))
		return;
	flip_deliver(&part->tenant->box, &w->mailbox);
	/* (K) is the barrier in wake_up_process(); pairs with (J) */
	wake_up_process(w->task);
}

/* Kick the partitions in the bit set @partitions, all of which exist. */
void engine_queue_kick(struct engine_queue *q, u64 partitions)
{
	for (; partitions; partitions &= partitions - 1) {
		unsigned int i = __ffs64(partitions);

		trace_flipq_kick(q->id, i);
		engine_kick(q->parts[i]);
	}
}
