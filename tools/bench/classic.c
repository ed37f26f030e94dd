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
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "model.h"

struct classic_thread {
	struct model *model;
	pthread_t thread;
	pthread_mutex_t lock;	/* of @request and @quit */
	pthread_cond_t wake;
	const uint8_t *request;
	bool quit;
	bool done;		/* under the lock of all */
	bool holds;		/* of the migration thread: a result to send */
	uint64_t page;
	struct page_packer packer;
	uint64_t requests;
	uint64_t busy_ns;
};

struct model {
	const struct region *region;
	struct sink *sink;
	pthread_mutex_t done_lock;
	pthread_cond_t done_cond;
	uint64_t busy;
	unsigned int nr;
	struct classic_thread *threads;
};

static void *classic_main(void *data)
{
	struct classic_thread *t = data;
	struct model *m = t->model;

	pthread_mutex_lock(&t->lock);
	while (!t->quit) {
		const uint8_t *page = t->request;

		if (!page) {
			pthread_cond_wait(&t->wake, &t->lock);
			continue;
		}
		t->request = NULL;
		pthread_mutex_unlock(&t->lock);
		page_copy(&t->packer, page);
		page_pack(&t->packer);
		t->requests++;
		pthread_mutex_lock(&m->done_lock);
		t->done = true;
		pthread_cond_signal(&m->done_cond);
		pthread_mutex_unlock(&m->done_lock);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	t->busy_ns = cpu_ns();
	return NULL;
}

/* The result of a thread that is done. */
static void classic_send(struct classic_thread *t)
{
	struct sink *sink = t->model->sink;

	if (!t->holds)
		return;
	t->holds = false;
	if (t->packer.len)
		sink_packed(sink, t->page, t->packer.out, t->packer.len);
	else
		sink_normal(sink, t->page, t->packer.copy);
}

static void classic_give(struct classic_thread *t, uint64_t n)
{
	t->done = false;
	classic_send(t);
	pthread_mutex_lock(&t->lock);
	t->holds = true;
	t->page = n;
	t->request = region_page(t->model->region, n);
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

static int classic_submit(struct model *m, uint64_t n)
{
	struct classic_thread *t;
	uint64_t value;

	if (page_filled(region_page(m->region, n), &value)) {
		sink_filled(m->sink, n, value);
		return 0;
	}
	pthread_mutex_lock(&m->done_lock);
	t = classic_idle(m);
	if (!t)
		m->busy++;
	while (!t) {
		pthread_cond_wait(&m->done_cond, &m->done_lock);
		t = classic_idle(m);
	}
	classic_give(t, n);
	pthread_mutex_unlock(&m->done_lock);
	return 0;
}

static int classic_flush(struct model *m)
{
	unsigned int i;

	pthread_mutex_lock(&m->done_lock);
	for (i = 0; i < m->nr; i++)
		while (!m->threads[i].done)
			pthread_cond_wait(&m->done_cond, &m->done_lock);
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
	pthread_join(t->thread, NULL);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
}

static void classic_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		classic_end(&m->threads[i]);
	if (stats) {
		stats->busy = m->busy;
		stats->workers = m->nr;
		for (i = 0; i < m->nr; i++) {
			stats->requests[i] = m->threads[i].requests;
			stats->busy_ns[i] = m->threads[i].busy_ns;
		}
	}
	pthread_mutex_destroy(&m->done_lock);
	pthread_cond_destroy(&m->done_cond);
	free(m->threads);
	free(m);
}

static int classic_begin(struct classic_thread *t, struct model *m)
{
	t->model = m;
	t->done = true;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	return -pthread_create(&t->thread, NULL, classic_main, t);
}

static struct model *classic_start(const struct region *region,
				   struct sink *sink, unsigned int threads)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		goto fail;
	m->region = region;
	m->sink = sink;
	pthread_mutex_init(&m->done_lock, NULL);
	pthread_cond_init(&m->done_cond, NULL);
	m->threads = calloc(threads, sizeof(*m->threads));
	if (!m->threads)
		goto fail;
	for (; m->nr < threads; m->nr++)
		if (classic_begin(&m->threads[m->nr], m))
			goto fail;
	return m;
fail:
	fprintf(stderr, "migrate: classic: no memory or no threads\n");
	if (m)
		classic_stop(m, NULL);
	return NULL;
}

const struct model_ops model_classic = {
	.name = "classic",
	.start = classic_start,
	.submit = classic_submit,
	.flush = classic_flush,
	.stop = classic_stop,
};
