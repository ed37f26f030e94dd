// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - the rounds of all models side by side
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/machine.h"
#include "table.h"

int result_init(struct result *r, unsigned int rounds)
{
	r->rounds = rounds;
	r->rates = calloc(rounds, sizeof(*r->rates));
	r->ratios = calloc(rounds, sizeof(*r->ratios));
	r->samples = calloc(rounds, sizeof(*r->samples));
	return r->rates && r->ratios && r->samples ? 0 : -1;
}

void result_free(struct result *r)
{
	free(r->rates);
	free(r->ratios);
	free(r->samples);
}

void result_pair(struct result *r, const struct result *base, unsigned int n)
{
	const struct sample *one = &r->samples[n], *other = &base->samples[n];

	r->rates[n] = (double)one->requests / one->seconds;
	r->ratios[n] = r->rates[n] * other->seconds / (double)other->requests;
}

void table_head(const struct setting *s, const char *base,
		const struct corpus *corpus)
{
	printf("%s of %u bytes%s, %s%s: ", s->job.ops->name, s->job.size,
	       s->job.copy ? ", copied" : "", machine_where(),
	       s->pin ? ", pinned" : "");
	printf("workers %u, depth %u, batch %u, submitters %u\n", s->workers,
	       s->depth, s->batch, s->submitters);
	if (s->job.ops->pack)
		printf("inputs: %llu, besides %llu filled ones left out\n",
		       (unsigned long long)corpus->nr,
		       (unsigned long long)corpus->skipped);
	printf("%-20s%11s  %s %-8s%10s%9s%9s%9s%9s%9s%9s%8s  %s\n", "model",
	       "requests/s", "of", base, "CPU ns", "syscalls", "wakeups",
	       "sleeps", "p50 us", "p99 us", "p99.9 us", "age", "shares");
}

/* The median over the rounds of what @of gives of each. */
static double median(const struct result *r,
		     double (*of)(const struct sample *s))
{
	double *values = malloc(r->rounds * sizeof(*values));
	struct range range = { 0 };
	unsigned int i;

	for (i = 0; values && i < r->rounds; i++)
		values[i] = of(&r->samples[i]);
	if (values)
		range = range_of(values, r->rounds);
	free(values);
	return range.median;
}

static double cpu(const struct sample *s)
{
	return (double)(s->usage.cpu_ns + s->usage.kernel_ns) /
		(double)s->requests;
}

static double syscalls(const struct sample *s)
{
	return (double)s->stats.syscalls / (double)s->total;
}

static double wakeups(const struct sample *s)
{
	return (double)s->stats.wakeups / (double)s->total;
}

static double sleeps(const struct sample *s)
{
	return (double)s->usage.sleeps / (double)s->requests;
}

/* Of all rounds together, as one has few requests that are that late. */
static void print_latencies(const struct result *r)
{
	static const unsigned int at[] = { 500, 990, 999 };
	struct latencies *all = calloc(1, sizeof(*all));
	unsigned int i;

	for (i = 0; all && i < r->rounds; i++)
		latencies_merge(all, &r->samples[i].latencies);
	for (i = 0; all && i < sizeof(at) / sizeof(at[0]); i++)
		printf("%9.1f", (double)latencies_at(all, at[i]) / 1000);
	free(all);
}

static uint64_t worst_age(const struct result *r)
{
	uint64_t age = 0;
	unsigned int i;

	for (i = 0; i < r->rounds; i++)
		if (r->samples[i].age > age)
			age = r->samples[i].age;
	return age;
}

/* Of the last round; four tell enough. */
static void print_shares(const struct result *r)
{
	const struct sample *s = &r->samples[r->rounds - 1];
	unsigned int i;

	printf(" ");
	for (i = 0; i < s->stats.workers && i < 4; i++)
		printf(" %.0f", 100 * (double)s->stats.requests[i] /
		       (double)s->total);
	printf("%s\n", i < s->stats.workers ? " ..." : "");
}

void table_row(const char *model, const struct result *r)
{
	const struct range rate = range_of(r->rates, r->rounds);
	const struct range ratio = range_of(r->ratios, r->rounds);

	printf("%-20s%11.0f %5.2f [%.2f %.2f]%8.0f%9.4f%9.4f%9.4f", model,
	       rate.median, ratio.median, ratio.low, ratio.high,
	       median(r, cpu), median(r, syscalls), median(r, wakeups),
	       median(r, sleeps));
	print_latencies(r);
	printf("%8llu", (unsigned long long)worst_age(r));
	print_shares(r);
	fflush(stdout);
}
