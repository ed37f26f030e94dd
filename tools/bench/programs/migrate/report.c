// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - what QEMU's 'info migrate' prints, for one model and side by side
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "report.h"

#define VALUE_LEN	32

/**
 * struct field - a line of the report
 * @name: as 'info migrate' has it
 * @unit: of the value, or ""
 * @print: the value into VALUE_LEN bytes
 */
struct field {
	const char *name;
	const char *unit;
	void (*print)(char *to, const struct outcome *c, uint64_t pages);
};

static void print_number(char *to, uint64_t n)
{
	snprintf(to, VALUE_LEN, "%llu", (unsigned long long)n);
}

static void print_ratio(char *to, double a, double b)
{
	snprintf(to, VALUE_LEN, "%.2f", b > 0 ? a / b : 0.0);
}

#define NUMBER_FIELD(name, value)					\
static void name(char *to, const struct outcome *c, uint64_t pages)	\
{									\
	(void)pages;							\
	(void)c;							\
	print_number(to, value);					\
}

#define RATIO_FIELD(name, a, b)						\
static void name(char *to, const struct outcome *c, uint64_t pages)	\
{									\
	(void)pages;							\
	print_ratio(to, (double)(a), (double)(b));			\
}

NUMBER_FIELD(total_time, c->total_ns / NS_PER_MS)
NUMBER_FIELD(downtime, c->downtime_ns / NS_PER_MS)
NUMBER_FIELD(setup_us, c->setup_ns / 1000)
NUMBER_FIELD(transferred, c->sent.bytes / 1024)
NUMBER_FIELD(remaining, c->remaining * (PAGE_BYTES / 1024))
NUMBER_FIELD(total_ram, pages * (PAGE_BYTES / 1024))
NUMBER_FIELD(duplicate, c->sent.filled)
NUMBER_FIELD(normal, c->sent.normal)
NUMBER_FIELD(normal_bytes, c->sent.normal * (PAGE_BYTES / 1024))
NUMBER_FIELD(syncs, c->syncs)
NUMBER_FIELD(dirty_rate, c->dirty_rate)
NUMBER_FIELD(write_rate, c->write_ns ? c->writes * NS_PER_MS /
	     (c->write_ns / 1000) : 0)
NUMBER_FIELD(submitted, c->submitted)
NUMBER_FIELD(packed, c->sent.packed)
NUMBER_FIELD(busy, c->model.busy)
NUMBER_FIELD(reduced, c->sent.packed * PAGE_BYTES - c->sent.packed_bytes)
NUMBER_FIELD(agree, c->agree)
RATIO_FIELD(throughput, c->sent.bytes * 8, c->total_ns / 1000)
RATIO_FIELD(busy_rate, c->model.busy, c->submitted)
RATIO_FIELD(rate, c->sent.packed * PAGE_BYTES, c->sent.packed_bytes)
RATIO_FIELD(page_rate, c->submitted * NS_PER_S, c->total_ns)
RATIO_FIELD(submitter_cpu, c->submitter_ns * 100, c->total_ns)
RATIO_FIELD(submitter_us, c->submitter_ns, c->submitted * 1000)

static void status(char *to, const struct outcome *c, uint64_t pages)
{
	(void)pages;
	snprintf(to, VALUE_LEN, "%s", c->completed ? "completed" :
		 "active (not converging)");
}

static void verified(char *to, const struct outcome *c, uint64_t pages)
{
	bool all = !c->sent.bad && c->agree + c->remaining == pages;

	snprintf(to, VALUE_LEN, "%s", all ? "yes" : "NO");
}

static const struct field fields[] = {
	{ "status", "", status },
	{ "total time", "ms", total_time },
	{ "downtime", "ms", downtime },
	{ "setup", "us", setup_us },
	{ "transferred ram", "KiB", transferred },
	{ "throughput", "mbps", throughput },
	{ "remaining ram", "KiB", remaining },
	{ "total ram", "KiB", total_ram },
	{ "duplicate", "pages", duplicate },
	{ "normal", "pages", normal },
	{ "normal bytes", "KiB", normal_bytes },
	{ "dirty sync count", "", syncs },
	{ "dirty pages rate", "pages/s", dirty_rate },
	{ "writes rate", "pages/s", write_rate },
	{ "pages sent", "pages", submitted },
	{ "pages sent rate", "pages/s", page_rate },
	{ "compression pages", "pages", packed },
	{ "compression busy", "", busy },
	{ "compression busy rate", "", busy_rate },
	{ "reduced size", "bytes", reduced },
	{ "compression rate", "", rate },
	{ "submitter cpu", "%", submitter_cpu },
	{ "submitter cpu per page", "us", submitter_us },
	{ "pages verified", "pages", agree },
	{ "verified", "", verified },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static double percent(uint64_t part, uint64_t all)
{
	return all ? (double)part * 100 / (double)all : 0;
}

static void report_workers(const struct outcome *c)
{
	uint64_t all = 0;
	unsigned int i;

	for (i = 0; i < c->model.workers; i++)
		all += c->model.requests[i];
	for (i = 0; i < c->model.workers; i++)
		printf("worker %u: %.1f %% cpu, %llu pages, %.1f %% of all\n",
		       i, percent(c->model.busy_ns[i], c->total_ns),
		       (unsigned long long)c->model.requests[i],
		       percent(c->model.requests[i], all));
}

void report(const struct options *o, unsigned int model,
	    const struct outcome *outcome)
{
	char value[VALUE_LEN];
	size_t i;

	printf("model: %s\n", o->models[model]->name);
	for (i = 0; i < FIELDS; i++) {
		fields[i].print(value, outcome, o->pages);
		printf("%s: %s%s%s\n", fields[i].name, value,
		       *fields[i].unit ? " " : "", fields[i].unit);
	}
	report_workers(outcome);
	printf("\n");
	fflush(stdout);
}

static void table_workers(const struct options *o,
			  const struct outcome *outcomes, unsigned int worker)
{
	char name[32], value[VALUE_LEN];
	unsigned int i;

	snprintf(name, sizeof(name), "worker %u cpu, share", worker);
	printf("%-25s%-8s", name, "%, %");
	for (i = 0; i < o->nr_models; i++) {
		const struct model_stats *s = &outcomes[i].model;
		uint64_t all = 0;
		unsigned int w;

		for (w = 0; w < s->workers; w++)
			all += s->requests[w];
		snprintf(value, sizeof(value), "-");
		if (worker < s->workers)
			snprintf(value, sizeof(value), "%.1f, %.1f",
				 percent(s->busy_ns[worker],
					 outcomes[i].total_ns),
				 percent(s->requests[worker], all));
		printf("%25s", value);
	}
	printf("\n");
}

void report_table(const struct options *o, const struct outcome *outcomes)
{
	char value[VALUE_LEN];
	unsigned int i, w, workers = 0;
	size_t f;

	printf("%-33s", "side by side");
	for (i = 0; i < o->nr_models; i++) {
		printf("%25s", o->models[i]->name);
		if (outcomes[i].model.workers > workers)
			workers = outcomes[i].model.workers;
	}
	printf("\n");
	for (f = 0; f < FIELDS; f++) {
		printf("%-25s%-8s", fields[f].name, fields[f].unit);
		for (i = 0; i < o->nr_models; i++) {
			fields[f].print(value, &outcomes[i], o->pages);
			printf("%25s", value);
		}
		printf("\n");
	}
	for (w = 0; w < workers; w++)
		table_workers(o, outcomes, w);
}
