// SPDX-License-Identifier: GPL-2.0-only
/*
 * grow.c - what the experiments share: inputs, lines of CSV, complaints
 */
#include <stdio.h>

#include "core/csv.h"
#include "grow.h"

int grow_complain(const char *what, const char *why)
{
	fprintf(stderr, "grow: %s: %s\n", what, why);
	return -1;
}

int grow_corpus(const struct grow *g, struct corpus *c, uint32_t size)
{
	return corpus_load(c, g->image, g->seed, size, g->mib << 20);
}

void grow_write(const struct setting *setting, const char *model,
		const char *base_name, unsigned int round,
		const struct sample *sample, const struct sample *base)
{
	const double rate = (double)sample->requests / sample->seconds;
	const struct csv_row row = {
		.setting = setting,
		.model = model,
		.base = base_name,
		.round = round,
		.sample = sample,
		.ratio = rate * base->seconds / (double)base->requests,
	};

	csv_write(stdout, &row);
}
