// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_turn.c - kmod/engine/turn.c: how much a turn does, in which order, and
 * what of it can be seen when
 */
#include "rig.h"

static struct rig_queue *rq;
static struct engine_partition *part;
static u64 now;

static void start(unsigned int slots)
{
	rig_start(0);
	rq = rig_queue("user", 1, slots, false, 0);
	part = rq->q->parts[0];
	now = local_clock();
}

static void end(const char *name)
{
	rig_queue_end(rq);
	rig_end(name);
}

static unsigned int turn(unsigned int requests, unsigned int ns)
{
	return engine_take_turn(part, NULL, requests, ns, &now);
}

static const struct flipq_counters *counters(void)
{
	return &part->counters;
}

static void nothing(void)
{
	u64 before;

	start(8);
	before = now;
	shim_skip(5000);
	is(turn(8, 1000000), 0, "nothing is pending: no request is finished");
	is(now, before, "nothing is pending: the time is the caller's still");
	is(rig_logged(), 0, "nothing is pending: no callback");
	is(counters()->turns, 0, "nothing is pending: no turn is counted");
	is(part->cancel_seq, 0, "nothing is pending: no canceller is told");
	rq->part[0].fill = ~0xffULL;
	is(turn(8, 1000000), 0, "bits above the slots are no requests");
	end("a turn without requests leaves nothing");
}

static void by_requests(void)
{
	start(8);
	rig_publish(rq, 0, 0x1f);
	is(turn(3, 1000000), 3, "a turn ends after as many requests as allowed");
	is(rq->part[0].done, 0x07, "what it finished is published");
	is(turn(3, 1000000), 2, "the next turn does the rest");
	is(rq->part[0].done, 0x1f, "which is published, too");
	is(counters()->requests, 5, "requests are counted");
	is(counters()->turns, 2, "turns are counted");
	is(counters()->bytes_in, 5000, "what the handler says is counted once");
	is(rig_count(RIG_TURN, part), 2, "turn_done is called once a turn");
	is(rig_collect(rq, 0), 0x1f, "the submitter finds all of them");
	end("a turn by requests leaves nothing");
}

static void by_time(void)
{
	start(64);
	rig_publish(rq, 0, ~0ULL);
	rq->cost = 500;
	is(turn(64, 1000), 2, "a turn ends when its time is over");
	is(turn(64, 1001), 3, "a turn does not end before");
	is(turn(64, 1), 1, "a turn does one request at least");
	is(counters()->busy_ns, 3000, "the time of a turn is counted");
	is(now, local_clock(), "the caller gets the time of the end");
	now = local_clock() + 1000000;
	is(turn(4, 1000), 4, "a clock that went back ends no turn");
	is(counters()->busy_ns, 3000, "a clock that went back counts for nothing");
	end("a turn by time leaves nothing");
}

/* Slots of @log in order. */
static u64 order(unsigned int from, unsigned int nr)
{
	u64 slots = 0;
	unsigned int i;

	for (i = from; i < rig_logged() && nr; i++) {
		if (rig_log[i].what == RIG_TURN)
			continue;
		slots = slots << 8 | rig_log[i].slot;
		nr--;
	}
	return slots;
}

static void rotation(void)
{
	start(8);
	rig_publish(rq, 0, 0x0f);
	turn(2, 1000000);
	rig_collect(rq, 0);
	rig_publish(rq, 0, 0x03);
	rig_forget();
	turn(4, 1000000);
	is(order(0, 4), 0x02030001, "a turn goes on behind the last one's end");
	end("rotation leaves nothing");

	start(64);
	rig_publish(rq, 0, 1ULL << 63 | 1);
	turn(1, 1000000);
	turn(1, 1000000);
	is(order(0, 2), 63, "the last slot has its turn");
	rig_collect(rq, 0);
	rig_publish(rq, 0, 1ULL << 62 | 4);
	rig_forget();
	turn(2, 1000000);
	is(order(0, 2), 2 << 8 | 62, "after the last slot comes the first");
	end("rotation over the end leaves nothing");
}

/* No request waits for more than one round of others. */
static void fairness(void)
{
	unsigned int i, since[8] = { 0 }, worst = 0;

	start(8);
	for (i = 0; i < 1000; i++) {
		u64 free = ~(rq->part[0].fill ^ rq->part[0].reap) & 0xff;
		unsigned int slot;

		rig_publish(rq, 0, free);
		rig_forget();
		turn(1, 1000000);
		rig_collect(rq, 0);
		for (slot = 0; slot < 8; slot++)
			since[slot]++;
		since[rig_log[0].slot] = 0;
		for (slot = 0; slot < 8; slot++)
			worst = since[slot] > worst ? since[slot] : worst;
	}
	ok(worst <= 8, "no request waits while newer ones go round");
	end("a busy partition leaves nothing");
}

static void published_once(void)
{
	unsigned int i, early = 0;

	start(8);
	rig_publish(rq, 0, 0x0f);
	turn(8, 1000000);
	for (i = 0; i < rig_logged(); i++)
		early += rig_log[i].done != 0;
	is(rig_logged(), 5, "four requests and turn_done");
	is(rig_log[4].what, RIG_TURN, "turn_done comes after the requests");
	is(early, 0, "nothing is published before turn_done");
	is(rq->part[0].done, 0x0f, "all is published after it");
	end("a turn of four leaves nothing");
}

static void without_turn_done(void)
{
	void (*turn_done)(struct engine_partition *part) = rig_ops.turn_done;

	rig_ops.turn_done = NULL;
	start(8);
	rig_publish(rq, 0, 1);
	is(turn(8, 1000000), 1, "turn_done may be NULL");
	rig_ops.turn_done = turn_done;
	end("a turn without turn_done leaves nothing");
}

static void tallied(void)
{
	struct flipq_counters tally = { .requests = 100, .turns = 10 };

	start(8);
	rig_publish(rq, 0, 0x07);
	rq->cost = 100;
	engine_take_turn(part, &tally, 8, 1000000, &now);
	is(tally.requests, 103, "a tally gets the requests of the turn");
	is(tally.turns, 11, "a tally gets the turn");
	is(tally.busy_ns, 300, "a tally gets the time");
	is(tally.bytes_in, 3000, "a tally gets what the handler counted");
	is(part->turn.requests, 0, "the next turn begins at nothing");
	is(counters()->requests, 3, "the partition counts as well");
	end("a tally leaves nothing");
}

static void submit_more(struct engine_partition *p, unsigned int slot)
{
	if (slot == 0)
		rig_publish(p->priv, 0, 0x10);
}

/* The list of what to do is made at the start, so it ends. */
static void late_submission(void)
{
	start(8);
	rig_publish(rq, 0, 0x03);
	rq->on_request = submit_more;
	is(turn(8, 1000000), 2, "what comes during a turn waits for the next");
	is(turn(8, 1000000), 1, "which does it");
	end("a late submission leaves nothing");
}

static void tag(u64 slots)
{
	flip_cancel_tag(&part->cancel, rq->part[0].fill, slots);
}

static void cancelled(void)
{
	start(8);
	rig_publish(rq, 0, 0x0f);
	tag(0x05);
	is(turn(8, 1000000), 4, "a turn finishes cancelled requests as well");
	is(order(0, 4), 0x00020301, "cancelled ones come first");
	is(rig_count(RIG_CANCELLED, part), 2, "those that were tagged");
	is(rig_cancelled(rq, 0, 2), 1, "a cancelled request is told so");
	is(rig_handled(rq, 0, 2), 0, "a cancelled request is not handled");
	is(rig_handled(rq, 0, 1), 1, "others are");
	is(counters()->cancelled, 2, "cancelled ones are counted");
	is(counters()->requests, 4, "and are requests, too");
	is(rq->part[0].done, 0x0f, "all are published");
	is(rig_log[0].seq, 1, "the canceller waits while they are cancelled");
	is(rig_log[4].seq, 1, "the canceller waits until they are published");
	is(part->cancel_seq, 2, "the canceller is told in the end");
	is(turn(8, 1000000), 0, "no tag is left");
	end("cancelled requests leave nothing");
}

static void cancel_limits(void)
{
	start(8);
	rig_publish(rq, 0, 0x0f);
	tag(0x06);
	is(turn(0, 0), 2, "a turn for no request looks after cancels");
	is(rig_count(RIG_HANDLED, part), 0, "and after nothing else");
	tag(0x01);
	is(turn(1, 1000000), 1, "cancelled requests count to the limit");
	is(rig_count(RIG_HANDLED, part), 0, "so that none is left of it");
	is(turn(8, 1000000), 1, "the last one is handled later");
	end("limits beside cancels leave nothing");
}

static void cancel_nothing(void)
{
	start(8);
	tag(0xff);
	is(turn(8, 1000000), 0, "tags without requests finish nothing");
	is(flip_cancel_tagged(&part->cancel), 0, "the tags are taken");
	is(part->cancel_seq, 2, "the canceller is told");
	is(rig_logged(), 0, "nobody is called for tags without requests");
	is(counters()->turns, 0, "and no turn is counted");
	rig_publish(rq, 0, 0x01);
	is(turn(8, 1000000), 1, "a request that comes later");
	is(rig_handled(rq, 0, 0), 1, "is not cancelled by them");
	end("tags without requests leave nothing");
}

static void tag_this(struct engine_partition *p, unsigned int slot)
{
	(void)p;
	if (slot == 1)
		tag(0x0a);
}

static void cancel_late(void)
{
	start(8);
	rig_publish(rq, 0, 0x0f);
	rq->on_request = tag_this;
	is(turn(2, 1000000), 2, "a tag does not stop what has started");
	is(rig_count(RIG_CANCELLED, part), 0, "nor does the turn look at it");
	is(part->cancel_seq, 2, "the canceller waits for its end");
	ok(flip_cancel_tagged(&part->cancel), "other tags stay");
	rq->on_request = NULL;
	rig_collect(rq, 0);
	rig_publish(rq, 0, 0x02);
	is(turn(8, 1000000), 3, "the next turn finds those");
	is(rig_cancelled(rq, 0, 3), 1, "and cancels what they are for");
	is(rig_handled(rq, 0, 1), 2, "but not who came to a slot with a late tag");
	is(part->cancel_seq, 4, "the canceller waits once a turn");
	end("late tags leave nothing");
}

static void tag_again(struct engine_partition *p, unsigned int slot)
{
	(void)p;
	if (slot == 1)
		tag(0x02);
}

/* A tag of this turn's own, and one that comes late: one answer. */
static void cancel_twice(void)
{
	start(8);
	rig_publish(rq, 0, 0x03);
	tag(0x01);
	rq->on_request = tag_again;
	is(turn(8, 1000000), 2, "one is cancelled, one tagged too late");
	is(part->cancel_seq, 2, "the canceller is told of both at once");
	ok(!flip_cancel_tagged(&part->cancel), "no tag is left of either");
	end("two tags leave nothing");
}

static int wait_for_cancel(void *arg)
{
	(void)arg;
	return wait_event_killable(rq->q->cancel_wq,
				   READ_ONCE(part->cancel_seq) == 2);
}

static void wakes_canceller(void)
{
	struct rig_thread t;

	start(8);
	rig_go(&t, wait_for_cancel, NULL);
	ok(rig_await_sleep(&t), "a canceller sleeps");
	tag(0x01);
	turn(8, 1000000);
	is(rig_join(&t), 0, "the turn's end wakes it");
	end("a canceller that is woken leaves nothing");
}

static int wait_here(void *arg)
{
	int err;

	(void)arg;
	err = engine_wait(rq->q, KTIME_MAX);
	return err ? err : (int)engine_wait_end(rq->q);
}

static void wakes_waiter(void)
{
	struct rig_thread t;

	start(8);
	rig_publish(rq, 0, 0x0f);
	engine_wait_begin(rq->q, ~0ULL, 2);
	rig_go(&t, wait_here, NULL);
	ok(rig_await_sleep(&t), "a waiter sleeps");
	turn(3, 1000000);
	is(rig_join(&t), 3, "the turn that finishes enough wakes it");
	end("a waiter that is woken leaves nothing");
}

static void counted(void)
{
	struct flipq_counters from[2], two[2];
	u64 *f = (u64 *)from, *t = (u64 *)two;
	const unsigned int nr = sizeof(from[0]) / 8;
	unsigned int i, wrong = 0;

	for (i = 0; i < 2 * nr; i++)
		f[i] = i + 1;
	memset(two, 0xff, sizeof(two));
	engine_counters_read(two, from);
	for (i = 0; i < nr; i++)
		wrong += t[i] != i + 1;
	is(wrong, 0, "counters are read, each of them");
	engine_counters_sum(two, from);
	for (i = 0; i < nr; i++)
		wrong += t[i] != 2 * (i + 1);
	is(wrong, 0, "counters are added up, each of them");
	is(t[nr], ~0ULL, "what comes after them is not touched");
}

int main(void)
{
	nothing();
	by_requests();
	by_time();
	rotation();
	fairness();
	published_once();
	without_turn_done();
	tallied();
	late_submission();
	cancelled();
	cancel_limits();
	cancel_nothing();
	cancel_late();
	cancel_twice();
	wakes_canceller();
	wakes_waiter();
	counted();
	return tap_end();
}
