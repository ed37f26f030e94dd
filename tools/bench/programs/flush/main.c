// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - how to divide a flush: each way in turn, round after round
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/standard.h"
#include "options.h"
#include "report.h"

static const char *const spread_names[SPREADS] = {
	[SPREAD_EVENLY] = "dirty pages anywhere",
	[SPREAD_FIRST] = "dirty pages at the start",
	[SPREAD_LAST] = "dirty pages at the end",
};

/* All ways once, another one first in each round. */
static int run_round(struct place *p, const struct flush_options *o,
		     unsigned int round, struct sample *samples)
{
	unsigned int i;

	for (i = 0; i < o->nr_ways; i++) {
		unsigned int way = (i + round) % o->nr_ways;

		if (place_flush(p, &o->ways[way],
				&samples[way * o->rounds + round]))
			return -1;
	}
	return 0;
}

static int run_spread(struct place *p, const struct flush_options *o,
		      enum spread spread, struct sample *samples)
{
	uint64_t dirty = (o->pages * o->dirty + 99) / 100;
	struct sample cold;
	unsigned int round;

	area_spread(&p->area, spread, dirty, o->seed + spread);
	/* not counted: pages and threads are there after it */
	if (place_flush(p, &o->ways[1], &cold))
		return -1;
	for (round = 0; round < o->rounds; round++)
		if (run_round(p, o, round, samples))
			return -1;
	report(o, spread_names[spread], samples);
	return 0;
}

static int run_place(const struct flush_options *o, enum flipq_where where,
		     struct sample *samples)
{
	enum spread spread;
	struct place p;
	int ret = place_open(&p, where, o->workers, o->pages, o->seed);

	if (!ret)
		printf("%s: %u %s\n", where == FLIPQ_IN_ARENA ?
		       "in the arena" : "in memory of the process", o->workers,
		       where == FLIPQ_IN_ARENA ? "partitions of shared workers" :
		       "threads that serve");
	for (spread = 0; spread < SPREADS && !ret; spread++)
		ret = run_spread(&p, o, spread, samples);
	place_close(&p);
	return ret;
}

int main(int argc, char **argv)
{
	enum options_result result;
	struct flush_options o;
	struct sample *samples;
	int bad;

	standard_begin("flush");
	result = flush_options_read(&o, argc, argv);
	if (result != OPTIONS_RUN)
		return options_status(result);
	samples = calloc((size_t)o.rounds * o.nr_ways, sizeof(*samples));
	if (!samples) {
		fprintf(stderr, "flush: no memory for the samples\n");
		return 1;
	}
	bad = run_place(&o, FLIPQ_IN_ARENA, samples) ||
	      run_place(&o, FLIPQ_IN_USER, samples);
	free(samples);
	return bad;
}
