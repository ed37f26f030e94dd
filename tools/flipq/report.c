// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - what a run did, counted, and printed by -v
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "report.h"

void report_start(struct report *r)
{
	memset(r, 0, sizeof(*r));
	r->wall_start = clock_ns(CLOCK_MONOTONIC);
	r->cpu_start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void report_aside(struct report *r)
{
	r->mark = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void report_resume(struct report *r)
{
	r->aside += clock_ns(CLOCK_THREAD_CPUTIME_ID) - r->mark;
}

void report_queue(struct report *r, const struct device *d)
{
	const struct flipq *q = d->q;
	unsigned int i, n = flipq_partitions(q);
	struct flipq_usage usage;
	struct flipq_stats stats;

	flipq_usage(q, &usage);
	r->requests += usage.submitted;
	r->kicks += usage.kicks;
	r->waits += usage.waits;
	if (r->partitions < n)
		r->partitions = n;
	r->own = flipq_owner_partitions(q);
	r->barred = d->barred;
	r->place = d->place;
	for (i = 0; i < n && i < FLIPQ_MAX_PARTITIONS; i++)
		if (!flipq_stats(q, FLIPQ_STATS_PARTITION, i, &stats))
			r->share[i] += stats.counters.requests;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static void number(const char *key, uint64_t value)
{
	fprintf(stderr, "%s: %" PRIu64 "\n", key, value);
}

static void print_share(const struct report *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->partitions; i++)
		sum += r->share[i];
	fputs("worker_share:", stderr);
	for (i = 0; i < r->partitions; i++)
		fprintf(stderr, " %.1f", percent(r->share[i], sum));
	fputs("\n", stderr);
}

static const char *server(const struct report *r)
{
	if (!r->partitions)
		return "none";
	if (r->place.in_process)
		return "process";
	return r->own ? "pool" : "shared";
}

/* What is not as it usually is: nothing of several files is said twice. */
static void print_place(const struct report *r)
{
	static bool said;

	if (r->place.in_process && !said) {
		device_print(&r->place, stderr);
		said = true;
	}
	if (r->barred)
		fputs("shared_workers: not for this user (parameter shared_gid)\n",
		      stderr);
}

void report_print(const struct report *r, uint64_t plain, uint64_t compressed)
{
	uint64_t wall = clock_ns(CLOCK_MONOTONIC) - r->wall_start;
	uint64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - r->cpu_start;
	double seconds = (double)wall / (double)NS_PER_SECOND;

	number("bytes_in", r->bytes_in);
	number("bytes_out", r->bytes_out);
	fprintf(stderr, "ratio: %.3f\n",
		compressed ? (double)plain / (double)compressed : 0.0);
	fprintf(stderr, "rate_mb_s: %.1f\n",
		wall ? (double)plain / seconds / 1e6 : 0.0);
	fprintf(stderr, "seconds: %.3f\n", seconds);
	fprintf(stderr, "server: %s\n", server(r));
	print_place(r);
	number("workers", r->partitions);
	number("requests", r->requests);
	number("kicks", r->kicks);
	number("waits", r->waits);
	number("filled", r->filled);
	number("incompressible", r->incompressible);
	number("fallback_blocks", r->fallback);
	fprintf(stderr, "submitter_cpu_percent: %.1f\n",
		percent(cpu - r->aside, wall));
	print_share(r);
}
