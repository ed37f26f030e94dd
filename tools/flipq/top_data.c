// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_data.c - what the queues do, for programs: JSON, and Prometheus' text format
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "text.h"
#include "top.h"

/**
 * struct member - a figure under its name
 * @name: in JSON, with _per_second for its rate; in a metric
 * @figure: which
 * @unit: what of it is one, in a metric
 * @suffix: of the metric
 * @help: of the metric
 */
struct member {
	const char *name;
	enum figure figure;
	double unit;
	const char *suffix;
	const char *help;
};

static const struct member members[] = {
	{ "partitions", FIGURE_PARTITIONS, 1, "", "Partitions of the queue." },
	{ "slots", FIGURE_SLOTS, 1, "", "Slots of a partition." },
	{ "memory", FIGURE_BYTES, 1, "_bytes",
	  "Memory that the queue is charged for." },
	{ "requests", FIGURE_REQUESTS, 1, "_total",
	  "Requests completed, errors included." },
	{ "input", FIGURE_BYTES_IN, 1, "_bytes_total",
	  "Input of requests without an error." },
	{ "output", FIGURE_BYTES_OUT, 1, "_bytes_total",
	  "Output of requests without an error." },
	{ "errors", FIGURE_ERRORS, 1, "_total",
	  "Requests completed with an error." },
	{ "busy", FIGURE_BUSY, (double)NS_PER_SECOND, "_seconds_total",
	  "Time spent on requests." },
	{ "parks", FIGURE_SLEEPS, 1, "_total", "Partitions parked." },
	{ "kicks", FIGURE_KICKS, 1, "_total",
	  "Kicks that reached a partition." },
	{ "waits", FIGURE_WAITS, 1, "_total", "Calls that waited." },
};

#define NR_MEMBERS	(sizeof(members) / sizeof(members[0]))

static double value(const struct member *m, const struct scanned *q)
{
	return (double)q->figures[m->figure] / m->unit;
}

static void json_queue(const struct top_row *row)
{
	const struct scanned *q = row->now;
	double ratio = top_ratio(q);
	size_t i;

	printf("{\"queue\": %" PRIu32 ", \"pid\": %d, \"uid\": %u, \"name\": ",
	       q->id, (int)q->pid, (unsigned int)q->uid);
	text_quote(q->name);
	for (i = 0; i < NR_MEMBERS; i++) {
		const struct member *m = &members[i];

		printf(", \"%s\": %.*f", m->name, m->unit > 1 ? 9 : 0,
		       value(m, q));
		if (m->figure >= FIGURE_REQUESTS)
			printf(", \"%s_per_second\": %.3f", m->name,
			       row->rates[m->figure] / m->unit);
	}
	if (ratio < 0)
		printf(", \"ratio\": null}");
	else
		printf(", \"ratio\": %.3f}", ratio);
}

void top_json(const struct top *t)
{
	size_t i;

	printf("{\"time\": %.3f, \"seconds\": %.3f, \"workers\": %" PRIu32
	       ", \"users\": %zu, \"hidden\": ",
	       (double)clock_ns(CLOCK_REALTIME) / (double)NS_PER_SECOND,
	       t->seconds, t->workers, t->users);
	if (t->knows_hidden)
		printf("%" PRIu64, t->hidden);
	else
		printf("null");
	printf(", \"queues\": [");
	for (i = 0; i < t->nr; i++) {
		fputs(i ? ", " : "", stdout);
		json_queue(&t->rows[i]);
	}
	puts("]}");
}

static void metric(const char *name, const char *suffix, bool grows,
		   const char *help)
{
	printf("# HELP flipq_%s%s %s\n# TYPE flipq_%s%s %s\n", name, suffix,
	       help, name, suffix, grows ? "counter" : "gauge");
}

static void single(const char *name, const char *help, uint64_t number)
{
	metric(name, "", false, help);
	printf("flipq_%s %" PRIu64 "\n", name, number);
}

static void metric_queues(const struct top *t, const struct member *m)
{
	char name[32];
	size_t i;

	snprintf(name, sizeof(name), "queue_%s", m->name);
	metric(name, m->suffix, m->figure >= FIGURE_REQUESTS, m->help);
	for (i = 0; i < t->nr; i++) {
		const struct scanned *q = t->rows[i].now;

		printf("flipq_%s%s{queue=\"%" PRIu32
		       "\",pid=\"%d\",uid=\"%u\",name=\"", name, m->suffix,
		       q->id, (int)q->pid, (unsigned int)q->uid);
		text_label(q->name);
		printf("\"} %.*f\n", m->unit > 1 ? 9 : 0, value(m, q));
	}
}

void top_metrics(const struct top *t)
{
	size_t i;

	single("workers", "Shared workers.", t->workers);
	single("queues", "Queues that this user may see.", t->nr);
	single("users", "Users whose they are.", t->users);
	if (t->knows_hidden)
		single("queues_hidden", "Queues found in no process.",
		       t->hidden);
	for (i = 0; t->nr && i < NR_MEMBERS; i++)
		metric_queues(t, &members[i]);
}
