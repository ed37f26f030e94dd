// SPDX-License-Identifier: GPL-2.0-only
/*
 * paths - how long each path through flipq is, in ticks
 *
 * For tools/bench/icount, which runs it in a VM with one CPU where a tick is an
 * instruction. The submitter is a real-time thread, so the worker runs only
 * while it sleeps. A worker that has just woken it is awake and asks for no
 * kick; one that was given time since then has gone to sleep. Nothing is written
 * before the end, as whoever passes it on would be another thread to run.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "core/clock.h"
#include "core/standard.h"
#include "core/ticks.h"
#include "flip/flip.h"
#include "round.h"

/* The shortest of so many counts: no interrupt came in between. */
#define REPEAT		200
/* The default of the module's parameter turn_requests. */
#define TURN		8
/* For what started us to come to rest: the scheduler takes longer with more. */
#define SETTLE_NS	(200 * NS_PER_MS)
/* For a worker to find nothing to do and go to sleep. */
#define WORKER_NS	(2 * NS_PER_MS)

static void show(const char *name, uint64_t count)
{
	printf("%s\t%llu\n", name, (unsigned long long)count);
}

static void shortest(uint64_t *best, uint64_t count)
{
	if (count < *best)
		*best = count;
}

/* What the two looks at the clock take by themselves. */
static uint64_t clock_cost(void)
{
	uint64_t best = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		uint64_t start = ticks();

		shortest(&best, ticks() - start);
	}
	return best;
}

/**
 * struct words - a partition without a kernel
 * @fill: submitter's
 * @reap: submitter's
 * @done: server's
 * @need_wakeup: server's
 */
struct words {
	u64 fill;
	u64 reap;
	u64 done;
	u32 need_wakeup;
};

static __attribute__((noinline)) bool flip_hand_over(struct flip_submitter *s,
						     u64 slots)
{
	flip_stage(s, slots);
	flip_publish(s);
	flip_kick_barrier();
	return flip_must_kick(s);
}

static __attribute__((noinline)) void flip_take_back(struct flip_submitter *s)
{
	flip_collect(s, flip_finished(s));
}

/* The protocol alone, which is the same for any number of slots. */
static void flip_paths(uint64_t cost)
{
	struct words w = { 0 };
	struct flip_submitter s = {
		.fill_word = &w.fill,
		.reap_word = &w.reap,
		.done_word = &w.done,
		.need_wakeup = &w.need_wakeup,
		.mask = flip_mask(ROUND_MAX),
	};
	uint64_t over = UINT64_MAX, back = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		uint64_t start = ticks();

		flip_hand_over(&s, flip_mask(ROUND_MAX));
		shortest(&over, ticks() - start);
		WRITE_ONCE(w.done, w.fill);
		start = ticks();
		flip_take_back(&s);
		shortest(&back, ticks() - start);
	}
	show("flip.h: hand over a batch", over - cost);
	show("flip.h: take a batch back", back - cost);
}

/* What any call costs, to compare with. */
static void call_path(struct flipq *q, uint64_t cost)
{
	uint64_t best = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < REPEAT; i++) {
		uint64_t start = ticks();

		/* not one of the device's */
		ioctl(flipq_fd(q), 0, NULL);
		shortest(&best, ticks() - start);
	}
	show("a system call that is refused", best - cost);
}

/**
 * struct series - the same batch again and again
 * @prepare: describes a request
 * @n: requests
 * @best: each leg's shortest
 */
struct series {
	round_prepare prepare;
	unsigned int n;
	struct round best;
};

static int one_more(struct flipq *q, struct series *s, bool asleep)
{
	struct round r;
	int error;

	if (asleep)
		sleep_ns(WORKER_NS);
	error = round_legs(q, s->prepare, s->n, &r);
	if (error || r.kicked != asleep)
		return error;
	shortest(&s->best.submit, r.submit);
	shortest(&s->best.wait, r.wait);
	shortest(&s->best.collect, r.collect);
	return 0;
}

/*
 * Several series, with a worker that is awake or asleep at the start. They take
 * turns, as the scheduler may have more to do for a while: differences between
 * them stay what they are.
 */
static int measure(struct flipq *q, struct series *s, unsigned int nr,
		   bool asleep)
{
	unsigned int i, j;
	int error = 0;

	for (j = 0; j < nr; j++)
		memset(&s[j].best, 0xff, sizeof(s[j].best));
	for (i = 0; i < REPEAT; i++)
		for (j = 0; j < nr && !error; j++)
			error = one_more(q, &s[j], asleep);
	for (j = 0; j < nr && !error; j++)
		if (s[j].best.wait == UINT64_MAX)
			/* it never was as it should */
			error = -EPROTO;
	return error;
}

/**
 * struct batches - batches of NOPs, the worker awake
 * @one: of one
 * @eight: a turn
 * @most: ROUND_MAX, four turns
 */
struct batches {
	struct round one;
	struct round eight;
	struct round most;
};

static int measure_batches(struct flipq *q, struct batches *b)
{
	struct series s[] = {
		{ .prepare = round_nop, .n = 1 },
		{ .prepare = round_nop, .n = TURN },
		{ .prepare = round_nop, .n = ROUND_MAX },
	};
	int error = measure(q, s, 3, false);

	b->one = s[0].best;
	b->eight = s[1].best;
	b->most = s[2].best;
	return error;
}

/* What one more NOP adds to a turn. */
static uint64_t nop_cost(const struct batches *b)
{
	return (b->eight.wait - b->one.wait) / (TURN - 1);
}

static uint64_t turn_cost(const struct batches *b)
{
	return (b->most.wait - b->eight.wait) / (ROUND_MAX / TURN - 1);
}

static void show_batches(const struct batches *b, uint64_t cost)
{
	const uint64_t turn_of_one = turn_cost(b) - (TURN - 1) * nop_cost(b);

	show("get, prepare and submit 1", b->one.submit - cost);
	show("get, prepare and submit 8", b->eight.submit - cost);
	show("get, prepare and submit 32", b->most.submit - cost);
	show("peek at and give back 1", b->one.collect - cost);
	show("peek at and give back 8", b->eight.collect - cost);
	show("peek at and give back 32", b->most.collect - cost);
	show("worker's turn of 8 NOPs", turn_cost(b));
	show("wait for 1, worker awake", b->one.wait - cost);
	show("the same without its turn", b->one.wait - cost - turn_of_one);
}

/* What a request takes of a turn, result and counters included. */
static int request_paths(struct flipq *q, const struct batches *b)
{
	static const struct {
		const char *name;
		round_prepare prepare;
	} kinds[] = {
		{ "request: COMPRESS 1 byte", round_byte },
		{ "request: COMPRESS 4 KiB, filled", round_filled },
		{ "request: COMPRESS 4 KiB, lz4", round_compress },
		{ "request: COPY 4 KiB", round_copy },
	};
	unsigned int i;

	show("request: NOP", nop_cost(b));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct series s[] = {
			{ .prepare = round_nop, .n = 1 },
			{ .prepare = kinds[i].prepare, .n = 1 },
		};
		int error = measure(q, s, 2, false);

		if (error)
			return error;
		show(kinds[i].name,
		     s[1].best.wait - s[0].best.wait + nop_cost(b));
	}
	return 0;
}

/* From a worker that sleeps: a call for the kick, or one for everything. */
static int asleep_paths(struct flipq *q, const struct batches *b, uint64_t cost)
{
	struct series s = { .prepare = round_nop, .n = 1 };
	uint64_t whole = UINT64_MAX;
	unsigned int i;
	int error = measure(q, &s, 1, true);

	for (i = 0; i < REPEAT && !error; i++) {
		uint64_t count = UINT64_MAX;

		sleep_ns(WORKER_NS);
		error = round_at_once(q, ROUND_WORKER, 1, &count);
		shortest(&whole, count);
	}
	if (error)
		return error;
	show("a kick that wakes the worker", s.best.submit - b->one.submit);
	show("submit and wait for 1, worker asleep", whole - cost);
	return 0;
}

static int worker_paths(uint64_t cost)
{
	struct batches b;
	struct flipq *q;
	int error = round_open(&q, ROUND_WORKER);

	if (error)
		return error;
	call_path(q, cost);
	error = measure_batches(q, &b);
	if (!error) {
		show_batches(&b, cost);
		error = asleep_paths(q, &b, cost);
	}
	if (!error)
		error = request_paths(q, &b);
	flipq_close(q);
	return error;
}

/* The submitter serves its own requests: no switch of threads. */
static int owner_paths(uint64_t cost)
{
	uint64_t best = UINT64_MAX;
	struct flipq *q;
	unsigned int i;
	int error = round_open(&q, ROUND_OWNER);

	if (error)
		return error;
	for (i = 0; i < REPEAT && !error; i++) {
		uint64_t count = UINT64_MAX;

		error = round_at_once(q, ROUND_OWNER, TURN, &count);
		shortest(&best, count);
	}
	flipq_close(q);
	if (!error)
		show("submit and serve 8", best - cost);
	return error;
}

/* Become what preempts all others, and say where. */
static int begin(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct utsname name;

	if (sched_setscheduler(0, SCHED_FIFO, &first) || uname(&name))
		return -errno;
	sleep_ns(SETTLE_NS);
	printf("%s %s\n", name.release, name.version);
	return 0;
}

int main(void)
{
	uint64_t cost;
	int error;

	standard_begin("paths");
	cost = clock_cost();
	error = begin();
	if (!error) {
		flip_paths(cost);
		error = worker_paths(cost);
	}
	if (!error)
		error = owner_paths(cost);
	if (error)
		fprintf(stderr, "paths: %s\n", strerror(-error));
	return !!error;
}
