// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - a kthread and its partitions
 *
 * The worker is an actor. Its list of polled partitions is touched by its own
 * thread only; others talk to it through the mailbox. It rests on two levels:
 * an empty partition is polled for a while and then parks, that is, leaves the
 * list; when the list is empty the thread sleeps.
 */
#include <linux/kthread.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include "engine.h"
#include "trace.h"

/* Ask the server to look at @part. The caller keeps @part alive meanwhile. */
void flip_worker_kick(struct flip_partition *part)
{
	struct flip_worker *w = part->worker;

	if (!w) {
		flip_serve_kick(part);
		return;
	}
	/* (K) is the barrier in wake_up_process(); pairs with (J) */
	if (flip_kick(&part->node, &w->mailbox))
		wake_up_process(w->task);
}

static void flip_worker_detach(struct flip_partition *part)
{
	if (!flip_detach_done(&part->node))
		return;
	list_del_init(&part->active);
	/* The last access: who waits for this frees the partition. */
	complete(&part->detached);
}

/*
 * Empty the mailbox. A node may come back as soon as its bit is cleared. Who was
 * asleep goes first, or it would wait for a turn of all others before its own.
 * They lose nothing by it: it can be kicked again only after a round found it
 * empty.
 */
static void flip_worker_receive(struct flip_worker *w)
{
	struct flip_partition *part, *next;
	struct llist_node *nodes;

	/* Most often so, and cheaper to see than to take nothing. */
	if (llist_empty(&w->mailbox))
		return;
	nodes = llist_del_all(&w->mailbox);
	llist_for_each_entry_safe(part, next, nodes, node.link) {
		flip_count_add(&w->counters.kicks, 1);
		if (!flip_receive(&part->node, &part->server)) {
			flip_worker_detach(part);
			continue;
		}
		flip_count_add(&part->counters.kicks, 1);
		part->idle_since = 0;
		if (list_empty(&part->active)) {
			flip_count_add(&part->counters.wakeups, 1);
			list_add(&part->active, &w->active);
		}
	}
}

/* Stop polling an empty partition whose time is over, or when we must yield. */
static void flip_worker_idle(struct flip_partition *part)
{
	u64 now = local_clock();

	if (!part->idle_since)
		part->idle_since = now ? now : 1;
	if (now - part->idle_since < part->spin_ns && !need_resched())
		return;
	if (!flip_park(&part->server))
		return;
	list_del_init(&part->active);
	flip_count_add(&part->counters.sleeps, 1);
	if (part->queue->ops->turn_done)
		part->queue->ops->turn_done(part);
}

/*
 * A turn of each. Who is kicked meanwhile waits for the turn under way only: a
 * light queue beside heavy ones would be as slow as all of them together.
 */
static bool flip_worker_round(struct flip_worker *w)
{
	struct flip_partition *part;
	LIST_HEAD(seen);
	bool busy = false;

	while (!list_empty(&w->active)) {
		part = list_first_entry(&w->active, struct flip_partition,
					active);
		list_move_tail(&part->active, &seen);
		if (flip_turn(part, &w->counters,
			      flip_limit_requests(w->limits),
			      READ_ONCE(w->limits->ns))) {
			part->idle_since = 0;
			busy = true;
			cond_resched();
			flip_worker_receive(w);
		} else {
			flip_worker_idle(part);
		}
	}
	list_splice(&seen, &w->active);
	return busy;
}

/* Sleep until the mailbox has something. Return: false when told to end. */
static bool flip_worker_sleep(struct flip_worker *w)
{
	bool stop = false;

	/* (J) pairs with (K): state before the last look at the mailbox */
	set_current_state(TASK_IDLE);
	if (llist_empty(&w->mailbox)) {
		/* Only here: a stop before the state was set would be lost. */
		stop = kthread_should_stop();
		if (!stop) {
			trace_flipq_worker_sleep(w->cpu);
			flip_count_add(&w->counters.sleeps, 1);
			schedule();
			flip_count_add(&w->counters.wakeups, 1);
			trace_flipq_worker_wake(w->cpu);
		}
	}
	__set_current_state(TASK_RUNNING);
	return !stop;
}

static int flip_worker_thread(void *data)
{
	struct flip_worker *w = data;

	for (;;) {
		flip_worker_receive(w);
		if (list_empty(&w->active)) {
			if (!flip_worker_sleep(w))
				return 0;
		} else if (!flip_worker_round(w)) {
			cond_resched();
			cpu_relax();
		}
	}
}

/**
 * flip_worker_create - make and start a worker
 * @name: of the pool; the thread is called @name/@cpu
 * @cpu: where it runs
 * @nice: -20 to 19
 * @limits: of a turn; read again at each one
 *
 * Return: the worker, or an ERR_PTR().
 */
struct flip_worker *flip_worker_create(const char *name, unsigned int cpu,
				       int nice,
				       const struct flip_turn_limits *limits)
{
	struct flip_worker *w;
	struct task_struct *task;
	int node = cpu_to_node(cpu);

	w = kzalloc_node(sizeof(*w), GFP_KERNEL, node);
	if (!w)
		return ERR_PTR(-ENOMEM);
	init_llist_head(&w->mailbox);
	INIT_LIST_HEAD(&w->active);
	w->cpu = cpu;
	w->node = node;
	w->limits = limits;

	task = kthread_create_on_node(flip_worker_thread, w, node, "%s/%u",
				      name, cpu);
	if (IS_ERR(task)) {
		kfree(w);
		return ERR_CAST(task);
	}
	w->task = task;
	kthread_bind(task, cpu);
	sched_set_normal(task, nice);
	wake_up_process(task);
	return w;
}

/* End a worker that no partition uses any more. */
void flip_worker_destroy(struct flip_worker *w)
{
	kthread_stop(w->task);
	kfree(w);
}
