/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the command line of flush
 */
#ifndef FLUSH_OPTIONS_H
#define FLUSH_OPTIONS_H

#include <stdint.h>

#include "core/arg.h"
#include "way.h"

#define MAX_WAYS	16
#define MAX_ROUNDS	1000

/**
 * struct flush_options - what the user wants
 * @pages: of the memory
 * @dirty: of them, in percent
 * @rounds: of all ways
 * @workers: partitions
 * @seed: of all that is drawn at random
 * @ways: inline first, then flipq_flush() in fixed ranges, then the others
 * @nr_ways: how many
 */
struct flush_options {
	uint64_t pages;
	unsigned int dirty;
	unsigned int rounds;
	unsigned int workers;
	uint64_t seed;
	struct way ways[MAX_WAYS];
	unsigned int nr_ways;
};

enum options_result flush_options_read(struct flush_options *o, int argc,
				       char **argv);

#endif /* FLUSH_OPTIONS_H */
