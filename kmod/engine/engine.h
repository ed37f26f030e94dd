/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.h - workers, queues and partitions, for their clients
 *
 * The engine moves slots between a submitter and the workers. What a request
 * is, where it lies and who may see it is the client's business, told by ops.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <linux/flipq.h>

#include "flip/flip.h"
#include "engine/share.h"

/*
 * For what is charged to the caller: where its memory cgroup has no more, the
 * call fails. Without the second flag it would be the end of the caller.
 */
#define ENGINE_GFP (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

struct completion;
struct engine_partition;
struct engine_queue;

/**
 * struct engine_ops - what a client does for the engine
 * @request_size: bytes of private memory per slot, 0 for none
 * @request_init: prepare one slot's private memory, at creation; may be NULL.
 *	A negative errno undoes the creation.
 * @request_uninit: undo @request_init, at destruction, once for each success
 * @request_handler: do the request in @slot. Called by the worker: must not
 *	allocate or wait for anybody. What it did it adds to @part->turn.
 * @request_cancelled: instead of @request_handler, for a request that was
 *	cancelled before it started; may be NULL where nothing is cancelled
 * @request_done: take the result of the request in @slot, cancelled or not, in
 *	the submitter's context; may be NULL. Called by workqueue.c, once for
 *	each request; a submitter in user space sees to its results itself.
 * @turn_done: after the requests of a turn, before they are published, and when
 *	the partition parks; may be NULL
 */
struct engine_ops {
	size_t request_size;
	int (*request_init)(struct engine_partition *part, unsigned int slot,
			    void *request);
	void (*request_uninit)(struct engine_partition *part, unsigned int slot,
			       void *request);
	void (*request_handler)(struct engine_partition *part,
				unsigned int slot, void *request);
	void (*request_cancelled)(struct engine_partition *part,
				  unsigned int slot, void *request);
	void (*request_done)(struct engine_partition *part, unsigned int slot,
			     void *request);
	void (*turn_done)(struct engine_partition *part);
};

/**
 * struct engine_turn_limits - when a turn ends; may change at any time
 * @requests: after so many; 0 is taken for 1
 * @ns: after so much time
 * @percent: of its CPU that a worker may take, 1 to 100
 */
struct engine_turn_limits {
	unsigned int requests;
	unsigned int ns;
	unsigned int percent;
};

static inline unsigned int
engine_limit_requests(const struct engine_turn_limits *limits)
{
	unsigned int requests = READ_ONCE(limits->requests);

	return requests ? requests : 1;
}

/**
 * struct engine_worker - a kthread and the partitions it serves
 * @mailbox: boxes with kicked partitions, by anybody
 * @task: the thread, for wake-ups
 * @cpu: whose turn it is to run on; constant
 * @node: of @cpu
 * @partitions: how many there are, under the pool's lock
 * @limits: of a turn
 * @share: the tenants with work are its children; the worker's alone, as are
 *	all that follow
 * @polled: partitions that are polled while empty
 * @nr_polled: how many
 * @now: when its last step ended, ns of local_clock()
 * @since: up to when @worked counts
 * @worked: how long it worked and did not rest for it yet, ns
 * @counters: read by anybody with READ_ONCE()
 */
struct engine_worker {
	struct llist_head mailbox;
	struct task_struct *task;
	unsigned int cpu;
	int node;
	unsigned int partitions;
	const struct engine_turn_limits *limits;
	struct engine_share share ____cacheline_aligned_in_smp;
	struct list_head polled;
	unsigned int nr_polled;
	u64 now;
	u64 since;
	u64 worked;
	struct flipq_counters counters;
};

/**
 * struct engine_tenant - a user at a worker
 * @hash: among all tenants, by user
 * @worker: where
 * @user: who; compared, never followed
 * @box: kicked partitions
 * @share: of the worker's time; the worker's alone, as are all that follow
 * @boxed: @box was taken from the mailbox and not opened yet
 * @inbox: kicked partitions taken from @box and not looked at yet
 * @nr_polled: how many partitions are polled while empty
 */
struct engine_tenant {
	struct hlist_node hash;
	struct engine_worker *worker;
	const void *user;
	struct flip_box box;
	struct engine_share share ____cacheline_aligned_in_smp;
	bool boxed;
	struct llist_node *inbox;
	unsigned int nr_polled;
};

/**
 * struct engine_partition - slots with one server
 * @server: protocol state; the worker's
 * @node: protocol state; in its tenant's box
 * @share: of the worker's time; has work while requests are looked for there
 * @polled: in the worker's list while polled; the worker's. When the worker let
 *	go of it, in a list of its thread's
 * @idle_since: when it was first found empty, ns, 0 for not; the worker's
 * @spin_ns: how long it is polled while empty
 * @turn: what was done in the present turn; the worker's
 * @counters: what was done before; the worker's; read with READ_ONCE()
 * @worker: who serves it, NULL where the owner's threads do
 * @tenant: its user at @worker
 * @queue_share: what the queue gets at @worker, and the parent of @share; the
 *	queue's first partition there has it for all others
 * @lease: bit 0: held by the owner's thread that serves it
 * @serve_wq: that thread sleeps here
 * @cancel: tags
 * @cancel_seq: odd while the server is about the tags
 * @queue: whose it is
 * @index: in its queue
 * @requests: private memory, slots times request_size
 * @inited: slots for which request_init succeeded
 * @priv: the client's
 * @reap_word: the submitter's, for poll and wait
 * @flight: the waiter's snapshot: slots in use
 * @reap: the waiter's snapshot of *@reap_word
 */
struct engine_partition {
	struct flip_server server ____cacheline_aligned_in_smp;
	struct flip_node node;
	struct flip_cancel cancel;
	struct engine_share share;
	struct list_head polled;
	u64 idle_since;
	u64 spin_ns;
	struct flipq_counters turn;
	struct flipq_counters counters;
	struct engine_worker *worker;
	struct engine_tenant *tenant;
	struct engine_share queue_share;
	unsigned long lease;
	wait_queue_head_t serve_wq;
	u64 cancel_seq;
	struct engine_queue *queue;
	unsigned int index;
	void *requests;
	unsigned int inited;
	void *priv;
	const u64 *reap_word ____cacheline_aligned_in_smp;
	u64 flight;
	u64 reap;
};

/**
 * struct engine_words - where a partition's words are
 * @fill: written by the submitter
 * @reap: written by the submitter
 * @done: written by the server
 * @need_wakeup: written by the server
 *
 * Zero at the start, and valid until the queue is freed.
 */
struct engine_words {
	const u64 *fill;
	const u64 *reap;
	u64 *done;
	u32 *need_wakeup;
};

/**
 * struct engine_queue - partitions with one submitter
 * @ops: the client's
 * @user: whose it is; compared, never followed
 * @id: counts queues from 1, for the tracepoints
 * @slots: per partition
 * @nr: partitions
 * @wait_spin_ns: how long a wait polls before it sleeps
 * @wait_state: how it sleeps, that is, what signals end it; TASK_INTERRUPTIBLE
 *	unless the client changes it before the first wait
 * @waiting: protocol state: somebody waits
 * @minimum: for how many; stable while @waiting
 * @wait_busy: bit 0: taken by the one waiter
 * @waits: waits so far; the waiter's
 * @sleeping_waits: those that slept; the waiter's
 * @wait_wq: the waiter sleeps here
 * @poll_wq: pollers are registered here, and nowhere if it is NULL; the client's,
 *	who sets it before the first partition is added, and keeps it for as long
 *	as the queue
 * @cancel_lock: one cancel at a time
 * @cancel_wq: it sleeps here
 * @attached: partitions that workers know of, and one for who closes it
 * @gone: called when there is none left
 * @gone_arg: for it
 * @gone_work: calls it
 * @gone_wq: where that is queued
 * @done: completed instead, where somebody waits
 * @parts: @nr of them
 */
struct engine_queue {
	const struct engine_ops *ops;
	const void *user;
	u32 id;
	unsigned int slots;
	unsigned int nr;
	u64 wait_spin_ns;
	unsigned int wait_state;
	int waiting;
	unsigned int minimum;
	unsigned long wait_busy;
	u64 waits;
	u64 sleeping_waits;
	wait_queue_head_t wait_wq;
	wait_queue_head_t *poll_wq;
	struct mutex cancel_lock;	/* one cancel at a time */
	wait_queue_head_t cancel_wq;
	atomic_t attached;
	void (*gone)(void *arg);
	void *gone_arg;
	struct work_struct gone_work;
	struct workqueue_struct *gone_wq;
	struct completion *done;
	struct engine_partition *parts[];
};

/* Add to a counter that others read without a lock. */
static inline void engine_count_add(__u64 *counter, u64 n)
{
	WRITE_ONCE(*counter, *counter + n);
}

/*
 * Time between two readings of local_clock(), ns. A thread that moved to another
 * CPU in between may find an earlier time there: then it is none.
 */
static inline u64 engine_elapsed(u64 from, u64 to)
{
	return (s64)(to - from) > 0 ? to - from : 0;
}

/* counters.c */
void engine_counters_read(struct flipq_counters *to,
			  const struct flipq_counters *from);
void engine_counters_sum(struct flipq_counters *to,
			 const struct flipq_counters *from);

/* kick.c */
void engine_kick(struct engine_partition *part);
void engine_queue_kick(struct engine_queue *q, u64 partitions);

/* wait.c */
int engine_wait_begin(struct engine_queue *q, u64 partitions,
		      unsigned int minimum);
bool engine_wait_over(const struct engine_queue *q);
bool engine_wait_signal(const struct engine_queue *q);
int engine_wait(struct engine_queue *q, ktime_t deadline);
unsigned int engine_wait_end(struct engine_queue *q);
bool engine_ready(const struct engine_queue *q);
void engine_wake(struct engine_queue *q);

/* turn.c */
unsigned int engine_take_turn(struct engine_partition *part,
			      struct flipq_counters *tally,
			      unsigned int requests, unsigned int ns, u64 *now);

/* serve.c */
bool engine_lease_try(struct engine_partition *part);
void engine_lease_end(struct engine_partition *part);
int engine_serve(struct engine_partition *part,
		 const struct engine_turn_limits *limits, unsigned int requests,
		 u64 idle_ns, ktime_t *idle_end, u64 *served);
int engine_serve_wait(struct engine_queue *q, struct engine_partition *part,
		      const struct engine_turn_limits *limits,
		      ktime_t deadline);

/* cancel.c */
int engine_queue_cancel(struct engine_queue *q, const u64 *slots,
			u64 *cancelled);

/* tenant.c */
struct engine_tenant *engine_tenant_get(struct engine_worker *w,
					const void *user);
void engine_tenant_forget(const void *user);
void engine_tenant_forget_all(const struct engine_worker *w);

/* detach.c */
void engine_detached(struct engine_queue *q);

/* worker.c */
struct engine_worker *
engine_worker_create(const char *name, unsigned int cpu, int nice,
		     const struct engine_turn_limits *limits);
void engine_worker_destroy(struct engine_worker *w);

/* pool.c */
int engine_pool_init(const char *name, const struct cpumask *cpus, int nice,
		     const struct engine_turn_limits *limits);
void engine_pool_exit(void);
unsigned int engine_pool_workers(void);
unsigned int engine_pool_usable(void);
void engine_pool_choose(struct engine_worker **workers, unsigned int nr);
void engine_pool_put(struct engine_worker *w);
struct workqueue_struct *engine_pool_workqueue(void);
int engine_pool_counters(unsigned int index, unsigned int *cpu,
			 struct flipq_counters *counters);

/* queue.c */
struct engine_queue *engine_queue_create(const struct engine_ops *ops,
					 const void *user, unsigned int slots,
					 unsigned int nr, u64 wait_spin_ns);
int engine_queue_add(struct engine_queue *q, const struct engine_words *words,
		     u64 worker_spin_ns, struct engine_worker *worker,
		     void *priv);
bool engine_queue_close(struct engine_queue *q, void (*gone)(void *arg),
			void *arg);
void engine_queue_destroy(struct engine_queue *q);
void engine_queue_free(struct engine_queue *q);

#endif /* ENGINE_H */
