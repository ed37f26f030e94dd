// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_pool.c - the pool of threads: how many there are, and that no request is
 * lost whatever they do
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"
#include "tap.h"

#define SLOTS	8
#define OWNER	4
#define NONE	FLIPQ_TIMEOUT_NONE

#define CONFIG(...)	(&(struct flipq_pool_config){ __VA_ARGS__ })

static struct flipq *open_queue(struct fake *f, enum flipq_policy policy)
{
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = 1, .owner_partitions = OWNER,
		.policy = policy,
	};
	struct flipq *q = NULL;

	fake_init(f);
	if (flipq_open_with(&f->sys, &q, &c))
		printf("# open failed\n");
	fake_start(f);
	return q;
}

static void close_queue(struct fake *f, struct flipq *q)
{
	ok(!f->hung, "never hangs");
	fake_stop(f);
	flipq_close(q);
	fake_destroy(f);
}

static struct flipq_pool_state state_of(struct flipq_pool *pool)
{
	struct flipq_pool_state state;

	flipq_pool_state(pool, &state);
	return state;
}

/* Wait for so many threads. Return: whether they came, or went. */
static bool becomes(struct flipq_pool *pool, unsigned int threads)
{
	unsigned int n;

	for (n = 0; n < 5000 && state_of(pool).threads != threads; n++)
		usleep(1000);
	return state_of(pool).threads == threads;
}

static int slow(struct flipq *q, unsigned int part)
{
	static const struct flipq_desc desc = { .opcode = FAKE_OP_SLOW };
	int slot = flipq_get_in(q, part);

	return slot < 0 ? slot : flipq_prep_raw(q, slot, &desc, 0);
}

/* Collect all that has finished. Return: how many. */
static unsigned int collect(struct flipq *q)
{
	struct flipq_event e;
	unsigned int n = 0;

	for (; flipq_peek(q, &e); n++)
		flipq_seen(q, e.slot);
	return n;
}

static void test_limits(void)
{
	struct flipq_pool *pool, *second;
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_BATCH);

	pool = (void *)&f;
	is(flipq_pool_open(&pool, q, CONFIG(.max = OWNER + 1)), -EINVAL,
	   "no more threads than partitions");
	ok(!pool, "and no pool then");
	is(flipq_pool_open(&pool, q, CONFIG(.min = 2, .max = 1)), -EINVAL,
	   "no minimum above the maximum");
	is(flipq_pool_open(&pool, q, CONFIG(.min = 2)), 0, "opens");
	is(state_of(pool).threads, 2, "with the minimum made");
	is(flipq_pool_open(&second, q, CONFIG(.min = 0)), -EBUSY,
	   "one pool a queue");
	is(flipq_pool_set(pool, CONFIG(.max = 99)), -EINVAL,
	   "refuses limits later, too");
	is(state_of(pool).threads, 2, "and changes nothing then");
	is(flipq_pool_set(pool, CONFIG(.min = 4)), 0, "a higher minimum");
	is(state_of(pool).threads, 4, "is made at once");
	is(flipq_pool_set(pool, CONFIG(.min = 1, .max = 1)), 0, "a lower one");
	ok(becomes(pool, 1), "ends those too many");
	flipq_pool_close(pool);
	is(flipq_pool_open(&pool, q, CONFIG(.min = 1)), 0, "opens again");
	flipq_pool_close(pool);
	flipq_pool_close(NULL);
	close_queue(&f, q);
}

static void test_demand(void)
{
	struct flipq_pool *pool;
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_BATCH);
	struct flipq_pool_state s;
	unsigned int n;

	flipq_pool_open(&pool, q, CONFIG(.idle_ns = 20000000));
	is(state_of(pool).threads, 0, "no minimum: no thread");
	flipq_prep_nop(q, flipq_get(q), 0);
	flipq_submit_and_wait(q, 1, NONE);
	is(state_of(pool).started, 0, "nor for a shared partition");
	collect(q);
	slow(q, 1);
	flipq_submit(q);
	is(state_of(pool).started, 1, "one when it is needed");
	slow(q, 2);
	slow(q, 3);
	flipq_submit(q);
	is(state_of(pool).started, 3, "one more for each that nobody serves");
	is(flipq_wait(q, 3, NONE), 3, "all is done");
	collect(q);
	ok(becomes(pool, 0), "they end when idle");
	s = state_of(pool);
	ok(s.started == s.ended && s.requests == 3 && !s.serving,
	   "and are counted");
	slow(q, 4);
	is(flipq_submit_and_wait(q, 1, NONE), 1, "and come again");
	collect(q);

	/* full partitions make no thread above the maximum */
	flipq_pool_set(pool, CONFIG(.min = 1, .max = 2, .idle_ns = 0));
	for (n = 0; n < OWNER * SLOTS && flipq_get_owner(q) >= 0; n++)
		;
	is(flipq_get_owner(q), -EAGAIN, "no room");
	for (n = 0; n < OWNER * SLOTS; n++)
		flipq_prep_nop(q, (int)(SLOTS + n), 0);
	flipq_submit(q);
	ok(state_of(pool).threads <= 2, "no more than the maximum");
	is(flipq_wait(q, OWNER * SLOTS, NONE), OWNER * SLOTS,
	   "two threads serve four partitions");
	collect(q);
	ok(becomes(pool, 1), "down to the minimum");
	flipq_pool_close(pool);
	close_queue(&f, q);
}

/* A thread that somebody else's serving keeps out must come back. */
static void test_foreign(void)
{
	struct flipq_pool *pool;
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_BATCH);
	unsigned int before;

	flipq_pool_open(&pool, q, CONFIG(.min = 1));
	fake_lease(&f, 2);
	slow(q, 2);
	slow(q, 3);
	flipq_submit(q);
	is(flipq_wait(q, 1, NONE), 1, "does what is not served by others");
	usleep(20000);
	before = READ_ONCE(f.parts[2].refused);
	fake_lease_end(&f, 2);
	ok(before > 1 && before < 200, "tries again, but not all the time");
	is(flipq_wait(q, 2, NONE), 2, "and takes over what they leave");
	collect(q);

	/* the waiter serves with a pool about: either does it */
	for (before = 0; before < 200; before++) {
		flipq_prep_nop(q, flipq_get_in(q, 1), 0);
		flipq_prep_nop(q, flipq_get_in(q, 1), 0);
		flipq_prep_nop(q, flipq_get_in(q, 2), 0);
		if (flipq_submit_and_serve(q, before % 4, NONE, 1) < 0 ||
		    flipq_wait(q, 3, NONE) != 3)
			break;
		collect(q);
	}
	is(before, 200, "serving waits and a pool get along");
	flipq_pool_close(pool);
	close_queue(&f, q);
}

static void test_abort(void)
{
	struct flipq_pool *pool;
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_BATCH);
	struct timespec from, to;
	unsigned int n;

	flipq_pool_open(&pool, q, CONFIG(.min = 2, .max = 2));
	for (n = 0; n < OWNER * SLOTS; n++)
		slow(q, 1 + n / SLOTS);
	flipq_submit(q);
	usleep(1000);
	n = (unsigned int)flipq_abort(q);
	ok(n && n <= OWNER * SLOTS, "abort takes back most");
	is(flipq_in_flight(q), 0, "and waits for the rest");
	for (n = 0; n < OWNER * SLOTS; n++)
		slow(q, 1 + n / SLOTS);
	flipq_submit(q);
	usleep(1000);
	clock_gettime(CLOCK_MONOTONIC, &from);
	flipq_pool_close(pool);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ok(to.tv_sec - from.tv_sec < 5, "close does not wait for all work");
	n = (unsigned int)flipq_abort(q);
	ok(n, "which is still there");
	close_queue(&f, q);
}

static void handler(int sig)
{
	(void)sig;
}

/* A signal for the process that only threads of the pool could take. */
static void test_signals(void)
{
	struct flipq_pool *pool;
	struct flipq *q;
	struct fake f;
	sigset_t set, now;

	signal(SIGUSR1, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	/* nor is the fake's workers to take it, who have this mask for good */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	q = open_queue(&f, FLIPQ_POLICY_BATCH);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	flipq_pool_open(&pool, q, CONFIG(.min = 4));
	pthread_sigmask(SIG_BLOCK, &set, &now);
	ok(!sigismember(&now, SIGUSR1), "the caller's mask is as it was");
	kill(getpid(), SIGUSR1);
	slow(q, 1);
	flipq_submit_and_wait(q, 1, NONE);
	collect(q);
	sigpending(&now);
	ok(sigismember(&now, SIGUSR1), "the pool takes no signals");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	flipq_pool_close(pool);
	signal(SIGUSR1, SIG_DFL);
	close_queue(&f, q);
}

static void pass(long ns)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - from.tv_sec) * 1000000000L +
		 now.tv_nsec - from.tv_nsec < ns);
}

/* Requests that come just when the only thread is about to end. */
static void test_edge(void)
{
	enum { REQUESTS = 20000 };
	struct flipq_pool *pool;
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_BATCH);
	struct flipq_pool_state s;
	unsigned int n;

	flipq_pool_open(&pool, q, CONFIG(.max = 1));
	for (n = 0; n < REQUESTS && !f.hung; n++) {
		struct flipq_pool_config c = {
			.max = 1, .idle_ns = n / 512 % 8 * 4000,
		};

		if (n % 512 == 0)
			flipq_pool_set(pool, &c);
		/* timers are late by some 50 us */
		pass(30000 + n % 256 * 500);
		flipq_prep_nop(q, flipq_get_owner(q), 0);
		flipq_submit_and_wait(q, 1, NONE);
		collect(q);
	}
	flipq_pool_set(pool, CONFIG(.max = 1));
	ok(becomes(pool, 0), "it ends");
	s = state_of(pool);
	is(s.requests, REQUESTS, "a thread comes, or does not go");
	printf("# %llu threads made\n", (unsigned long long)s.started);
	flipq_pool_close(pool);
	close_queue(&f, q);
}

/* Requests against a pool whose limits never stay. */
static void test_stress(enum flipq_policy policy)
{
	enum { REQUESTS = 30000 };
	struct flipq_pool *pool;
	struct fake f;
	struct flipq *q = open_queue(&f, policy);
	unsigned int sent = 0, done = 0, round = 0, seed = 1, slot_uses = 0;
	struct flipq_pool_state s;

	flipq_pool_open(&pool, q, CONFIG(.max = 1, .idle_ns = 1000));
	while (done < REQUESTS && !f.hung) {
		unsigned int n;

		seed = seed * 1103515245 + 12345;
		for (n = seed >> 28; n && sent < REQUESTS; n--) {
			int slot = seed & 4096 ? flipq_get(q) :
						 flipq_get_owner(q);

			if (slot < 0)
				break;
			slot_uses += slot >= SLOTS;
			flipq_prep_nop(q, slot, 0);
			sent++;
		}
		if (flipq_submit_and_wait(q, seed >> 16 & 7, NONE) < 0)
			break;
		done += collect(q);
		if (++round % 16 == 0) {
			unsigned int max = 1 + (seed >> 20) % OWNER;

			struct flipq_pool_config c = {
				.max = max,
				.min = (seed >> 24) % (max + 1),
				.idle_ns = (seed >> 8) % 100000,
			};

			flipq_pool_set(pool, &c);
		}
	}
	is(done, REQUESTS, "no request is lost");
	flipq_pool_set(pool, CONFIG(.max = 1, .idle_ns = 0));
	ok(becomes(pool, 0), "all threads end");
	s = state_of(pool);
	is(s.requests, slot_uses, "each request was done once");
	printf("# %llu threads made\n", (unsigned long long)s.started);
	flipq_pool_close(pool);
	close_queue(&f, q);
}

/* Requests through flipq_get() and flipq_get_owner(), all to be done. */
static unsigned int pass_all(struct flipq *q, unsigned int requests)
{
	unsigned int sent, done = 0;

	for (sent = 0; done < requests;) {
		int slot = sent % 3 ? flipq_get(q) : flipq_get_owner(q);

		if (sent < requests && slot >= 0) {
			flipq_prep_nop(q, slot, 0);
			sent++;
			continue;
		}
		if (slot >= 0)
			flipq_put(q, slot);
		if (flipq_submit_and_wait(q, 1, NONE) < 0)
			break;
		done += collect(q);
	}
	return done;
}

/* Who is kept from the shared workers need not know it. */
static void test_stand_in(void)
{
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = 2, .owner_partitions = 2,
	};
	struct flipq_pool *pool;
	struct flipq *q = NULL;
	struct fake f;

	fake_init(&f);
	f.barred = true;
	is(flipq_open_with(&f.sys, &q, &c), 0, "opens");
	fake_start(&f);
	flipq_prep_nop(q, flipq_get(q), 0);
	is(flipq_submit_and_wait(q, 1, NONE), 1, "a thread stands in");
	collect(q);
	ok(!fake_serves(&f, 2) && !fake_serves(&f, 3),
	   "for shared workers only");
	is(flipq_wait_serve(q, 1, 0, 0), -EINVAL, "as if one of those");
	flipq_prep_nop(q, flipq_get_owner(q), 0);
	is(flipq_submit_and_wait(q, 1, 20000000), -ETIME,
	   "others wait for their own");
	is(flipq_pool_open(&pool, q, CONFIG(.max = 3)), -EINVAL,
	   "a pool is for those");
	is(flipq_pool_open(&pool, q, CONFIG(.min = 1)), 0, "and may be made");
	is(flipq_wait(q, 1, NONE), 1, "does them");
	collect(q);
	ok(fake_serves(&f, 2) + fake_serves(&f, 3) == 1,
	   "and nothing else");
	is(pass_all(q, 5000), 5000, "no request of either is lost");
	flipq_pool_close(pool);
	flipq_prep_nop(q, flipq_get(q), 0);
	is(flipq_submit_and_wait(q, 1, NONE), 1, "the others are still there");
	collect(q);
	close_queue(&f, q);
}

int main(void)
{
	test_limits();
	test_stand_in();
	test_demand();
	test_foreign();
	test_abort();
	test_signals();
	test_edge();
	test_stress(FLIPQ_POLICY_BATCH);
	test_stress(FLIPQ_POLICY_FILL_FIRST);
	return tap_end();
}
