/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - a way to have requests handled while the submitter goes on
 *
 * Each model is written once and used by all experiments. Whatever is said of a
 * request is said in the thread that submits, which is one at a time.
 */
#ifndef BENCH_MODEL_H
#define BENCH_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/corpus.h"
#include "core/job.h"

#define MAX_THREADS	64
#define MAX_DEPTH	64

struct model;

/**
 * struct model_config - what a model is to do
 * @threads: that handle requests (flipq: partitions)
 * @depth: requests in flight per thread, at most MAX_DEPTH; 0: the model's own
 * @batch: requests handed over at once; 0: the model's own
 * @pin: threads stay on processors, the submitter on number @cpu
 * @cpu: workers on those after it, in turn
 * @job: what is done to each
 * @corpus: all inputs that will be submitted
 * @look: done() looks at results, so those left elsewhere are to be fetched
 * @done: called with each request that was handled, once; what it points to is
 *	the model's again afterwards
 * @arg: for @done
 *
 * A model whose source has a fixed depth, or no batches, keeps to that.
 */
struct model_config {
	unsigned int threads;
	unsigned int depth;
	unsigned int batch;
	bool pin;
	unsigned int cpu;
	const struct job *job;
	const struct corpus *corpus;
	bool look;
	void (*done)(void *arg, const struct request *request);
	void *arg;
};

/**
 * struct model_stats - what a model did
 * @busy: submissions that found no room at first
 * @syscalls: system calls that the model is known to have made
 * @wakeups: those of them that woke a thread
 * @workers: entries of the following
 * @requests: that each worker handled
 * @busy_ns: CPU time of each worker
 *
 * Of the calls that pthread_mutex_lock() makes when it has to wait nothing is
 * known; they show as context switches.
 */
struct model_stats {
	uint64_t busy;
	uint64_t syscalls;
	uint64_t wakeups;
	unsigned int workers;
	uint64_t requests[MAX_THREADS];
	uint64_t busy_ns[MAX_THREADS];
};

/**
 * struct model_ops - one model
 * @name: as the user gives it
 * @about: one line for the user
 * @needs: Return: what it needs and this machine lacks, or NULL. NULL: nothing.
 * @can: Return: whether it can do @job, once nothing is lacking. NULL: any.
 * @start: make the threads. NULL: failed, said why.
 * @submit: have @in handled, as soon as there is room; done() is called with
 *	@tag and @when, for this one or others, now or later
 * @flush: wait until done() was called with all
 * @stop: end the threads, fill in @stats (unless NULL), free all
 *
 * @submit and @flush return 0, or a negative errno after having said why.
 */
struct model_ops {
	const char *name;
	const char *about;
	const char *(*needs)(void);
	bool (*can)(const struct job *job);
	struct model *(*start)(const struct model_config *config);
	int (*submit)(struct model *m, const void *in, uint64_t tag,
		      uint64_t when);
	int (*flush)(struct model *m);
	void (*stop)(struct model *m, struct model_stats *stats);
};

static inline const char *model_needs(const struct model_ops *m)
{
	return m->needs ? m->needs() : NULL;
}

static inline bool model_can(const struct model_ops *m, const struct job *job)
{
	return !m->can || m->can(job);
}

/*
 * How many of @flight requests to wait for, when there is no room: until each
 * worker has a batch left, or half of them if that is less. Each sleep costs a
 * wake-up, so the fewer the better; but who has nothing left works no more.
 */
static inline unsigned int model_minimum(unsigned int flight,
					 unsigned int batch,
					 unsigned int workers)
{
	const unsigned int left = batch * workers;

	return flight - (left < flight / 2 ? left : flight / 2);
}

/* Say that @name could not start, for want of memory or threads. */
void model_complain(const char *name);

#endif /* BENCH_MODEL_H */
