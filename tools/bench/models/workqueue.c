// SPDX-License-Identifier: GPL-2.0-only
/*
 * workqueue.c - the threaded workqueue proposed for QEMU in 2018
 *
 * As in "util: introduce threaded workqueue" (Xiao Guangrong, qemu-devel,
 * 2018-11-06, util/threaded-workqueue.c): four requests per thread, all bits of
 * which are in two bitmaps that all share. The submitter flips a bit of
 * request_fill, a thread flips it in request_done, atomically; where both are
 * the same the request is free. Next to be filled is the first free one from
 * the next thread's on. A thread that finds nothing looks a thousand times, then
 * waits for its event, which is set at each submission. One more event is set
 * at each completion, for who waits for all. With no request free the migration
 * thread tries again at once, as it does there with compress-wait-thread.
 *
 * In the variant that its reviewer wrote (Emilio G. Cota, in the same thread)
 * all of this is a thread's own, on cache lines of its own. It tries again with
 * the thread that had the last request, until all of that are in use; or, as
 * the original, with the next one (workqueue-batch, workqueue-rr).
 *
 * QEMU's smp_wmb() and change_bit() are a release store here, its two loads and
 * smp_rmb() acquire loads, and change_bit_atomic() is a sequentially consistent
 * exclusive or: the same instructions.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/worker.h"
#include "models/models.h"

#define SLOTS	4		/* per thread */
#define POLLS	1000
#define BITS	64
#define WORDS	(MAX_THREADS * SLOTS / BITS)

/**
 * struct workqueue_thread - one thread, and the submitter's side of it
 * @work: set at each submission
 * @own_fill: for @fill, if threads share nothing
 * @own_done: for @done, likewise
 * @own_finished: for @finished, likewise
 * @quit: it is to end
 * @fill: word with its bits, flipped by the submitter
 * @done: word with its bits, flipped by its threads
 * @shift: where its bits are in these
 * @finished: set at each completion
 * @worker: the thread
 * @requests: its own
 */
struct workqueue_thread {
	struct event on_line work;
	atomic_ullong on_line own_fill;
	atomic_ullong on_line own_done;
	struct event on_line own_finished;
	atomic_bool on_line quit;
	atomic_ullong *fill;
	atomic_ullong *done;
	unsigned int shift;
	struct event *finished;
	struct worker worker;
	struct request *requests;
};

/**
 * struct model - threads, and what they share
 * @results: of each thread; bit N: there is a result of request N to send
 * @step: to the thread that the next request is tried with; 0: the same one
 * @next: thread
 */
struct model {
	atomic_ullong on_line fill[WORDS];
	atomic_ullong on_line done[WORDS];
	struct event on_line finished;
	struct model_config on_line config;
	struct request *requests;
	unsigned int results[MAX_THREADS];
	unsigned int step;
	unsigned int next;
	uint64_t busy;
	uint64_t syscalls;
	uint64_t wakeups;
	unsigned int nr;
	struct workqueue_thread *threads;
};

/* Bit N: request N is the thread's. */
static unsigned int valid(const struct workqueue_thread *t)
{
	uint64_t fill = atomic_load_explicit(t->fill, memory_order_acquire);
	uint64_t done = atomic_load_explicit(t->done, memory_order_acquire);

	return (unsigned int)((fill ^ done) >> t->shift) & ((1U << SLOTS) - 1);
}

static struct request *find_valid(const struct workqueue_thread *t)
{
	unsigned int set = valid(t);

	return set ? &t->requests[__builtin_ctz(set)] : NULL;
}

static struct request *poll_valid(const struct workqueue_thread *t)
{
	struct request *r = NULL;
	unsigned int i;

	for (i = 0; i < POLLS && !r; i++) {
		r = find_valid(t);
		if (!r)
			relax();
	}
	return r;
}

static uint64_t bit_of(const struct workqueue_thread *t, unsigned int n)
{
	return 1ULL << (t->shift + n);
}

static void mark_done(struct workqueue_thread *t, const struct request *r)
{
	atomic_fetch_xor(t->done, bit_of(t, (unsigned int)(r - t->requests)));
}

static void workqueue_main(void *arg)
{
	struct workqueue_thread *t = arg;

	while (!atomic_load(&t->quit)) {
		struct request *r;
		unsigned int woken;

		event_reset(&t->work);
		r = poll_valid(t);
		if (!r) {
			/* there quit is not looked at here: the end may hang */
			if (!atomic_load(&t->quit))
				t->worker.syscalls += event_wait(&t->work);
			continue;
		}
		worker_handle(&t->worker, r);
		mark_done(t, r);
		woken = event_set(t->finished);
		t->worker.wakeups += woken;
		t->worker.syscalls += woken;
	}
}

static void mark_valid(struct workqueue_thread *t, unsigned int n)
{
	uint64_t fill = atomic_load_explicit(t->fill, memory_order_relaxed);

	atomic_store_explicit(t->fill, fill ^ bit_of(t, n),
			      memory_order_release);
}

static void send_result(struct model *m, struct workqueue_thread *t,
			unsigned int n)
{
	unsigned int *results = &m->results[t - m->threads];

	if (*results >> n & 1)
		m->config.done(m->config.arg, &t->requests[n]);
	*results &= ~(1U << n);
}

/* A thread with a free request *@n, from the next thread on. */
static struct workqueue_thread *find_free(struct model *m, unsigned int *n)
{
	unsigned int i, used;

	for (i = 0; i < m->nr; i++) {
		struct workqueue_thread *t =
			&m->threads[(m->next + i) % m->nr];

		used = valid(t);
		*n = (unsigned int)__builtin_ctz(~used);
		if (*n < SLOTS)
			return t;
	}
	return NULL;
}

static int workqueue_submit(struct model *m, const void *in, uint64_t tag,
			    uint64_t when)
{
	struct workqueue_thread *t;
	unsigned int n;

	t = find_free(m, &n);
	m->busy += !t;
	while (!t) {
		relax();
		t = find_free(m, &n);
	}
	send_result(m, t, n);
	request_set(&t->requests[n], in, tag, when);
	m->results[t - m->threads] |= 1U << n;
	mark_valid(t, n);
	m->next = (unsigned int)(t - m->threads) + m->step;
	m->wakeups += event_set(&t->work);
	return 0;
}

/* Wait for all of a thread's. */
static void finish_thread(struct model *m, struct workqueue_thread *t)
{
	unsigned int n = 0;

	while (n < SLOTS) {
		event_reset(t->finished);
		for (; n < SLOTS && !(valid(t) >> n & 1); n++)
			send_result(m, t, n);
		if (n < SLOTS)
			m->syscalls += event_wait(t->finished);
	}
}

static int workqueue_flush(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		finish_thread(m, &m->threads[i]);
	return 0;
}

static void workqueue_stop(struct model *m, struct model_stats *stats)
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
		stats->wakeups += m->wakeups;
		stats->syscalls += m->wakeups + m->syscalls;
	}
	free(m->threads);
	free(m->requests);
	free(m);
}

static void share(struct model *m, struct workqueue_thread *t, unsigned int n)
{
	t->fill = &m->fill[n * SLOTS / BITS];
	t->done = &m->done[n * SLOTS / BITS];
	t->shift = n * SLOTS % BITS;
	t->finished = &m->finished;
}

static void separate(struct workqueue_thread *t)
{
	t->fill = &t->own_fill;
	t->done = &t->own_done;
	t->finished = &t->own_finished;
}

static bool make(struct model *m, bool shared)
{
	const struct model_config *c = &m->config;

	m->threads = alloc_lines(c->threads * sizeof(*m->threads));
	m->requests = requests_alloc(c->job, c->threads * SLOTS);
	if (!m->threads || !m->requests)
		return false;
	while (m->nr < c->threads) {
		struct workqueue_thread *t = &m->threads[m->nr];

		if (shared)
			share(m, t, m->nr);
		else
			separate(t);
		t->requests = &m->requests[m->nr * SLOTS];
		if (!worker_start(&t->worker, c, m->nr++, workqueue_main, t))
			return false;
	}
	return true;
}

static struct model *start(const struct model_config *config, bool shared,
			   unsigned int step)
{
	struct model *m = alloc_lines(sizeof(*m));

	if (!m)
		goto fail;
	m->config = *config;
	m->step = step;
	if (make(m, shared))
		return m;
	workqueue_stop(m, NULL);
fail:
	model_complain("workqueue");
	return NULL;
}

static struct model *start_shared(const struct model_config *config)
{
	return start(config, true, 1);
}

static struct model *start_rr(const struct model_config *config)
{
	return start(config, false, 1);
}

static struct model *start_batch(const struct model_config *config)
{
	return start(config, false, 0);
}

const struct model_ops model_workqueue = {
	.name = "workqueue",
	.about = "the threaded workqueue of 2018: two bitmaps of all threads",
	.start = start_shared,
	.submit = workqueue_submit,
	.flush = workqueue_flush,
	.stop = workqueue_stop,
};

const struct model_ops model_workqueue_rr = {
	.name = "workqueue-rr",
	.about = "as its reviewer had it: two per thread, threads in turn",
	.start = start_rr,
	.submit = workqueue_submit,
	.flush = workqueue_flush,
	.stop = workqueue_stop,
};

const struct model_ops model_workqueue_batch = {
	.name = "workqueue-batch",
	.about = "the same, each thread until its four requests are in use",
	.start = start_batch,
	.submit = workqueue_submit,
	.flush = workqueue_flush,
	.stop = workqueue_stop,
};
