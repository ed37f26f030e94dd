// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue.c - partitions under one submitter, and those who wait for them
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "engine/engine.h"
#include "trace.h"

static_assert(sizeof(struct flipq_counters) % sizeof(u64) == 0);
#define ENGINE_NR_COUNTERS	(sizeof(struct flipq_counters) / sizeof(u64))

/* Copy counters that their owner goes on changing. */
void engine_counters_read(struct flipq_counters *to,
			  const struct flipq_counters *from)
{
	const u64 *src = (const u64 *)from;
	u64 *dst = (u64 *)to;
	size_t i;

	for (i = 0; i < ENGINE_NR_COUNTERS; i++)
		WRITE_ONCE(dst[i], READ_ONCE(src[i]));
}

/* Add counters to counters that others may read meanwhile. */
void engine_counters_sum(struct flipq_counters *to,
			 const struct flipq_counters *from)
{
	const u64 *src = (const u64 *)from;
	u64 *dst = (u64 *)to;
	size_t i;

	for (i = 0; i < ENGINE_NR_COUNTERS; i++)
		WRITE_ONCE(dst[i], dst[i] + READ_ONCE(src[i]));
}

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
	q->id = atomic_inc_return(&ids);
	q->slots = slots;
	q->wait_spin_ns = wait_spin_ns;
	q->wait_state = TASK_INTERRUPTIBLE;
	init_waitqueue_head(&q->wait_wq);
	atomic_set(&q->attached, 1);
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
	if (part->tenant)
		engine_tenant_put(part->tenant);
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
	WRITE_ONCE(*words->need_wakeup, 1);
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
 * engine_detached - a worker has let go of a partition
 * @q: its queue, not the caller's any more
 */
void engine_detached(struct engine_queue *q)
{
	/* Fully ordered: what each worker did is before who frees it. */
	if (!atomic_dec_and_test(&q->attached))
		return;
	if (q->done)
		complete(q->done);
	else
		engine_pool_queue_work(&q->gone_work);
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
		engine_worker_kick(q->parts[i]);
	}
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

/* Kick the partitions in the bit set @partitions, all of which exist. */
void engine_queue_kick(struct engine_queue *q, u64 partitions)
{
	for (; partitions; partitions &= partitions - 1) {
		unsigned int i = __ffs64(partitions);

		trace_flipq_kick(q->id, i);
		engine_worker_kick(q->parts[i]);
	}
}

/* How many of the slots in the waiter's snapshot have finished? */
static unsigned int engine_queue_finished(struct engine_queue *q)
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
 * engine_queue_wake - tell those who wait, after a turn published its requests
 * @q: queue
 *
 * Called by workers. The waiter itself ends its wait: a worker that is late
 * with the news of an earlier wait wakes it once too often at most.
 */
void engine_queue_wake(struct engine_queue *q)
{
	if (flip_wait_armed(&q->waiting) &&
	    engine_queue_finished(q) >= READ_ONCE(q->minimum))
		wake_up(&q->wait_wq);
	/* (M) was in flip_wait_armed() and serves the pollers, too. */
	if (q->poll_wq && waitqueue_active(q->poll_wq))
		wake_up_poll(q->poll_wq, EPOLLIN | EPOLLRDNORM);
}

/* Note what is in flight, so that no worker reads the user's words for it. */
static unsigned int engine_wait_snapshot(struct engine_queue *q)
{
	unsigned int i, n = 0;

	for (i = 0; i < q->nr; i++) {
		struct engine_partition *part = q->parts[i];
		u64 reap = READ_ONCE(*part->reap_word);
		u64 flight = (READ_ONCE(*part->server.fill_word) ^ reap) &
			     part->server.mask;

		WRITE_ONCE(part->reap, reap);
		WRITE_ONCE(part->flight, flight);
		n += hweight64(flight);
	}
	return n;
}

/* Did a signal come that ends the wait? */
static bool engine_wait_signal(const struct engine_queue *q)
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
		if (engine_queue_finished(q) >= q->minimum)
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
		if (engine_queue_finished(q) >= q->minimum)
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
	return engine_queue_finished(q) >= q->minimum ? 0 : err;
}

/* Do requests of @part until there are enough or none. Return: 0 or -EBUSY. */
static int engine_wait_serve(struct engine_queue *q,
			     struct engine_partition *part,
			     const struct engine_turn_limits *limits,
			     ktime_t deadline)
{
	u64 now = local_clock();

	if (!engine_lease_try(part))
		return -EBUSY;
	engine_count_add(&part->counters.serves, 1);
	while (engine_queue_finished(q) < q->minimum &&
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

/**
 * engine_queue_wait - wait until requests have finished
 * @q: queue
 * @minimum: how many of those in flight now, 0 for half of them; clamped to
 *	what is in flight
 * @deadline: on CLOCK_MONOTONIC, KTIME_MAX for none, 0 for not to wait
 * @serve: partition without a worker to serve meanwhile, or NULL
 * @limits: of a turn of that
 * @ready: out: how many of those have finished
 *
 * Return: 0, -EBUSY if another thread waits or serves @serve, -ETIME, or -EINTR
 * after a signal that @q->wait_state lets through.
 */
int engine_queue_wait(struct engine_queue *q, unsigned int minimum,
		      ktime_t deadline, struct engine_partition *serve,
		      const struct engine_turn_limits *limits, u32 *ready)
{
	unsigned int flight;
	int err = 0;

	if (test_and_set_bit_lock(0, &q->wait_busy))
		return -EBUSY;

	flight = engine_wait_snapshot(q);
	if (!minimum)
		minimum = DIV_ROUND_UP(flight, 2);
	WRITE_ONCE(q->minimum, min(minimum, flight));
	engine_count_add(&q->waits, 1);

	if (serve)
		err = engine_wait_serve(q, serve, limits, deadline);
	if (!err && engine_queue_finished(q) < q->minimum) {
		if (!deadline)
			err = -ETIME;
		else if (!engine_wait_spin(q, deadline))
			err = engine_wait_sleep(q, deadline);
	}

	*ready = engine_queue_finished(q);
	clear_bit_unlock(0, &q->wait_busy);
	return err;
}

/**
 * engine_queue_ready - is there a completion to be collected?
 * @q: queue
 *
 * For a file's poll operation, which registered at the poll_wq before: with a
 * full barrier in between, or no worker wakes it. (L) once more.
 *
 * Return: whether there is.
 */
bool engine_queue_ready(const struct engine_queue *q)
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
