// SPDX-License-Identifier: GPL-2.0-only
/*
 * workqueue.c - a queue whose submitter is in the kernel
 *
 * Nobody in flipq.ko is such a submitter, as those of /dev/flipq are in user
 * space. So only selftests/module/ links this file, beside the same engine.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "engine/workqueue.h"

/* As the device does by default. */
#define ENGINE_WORKQUEUE_WORKER_SPIN_NS	20000
#define ENGINE_WORKQUEUE_WAIT_SPIN_NS	2000

/**
 * struct engine_workqueue_part - the submitter's side of a partition
 * @side: protocol state
 * @got: slots handed out by engine_workqueue_get_request() and not yet staged
 * @worker: given back at the end
 * @fill: word, the submitter's
 * @reap: word, the submitter's
 * @done: word, the worker's
 * @need_wakeup: the worker's
 *
 * Allocated on its worker's node, each on its own: kmalloc() aligns what is
 * larger than a few cache lines to more than one.
 */
struct engine_workqueue_part {
	struct flip_submitter side;
	u64 got;
	struct engine_worker *worker;
	u64 fill ____cacheline_aligned_in_smp;
	u64 reap;
	u64 done ____cacheline_aligned_in_smp;
	u32 need_wakeup;
};

/**
 * struct engine_workqueue - a queue and its submitter
 * @queue: the engine's side
 * @staged: partitions with requests that are not published yet
 * @nr: partitions
 * @next: where the next request is looked for
 * @parts: @nr of them
 */
struct engine_workqueue {
	struct engine_queue *queue;
	u64 staged;
	unsigned int nr;
	unsigned int next;
	struct engine_workqueue_part *parts[];
};

static void engine_workqueue_free(struct engine_workqueue *wq)
{
	unsigned int i;

	if (wq->queue)
		engine_queue_destroy(wq->queue);
	for (i = 0; i < wq->nr; i++) {
		engine_pool_put(wq->parts[i]->worker);
		kfree(wq->parts[i]);
	}
	kfree(wq);
}

/*
 * Add a partition. It owns @worker from then on, unless there is no memory for
 * it.
 */
static int engine_workqueue_add(struct engine_workqueue *wq,
				struct engine_worker *worker, void *priv)
{
	struct engine_workqueue_part *p;
	struct engine_words words;

	p = kzalloc_node(sizeof(*p), GFP_KERNEL_ACCOUNT, worker->node);
	if (!p)
		return -ENOMEM;
	p->worker = worker;
	p->side.fill_word = &p->fill;
	p->side.reap_word = &p->reap;
	p->side.done_word = &p->done;
	p->side.need_wakeup = &p->need_wakeup;
	p->side.mask = flip_mask(wq->queue->slots);
	wq->parts[wq->nr++] = p;

	words.fill = &p->fill;
	words.reap = &p->reap;
	words.done = &p->done;
	words.need_wakeup = &p->need_wakeup;
	return engine_queue_add(wq->queue, &words,
				ENGINE_WORKQUEUE_WORKER_SPIN_NS, worker, priv);
}

static int engine_workqueue_add_all(struct engine_workqueue *wq,
				    unsigned int partitions, void *priv)
{
	struct engine_worker *workers[FLIPQ_MAX_PARTITIONS];
	unsigned int i;
	int err = 0;

	engine_pool_choose(workers, partitions);
	for (i = 0; i < partitions && !err; i++)
		err = engine_workqueue_add(wq, workers[i], priv);
	for (i = wq->nr; i < partitions; i++)
		engine_pool_put(workers[i]);
	return err;
}

/**
 * engine_workqueue_create - make a workqueue
 * @ops: the client's; request_size is not 0, and request_done is called
 * @partitions: 1 to 64, each with one worker of the pool
 * @slots: requests of each partition, 1 to 64
 * @priv: what the ops find in their partition's priv
 *
 * Calls request_init for each request there can be. If that fails for one,
 * those before it are undone. A request's memory is as aligned as request_size
 * makes it: a multiple of the cache line keeps the requests apart.
 *
 * Return: the workqueue, or an ERR_PTR(): -EINVAL, -ENOMEM, or what
 * request_init returned.
 */
struct engine_workqueue *engine_workqueue_create(const struct engine_ops *ops,
						 unsigned int partitions,
						 unsigned int slots, void *priv)
{
	struct engine_workqueue *wq;
	int err = -ENOMEM;

	if (!ops->request_size || !slots || slots > FLIP_MAX_SLOTS ||
	    !partitions || partitions > FLIPQ_MAX_PARTITIONS)
		return ERR_PTR(-EINVAL);
	wq = kzalloc(struct_size(wq, parts, partitions), GFP_KERNEL_ACCOUNT);
	if (!wq)
		return ERR_PTR(-ENOMEM);
	/* All workqueues belong to the kernel, which counts as one user. */
	wq->queue = engine_queue_create(ops, NULL, slots, partitions,
					ENGINE_WORKQUEUE_WAIT_SPIN_NS);
	if (wq->queue) {
		/* No request may be lost, so no signal may end the wait. */
		wq->queue->wait_state = TASK_UNINTERRUPTIBLE;
		err = engine_workqueue_add_all(wq, partitions, priv);
	}
	if (err) {
		engine_workqueue_free(wq);
		return ERR_PTR(err);
	}
	return wq;
}

static void *engine_workqueue_request(const struct engine_partition *part,
				      unsigned int slot)
{
	return part->requests + slot * part->queue->ops->request_size;
}

/* Tell the client of all that finished in a partition, and free the slots. */
static void engine_workqueue_reap(struct engine_workqueue *wq, unsigned int i)
{
	struct engine_partition *part = wq->queue->parts[i];
	struct flip_submitter *side = &wq->parts[i]->side;
	u64 finished = flip_finished(side);
	u64 left = finished;

	if (!finished)
		return;
	while (left && wq->queue->ops->request_done) {
		unsigned int slot = flip_next(left, side->cursor);

		left &= ~flip_bit(slot);
		side->cursor = (slot + 1) % FLIP_MAX_SLOTS;
		wq->queue->ops->request_done(part, slot,
					     engine_workqueue_request(part,
								      slot));
	}
	flip_collect(side, finished);
}

/**
 * engine_workqueue_get_request - get a free request
 * @wq: workqueue
 *
 * It is the caller's until it is submitted. Partitions take turns, and those
 * that are full are passed over. Calls request_done for what has finished in
 * the partitions it looks at; that must not use the workqueue.
 *
 * Return: a request's private memory, or NULL if all are in use.
 */
void *engine_workqueue_get_request(struct engine_workqueue *wq)
{
	unsigned int n;

	for (n = 0; n < wq->nr; n++) {
		unsigned int i = wq->next;
		struct engine_workqueue_part *p = wq->parts[i];
		u64 free;

		wq->next = (i + 1) % wq->nr;
		engine_workqueue_reap(wq, i);
		free = flip_free(&p->side) & ~p->got;
		if (free) {
			unsigned int slot = __ffs64(free);

			p->got |= flip_bit(slot);
			return engine_workqueue_request(wq->queue->parts[i],
							slot);
		}
	}
	return NULL;
}

/* Find the partition and slot of a request. Return: whether it is one. */
static bool engine_workqueue_find(const struct engine_workqueue *wq,
				  const void *request, unsigned int *i,
				  unsigned int *slot)
{
	size_t size = wq->queue->ops->request_size;

	for (*i = 0; *i < wq->nr; ++*i) {
		/* One that lies before the partition's wraps to a huge one. */
		size_t offset = (uintptr_t)request -
				(uintptr_t)wq->queue->parts[*i]->requests;

		if (offset < size * wq->queue->slots) {
			*slot = offset / size;
			return true;
		}
	}
	return false;
}

/**
 * engine_workqueue_stage - make a request one of the next batch
 * @wq: workqueue
 * @request: from engine_workqueue_get_request(); no longer the caller's
 *
 * No worker sees it before engine_workqueue_publish().
 */
void engine_workqueue_stage(struct engine_workqueue *wq, void *request)
{
	unsigned int i, slot;

	/* A wrong one must not become a request that nobody submitted. */
	if (WARN_ON_ONCE(!engine_workqueue_find(wq, request, &i, &slot) ||
			 !(wq->parts[i]->got & flip_bit(slot))))
		return;
	wq->parts[i]->got &= ~flip_bit(slot);
	flip_stage(&wq->parts[i]->side, flip_bit(slot));
	wq->staged |= BIT_ULL(i);
}

/**
 * engine_workqueue_publish - submit the batch
 * @wq: workqueue
 *
 * One flip for each partition that has some of it, one full barrier for all,
 * and a kick only where the worker asked for one.
 */
void engine_workqueue_publish(struct engine_workqueue *wq)
{
	u64 left, kick = 0;

	if (!wq->staged)
		return;
	for (left = wq->staged; left; left &= left - 1)
		flip_publish(&wq->parts[__ffs64(left)]->side);
	flip_kick_barrier();
	for (left = wq->staged; left; left &= left - 1)
		if (flip_must_kick(&wq->parts[__ffs64(left)]->side))
			kick |= left & -left;
	wq->staged = 0;
	engine_queue_kick(wq->queue, kick);
}

/**
 * engine_workqueue_submit - submit one request, and what is staged
 * @wq: workqueue
 * @request: from engine_workqueue_get_request(); no longer the caller's
 */
void engine_workqueue_submit(struct engine_workqueue *wq, void *request)
{
	engine_workqueue_stage(wq, request);
	engine_workqueue_publish(wq);
}

/**
 * engine_workqueue_wait - wait until all requests are done
 * @wq: workqueue
 *
 * Submits what is staged first. No signal ends it early. When it returns no
 * request is in use but those the caller got and did not submit, and
 * request_done has been called for all others.
 */
void engine_workqueue_wait(struct engine_workqueue *wq)
{
	unsigned int i;

	engine_workqueue_publish(wq);
	/* Fails only for a second submitter, which is not allowed. */
	if (!WARN_ON_ONCE(engine_wait_begin(wq->queue, ~0ULL, UINT_MAX))) {
		WARN_ON_ONCE(engine_wait(wq->queue, KTIME_MAX));
		engine_wait_end(wq->queue);
	}
	for (i = 0; i < wq->nr; i++)
		engine_workqueue_reap(wq, i);
}

/**
 * engine_workqueue_cancel - cancel what was submitted and has not started
 * @wq: workqueue
 * @cancelled: out: how many requests that were
 *
 * Their request_cancelled was called when this returns; request_done follows,
 * as for any request.
 *
 * Return: 0, -EINTR if the caller was killed, or -EOPNOTSUPP if the ops have
 * no request_cancelled.
 */
int engine_workqueue_cancel(struct engine_workqueue *wq, u64 *cancelled)
{
	u64 slots[FLIPQ_MAX_PARTITIONS];

	*cancelled = 0;
	if (!wq->queue->ops->request_cancelled)
		return -EOPNOTSUPP;
	memset(slots, 0xff, sizeof(slots));
	return engine_queue_cancel(wq->queue, slots, cancelled);
}

/**
 * engine_workqueue_destroy - the end of a workqueue
 * @wq: workqueue
 *
 * Requests in flight are done first, request_done included. Then calls
 * request_uninit for each request.
 */
void engine_workqueue_destroy(struct engine_workqueue *wq)
{
	engine_workqueue_wait(wq);
	engine_workqueue_free(wq);
}
