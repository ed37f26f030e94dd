/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - the rounds of all models side by side
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "core/lane.h"

/**
 * struct result - the rounds of one model
 * @rates: requests per second of each
 * @ratios: of these to the base model's of the same round
 * @samples: all of it
 * @rounds: how many
 */
struct result {
	double *rates;
	double *ratios;
	struct sample *samples;
	unsigned int rounds;
};

int result_init(struct result *r, unsigned int rounds);
void result_free(struct result *r);

/* Once the round @n of both is there. */
void result_pair(struct result *r, const struct result *base, unsigned int n);

void table_head(const struct setting *s, const char *base,
		const struct corpus *corpus);
void table_row(const char *model, const struct result *r);

#endif /* BENCH_TABLE_H */
