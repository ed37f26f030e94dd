// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_wait.c - how long a wait is, and when it needs no system call
 */
#include <errno.h>

#include "fake.h"
#include "tap.h"

#define SLOTS	16
#define PARTS	2
#define NONE	FLIPQ_TIMEOUT_NONE

static struct flipq *open_queue(struct fake *f)
{
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = PARTS,
		.policy = FLIPQ_POLICY_ROUND_ROBIN,
	};
	struct flipq *q = NULL;

	fake_init(f);
	flipq_open_with(&f->sys, &q, &c);
	f->serve_in_wait = true;
	return q;
}

static void close_queue(struct fake *f, struct flipq *q)
{
	flipq_close(q);
	fake_destroy(f);
}

static void prepare(struct flipq *q, unsigned int n)
{
	while (n--) {
		int slot = flipq_get(q);

		flipq_prep_nop(q, slot, 0);
	}
}

static void test_minimum(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f);

	is(flipq_wait(q, 0, NONE), 0, "nothing in flight: 0 at once");
	is(flipq_wait(q, 5, NONE), 0, "whatever was asked for");
	is(f.enters, 0, "without ENTER");
	prepare(q, 7);
	flipq_submit(q);
	is(flipq_wait(q, 2, NONE), 2, "waits for two");
	is(flipq_wait(q, 0, NONE), 4, "waits for half, rounded up");
	f.enters = 0;
	is(flipq_wait(q, 3, NONE), 4, "has three already");
	is(flipq_wait(q, 0, NONE), 4, "has half already");
	is(f.enters, 0, "and knows without ENTER");
	is(flipq_wait(q, 100, NONE), 7, "more than there are stands for all");
	close_queue(&f, q);
}

static void test_unseen(void)
{
	struct flipq_event event[3];
	struct fake f;
	struct flipq *q = open_queue(&f);

	prepare(q, 8);
	flipq_submit(q);
	is(flipq_wait(q, 3, NONE), 3, "three have finished");
	is(flipq_reap(q, event, 3), 3, "are peeked at, but not given back");
	is(flipq_in_flight(q), 5, "which leaves five");
	f.enters = 0;
	is(flipq_wait(q, 1, NONE), 1, "waits for one of these five");
	is(f.last.minimum, 4, "which are four to the kernel");
	is(f.enters, 1, "so it did sleep");
	is(flipq_wait(q, 0, NONE), 3, "half of five is three");
	flipq_seen(q, event[0].slot);
	flipq_seen(q, event[1].slot);
	is(flipq_wait(q, 4, NONE), 4, "after two were given back, four");
	is(f.last.minimum, 5, "which are five to the kernel");
	close_queue(&f, q);
}

static void test_timeout(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f);

	prepare(q, 2);
	flipq_submit(q);
	f.enters = 0;
	is(flipq_wait(q, 1, 0), -ETIME, "no time: ETIME");
	is(f.enters, 0, "without ENTER");
	fake_run(&f);
	is(flipq_wait(q, 2, 0), 2, "no time needed: how many");
	f.serve_in_wait = false;
	prepare(q, 1);
	flipq_submit(q);
	is(flipq_wait(q, 3, 1234), -ETIME, "ETIME is passed on");
	is(f.last.timeout, 1234, "the timeout, too");
	ok(!(f.last.flags & FLIPQ_ENTER_ABSTIME), "and is relative");
	f.enter_error = -EINTR;
	is(flipq_wait(q, 3, NONE), -EINTR, "EINTR is passed on");
	is(flipq_wait(q, 2, NONE), 2, "and not when there is no need to wait");
	close_queue(&f, q);
}

static void test_until(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f);
	uint64_t past = flipq_now();

	prepare(q, 2);
	is(flipq_submit_and_wait_until(q, 1, past + 1234), 1,
	   "submits and waits until then");
	ok(f.last.flags == (FLIPQ_ENTER_KICK | FLIPQ_ENTER_WAIT |
			    FLIPQ_ENTER_ABSTIME) &&
	   f.last.timeout == past + 1234, "which is a point in time");
	f.enters = 0;
	is(flipq_wait_until(q, 1, past), 1, "what has finished is late for none");
	is(flipq_wait_until(q, 2, 0), -ETIME, "point 0: ETIME");
	is(f.enters, 0, "both without ENTER");
	is(flipq_wait_until(q, 2, NONE), 2, "without an end: waits");
	fake_start(&f);
	prepare(q, 1);
	is(flipq_submit_and_wait_until(q, 3, past + 60000000000), 3,
	   "a point to come is waited for");
	fake_stop(&f);
	f.serve_in_wait = false;
	prepare(q, 1);
	is(flipq_submit_and_wait_until(q, 4, past), -ETIME,
	   "one that is over is not");
	f.enter_error = -EINTR;
	is(flipq_wait_until(q, 4, past + 1), -EINTR, "EINTR is passed on");
	f.enter_error = 0;
	f.serve_in_wait = true;
	is(flipq_wait_until(q, 4, past + 1), 4, "and made up for as it was");
	is(f.last.timeout, past + 1, "with the same point in time");
	close_queue(&f, q);
}

static void test_together(void)
{
	struct flipq_usage usage;
	struct fake f;
	struct flipq *q = open_queue(&f);

	prepare(q, 4);
	is(flipq_submit_and_wait(q, 4, NONE), 4, "submits and waits for all");
	is(f.enters, 1, "with one ENTER");
	ok(f.last.flags == (FLIPQ_ENTER_KICK | FLIPQ_ENTER_WAIT) &&
	   f.last.kick == 3, "for both");
	prepare(q, 1);
	is(flipq_submit_and_wait(q, 2, NONE), 4, "has enough already");
	is(f.enters, 1, "and needs no kick, as they are polled");
	is(fake_run(&f), 1, "which park now");
	prepare(q, 1);
	is(flipq_submit_and_wait(q, 2, NONE), 5, "has enough already");
	ok(f.enters == 2 && f.last.flags == FLIPQ_ENTER_KICK,
	   "and kicks, without waiting");
	is(flipq_submit_and_wait(q, 0, NONE), 5, "with nothing to hand over");
	is(f.enters, 2, "and enough: no ENTER");
	is(flipq_submit_and_wait(q, 6, NONE), 6, "with nothing to hand over");
	ok(f.enters == 3 && f.last.flags == FLIPQ_ENTER_WAIT,
	   "and too few: waits without a kick");
	flipq_usage(q, &usage);
	ok(usage.kicks == 2 && usage.waits == 2 && usage.batches == 3 &&
	   usage.submitted == 6, "counts what it did");
	prepare(q, 1);
	fake_run(&f);
	is(flipq_submit_and_wait(q, 7, 0), -ETIME, "no time: ETIME");
	is(fake_run(&f), 1, "yet it was kicked");
	close_queue(&f, q);
}

int main(void)
{
	test_minimum();
	test_unseen();
	test_timeout();
	test_until();
	test_together();
	return tap_end();
}
