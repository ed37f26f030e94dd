/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the command line of bench
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arg.h"
#include "core/model.h"

#define MAX_LIST	16
#define MAX_MODELS	32

/**
 * struct list - numbers that the user gave, in order
 * @nr: how many
 * @value: each of them
 */
struct list {
	unsigned int nr;
	unsigned int value[MAX_LIST];
};

/**
 * struct bench_options - what the user wants
 * @models: to be compared
 * @nr_models: how many
 * @base_name: of the one to compare with, or NULL: the first
 * @base: index of the one that the others are compared with
 * @jobs: kinds of job
 * @nr_jobs: how many
 * @sizes: of inputs, bytes
 * @workers: threads of each model
 * @depths: requests in flight per worker
 * @batches: requests handed over at once
 * @submitters: threads that submit
 * @rounds: of each model
 * @ms: of a round
 * @image: file with a guest's memory, or NULL
 * @made_up: use inputs made up from @seed
 * @seed: for that
 * @mib: of inputs
 * @copy: models copy inputs first
 * @pin: threads stay on processors
 * @list: show the models, and nothing else
 * @csv: file for all that was measured, or NULL
 */
struct bench_options {
	const struct model_ops *models[MAX_MODELS];
	unsigned int nr_models;
	const char *base_name;
	unsigned int base;
	const struct job_ops *jobs[MAX_LIST];
	unsigned int nr_jobs;
	struct list sizes;
	struct list workers;
	struct list depths;
	struct list batches;
	struct list submitters;
	unsigned int rounds;
	uint64_t ms;
	const char *image;
	bool made_up;
	uint64_t seed;
	uint64_t mib;
	bool copy;
	bool pin;
	bool list;
	const char *csv;
};

enum options_result bench_options_read(struct bench_options *o, int argc,
				       char **argv);

#endif /* BENCH_OPTIONS_H */
