// SPDX-License-Identifier: GPL-2.0-only
/*
 * counts - what a request takes beside others, in ticks and events
 *
 * For tools/bench/scale, which runs it in VMs where a tick is an instruction, of
 * any processor: the submitter's, the workers' and those of the kernel around
 * them. Each queue has a partition for each worker, up to 64, and slots for a turn:
 * what it takes to open one is counted as well. In a round a turn of NOPs is
 * submitted to each partition of the busy queues, then all is waited for.
 * The workers do not poll, so nothing is counted that is not done for a request;
 * and the submitter is a real-time thread on the first processor.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/machine.h"
#include "core/standard.h"
#include "flipq.h"
#include "core/ticks.h"

/* The shortest of so many rounds: no interrupt came in between. */
#define REPEAT		12
/* The default of the module's parameter turn_requests. */
#define TURN		8
#define MOST		256

/**
 * struct events - what happened, of all queues
 * @ticks: that it took
 * @requests: done
 * @calls: system calls of the submitter
 * @turns: of workers
 * @kicks: that reached a partition
 * @wakeups: of parked partitions
 * @sleeps: of the submitter
 * @open: ticks that it took to open a queue
 */
struct events {
	uint64_t ticks;
	uint64_t requests;
	uint64_t calls;
	uint64_t turns;
	uint64_t kicks;
	uint64_t wakeups;
	uint64_t sleeps;
	uint64_t open;
};

/* Return: -1. */
static int complain(const char *why)
{
	fprintf(stderr, "counts: %s\n", why);
	return -1;
}

/* *@best is what it took, if that is less. Return: 0 or -1. */
static int open_queue(struct flipq **q, uint64_t *best)
{
	const struct flipq_config config = {
		.slots = TURN, .set_spin = 1,
		.partitions = machine_cpus(FLIPQ_MAX_PARTITIONS),
	};
	const uint64_t start = ticks();
	const int error = flipq_open(q, &config);
	const uint64_t took = ticks() - start;

	if (took < *best)
		*best = took;
	return error ? complain(flipq_open_error(error)) : 0;
}

/* A turn for each partition. */
static int submit(struct flipq *q)
{
	unsigned int part, i;
	int ret = 0;

	for (part = 0; part < flipq_partitions(q) && !ret; part++) {
		for (i = 0; i < TURN && !ret; i++) {
			const int slot = flipq_get_in(q, part);

			ret = slot < 0 ? slot : flipq_prep_nop(q, slot, 0);
		}
	}
	if (!ret)
		ret = flipq_submit(q);
	return ret < 0 ? ret : 0;
}

static int collect(struct flipq *q)
{
	const unsigned int n = flipq_in_flight(q);
	struct flipq_event event;
	unsigned int i;
	int ret = flipq_wait(q, n, FLIPQ_TIMEOUT_NONE);

	for (i = 0; i < n && ret >= 0; i++) {
		if (!flipq_peek(q, &event))
			return -EIO;
		flipq_seen(q, event.slot);
		ret = event.status;
	}
	return ret < 0 ? ret : 0;
}

static int round_of(struct flipq **queues, unsigned int busy)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < busy && !ret; i++)
		ret = submit(queues[i]);
	for (i = 0; i < busy && !ret; i++)
		ret = collect(queues[i]);
	return ret;
}

static int count(struct flipq *const *queues, unsigned int nr,
		 struct events *sum)
{
	unsigned int i;

	*sum = (struct events){ 0 };
	for (i = 0; i < nr; i++) {
		struct flipq_stats stats;
		struct flipq_usage usage;
		int ret = flipq_stats(queues[i], FLIPQ_STATS_QUEUE, 0, &stats);

		if (ret)
			return ret;
		flipq_usage(queues[i], &usage);
		sum->requests += stats.counters.requests;
		sum->calls += usage.kicks + usage.waits;
		sum->turns += stats.counters.turns;
		sum->kicks += stats.counters.kicks;
		sum->wakeups += stats.counters.wakeups;
		sum->sleeps += stats.counters.sleeping_waits;
	}
	return 0;
}

static void show(unsigned int nr, unsigned int busy, const struct events *e,
		 const struct events *before)
{
	const struct {
		uint64_t now;
		uint64_t then;
	} all[] = {
		{ e->calls, before->calls }, { e->turns, before->turns },
		{ e->kicks, before->kicks }, { e->wakeups, before->wakeups },
		{ e->sleeps, before->sleeps },
	};
	const double n = (double)(e->requests - before->requests);
	size_t i;

	/* ticks are one round's, all others of all rounds */
	printf("%u\t%u\t%.1f", nr, busy, (double)e->ticks * REPEAT / n);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		printf("\t%.4f", (double)(all[i].now - all[i].then) / n);
	printf("\t%llu\n", (unsigned long long)e->open);
}

/* Rounds of the first @busy of @nr queues that took @open. Return: 0 or -1. */
static int measure(struct flipq **queues, unsigned int nr, unsigned int busy,
		   uint64_t open)
{
	struct events before, after;
	uint64_t best = UINT64_MAX;
	unsigned int i;
	/* to warm up, and for the first kick of each */
	int ret = round_of(queues, nr);

	if (!ret)
		ret = count(queues, nr, &before);
	for (i = 0; i < REPEAT && !ret; i++) {
		const uint64_t start = ticks();
		uint64_t took;

		ret = round_of(queues, busy);
		took = ticks() - start;
		if (took < best)
			best = took;
	}
	if (!ret)
		ret = count(queues, nr, &after);
	if (ret)
		return complain(strerror(-ret));
	after.ticks = best;
	after.open = open;
	show(nr, busy, &after, &before);
	return 0;
}

static int run(struct flipq **queues)
{
	static const unsigned int numbers[] = { 1, 16, MOST };
	unsigned int i, nr = 0;
	int ret = 0;

	printf("queues\tbusy\tticks\tcalls\tturns\tkicks\twakeups\tsleeps\topen\n");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !ret; i++) {
		uint64_t open = UINT64_MAX;

		while (nr < numbers[i] && !ret) {
			ret = open_queue(&queues[nr], &open);
			nr += !ret;
		}
		if (!ret)
			ret = measure(queues, nr, nr, open);
		if (!ret && nr > 1)
			ret = measure(queues, nr, 1, open);
	}
	while (nr)
		flipq_close(queues[--nr]);
	return ret;
}

/* Become what preempts all others, on the first processor, and say where. */
static int begin(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct utsname name;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu) ||
	    sched_setscheduler(0, SCHED_FIFO, &first) || uname(&name))
		return complain(strerror(errno));
	printf("%s %s\n", name.release, name.version);
	return 0;
}

int main(void)
{
	static struct flipq *queues[MOST];

	standard_begin("counts");
	return begin() || run(queues);
}
