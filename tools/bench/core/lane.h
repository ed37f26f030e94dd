/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lane.h - a round: submitters that each keep a model of their own busy
 */
#ifndef BENCH_LANE_H
#define BENCH_LANE_H

#include "core/corpus.h"
#include "core/model.h"
#include "core/stats.h"
#include "core/usage.h"

/**
 * struct setting - under what conditions
 * @job: what is done
 * @workers: threads of each model
 * @depth: requests in flight per worker
 * @batch: requests handed over at once
 * @submitters: threads that submit, each to a model of its own
 * @pin: threads stay on processors, one after the other
 */
struct setting {
	struct job job;
	unsigned int workers;
	unsigned int depth;
	unsigned int batch;
	unsigned int submitters;
	bool pin;
};

/**
 * struct sample - a round, measured
 * @requests: that were finished
 * @seconds: it took
 * @usage: of all threads
 * @latencies: of some of the requests, from submit() to done()
 * @age: most requests that were finished before an older one was
 * @total: as @requests, with those before the clock was started
 * @stats: for @total, added up; workers of all submitters
 */
struct sample {
	uint64_t requests;
	double seconds;
	struct usage usage;
	struct latencies latencies;
	uint64_t age;
	uint64_t total;
	struct model_stats stats;
};

/* Of @most requests so many that large inputs do not take long. */
uint64_t round_few(const struct setting *setting, uint64_t most);

/* Return: 0, or -1 after the model has said why. */
int round_run(const struct model_ops *ops, const struct setting *setting,
	      const struct corpus *corpus, uint64_t ms, struct sample *sample);

/*
 * Have about @requests done, and each result unpacked and compared. Return: 0,
 * or -1 after having said what was wrong.
 */
int round_verify(const struct model_ops *ops, const struct setting *setting,
		 const struct corpus *corpus, uint64_t requests);

#endif /* BENCH_LANE_H */
