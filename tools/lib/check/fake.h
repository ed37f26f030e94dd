/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake.h - a kernel for the tests: the module's engine behind the library's
 * table of system calls
 *
 * By itself it serves nothing: its workers are held, and a test says when they
 * go on.
 */
#ifndef FAKE_H
#define FAKE_H

#include "../internal.h"

#define FAKE_FD	77

/* What FAKE_OP_SLOW takes. Not an opcode of the module's. */
#define FAKE_OP_SLOW	200
#define FAKE_SLOW_NS	2000000

/* Words of a bitmap that are watched. */
#define FAKE_WORDS	4096

struct engine_queue;
struct fake;

/**
 * struct fake_part - a partition, as who serves it sees it
 * @fake: whose it is
 * @done: the engine's word
 * @desc: first descriptor
 * @in: input buffers
 * @result: first result
 * @out: output buffers
 * @refused: calls that would have served it, but for another that does
 */
struct fake_part {
	struct fake *fake;
	const u64 *done;
	const unsigned char *desc;
	const unsigned char *in;
	unsigned char *result;
	unsigned char *out;
	unsigned int refused;
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
	bool awake;			/* one worker, which never sleeps */

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
	pid_t owner;			/* whose the queue is */
	struct flipq_setup made;
	void *sub;
	void *comp;
	void *user_sub;
	void *user_comp;
	unsigned char *arena;
	unsigned int nr_parts;
	struct fake_part parts[FLIPQ_MAX_PARTITIONS];
	struct engine_queue *queue;	/* from set-up to close */
	bool pool;			/* there are workers */
	bool going;			/* which are not held */
};

void fake_init(struct fake *f);
void fake_destroy(struct fake *f);

/* The descriptor of a slot, as the kernel sees it, and its result. */
const struct flipq_desc *fake_desc(const struct fake *f, int slot);
struct flipq_result *fake_result(const struct fake *f, int slot);
/* How many calls have served a partition of the owner's? */
unsigned int fake_serves(const struct fake *f, unsigned int part);
/* Be another thread that serves it. Return: whether there was none. */
bool fake_lease(struct fake *f, unsigned int part);
void fake_lease_end(struct fake *f, unsigned int part);

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

/* fake_turns.c: while the workers are held */

/* Let them serve all that was kicked, and park. Return: how many. */
unsigned int fake_run(struct fake *f);
/* Let them take what was kicked, serve nothing, and poll until fake_run(). */
void fake_receive(struct fake *f);
/* Serve up to @max requests of a partition, kicked or not. Return: how many. */
unsigned int fake_turn(struct fake *f, unsigned int part, unsigned int max);
/* Serve what a wait is for, one request at a time. Return: 0 or -ETIME. */
int fake_serve_wait(struct fake *f);
/* Cancel these slots of each partition. Return: how many. */
unsigned int fake_cancel(struct fake *f, const u64 *slots);

/* Let them go, or hold them again. */
void fake_start(struct fake *f);
void fake_stop(struct fake *f);

/* What COMPRESS and DECOMPRESS make of a byte. */
static inline unsigned char fake_code(unsigned char c)
{
	return c ^ 0x5a;
}

#endif /* FAKE_H */
