// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd.c - a pair of eventfds per thread, one request at a time
 *
 * What a program does that hands work to a thread with the kernel's own means
 * and nothing shared but the request, as eventfd(2) shows it: a write for each
 * request, a write for each answer, and a read that sleeps on either side.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/worker.h"
#include "models/models.h"

/**
 * struct eventfd_thread - a thread and its one request
 * @busy: of the submitter: @request was handed over
 * @worker: the thread
 * @todo: written to for each request
 * @done: written to for each answer
 * @quit: @todo was written to for the last time
 * @request: the thread's while @busy
 */
struct eventfd_thread {
	bool on_line busy;
	struct worker on_line worker;
	int todo;
	int done;
	bool quit;
	struct request *request;
};

struct model {
	struct model_config config;
	struct request *requests;
	unsigned int next;
	uint64_t busy;
	uint64_t syscalls;
	unsigned int nr;
	struct eventfd_thread *threads;
};

/* The thread sanitizer and C see the order by these calls. */
static void notify(int fd)
{
	while (eventfd_write(fd, 1))
		;
}

static void await(int fd)
{
	eventfd_t n;

	while (eventfd_read(fd, &n))
		;
}

static void eventfd_main(void *arg)
{
	struct eventfd_thread *t = arg;

	for (;;) {
		await(t->todo);
		t->worker.syscalls++;
		if (t->quit)
			break;
		worker_handle(&t->worker, t->request);
		notify(t->done);
		t->worker.syscalls++;
		t->worker.wakeups++;
	}
}

static void collect(struct model *m, struct eventfd_thread *t)
{
	if (!t->busy)
		return;
	await(t->done);
	m->syscalls++;
	t->busy = false;
	m->config.done(m->config.arg, t->request);
}

static int eventfd_submit(struct model *m, const void *in, uint64_t tag,
			  uint64_t when)
{
	struct eventfd_thread *t = &m->threads[m->next++ % m->nr];

	m->busy += t->busy;
	collect(m, t);
	request_set(t->request, in, tag, when);
	t->busy = true;
	notify(t->todo);
	m->syscalls++;
	return 0;
}

static int eventfd_flush(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		collect(m, &m->threads[(m->next + i) % m->nr]);
	return 0;
}

static void end(struct eventfd_thread *t)
{
	t->quit = true;
	if (t->worker.started)
		notify(t->todo);
	worker_join(&t->worker);
	if (t->todo >= 0)
		close(t->todo);
	if (t->done >= 0)
		close(t->done);
}

static void eventfd_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		end(&m->threads[i]);
		worker_count(&m->threads[i].worker, stats);
	}
	if (stats) {
		stats->busy = m->busy;
		/* each read finds nothing and sleeps until somebody writes */
		stats->wakeups += m->syscalls / 2;
		stats->syscalls += m->syscalls;
	}
	free(m->threads);
	free(m->requests);
	free(m);
}

static bool begin(struct model *m, struct eventfd_thread *t)
{
	unsigned int n = m->nr++;

	t->request = &m->requests[n];
	t->todo = eventfd(0, EFD_CLOEXEC);
	t->done = eventfd(0, EFD_CLOEXEC);
	return t->todo >= 0 && t->done >= 0 &&
		worker_start(&t->worker, &m->config, n, eventfd_main, t);
}

static struct model *eventfd_start(const struct model_config *config)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		goto fail;
	m->config = *config;
	m->requests = requests_alloc(config->job, config->threads);
	m->threads = alloc_lines(config->threads * sizeof(*m->threads));
	if (!m->requests || !m->threads)
		goto stop;
	while (m->nr < config->threads)
		if (!begin(m, &m->threads[m->nr]))
			goto stop;
	return m;
stop:
	eventfd_stop(m, NULL);
fail:
	model_complain("eventfd");
	return NULL;
}

const struct model_ops model_eventfd = {
	.name = "eventfd",
	.about = "eventfd ping-pong: one request per thread, four system calls",
	.start = eventfd_start,
	.submit = eventfd_submit,
	.flush = eventfd_flush,
	.stop = eventfd_stop,
};
