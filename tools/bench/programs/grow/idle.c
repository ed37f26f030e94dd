// SPDX-License-Identifier: GPL-2.0-only
/*
 * idle.c - a busy queue beside idle ones
 *
 * All numbers of idle queues have their turn in each round, so that what else
 * the machine does meets them alike.
 */
#include <stdio.h>

#include "core/csv.h"
#include "crowd.h"
#include "grow.h"
#include "models/models.h"

static const unsigned int numbers[] = { 0, 10, 100, 1000 };

#define NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))
#define MOST	1000

static const struct flipq_config idle = {
	.slots = 4, .in_size = 4096, .out_size = 4096,
	.codecs = &(const struct flipq_codec){ .algorithm = FLIPQ_ALG_LZ4 },
	.nr_codecs = 1,
};

static int one_round(const struct grow *g, const struct setting *s,
		     const struct corpus *corpus, struct crowd *crowd,
		     unsigned int round)
{
	struct sample samples[NUMBERS];
	char name[32];
	size_t i;

	for (i = 0; i < NUMBERS; i++) {
		if (crowd_grow(crowd, numbers[i], &idle) ||
		    round_run(&model_flipq, s, corpus, g->ms, &samples[i]))
			return -1;
		snprintf(name, sizeof(name), "idle-%u", numbers[i]);
		grow_write(s, name, "idle-0", round, &samples[i], &samples[0]);
	}
	crowd_close(crowd);
	return 0;
}

static int all_rounds(const struct grow *g, const struct corpus *corpus,
		      struct crowd *crowd)
{
	const struct setting s = {
		.job = { .ops = &job_lz4, .size = 4096 }, .workers = 2,
		.depth = 32, .batch = 8, .submitters = 1,
	};
	unsigned int i;

	csv_header(stdout);
	for (i = 0; i < g->rounds; i++)
		if (one_round(g, &s, corpus, crowd, i + 1))
			return -1;
	return 0;
}

int grow_idle(const struct grow *g)
{
	struct corpus corpus;
	struct crowd crowd;
	int ret;

	if (grow_corpus(g, &corpus, 4096))
		return -1;
	ret = crowd_init(&crowd, MOST);
	if (!ret)
		ret = all_rounds(g, &corpus, &crowd);
	crowd_free(&crowd);
	corpus_free(&corpus);
	return ret;
}
