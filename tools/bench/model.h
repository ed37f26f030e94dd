/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - a way to have pages compressed while the migration thread goes on
 */
#ifndef BENCH_MODEL_H
#define BENCH_MODEL_H

#include <stdint.h>

#include "region.h"
#include "sink.h"

#define MAX_THREADS	64

struct model;

/**
 * struct model_stats - what a model did
 * @busy: submissions that found no room at first
 * @workers: entries of the following
 * @requests: pages that each worker did
 * @busy_ns: CPU time of each worker
 */
struct model_stats {
	uint64_t busy;
	unsigned int workers;
	uint64_t requests[MAX_THREADS];
	uint64_t busy_ns[MAX_THREADS];
};

/**
 * struct model_ops - one model
 * @name: as the user gives it
 * @start: make @threads threads (flipq: partitions). NULL: failed, said why.
 * @submit: have page @n compressed. What is ready goes to the sink meanwhile,
 *	all in the thread that calls.
 * @flush: wait until all pages are in the sink
 * @stop: end the threads, fill in @stats (unless NULL), free all
 *
 * @submit and @flush return 0, or a negative errno after having said why.
 */
struct model_ops {
	const char *name;
	struct model *(*start)(const struct region *region, struct sink *sink,
			       unsigned int threads);
	int (*submit)(struct model *m, uint64_t n);
	int (*flush)(struct model *m);
	void (*stop)(struct model *m, struct model_stats *stats);
};

extern const struct model_ops model_classic;
extern const struct model_ops model_ring;
extern const struct model_ops model_flipq;

#endif /* BENCH_MODEL_H */
