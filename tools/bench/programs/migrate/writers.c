// SPDX-License-Identifier: GPL-2.0-only
/*
 * writers.c - threads that write to the region at a set rate
 *
 * Each looks at the clock every few milliseconds and makes up for what it is
 * late with, so the rate holds however the CPUs are shared.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/random.h"
#include "writers.h"

#define TICK_NS		(4 * NS_PER_MS)
#define CHECK_EVERY	64	/* writes between two looks at @stop */

struct writer {
	struct writers *all;
	pthread_t thread;
	uint64_t random;
	uint64_t written;
};

struct writers {
	struct region *region;
	uint64_t rate;		/* pages per second of each thread */
	uint64_t began;
	atomic_bool stop;
	unsigned int nr;
	struct writer writer[];
};

static void *writer_thread(void *data)
{
	struct writer *me = data;
	struct writers *all = me->all;

	while (!atomic_load(&all->stop)) {
		uint64_t ms = (now_ns() - all->began) / NS_PER_MS;
		uint64_t due = ms * all->rate / 1000;

		while (me->written < due) {
			region_write(all->region, random_next(&me->random));
			if (++me->written % CHECK_EVERY == 0 &&
			    atomic_load(&all->stop))
				break;
		}
		sleep_ns(TICK_NS);
	}
	return NULL;
}

struct writers *writers_start(struct region *region, unsigned int threads,
			      uint64_t pages_per_s, uint64_t seed)
{
	struct writers *w = calloc(1, sizeof(*w) +
				   threads * sizeof(w->writer[0]));

	if (!w)
		return NULL;
	w->region = region;
	w->rate = pages_per_s / threads;
	w->began = now_ns();
	for (; w->nr < threads; w->nr++) {
		struct writer *me = &w->writer[w->nr];

		me->all = w;
		me->random = seed + w->nr;
		if (pthread_create(&me->thread, NULL, writer_thread, me)) {
			writers_stop(w);
			return NULL;
		}
	}
	return w;
}

/* Return: how many writes there were. */
uint64_t writers_stop(struct writers *w)
{
	uint64_t written = 0;
	unsigned int i;

	atomic_store(&w->stop, true);
	for (i = 0; i < w->nr; i++) {
		pthread_join(w->writer[i].thread, NULL);
		written += w->writer[i].written;
	}
	free(w);
	return written;
}
