// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fake_turns.c - a kernel for the tests: when the workers go on, and what may be
 * done instead of them while they are held
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "engine/engine.h"
#include "fake.h"

/* Longer than any test takes. */
#define FOREVER_NS	(~0ULL >> 1)

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
}

/* Poll an empty partition for so long from now on. */
static void set_spin(struct fake *f, u64 spin_ns)
{
	unsigned int n;

	for (n = 0; n < f->nr_parts; n++)
		f->queue->parts[n]->spin_ns = spin_ns;
}

static u64 requests_done(const struct fake *f)
{
	u64 done = 0;
	unsigned int n;

	for (n = 0; n < f->nr_parts; n++)
		done += READ_ONCE(f->queue->parts[n]->counters.requests);
	return done;
}

unsigned int fake_run(struct fake *f)
{
	u64 before = requests_done(f);

	set_spin(f, 0);
	shim_release();
	shim_settle();
	shim_hold();
	return (unsigned int)(requests_done(f) - before);
}

/* Is there a partition whose worker did not look at its kick yet? */
static bool any_kicked(const struct fake *f)
{
	unsigned int n;

	for (n = 0; n < f->made.partitions; n++)
		if (READ_ONCE(f->queue->parts[n]->node.queued))
			return true;
	return false;
}

/* Show the workers the words that @fill points to instead of the user's. */
static void show(struct fake *f, const u64 **fill)
{
	unsigned int n;

	for (n = 0; n < f->made.partitions; n++) {
		const u64 **word = &f->queue->parts[n]->server.fill_word;
		const u64 *old = *word;

		*word = fill[n];
		fill[n] = old;
	}
}

/* A worker that finds nothing where it was kicked polls. */
void fake_receive(struct fake *f)
{
	const u64 *fill[FLIPQ_MAX_PARTITIONS];
	u64 nothing[FLIPQ_MAX_PARTITIONS];
	unsigned int n;

	if (!any_kicked(f))
		return;
	for (n = 0; n < f->made.partitions; n++) {
		nothing[n] = f->queue->parts[n]->server.done;
		fill[n] = &nothing[n];
	}
	show(f, fill);
	set_spin(f, FOREVER_NS);
	shim_release();
	while (any_kicked(f))
		nap();
	shim_hold();
	show(f, fill);
}

unsigned int fake_turn(struct fake *f, unsigned int part, unsigned int max)
{
	u64 now = local_clock();

	return engine_take_turn(f->queue->parts[part], NULL, max, ~0U, &now);
}

/* Only where a worker polls: without a kick there is none. */
static unsigned int serve_one(struct fake *f)
{
	unsigned int n, served = 0;

	for (n = 0; n < f->made.partitions && !served; n++)
		if (!(READ_ONCE(*f->queue->parts[n]->server.need_wakeup) &
		      FLIP_PARKED))
			served = fake_turn(f, n, 1);
	return served;
}

int fake_serve_wait(struct fake *f)
{
	while (!engine_wait_over(f->queue)) {
		fake_receive(f);
		if (!serve_one(f))
			return -ETIME;
	}
	return 0;
}

/**
 * struct cancelling - a call that cancels
 * @queue: where
 * @slots: which
 * @cancelled: how many it did
 * @over: it has returned
 */
struct cancelling {
	struct engine_queue *queue;
	const u64 *slots;
	u64 cancelled;
	int over;
};

static void *cancel(void *arg)
{
	struct cancelling *c = arg;

	if (engine_queue_cancel(c->queue, c->slots, &c->cancelled))
		abort();
	/* pairs with the acquire in fake_cancel() */
	smp_store_release(&c->over, 1);
	return NULL;
}

/* Who cancels waits for the workers. Where they are held, answer for them. */
unsigned int fake_cancel(struct fake *f, const u64 *slots)
{
	struct cancelling c = { .queue = f->queue, .slots = slots };
	pthread_t thread;
	unsigned int n;

	if (f->going) {
		cancel(&c);
		return (unsigned int)c.cancelled;
	}
	if (pthread_create(&thread, NULL, cancel, &c))
		abort();
	/* pairs with the release in cancel() */
	while (!smp_load_acquire(&c.over)) {
		for (n = 0; n < f->made.partitions; n++)
			fake_turn(f, n, 0);
		nap();
	}
	pthread_join(thread, NULL);
	return (unsigned int)c.cancelled;
}

void fake_start(struct fake *f)
{
	set_spin(f, f->made.worker_spin_ns);
	/* what a worker polls keeps it awake, from the first kick there on */
	if (f->awake)
		f->queue->parts[f->made.partitions - 1]->spin_ns = FOREVER_NS;
	f->going = true;
	shim_release();
}

void fake_stop(struct fake *f)
{
	shim_hold();
	f->going = false;
}
