// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats.c - medians, ratios of pairs, and the distribution of latencies
 */
#include <stdlib.h>
#include <string.h>

#include "core/stats.h"

#define STEPS	(1U << LATENCY_STEP_BITS)

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct range range_of(const double *values, size_t n)
{
	struct range range = { 0 };
	double *sorted = malloc(n * sizeof(*sorted));

	if (!n || !sorted)
		goto out;
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	range.low = sorted[0];
	range.high = sorted[n - 1];
	range.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
out:
	free(sorted);
	return range;
}

/* Below 32 each is a bucket; above, the highest six bits say which. */
static unsigned int bucket_of(uint64_t ns)
{
	unsigned int shift;

	if (ns < STEPS)
		return (unsigned int)ns;
	shift = 63 - (unsigned int)__builtin_clzll(ns) - LATENCY_STEP_BITS;
	return (shift + 1) * STEPS + (unsigned int)(ns >> shift) % STEPS;
}

/* The greatest that falls into it. */
static uint64_t end_of(unsigned int bucket)
{
	unsigned int shift = bucket / STEPS;

	if (!shift)
		return bucket;
	return ((uint64_t)(bucket % STEPS + STEPS + 1) << (shift - 1)) - 1;
}

void latencies_add(struct latencies *l, uint64_t ns)
{
	l->n++;
	l->bucket[bucket_of(ns)]++;
}

void latencies_merge(struct latencies *to, const struct latencies *from)
{
	unsigned int i;

	to->n += from->n;
	for (i = 0; i < LATENCY_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

uint64_t latencies_at(const struct latencies *l, unsigned int per_mille)
{
	uint64_t wanted = (l->n * per_mille + 999) / 1000, seen = 0;
	unsigned int i;

	for (i = 0; i < LATENCY_BUCKETS && l->n; i++) {
		seen += l->bucket[i];
		if (seen >= wanted)
			return end_of(i);
	}
	return 0;
}
