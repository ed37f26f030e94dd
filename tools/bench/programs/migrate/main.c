// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the migration experiment: the same migration in several models
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/standard.h"
#include "options.h"
#include "precopy.h"
#include "report.h"

#define CALIBRATE_NS	(500 * NS_PER_MS)

/* Pages per second of CPU time that one thread gets through by itself. */
static uint64_t inline_rate(const struct region *r)
{
	struct request *request = requests_alloc(&page_job, 1);
	uint64_t began = cpu_ns(), used, n = 0;
	void *state = NULL;

	if (!request || !job_init(&page_job, &state)) {
		free(request);
		return 0;
	}
	do {
		request_set(request, r->origin + n % r->nr * PAGE_BYTES, n, 0);
		job_handle(&page_job, state, request);
		n++;
		used = n % 64 ? 0 : cpu_ns() - began;
	} while (used < CALIBRATE_NS);
	job_uninit(&page_job, state);
	free(request);
	return n * NS_PER_S / used;
}

static bool verified(const struct options *o, const struct outcome *c)
{
	return !c->sent.bad && c->agree + c->remaining == o->pages;
}

static int run_all(const struct options *o, struct region *region,
		   uint64_t dirty_rate)
{
	struct outcome outcomes[MAX_MODELS] = { 0 };
	bool good = true;
	unsigned int i;

	for (i = 0; i < o->nr_models; i++) {
		if (precopy(region, o->models[i], o, dirty_rate,
			    &outcomes[i]))
			return 1;
		report(o, i, &outcomes[i]);
		good = good && verified(o, &outcomes[i]);
	}
	report_table(o, outcomes);
	if (!good)
		fprintf(stderr,
			"migrate: what arrived differs from what was sent\n");
	return good ? 0 : 1;
}

static int run(const struct options *o, struct region *region)
{
	uint64_t one = inline_rate(region), rate = o->dirty_rate;

	if (!one) {
		fprintf(stderr, "migrate: no memory\n");
		return 1;
	}
	if (o->dirty_percent)
		rate = one * o->dirty_percent / 100;
	printf("region: %llu pages of %s, seed %llu\n",
	       (unsigned long long)o->pages,
	       o->image ? o->image : "made-up data",
	       (unsigned long long)o->seed);
	printf("link: %g MB/s, downtime allowed: %llu ms, given up after %llu s\n",
	       o->bandwidth, (unsigned long long)o->downtime_ms,
	       (unsigned long long)o->max_seconds);
	printf("threads: %u, writers: %u\n", o->threads, o->writers);
	printf("one thread compresses: %llu pages/s\n",
	       (unsigned long long)one);
	printf("pages are written: %llu pages/s (%llu %% of that)\n\n",
	       (unsigned long long)rate,
	       (unsigned long long)((rate * 100 + one / 2) / one));
	fflush(stdout);
	return run_all(o, region, rate);
}

int main(int argc, char **argv)
{
	struct region region = { 0 };
	enum options_result result;
	struct options o;
	int status = 1;

	standard_begin("migrate");
	result = options_read(&o, argc, argv);
	if (result != OPTIONS_RUN)
		return options_status(result);
	if (!region_load(&region, o.pages, o.image, o.skip, o.seed))
		status = run(&o, &region);
	region_free(&region);
	return status;
}
