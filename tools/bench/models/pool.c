// SPDX-License-Identifier: GPL-2.0-only
/*
 * pool.c - a pool of threads as a careful programmer writes it today
 *
 * The usual one, a queue under a mutex with a condition for the threads, with
 * what profiles teach: the submitter hands over a batch under one lock, threads
 * take a fair share of what is there, and give back and take under one lock;
 * nobody is signalled unless he sleeps; a submitter that found no request free
 * is woken when half of them are, not at each; a spinning mutex; requests and
 * compression contexts are made once.
 */
#include <stdlib.h>
#include <string.h>

#include "core/worker.h"
#include "models/models.h"

#define DEPTH	32
#define BATCH	8
#define SLOTS	(MAX_THREADS * MAX_DEPTH)

/* A stack, or a ring, of requests, the latter while positions only grow. */
struct list {
	unsigned int nr;
	struct request *request[SLOTS];
};

struct ring {
	unsigned int in;
	unsigned int out;
	struct request *request[SLOTS];
};

struct pool_thread {
	struct worker on_line worker;
	struct model *model;
};

/**
 * struct model - the pool; from @todo to @quit under @lock
 * @todo: requests that wait for a thread
 * @done: that wait for the submitter
 * @sleepers: threads that sleep
 * @wanted: the submitter sleeps until so many are in @done; 0: it does not
 * @free: of the submitter, as all that follows
 * @prepared: to be handed over
 * @flying: handed over and not collected
 */
struct model {
	pthread_mutex_t on_line lock;
	pthread_cond_t work;
	pthread_cond_t some_done;
	struct ring todo;
	struct list done;
	unsigned int sleepers;
	unsigned int wanted;
	bool quit;
	struct model_config on_line config;
	unsigned int batch;
	struct request *requests;
	struct list free;
	struct list prepared;
	struct list collected;
	unsigned int flying;
	uint64_t busy;
	uint64_t syscalls;
	uint64_t wakeups;
	unsigned int nr;
	struct pool_thread *threads;
};

/* What there is, divided among the threads, but no more than a batch. */
static unsigned int take(struct model *m, struct request **to)
{
	unsigned int n = m->todo.in - m->todo.out, i;
	unsigned int share = (n + m->config.threads - 1) / m->config.threads;

	if (share > m->batch)
		share = m->batch;
	for (i = 0; i < share; i++)
		to[i] = m->todo.request[m->todo.out++ % SLOTS];
	return share;
}

/* One more thread, if there is work left and one sleeps. */
static unsigned int wake_one(struct model *m)
{
	if (!m->sleepers || m->todo.in == m->todo.out)
		return 0;
	pthread_cond_signal(&m->work);
	return 1;
}

static void give_back(struct model *m, struct worker *w, struct request **from,
		      unsigned int n)
{
	memcpy(m->done.request + m->done.nr, from, n * sizeof(*from));
	m->done.nr += n;
	if (!m->wanted || m->done.nr < m->wanted)
		return;
	m->wanted = 0;
	pthread_cond_signal(&m->some_done);
	w->syscalls++;
	w->wakeups++;
}

static void pool_main(void *arg)
{
	struct pool_thread *t = arg;
	struct model *m = t->model;
	struct request *mine[MAX_DEPTH];
	unsigned int i, n, woken;

	pthread_mutex_lock(&m->lock);
	for (;;) {
		n = take(m, mine);
		if (!n && m->quit)
			break;
		if (!n) {
			m->sleepers++;
			t->worker.syscalls++;
			pthread_cond_wait(&m->work, &m->lock);
			m->sleepers--;
			continue;
		}
		woken = wake_one(m);
		pthread_mutex_unlock(&m->lock);
		t->worker.syscalls += woken;
		t->worker.wakeups += woken;
		for (i = 0; i < n; i++)
			worker_handle(&t->worker, mine[i]);
		pthread_mutex_lock(&m->lock);
		give_back(m, &t->worker, mine, n);
	}
	pthread_mutex_unlock(&m->lock);
}

static void hand_over(struct model *m)
{
	unsigned int i, woken;

	for (i = 0; i < m->prepared.nr; i++)
		m->todo.request[m->todo.in++ % SLOTS] = m->prepared.request[i];
	m->flying += m->prepared.nr;
	m->prepared.nr = 0;
	woken = wake_one(m);
	m->syscalls += woken;
	m->wakeups += woken;
}

/* With the lock held. */
static void wait_for(struct model *m, unsigned int wanted)
{
	while (m->done.nr < wanted) {
		m->wanted = wanted;
		m->syscalls++;
		pthread_cond_wait(&m->some_done, &m->lock);
	}
	m->wanted = 0;
	m->collected.nr = m->done.nr;
	memcpy(m->collected.request, m->done.request,
	       m->done.nr * sizeof(*m->done.request));
	m->done.nr = 0;
}

/* Hand over what is prepared, collect what is done, at least @wanted. */
static void exchange(struct model *m, bool all)
{
	unsigned int i;

	pthread_mutex_lock(&m->lock);
	hand_over(m);
	wait_for(m, all ? m->flying : (m->flying + 1) / 2);
	pthread_mutex_unlock(&m->lock);
	for (i = 0; i < m->collected.nr; i++) {
		struct request *r = m->collected.request[i];

		m->config.done(m->config.arg, r);
		m->free.request[m->free.nr++] = r;
	}
	m->flying -= m->collected.nr;
}

static int pool_submit(struct model *m, const void *in, uint64_t tag,
		       uint64_t when)
{
	struct request *r;

	if (!m->free.nr) {
		m->busy++;
		exchange(m, false);
	}
	r = m->free.request[--m->free.nr];
	request_set(r, in, tag, when);
	m->prepared.request[m->prepared.nr++] = r;
	if (m->prepared.nr == m->batch) {
		pthread_mutex_lock(&m->lock);
		hand_over(m);
		pthread_mutex_unlock(&m->lock);
	}
	return 0;
}

static int pool_flush(struct model *m)
{
	exchange(m, true);
	return 0;
}

static void pool_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	pthread_mutex_lock(&m->lock);
	m->quit = true;
	pthread_cond_broadcast(&m->work);
	pthread_mutex_unlock(&m->lock);
	for (i = 0; i < m->nr; i++) {
		worker_join(&m->threads[i].worker);
		worker_count(&m->threads[i].worker, stats);
	}
	if (stats) {
		stats->busy = m->busy;
		stats->syscalls += m->syscalls;
		stats->wakeups += m->wakeups;
	}
	pthread_cond_destroy(&m->some_done);
	pthread_cond_destroy(&m->work);
	pthread_mutex_destroy(&m->lock);
	free(m->threads);
	free(m->requests);
	free(m);
}

static void make_lock(struct model *m)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&m->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	pthread_cond_init(&m->work, NULL);
	pthread_cond_init(&m->some_done, NULL);
}

static bool pool_make(struct model *m)
{
	const struct model_config *c = &m->config;
	const unsigned int slots = c->threads * (c->depth ? c->depth : DEPTH);

	m->batch = c->batch ? c->batch : BATCH;
	m->threads = alloc_lines(c->threads * sizeof(*m->threads));
	m->requests = requests_alloc(c->job, slots);
	if (!m->threads || !m->requests)
		return false;
	for (; m->free.nr < slots; m->free.nr++)
		m->free.request[m->free.nr] = &m->requests[m->free.nr];
	while (m->nr < c->threads) {
		struct pool_thread *t = &m->threads[m->nr];

		t->model = m;
		if (!worker_start(&t->worker, c, m->nr++, pool_main, t))
			return false;
	}
	return true;
}

static struct model *pool_start(const struct model_config *config)
{
	struct model *m = alloc_lines(sizeof(*m));

	if (!m)
		goto fail;
	m->config = *config;
	make_lock(m);
	if (pool_make(m))
		return m;
	pool_stop(m, NULL);
fail:
	model_complain("pool");
	return NULL;
}

const struct model_ops model_pool = {
	.name = "pool",
	.about = "a good thread pool: one mutex, batches, few wake-ups",
	.start = pool_start,
	.submit = pool_submit,
	.flush = pool_flush,
	.stop = pool_stop,
};
