// SPDX-License-Identifier: GPL-2.0-only
/*
 * lane.c - a round: submitters that each keep a model of their own busy
 *
 * Models are started and stopped outside the time that is measured, and have
 * done some requests before. All submitters begin together, and a round is over
 * when the last one has everything back.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/lane.h"
#include "core/ticks.h"
#include "core/worker.h"

#define WARM_UP		256
#define FEW_BYTES	(4U << 20)
#define FEWEST		16
#define BYTES_PER_LOOK	(256U << 10)	/* between two looks at the clock */

/**
 * struct round - what all submitters share
 * @ops: model
 * @setting: conditions
 * @corpus: inputs
 * @ms: how long
 * @rate: ticks of a nanosecond
 * @meet: where they wait for each other
 * @deadline: when to end, in ticks, set before the second meeting
 */
struct round {
	const struct model_ops *ops;
	const struct setting *setting;
	const struct corpus *corpus;
	uint64_t ms;
	double rate;
	pthread_barrier_t meet;
	uint64_t deadline;
};

/**
 * struct lane - a submitter
 * @round: all of it
 * @thread: to be joined
 * @model: its own
 * @cpu: to be pinned to
 * @failed: it could not do its part
 * @piece: next input
 * @submitted: requests
 * @done: requests
 * @age: as in struct sample
 * @timed: latencies count from now on
 * @shift: for sampled()
 * @latencies: as in struct sample
 * @ended: when
 * @measured: requests submitted in the time that is measured
 * @stats: of the model, at the end
 */
struct lane {
	struct round *round;
	pthread_t thread;
	struct model *model;
	unsigned int cpu;
	bool failed;
	uint64_t piece;
	uint64_t submitted;
	uint64_t done;
	int64_t age;
	bool timed;
	unsigned int shift;
	struct latencies latencies;
	uint64_t ended;
	uint64_t measured;
	struct model_stats stats;
};

/*
 * Looking at the clock costs more than an empty request, so few of those are
 * timed, of larger ones more; spread irregularly, as batches are regular. The clock
 * is the processor's, as the system's is a system call in User Mode Linux.
 */
static bool sampled(const struct lane *l, uint64_t tag)
{
	return !(tag * 0x9e3779b97f4a7c15ULL >> l->shift);
}

/*
 * Of the oldest request all older ones are done, so what was done beyond them is
 * newer; of any other one this counts too little, which the oldest makes up for.
 */
static void lane_done(void *arg, const struct request *r)
{
	struct lane *l = arg;
	int64_t newer = (int64_t)(l->done++ - r->tag);

	if (newer > l->age)
		l->age = newer;
	if (r->when)
		latencies_add(&l->latencies,
			      (uint64_t)((double)(ticks() - r->when) /
					 l->round->rate));
}

static void lane_submit(struct lane *l, uint64_t n)
{
	const struct corpus *c = l->round->corpus;

	for (; n && !l->failed; n--) {
		uint64_t tag = l->submitted++;
		uint64_t when = l->timed && sampled(l, tag) ? ticks() : 0;

		if (++l->piece >= c->nr)
			l->piece = 0;
		l->failed = l->round->ops->submit(l->model,
						  corpus_piece(c, l->piece),
						  tag, when);
	}
}

static void lane_flush(struct lane *l)
{
	if (!l->failed)
		l->failed = l->round->ops->flush(l->model);
}

static void lane_warm_up(struct lane *l)
{
	lane_submit(l, round_few(l->round->setting, WARM_UP));
	lane_flush(l);
	l->measured = l->submitted;
	l->age = 0;
	l->timed = true;
}

static void lane_work(struct lane *l)
{
	const struct job *job = &l->round->setting->job;
	uint64_t step = 64;

	if (job->ops->pack)
		step = BYTES_PER_LOOK / job->size + 1;
	/* some in any case, however late the thread got to run */
	do {
		lane_submit(l, step);
	} while (!l->failed && ticks() < l->round->deadline);
	lane_flush(l);
	l->ended = now_ns();
	l->measured = l->submitted - l->measured;
}

static void lane_start(struct lane *l)
{
	const struct setting *s = l->round->setting;
	const struct model_config config = {
		.threads = s->workers, .depth = s->depth, .batch = s->batch,
		.pin = s->pin, .cpu = l->cpu, .job = &s->job,
		.corpus = l->round->corpus,
		.done = lane_done, .arg = l,
	};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(l->cpu, &set);
	if (s->pin)
		pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	l->shift = s->job.ops->pack ? 61 : 58;
	l->model = l->round->ops->start(&config);
	l->failed = !l->model;
	if (l->model)
		lane_warm_up(l);
}

static void *lane_main(void *arg)
{
	struct lane *l = arg;
	struct round *r = l->round;

	lane_start(l);
	pthread_barrier_wait(&r->meet);
	pthread_barrier_wait(&r->meet);
	lane_work(l);
	pthread_barrier_wait(&r->meet);
	pthread_barrier_wait(&r->meet);
	if (l->model)
		r->ops->stop(l->model, &l->stats);
	return NULL;
}

static void add_stats(struct model_stats *to, const struct model_stats *from)
{
	unsigned int i;

	to->busy += from->busy;
	to->syscalls += from->syscalls;
	to->wakeups += from->wakeups;
	for (i = 0; i < from->workers && to->workers < MAX_THREADS; i++) {
		to->requests[to->workers] = from->requests[i];
		to->busy_ns[to->workers++] = from->busy_ns[i];
	}
}

static bool add_lane(struct sample *s, const struct lane *l, uint64_t began)
{
	double seconds = (double)(l->ended - began) / (double)NS_PER_S;

	if (seconds > s->seconds)
		s->seconds = seconds;
	s->requests += l->measured;
	s->total += l->done;
	if ((uint64_t)l->age > s->age)
		s->age = (uint64_t)l->age;
	latencies_merge(&s->latencies, &l->latencies);
	add_stats(&s->stats, &l->stats);
	if (!l->failed && l->done != l->submitted)
		fprintf(stderr, "%s: %s: %llu requests of %llu came back\n",
			program_invocation_short_name, l->round->ops->name,
			(unsigned long long)l->done,
			(unsigned long long)l->submitted);
	return !l->failed && l->done == l->submitted;
}

uint64_t round_few(const struct setting *setting, uint64_t most)
{
	const struct job *job = &setting->job;
	uint64_t n = most;

	if (job->ops->pack)
		n = FEW_BYTES / job->size;
	if (n < FEWEST)
		n = FEWEST;
	return n < most ? n : most;
}

/* The lanes run; measure them. Return: when they began. */
static uint64_t measure(struct round *r, struct sample *s)
{
	struct usage before;
	uint64_t began;

	pthread_barrier_wait(&r->meet);
	usage_begin(&before);
	began = now_ns();
	r->deadline = ticks() +
		(uint64_t)(r->rate * (double)(r->ms * NS_PER_MS));
	pthread_barrier_wait(&r->meet);
	pthread_barrier_wait(&r->meet);
	usage_end(&s->usage, &before);
	pthread_barrier_wait(&r->meet);
	return began;
}

static int run_lanes(struct round *r, struct lane *lanes, struct sample *s)
{
	const unsigned int nr = r->setting->submitters;
	uint64_t began;
	bool good = true;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		lanes[i].round = r;
		lanes[i].cpu = processor(0, i);
		/* so that not all are at the same input at a time */
		lanes[i].piece = r->corpus->nr * i / nr;
		if (pthread_create(&lanes[i].thread, NULL, lane_main,
				   &lanes[i])) {
			/* those there wait for all: there is no way back */
			model_complain("submitters");
			exit(1);
		}
	}
	began = measure(r, s);
	for (i = 0; i < nr; i++) {
		pthread_join(lanes[i].thread, NULL);
		good &= add_lane(s, &lanes[i], began);
	}
	return good ? 0 : -1;
}

int round_run(const struct model_ops *ops, const struct setting *setting,
	      const struct corpus *corpus, uint64_t ms, struct sample *sample)
{
	struct lane *lanes = calloc(setting->submitters, sizeof(*lanes));
	struct round r = {
		.ops = ops, .setting = setting, .corpus = corpus, .ms = ms,
		.rate = ticks_per_ns(),
	};
	int ret = -1;

	*sample = (struct sample){ 0 };
	if (!lanes || pthread_barrier_init(&r.meet, NULL,
					   setting->submitters + 1)) {
		model_complain(ops->name);
	} else {
		ret = run_lanes(&r, lanes, sample);
		pthread_barrier_destroy(&r.meet);
	}
	free(lanes);
	return ret;
}
