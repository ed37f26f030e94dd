/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * neighbour_trace.h - what a worker did between a kick and the request it was
 * for, by its tracepoints: in their order, whoever was kept from a CPU
 */
#ifndef SELFTEST_NEIGHBOUR_TRACE_H
#define SELFTEST_NEIGHBOUR_TRACE_H

#include <stdio.h>
#include <sys/stat.h>

#include "raw.h"

#define NB_TRACES	"/sys/kernel/tracing/instances"
#define NB_TRACE	NB_TRACES "/flipq-neighbour"

/**
 * struct nb_trace - a trace of its own
 * @on: file that switches it
 * @queue: whose kick it is
 */
struct nb_trace {
	int on;
	unsigned int queue;
};

/**
 * struct nb_before - what came before a request
 * @kicked: us, when there was a kick for it, 0 for none
 * @begun: us, when the worker began it, 0 for not
 * @requests: of others that it began in between
 * @turns: these were
 */
struct nb_before {
	u64 kicked;
	u64 begun;
	u64 requests;
	u64 turns;
};

static inline int nb_trace_write(const char *name, const char *text)
{
	char path[128];
	int fd, error;

	snprintf(path, sizeof(path), NB_TRACE "/%s", name);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return -errno;
	error = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return error;
}

/*
 * Trace kicks and beginnings, once for all tests: to switch a tracepoint changes
 * the code of a machine that is at work.
 */
static inline int nb_trace_make(void)
{
	int error;

	if (mkdir(NB_TRACE, 0700) && errno != EEXIST)
		return -errno;
	error = nb_trace_write("tracing_on", "0");
	if (!error)
		error = nb_trace_write("trace_clock", "global");
	if (!error)
		error = nb_trace_write("events/flipq/flipq_kick/enable", "1");
	if (!error)
		error = nb_trace_write("events/flipq/flipq_request_start/enable",
				       "1");
	return error;
}

static inline void nb_trace_remove(void)
{
	rmdir(NB_TRACE);
}

/* The number by which the tracepoints call a queue of the caller's. */
static inline unsigned int nb_trace_queue(int fd)
{
	char path[64], text[256] = "";
	unsigned int queue = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(text, sizeof(text), f))
		if (sscanf(text, "flipq-queue: %u", &queue) == 1)
			break;
	if (f)
		fclose(f);
	return queue;
}

/* See what is before the requests of one queue of the caller's. */
static inline int nb_trace_open(struct nb_trace *t, int fd)
{
	char filter[32];

	t->queue = nb_trace_queue(fd);
	t->on = open(NB_TRACE "/tracing_on", O_WRONLY);
	if (t->on < 0)
		return -errno;
	snprintf(filter, sizeof(filter), "queue==%u", t->queue);
	return nb_trace_write("events/flipq/flipq_kick/filter", filter);
}

static inline void nb_trace_close(const struct nb_trace *t)
{
	close(t->on);
}

static inline int nb_trace_switch(const struct nb_trace *t, bool on)
{
	return write(t->on, on ? "1" : "0", 1) == 1 ? 0 : -errno;
}

/* When it was that @event, a part of @line, happened: us. */
static inline u64 nb_trace_time(const char *line, const char *event)
{
	while (event > line && event[-1] != ' ')
		event--;
	return (u64)(strtod(event, NULL) * 1000000);
}

/* Count the requests of others, and how often they took turns. */
static inline void nb_trace_line(const struct nb_trace *t, const char *line,
				 unsigned int last[2], struct nb_before *b)
{
	const char *kick = strstr(line, ": flipq_kick:");
	const char *start = strstr(line, ": flipq_request_start:");
	unsigned int queue, part;

	if (kick)
		b->kicked = nb_trace_time(line, kick);
	if (!b->kicked || !start ||
	    sscanf(start, ": flipq_request_start: queue=%u partition=%u",
		   &queue, &part) != 2)
		return;
	if (queue == t->queue) {
		b->begun = nb_trace_time(line, start);
		return;
	}
	b->requests++;
	if (queue != last[0] || part != last[1])
		b->turns++;
	last[0] = queue;
	last[1] = part;
}

/* Return: 0, or -ENODATA if the request was not seen. */
static inline int nb_trace_read(const struct nb_trace *t, struct nb_before *b)
{
	FILE *f = fopen(NB_TRACE "/trace", "r");
	unsigned int last[2] = { 0, 0 };
	char line[256];

	memset(b, 0, sizeof(*b));
	while (f && !b->begun && fgets(line, sizeof(line), f))
		nb_trace_line(t, line, last, b);
	if (f)
		fclose(f);
	nb_trace_write("trace", "");
	return b->begun ? 0 : -ENODATA;
}

#endif /* SELFTEST_NEIGHBOUR_TRACE_H */
