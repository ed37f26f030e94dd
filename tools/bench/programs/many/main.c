// SPDX-License-Identifier: GPL-2.0-only
/*
 * many - many programs at once, each with threads of its own or all with flipq
 *
 * Each process keeps a model busy, as bench has it, with as many workers as there
 * are processors: a pool of threads that it makes itself, or partitions at the
 * shared workers. Printed is a table in Markdown of what all of them had together.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arg.h"
#include "core/clock.h"
#include "core/lane.h"
#include "core/machine.h"
#include "core/standard.h"
#include "models/models.h"

#define MOST	32
#define KIB	1024

static const char usage[] =
"usage: many [OPTION]...\n"
"1, 2, 4, 8, 16 and 32 processes that compress at once, each with a pool of as\n"
"many threads as processors (the model pool), then all with /dev/flipq: a table\n"
"in Markdown of requests per second, context switches for each request, memory\n"
"that all of it takes, latencies, and Jain's index of the processes' shares.\n"
"\n"
"  --job NAME      lz4 (pages, the default) or zstd1 (pieces of 64 KiB)\n"
"  --image FILE    memory of a guest, as tools/vm/guest writes it\n"
"  --made-up SEED  inputs made up instead (default: 1)\n"
"  --ms N          of each row (default 2000)\n";

/**
 * struct together - what processes share
 * @begin: where they wait until all are there
 * @samples: what each measured
 */
struct together {
	pthread_barrier_t begin;
	struct sample samples[MOST];
};

/**
 * struct many - what the user wants, and has
 * @image: file with a guest's memory, or NULL
 * @seed: for inputs made up, where there is none
 * @ms: of a row
 * @setting: of each process
 * @corpus: inputs
 * @together: shared memory
 * @shared: what is in it is for several processes
 */
struct many {
	const char *image;
	uint64_t seed;
	uint64_t ms;
	struct setting setting;
	struct corpus corpus;
	struct together *together;
	pthread_barrierattr_t shared;
};

/**
 * struct row - what all processes of a row had
 * @rate: requests per second
 * @switches: context switches for each request, those of flipq's workers included
 * @mib: less memory available while they ran
 * @jain: 1: all had the same rate; 1 divided by their number: one had all
 * @latencies: of requests
 */
struct row {
	double rate;
	double switches;
	double mib;
	double jain;
	struct latencies latencies;
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "many: %s: %s\n", what, why);
	return -1;
}

/* Memory that is there to be had, KiB; 0 if the kernel does not say. */
static uint64_t available(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static int be(const struct many *m, const struct model_ops *model,
	      unsigned int i)
{
	pthread_barrier_wait(&m->together->begin);
	return !!round_run(model, &m->setting, &m->corpus, m->ms,
			   &m->together->samples[i]);
}

/* Processes that begin together. Those before one that failed are ended. */
static int start(const struct many *m, const struct model_ops *model,
		 unsigned int n, pid_t *pids)
{
	unsigned int i;

	pthread_barrier_init(&m->together->begin, &m->shared, n);
	fflush(NULL);
	for (i = 0; i < n; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(be(m, model, i));
		if (pids[i] < 0)
			break;
	}
	if (i == n)
		return 0;
	complain("a process", strerror(errno));
	while (i--)
		kill(pids[i], SIGKILL);
	return -1;
}

/* Until all have ended. Return: 0, or -1 if one failed; its switches in @sum. */
static int wait_for(unsigned int n, uint64_t *sum)
{
	int ret = 0;

	while (n--) {
		struct rusage used;
		int status;

		if (wait4(-1, &status, 0, &used) < 0)
			return complain("a process", strerror(errno));
		*sum += (uint64_t)(used.ru_nvcsw + used.ru_nivcsw);
		if (status)
			ret = -1;
	}
	return ret;
}

static void add_up(const struct many *m, unsigned int n, uint64_t switches,
		   struct row *row)
{
	double sum = 0, squares = 0, total = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct sample *s = &m->together->samples[i];
		const double rate = (double)s->requests / s->seconds;

		sum += rate;
		squares += rate * rate;
		total += (double)s->total;
		latencies_merge(&row->latencies, &s->latencies);
	}
	row->rate = sum;
	row->jain = sum * sum / (n * squares);
	row->switches = (double)switches / total;
}

static int measure(const struct many *m, const struct model_ops *model,
		   unsigned int n, struct row *row)
{
	const uint64_t before = available();
	struct usage used, shared;
	uint64_t switches = 0, less;
	pid_t pids[MOST];

	*row = (struct row){ 0 };
	/* of the workers in the kernel, as this process does nothing */
	usage_begin(&used);
	if (start(m, model, n, pids))
		return -1;
	sleep_ns(m->ms * NS_PER_MS / 2);
	less = before - available();
	if (wait_for(n, &switches))
		return -1;
	usage_end(&shared, &used);
	add_up(m, n, switches + shared.sleeps + shared.preempted, row);
	row->mib = (double)(int64_t)less / KIB;
	return 0;
}

static void show(const char *model, unsigned int n, const struct row *row,
		 const struct row *base)
{
	printf("| %u | %s | %.0f | %.2f | %.4f | %.1f | %.0f | %.0f | %.3f |\n",
	       n, model, row->rate, row->rate / base->rate, row->switches,
	       row->mib, (double)latencies_at(&row->latencies, 500) / 1000,
	       (double)latencies_at(&row->latencies, 990) / 1000, row->jain);
}

static int run(const struct many *m)
{
	unsigned int n;

	printf("| processes | with | requests per s | to pool | switches each ");
	printf("| MiB | p50, us | p99, us | Jain |\n");
	printf("|---|---|---|---|---|---|---|---|---|\n");
	for (n = 1; n <= MOST; n *= 2) {
		struct row pool, flipq;

		if (measure(m, &model_pool, n, &pool) ||
		    measure(m, &model_flipq, n, &flipq))
			return -1;
		show("pool", n, &pool, &pool);
		show("flipq", n, &flipq, &pool);
	}
	return 0;
}

static bool set_job(const struct arg *arg, const char *text)
{
	struct job *job = arg->at;

	if (!strcmp(text, "lz4"))
		*job = (struct job){ .ops = &job_lz4, .size = 4096 };
	else if (!strcmp(text, "zstd1"))
		*job = (struct job){ .ops = &job_zstd1, .size = 65536 };
	else
		return arg_bad(arg->name, text, "lz4 or zstd1");
	return true;
}

static int prepare(struct many *m)
{
	const char *needs = model_needs(&model_flipq);

	if (needs)
		return complain("this machine lacks", needs);
	m->setting.workers = machine_cpus(MAX_THREADS);
	m->together = mmap(NULL, sizeof(*m->together), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->together == MAP_FAILED)
		return complain("results", strerror(errno));
	pthread_barrierattr_init(&m->shared);
	pthread_barrierattr_setpshared(&m->shared, PTHREAD_PROCESS_SHARED);
	return corpus_load(&m->corpus, m->image, m->seed, m->setting.job.size,
			   4 << 20);
}

int main(int argc, char **argv)
{
	struct many m = {
		.seed = 1, .ms = 2000,
		.setting = {
			.job = { .ops = &job_lz4, .size = 4096 },
			.depth = 16, .batch = 8, .submitters = 1,
		},
	};
	const struct arg options[] = {
		{ "--job", .set = set_job, .at = &m.setting.job },
		{ "--image", .text = &m.image },
		{ "--made-up", .number = &m.seed, .high = UINT64_MAX },
		{ "--ms", .number = &m.ms, .low = 1, .high = 60000 },
	};
	const struct args args = {
		.options = options, .nr = sizeof(options) / sizeof(options[0]),
		.usage = usage,
	};
	enum options_result result;

	standard_begin("many");
	result = args_read(&args, argc, argv);
	if (result != OPTIONS_RUN)
		return options_status(result);
	return prepare(&m) || run(&m);
}
