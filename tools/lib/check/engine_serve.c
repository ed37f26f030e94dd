// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_serve.c - kmod/engine/serve.c: one server at a time, and when it goes
 */
#include "rig.h"

#define SPIN_NS		10000

static struct rig_queue *rq;
static struct engine_partition *part;
static const struct flipq_counters *counters;
static ktime_t idle_end;
static u64 served;
/* What serve_here() is called with. */
static unsigned int budget;
static u64 idle;

static void start(u64 spin_ns)
{
	rig_start(0);
	rq = rig_queue("user", 1, 8, false, spin_ns);
	part = rq->q->parts[0];
	counters = &part->counters;
	idle_end = 0;
	served = 0;
	budget = 0;
	idle = 0;
}

static void end(const char *name)
{
	rig_queue_end(rq);
	rig_end(name);
}

static int serve_here(void *arg)
{
	(void)arg;
	return engine_serve(part, &rig_limits, budget, idle, &idle_end,
			    &served);
}

static int serve(unsigned int requests, u64 idle_ns)
{
	budget = requests;
	idle = idle_ns;
	return serve_here(NULL);
}

static void lease(void)
{
	start(0);
	ok(engine_lease_try(part), "a partition without server takes one");
	ok(!engine_lease_try(part), "but no second one");
	is(serve(0, 0), -EBUSY, "nor does a call to serve it");
	is(engine_serve_wait(rq->q, part, &rig_limits, KTIME_MAX), -EBUSY,
	   "or to wait as its server");
	is(counters->serves, 0, "which count for nothing");
	rq->part[0].need_wakeup = 0;
	engine_lease_end(part);
	is(rq->part[0].need_wakeup, 1, "who leaves asks for kicks");
	ok(engine_lease_try(part), "then there may be another one");
	engine_lease_end(part);
	end("leases leave nothing");
}

static int wait_for_lease(void *arg)
{
	(void)arg;
	return wait_event_killable(rq->q->cancel_wq, engine_lease_try(part));
}

static void lease_passed_on(void)
{
	struct rig_thread t;

	start(0);
	engine_lease_try(part);
	rig_go(&t, wait_for_lease, NULL);
	ok(rig_await_sleep(&t), "a canceller waits for the lease");
	engine_lease_end(part);
	is(rig_join(&t), 0, "the end of one wakes it");
	engine_lease_end(part);
	end("a lease passed on leaves nothing");
}

static unsigned int asked_while_served;

static void see_need(struct engine_partition *p, unsigned int slot)
{
	(void)p;
	(void)slot;
	asked_while_served += rq->part[0].need_wakeup;
}

static void all_there_is(void)
{
	start(0);
	rq->on_request = see_need;
	rig_publish(rq, 0, 0xff);
	is(serve(0, 0), 0, "serve all there is");
	is(served, 8, "all is served, and told");
	is(rig_finished(rq, 0), 0xff, "and published");
	is(counters->serves, 1, "the call is counted");
	is(counters->turns, 1, "as is the turn");
	is(asked_while_served, 0, "a server asks for no kicks");
	is(rq->part[0].need_wakeup, 1, "until it leaves");
	is(part->lease, 0, "nobody holds the lease");
	is(idle_end, 0, "no idle end is left where none was asked for");
	is(counters->sleeps, 1, "it parked once");
	is(serve(0, 0), 0, "serve nothing");
	is(served, 8, "then nothing is added");
	end("serving leaves nothing");
}

static void limited_turns(void)
{
	start(0);
	rig_limits.requests = 3;
	rig_publish(rq, 0, 0xff);
	serve(0, 0);
	is(counters->turns, 3, "turns are of as many requests as the limit says");
	rig_collect(rq, 0);
	rig_publish(rq, 0, 0xff);
	rig_limits.requests = 0;
	serve(0, 0);
	is(counters->turns, 11, "where 0 is taken for 1");
	rig_collect(rq, 0);
	rig_limits.requests = 8;
	rig_limits.ns = 1000;
	rq->cost = 500;
	rig_publish(rq, 0, 0xff);
	serve(0, 0);
	is(counters->turns, 15, "and as long as the limit says");
	end("limits leave nothing");
}

static void budgets(void)
{
	start(0);
	rig_publish(rq, 0, 0xff);
	is(serve(3, 0), 0, "serve three");
	is(served, 3, "three are served");
	is(rig_finished(rq, 0), 0x07, "and no more");
	is(serve(3, 0), 0, "what was served before counts");
	is(served, 3, "so that none is left to do");
	is(serve(4, 0), 0, "or one");
	is(served, 4, "which is done");
	rig_limits.requests = 2;
	is(serve(7, 1000000), 0, "a budget that takes several turns");
	is(served, 7, "is kept, too");
	is(part->lease, 0, "nobody holds the lease");
	end("budgets leave nothing");
}

static int run_out(void *arg)
{
	(void)arg;
	return serve(0, 1000000);
}

static void idle_time(void)
{
	struct rig_thread t;
	u64 before;

	start(SPIN_NS);
	before = local_clock();
	rig_go(&t, run_out, NULL);
	ok(rig_await_sleep(&t), "an idle server sleeps");
	is(local_clock() - before, SPIN_NS, "after it spun");
	is(idle_end, before + 1000000, "until the idle time is over");
	is(rq->part[0].need_wakeup, 1, "and asks for kicks");
	is(counters->sleeps, 1, "a sleep is counted");
	shim_skip(1000000 - SPIN_NS - 1);
	rig_pause();
	ok(rig_await_sleep(&t), "it does not go too early");
	shim_skip(1);
	is(rig_join(&t), 0, "but then");
	is(counters->wakeups, 0, "nobody woke it");
	is(part->lease, 0, "nobody holds the lease");
	is(part->serve_wq.nr, 0, "nobody is in the wait queue");
	end("idle time leaves nothing");
}

/* A server sleeps; is kicked with work; sleeps again; and so on. */
static void kicked(void)
{
	struct rig_thread t;
	ktime_t first;

	start(0);
	rig_go(&t, run_out, NULL);
	rig_await_sleep(&t);
	first = idle_end;
	shim_skip(500000);
	ok(rig_submit(rq, 0, 0x03), "a sleeping server is kicked");
	RIG_UNTIL(__atomic_load_n(&rq->part[0].done, __ATOMIC_ACQUIRE) == 3);
	rig_await_sleep(&t);
	is(counters->wakeups, 1, "a wake-up is counted");
	RIG_UNTIL(__atomic_load_n(&counters->sleeps, __ATOMIC_ACQUIRE) == 2);
	rig_await_sleep(&t);
	is(idle_end, first + 500000, "the idle time begins anew after work");
	engine_kick(part);
	RIG_UNTIL(__atomic_load_n(&counters->sleeps, __ATOMIC_ACQUIRE) == 3);
	rig_await_sleep(&t);
	is(idle_end, first + 500000, "but not after a kick for nothing");
	is(counters->busy_ns, 0, "no turn is charged for what is not its time");
	shim_skip(1000000);
	is(rig_join(&t), 0, "it goes in the end");
	is(served, 2, "what it served is told");
	end("kicks leave nothing");
}

/* Without a kick, as the one who submits has not come to that yet. */
static void served_at_the_end(void)
{
	struct rig_thread t;

	start(0);
	rig_go(&t, run_out, NULL);
	rig_await_sleep(&t);
	rig_publish(rq, 0, 0x01);
	shim_skip(1000000);
	RIG_UNTIL(__atomic_load_n(&rq->part[0].done, __ATOMIC_ACQUIRE));
	ok(true, "what is there when the idle time is over is served");
	RIG_UNTIL(__atomic_load_n(&counters->sleeps, __ATOMIC_ACQUIRE) == 2);
	rig_await_sleep(&t);
	shim_skip(1000000);
	is(rig_join(&t), 0, "and then it begins anew");
	is(served, 1, "one is served");
	end("requests at the end leave nothing");
}

static void resumed(void)
{
	struct rig_thread t;

	start(SPIN_NS);
	idle_end = local_clock() + 50000;
	served = 5;
	rig_go(&t, run_out, NULL);
	ok(rig_await_sleep(&t), "a call goes on from one that was idle");
	shim_skip(50000 - SPIN_NS);
	is(rig_join(&t), 0, "and ends when that would have");
	is(served, 5, "what was served before is kept");
	idle_end = 1;
	rig_publish(rq, 0, 0x01);
	rig_go(&t, run_out, NULL);
	rig_await_sleep(&t);
	ok(idle_end > 1, "what is done makes it begin anew");
	shim_skip(1000000);
	rig_join(&t);
	is(served, 6, "and is added");
	end("resumption leaves nothing");
}

static int for_ever(void *arg)
{
	return serve(0, arg ? *(u64 *)arg : ~0ULL);
}

static void no_limit(void)
{
	u64 idle_ns[] = { ~0ULL, (u64)KTIME_MAX + 1, KTIME_MAX };
	struct rig_thread t;
	unsigned int i, woke = 0;

	start(0);
	for (i = 0; i < ARRAY_SIZE(idle_ns); i++) {
		idle_end = 0;
		rig_go(&t, for_ever, &idle_ns[i]);
		rig_await_sleep(&t);
		woke += idle_end != KTIME_MAX;
		shim_skip(1ULL << 50);
		rig_pause();
		woke += !rig_await_sleep(&t);
		shim_signal(t.task, false);
		woke += rig_join(&t) != -EINTR;
	}
	is(woke, 0, "without limit only a signal ends it");
	end("no limit leaves nothing");
}

static void signalled(void)
{
	start(0);
	rig_limits.requests = 2;
	rig_publish(rq, 0, 0xff);
	shim_signal(current, false);
	is(serve(0, 1000000), -EINTR, "a signal ends it");
	is(served, 2, "after the turn under way");
	is(part->lease, 0, "nobody holds the lease");
	is(rq->part[0].need_wakeup, 1, "kicks are asked for");
	is(serve(2, 0), 0, "a budget that is used up already comes first");
	is(serve(0, 0), -EINTR, "nor does one begin without");
	shim_no_signal(current);
	is(serve(0, 0), 0, "later all is done");
	is(served, 8, "each once");
	end("a signal leaves nothing");
}

static void signalled_asleep(void)
{
	struct rig_thread t;

	start(0);
	rig_go(&t, run_out, NULL);
	rig_await_sleep(&t);
	shim_signal(t.task, false);
	is(rig_join(&t), -EINTR, "a signal ends a sleep");
	ok(idle_end, "whose end is left for the one that goes on");
	is(rq->part[0].need_wakeup, 1, "kicks are asked for");
	is(part->serve_wq.nr, 0, "nobody is in the wait queue");
	end("a signal in a sleep leaves nothing");
}

static void submit_now(void *arg)
{
	(void)arg;
	rig_submit(rq, 0, 0x01);
}

static void spun(void)
{
	u64 before;

	start(SPIN_NS);
	before = local_clock();
	is(serve(0, 0), 0, "without idle time");
	is(local_clock() - before, 0, "no server spins");
	idle_end = before + SPIN_NS / 2;
	is(serve(0, SPIN_NS / 2), 0, "nor longer");
	is(local_clock() - before, SPIN_NS / 2, "than its idle time");
	shim_signal(current, false);
	before = local_clock();
	idle_end = 0;
	is(serve(0, 1000000), -EINTR, "nor with a signal");
	is(local_clock() - before, 0, "that came before");
	shim_no_signal(current);
	end("spinning leaves nothing");
}

static void signal_now(void *arg)
{
	(void)arg;
	shim_signal(current, false);
}

/* While it spins: at a point that is behind the look after the turn. */
static void spun_with(void (*fn)(void *arg), int want, const char *name)
{
	u64 before;

	start(SPIN_NS);
	before = local_clock();
	rig_at_point(24, fn, NULL);
	is(serve(1, 1000000), want, name);
	ok(local_clock() - before < SPIN_NS, "while it spins");
	is(counters->sleeps, 0, "without sleep");
	rig_at_point(0, NULL, NULL);
	shim_no_signal(current);
	end("and leaves nothing");
}

/* Whoever looks finds nothing, and then there is something. */
static void last_look(void)
{
	unsigned int nr, lost = 0, done = 0;

	start(0);
	for (nr = 1; nr < 30; nr++) {
		bool called;

		served = 0;
		rig_at_point(nr, submit_now, NULL);
		serve(0, 0);
		called = rig_at_point(0, NULL, NULL);
		/* What came so late that it was not looked at was kicked. */
		if (called && !served)
			lost += !rq->part[0].need_wakeup;
		done += served != 0;
		serve(0, 0);
		rig_collect(rq, 0);
	}
	is(lost, 0, "who leaves asks for kicks at each point");
	ok(done > 5, "and looks once more before");
	end("last looks leave nothing");
}

static void begin_meet(void)
{
	served = 0;
	idle_end = 0;
	budget = 2;
	idle = ~0ULL;
}

static void meet_submit(void *arg)
{
	(void)arg;
	rig_submit(rq, 0, 0x03);
}

static bool end_meet(int ret)
{
	return !ret && served == 2 && rig_collect(rq, 0) == 3 && !part->lease &&
	       !part->serve_wq.nr;
}

static void tag_and_kick(void *arg)
{
	(void)arg;
	flip_cancel_tag(&part->cancel, rq->part[0].fill, 0x03);
	engine_kick(part);
}

static void meetings(void)
{
	const struct rig_meeting submit = { begin_meet, serve_here, meet_submit,
					    end_meet };
	unsigned int points;

	start(0);
	points = rig_meet(&submit);
	printf("# %u points\n", points);
	ok(points > 12, "a request that comes at any point is served");
	part->spin_ns = 2 * SHIM_RELAX_NS;
	points = rig_meet(&submit);
	printf("# %u points\n", points);
	ok(points > 14, "also while the server spins");
	end("meetings of submitter and server leave nothing");
}

/* The canceller's kick makes a sleeping server look at its tags. */
static void woken_for_tags(void)
{
	struct rig_thread t;

	start(0);
	rig_go(&t, run_out, NULL);
	rig_await_sleep(&t);
	tag_and_kick(NULL);
	RIG_UNTIL(!flip_cancel_tagged(&part->cancel));
	ok(true, "a sleeping server looks at tags");
	RIG_UNTIL(__atomic_load_n(&counters->sleeps, __ATOMIC_ACQUIRE) == 2);
	rig_await_sleep(&t);
	is(part->cancel_seq, 2, "and answers");
	shim_skip(1000000);
	is(rig_join(&t), 0, "and goes in the end");
	end("tags leave nothing");
}

static int serve_wait(ktime_t deadline)
{
	return engine_serve_wait(rq->q, part, &rig_limits, deadline);
}

static void waits(void)
{
	start(0);
	rig_limits.requests = 2;
	rig_publish(rq, 0, 0xff);
	engine_wait_begin(rq->q, ~0ULL, 3);
	is(serve_wait(KTIME_MAX), 0, "a waiter serves");
	is(rig_finished(rq, 0), 0x0f, "until there is enough, turn by turn");
	is(counters->serves, 1, "which is counted");
	is(part->lease, 0, "nobody holds the lease");
	is(rq->part[0].need_wakeup, 1, "kicks are asked for");
	is(serve_wait(KTIME_MAX), 0, "with enough");
	is(rig_finished(rq, 0), 0x0f, "it does nothing");
	is(counters->serves, 2, "which is counted as well");
	is(engine_wait_end(rq->q), 4, "what has finished is told");

	engine_wait_begin(rq->q, ~0ULL, 8);
	is(serve_wait(local_clock()), 0, "a deadline that is over");
	is(rig_finished(rq, 0), 0x3f, "lets it do one turn");
	shim_signal(current, false);
	is(serve_wait(KTIME_MAX), 0, "as does a signal");
	is(rig_finished(rq, 0), 0xff, "and no more");
	shim_no_signal(current);
	engine_wait_end(rq->q);
	end("waits that serve leave nothing");
}

static void waits_for_others(void)
{
	start(0);
	rig_limits.requests = 2;
	rig_publish(rq, 0, 0xff);
	engine_wait_begin(rq->q, ~0ULL, 8);
	shim_signal(current, false);
	rq->q->wait_state = TASK_KILLABLE;
	is(serve_wait(KTIME_MAX), 0, "a signal that ends no wait");
	is(rig_finished(rq, 0), 0xff, "does not end one that serves");
	shim_no_signal(current);
	engine_wait_end(rq->q);
	rig_collect(rq, 0);

	rig_publish(rq, 0, 0x0f);
	engine_wait_begin(rq->q, ~0ULL, 4);
	rq->cost = 1000;
	is(serve_wait(local_clock() + 3000), 0, "a deadline in between");
	is(rig_finished(rq, 0), 0x0f, "ends it after the turn under way");
	engine_wait_end(rq->q);
	rig_collect(rq, 0);
	rig_publish(rq, 0, 0x01);
	engine_wait_begin(rq->q, ~0ULL, 1);
	rq->q->minimum = 2;
	is(serve_wait(KTIME_MAX), 0, "with nothing left to serve it returns");
	engine_wait_end(rq->q);
	end("waits for others leave nothing");
}

int main(void)
{
	lease();
	lease_passed_on();
	all_there_is();
	limited_turns();
	budgets();
	idle_time();
	kicked();
	served_at_the_end();
	resumed();
	no_limit();
	signalled();
	signalled_asleep();
	spun();
	spun_with(submit_now, 0, "a request ends the spinning");
	spun_with(signal_now, -EINTR, "a signal ends the spinning");
	last_look();
	meetings();
	woken_for_tags();
	waits();
	waits_for_others();
	return tap_end();
}
