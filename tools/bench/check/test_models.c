// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_models.c - each model gives back each request, once and right
 */
#include <stdlib.h>
#include <string.h>

#include "core/image.h"
#include "core/lane.h"
#include "models/models.h"
#include "tap.h"

#define PIECES		32
#define REQUESTS	200

struct shape {
	unsigned int workers;
	unsigned int depth;
	unsigned int batch;
};

static struct corpus corpus;

static struct setting setting(const struct job_ops *job,
			      const struct shape *shape, bool migration)
{
	return (struct setting){
		.job = {
			.ops = job, .size = corpus.size,
			.detect = migration, .copy = migration,
		},
		.workers = shape->workers, .depth = shape->depth,
		.batch = shape->batch, .submitters = 1,
	};
}

static bool all_shapes(const struct model_ops *m, const struct job_ops *job)
{
	static const struct shape shapes[] = {
		{ 2, 32, 8 }, { 1, 1, 1 }, { 3, 5, 7 }, { 1, 64, 64 },
	};
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct setting s = setting(job, &shapes[i],
					   i % 2 && job->pack);

		good &= !round_verify(m, &s, &corpus,
				      REQUESTS / (1 + i));
	}
	return good;
}

static void test_model(const struct model_ops *m)
{
	const struct job_ops *const *j;
	char name[64];

	for (j = jobs; *j; j++) {
		const struct job job = { .ops = *j, .size = corpus.size };

		if (!model_can(m, &job))
			continue;
		snprintf(name, sizeof(name), "%s: %s", m->name, (*j)->name);
		ok(all_shapes(m, *j), name);
	}
}

/* What a round says of a model fits together. */
static void test_round(const struct model_ops *m)
{
	static const struct shape shape = { 2, 8, 4 };
	const bool empty = m->can == job_empty_only;
	const struct job_ops *job = empty ? &job_empty : &job_lz4;
	struct setting s = setting(job, &shape, false);
	struct sample *sample = malloc(sizeof(*sample));
	uint64_t handled = 0;
	unsigned int i;
	char name[64];
	int ret;

	if (!sample)
		abort();
	s.submitters = 2;
	s.pin = true;
	ret = round_run(m, &s, &corpus, 5, sample);
	for (i = 0; i < sample->stats.workers; i++)
		handled += sample->stats.requests[i];
	snprintf(name, sizeof(name), "%s: a round adds up", m->name);
	ok(!ret && sample->requests && sample->total > sample->requests &&
	   handled == sample->total && sample->seconds >= 0.005 &&
	   sample->usage.cpu_ns && (empty || sample->latencies.n),
	   name);
	free(sample);
}

/* A model that does it right, but for what fault() makes of it. */
struct model {
	struct model_config config;
	struct request *request;
	uint64_t n;
};

static struct model *faulty_start(const struct model_config *config)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->config = *config;
	m->request = requests_alloc(config->job, 1);
	if (!m->request)
		abort();
	return m;
}

static void handle(struct model *m, const void *in, uint64_t tag)
{
	request_set(m->request, in, tag, 0);
	job_handle(m->config.job, NULL, m->request);
	m->n++;
}

static int submit_twice(struct model *m, const void *in, uint64_t tag,
			uint64_t when)
{
	handle(m, in, tag + when);
	m->config.done(m->config.arg, m->request);
	if (m->n == 7)
		m->config.done(m->config.arg, m->request);
	return 0;
}

static int submit_none(struct model *m, const void *in, uint64_t tag,
		       uint64_t when)
{
	handle(m, in, tag + when);
	if (m->n != 7)
		m->config.done(m->config.arg, m->request);
	return 0;
}

static int submit_wrong(struct model *m, const void *in, uint64_t tag,
			uint64_t when)
{
	handle(m, in, tag + when);
	if (m->n == 7)
		((char *)m->request->out)[100]++;
	m->config.done(m->config.arg, m->request);
	return 0;
}

static int faulty_flush(struct model *m)
{
	(void)m;
	return 0;
}

static void faulty_stop(struct model *m, struct model_stats *stats)
{
	(void)stats;
	free(m->request);
	free(m);
}

static void test_faults(void)
{
	static const struct shape shape = { 1, 1, 1 };
	const struct setting s = setting(&job_copy, &shape, false);
	struct model_ops m = {
		.name = "faulty", .start = faulty_start,
		.flush = faulty_flush, .stop = faulty_stop,
	};

	m.submit = submit_twice;
	ok(round_verify(&m, &s, &corpus, REQUESTS), "twice is noticed");
	m.submit = submit_none;
	ok(round_verify(&m, &s, &corpus, REQUESTS), "none is noticed");
	m.submit = submit_wrong;
	ok(round_verify(&m, &s, &corpus, REQUESTS), "wrong is noticed");
}

int main(void)
{
	const struct model_ops *const *m;

	if (corpus_load(&corpus, NULL, 1, PAGE_BYTES, PIECES * PAGE_BYTES))
		return 1;
	for (m = models; *m; m++) {
		if (model_needs(*m))
			continue;
		test_model(*m);
		test_round(*m);
	}
	test_faults();
	corpus_free(&corpus);
	return tap_end();
}
