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
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/worker.h"
#include "models/models.h"

#define RING_SIZE	4
#define POLLS		1000

/* From the migration thread to one other. */
struct ring {
	atomic_uint in;
	char pad[60];
	atomic_uint out;
	struct request *slot[RING_SIZE];
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
	struct worker worker;
};

struct model {
	alignas(64) struct done_ring done;
	alignas(64) struct model_config config;
	struct request *requests;
	struct request *free[MAX_THREADS * RING_SIZE];
	unsigned int nr_free;
	unsigned int next;
	uint64_t busy;
	uint64_t wakeups;
	unsigned int nr;
	struct ring_thread *threads;
};

static bool ring_full(struct ring *r)
{
	return atomic_load_explicit(&r->in, memory_order_relaxed) -
		atomic_load_explicit(&r->out, memory_order_acquire) ==
		RING_SIZE;
}

static void ring_put(struct ring *r, struct request *request)
{
	unsigned int in = atomic_load_explicit(&r->in, memory_order_relaxed);

	r->slot[in % RING_SIZE] = request;
	atomic_store_explicit(&r->in, in + 1, memory_order_release);
}

static struct request *ring_get(struct ring *r)
{
	unsigned int out = atomic_load_explicit(&r->out, memory_order_relaxed);
	struct request *request;

	if (out == atomic_load_explicit(&r->in, memory_order_acquire))
		return NULL;
	request = r->slot[out % RING_SIZE];
	atomic_store_explicit(&r->out, out + 1, memory_order_release);
	return request;
}

/* There is always room. Others may take the next place first. */
static void done_put(struct done_ring *r, struct request *request)
{
	unsigned int in = atomic_load(&r->in);

	while (!atomic_compare_exchange_weak(&r->in, &in, in + 1))
		;
	atomic_store_explicit(&r->slot[in % (MAX_THREADS * RING_SIZE)],
			      (uintptr_t)request, memory_order_release);
}

static struct request *done_get(struct done_ring *r)
{
	atomic_uintptr_t *slot = &r->slot[r->out % (MAX_THREADS * RING_SIZE)];
	struct request *request;

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

static struct request *ring_poll(struct ring *r)
{
	struct request *request = NULL;
	unsigned int i;

	for (i = 0; i < POLLS && !request; i++) {
		request = ring_get(r);
		if (!request)
			relax();
	}
	return request;
}

static void ring_main(void *arg)
{
	struct ring_thread *t = arg;
	struct request *request;

	while (!atomic_load(&t->quit)) {
		event_reset(&t->work);
		request = ring_poll(&t->todo);
		if (request) {
			worker_handle(&t->worker, request);
			done_put(&t->model->done, request);
		} else if (!atomic_load(&t->quit)) {
			t->worker.syscalls += event_wait(&t->work);
		}
	}
}

/* One that is finished, whose result was sent. NULL: there is none. */
static struct request *ring_finished(struct model *m)
{
	struct request *request = done_get(&m->done);

	if (request)
		m->config.done(m->config.arg, request);
	return request;
}

/* A request that is free, or becomes so now. */
static struct request *ring_request(struct model *m)
{
	return m->nr_free ? m->free[--m->nr_free] : ring_finished(m);
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

static bool ring_try(struct model *m, const void *in, uint64_t tag,
		     uint64_t when)
{
	struct ring_thread *t = ring_room(m);
	struct request *request = t ? ring_request(m) : NULL;

	if (!request)
		return false;
	request_set(request, in, tag, when);
	ring_put(&t->todo, request);
	m->wakeups += event_set(&t->work);
	m->next++;
	return true;
}

static int ring_submit(struct model *m, const void *in, uint64_t tag,
		       uint64_t when)
{
	if (ring_try(m, in, tag, when))
		return 0;
	m->busy++;
	while (!ring_try(m, in, tag, when))
		relax();
	return 0;
}

static int ring_flush(struct model *m)
{
	while (m->nr_free < m->nr * RING_SIZE) {
		struct request *request = ring_finished(m);

		if (request)
			m->free[m->nr_free++] = request;
		else
			relax();
	}
	return 0;
}

static void ring_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		atomic_store(&m->threads[i].quit, true);
		event_set(&m->threads[i].work);
		worker_join(&m->threads[i].worker);
		worker_count(&m->threads[i].worker, stats);
	}
	if (stats) {
		stats->busy = m->busy;
		stats->wakeups = m->wakeups;
		stats->syscalls += m->wakeups;
	}
	free(m->threads);
	free(m->requests);
	free(m);
}

static bool ring_make(struct model *m, const struct model_config *config)
{
	const unsigned int requests = config->threads * RING_SIZE;

	m->config = *config;
	m->threads = alloc_lines(config->threads * sizeof(*m->threads));
	m->requests = requests_alloc(config->job, requests);
	if (!m->threads || !m->requests)
		return false;
	while (m->nr_free < requests) {
		m->free[m->nr_free] = &m->requests[m->nr_free];
		m->nr_free++;
	}
	while (m->nr < config->threads) {
		struct ring_thread *t = &m->threads[m->nr];

		t->model = m;
		if (!worker_start(&t->worker, config, m->nr++, ring_main, t))
			return false;
	}
	return true;
}

static struct model *ring_start(const struct model_config *config)
{
	struct model *m = alloc_lines(sizeof(*m));

	if (m && ring_make(m, config))
		return m;
	if (m)
		ring_stop(m, NULL);
	model_complain("ring");
	return NULL;
}

const struct model_ops model_ring = {
	.name = "ring",
	.about = "the lockless rings proposed in 2018, one per thread",
	.start = ring_start,
	.submit = ring_submit,
	.flush = ring_flush,
	.stop = ring_stop,
};
