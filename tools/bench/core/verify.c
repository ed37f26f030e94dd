// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - is what a model gives back right, and all of it there?
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/lane.h"

/**
 * struct verifier - what came back
 * @job: what was done
 * @corpus: inputs
 * @scratch: room for one of them
 * @seen: of each request, whether it came back
 * @nr: requests
 * @came: that came back
 * @good: that came back right, and not for the second time
 */
struct verifier {
	const struct job *job;
	const struct corpus *corpus;
	void *scratch;
	bool *seen;
	uint64_t nr;
	uint64_t came;
	uint64_t good;
};

static void verify_one(void *arg, const struct request *r)
{
	struct verifier *v = arg;
	const void *in = corpus_piece(v->corpus, r->tag % v->corpus->nr);

	v->came++;
	if (r->tag >= v->nr || v->seen[r->tag])
		return;
	v->seen[r->tag] = true;
	v->good += job_right(v->job, r, in, v->scratch);
}

static int submit_all(struct verifier *v, const struct model_ops *ops,
		      struct model *m)
{
	uint64_t n;
	int ret = 0;

	for (n = 0; n < v->nr && !ret; n++)
		ret = ops->submit(m, corpus_piece(v->corpus,
						  n % v->corpus->nr), n, 0);
	return ret ? ret : ops->flush(m);
}

static int verify(struct verifier *v, const struct model_ops *ops,
		  const struct setting *s)
{
	const struct model_config config = {
		.threads = s->workers, .depth = s->depth, .batch = s->batch,
		.look = true, .job = &s->job, .corpus = v->corpus,
		.done = verify_one, .arg = v,
	};
	struct model *m = ops->start(&config);
	int ret;

	if (!m)
		return -1;
	ret = submit_all(v, ops, m);
	ops->stop(m, NULL);
	if (ret)
		return -1;
	if (v->good == v->nr && v->came == v->nr)
		return 0;
	fprintf(stderr,
		"%s: %s: of %llu requests %llu came back, %llu of them right\n",
		program_invocation_short_name, ops->name,
		(unsigned long long)v->nr, (unsigned long long)v->came,
		(unsigned long long)v->good);
	return -1;
}

int round_verify(const struct model_ops *ops, const struct setting *setting,
		 const struct corpus *corpus, uint64_t requests)
{
	struct verifier v = {
		.job = &setting->job, .corpus = corpus, .nr = requests,
		.scratch = malloc(corpus->size),
		.seen = calloc(requests, sizeof(*v.seen)),
	};
	int ret = -1;

	if (v.scratch && v.seen)
		ret = verify(&v, ops, setting);
	else
		model_complain(ops->name);
	free(v.scratch);
	free(v.seen);
	return ret;
}
