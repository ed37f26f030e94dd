/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * csv.h - a line for each round
 */
#ifndef BENCH_CSV_H
#define BENCH_CSV_H

#include <stdbool.h>
#include <stdio.h>

#include "core/lane.h"

/**
 * struct csv_row - what a line is about
 * @setting: conditions
 * @model: which
 * @base: what @ratio compares with
 * @round: from 1 on
 * @sample: what was measured
 * @ratio: of requests per second, to those of @base in the same round
 */
struct csv_row {
	const struct setting *setting;
	const char *model;
	const char *base;
	unsigned int round;
	const struct sample *sample;
	double ratio;
};

void csv_header(FILE *file);
void csv_write(FILE *file, const struct csv_row *row);

#endif /* BENCH_CSV_H */
