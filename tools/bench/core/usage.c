// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage.c - what threads used so far, those of the kernel included
 *
 * The workers' time is that of /proc/PID/schedstat, in nanoseconds; the one in
 * /proc/PID/stat is in ticks, too coarse for a round.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/usage.h"

#define TEXT	4096

static const char worker_name[] = "flipq/";

/* A file of a process, as a string. Return: whether there is any. */
static int read_text(const char *pid, const char *name, char *text)
{
	char path[300];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	n = fread(text, 1, TEXT - 1, file);
	fclose(file);
	text[n] = '\0';
	return n > 0;
}

static uint64_t number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	unsigned long long n = 0;

	if (at)
		sscanf(at + strlen(name), "%llu", &n);
	return n;
}

static void add_worker(struct usage *u, const char *pid)
{
	char text[TEXT];

	if (!read_text(pid, "comm", text) ||
	    strncmp(text, worker_name, sizeof(worker_name) - 1))
		return;
	if (read_text(pid, "schedstat", text))
		u->kernel_ns += number_after(text, "");
	if (read_text(pid, "status", text)) {
		u->sleeps += number_after(text, "\nvoluntary_ctxt_switches:");
		u->preempted +=
			number_after(text, "\nnonvoluntary_ctxt_switches:");
	}
}

static void add_workers(struct usage *u)
{
	const struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc)
		return;
	for (entry = readdir(proc); entry; entry = readdir(proc))
		if (isdigit((unsigned char)*entry->d_name))
			add_worker(u, entry->d_name);
	closedir(proc);
}

static void add_process(struct usage *u)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	u->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	u->sleeps += (uint64_t)r.ru_nvcsw;
	u->preempted += (uint64_t)r.ru_nivcsw;
}

/* The search for workers is not part of what is measured. */
void usage_begin(struct usage *u)
{
	*u = (struct usage){ 0 };
	add_workers(u);
	add_process(u);
}

void usage_end(struct usage *u, const struct usage *before)
{
	struct usage now = { 0 };

	add_process(&now);
	add_workers(&now);
	u->cpu_ns = now.cpu_ns - before->cpu_ns;
	u->kernel_ns = now.kernel_ns - before->kernel_ns;
	u->sleeps = now.sleeps - before->sleeps;
	u->preempted = now.preempted - before->preempted;
}
