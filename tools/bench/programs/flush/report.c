// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - a table: a line for each way, medians over all rounds
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "report.h"

/* Their places in struct flush_options. */
enum { WAY_INLINE, WAY_FIXED };

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of @nr values, which are sorted. */
static double median(double *values, unsigned int nr)
{
	qsort(values, nr, sizeof(*values), compare);
	return (values[(nr - 1) / 2] + values[nr / 2]) / 2;
}

static double count(const struct sample *s, unsigned int nr, size_t offset)
{
	double values[MAX_ROUNDS];
	unsigned int i;

	for (i = 0; i < nr; i++)
		values[i] = (double)*(const uint64_t *)
			((const char *)&s[i] + offset);
	return median(values, nr);
}

/* How many times as fast as @base, in the same round. */
static void print_speed(const struct sample *s, const struct sample *base,
			unsigned int nr)
{
	double values[MAX_ROUNDS], middle;
	unsigned int i;

	for (i = 0; i < nr; i++)
		values[i] = (double)base[i].ns / (double)s[i].ns;
	middle = median(values, nr);
	printf("%7.2f [%4.2f %5.2f]", middle, values[0], values[nr - 1]);
}

static void print_way(const struct flush_options *o, unsigned int way,
		      const struct sample *samples)
{
	static const size_t counts[] = {
		offsetof(struct sample, requests),
		offsetof(struct sample, waits),
		offsetof(struct sample, slept),
		offsetof(struct sample, kicks),
		offsetof(struct sample, wakeups),
		offsetof(struct sample, serves),
	};
	const struct sample *s = samples + way * o->rounds;
	size_t i;

	printf("  %-25s%7.2f", o->ways[way].name,
	       count(s, o->rounds, offsetof(struct sample, ns)) / NS_PER_MS);
	print_speed(s, samples + WAY_INLINE * o->rounds, o->rounds);
	print_speed(s, samples + WAY_FIXED * o->rounds, o->rounds);
	printf("%8.1f", count(s, o->rounds, offsetof(struct sample, share)) /
	       10);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		printf("%*.0f", i ? 8 : 9,
		       count(s, o->rounds, counts[i]));
	printf("\n");
}

void report(const struct flush_options *o, const char *title,
	    const struct sample *samples)
{
	unsigned int i;

	printf("  %-25s%7s%20s%20s%8s%9s%8s%8s%8s%8s%8s\n", title, "ms",
	       "x inline", "x fixed", "share", "requests", "waits", "slept",
	       "kicks", "wakeups", "serves");
	for (i = 0; i < o->nr_ways; i++)
		print_way(o, i, samples);
	fflush(stdout);
}
