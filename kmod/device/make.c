// SPDX-License-Identifier: GPL-2.0-only
/*
 * make.c - FLIPQ_IOC_SETUP: a file gets its queue, once and for all
 */
#include "device/call.h"

/* There is one already. Return: what to tell the caller. */
static long flipq_set_up(const struct flipq_queue *fq)
{
	return fq->mm == current->mm ? -EBUSY : -EIO;
}

/*
 * Give @fq to the file, unless another set-up was faster. The user knows of it
 * already: no lock is held across the user's memory, which may keep a thread
 * for as long as it likes.
 */
static long flipq_publish(struct flipq_file *ff, struct flipq_queue *fq)
{
	/* (l) pairs with (m): the queue is made before it is found */
	struct flipq_queue *old = cmpxchg(&ff->queue, NULL, fq);

	return old ? flipq_set_up(old) : 0;
}

/*
 * Where a limit is met that queues of the caller hold which it has closed, wait
 * for them to be freed: who closes one and opens another need not know when.
 */
static struct flipq_queue *flipq_make_queue(struct flipq_file *ff,
					    struct flipq_setup *s)
{
	const struct flipq_setup asked = *s;
	struct flipq_freed freed;
	struct flipq_queue *fq;

	do {
		*s = asked;
		flipq_freed(&freed);
		fq = flipq_queue_setup(s, &ff->poll_wq);
	} while ((fq == ERR_PTR(-EMFILE) || fq == ERR_PTR(-ENFILE) ||
		  fq == ERR_PTR(-EDQUOT) || fq == ERR_PTR(-ENOMEM)) &&
		 flipq_wait_freed(&freed));
	return fq;
}

/* The queue is the caller's alone until flipq_end_setup(). */
long flipq_call_setup(struct flipq_call *call)
{
	struct flipq_queue *fq = flipq_get_queue(call->file);

	if (fq)
		return flipq_set_up(fq);
	fq = flipq_make_queue(call->file, &call->arg.setup);
	if (IS_ERR(fq))
		return PTR_ERR(fq);
	call->queue = fq;
	call->answer = true;
	return 0;
}

/* The caller knows of the queue, or cannot be told. */
long flipq_end_setup(struct flipq_call *call, long err)
{
	if (!err)
		err = flipq_publish(call->file, call->queue);
	if (err && call->queue)
		flipq_queue_free(call->queue);
	return err;
}
