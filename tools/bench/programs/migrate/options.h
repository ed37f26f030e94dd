/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the command line
 */
#ifndef MIGRATE_OPTIONS_H
#define MIGRATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arg.h"
#include "core/model.h"

#define MAX_MODELS	8

/**
 * struct options - what the user wants
 * @models: in the order given
 * @nr_models: how many
 * @image: file with the pages, or NULL
 * @pages: of the region
 * @skip: pages of @image before the region
 * @threads: that compress
 * @writers: threads that write
 * @bandwidth: of the link, MB/s
 * @dirty_rate: pages per second that all writers together write
 * @dirty_percent: the same in percent of what one thread compresses; 0: unset
 * @downtime_ms: allowed
 * @max_seconds: of one migration
 * @max_iterations: of one migration
 * @seed: of all that is drawn at random
 * @verify_each: unpack each page when it arrives
 */
struct options {
	const struct model_ops *models[MAX_MODELS];
	unsigned int nr_models;
	const char *image;
	uint64_t pages;
	uint64_t skip;
	unsigned int threads;
	unsigned int writers;
	double bandwidth;
	uint64_t dirty_rate;
	uint64_t dirty_percent;
	uint64_t downtime_ms;
	uint64_t max_seconds;
	uint64_t max_iterations;
	uint64_t seed;
	bool verify_each;
};

enum options_result options_read(struct options *o, int argc, char **argv);

#endif /* MIGRATE_OPTIONS_H */
