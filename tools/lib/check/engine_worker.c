// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_worker.c - kmod/engine/worker.c: who is next, how long an empty
 * partition is polled, and when the thread sleeps
 *
 * One worker. It is held while work is put before it, so that it finds all of
 * that at once.
 */
#include "rig.h"

#define LONG		(1ULL << 60)
#define MS		1000000ULL

static struct engine_worker *w;

static void start(void)
{
	rig_start(1);
	engine_pool_choose(&w, 1);
	engine_pool_put(w);
	shim_settle();
}

static u64 sleeps_of(const struct rig_queue *rq)
{
	unsigned int i;
	u64 n = 0;

	for (i = 0; i < rq->q->nr; i++)
		n += READ_ONCE(rq->q->parts[i]->counters.sleeps);
	return n;
}

static void turns(void)
{
	struct rig_queue *rq;

	start();
	rq = rig_queue("user", 1, 64, true, 0);
	rig_limits.requests = 10;
	rig_submit(rq, 0, ~0ULL);
	shim_settle();
	is(w->counters.turns, 7, "turns are of as many requests as the limit says");
	is(w->counters.requests, 64, "a worker counts its requests");
	is(rq->q->parts[0]->counters.turns, 7, "the partition counts as well");
	rig_collect(rq, 0);
	rig_limits.requests = 0;
	rig_submit(rq, 0, 0x07);
	shim_settle();
	is(w->counters.turns, 10, "where 0 is taken for 1");
	rig_collect(rq, 0);
	rig_limits.requests = 64;
	rig_limits.ns = 2000;
	rq->cost = 1000;
	rig_submit(rq, 0, 0xff);
	shim_settle();
	is(w->counters.turns, 14, "and as long as the limit says");
	is(w->counters.busy_ns, 8000, "whose time is counted");
	rig_queue_end(rq);
	rig_end("turns leave nothing");
}

static void counts(void)
{
	const struct flipq_counters *c;
	struct rig_queue *rq;

	start();
	is(w->counters.sleeps, 1, "a worker without work sleeps");
	is(w->counters.wakeups, 0, "and is not woken");
	rq = rig_queue("user", 2, 8, true, 0);
	c = &rq->q->parts[0]->counters;
	ok(rig_submit(rq, 0, 0x03), "a partition asks for a kick at first");
	shim_settle();
	is(c->kicks, 1, "a kick is counted");
	is(c->wakeups, 1, "that put it to work");
	is(c->sleeps, 1, "as is that it parked");
	is(rq->part[0].need_wakeup, 1, "it asks for a kick again");
	is(w->counters.kicks, 1, "the worker counts the kick");
	is(w->counters.sleeps, 2, "and that it slept");
	is(w->counters.wakeups, 1, "and was woken in between");
	is(rig_count(RIG_TURN, NULL), 2, "turn_done for a turn and for parking");
	engine_queue_kick(rq->q, 0x1);
	shim_settle();
	is(c->kicks, 2, "a kick for nothing is counted");
	is(c->wakeups, 2, "as is that it was looked at");
	is(c->sleeps, 2, "and that it parked again");
	is(rig_count(RIG_TURN, NULL), 3, "of which the client hears");
	is(rig_count(RIG_HANDLED, NULL), 2, "nothing is handled twice");
	is(rq->q->parts[1]->counters.kicks, 0, "the other one has no part in it");
	rig_queue_end(rq);
	rig_end("counters leave nothing");
}

static void kicked_while_active(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_queue *rq;

	start();
	rq = rig_queue("user", 1, 8, true, 0);
	rq->gate = &gate;
	rig_submit(rq, 0, 0x01);
	rig_gate_await(&gate);
	ok(!rig_submit(rq, 0, 0x02), "a partition at work asks for no kick");
	engine_queue_kick(rq->q, 1);
	rig_gate_open(&gate);
	shim_settle();
	is(rq->q->parts[0]->counters.kicks, 2, "one that comes anyway counts");
	is(rq->q->parts[0]->counters.wakeups, 1, "but wakes nobody");
	is(rq->q->parts[0]->counters.requests, 2, "both requests are served");
	rq->gate = NULL;
	rig_queue_end(rq);
	rig_end("kicks at work leave nothing");
}

static void spun(void)
{
	struct rig_queue *rq;
	u64 before;

	start();
	rq = rig_queue("user", 1, 8, true, 50000);
	before = local_clock();
	rig_submit(rq, 0, 0x01);
	shim_settle();
	is(local_clock() - before, 50000, "an empty partition is polled so long");
	is(rq->q->parts[0]->counters.sleeps, 1, "and parks then");
	rig_queue_end(rq);
	rig_end("spinning leaves nothing");
}

static void spun_in_company(void)
{
	struct rig_queue *rq;
	u64 before;

	start();
	rq = rig_queue("user", 3, 8, true, 50000);
	before = local_clock();
	shim_hold();
	rig_submit(rq, 0, 0x01);
	rig_submit(rq, 1, 0x01);
	rig_submit(rq, 2, 0x01);
	shim_release();
	shim_settle();
	ok(local_clock() - before >= 50000, "several are polled as long");
	ok(local_clock() - before < 60000, "and not one after the other");
	is(sleeps_of(rq), 3, "all of them park");
	is(w->nr_polled, 0, "none is polled then");
	is(rq->q->parts[0]->tenant->nr_polled, 0, "of none of the user's");
	rig_queue_end(rq);
	rig_end("spinning in company leaves nothing");
}

static void served_while_polled(void)
{
	struct rig_queue *rq;
	unsigned int i;

	start();
	rq = rig_queue("user", 3, 8, true, LONG);
	shim_hold();
	for (i = 0; i < 3; i++)
		rig_submit(rq, i, 0x01);
	shim_release();
	for (i = 0; i < 3; i++)
		RIG_UNTIL(rig_finished(rq, i));
	ok(!rig_submit(rq, 1, 0x02), "a polled partition asks for no kick");
	RIG_UNTIL(rig_finished(rq, 1) == 3);
	ok(!rig_submit(rq, 2, 0x02), "nor does the next");
	RIG_UNTIL(rig_finished(rq, 2) == 3);
	is(sleeps_of(rq), 0, "none of them parks");
	is(READ_ONCE(w->counters.kicks), 3, "nor was kicked again");
	rig_queue_end(rq);
	rig_end("polled partitions leave nothing");
}

/* Let time go by, and the worker see that. */
static void skip(const struct rig_queue *rq, u64 ns)
{
	u64 before;

	shim_skip(ns);
	before = local_clock();
	RIG_UNTIL(sleeps_of(rq) || local_clock() > before + 10 * SHIM_RELAX_NS);
}

/* An empty partition is polled anew after each request. */
static void idle_anew(void)
{
	struct rig_queue *rq;

	start();
	rq = rig_queue("user", 1, 8, true, 1000000 * MS);
	rig_submit(rq, 0, 0x01);
	RIG_UNTIL(rig_finished(rq, 0));
	shim_skip(500000 * MS);
	ok(!rig_submit(rq, 0, 0x02), "a request in the middle of it");
	RIG_UNTIL(rig_finished(rq, 0) == 3);
	skip(rq, 600000 * MS);
	shim_hold();
	is(rq->q->parts[0]->counters.sleeps, 0, "lets it begin anew");
	engine_queue_kick(rq->q, 1);
	shim_release();
	RIG_UNTIL(READ_ONCE(w->counters.kicks) == 2);
	skip(rq, 0);
	skip(rq, 600000 * MS);
	shim_hold();
	is(rq->q->parts[0]->counters.sleeps, 0, "as does a kick for nothing");
	shim_release();
	rig_queue_end(rq);
	rig_end("time that begins anew leaves nothing");
}

static unsigned int most_of_user, most_of_all;

/* Held, as what is looked at is the worker's own. */
static void look(const struct rig_queue *rq)
{
	const struct engine_tenant *tenant = rq->q->parts[0]->tenant;

	shim_hold();
	most_of_user = max(most_of_user, tenant->nr_polled);
	most_of_all = max(most_of_all, w->nr_polled);
	shim_release();
}

static void most_polled_of_a_user(void)
{
	struct rig_queue *rq;
	unsigned int i;

	start();
	most_of_user = 0;
	rq = rig_queue("user", 20, 8, true, LONG);
	shim_hold();
	for (i = 0; i < 20; i++)
		rig_submit(rq, i, 0x01);
	shim_release();
	RIG_UNTIL(sleeps_of(rq) == 12);
	look(rq);
	is(most_of_user, 8, "so many of a user's are polled");
	is(sleeps_of(rq), 12, "and all others park");
	is(w->nr_polled, 8, "the worker counts as many");
	for (i = 0; i < 20; i++)
		rig_submit(rq, i, 0x02);
	for (i = 0; i < 20; i++)
		RIG_UNTIL(rig_finished(rq, i) == 3);
	ok(true, "all are served later, parked or polled");
	rig_queue_end(rq);
	shim_settle();
	is(w->nr_polled, 0, "none is polled when they are gone");
	rig_end("a user's polled partitions leave nothing");
}

static void most_polled_in_all(void)
{
	static const char users[40];
	struct rig_queue *rq[40];
	unsigned int i;
	u64 parked = 0;

	start();
	most_of_all = 0;
	shim_hold();
	for (i = 0; i < 40; i++) {
		rq[i] = rig_queue(&users[i], 1, 8, true, LONG);
		rig_submit(rq[i], 0, 0x01);
	}
	shim_release();
	while (parked < 8) {
		parked = 0;
		for (i = 0; i < 40; i++)
			parked += sleeps_of(rq[i]);
		look(rq[0]);
	}
	is(most_of_all, 32, "so many of all users' are polled");
	is(parked, 8, "and all others park");
	parked = 0;
	for (i = 0; i < 8; i++)
		parked += rig_log[i].part->counters.sleeps;
	is(parked, 8, "those that were polled first give way");
	for (i = 0; i < 40; i++)
		rig_submit(rq[i], 0, 0x02);
	for (i = 0; i < 40; i++)
		RIG_UNTIL(rig_finished(rq[i], 0) == 3);
	ok(true, "all are served later, parked or polled");
	for (i = 0; i < 40; i++) {
		rig_queue_end(rq[i]);
		engine_tenant_forget(&users[i]);
	}
	rig_end("all users' polled partitions leave nothing");
}

static u64 kicks_seen;

static void see_kicks(struct engine_partition *part, unsigned int slot)
{
	(void)part;
	(void)slot;
	if (!kicks_seen)
		kicks_seen = READ_ONCE(w->counters.kicks);
}

static void received(void)
{
	struct rig_queue *many, *one;
	unsigned int i;

	start();
	kicks_seen = 0;
	many = rig_queue("many", 40, 8, true, 0);
	one = rig_queue("one", 1, 8, true, 0);
	many->cost = MS;
	one->cost = MS;
	one->on_request = see_kicks;
	/* Who was kicked last is first. */
	shim_hold();
	rig_submit(one, 0, 0x01);
	for (i = 0; i < 40; i++)
		rig_submit(many, i, 0x01);
	shim_release();
	shim_settle();
	is(kicks_seen, 9, "a user's kicks are received a few at a time");
	is(w->counters.kicks, 41, "and all in the end");
	is(w->counters.requests, 41, "when all is served");

	/* The other one is first now, as it took less. */
	kicks_seen = 0;
	one->cost = 100 * MS;
	for (i = 0; i < 40; i++)
		rig_collect(many, i);
	rig_collect(one, 0);
	rig_submit(one, 0, 0x01);
	shim_settle();
	rig_collect(one, 0);
	kicks_seen = 0;
	shim_hold();
	for (i = 0; i < 40; i++)
		rig_submit(many, i, 0x01);
	rig_submit(one, 0, 0x01);
	shim_release();
	shim_settle();
	is(kicks_seen, 42 + 40 + 1, "who took more waits for who took less");
	rig_queue_end(many);
	rig_queue_end(one);
	rig_end("mailboxes leave nothing");
}

/* Of the first @nr requests: how many were of @rq? */
static unsigned int share_of(const struct rig_queue *rq, unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < rig_logged() && nr; i++) {
		if (rig_log[i].what != RIG_HANDLED)
			continue;
		n += rig_log[i].part->queue == rq->q;
		nr--;
	}
	return n;
}

static void fair_users(void)
{
	struct rig_queue *a[4], *b;
	unsigned int i, n;

	start();
	rig_limits.requests = 1;
	shim_hold();
	for (i = 0; i < 4; i++) {
		a[i] = rig_queue("a", 2, 64, true, 0);
		a[i]->cost = MS;
		rig_submit(a[i], 0, ~0ULL);
		rig_submit(a[i], 1, ~0ULL);
	}
	b = rig_queue("b", 1, 64, true, 0);
	b->cost = MS;
	rig_submit(b, 0, ~0ULL);
	shim_release();
	shim_settle();
	n = share_of(b, 100);
	ok(n >= 48 && n <= 52, "users share a worker, whatever they have");
	n = share_of(a[0], 100);
	ok(n >= 10 && n <= 15, "and queues share what their user gets");
	for (i = 0; i < 4; i++)
		rig_queue_end(a[i]);
	rig_queue_end(b);
	rig_end("fair shares leave nothing");
}

/*
 * Of two users one has requests that take three times as long, in the request
 * or after the turn: how many of the first 60 are its?
 */
static unsigned int slow_of_60(u64 cost, u64 turn_cost,
			       const char *end)
{
	struct rig_queue *slow, *quick;
	unsigned int n;

	start();
	rig_limits.requests = 1;
	shim_hold();
	slow = rig_queue("slow", 1, 64, true, 0);
	quick = rig_queue("quick", 1, 64, true, 0);
	slow->cost = cost;
	slow->turn_cost = turn_cost;
	quick->cost = MS;
	rig_submit(slow, 0, ~0ULL);
	rig_submit(quick, 0, ~0ULL);
	shim_release();
	shim_settle();
	n = share_of(slow, 60);
	rig_queue_end(slow);
	rig_queue_end(quick);
	rig_end(end);
	return n;
}

static void fair_by_time(void)
{
	unsigned int n = slow_of_60(3 * MS, 0, "shares by time leave nothing");

	ok(n >= 14 && n <= 16, "time is shared, not requests");
}

/* What comes after the requests of a turn is its user's affair, too. */
static void fair_by_all_of_it(void)
{
	unsigned int n = slow_of_60(MS, 2 * MS,
				    "shares by all of the time leave nothing");

	ok(n >= 14 && n <= 16, "the end of a turn counts as well");
}

static void fair_partitions(void)
{
	struct rig_queue *rq;
	unsigned int i, n = 0;

	start();
	rig_limits.requests = 1;
	rq = rig_queue("user", 2, 64, true, 0);
	rq->cost = MS;
	shim_hold();
	rig_submit(rq, 0, ~0ULL);
	rig_submit(rq, 1, ~0ULL);
	shim_release();
	shim_settle();
	for (i = 0; i < 40; i++)
		n += rig_log[i].what == RIG_HANDLED &&
		     rig_log[i].part == rq->q->parts[0];
	ok(n >= 9 && n <= 11, "partitions take turns");
	rig_queue_end(rq);
	rig_end("partitions that take turns leave nothing");
}

static void kick_the_last(struct engine_partition *part, unsigned int slot)
{
	struct rig_queue *rq = part->priv;

	if (part->index == 0 && slot == 0)
		rig_submit(rq, 20, 0x01);
}

/* The box is delivered again while what was in it is not yet looked at. */
static void box_comes_again(void)
{
	struct rig_queue *rq;
	unsigned int i, served = 0;

	start();
	rq = rig_queue("user", 21, 8, true, 0);
	rq->cost = MS;
	rq->on_request = kick_the_last;
	shim_hold();
	for (i = 0; i < 20; i++)
		rig_submit(rq, 19 - i, 0x01);
	shim_release();
	shim_settle();
	for (i = 0; i < 21; i++)
		served += !!rig_finished(rq, i);
	is(served, 21, "a box that comes again is opened again");
	rig_queue_end(rq);
	rig_end("boxes that come again leave nothing");
}

static void many_boxes(void)
{
	static const char users[30];
	struct rig_queue *rq[30];
	unsigned int i, round, wrong = 0;

	start();
	for (i = 0; i < 30; i++)
		rq[i] = rig_queue(&users[i], 3, 8, true, 0);
	for (round = 0; round < 10; round++) {
		shim_hold();
		for (i = 0; i < 30; i++) {
			rig_submit(rq[i], 0, 0x01);
			rig_submit(rq[i], 2, 0x80);
			engine_queue_kick(rq[i]->q, 0x7);
		}
		shim_release();
		shim_settle();
		for (i = 0; i < 30; i++)
			wrong += rig_collect(rq[i], 0) != 0x01 ||
				 rig_collect(rq[i], 2) != 0x80 ||
				 rig_collect(rq[i], 1) != 0;
	}
	is(wrong, 0, "each user's box is opened each time");
	is(w->counters.kicks, 900, "with all that is in it, once");
	is(w->counters.requests, 600, "and each request is served");
	for (i = 0; i < 30; i++) {
		wrong += rq[i]->q->parts[0]->tenant->share.queued ||
			 rq[i]->q->parts[0]->tenant->share.held;
		rig_queue_end(rq[i]);
	}
	is(wrong, 0, "no user has work left");
	rig_end("boxes leave nothing");
}

/* Who meets the worker, at which of its points after a request. */
static unsigned int meeting;
static void (*meet_fn)(void *arg);
static bool has_met;

static void meet(void *arg)
{
	/* One that is left from the last round comes too late. */
	if (!__atomic_exchange_n(&has_met, true, __ATOMIC_ACQ_REL))
		meet_fn(arg);
}

static void arm(struct engine_partition *part, unsigned int slot)
{
	(void)slot;
	if (!part->index && !has_met)
		rig_at_point(meeting, meet, part->priv);
}

static void submit_there(void *arg)
{
	rig_submit(arg, 1, 0x01);
}

static void submit_here(void *arg)
{
	rig_submit(arg, 0, 0x02);
}

/* At each point: all that was submitted is served. Return: how many points. */
static unsigned int meet_everywhere(void (*fn)(void *arg), u64 spin_ns)
{
	struct rig_queue *rq = rig_queue("user", 2, 8, true, spin_ns);
	bool met, lost;

	meet_fn = fn;
	meeting = 0;
	rq->on_request = arm;
	do {
		meeting++;
		has_met = false;
		rig_submit(rq, 0, 0x01);
		shim_settle();
		lost = rq->part[0].done != rq->part[0].fill ||
		       rq->part[1].done != rq->part[1].fill;
		rig_collect(rq, 0);
		rig_collect(rq, 1);
		met = __atomic_exchange_n(&has_met, true, __ATOMIC_ACQ_REL);
	} while (met && !lost);
	printf("# %u points\n", meeting);
	rig_queue_end(rq);
	return lost ? 0 : meeting;
}

static void meetings(void)
{
	start();
	ok(meet_everywhere(submit_there, 0) > 20,
	   "a kick may come at any point of going to sleep");
	ok(meet_everywhere(submit_here, 0) > 20,
	   "a request may come at any point of parking");
	ok(meet_everywhere(submit_there, 3000) > 30,
	   "a kick may come while another partition is polled");
	ok(meet_everywhere(submit_here, 3000) > 30,
	   "a request may come while its partition is polled");
	rig_end("meetings with a worker leave nothing");
}

static void close_now(void *arg)
{
	rig_queue_close(arg);
}

static void closed_everywhere(void)
{
	unsigned int gone = 0;
	bool met = true;

	start();
	meet_fn = close_now;
	meeting = 0;
	while (met) {
		struct rig_queue *rq = rig_queue("user", 2, 8, true, 2000);

		meeting++;
		has_met = false;
		rq->on_request = arm;
		rig_submit(rq, 0, 0x03);
		shim_settle();
		met = __atomic_exchange_n(&has_met, true, __ATOMIC_ACQ_REL);
		/* A worker that is quick has let go before close is over. */
		if (!met && rig_queue_close(rq))
			rq->gone++;
		shim_settle();
		gone += rq->gone;
		if (!rq->gone)
			break;
		rig_queue_free(rq);
	}
	printf("# %u points\n", meeting);
	is(gone, meeting, "a queue may be closed at any point of its worker");
	ok(meeting > 20, "of which there are many");
	rig_end("queues that are closed anywhere leave nothing");
}

int main(void)
{
	meetings();
	closed_everywhere();
	turns();
	counts();
	kicked_while_active();
	spun();
	spun_in_company();
	served_while_polled();
	idle_anew();
	most_polled_of_a_user();
	most_polled_in_all();
	received();
	fair_users();
	fair_by_time();
	fair_by_all_of_it();
	fair_partitions();
	box_comes_again();
	many_boxes();
	return tap_end();
}
