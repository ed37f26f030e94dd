// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_pool.c - kmod/engine/pool.c: which workers there are, who gets which,
 * and where they run while CPUs come and go
 */
#include "rig.h"

static void workers(void)
{
	struct engine_worker *w[4];
	unsigned int i, cpus = 0;

	rig_start(4);
	is(engine_pool_workers(), 4, "a worker for each CPU");
	is(engine_pool_usable(), 4, "all of which the caller may use");
	engine_pool_choose(w, 4);
	for (i = 0; i < 4; i++) {
		cpus |= 1U << w[i]->cpu;
		ok(READ_ONCE(w[i]->task->cpus_ptr) == cpumask_of(w[i]->cpu),
		   "each runs on its own");
		engine_pool_put(w[i]);
	}
	is(cpus, 15, "and on another than the others");
	shim_settle();
	rig_end("workers leave nothing");
}

static void part_of_the_cpus(void)
{
	struct cpumask mask = { 0x5 };
	struct engine_worker *w[2];

	rig_start(0);
	shim_cpus(4);
	is(engine_pool_init("rig", &mask, 0, &rig_limits), 0,
	   "a pool on some CPUs");
	is(engine_pool_workers(), 2, "has as many workers");
	engine_pool_choose(w, 2);
	is(w[0]->cpu + 10 * w[1]->cpu, 20, "on those");
	shim_cpu_online(1);
	is(engine_pool_workers(), 2, "others that come get none");
	is(shim_cpu_offline(1), 0, "and may go as they like");
	is(engine_pool_workers(), 2, "nor do they take any when they go");
	shim_cpu_online(1);
	ok(w[0]->task->cpus_ptr == cpumask_of(0), "the workers stay");
	engine_pool_put(w[0]);
	engine_pool_put(w[1]);
	engine_pool_exit();
	mask.bits = 0;
	is(engine_pool_init("rig", &mask, 0, &rig_limits), -ENODEV,
	   "a pool without CPUs is none");
	mask.bits = 1UL << 40;
	is(engine_pool_init("rig", &mask, 0, &rig_limits), -ENODEV,
	   "nor is one on CPUs that there are not");
	rig_end("pools leave nothing");
}

/* Who chooses gets each worker once, then those with few partitions. */
static void chosen(void)
{
	struct engine_worker *a[3], *b[4], *c[2];
	unsigned int i;

	rig_start(3);
	engine_pool_choose(a, 2);
	ok(a[0] != a[1], "two partitions get two workers");
	engine_pool_choose(a + 2, 1);
	ok(a[2] != a[0] && a[2] != a[1], "the next one gets who has none");
	engine_pool_put(a[1]);
	engine_pool_choose(c, 1);
	ok(c[0] == a[1], "who was given back is chosen next");
	is(c[0]->partitions, 1, "partitions are counted");
	engine_pool_choose(b, 4);
	ok(b[0] != b[1] && b[1] != b[2] && b[0] != b[2],
	   "each worker comes once");
	ok(b[3] == b[0], "before one comes twice");
	is(b[0]->partitions, 3, "which is counted, too");
	is(b[1]->partitions, 2, "for each");
	for (i = 0; i < 4; i++)
		engine_pool_put(b[i]);
	engine_pool_put(a[0]);
	engine_pool_put(a[2]);
	engine_pool_put(c[0]);
	is(a[0]->partitions + a[1]->partitions + a[2]->partitions, 0,
	   "and given back");
	rig_end("choices leave nothing");
}

static void chosen_of_two(void)
{
	struct engine_worker *w[10], *b[2], *c;
	unsigned int i;

	rig_start(2);
	for (i = 0; i < 10; i++)
		engine_pool_choose(&w[i], 1);
	is(w[0]->partitions, 5, "who chooses one at a time");
	is(w[1]->partitions, 5, "goes round");
	for (i = 0; i < 10; i += 2)
		engine_pool_put(w[0]);
	engine_pool_choose(b, 2);
	ok(b[0] == w[0], "who has least comes first");
	ok(b[1] == w[1], "then who was not chosen, whatever it has");
	engine_pool_choose(&c, 1);
	ok(c == w[0], "few are better than many");
	for (i = 0; i < 6; i++)
		engine_pool_put(w[1]);
	engine_pool_put(w[0]);
	engine_pool_put(w[0]);
	rig_end("a choice of two leaves nothing");
}

static void no_hotplug(void)
{
	rig_start(0);
	shim_cpus(2);
	shim_fail_hotplug(-EBUSY);
	is(engine_pool_init("rig", cpu_possible_mask, 0, &rig_limits), -EBUSY,
	   "without news of CPUs there is no pool");
	shim_fail_hotplug(0);
	rig_end("a pool without news leaves nothing");
}

static void of_the_callers_cpus(void)
{
	const struct cpumask *before = current->cpus_ptr;
	const struct cpumask mine = { 0x4 }, none = { 1UL << 40 };
	struct engine_worker *w[4], *one;
	unsigned int i;

	rig_start(3);
	current->cpus_ptr = &mine;
	is(engine_pool_usable(), 1, "the caller's CPUs have a worker");
	engine_pool_choose(w, 4);
	is(w[0]->cpu, 2, "which comes first");
	is(w[1]->cpu, 2, "and again, however much it has to do");
	engine_pool_choose(&one, 1);
	is(one->cpu, 2, "and for the next one");
	engine_pool_put(one);
	for (i = 0; i < 4; i++)
		engine_pool_put(w[i]);
	current->cpus_ptr = &none;
	is(engine_pool_usable(), 0, "CPUs that there are not have none");
	engine_pool_choose(w, 2);
	ok(w[0] != w[1], "then any will do");
	engine_pool_put(w[0]);
	engine_pool_put(w[1]);
	current->cpus_ptr = before;
	rig_end("callers' CPUs leave nothing");
}

static unsigned long runs_on(const struct engine_worker *w)
{
	return READ_ONCE(w->task->cpus_ptr)->bits;
}

static void hotplug(void)
{
	struct engine_worker *w[3];
	unsigned int i;

	rig_start(3);
	engine_pool_choose(w, 3);
	is(shim_cpu_offline(1), 0, "a CPU may go");
	is(runs_on(w[1]), 0x5, "its worker runs on the others then");
	is(runs_on(w[0]), 0x1, "which keep theirs");
	is(engine_pool_workers(), 3, "no worker ends");
	shim_cpu_offline(2);
	is(runs_on(w[1]) | runs_on(w[2]), 0x1, "on those that are left");
	shim_cpu_offline(0);
	is(runs_on(w[0]) & runs_on(w[1]) & runs_on(w[2]), 0x7,
	   "and anywhere where none is");
	is(shim_cpu_online(1), 0, "a CPU may return");
	is(runs_on(w[1]), 0x2, "so does its worker");
	is(runs_on(w[0]), 0x2, "and those that are still away go there");
	is(engine_pool_workers(), 3, "no worker is made twice");
	shim_cpu_online(0);
	shim_cpu_online(2);
	is(runs_on(w[0]) << 8 | runs_on(w[2]), 0x104, "in the end all are back");
	for (i = 0; i < 3; i++)
		engine_pool_put(w[i]);
	rig_end("CPUs that come and go leave nothing");
}

static void late_cpu(void)
{
	struct engine_worker *w[2];

	rig_start(0);
	shim_cpus(2);
	shim_cpu_offline(1);
	is(engine_pool_init("rig", cpu_possible_mask, 0, &rig_limits), 0,
	   "a pool begins with a CPU that is offline");
	is(engine_pool_workers(), 1, "which has no worker");
	is(engine_pool_usable(), 1, "for nobody");
	shim_fail_allocation(1);
	is(shim_cpu_online(1), 0, "it comes without memory for one");
	shim_fail_allocation(0);
	is(engine_pool_workers(), 1, "then it has none");
	shim_cpu_offline(1);
	is(shim_cpu_online(1), 0, "and comes again");
	is(engine_pool_workers(), 2, "when it gets one");
	engine_pool_choose(w, 2);
	is(w[1]->cpu + w[0]->cpu, 1, "that can be chosen");
	is(runs_on(w[0]) + runs_on(w[1]), 3, "and runs there");
	engine_pool_put(w[0]);
	engine_pool_put(w[1]);
	engine_pool_exit();
	is(shim_cpu_offline(1), 0, "later nobody asks when it goes");
	shim_cpu_online(1);
	rig_end("late CPUs leave nothing");
}

static void memory(void)
{
	unsigned int nr, failed = 0, partly = 0;
	int err = -ENOMEM;

	rig_start(0);
	shim_cpus(2);
	for (nr = 1; nr < 20; nr++) {
		shim_fail_allocation(nr);
		err = engine_pool_init("rig", cpu_possible_mask, 0,
				       &rig_limits);
		shim_fail_allocation(0);
		if (err) {
			failed += err == -ENOMEM;
			continue;
		}
		if (engine_pool_workers() == 2)
			nr = 100;
		else
			partly++;
		engine_pool_exit();
	}
	is(failed, 2, "a pool needs memory");
	is(partly, 4, "but not for each worker");
	is(err, 0, "with enough it is there");
	rig_end("lack of memory leaves nothing");
}

static void counters(void)
{
	struct flipq_counters c;
	struct rig_queue *rq;
	unsigned int cpu;

	rig_start(3);
	rq = rig_queue("user", 3, 8, true, 0);
	rig_submit(rq, 1, 0x0f);
	shim_settle();
	is(engine_pool_counters(1, &cpu, &c), 0, "the second worker's counters");
	is(cpu, 1, "are those of the second CPU");
	is(c.requests, 4, "with its requests");
	is(c.kicks, 1, "and its kick");
	is(engine_pool_counters(0, &cpu, &c), 0, "the first one's");
	is(cpu, 0, "are of the first CPU");
	is(c.requests, 0, "which had nothing to do");
	is(engine_pool_counters(2, &cpu, &c), 0, "there is a third one");
	cpu = 77;
	is(engine_pool_counters(3, &cpu, &c), -ENOENT, "but no fourth");
	is(cpu, 77, "of which nothing is told");
	is(engine_pool_counters(UINT_MAX, &cpu, &c), -ENOENT, "nor a last one");
	rig_queue_end(rq);
	rig_end("counters leave nothing");
}

static void gaps(void)
{
	struct cpumask mask = { 0xa };
	struct flipq_counters c;
	unsigned int cpu = 77;

	rig_start(0);
	shim_cpus(4);
	engine_pool_init("rig", &mask, 0, &rig_limits);
	is(engine_pool_counters(0, &cpu, &c), 0, "workers are counted");
	is(cpu, 1, "not CPUs");
	is(engine_pool_counters(1, &cpu, &c), 0, "up to the last one");
	is(cpu, 3, "on the last CPU");
	is(engine_pool_counters(2, &cpu, &c), -ENOENT, "and no further");
	is(engine_pool_usable(), 2, "CPUs without worker are not usable");
	engine_pool_exit();
	rig_end("gaps leave nothing");
}

int main(void)
{
	workers();
	part_of_the_cpus();
	chosen();
	chosen_of_two();
	no_hotplug();
	of_the_callers_cpus();
	hotplug();
	late_cpu();
	memory();
	counters();
	gaps();
	return tap_end();
}
