// SPDX-License-Identifier: GPL-2.0-only
/*
 * csv.c - a line for each round
 *
 * The columns:
 *
 *	where		native, or emulated: then trust counts, and ratios of
 *			what is bound by compression, but no other times
 *	job		empty, copy, lz4, zstd1
 *	size		bytes of an input
 *	copy		1: models copy the input first
 *	pin		1: threads stay on processors
 *	submitters	threads, each with a model of its own
 *	workers		threads of each model
 *	depth		requests in flight per worker, as asked for
 *	batch		requests handed over at once, as asked for
 *	round		from 1 on; rows of the same one are to be compared
 *	model		which
 *	base		the one that ratio is to
 *	requests	finished in the time that was measured
 *	seconds		that time
 *	rate		requests per second
 *	ratio		rate, divided by that of base in this round
 *	cpu_ns		processor time of all threads, kernel workers included
 *	kernel_ns	that of the kernel workers alone
 *	syscalls	made to hand over and to wait, as far as models know
 *	wakeups		of threads, likewise
 *	sleeps		voluntary context switches of all threads
 *	preempted	involuntary ones
 *	busy		submissions that found no room
 *	p50_ns		latency from submission to collection; see stats.h for
 *	p99_ns		how exact it is
 *	p999_ns
 *	age		most requests finished before an older one was
 *	shares		of the workers, in percent of requests, with ; between
 *
 * cpu_ns to busy are per request.
 */
#include "core/csv.h"
#include "core/machine.h"

static const char *const columns[] = {
	"where", "job", "size", "copy", "pin", "submitters", "workers",
	"depth", "batch", "round", "model", "base", "requests", "seconds", "rate",
	"ratio", "cpu_ns", "kernel_ns", "syscalls", "wakeups", "sleeps",
	"preempted", "busy", "p50_ns", "p99_ns", "p999_ns", "age", "shares",
};

void csv_header(FILE *file)
{
	const size_t nr = sizeof(columns) / sizeof(columns[0]);
	size_t i;

	for (i = 0; i < nr; i++)
		fprintf(file, "%s%c", columns[i], i + 1 < nr ? ',' : '\n');
}

static void write_setting(FILE *file, const struct setting *s)
{
	fprintf(file, "%s,%s,%u,%d,%d,%u,%u,%u,%u", machine_where(),
		s->job.ops->name, s->job.size, s->job.copy, s->pin,
		s->submitters, s->workers, s->depth, s->batch);
}

static void write_usage(FILE *file, const struct sample *s)
{
	const double n = (double)s->requests, total = (double)s->total;
	const struct usage *u = &s->usage;

	fprintf(file, ",%.1f,%.1f,%.5f,%.5f,%.5f,%.5f,%.5f",
		(double)(u->cpu_ns + u->kernel_ns) / n,
		(double)u->kernel_ns / n, (double)s->stats.syscalls / total,
		(double)s->stats.wakeups / total, (double)u->sleeps / n,
		(double)u->preempted / n, (double)s->stats.busy / total);
}

static void write_shares(FILE *file, const struct sample *s)
{
	const struct model_stats *stats = &s->stats;
	unsigned int i;

	fputc(',', file);
	for (i = 0; i < stats->workers; i++)
		fprintf(file, "%s%.1f", i ? ";" : "",
			100 * (double)stats->requests[i] / (double)s->total);
}

void csv_write(FILE *file, const struct csv_row *row)
{
	const struct sample *s = row->sample;

	write_setting(file, row->setting);
	fprintf(file, ",%u,%s,%s,%llu,%.6f,%.0f,%.4f", row->round, row->model,
		row->base, (unsigned long long)s->requests, s->seconds,
		(double)s->requests / s->seconds, row->ratio);
	write_usage(file, s);
	fprintf(file, ",%llu,%llu,%llu,%llu",
		(unsigned long long)latencies_at(&s->latencies, 500),
		(unsigned long long)latencies_at(&s->latencies, 990),
		(unsigned long long)latencies_at(&s->latencies, 999),
		(unsigned long long)s->age);
	write_shares(file, s);
	fputc('\n', file);
	fflush(file);
}
