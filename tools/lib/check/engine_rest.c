// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_rest.c - kmod/engine/worker.c: how much of its CPU a worker leaves to
 * others where it is told to
 */
#include "rig.h"

#define MS		1000000ULL

static struct engine_worker *w;

static void start(void)
{
	rig_start(1);
	engine_pool_choose(&w, 1);
	engine_pool_put(w);
	shim_settle();
}

/* The worker's thread rests or sleeps. */
static void await_rest(void)
{
	RIG_UNTIL(shim_sleeps(w->task));
}

static void rests(unsigned int percent, u64 work, u64 rest, const char *name)
{
	struct rig_queue *rq;

	start();
	rig_limits.percent = percent;
	rig_limits.requests = 1;
	rq = rig_queue("user", 1, 8, true, 0);
	rq->cost = work;
	rig_submit(rq, 0, 0x03);
	RIG_UNTIL(rig_finished(rq, 0));
	await_rest();
	is(rig_finished(rq, 0), 0x01, name);
	shim_skip(rest - 2 * SHIM_RELAX_NS);
	rig_pause();
	engine_queue_kick(rq->q, 1);
	await_rest();
	is(rig_finished(rq, 0), 0x01, "no kick ends the rest too early");
	shim_skip(4 * SHIM_RELAX_NS);
	RIG_UNTIL(rig_finished(rq, 0) == 0x03);
	await_rest();
	shim_skip(100 * MS);
	shim_settle();
	rig_limits.percent = 100;
	rig_queue_end(rq);
	rig_end("rest leaves nothing");
}

static void no_rest(unsigned int percent, u64 work, const char *name)
{
	struct rig_queue *rq;
	u64 before;

	start();
	rig_limits.percent = percent;
	rig_limits.requests = 1;
	rq = rig_queue("user", 1, 8, true, 0);
	rq->cost = work;
	before = local_clock();
	rig_submit(rq, 0, 0xff);
	shim_settle();
	is(rig_finished(rq, 0), 0xff, name);
	ok(local_clock() - before < 8 * work + 20000, "without a rest");
	rig_limits.percent = 100;
	rig_queue_end(rq);
	rig_end("no rest leaves nothing");
}

/* Small debts add up, sleep pays for them, and so does the end of the limit. */
static void debts(void)
{
	struct rig_queue *rq;

	start();
	rig_limits.percent = 50;
	rig_limits.requests = 1;
	rq = rig_queue("user", 1, 8, true, 0);
	rq->cost = 400000;
	rig_submit(rq, 0, 0x0f);
	RIG_UNTIL(rig_finished(rq, 0) == 0x07);
	await_rest();
	is(rig_finished(rq, 0), 0x07, "small debts add up to a rest");
	shim_skip(1200000);
	RIG_UNTIL(rig_finished(rq, 0) == 0x0f);
	shim_settle();
	rig_collect(rq, 0);
	shim_skip(400000);
	rig_submit(rq, 0, 0x03);
	shim_settle();
	is(rig_collect(rq, 0), 0x03, "sleep pays for earlier work");
	rig_limits.percent = 100;
	shim_skip(100 * MS);
	rq->cost = 50 * MS;
	rig_submit(rq, 0, 0x03);
	shim_settle();
	rig_collect(rq, 0);
	rig_limits.percent = 50;
	rq->cost = 400000;
	rig_submit(rq, 0, 0x01);
	shim_settle();
	is(rig_finished(rq, 0), 0x01, "nothing is owed from before the limit");
	rig_limits.percent = 100;
	rig_queue_end(rq);
	rig_end("debts leave nothing");
}

/* The first at half, the second without limit, and then half again. */
static void change_percent(struct engine_partition *part, unsigned int slot)
{
	(void)part;
	if (slot == 1)
		rig_limits.percent = 100;
	if (slot == 2)
		rig_limits.percent = 50;
}

static void debts_forgiven(void)
{
	struct rig_queue *rq;

	start();
	rig_limits.percent = 50;
	rig_limits.requests = 1;
	rq = rig_queue("user", 1, 8, true, 0);
	rq->cost = 600000;
	rq->on_request = change_percent;
	rig_submit(rq, 0, 0x0f);
	RIG_UNTIL(rig_finished(rq, 0) & 0x04);
	shim_settle();
	is(rig_finished(rq, 0), 0x0f, "without limit debts are forgotten");
	rig_limits.percent = 100;
	shim_skip(100 * MS);
	shim_settle();
	rig_queue_end(rq);
	rig_end("forgotten debts leave nothing");
}

static void short_sleep(void)
{
	struct rig_queue *rq;

	start();
	rig_limits.percent = 50;
	rig_limits.requests = 1;
	rq = rig_queue("user", 1, 8, true, 0);
	rq->cost = 400000;
	rig_submit(rq, 0, 0x03);
	shim_settle();
	is(rig_collect(rq, 0), 0x03, "work that leaves a small debt");
	shim_skip(100000);
	rig_submit(rq, 0, 0x0c);
	RIG_UNTIL(rig_finished(rq, 0));
	shim_settle();
	is(rig_finished(rq, 0), 0x04, "is not paid for by a shorter sleep");
	shim_skip(2 * MS);
	shim_settle();
	rig_limits.percent = 100;
	rig_queue_end(rq);
	rig_end("short sleeps leave nothing");
}

static void ends_while_it_rests(void)
{
	struct rig_queue *rq;

	start();
	rig_limits.percent = 1;
	rq = rig_queue("user", 1, 8, true, 0);
	rq->cost = 100 * MS;
	rig_submit(rq, 0, 0x01);
	RIG_UNTIL(rig_finished(rq, 0));
	await_rest();
	ok(!rig_queue_close(rq), "a queue is closed while its worker rests");
	shim_skip(9900 * MS + MS);
	shim_settle();
	is(rq->gone, 1, "and goes when it has");
	rig_queue_free(rq);
	rig_end("a rest before the end leaves nothing");
}

int main(void)
{
	rests(50, 10 * MS, 10 * MS, "half of a CPU: as much rest as work");
	rests(25, 10 * MS, 30 * MS, "a quarter: three times as much");
	rests(50, MS, MS, "the least that a worker rests for");
	rests(1, MS, 99 * MS, "a hundredth: 99 times as much");
	no_rest(0, 10 * MS, "no percent are no limit");
	no_rest(100, 10 * MS, "nor are all");
	no_rest(150, 10 * MS, "nor is more than there is");
	no_rest(50, 100000, "too little to rest for");
	debts();
	debts_forgiven();
	short_sleep();
	ends_while_it_rests();
	return tap_end();
}
