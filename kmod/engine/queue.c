// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue.c - partitions under one submitter, from the first to the last
 */
#include <linux/completion.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "engine/engine.h"

static void engine_queue_gone(struct work_struct *work)
{
	struct engine_queue *q =
		container_of(work, struct engine_queue, gone_work);

	q->gone(q->gone_arg);
}

/**
 * engine_queue_create - make a queue without partitions
 * @ops: the client's
 * @user: whose it is: a worker shares its time between users
 * @slots: per partition, 1 to 64
 * @nr: partitions that engine_queue_add() will add
 * @wait_spin_ns: how long a wait polls before it sleeps
 *
 * Return: the queue, charged to the caller, or NULL without memory.
 */
struct engine_queue *engine_queue_create(const struct engine_ops *ops,
					 const void *user, unsigned int slots,
					 unsigned int nr, u64 wait_spin_ns)
{
	static atomic_t ids = ATOMIC_INIT(0);
	struct engine_queue *q;

	q = kzalloc(struct_size(q, parts, nr), ENGINE_GFP);
	if (!q)
		return NULL;
	q->ops = ops;
	q->user = user;
	/* Orders nothing: a number of its own is all there is to it. */
	q->id = atomic_inc_return(&ids);
	q->slots = slots;
	q->wait_spin_ns = wait_spin_ns;
	q->wait_state = TASK_INTERRUPTIBLE;
	init_waitqueue_head(&q->wait_wq);
	atomic_set(&q->attached, 1);
	q->gone_wq = engine_pool_workqueue();
	INIT_WORK(&q->gone_work, engine_queue_gone);
	mutex_init(&q->cancel_lock);
	init_waitqueue_head(&q->cancel_wq);
	return q;
}

static void engine_partition_free(struct engine_partition *part)
{
	const struct engine_ops *ops = part->queue->ops;

	while (part->inited) {
		unsigned int slot = --part->inited;

		if (ops->request_uninit)
			ops->request_uninit(part, slot, part->requests +
					    slot * ops->request_size);
	}
	kvfree(part->requests);
	kfree(part);
}

static int engine_partition_init_requests(struct engine_partition *part)
{
	const struct engine_ops *ops = part->queue->ops;
	unsigned int slots = part->queue->slots;

	if (ops->request_size) {
		part->requests = kvcalloc(slots, ops->request_size,
					  ENGINE_GFP);
		if (!part->requests)
			return -ENOMEM;
	}
	for (; part->inited < slots; part->inited++) {
		unsigned int slot = part->inited;
		int err = 0;

		if (ops->request_init)
			err = ops->request_init(part, slot, part->requests +
						slot * ops->request_size);
		if (err)
			return err;
	}
	return 0;
}

/* Give @part its place among those who share its worker. 0 or -ENOMEM. */
static int engine_partition_init_share(struct engine_partition *part)
{
	struct engine_queue *q = part->queue;
	struct engine_share *parent = &part->queue_share;
	unsigned int i;

	if (!part->worker)
		return 0;
	part->tenant = engine_tenant_get(part->worker, q->user);
	if (!part->tenant)
		return -ENOMEM;
	engine_share_init(parent, &part->tenant->share);
	for (i = 0; i < q->nr; i++) {
		if (q->parts[i]->worker == part->worker) {
			parent = &q->parts[i]->queue_share;
			break;
		}
	}
	engine_share_init(&part->share, parent);
	return 0;
}

/**
 * engine_queue_add - add a partition, parked
 * @q: queue, made for more partitions than it has
 * @words: where the partition's words are, all zero
 * @worker_spin_ns: how long it is polled while empty
 * @worker: who serves it, NULL for the owner's threads
 * @priv: the client's
 *
 * The worker touches the partition only after its first kick.
 *
 * Return: 0, -ENOMEM, or what request_init returned.
 */
int engine_queue_add(struct engine_queue *q, const struct engine_words *words,
		     u64 worker_spin_ns, struct engine_worker *worker,
		     void *priv)
{
	struct engine_partition *part;
	int err;

	part = kzalloc_node(sizeof(*part), ENGINE_GFP,
			    worker ? worker->node : NUMA_NO_NODE);
	if (!part)
		return -ENOMEM;
	part->server.fill_word = words->fill;
	part->server.done_word = words->done;
	part->server.need_wakeup = words->need_wakeup;
	part->server.mask = flip_mask(q->slots);
	part->reap_word = words->reap;
	part->spin_ns = worker_spin_ns;
	part->worker = worker;
	part->queue = q;
	part->index = q->nr;
	part->priv = priv;
	INIT_LIST_HEAD(&part->polled);
	init_waitqueue_head(&part->serve_wq);

	err = engine_partition_init_share(part);
	if (!err)
		err = engine_partition_init_requests(part);
	if (err) {
		engine_partition_free(part);
		return err;
	}
	WRITE_ONCE(*words->need_wakeup, FLIP_PARKED);
	q->parts[q->nr++] = part;
	return 0;
}

/**
 * engine_queue_free - free a queue that no worker knows of
 * @q: queue without a kick so far, or one that engine_queue_close() is over for
 */
void engine_queue_free(struct engine_queue *q)
{
	unsigned int i;

	for (i = 0; i < q->nr; i++)
		engine_partition_free(q->parts[i]);
	mutex_destroy(&q->cancel_lock);
	kfree(q);
}

/**
 * engine_queue_close - take the partitions from their workers
 * @q: queue that nobody submits to, serves, waits for or polls any more
 * @gone: called, with @arg, when the last worker has let go of it
 * @arg: for @gone
 *
 * Requests that have not started are dropped. Waits for nobody: a worker lets go
 * when it comes to it, after what it does for others. @gone is called by a work
 * item of the pool, and may free the queue.
 *
 * Return: true if no worker knows of the queue any more: @gone is not called,
 * and the caller may free it.
 */
bool engine_queue_close(struct engine_queue *q, void (*gone)(void *arg),
			void *arg)
{
	unsigned int i;

	q->gone = gone;
	q->gone_arg = arg;
	for (i = 0; i < q->nr; i++) {
		if (!q->parts[i]->worker)
			continue;
		atomic_inc(&q->attached);
		flip_detach(&q->parts[i]->node);
		engine_kick(q->parts[i]);
	}
	/* (k) pairs with that in engine_detached() */
	return atomic_dec_and_test(&q->attached);
}

/* Close @q, wait for its workers, and free it. As engine_queue_close() has it. */
void engine_queue_destroy(struct engine_queue *q)
{
	DECLARE_COMPLETION_ONSTACK(done);

	q->done = &done;
	if (!engine_queue_close(q, NULL, NULL))
		wait_for_completion(&done);
	engine_queue_free(q);
}
