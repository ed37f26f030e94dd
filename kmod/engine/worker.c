// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - a kthread and its partitions
 *
 * The worker is an actor. Which partitions have work and which are polled is
 * touched by its own thread only; others talk to it through the mailbox. Who is
 * next share.h says. It rests on two levels: an empty partition is polled for a
 * while and then parks, that is, asks for kicks; when all have parked the thread
 * sleeps. Nothing that it does between two steps grows with what one user did.
 */
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include "compat.h"
#include "engine/engine.h"
#include "trace.h"

/*
 * How many empty partitions are polled, as each costs a look at each step: of
 * all users of a worker, and of one user, whose others park at once.
 */
#define ENGINE_MAX_POLLED		32
#define ENGINE_MAX_USER_POLLED	8

/* Kicked partitions of a user that are looked at before its next turn. */
#define ENGINE_MAX_RECEIVE	8

/* Rest that is owed is not taken in smaller pieces. */
#define ENGINE_MIN_REST_NS	1000000

/* No longer poll an empty partition. */
static void engine_worker_unpoll(struct engine_worker *w,
				 struct engine_partition *part)
{
	if (list_empty(&part->polled))
		return;
	list_del_init(&part->polled);
	part->tenant->nr_polled--;
	w->nr_polled--;
}

/* Look for requests in @part from now on. */
static void engine_worker_activate(struct engine_worker *w,
				   struct engine_partition *part)
{
	engine_worker_unpoll(w, part);
	part->idle_since = 0;
	engine_share_add(&part->share);
}

/* Neither look for requests in @part nor poll it. */
static void engine_worker_deactivate(struct engine_worker *w,
				     struct engine_partition *part)
{
	engine_worker_unpoll(w, part);
	if (part->share.queued)
		engine_share_del(&part->share);
}

/* Ask for kicks, unless there is a request. */
static void engine_worker_park(struct engine_worker *w,
			       struct engine_partition *part)
{
	if (!flip_park(&part->server)) {
		engine_worker_activate(w, part);
		return;
	}
	engine_worker_deactivate(w, part);
	engine_count_add(&part->counters.sleeps, 1);
	if (part->queue->ops->turn_done)
		part->queue->ops->turn_done(part);
}

/* Is it time that @part, empty at @w->now, parks? */
static bool engine_worker_idle_over(const struct engine_worker *w,
				    const struct engine_partition *part)
{
	return engine_elapsed(part->idle_since, w->now) >= part->spin_ns ||
	       need_resched();
}

/* Poll an empty partition. Where all places are taken the first one gives way. */
static void engine_worker_start_poll(struct engine_worker *w,
				     struct engine_partition *part)
{
	if (w->nr_polled >= ENGINE_MAX_POLLED)
		engine_worker_park(w, list_first_entry(&w->polled,
						       struct engine_partition,
						       polled));
	engine_share_del(&part->share);
	list_add_tail(&part->polled, &w->polled);
	part->tenant->nr_polled++;
	w->nr_polled++;
}

/*
 * No request is in @part: poll it for a while, or park it. Where nothing else
 * has work it stays among those that have, and no list is changed.
 */
static void engine_worker_idle(struct engine_worker *w,
			       struct engine_partition *part)
{
	w->now = local_clock();
	if (!part->idle_since)
		part->idle_since = w->now ? w->now : 1;
	if (engine_worker_idle_over(w, part))
		engine_worker_park(w, part);
	else if (!w->nr_polled && engine_share_alone(&part->share))
		return;
	else if (part->tenant->nr_polled >= ENGINE_MAX_USER_POLLED)
		engine_worker_park(w, part);
	else
		engine_worker_start_poll(w, part);
}

/* Did a request come to one of those that are polled? */
static void engine_worker_poll(struct engine_worker *w)
{
	struct engine_partition *part, *next;

	if (!w->nr_polled)
		return;
	w->now = local_clock();
	list_for_each_entry_safe(part, next, &w->polled, polled) {
		if (flip_pending(&part->server))
			engine_worker_activate(w, part);
		else if (engine_worker_idle_over(w, part))
			engine_worker_park(w, part);
	}
}

/* Take a kicked partition; to @gone if it is to be detached. */
static void engine_worker_take(struct engine_worker *w,
			       struct engine_partition *part,
			       struct list_head *gone)
{
	engine_count_add(&w->counters.kicks, 1);
	if (!flip_receive(&part->node, &part->server)) {
		if (!flip_acknowledge(&part->node))
			return;
		engine_worker_deactivate(w, part);
		list_add(&part->polled, gone);
		return;
	}
	engine_count_add(&part->counters.kicks, 1);
	if (!part->share.queued && list_empty(&part->polled))
		engine_count_add(&part->counters.wakeups, 1);
	engine_worker_activate(w, part);
}

/*
 * Take some of a user's kicked partitions. A node may come back as soon as its
 * bit is cleared, and the box as soon as it is empty.
 */
static void engine_worker_open(struct engine_worker *w,
			       struct engine_tenant *tenant,
			       struct list_head *gone)
{
	struct engine_partition *part;
	unsigned int n;

	if (!tenant->inbox) {
		tenant->boxed = false;
		tenant->inbox = flip_take(&tenant->box);
	}
	for (n = 0; tenant->inbox && n < ENGINE_MAX_RECEIVE; n++) {
		part = llist_entry(tenant->inbox, struct engine_partition,
				   node.link);
		tenant->inbox = tenant->inbox->next;
		engine_worker_take(w, part, gone);
	}
	tenant->share.held = tenant->inbox || tenant->boxed;
	if (!tenant->share.held && !engine_share_first(&tenant->share))
		engine_share_del(&tenant->share);
}

/*
 * Empty the mailbox, which holds each user's box once at most. What is in a box
 * is looked at in its user's time: nobody waits for what others kicked.
 */
static void engine_worker_receive(struct engine_worker *w)
{
	struct engine_tenant *tenant, *next;

	/* Most often so, and cheaper to see than to take nothing. */
	if (llist_empty(&w->mailbox))
		return;
	/* Pairs with (R): what finds the box finds its nodes, after (S). */
	llist_for_each_entry_safe(tenant, next, llist_del_all(&w->mailbox),
				  box.link) {
		tenant->boxed = true;
		tenant->share.held = true;
		engine_share_add(&tenant->share);
	}
}

/* The last access to each: when a queue has lost all its workers it goes. */
static void engine_worker_let_go(struct list_head *gone)
{
	struct engine_partition *part, *next;

	list_for_each_entry_safe(part, next, gone, polled)
		engine_detached(part->queue);
}

/*
 * Do something for the user who is next: take what it kicked, then a turn of the
 * partition that is next. Return: whether there was anything to do.
 */
static bool engine_worker_step(struct engine_worker *w)
{
	struct engine_share *first = engine_share_first(&w->share);
	struct engine_partition *part;
	struct engine_tenant *tenant;
	u64 start = w->now;
	bool busy = true;
	LIST_HEAD(gone);

	if (!first)
		return false;
	tenant = container_of(first, struct engine_tenant, share);
	if (tenant->share.held)
		engine_worker_open(w, tenant, &gone);
	first = engine_share_leaf(first);
	if (first != &tenant->share) {
		part = container_of(first, struct engine_partition, share);
		busy = engine_take_turn(part, &w->counters,
					engine_limit_requests(w->limits),
					READ_ONCE(w->limits->ns), &w->now);
		if (busy)
			part->idle_since = 0;
		else
			engine_worker_idle(w, part);
	}
	/* Waking those who wait for this user is its own affair, too. */
	w->now = local_clock();
	engine_share_charge(first, engine_elapsed(start, w->now));
	engine_worker_let_go(&gone);
	return busy;
}

static unsigned int engine_worker_percent(const struct engine_worker *w)
{
	unsigned int percent = READ_ONCE(w->limits->percent);

	return percent && percent < 100 ? percent : 100;
}

/* It slept for @ns, which pays for some of what it worked. */
static void engine_worker_rested(struct engine_worker *w, u64 ns)
{
	unsigned int percent = engine_worker_percent(w);
	u64 paid = w->worked;

	if (percent < 100)
		paid = min(paid, div_u64(ns * percent, 100 - percent));
	w->worked -= paid;
	w->now = local_clock();
	w->since = w->now;
}

/* Work no more than the limit allows: sleep for as long as is owed. */
static void engine_worker_rest(struct engine_worker *w)
{
	unsigned int percent = engine_worker_percent(w);
	u64 owed, now;
	ktime_t until;

	if (percent == 100) {
		/* Nothing of this is owed if there is a limit later. */
		w->worked = 0;
		w->since = w->now;
		return;
	}
	now = local_clock();
	w->worked += engine_elapsed(w->since, now);
	w->since = now;
	owed = div_u64(w->worked * (100 - percent), percent);
	if (owed < ENGINE_MIN_REST_NS)
		return;
	until = ktime_add_ns(ktime_get(), owed);
	do {
		/* Orders nothing: kicks end the sleep, and it may go on. */
		set_current_state(TASK_IDLE);
	} while (schedule_hrtimeout(&until, HRTIMER_MODE_ABS) &&
		 !kthread_should_stop());
	engine_worker_rested(w, engine_elapsed(now, local_clock()));
}

/* Between two steps others may run on this CPU, and those who wait for us. */
static void engine_worker_pause(struct engine_worker *w)
{
	if (compat_resched())
		w->now = local_clock();
	engine_worker_rest(w);
}

/* Sleep until the mailbox has something. Return: false when told to end. */
static bool engine_worker_sleep(struct engine_worker *w)
{
	u64 start = local_clock();
	bool stop = false;

	w->worked += engine_elapsed(w->since, start);
	/* (J) pairs with (K): state before the last look at the mailbox */
	set_current_state(TASK_IDLE);
	if (llist_empty(&w->mailbox)) {
		/* Only here: a stop before the state was set would be lost. */
		stop = kthread_should_stop();
		if (!stop) {
			trace_flipq_worker_sleep(w->cpu);
			engine_count_add(&w->counters.sleeps, 1);
			schedule();
			engine_count_add(&w->counters.wakeups, 1);
			trace_flipq_worker_wake(w->cpu);
		}
	}
	__set_current_state(TASK_RUNNING);
	engine_worker_rested(w, engine_elapsed(start, local_clock()));
	return !stop;
}

static int engine_worker_thread(void *data)
{
	struct engine_worker *w = data;

	w->now = local_clock();
	w->since = w->now;
	for (;;) {
		engine_worker_receive(w);
		engine_worker_poll(w);
		if (!engine_worker_step(w)) {
			if (!w->nr_polled && !engine_share_first(&w->share)) {
				if (!engine_worker_sleep(w))
					return 0;
				continue;
			}
			cpu_relax();
		}
		engine_worker_pause(w);
	}
}

/**
 * engine_worker_create - make and start a worker
 * @name: of the pool; the thread is called @name/@cpu
 * @cpu: where it runs
 * @nice: -20 to 19
 * @limits: of a turn; read again at each one
 *
 * Return: the worker, or an ERR_PTR().
 */
struct engine_worker *
engine_worker_create(const char *name, unsigned int cpu, int nice,
		     const struct engine_turn_limits *limits)
{
	struct engine_worker *w;
	struct task_struct *task;
	int node = cpu_to_node(cpu);

	w = kzalloc_node(sizeof(*w), GFP_KERNEL, node);
	if (!w)
		return ERR_PTR(-ENOMEM);
	init_llist_head(&w->mailbox);
	INIT_LIST_HEAD(&w->polled);
	engine_share_init(&w->share, NULL);
	w->cpu = cpu;
	w->node = node;
	w->limits = limits;

	task = kthread_create_on_node(engine_worker_thread, w, node, "%s/%u",
				      name, cpu);
	if (IS_ERR(task)) {
		kfree(w);
		return ERR_CAST(task);
	}
	w->task = task;
	kthread_bind(task, cpu);
	sched_set_normal(task, nice);
	/* Orders nothing: it has not run, so it misses nothing. */
	wake_up_process(task);
	return w;
}

/* End a worker that no partition uses any more. */
void engine_worker_destroy(struct engine_worker *w)
{
	kthread_stop(w->task);
	engine_tenant_forget_all(w);
	kfree(w);
}
