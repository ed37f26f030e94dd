// SPDX-License-Identifier: GPL-2.0-only
/*
 * detach.c - a queue that its workers let go of
 *
 * Who closes a queue does not wait for its workers, and none of them frees it:
 * the last one to let go has a work item do that.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/workqueue.h>

#include "engine/engine.h"

/**
 * engine_detached - a worker has let go of a partition
 * @q: its queue, not the caller's any more
 */
void engine_detached(struct engine_queue *q)
{
	/* (k) pairs with itself: what each did before who frees; fully ordered */
	if (!atomic_dec_and_test(&q->attached))
		return;
	if (q->done)
		complete(q->done);
	else
		queue_work(q->gone_wq, &q->gone_work);
}
