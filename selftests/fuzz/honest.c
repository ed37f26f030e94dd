// SPDX-License-Identifier: GPL-2.0-only
/*
 * honest.c - the queue beside the hostile ones
 */
#include "fuzz.h"

#define SLOTS		16
#define PARTITIONS	2

/* The honest process. Return: its exit status. */
int fuzz_honest(struct honest *h, u64 seed)
{
	const struct flipq_codec codec = { .algorithm = FLIPQ_ALG_LZ4 };
	const struct flipq_config config = {
		.slots = SLOTS,
		.partitions = PARTITIONS,
		.in_size = FUZZ_PAGE,
		.out_size = FUZZ_PAGE,
		.codecs = &codec,
		.nr_codecs = 1,
	};

	return honest_run(h, &config, seed);
}
