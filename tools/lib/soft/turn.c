// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * turn.c - a thread as the server of a partition, one at a time
 */
#include <errno.h>

#include "soft/soft.h"

/* A turn ends after so many requests, or so long, as the module's do. */
#define TURN_REQUESTS	8
#define TURN_NS		50000

/* Be the server. Return: whether there was none. */
bool flipq_soft_lease(struct soft_part *p)
{
	/* (h) pairs with (g): the lease before all that it guards */
	return !__atomic_exchange_n(&p->lease, 1, __ATOMIC_ACQUIRE);
}

/* Wake a canceller, after the sequence has changed. */
static void answered(struct soft_part *p, uint32_t by)
{
	/* (c) pairs with (d): counters and done before the sequence */
	__atomic_fetch_add(&p->seq, by, __ATOMIC_SEQ_CST);
	/* (e) pairs with (f): lease and sequence before the look */
	smp_mb();
	if (READ_ONCE(p->soft->cancelling))
		flipq_soft_wake(&p->seq);
}

/* No longer be the server. From now on kicks are asked for. */
void flipq_soft_lease_end(struct soft_part *p)
{
	WRITE_ONCE(p->comp->need_wakeup, FLIPQ_NEED_WAKEUP);
	/* (g) pairs with (h): all that the lease guards before it is free */
	__atomic_store_n(&p->lease, 0, __ATOMIC_RELEASE);
	answered(p, 2);
}

void flipq_soft_kick(struct soft_part *p)
{
	__atomic_fetch_add(&p->comp->counters.kicks, 1, __ATOMIC_RELAXED);
	/* (p) pairs with (q): fill and tags before the word of the sleeper */
	__atomic_fetch_add(&p->wake, 1, __ATOMIC_SEQ_CST);
	flipq_soft_wake(&p->wake);
}

/* Finish @slot in this turn. */
static void finish(struct soft_part *p, unsigned int slot, u64 *done)
{
	flip_finish(&p->server, slot);
	*done |= flip_bit(slot);
}

/* What was tagged and has not started never will. */
static void cancel(struct soft_part *p, u64 *done)
{
	u64 slots = flip_cancel_take(&p->cancel, &p->server);

	for (; slots; slots &= slots - 1) {
		unsigned int slot = flip_next(slots, 0);

		flipq_soft_cancelled(p, slot);
		finish(p, slot, done);
	}
}

/* Up to @requests, from the cursor on. */
static void serve_some(struct soft_part *p, unsigned int requests, u64 *done)
{
	u64 pending = flip_pending(&p->server);
	const uint64_t start = flipq_now();
	uint64_t now = start;

	while (pending && requests-- && now - start < TURN_NS) {
		unsigned int slot = flip_next(pending, p->server.cursor);

		pending &= ~flip_bit(slot);
		flipq_soft_run(p, slot);
		finish(p, slot, done);
		now = flipq_now();
	}
	soft_count(&p->comp->counters.busy_ns, now - start);
}

/*
 * Serve for a while, and publish what was finished all at once; with 0
 * @requests only what is to be cancelled. Return: how many have finished.
 */
unsigned int flipq_soft_turn(struct soft_part *p, unsigned int requests)
{
	bool tagged = flip_cancel_tagged(&p->cancel);
	unsigned int n;
	u64 done = 0;

	if (!tagged && !flip_pending(&p->server))
		return 0;
	/* (a) pairs with (b): the sequence, odd now, before the tags go */
	__atomic_fetch_add(&p->seq, 1, __ATOMIC_SEQ_CST);
	if (tagged)
		cancel(p, &done);
	serve_some(p, requests < TURN_REQUESTS ? requests : TURN_REQUESTS,
		   &done);
	n = hweight64(done);
	if (n) {
		soft_count(&p->comp->counters.requests, n);
		soft_count(&p->comp->counters.turns, 1);
		flip_cancel_drop(&p->cancel, done);
		flip_publish_finished(&p->server);
	}
	answered(p, 1);
	if (n)
		flipq_soft_published(p->soft);
	return n;
}

/* Poll for a while. Return: whether there is something to do. */
static bool spin(const struct soft_part *p, uint64_t ns)
{
	uint64_t start = flipq_now();

	if (ns > p->soft->setup.worker_spin_ns)
		ns = p->soft->setup.worker_spin_ns;
	while (flipq_now() - start < ns) {
		if (flip_pending(&p->server))
			return true;
		soft_relax();
	}
	return false;
}

/* Return: 0 with something to do, -ETIME if nothing came, -EINTR. */
static int rest(struct soft_part *p, uint64_t end)
{
	int ret = 0;

	for (;;) {
		/* (q) pairs with (p): the word before fill and tags */
		uint32_t seen = __atomic_load_n(&p->wake, __ATOMIC_ACQUIRE);

		/* before (G), so (F) and (P) are before the kick */
		if (!flip_park(&p->server) || flip_cancel_tagged(&p->cancel)) {
			ret = 0;
			break;
		}
		if (ret)
			break;
		soft_count(&p->comp->counters.sleeps, 1);
		ret = flipq_soft_sleep(&p->wake, seen, end);
		soft_count(&p->comp->counters.wakeups, !ret);
	}
	/* on leaving it stays set, or a submission in between is not kicked */
	if (!ret)
		WRITE_ONCE(p->comp->need_wakeup, 0);
	return ret;
}

/* Nothing is left to do. Return: as rest(). */
static int idle(struct soft_part *p, uint64_t ns)
{
	uint64_t end = ns ? soft_end(ns) : 0;

	if (spin(p, ns))
		return 0;
	/* an end that is over already is a look at fill once more */
	return rest(p, end);
}

/* As FLIPQ_IOC_SERVE. */
int flipq_soft_serve(struct soft_part *p, struct flipq_serve *serve)
{
	const uint32_t most = serve->requests;
	uint64_t served = 0;
	int ret = 0;

	if (!flipq_soft_lease(p))
		return -EBUSY;
	soft_count(&p->comp->counters.serves, 1);
	WRITE_ONCE(p->comp->need_wakeup, 0);
	while (!ret && (!most || served < most)) {
		unsigned int n = most ? most - (unsigned int)served : ~0U;

		n = flipq_soft_turn(p, n);
		served += n;
		if (!n && !flip_cancel_tagged(&p->cancel))
			ret = idle(p, serve->idle);
	}
	flipq_soft_lease_end(p);
	serve->served = served;
	if (ret == -EINTR)
		serve->resume_served = served;
	return ret == -ETIME ? 0 : ret;
}
