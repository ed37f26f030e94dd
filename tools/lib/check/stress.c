// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * stress.c - threads that meet in kmod/flip/flip.h at random moments
 *
 * The threads walk side by side over many sets of objects, as litmus7 has it:
 * they start at each set within nanoseconds of each other, but after a delay
 * that differs. What makes them wait for each other is relaxed, and so tells
 * neither the processor nor ThreadSanitizer of any order.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stress.h"
#include "tap.h"

#define BATCH		1024U
/* Without STRESS_SECONDS: so often, but not for longer than that. */
#if defined(FLIP_SHIM_TSAN) || defined(__SANITIZE_ADDRESS__)
#define ROUNDS		(40 * BATCH)
#else
#define ROUNDS		(300 * BATCH)
#endif
/* of processor time; on a busy machine it takes longer, but not for ever */
#define SECONDS		2
#define PATIENCE	2
#define HUNG_SECONDS	10
/*
 * Looks before giving way to others. Many: who gives way on a busy machine is
 * away for so long that the two never have a processor each.
 */
#define LOOKS		16384

struct walk {
	const struct stress_meet *m;
	unsigned int roles;
	char *objects;
	pthread_barrier_t barrier;
	bool end;				/* between two batches */
	struct {
		unsigned int n ____cacheline_aligned;
	} at[STRESS_ROLES];
};

struct walker {
	struct walk *walk;
	unsigned int role;
	pthread_t thread;
};

/* Set once, by whoever waited in vain: then nobody waits any more. */
static bool hung;

static __thread unsigned int seed = 1;
static __thread unsigned int points = 1;

unsigned int stress_draw(unsigned int below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

static void delay(unsigned int most)
{
	unsigned int n;

	for (n = stress_draw(most); n; n--)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/*
 * Most of the time nothing, as only then two stores meet within the time that a
 * processor keeps them to itself; sometimes long enough for all that another
 * thread has to do.
 */
void stress_point(void)
{
	if (--points)
		return;
	points = 1 + stress_draw(12);
	delay(stress_draw(8) ? 64 : 2048);
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool stress_wait(unsigned int *looks)
{
	static __thread double start;

	if (__atomic_load_n(&hung, __ATOMIC_RELAXED))
		return false;
	if (++*looks == 1)
		start = 0;
	if (*looks % LOOKS)
		return true;
	sched_yield();
	if (start == 0)
		start = now(CLOCK_MONOTONIC);
	if (now(CLOCK_MONOTONIC) - start > HUNG_SECONDS)
		__atomic_store_n(&hung, true, __ATOMIC_RELAXED);
	return true;
}

void stress_part_init(struct stress_part *p, unsigned int slots,
		      unsigned int generation)
{
	u64 word = generation % 2 ? flip_mask(slots) : 0;

	p->fill = word;
	p->reap = word;
	p->done = word;
	p->sub = (struct flip_submitter){
		.fill_word = &p->fill, .reap_word = &p->reap,
		.done_word = &p->done, .need_wakeup = &p->need_wakeup,
		.fill = word, .reap = word, .mask = flip_mask(slots),
	};
	p->server = (struct flip_server){
		.fill_word = &p->fill, .done_word = &p->done,
		.need_wakeup = &p->need_wakeup, .done = word,
		.mask = flip_mask(slots),
	};
}

void stress_submit(struct stress_part *p, u64 slots)
{
	flip_stage(&p->sub, slots);
	flip_publish(&p->sub);
}

void stress_serve(struct stress_part *p, u64 slots)
{
	for (; slots; slots &= slots - 1)
		flip_finish(&p->server, flip_next(slots, 0));
	flip_publish_finished(&p->server);
}

static void *objects_of(const struct walk *w, unsigned int n)
{
	return w->objects + n * w->m->size;
}

/*
 * Have all of it at hand for reading: then a read is quick and a write is slow,
 * and what lacks a full barrier shows.
 */
static void fetch(const char *objects, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 64)
		__builtin_prefetch(objects + i);
}

static void await_others(struct walk *w, unsigned int role, unsigned int n)
{
	unsigned int i;

	__atomic_store_n(&w->at[role].n, n, __ATOMIC_RELAXED);
	for (i = 0; i < w->roles; i++)
		STRESS_UNTIL(__atomic_load_n(&w->at[i].n,
					     __ATOMIC_RELAXED) >= n);
}

static void *walk_along(void *arg)
{
	struct walker *me = arg;
	struct walk *w = me->walk;
	unsigned int i, n = 0;

	seed = me->role + 2;
	for (;;) {
		pthread_barrier_wait(&w->barrier);
		if (w->end)
			return NULL;
		for (i = 0; i < BATCH; i++) {
			fetch(objects_of(w, i), w->m->size);
			await_others(w, me->role, ++n);
			delay(64);
			w->m->role[me->role](objects_of(w, i));
		}
		pthread_barrier_wait(&w->barrier);
	}
}

/* Return: how many sets of objects are not as they should be. */
static unsigned int one_batch(struct walk *w)
{
	unsigned int i, bad = 0;

	memset(w->objects, 0, BATCH * w->m->size);
	for (i = 0; i < BATCH; i++)
		w->m->init(objects_of(w, i));
	pthread_barrier_wait(&w->barrier);
	pthread_barrier_wait(&w->barrier);
	for (i = 0; i < BATCH; i++)
		bad += !w->m->good(objects_of(w, i));
	return bad;
}

static bool walk(struct walk *w)
{
	const char *asked = getenv("STRESS_SECONDS");
	double seconds = asked ? atof(asked) : SECONDS;
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID) + seconds;
	double end = now(CLOCK_MONOTONIC) + seconds * PATIENCE;
	unsigned int rounds = 0, bad = 0;

	while (!bad && !hung && (asked || rounds < ROUNDS) &&
	       now(CLOCK_PROCESS_CPUTIME_ID) < cpu &&
	       now(CLOCK_MONOTONIC) < end) {
		bad = one_batch(w);
		rounds += BATCH;
	}
	printf("# %s: met %u times%s, %u of the last %u were bad\n", w->m->name,
	       rounds, hung ? ", then hung" : "", bad, BATCH);
	return !bad && !hung;
}

static bool meet(const struct stress_meet *m)
{
	struct walker walkers[STRESS_ROLES];
	struct walk w = { .m = m };
	bool good;
	unsigned int i;

	while (w.roles < STRESS_ROLES && m->role[w.roles])
		w.roles++;
	w.objects = aligned_alloc(128, BATCH * m->size);
	if (!w.objects || pthread_barrier_init(&w.barrier, NULL, w.roles + 1))
		abort();
	for (i = 0; i < w.roles; i++) {
		walkers[i] = (struct walker){ .walk = &w, .role = i };
		if (pthread_create(&walkers[i].thread, NULL, walk_along,
				   &walkers[i]))
			abort();
	}
	good = walk(&w);
	w.end = true;
	pthread_barrier_wait(&w.barrier);
	for (i = 0; i < w.roles; i++)
		pthread_join(walkers[i].thread, NULL);
	pthread_barrier_destroy(&w.barrier);
	free(w.objects);
	return good;
}

int stress_meets(const struct stress_meet *meets, size_t n)
{
	bool good = true;
	size_t i;

	for (i = 0; i < n && good; i++) {
		good = meet(&meets[i]);
		ok(good, meets[i].name);
	}
	return tap_end();
}
