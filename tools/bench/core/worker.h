/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker.h - what the threads of all models have in common
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <pthread.h>
#include <stdalign.h>

#include "core/model.h"

/* A member that others write is kept from the rest: processors fetch pairs. */
#define on_line alignas(2 * CACHE_LINE)

/**
 * struct worker - a thread that handles requests
 * @job: what it does
 * @state: its own, for that
 * @thread: to be joined
 * @main: what it runs
 * @arg: for @main
 * @started: @thread is one
 * @requests: it handled
 * @syscalls: it made
 * @wakeups: of those, such that woke somebody
 * @busy_ns: its CPU time, once it ended
 */
struct worker {
	const struct job *job;
	void *state;
	pthread_t thread;
	void (*main)(void *arg);
	void *arg;
	bool started;
	uint64_t requests;
	uint64_t syscalls;
	uint64_t wakeups;
	uint64_t busy_ns;
};

/* The @n'th of @config. Return: false if there is no memory or thread. */
bool worker_start(struct worker *w, const struct model_config *config,
		  unsigned int n, void (*main)(void *arg), void *arg);
/* As a worker, but the caller is the thread. */
bool worker_be(struct worker *w, const struct job *job);
/* The processor that the @n'th after @cpu is. */
unsigned int processor(unsigned int cpu, unsigned int n);
/* Once it was told to end. */
void worker_join(struct worker *w);
/* Of one that ended: add it to @stats, unless that is NULL. */
void worker_count(const struct worker *w, struct model_stats *stats);

static inline void worker_handle(struct worker *w, struct request *r)
{
	job_handle(w->job, w->state, r);
	w->requests++;
}

static inline void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

#endif /* BENCH_WORKER_H */
