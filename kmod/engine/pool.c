// SPDX-License-Identifier: GPL-2.0-only
/*
 * pool.c - the per-CPU workers, and what becomes of them when a CPU goes
 *
 * When a CPU goes its worker may run on the others; when it returns the worker
 * does, too. The thread moves, partitions stay with it, and no request notices.
 */
#include <linux/cpuhotplug.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "engine/engine.h"

/**
 * struct engine_pool - all workers of this module
 * @lock: guards @workers, how many partitions each has, and @online
 * @name: of the threads
 * @nice: of the threads
 * @limits: of turns
 * @cpus: CPUs that have a worker once they were online
 * @nr: workers there are; they stay until engine_pool_exit()
 * @workers: by CPU, NULL for none
 * @state: of CPU hotplug
 * @online: those of @cpus that are online, and stay so
 * @wq: frees queues that the workers let go of
 */
struct engine_pool {
	struct mutex lock;	/* guards workers, partitions, online */
	const char *name;
	int nice;
	const struct engine_turn_limits *limits;
	struct cpumask cpus;
	unsigned int nr;
	struct engine_worker **workers;
	enum cpuhp_state state;
	struct cpumask online;
	struct workqueue_struct *wq;
};

static struct engine_pool pool = {
	.lock = __MUTEX_INITIALIZER(pool.lock),
};

/*
 * Where each worker is to run: on its own CPU, or, while that is offline, on the
 * others of the pool. Outside of it only while none of it is online. All of them,
 * as the kernel moved those whose last CPU went to wherever it liked.
 */
static void engine_pool_place(void)
{
	const struct cpumask *away = &pool.online;
	unsigned int cpu;

	if (cpumask_empty(away))
		away = cpu_possible_mask;
	for_each_cpu(cpu, &pool.cpus) {
		struct engine_worker *w = pool.workers[cpu];

		if (w)
			set_cpus_allowed_ptr(w->task,
					     cpumask_test_cpu(cpu,
							      &pool.online) ?
					     cpumask_of(cpu) : away);
	}
}

static void engine_pool_add(unsigned int cpu)
{
	struct engine_worker *w =
		engine_worker_create(pool.name, cpu, pool.nice, pool.limits);

	if (IS_ERR(w)) {
		pr_warn("no worker on CPU %u: error %ld\n", cpu, PTR_ERR(w));
		return;
	}
	pool.workers[cpu] = w;
	pool.nr++;
}

/* Never fails the transition: without its worker a CPU is just not used. */
static int engine_pool_online(unsigned int cpu)
{
	if (!cpumask_test_cpu(cpu, &pool.cpus))
		return 0;
	mutex_lock(&pool.lock);
	cpumask_set_cpu(cpu, &pool.online);
	if (!pool.workers[cpu])
		engine_pool_add(cpu);
	engine_pool_place();
	mutex_unlock(&pool.lock);
	return 0;
}

static int engine_pool_offline(unsigned int cpu)
{
	if (!cpumask_test_cpu(cpu, &pool.cpus))
		return 0;
	mutex_lock(&pool.lock);
	cpumask_clear_cpu(cpu, &pool.online);
	engine_pool_place();
	mutex_unlock(&pool.lock);
	return 0;
}

static void engine_pool_free(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (pool.workers[cpu])
			engine_worker_destroy(pool.workers[cpu]);
	destroy_workqueue(pool.wq);
	kfree(pool.workers);
	pool.workers = NULL;
	pool.nr = 0;
}

/**
 * engine_pool_init - start a worker on each CPU
 * @name: of the threads, which add their CPU's number
 * @cpus: where; those that are offline get theirs when they come
 * @nice: of the threads
 * @limits: of turns; may change later
 *
 * Return: 0 or a negative errno.
 */
int engine_pool_init(const char *name, const struct cpumask *cpus, int nice,
		     const struct engine_turn_limits *limits)
{
	int ret;

	pool.name = name;
	pool.nice = nice;
	pool.limits = limits;
	cpumask_copy(&pool.cpus, cpus);
	cpumask_clear(&pool.online);
	pool.workers = kcalloc(nr_cpu_ids, sizeof(*pool.workers), GFP_KERNEL);
	if (!pool.workers)
		return -ENOMEM;
	pool.wq = alloc_workqueue("%s_free", WQ_UNBOUND, 0, name);
	if (!pool.wq) {
		kfree(pool.workers);
		pool.workers = NULL;
		return -ENOMEM;
	}
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "flipq:online",
				engine_pool_online, engine_pool_offline);
	if (ret < 0) {
		engine_pool_free();
		return ret;
	}
	pool.state = ret;
	if (!engine_pool_workers()) {
		engine_pool_exit();
		return -ENODEV;
	}
	return 0;
}

/* End all workers. No partition is left. */
void engine_pool_exit(void)
{
	cpuhp_remove_state_nocalls(pool.state);
	engine_pool_free();
}

/* How many workers there are. */
unsigned int engine_pool_workers(void)
{
	unsigned int nr;

	mutex_lock(&pool.lock);
	nr = pool.nr;
	mutex_unlock(&pool.lock);
	return nr;
}

/* How many of them belong to CPUs that the caller may run on. */
unsigned int engine_pool_usable(void)
{
	unsigned int cpu, nr = 0;

	mutex_lock(&pool.lock);
	for_each_cpu(cpu, current->cpus_ptr)
		nr += !!pool.workers[cpu];
	mutex_unlock(&pool.lock);
	return nr;
}

static bool engine_worker_chosen(struct engine_worker *const *chosen,
				 unsigned int nr, const struct engine_worker *w)
{
	while (nr--)
		if (chosen[nr] == w)
			return true;
	return false;
}

/*
 * How well would @w serve one more partition? First a CPU that the caller may
 * run on, then a worker that was not chosen yet, then one with few partitions.
 */
static u64 engine_worker_rank(struct engine_worker *const *chosen,
			      unsigned int nr, const struct engine_worker *w)
{
	u64 rank = U32_MAX - w->partitions;

	if (!engine_worker_chosen(chosen, nr, w))
		rank += BIT_ULL(32);
	if (cpumask_test_cpu(w->cpu, current->cpus_ptr))
		rank += BIT_ULL(33);
	return rank;
}

static struct engine_worker *
engine_pool_best(struct engine_worker *const *chosen, unsigned int nr)
{
	struct engine_worker *best = NULL;
	u64 best_rank = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct engine_worker *w = pool.workers[cpu];
		u64 rank = w ? engine_worker_rank(chosen, nr, w) : 0;

		if (rank > best_rank) {
			best = w;
			best_rank = rank;
		}
	}
	return best;
}

/**
 * engine_pool_choose - choose the workers of a queue's partitions
 * @workers: filled in; each to be given back with engine_pool_put()
 * @nr: how many; a worker may be chosen more than once
 */
void engine_pool_choose(struct engine_worker **workers, unsigned int nr)
{
	unsigned int i;

	mutex_lock(&pool.lock);
	for (i = 0; i < nr; i++) {
		workers[i] = engine_pool_best(workers, i);
		workers[i]->partitions++;
	}
	mutex_unlock(&pool.lock);
}

/* Where what is to be done soon may sleep; all of it is over at exit. */
struct workqueue_struct *engine_pool_workqueue(void)
{
	return pool.wq;
}

/* The partition is gone. */
void engine_pool_put(struct engine_worker *w)
{
	mutex_lock(&pool.lock);
	w->partitions--;
	mutex_unlock(&pool.lock);
}

/**
 * engine_pool_counters - read the counters of one worker
 * @index: which, counted from 0 in the order of CPUs
 * @cpu: out: its CPU
 * @counters: out
 *
 * @index is only counted down, so a CPU that runs ahead can read nothing by it.
 *
 * Return: 0, or -ENOENT past the last.
 */
int engine_pool_counters(unsigned int index, unsigned int *cpu,
			 struct flipq_counters *counters)
{
	int ret = -ENOENT;
	unsigned int i;

	mutex_lock(&pool.lock);
	for (i = 0; i < nr_cpu_ids && ret; i++) {
		struct engine_worker *w = pool.workers[i];

		if (w && !index--) {
			*cpu = w->cpu;
			engine_counters_read(counters, &w->counters);
			ret = 0;
		}
	}
	mutex_unlock(&pool.lock);
	return ret;
}
