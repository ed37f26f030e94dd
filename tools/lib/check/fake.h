/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake.h - a kernel for the tests: the server's side of kmod/flip/flip.h behind the
 * library's table of system calls
 *
 * By itself it serves nothing: a test says when, or starts the worker thread.
 */
#ifndef FAKE_H
#define FAKE_H

#include <pthread.h>

#include "../internal.h"

#define FAKE_FD	77

/* What FAKE_OP_SLOW takes. Not an opcode of the module's. */
#define FAKE_OP_SLOW	200
#define FAKE_SLOW_NS	2000000

/* Words of a bitmap that are watched. */
#define FAKE_WORDS	4096

/**
 * struct fake_part - a partition, as the server sees it
 * @server: server's side of the flip words
 * @node: place in the mailbox
 * @active: the worker polls it
 * @lock: whose turn it is, or who cancels; for @server
 * @leased: a thread serves it; under the kernel's lock
 * @serves: SERVE calls that got it
 * @refused: those that did not
 * @snap_fill: fill when the waiter came
 * @snap_reap: reap when the waiter came
 * @desc: first descriptor
 * @in: input buffers
 * @result: first result
 * @out: output buffers
 */
struct fake_part {
	struct flip_server server;
	struct flip_node node;
	bool active;
	pthread_mutex_t lock;
	bool leased;
	unsigned int serves;
	unsigned int refused;
	u64 snap_fill;
	u64 snap_reap;
	const unsigned char *desc;
	const unsigned char *in;
	unsigned char *result;
	unsigned char *out;
};

struct fake {
	struct flipq_sys sys;		/* first: the table is the kernel */

	/* what a test asks for */
	int open_error;
	int setup_error;
	bool barred;			/* shared workers are for others */
	unsigned int cpus;		/* of the caller */
	int map_error;			/* of the map_fails-th one */
	unsigned int map_fails;
	int enter_error;
	void (*tamper)(struct flipq_setup *setup);
	unsigned int newer;		/* bytes more of each struct */
	/* as if another thread came to a partition while its server stopped */
	uint64_t taken_after;		/* ns of a serving wait, 0 for never */
	uint64_t taken_served;		/* requests of a SERVE, 0 for never */
	bool serve_in_wait;		/* one request at a time, as needed */
	u64 bad_page;			/* FLUSH cannot write it */
	int node;			/* of the caller */
	const int *nodes;		/* by partition, NULL for none known */
	unsigned int spin;		/* worker's idle polls, on average half */

	/* what a test looks at */
	unsigned int opens;
	unsigned int closes;
	unsigned int maps;
	unsigned int unmaps;
	unsigned int ioctls;
	unsigned int enters;
	unsigned int cancels;
	struct flipq_enter last;
	unsigned char words[FAKE_WORDS];	/* of a FLUSH: who had it, +1 */
	bool words_shared;		/* two partitions had the same one */
	unsigned int flushes[FLIPQ_MAX_PARTITIONS];
	bool hung;			/* an endless wait had to be ended */

	/* its own */
	struct flipq_setup made;
	void *sub;
	void *comp;
	void *user_sub;
	void *user_comp;
	unsigned char *arena;
	unsigned int nr_parts;
	struct fake_part parts[FLIPQ_MAX_PARTITIONS];
	struct llist_head mailbox;
	int waiting;
	unsigned int minimum;
	bool threaded;
	unsigned int seed;		/* the worker's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool awake;			/* the worker's wake-up, under lock */
	bool woken;			/* the waiter's wake-up, under lock */
	bool stop;			/* under lock */
};

void fake_init(struct fake *f);
void fake_destroy(struct fake *f);

/* Serve up to @max requests of a partition, whether it is active or not. */
unsigned int fake_turn(struct fake *f, unsigned int part, unsigned int max);
/* Nothing to do: ask for kicks. Return: whether there really is nothing. */
bool fake_park(struct fake *f, unsigned int part);
/* Tell the waiter of ENTER that something has finished. */
void fake_wake_waiter(struct fake *f);
int fake_serve(struct fake *f, struct flipq_serve *s);
int fake_cancel(struct fake *f, struct flipq_cancel *c);
/* Serve a partition in the wait. Return: 0 or -EBUSY. */
int fake_wait_serve(struct fake *f, unsigned int part);
/* How many of the slots that were in flight when the waiter came are done? */
unsigned int fake_count_done(struct fake *f);
/* Take what was kicked, serve all that is active, park it. Return: how many. */
unsigned int fake_run(struct fake *f);
/* Take what was kicked, and poll it until fake_run() parks it. */
void fake_receive(struct fake *f);
/* The descriptor of a slot, as the kernel sees it, and its result. */
const struct flipq_desc *fake_desc(const struct fake *f, int slot);
struct flipq_result *fake_result(const struct fake *f, int slot);

static inline const struct flipq_desc *
fake_part_desc(const struct fake *f, const struct fake_part *p,
	       unsigned int slot)
{
	return (const void *)(p->desc + (size_t)slot * f->made.desc_stride);
}

static inline struct flipq_result *
fake_part_result(const struct fake *f, const struct fake_part *p,
		 unsigned int slot)
{
	return (void *)(p->result + (size_t)slot * f->made.result_stride);
}

void fake_start(struct fake *f);
void fake_stop(struct fake *f);

/* What COMPRESS and DECOMPRESS make of a byte. */
static inline unsigned char fake_code(unsigned char c)
{
	return c ^ 0x5a;
}

#endif /* FAKE_H */
