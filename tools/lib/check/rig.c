// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rig.c - the engine of kmod/engine with a pool, queues and their submitters
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "rig.h"

/* A test that takes longer hangs; the environment's RIG_SECONDS may say less. */
#define SECONDS		60

/* Each request's private memory. */
struct request {
	const struct engine_partition *part;
	unsigned int slot;
	unsigned int handled;
	unsigned int cancelled;
};

struct rig_event rig_log[RIG_LOG];
struct engine_turn_limits rig_limits;
unsigned int rig_fail_init;

static unsigned int logged;
static unsigned int inited;
/* what must not be: a handler with another slot's memory, for example */
static unsigned int wrong;
static unsigned int warned;
static unsigned int cpus_started;
static bool randomly;

/* points */

static __thread struct {
	unsigned int left;
	void (*fn)(void *arg);
	void *arg;
} at;

static __thread unsigned int seed;
static __thread unsigned int points;

unsigned int rig_draw(unsigned int below)
{
	static unsigned int threads;

	if (!seed)
		seed = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

static void delay(void)
{
	unsigned int n;

	if (points--)
		return;
	points = rig_draw(24);
	if (!rig_draw(64))
		sched_yield();
	for (n = rig_draw(rig_draw(8) ? 64 : 2048); n; n--)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void rig_point(void)
{
	if (at.left && !--at.left)
		at.fn(at.arg);
	if (__atomic_load_n(&randomly, __ATOMIC_RELAXED))
		delay();
}

bool rig_at_point(unsigned int nr, void (*fn)(void *arg), void *arg)
{
	bool called = at.fn && !at.left;

	at.left = nr;
	at.fn = fn;
	at.arg = arg;
	return called;
}

void rig_random(bool on)
{
	__atomic_store_n(&randomly, on, __ATOMIC_RELAXED);
}

/* what the engine does */

static void note(enum rig_what what, const struct engine_partition *part,
		 unsigned int slot)
{
	unsigned int n = __atomic_fetch_add(&logged, 1, __ATOMIC_ACQ_REL);

	if (n < RIG_LOG)
		rig_log[n] = (struct rig_event){
			.what = what, .part = part, .slot = slot,
			.at = local_clock(),
			.done = __atomic_load_n(part->server.done_word,
						__ATOMIC_RELAXED),
			.seq = __atomic_load_n(&part->cancel_seq,
					       __ATOMIC_RELAXED),
		};
}

unsigned int rig_logged(void)
{
	return min(__atomic_load_n(&logged, __ATOMIC_ACQUIRE), RIG_LOG);
}

unsigned int rig_count(enum rig_what what, const struct engine_partition *part)
{
	unsigned int i, n = 0;

	for (i = 0; i < rig_logged(); i++)
		n += rig_log[i].what == what &&
		     (!part || rig_log[i].part == part);
	return n;
}

void rig_forget(void)
{
	__atomic_store_n(&logged, 0, __ATOMIC_RELAXED);
}

void rig_gate_await(struct rig_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	while (!gate->inside)
		pthread_cond_wait(&gate->cond, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

void rig_gate_open(struct rig_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->shut = false;
	pthread_cond_broadcast(&gate->cond);
	pthread_mutex_unlock(&gate->lock);
}

static void pass(struct rig_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->inside++;
	pthread_cond_broadcast(&gate->cond);
	while (gate->shut)
		pthread_cond_wait(&gate->cond, &gate->lock);
	gate->inside--;
	pthread_mutex_unlock(&gate->lock);
}

static int init(struct engine_partition *part, unsigned int slot, void *request)
{
	struct request *r = request;

	if (rig_fail_init && inited + 1 >= rig_fail_init)
		return -EDOM;
	if (r->part || r->slot)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	r->part = part;
	r->slot = slot;
	__atomic_fetch_add(&inited, 1, __ATOMIC_RELAXED);
	return 0;
}

static void check(struct engine_partition *part, unsigned int slot,
		  const struct request *r)
{
	if (r->part != part || r->slot != slot || !shim_runs())
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

static void uninit(struct engine_partition *part, unsigned int slot,
		   void *request)
{
	check(part, slot, request);
	__atomic_fetch_sub(&inited, 1, __ATOMIC_RELAXED);
}

static void handle(struct engine_partition *part, unsigned int slot,
		   void *request)
{
	struct rig_queue *rq = part->priv;
	struct request *r = request;

	check(part, slot, r);
	r->handled++;
	note(RIG_HANDLED, part, slot);
	part->turn.bytes_in += 1000;
	if (rq->gate)
		pass(rq->gate);
	if (rq->cost)
		shim_skip(rq->cost);
	if (rq->on_request)
		rq->on_request(part, slot);
}

static void cancelled(struct engine_partition *part, unsigned int slot,
		      void *request)
{
	struct request *r = request;

	check(part, slot, r);
	r->cancelled++;
	part->turn.errors++;
	note(RIG_CANCELLED, part, slot);
}

static void turn_done(struct engine_partition *part)
{
	const struct rig_queue *rq = part->priv;

	note(RIG_TURN, part, 0);
	if (rq->turn_cost)
		shim_skip(rq->turn_cost);
}

struct engine_ops rig_ops = {
	.request_size = sizeof(struct request),
	.request_init = init,
	.request_uninit = uninit,
	.request_handler = handle,
	.request_cancelled = cancelled,
	.turn_done = turn_done,
};

/* the pool */

static void hangs(int number)
{
	static const char text[] = "not ok 999 - it hangs\n";

	(void)number;
	if (write(1, text, sizeof(text) - 1) < 0)
		abort();
	_exit(1);
}

static void watch(void)
{
	const char *asked = getenv("RIG_SECONDS");

	signal(SIGALRM, hangs);
	alarm(asked ? (unsigned int)atoi(asked) : SECONDS);
}

void rig_start(unsigned int cpus)
{
	watch();
	rig_limits = (struct engine_turn_limits){ 8, 1000000000, 100 };
	rig_fail_init = 0;
	rig_forget();
	wrong = 0;
	inited = 0;
	warned = shim_warnings();
	shim_stop_clock();
	cpus_started = cpus;
	if (!cpus)
		return;
	shim_cpus(cpus);
	if (engine_pool_init("rig", cpu_possible_mask, 0, &rig_limits))
		wrong++;
}

static bool good(const char *what, unsigned int got, unsigned int want)
{
	if (got != want)
		printf("# %s: %u instead of %u\n", what, got, want);
	return got == want;
}

bool rig_stop(void)
{
	bool fine;

	if (cpus_started)
		engine_pool_exit();
	fine = good("warnings", shim_warnings(), warned);
	fine &= good("wrong", wrong, 0);
	fine &= good("prepared requests", inited, 0);
	fine &= good("pieces of memory", shim_allocated(), 0);
	alarm(0);
	return fine;
}

/* queues */

static int add(struct rig_queue *rq, unsigned int i, unsigned int slots,
	       u64 spin_ns)
{
	struct rig_part *p = &rq->part[i];
	const struct engine_words words = { &p->fill, &p->reap, &p->done,
					    &p->need_wakeup };

	p->side = (struct flip_submitter){
		.fill_word = &p->fill, .reap_word = &p->reap,
		.done_word = &p->done, .need_wakeup = &p->need_wakeup,
		.mask = flip_mask(slots),
	};
	return engine_queue_add(rq->q, &words, spin_ns, p->worker, rq);
}

struct rig_queue *rig_queue(const void *user, unsigned int nr,
			    unsigned int slots, bool workers, u64 spin_ns)
{
	struct engine_worker *chosen[FLIPQ_MAX_PARTITIONS] = { NULL };
	struct rig_queue *rq = aligned_alloc(128, sizeof(*rq));
	unsigned int i;

	memset(rq, 0, sizeof(*rq));
	rq->q = engine_queue_create(&rig_ops, user, slots, nr, 0);
	if (!rq->q) {
		free(rq);
		return NULL;
	}
	if (workers)
		engine_pool_choose(chosen, nr);
	for (i = 0; i < nr; i++)
		rq->part[i].worker = chosen[i];
	for (i = 0; i < nr; i++) {
		if (add(rq, i, slots, spin_ns)) {
			rig_queue_end(rq);
			return NULL;
		}
	}
	return rq;
}

static void forget(struct rig_queue *rq)
{
	unsigned int i;

	for (i = 0; i < FLIPQ_MAX_PARTITIONS; i++)
		if (rq->part[i].worker)
			engine_pool_put(rq->part[i].worker);
	free(rq);
}

void rig_queue_end(struct rig_queue *rq)
{
	engine_queue_destroy(rq->q);
	forget(rq);
}

static void gone(void *arg)
{
	struct rig_queue *rq = arg;

	__atomic_fetch_add(&rq->gone, 1, __ATOMIC_RELEASE);
}

bool rig_queue_close(struct rig_queue *rq)
{
	return engine_queue_close(rq->q, gone, rq);
}

void rig_queue_free(struct rig_queue *rq)
{
	engine_queue_free(rq->q);
	forget(rq);
}

void rig_publish(struct rig_queue *rq, unsigned int i, u64 slots)
{
	flip_stage(&rq->part[i].side, slots);
	flip_publish(&rq->part[i].side);
}

bool rig_submit(struct rig_queue *rq, unsigned int i, u64 slots)
{
	rig_publish(rq, i, slots);
	flip_kick_barrier();
	if (!flip_must_kick(&rq->part[i].side))
		return false;
	engine_queue_kick(rq->q, BIT_ULL(i));
	return true;
}

u64 rig_finished(struct rig_queue *rq, unsigned int i)
{
	return flip_finished(&rq->part[i].side);
}

u64 rig_collect(struct rig_queue *rq, unsigned int i)
{
	u64 finished = rig_finished(rq, i);

	flip_collect(&rq->part[i].side, finished);
	return finished;
}

static const struct request *request(const struct rig_queue *rq, unsigned int i,
				     unsigned int slot)
{
	return (const struct request *)rq->q->parts[i]->requests + slot;
}

unsigned int rig_handled(const struct rig_queue *rq, unsigned int i,
			 unsigned int slot)
{
	return request(rq, i, slot)->handled;
}

unsigned int rig_cancelled(const struct rig_queue *rq, unsigned int i,
			   unsigned int slot)
{
	return request(rq, i, slot)->cancelled;
}

/* threads */

void rig_pause(void)
{
	const struct timespec moment = { .tv_nsec = 20000 };

	nanosleep(&moment, NULL);
}

static void *run(void *arg)
{
	struct rig_thread *t = arg;

	__atomic_store_n(&t->task, current, __ATOMIC_RELEASE);
	t->ret = t->fn(t->arg);
	__atomic_store_n(&t->over, true, __ATOMIC_RELEASE);
	/* What it is to others goes with it, and they may look still. */
	RIG_UNTIL(__atomic_load_n(&t->joined, __ATOMIC_ACQUIRE));
	return NULL;
}

void rig_go(struct rig_thread *t, int (*fn)(void *arg), void *arg)
{
	*t = (struct rig_thread){ .fn = fn, .arg = arg };
	if (pthread_create(&t->thread, NULL, run, t))
		abort();
	RIG_UNTIL(__atomic_load_n(&t->task, __ATOMIC_ACQUIRE));
}

bool rig_await_sleep(struct rig_thread *t)
{
	while (!__atomic_load_n(&t->over, __ATOMIC_ACQUIRE)) {
		if (shim_sleeps(t->task))
			return true;
		rig_pause();
	}
	return false;
}

int rig_join(struct rig_thread *t)
{
	__atomic_store_n(&t->joined, true, __ATOMIC_RELEASE);
	pthread_join(t->thread, NULL);
	return t->ret;
}

/* a meeting */

struct walk {
	const struct rig_meeting *m;
	unsigned int nr;
	bool met;
};

/* Once: who comes first. */
static bool meet_once(struct walk *w)
{
	if (__atomic_exchange_n(&w->met, true, __ATOMIC_ACQ_REL))
		return false;
	w->m->meet(NULL);
	return true;
}

static void meet(void *arg)
{
	meet_once(arg);
}

static int walk(void *arg)
{
	struct walk *w = arg;
	int ret;

	rig_at_point(w->nr, meet, w);
	ret = w->m->walk(NULL);
	rig_at_point(0, NULL, NULL);
	return ret;
}

static bool has_met(const struct walk *w)
{
	return __atomic_load_n(&w->met, __ATOMIC_ACQUIRE);
}

unsigned int rig_meet(const struct rig_meeting *m)
{
	struct walk w = { .m = m };
	bool last = false, fine = true;
	struct rig_thread t;

	while (!last && fine) {
		w.nr++;
		w.met = false;
		m->begin();
		rig_go(&t, walk, &w);
		RIG_UNTIL(__atomic_load_n(&t.over, __ATOMIC_ACQUIRE) ||
			  has_met(&w) || shim_sleeps(t.task));
		/* Who sleeps or is over is past its last point. */
		last = meet_once(&w);
		fine = m->end(rig_join(&t));
	}
	if (!fine)
		printf("# not after the meeting at point %u\n", w.nr);
	return fine ? w.nr : 0;
}
