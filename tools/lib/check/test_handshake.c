// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_handshake.c - a request that is handed over while its partition parks
 *
 * Either the server sees the request, or the submitter that it has to kick.
 * Without a full barrier on each side both may miss it, once in many thousand
 * times and only if they meet within a few nanoseconds; so nobody sleeps here:
 * the server has another partition to poll. It parks about when the submitter is
 * back, after a time that differs each time.
 */
#include <time.h>

#include "fake.h"
#include "tap.h"

#define ROUNDS		600000
#define SECONDS		20
#define LOST_SECONDS	5
#define SPIN_NS		150

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Return: false if it never came. */
static bool await_completion(struct flipq *q)
{
	double start = now();
	struct flipq_event e;
	unsigned int n;

	for (n = 1; !flipq_peek(q, &e); n++)
		if (!(n % 65536) && now() - start > LOST_SECONDS)
			return false;
	flipq_seen(q, e.slot);
	return true;
}

int main(void)
{
	const struct flipq_config c = {
		.slots = 1, .partitions = 2, .set_spin = 1,
		.worker_spin_ns = SPIN_NS,
	};
	unsigned int rounds, seed = 1;
	struct flipq_usage usage;
	struct fake f;
	struct flipq *q;
	double start;
	bool lost;

	fake_init(&f);
	f.awake = true;
	is(flipq_open_with(&f.sys, &q, &c), 0, "opens");
	fake_start(&f);
	flipq_prep_nop(q, flipq_get_in(q, 1), 0);
	flipq_submit(q);
	lost = !await_completion(q);
	start = now();
	for (rounds = 0; rounds < ROUNDS && !lost; rounds++) {
		unsigned int delay;

		seed = seed * 1103515245 + 12345;
		for (delay = (seed >> 16) % 512; READ_ONCE(delay); delay--)
			;
		flipq_prep_nop(q, flipq_get_in(q, 0), 0);
		flipq_submit(q);
		lost = !await_completion(q);
		/* a machine with a single free CPU gets no further */
		if (!(rounds % 1024) && now() - start > SECONDS)
			break;
	}
	fake_stop(&f);
	flipq_usage(q, &usage);
	printf("# %u rounds, %llu kicks\n", rounds,
	       (unsigned long long)usage.kicks);
	ok(!lost, "no request is missed by both sides");
	/* says nothing about the library: the two need a CPU each to meet */
	if (usage.kicks > 100 && usage.submitted - usage.kicks > 100)
		ok(true, "parked and polled partitions were met");
	else
		ok(true, "they never met # SKIP needs two idle CPUs");
	flipq_close(q);
	fake_destroy(&f);
	return tap_end();
}
