// SPDX-License-Identifier: GPL-2.0-only
/*
 * classic.c - the model of QEMU up to 3.0: threads with one request each
 *
 * As in migration/ram.c of QEMU 2.12 (do_data_compress(),
 * compress_page_with_multi_thread(), flush_compressed_data()). Each thread has
 * a lock and a condition for its request; one more lock and condition, of all,
 * guard the marks of who is done. A page is given to the first thread that is
 * done, whose last result goes out first, under the lock of all; with none the
 * migration thread waits. It looks for filled pages itself. QEMU 3.1 added the
 * parameter compress-wait-thread; this is what it does when that is on, and
 * busy counts what QEMU would send uncompressed when it is off.
 */
#include <stdlib.h>
#include <string.h>

#include "core/worker.h"
#include "models/models.h"

struct classic_thread {
	struct worker worker;
	struct model *model;
	pthread_mutex_t lock;	/* of @full and @quit */
	pthread_cond_t wake;
	bool full;
	bool quit;
	bool done;		/* under the lock of all */
	bool holds;		/* of the migration thread: a result to send */
	struct request *request;
};

struct model {
	struct model_config config;
	struct job job;		/* less the look for filled pages: */
	bool detect;
	pthread_mutex_t done_lock;
	pthread_cond_t done_cond;
	uint64_t busy;
	uint64_t waits;
	unsigned int nr;
	struct request *requests;
	struct classic_thread *threads;
};

static void classic_main(void *arg)
{
	struct classic_thread *t = arg;
	struct model *m = t->model;

	pthread_mutex_lock(&t->lock);
	while (!t->quit) {
		if (!t->full) {
			t->worker.syscalls++;
			pthread_cond_wait(&t->wake, &t->lock);
			continue;
		}
		t->full = false;
		pthread_mutex_unlock(&t->lock);
		worker_handle(&t->worker, t->request);
		pthread_mutex_lock(&m->done_lock);
		t->done = true;
		pthread_cond_signal(&m->done_cond);
		pthread_mutex_unlock(&m->done_lock);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
}

/* The result of a thread that is done. */
static void classic_send(struct classic_thread *t)
{
	const struct model_config *c = &t->model->config;

	if (t->holds)
		c->done(c->arg, t->request);
	t->holds = false;
}

static void classic_give(struct classic_thread *t, const void *in, uint64_t tag,
			 uint64_t when)
{
	t->done = false;
	classic_send(t);
	pthread_mutex_lock(&t->lock);
	t->holds = true;
	request_set(t->request, in, tag, when);
	t->full = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

static struct classic_thread *classic_idle(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		if (m->threads[i].done)
			return &m->threads[i];
	return NULL;
}

static void classic_wait(struct model *m)
{
	m->waits++;
	pthread_cond_wait(&m->done_cond, &m->done_lock);
}

/* What the migration thread finds to be filled goes no further. */
static bool classic_filled(struct model *m, const void *in, uint64_t tag,
			   uint64_t when)
{
	const struct model_config *c = &m->config;
	struct request r = { .filled = true };

	if (!m->detect || !job_filled(in, c->job->size, &r.value))
		return false;
	request_set(&r, in, tag, when);
	c->done(c->arg, &r);
	return true;
}

static int classic_submit(struct model *m, const void *in, uint64_t tag,
			  uint64_t when)
{
	struct classic_thread *t;

	if (classic_filled(m, in, tag, when))
		return 0;
	pthread_mutex_lock(&m->done_lock);
	t = classic_idle(m);
	if (!t)
		m->busy++;
	while (!t) {
		classic_wait(m);
		t = classic_idle(m);
	}
	classic_give(t, in, tag, when);
	pthread_mutex_unlock(&m->done_lock);
	return 0;
}

static int classic_flush(struct model *m)
{
	unsigned int i;

	pthread_mutex_lock(&m->done_lock);
	for (i = 0; i < m->nr; i++)
		while (!m->threads[i].done)
			classic_wait(m);
	pthread_mutex_unlock(&m->done_lock);
	for (i = 0; i < m->nr; i++)
		classic_send(&m->threads[i]);
	return 0;
}

static void classic_end(struct classic_thread *t)
{
	pthread_mutex_lock(&t->lock);
	t->quit = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	worker_join(&t->worker);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
}

/* Whoever waited was woken by a call; of other calls nothing is known. */
static void classic_count(const struct model *m, struct model_stats *stats)
{
	unsigned int i;

	stats->busy = m->busy;
	stats->syscalls = m->waits;
	for (i = 0; i < m->nr; i++)
		worker_count(&m->threads[i].worker, stats);
	stats->wakeups = stats->syscalls;
	stats->syscalls *= 2;
}

static void classic_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		classic_end(&m->threads[i]);
	if (stats)
		classic_count(m, stats);
	pthread_mutex_destroy(&m->done_lock);
	pthread_cond_destroy(&m->done_cond);
	free(m->threads);
	free(m->requests);
	free(m);
}

static bool classic_begin(struct model *m, struct classic_thread *t)
{
	t->model = m;
	t->done = true;
	t->request = &m->requests[m->nr];
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	return worker_start(&t->worker, &m->config, m->nr++, classic_main, t);
}

static bool classic_make(struct model *m, const struct model_config *config)
{
	m->config = *config;
	m->config.job = &m->job;
	m->job = *config->job;
	m->job.detect = false;
	m->detect = config->job->detect;
	pthread_mutex_init(&m->done_lock, NULL);
	pthread_cond_init(&m->done_cond, NULL);
	m->requests = requests_alloc(config->job, config->threads);
	m->threads = calloc(config->threads, sizeof(*m->threads));
	if (!m->requests || !m->threads)
		return false;
	while (m->nr < config->threads)
		if (!classic_begin(m, &m->threads[m->nr]))
			return false;
	return true;
}

static struct model *classic_start(const struct model_config *config)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m && classic_make(m, config))
		return m;
	if (m)
		classic_stop(m, NULL);
	model_complain("classic");
	return NULL;
}

const struct model_ops model_classic = {
	.name = "classic",
	.about = "QEMU up to 3.0: threads, one request each, locks, conditions",
	.start = classic_start,
	.submit = classic_submit,
	.flush = classic_flush,
	.stop = classic_stop,
};
