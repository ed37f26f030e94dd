/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - medians, ratios of pairs, and the distribution of latencies
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct range - what a number of rounds showed
 * @median: of all; of the two in the middle the mean
 * @low: the least
 * @high: the most
 */
struct range {
	double median;
	double low;
	double high;
};

/* All 0 for no values. */
struct range range_of(const double *values, size_t n);

#define LATENCY_STEP_BITS	5
#define LATENCY_BUCKETS		(64 << LATENCY_STEP_BITS)

/**
 * struct latencies - how often which time was seen
 * @n: times seen
 * @bucket: each power of two has 32 of them, so they are 3 % wide
 */
struct latencies {
	uint64_t n;
	uint32_t bucket[LATENCY_BUCKETS];
};

void latencies_add(struct latencies *l, uint64_t ns);
void latencies_merge(struct latencies *to, const struct latencies *from);

/*
 * The time that @per_mille of 1000 did not exceed, rounded up to the end of its
 * bucket; 0 if none was seen.
 */
uint64_t latencies_at(const struct latencies *l, unsigned int per_mille);

#endif /* BENCH_STATS_H */
