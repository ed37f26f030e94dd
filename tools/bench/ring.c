// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - the lockless model proposed for QEMU in June 2018
 *
 * Each thread has a ring of requests and a ring of finished ones, with one
 * writer and one reader each, and an event for when it finds no request. The
 * migration thread goes round the threads, and sets the thread's event after
 * each request; it has an event of its own for when all rings are full.
 */
#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "event.h"
#include "model.h"

#define RING_SIZE	4

struct ring_request {
	uint64_t page;
	bool filled;
	uint64_t value;
	struct page_packer packer;
};

struct ring {
	atomic_uint in;
	char pad[60];
	atomic_uint out;
	struct ring_request *slot[RING_SIZE];
};

struct ring_thread {
	alignas(64) struct ring todo;
	alignas(64) struct ring done;
	struct event work;
	atomic_bool quit;
	struct model *model;
	pthread_t thread;
	struct ring_request request[RING_SIZE];
	struct ring_request *idle[RING_SIZE];	/* of the migration thread */
	unsigned int nr_idle;
	uint64_t requests;
	uint64_t busy_ns;
};

struct model {
	const struct region *region;
	struct sink *sink;
	struct event finished;
	unsigned int next;
	uint64_t busy;
	unsigned int nr;
	struct ring_thread *threads;
};

/* There is always room: a thread has no more requests than that. */
static void ring_put(struct ring *r, struct ring_request *request)
{
	uint32_t in = atomic_load_explicit(&r->in, memory_order_relaxed);

	r->slot[in % RING_SIZE] = request;
	atomic_store_explicit(&r->in, in + 1, memory_order_release);
}

static struct ring_request *ring_get(struct ring *r)
{
	uint32_t out = atomic_load_explicit(&r->out, memory_order_relaxed);
	struct ring_request *request;

	if (out == atomic_load_explicit(&r->in, memory_order_acquire))
		return NULL;
	request = r->slot[out % RING_SIZE];
	atomic_store_explicit(&r->out, out + 1, memory_order_release);
	return request;
}

static void ring_work(struct ring_thread *t, struct ring_request *request)
{
	page_copy(&request->packer, region_page(t->model->region,
						request->page));
	request->filled = page_filled(request->packer.copy, &request->value);
	if (!request->filled)
		page_pack(&request->packer);
	t->requests++;
	ring_put(&t->done, request);
	event_set(&t->model->finished);
}

static void *ring_main(void *data)
{
	struct ring_thread *t = data;
	struct ring_request *request;

	while (!atomic_load(&t->quit)) {
		request = ring_get(&t->todo);
		if (!request) {
			event_reset(&t->work);
			request = ring_get(&t->todo);
		}
		if (request)
			ring_work(t, request);
		else if (!atomic_load(&t->quit))
			event_wait(&t->work);
	}
	t->busy_ns = cpu_ns();
	return NULL;
}

static void ring_send(struct sink *sink, const struct ring_request *request)
{
	if (request->filled)
		sink_filled(sink, request->page, request->value);
	else if (request->packer.len)
		sink_packed(sink, request->page, request->packer.out,
			    request->packer.len);
	else
		sink_normal(sink, request->page, request->packer.copy);
}

/* Send what is finished. Return: whether anything was. */
static bool ring_collect(struct model *m)
{
	struct ring_request *request;
	bool any = false;
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		struct ring_thread *t = &m->threads[i];

		for (request = ring_get(&t->done); request;
		     request = ring_get(&t->done)) {
			ring_send(m->sink, request);
			t->idle[t->nr_idle++] = request;
			any = true;
		}
	}
	return any;
}

static void ring_wait(struct model *m)
{
	while (!ring_collect(m)) {
		event_reset(&m->finished);
		if (ring_collect(m))
			return;
		event_wait(&m->finished);
	}
}

static struct ring_thread *ring_room(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		struct ring_thread *t = &m->threads[m->next];

		m->next = (m->next + 1) % m->nr;
		if (t->nr_idle)
			return t;
	}
	return NULL;
}

static int ring_submit(struct model *m, uint64_t n)
{
	struct ring_thread *t = ring_room(m);
	struct ring_request *request;

	if (!t) {
		ring_collect(m);
		t = ring_room(m);
	}
	if (!t)
		m->busy++;
	while (!t) {
		ring_wait(m);
		t = ring_room(m);
	}
	request = t->idle[--t->nr_idle];
	request->page = n;
	ring_put(&t->todo, request);
	event_set(&t->work);
	return 0;
}

static bool ring_all_idle(const struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		if (m->threads[i].nr_idle < RING_SIZE)
			return false;
	return true;
}

static int ring_flush(struct model *m)
{
	while (!ring_all_idle(m))
		ring_wait(m);
	return 0;
}

static void ring_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		atomic_store(&m->threads[i].quit, true);
		event_set(&m->threads[i].work);
		pthread_join(m->threads[i].thread, NULL);
	}
	if (stats) {
		stats->busy = m->busy;
		stats->workers = m->nr;
		for (i = 0; i < m->nr; i++) {
			stats->requests[i] = m->threads[i].requests;
			stats->busy_ns[i] = m->threads[i].busy_ns;
		}
	}
	free(m->threads);
	free(m);
}

static int ring_begin(struct ring_thread *t, struct model *m)
{
	t->model = m;
	for (; t->nr_idle < RING_SIZE; t->nr_idle++)
		t->idle[t->nr_idle] = &t->request[t->nr_idle];
	return -pthread_create(&t->thread, NULL, ring_main, t);
}

static struct model *ring_start(const struct region *region, struct sink *sink,
				unsigned int threads)
{
	struct model *m = calloc(1, sizeof(*m));
	unsigned int i;

	if (!m)
		goto fail;
	m->region = region;
	m->sink = sink;
	m->threads = aligned_alloc(64, threads * sizeof(*m->threads));
	if (!m->threads)
		goto fail;
	for (i = 0; i < threads; i++)
		m->threads[i] = (struct ring_thread){ 0 };
	for (; m->nr < threads; m->nr++)
		if (ring_begin(&m->threads[m->nr], m))
			goto fail;
	return m;
fail:
	fprintf(stderr, "migrate: ring: no memory or no threads\n");
	if (m)
		ring_stop(m, NULL);
	return NULL;
}

const struct model_ops model_ring = {
	.name = "ring",
	.start = ring_start,
	.submit = ring_submit,
	.flush = ring_flush,
	.stop = ring_stop,
};
