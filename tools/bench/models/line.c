// SPDX-License-Identifier: GPL-2.0-only
/*
 * line.c - a bare ping-pong of one cache line
 *
 * No model, but the limit of all that hand over a batch and wait for it: the
 * submitter writes a number into a line, a thread writes it back, and both spin.
 * There is nothing in it, so a request is only counted. With more threads each
 * has a line and batches go to them in turn.
 */
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/worker.h"
#include "models/models.h"

#define BATCH	8
#define QUIT	ULLONG_MAX

/**
 * struct line - the line, its thread, and the batch it is about
 * @ping: requests sent so far
 * @pong: requests answered so far
 * @sent: of the submitter, as the rest: what it wrote last
 * @filled: requests not sent yet
 * @flying: requests sent and not collected
 */
struct line {
	atomic_ullong on_line ping;
	atomic_ullong pong;
	struct worker on_line worker;
	unsigned long long on_line sent;
	unsigned int filled;
	unsigned int flying;
	struct request *requests;
};

struct model {
	struct model_config config;
	unsigned int batch;
	unsigned int next;
	uint64_t busy;
	struct request *requests;
	unsigned int nr;
	struct line *lines;
};

static void line_main(void *arg)
{
	struct line *l = arg;
	unsigned long long n, last = 0;

	for (;;) {
		n = atomic_load_explicit(&l->ping, memory_order_acquire);
		if (n == QUIT)
			break;
		if (n == last) {
			relax();
			continue;
		}
		l->worker.requests += n - last;
		last = n;
		atomic_store_explicit(&l->pong, n, memory_order_release);
	}
}

static bool answered(struct line *l)
{
	return atomic_load_explicit(&l->pong, memory_order_acquire) == l->sent;
}

static void collect(struct model *m, struct line *l)
{
	unsigned int i;

	m->busy += !answered(l);
	while (!answered(l))
		relax();
	for (i = 0; i < l->flying; i++) {
		l->requests[i].value = job_answer(l->requests[i].tag);
		m->config.done(m->config.arg, &l->requests[i]);
	}
	l->flying = 0;
}

static void send_batch(struct line *l)
{
	l->flying = l->filled;
	l->filled = 0;
	l->sent += l->flying;
	atomic_store_explicit(&l->ping, l->sent, memory_order_release);
}

static int line_submit(struct model *m, const void *in, uint64_t tag,
		       uint64_t when)
{
	struct line *l = &m->lines[m->next];

	if (l->flying)
		collect(m, l);
	request_set(&l->requests[l->filled], in, tag, when);
	if (++l->filled < m->batch)
		return 0;
	send_batch(l);
	if (++m->next == m->nr)
		m->next = 0;
	return 0;
}

static int line_flush(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		struct line *l = &m->lines[(m->next + i) % m->nr];

		collect(m, l);
		send_batch(l);
		collect(m, l);
	}
	return 0;
}

static void line_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		struct line *l = &m->lines[i];

		atomic_store_explicit(&l->ping, QUIT, memory_order_release);
		worker_join(&l->worker);
		worker_count(&l->worker, stats);
	}
	if (stats)
		stats->busy = m->busy;
	free(m->lines);
	free(m->requests);
	free(m);
}

static bool make(struct model *m, const struct model_config *config)
{
	m->config = *config;
	m->batch = config->batch ? config->batch : BATCH;
	m->lines = alloc_lines(config->threads * sizeof(*m->lines));
	m->requests = requests_alloc(config->job, config->threads * m->batch);
	if (!m->lines || !m->requests)
		return false;
	while (m->nr < config->threads) {
		struct line *l = &m->lines[m->nr];

		l->requests = &m->requests[m->nr * m->batch];
		if (!worker_start(&l->worker, config, m->nr++, line_main, l))
			return false;
	}
	return true;
}

static struct model *line_start(const struct model_config *config)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m && make(m, config))
		return m;
	if (m)
		line_stop(m, NULL);
	model_complain("line");
	return NULL;
}

const struct model_ops model_line = {
	.name = "line",
	.about = "no model: a bare ping-pong of one cache line per batch",
	.can = job_empty_only,
	.start = line_start,
	.submit = line_submit,
	.flush = line_flush,
	.stop = line_stop,
};
