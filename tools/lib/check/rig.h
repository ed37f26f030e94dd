/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rig.h - the engine of kmod/engine with a pool, queues and their submitters
 *
 * The engine is the one that ships; what is below it is kmod/engine/user. A test
 * begins with rig_start() and ends with rig_end(), and is over in time or fails.
 * Unless it asks for the real clock, time goes by only where it says so, and
 * where somebody spins: see shim_stop_clock().
 */
#ifndef RIG_H
#define RIG_H

#include "engine/engine.h"
#include "tap.h"

/**
 * enum rig_what - what the engine did for a client
 * @RIG_HANDLED: a request was handled
 * @RIG_CANCELLED: a request was told that it is cancelled
 * @RIG_TURN: turn_done was called
 */
enum rig_what {
	RIG_HANDLED,
	RIG_CANCELLED,
	RIG_TURN,
};

/**
 * struct rig_event - one of these
 * @what: it was
 * @part: for which partition
 * @slot: and slot
 * @at: when, on local_clock()
 * @done: what the partition had published by then
 * @seq: the partition's cancel_seq
 */
struct rig_event {
	enum rig_what what;
	const struct engine_partition *part;
	unsigned int slot;
	u64 at;
	u64 done;
	u64 seq;
};

#define RIG_LOG		65536

extern struct rig_event rig_log[RIG_LOG];
/* How many of them there are. */
unsigned int rig_logged(void);
/* How often that happened to a partition; NULL for all. */
unsigned int rig_count(enum rig_what what, const struct engine_partition *part);
/* Forget all that happened. */
void rig_forget(void);

/**
 * struct rig_gate - where handlers wait until they may go on
 * @lock: guards all
 * @cond: something changed
 * @shut: they wait
 * @inside: how many do
 */
struct rig_gate {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool shut;
	unsigned int inside;
};

#define RIG_GATE { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, true, 0 }

/* Wait until a handler is at the gate. */
void rig_gate_await(struct rig_gate *gate);
/* Let handlers go on, now and later. */
void rig_gate_open(struct rig_gate *gate);

/* With the line that processors fetch along. */
#define ____cacheline_aligned	__attribute__((aligned(128)))

/**
 * struct rig_part - a partition: its words, and the submitter's side
 */
struct rig_part {
	u64 fill ____cacheline_aligned;
	u64 reap;
	u64 done ____cacheline_aligned;
	u32 need_wakeup;
	struct flip_submitter side ____cacheline_aligned;
	struct engine_worker *worker;
};

/**
 * struct rig_queue - a queue, and what its handlers do beside counting
 * @q: the engine's side
 * @part: each partition of it
 * @cost: ns that a request takes
 * @turn_cost: ns that the end of a turn takes
 * @on_request: called by the handler, if not NULL
 * @gate: where handlers wait, if not NULL
 * @gone: engine_queue_close() has called back so often
 */
struct rig_queue {
	struct engine_queue *q;
	struct rig_part part[FLIPQ_MAX_PARTITIONS];
	u64 cost;
	u64 turn_cost;
	void (*on_request)(struct engine_partition *part, unsigned int slot);
	struct rig_gate *gate;
	unsigned int gone;
};

/* What the handlers of a rig's queues are. */
extern struct engine_ops rig_ops;
/* Of the pool's turns: 8 requests, 1 s, and all of a CPU, unless changed. */
extern struct engine_turn_limits rig_limits;
/* init: fail from this one on, counted from 1; 0 for none */
extern unsigned int rig_fail_init;

/* A pool over so many CPUs, 0 for none, on a clock that stands. */
void rig_start(unsigned int cpus);
/* The end of that pool. Return: whether all was well, and nothing is left. */
bool rig_stop(void);
#define rig_end(name) ok(rig_stop(), name)

/* A queue with workers of the pool, or owner-served without; NULL: no memory. */
struct rig_queue *rig_queue(const void *user, unsigned int nr,
			    unsigned int slots, bool workers, u64 spin_ns);
/* Destroy it. */
void rig_queue_end(struct rig_queue *rq);
/* Close it, and free it once its workers let go; counted in @gone. */
bool rig_queue_close(struct rig_queue *rq);
/* Free what rig_queue_close() has closed. */
void rig_queue_free(struct rig_queue *rq);

/* Publish requests in free slots, without a kick. */
void rig_publish(struct rig_queue *rq, unsigned int i, u64 slots);
/* The same, and kick if the partition asks for it. Return: whether it did. */
bool rig_submit(struct rig_queue *rq, unsigned int i, u64 slots);
/* Slots that are finished and not collected. */
u64 rig_finished(struct rig_queue *rq, unsigned int i);
/* Collect what is finished. Return: which slots. */
u64 rig_collect(struct rig_queue *rq, unsigned int i);
/* How often the request in a slot was handled, or cancelled. */
unsigned int rig_handled(const struct rig_queue *rq, unsigned int i,
			 unsigned int slot);
unsigned int rig_cancelled(const struct rig_queue *rq, unsigned int i,
			   unsigned int slot);

/**
 * struct rig_thread - a thread beside the test's own
 */
struct rig_thread {
	pthread_t thread;
	struct task_struct *task;
	int (*fn)(void *arg);
	void *arg;
	int ret;
	bool over;
	bool joined;
};

/* Start it. */
void rig_go(struct rig_thread *t, int (*fn)(void *arg), void *arg);
/* Wait until it sleeps in the engine, or is over. Return: whether it sleeps. */
bool rig_await_sleep(struct rig_thread *t);
/* Wait for its end. Return: what its function did. */
int rig_join(struct rig_thread *t);

/* Give way for a moment of real time. */
void rig_pause(void);

#define RIG_UNTIL(cond) do { while (!(cond)) rig_pause(); } while (0)

/*
 * At the @nr-th access of this thread to shared memory from now on, call @fn
 * once; 0 for never. Return: whether the last one was called.
 */
bool rig_at_point(unsigned int nr, void (*fn)(void *arg), void *arg);

/**
 * struct rig_meeting - two threads that meet at each point of the first one
 * @begin: prepare
 * @walk: what the first does
 * @meet: what the other does meanwhile, as a whole, also after the last point of
 *	@walk: it may wait for that
 * @end: look at what has come of it, and at what @walk returned
 *
 * All of them are called in turn, with @meet at one point later each time.
 */
struct rig_meeting {
	void (*begin)(void);
	int (*walk)(void *arg);
	void (*meet)(void *arg);
	bool (*end)(int ret);
};

/* Return: at how many points they met, or 0 if @end was not content once. */
unsigned int rig_meet(const struct rig_meeting *m);

/* Delays of random length at such points, in all threads. */
void rig_random(bool on);
/* Repeatable, and each thread's own. */
unsigned int rig_draw(unsigned int below);

#endif /* RIG_H */
