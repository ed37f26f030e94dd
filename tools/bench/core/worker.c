// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - what the threads of all models have in common
 */
#include <sys/sysinfo.h>

#include "core/clock.h"
#include "core/worker.h"

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	w->main(w->arg);
	w->busy_ns = cpu_ns();
	return NULL;
}

bool worker_be(struct worker *w, const struct job *job)
{
	w->job = job;
	return job_init(job, &w->state);
}

unsigned int processor(unsigned int cpu, unsigned int n)
{
	return (cpu + n) % (unsigned int)get_nprocs();
}

static void pin(pthread_attr_t *attr, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_setaffinity_np(attr, sizeof(set), &set);
}

bool worker_start(struct worker *w, const struct model_config *config,
		  unsigned int n, void (*main)(void *arg), void *arg)
{
	pthread_attr_t attr;

	w->main = main;
	w->arg = arg;
	if (!worker_be(w, config->job))
		return false;
	pthread_attr_init(&attr);
	if (config->pin)
		pin(&attr, processor(config->cpu, n + 1));
	w->started = !pthread_create(&w->thread, &attr, worker_main, w);
	pthread_attr_destroy(&attr);
	return w->started;
}

void worker_join(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	job_uninit(w->job, w->state);
}

void worker_count(const struct worker *w, struct model_stats *stats)
{
	if (!stats)
		return;
	stats->syscalls += w->syscalls;
	stats->wakeups += w->wakeups;
	stats->requests[stats->workers] = w->requests;
	stats->busy_ns[stats->workers] = w->busy_ns;
	stats->workers++;
}
