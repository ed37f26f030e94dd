// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - the lockless model proposed for QEMU in 2018
 *
 * As in "migration: introduce lockless multithreads model" (Xiao Guangrong,
 * qemu-devel, 2018-06-04 and 2018-10-16, util/lockless-threads.c): each thread
 * has a ring of four requests, all of them put what is finished into one ring.
 * Requests are made once, four per thread, and any thread takes any of them.
 * The migration thread goes round the threads to the next whose ring has room
 * and sets its event. A thread that finds its ring empty polls it a thousand
 * times, then waits for the event. The migration thread never sleeps: it tries
 * again until a request is free, and before a round ends until all are.
 */
#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "event.h"
#include "model.h"

#define RING_SIZE	4
#define POLLS		1000

struct ring_request {
	uint64_t page;
	bool filled;
	uint64_t value;
	struct page_packer packer;
	struct ring_request *next;	/* among those that are free */
};

/* From the migration thread to one other. */
struct ring {
	atomic_uint in;
	char pad[60];
	atomic_uint out;
	struct ring_request *slot[RING_SIZE];
};

/* From all threads to the migration thread: as many slots as requests. */
struct done_ring {
	atomic_uint in;
	char pad[60];
	unsigned int out;
	atomic_uintptr_t slot[MAX_THREADS * RING_SIZE];	/* requests */
};

struct ring_thread {
	alignas(64) struct ring todo;
	alignas(64) struct event work;
	atomic_bool quit;
	struct model *model;
	pthread_t thread;
	uint64_t requests;
	uint64_t busy_ns;
};

struct model {
	alignas(64) struct done_ring done;
	alignas(64) const struct region *region;
	struct sink *sink;
	struct ring_request *requests;
	struct ring_request *free;
	unsigned int nr_free;
	unsigned int next;
	uint64_t busy;
	unsigned int nr;
	struct ring_thread *threads;
};

static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

static bool ring_full(struct ring *r)
{
	return atomic_load_explicit(&r->in, memory_order_relaxed) -
		atomic_load_explicit(&r->out, memory_order_acquire) ==
		RING_SIZE;
}

static void ring_put(struct ring *r, struct ring_request *request)
{
	unsigned int in = atomic_load_explicit(&r->in, memory_order_relaxed);

	r->slot[in % RING_SIZE] = request;
	atomic_store_explicit(&r->in, in + 1, memory_order_release);
}

static struct ring_request *ring_get(struct ring *r)
{
	unsigned int out = atomic_load_explicit(&r->out, memory_order_relaxed);
	struct ring_request *request;

	if (out == atomic_load_explicit(&r->in, memory_order_acquire))
		return NULL;
	request = r->slot[out % RING_SIZE];
	atomic_store_explicit(&r->out, out + 1, memory_order_release);
	return request;
}

/* There is always room. Others may take the next place first. */
static void done_put(struct done_ring *r, struct ring_request *request)
{
	unsigned int in = atomic_load(&r->in);

	while (!atomic_compare_exchange_weak(&r->in, &in, in + 1))
		;
	atomic_store_explicit(&r->slot[in % (MAX_THREADS * RING_SIZE)],
			      (uintptr_t)request, memory_order_release);
}

static struct ring_request *done_get(struct done_ring *r)
{
	atomic_uintptr_t *slot = &r->slot[r->out % (MAX_THREADS * RING_SIZE)];
	struct ring_request *request;

	if (r->out == atomic_load(&r->in))
		return NULL;
	/* The place was taken; the request comes at once. */
	for (;;) {
		request = (void *)atomic_load_explicit(slot,
						       memory_order_acquire);
		if (request)
			break;
		relax();
	}
	atomic_store_explicit(slot, 0, memory_order_relaxed);
	r->out++;
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
	done_put(&t->model->done, request);
}

static struct ring_request *ring_poll(struct ring *r)
{
	struct ring_request *request = NULL;
	unsigned int i;

	for (i = 0; i < POLLS && !request; i++) {
		request = ring_get(r);
		if (!request)
			relax();
	}
	return request;
}

static void *ring_main(void *data)
{
	struct ring_thread *t = data;
	struct ring_request *request;

	while (!atomic_load(&t->quit)) {
		event_reset(&t->work);
		request = ring_poll(&t->todo);
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

static void free_put(struct model *m, struct ring_request *request)
{
	request->next = m->free;
	m->free = request;
	m->nr_free++;
}

static struct ring_request *free_get(struct model *m)
{
	struct ring_request *request = m->free;

	if (request) {
		m->free = request->next;
		m->nr_free--;
	}
	return request;
}

/* A request that is free, or one that is finished, whose result is sent. */
static struct ring_request *ring_request(struct model *m)
{
	struct ring_request *request = free_get(m);

	if (request)
		return request;
	request = done_get(&m->done);
	if (request)
		ring_send(m->sink, request);
	return request;
}

static struct ring_thread *ring_room(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		unsigned int n = (m->next + i) % m->nr;

		if (!ring_full(&m->threads[n].todo)) {
			m->next = n;
			return &m->threads[n];
		}
	}
	return NULL;
}

static bool ring_try(struct model *m, uint64_t n)
{
	struct ring_thread *t = ring_room(m);
	struct ring_request *request = t ? ring_request(m) : NULL;

	if (!request)
		return false;
	request->page = n;
	ring_put(&t->todo, request);
	event_set(&t->work);
	m->next++;
	return true;
}

static int ring_submit(struct model *m, uint64_t n)
{
	if (ring_try(m, n))
		return 0;
	m->busy++;
	while (!ring_try(m, n))
		relax();
	return 0;
}

static int ring_flush(struct model *m)
{
	while (m->nr_free < m->nr * RING_SIZE) {
		struct ring_request *request = done_get(&m->done);

		if (!request) {
			relax();
			continue;
		}
		ring_send(m->sink, request);
		free_put(m, request);
	}
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
	free(m->requests);
	free(m);
}

/* With all bytes zero. */
static void *ring_alloc(size_t bytes)
{
	void *p = aligned_alloc(64, bytes);

	return p ? memset(p, 0, bytes) : NULL;
}

static int ring_begin(struct ring_thread *t, struct model *m)
{
	t->model = m;
	return -pthread_create(&t->thread, NULL, ring_main, t);
}

static struct model *ring_start(const struct region *region, struct sink *sink,
				unsigned int threads)
{
	struct model *m = ring_alloc(sizeof(*m));
	unsigned int i;

	if (!m)
		goto fail;
	m->region = region;
	m->sink = sink;
	m->threads = ring_alloc(threads * sizeof(*m->threads));
	m->requests = calloc(threads * RING_SIZE, sizeof(*m->requests));
	if (!m->threads || !m->requests)
		goto fail;
	for (i = 0; i < threads * RING_SIZE; i++)
		free_put(m, &m->requests[i]);
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
