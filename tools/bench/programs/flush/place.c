// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - memory and a queue that flushes it; a flush there, measured
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "way.h"

static int open_queue(struct place *p, unsigned int workers, uint64_t pages)
{
	const bool arena = p->where == FLIPQ_IN_ARENA;
	const struct flipq_config config = {
		.partitions = arena ? workers : 0,
		.owner_partitions = arena ? 0 : workers,
		.arena_size = arena ? area_bytes(pages) : 0,
		.max_len = PAGE_BYTES,
	};
	/* threads that start or end are not what is measured */
	const struct flipq_pool_config pool = {
		.min = workers, .idle_ns = FLIPQ_TIMEOUT_NONE,
	};
	int ret = flipq_open(&p->q, &config);

	if (ret) {
		p->q = NULL;
		fprintf(stderr, "flush: %s: %s\n", FLIPQ_DEVICE,
			flipq_open_error(ret));
		return ret;
	}
	ret = arena ? 0 : flipq_pool_open(&p->pool, p->q, &pool);
	if (ret)
		fprintf(stderr, "flush: threads: %s\n", strerror(-ret));
	return ret;
}

/* Return: 0, or -1 after having said why; place_close() in either case. */
int place_open(struct place *p, enum flipq_where where, unsigned int workers,
	       uint64_t pages, uint64_t seed)
{
	*p = (struct place){ .where = where };
	if (open_queue(p, workers, pages))
		return -1;
	if (where == FLIPQ_IN_USER)
		p->memory = aligned_alloc(PAGE_BYTES, area_bytes(pages));
	if ((where == FLIPQ_IN_USER && !p->memory) ||
	    area_open(&p->area, p->memory ? p->memory : flipq_arena(p->q),
		      pages, seed)) {
		fprintf(stderr, "flush: no memory for %llu pages twice\n",
			(unsigned long long)pages);
		return -1;
	}
	return 0;
}

void place_close(struct place *p)
{
	area_close(&p->area);
	flipq_pool_close(p->pool);
	if (p->q)
		flipq_close(p->q);
	free(p->memory);
}

/**
 * struct counts - what the kernel has counted so far
 * @queue: of the queue
 * @copied: bytes, by partition
 */
struct counts {
	struct flipq_counters queue;
	uint64_t copied[FLIPQ_MAX_PARTITIONS];
};

static int count(const struct place *p, struct counts *c)
{
	struct flipq_stats stats;
	unsigned int i;
	int ret = flipq_stats(p->q, FLIPQ_STATS_QUEUE, 0, &stats);

	c->queue = stats.counters;
	for (i = 0; i < flipq_partitions(p->q) && !ret; i++) {
		ret = flipq_stats(p->q, FLIPQ_STATS_PARTITION, i, &stats);
		c->copied[i] = stats.counters.bytes_out;
	}
	return ret;
}

/* What the busiest partition copied, in 1/1000 of all. */
static uint64_t largest_share(unsigned int partitions, const struct counts *from,
			      const struct counts *to)
{
	uint64_t most = 0, all = 0;
	unsigned int i;

	for (i = 0; i < partitions; i++) {
		uint64_t copied = to->copied[i] - from->copied[i];

		all += copied;
		if (copied > most)
			most = copied;
	}
	return all ? most * 1000 / all : 0;
}

static void subtract(struct sample *s, const struct flipq_counters *from,
		     const struct flipq_counters *to)
{
	s->requests = to->requests - from->requests;
	s->waits = to->waits - from->waits;
	s->slept = to->sleeping_waits - from->sleeping_waits;
	s->kicks = to->kicks - from->kicks;
	s->wakeups = to->wakeups - from->wakeups;
	s->serves = to->serves - from->serves;
}

/* Make dirty, flush, verify. Return: 0, or -1 after having said why. */
int place_flush(struct place *p, const struct way *way, struct sample *s)
{
	struct counts before, after;
	uint64_t began, pages = 0;
	int ret;

	area_reset(&p->area);
	ret = count(p, &before);
	began = now_ns();
	if (!ret)
		ret = way->run(p, way, &pages);
	s->ns = now_ns() - began;
	if (!ret)
		ret = count(p, &after);
	if (ret) {
		fprintf(stderr, "flush: %s: %s\n", way->name,
			flipq_request_error(ret));
		return -1;
	}
	subtract(s, &before.queue, &after.queue);
	s->share = largest_share(flipq_partitions(p->q), &before, &after);
	if (area_verify(&p->area, pages))
		return 0;
	fprintf(stderr, "flush: by '%s'\n", way->name);
	return -1;
}
