// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_soft_wait.c - a queue in the process: opening, waiting, polling, serving
 * and cancelling
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "fake.h"
#include "soft/soft.h"
#include "tap.h"
#include "soft_rig.h"

#define SLOTS	8

static const struct flipq_codec zstd = { .algorithm = FLIPQ_ALG_ZSTD };

static struct flipq *open_queue(unsigned int shared, unsigned int owner)
{
	const struct flipq_config config = {
		.slots = SLOTS, .partitions = shared, .owner_partitions = owner,
		.in_size = 65536, .out_size = 65536, .codecs = &zstd,
		.nr_codecs = 1,
	};

	return soft_queue(config);
}

/* @n requests that take a while each. */
static void prepare(struct flipq *q, unsigned int n, bool owner)
{
	while (n--) {
		int slot = owner ? flipq_get_owner(q) : flipq_get(q);

		soft_fill(flipq_input(q, slot), 65536, n);
		flipq_prep_compress(q, slot, 0, 65536, 65536, 0, n);
	}
}

/* The same, in the first partition. */
static void prepare_first(struct flipq *q, unsigned int n)
{
	while (n--) {
		int slot = flipq_get_in(q, 0);

		soft_fill(flipq_input(q, slot), 65536, n);
		flipq_prep_compress(q, slot, 0, 65536, 65536, 0, n);
	}
}

/* Collect all that has finished. Return: how many ended with @status. */
static unsigned int collect(struct flipq *q, int status)
{
	struct flipq_event e;
	unsigned int n = 0;

	while (flipq_peek(q, &e)) {
		n += e.status == status;
		flipq_seen(q, e.slot);
	}
	return n;
}

/* What opening does with a device that fails with @error. */
static int open_after(int error, const char *device, int fallback, bool *soft)
{
	const struct flipq_config config = {
		.device = device, .partitions = 1, .fallback = fallback,
	};
	struct flipq *q;
	struct fake f;
	int ret;

	fake_init(&f);
	f.open_error = error;
	ret = flipq_open_either(&f.sys, &q, &config);
	*soft = q && flipq_in_process(q);
	flipq_close(q);
	fake_destroy(&f);
	return ret;
}

static void test_fallback(void)
{
	static const int without[] = {
		-ENOENT, -ENOTDIR, -EISDIR, -ENXIO, -ENODEV, -EACCES, -EPERM,
		-ENOSYS, -ENOTTY,
	};
	static const int with[] = { -EMFILE, -ENFILE, -ENOMEM, -EINTR };
	bool soft, good = true;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(without); n++)
		good = !open_after(without[n], NULL, 1, &soft) && soft && good;
	ok(good, "without a device the process serves");
	for (n = 0; n < ARRAY_SIZE(with); n++)
		good = open_after(with[n], NULL, 1, &soft) == with[n] &&
		       !soft && good;
	ok(good, "not where the device only refuses");
	is(open_after(-ENOENT, NULL, 0, &soft), -ENOENT,
	   "nor where the device was insisted on");
	ok(!open_after(0, NULL, 1, &soft) && !soft,
	   "with a device, the device serves");
	ok(!open_after(0, FLIPQ_IN_PROCESS, 0, &soft) && soft,
	   "unless the process is asked for");
}

/* What SETUP refuses, so that nothing is opened. */
static int refused(const struct flipq_codec *codec, uint32_t size, bool shared)
{
	const struct flipq_config config = {
		.device = FLIPQ_IN_PROCESS, .in_size = size, .out_size = size,
		.codecs = codec, .nr_codecs = 1, .shared_only = shared,
	};
	struct flipq *q;
	int ret = flipq_open(&q, &config);

	flipq_close(q);
	return ret;
}

static void test_setup(void)
{
	struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZO };
	struct flipq_config arena = {
		.device = FLIPQ_IN_PROCESS, .arena_size = 100,
	};
	struct flipq *q;

	is(refused(&c, 4096, false), -EOPNOTSUPP, "there is no LZO");
	c.algorithm = FLIPQ_ALG_ZSTD;
	is(refused(&c, 4096, true), -EPERM, "nor a shared worker");
	is(refused(&c, 63, false), -EINVAL, "a slot is too small");
	is(refused(&c, (4 << 20) + 1, false), -EINVAL, "or too large");
	c.level = 23;
	is(refused(&c, 4096, false), -EINVAL, "a level is not there");
	c.level = 22;
	is(refused(&c, 65536, false), 0, "one is");
	is(refused(&c, 65537, false), -EOPNOTSUPP, "and too slow for more");
	c.flags = 8;
	c.level = 3;
	is(refused(&c, 4096, false), -EINVAL, "a flag is not there");
	c.flags = 0;
	c.reserved[3] = 1;
	is(refused(&c, 4096, false), -EINVAL, "a reserved member");
	is(flipq_open(&q, &arena), -EINVAL, "a part of a page");
	arena.arena_size = 1ULL << 62;
	is(flipq_open(&q, &arena), -ENOMEM, "more than there is");
}

static void test_questions(void)
{
	struct flipq_codec_info codec;
	struct flipq_info info;

	is(flipq_query_info(FLIPQ_IN_PROCESS, &info), 0, "it can be asked");
	ok(info.size == sizeof(info) && info.abi == FLIPQ_ABI_VERSION &&
	   !info.workers && info.default_partitions, "what it offers");
	is(flipq_query_codec(FLIPQ_IN_PROCESS, 2, 4 << 20, &codec), 0,
	   "about a codec");
	ok(codec.algorithm == FLIPQ_ALG_ZSTD && codec.shared_level == 6 &&
	   codec.owner_level == 12 && !strcmp(codec.name, "zstd"),
	   "what it takes");
	is(flipq_query_codec(FLIPQ_IN_PROCESS, 0, 63, &codec), -EINVAL,
	   "not for slots that there are not");
	is(flipq_query_known(FLIPQ_IN_PROCESS, FLIPQ_PROBE_ALGORITHM,
			     FLIPQ_ALG_LZO), 0, "LZO is not known");
	is(flipq_query_known(FLIPQ_IN_PROCESS, FLIPQ_PROBE_ALGORITHM,
			     FLIPQ_ALG_DEFLATE), 1, "deflate is");
	is(flipq_query_known(FLIPQ_IN_PROCESS, FLIPQ_PROBE_CSUM,
			     FLIPQ_CSUM_CRC32), 1, "and CRC-32");
	is(flipq_query_known(FLIPQ_IN_PROCESS, FLIPQ_PROBE_SRC,
			     FLIPQ_PLACE_REGION), 0, "no region is");
	is(flipq_query_known(FLIPQ_IN_PROCESS, FLIPQ_PROBE_FEATURES,
			     FLIPQ_FEATURE_ARENA | FLIPQ_FEATURE_CANCEL), 1,
	   "both of two features");
}

static void test_wait(void)
{
	struct flipq *q = open_queue(2, 1);
	struct flipq_stats stats;
	uint64_t start;

	is(flipq_stand_ins(q), 2, "two partitions have stand-ins");
	is(flipq_wait(q, 0, NONE), 0, "nothing in flight: 0 at once");
	prepare(q, 6, false);
	ok(flipq_submit_and_wait(q, 6, NONE) == 6 && collect(q, 0) == 6,
	   "waits for all, without an end");
	prepare(q, 2, false);
	prepare(q, 1, true);
	flipq_submit(q);
	start = flipq_now();
	is(flipq_wait(q, 3, 20000000), -ETIME, "nobody serves one of three");
	ok(flipq_now() - start >= 20000000, "for 20 ms");
	is(flipq_wait(q, 3, 0), -ETIME, "no time: ETIME");
	is(flipq_wait_serve(q, 3, NONE, 2), 3, "who waits may serve it");
	is(collect(q, 0), 3, "and has them");
	is(flipq_stats(q, FLIPQ_STATS_QUEUE, 0, &stats), 0, "counters");
	ok(stats.counters.requests == 9 &&
	   stats.counters.bytes_in == 9 * 65536 && !stats.counters.errors &&
	   stats.counters.waits >= 3 && stats.counters.sleeping_waits,
	   "say that");
	is(flipq_stats(q, FLIPQ_STATS_PARTITION, 2, &stats), 0, "of one");
	is((int)stats.counters.requests, 1, "what it did");
	is(flipq_stats(q, FLIPQ_STATS_PARTITION, 3, &stats), -ENOENT,
	   "no other one is there");
	is(flipq_stats(q, FLIPQ_STATS_WORKER, 0, &stats), -ENOENT,
	   "and no worker");
	flipq_close(q);
}

static int handled;

static void handler(int sig)
{
	(void)sig;
	handled = 1;
}

/* A handler ends a wait, also one that restarts system calls. */
static void test_signal(void)
{
	const struct itimerval soon = { .it_value.tv_usec = 50000 };
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct flipq *q = open_queue(0, 1);

	sigaction(SIGALRM, &act, NULL);
	prepare(q, 1, true);
	flipq_submit(q);
	setitimer(ITIMER_REAL, &soon, NULL);
	is(flipq_wait(q, 1, NONE), -EINTR, "a handler ends a wait");
	is(handled, 1, "when it has run");
	setitimer(ITIMER_REAL, &soon, NULL);
	flipq_cancel_all(q);
	collect(q, -ECANCELED);
	is(flipq_serve(q, 0, 0, NONE), -EINTR, "and a thread that serves");
	flipq_close(q);
}

static int readable(struct flipq *q, int timeout)
{
	struct pollfd p = { .fd = flipq_fd(q), .events = POLLIN };

	return poll(&p, 1, timeout) == 1 && p.revents == POLLIN;
}

static void test_poll(void)
{
	struct flipq *q = open_queue(1, 0);
	struct flipq_event e[2];
	unsigned int n;
	bool good = true;

	is(readable(q, 0), 0, "nothing to collect: not readable");
	prepare(q, 2, false);
	flipq_submit(q);
	is(readable(q, 10000), 1, "a result: readable");
	flipq_wait(q, 2, NONE);
	flipq_reap(q, e, 2);
	is(readable(q, 0), 1, "as long as it was not given back");
	flipq_seen(q, e[0].slot);
	is(readable(q, 0), 1, "nor the other one");
	flipq_seen(q, e[1].slot);
	is(readable(q, 0), 0, "and then no more");
	for (n = 0; n < 2000 && good; n++) {
		flipq_prep_nop(q, flipq_get(q), n);
		flipq_submit(q);
		good = readable(q, 10000) && collect(q, 0) == 1 &&
		       !readable(q, 0);
	}
	ok(good, "each time");
	prepare(q, 2, false);
	flipq_submit(q);
	flipq_wait(q, 2, NONE);
	flipq_abort(q);
	is(readable(q, 0), 0, "nor after an abort");
	flipq_close(q);
}

/* What was not begun is cancelled, whether somebody serves or not. */
static void test_cancel(void)
{
	struct flipq *q = open_queue(2, 1);
	unsigned int n, sum = 0;
	bool good = true;
	int slot;

	prepare(q, 5, true);
	flipq_submit(q);
	slot = flipq_get_owner(q);
	flipq_prep_nop(q, slot, 0);
	flipq_submit(q);
	is(flipq_cancel(q, slot), 1, "one without a server");
	is(flipq_cancel(q, slot), 0, "and not again");
	is(flipq_cancel_all(q), 5, "all without a server");
	is(flipq_in_flight(q), 6, "are still to be collected");
	is(collect(q, -ECANCELED), 6, "and are ECANCELED");
	for (n = 0; n < 300 && good; n++) {
		unsigned int done;
		int cancelled;

		prepare(q, 2 * SLOTS, false);
		flipq_submit(q);
		if (n % 3)
			flipq_wait(q, n % 8, NONE);
		cancelled = flipq_cancel_all(q);
		flipq_wait(q, 2 * SLOTS, NONE);
		good = cancelled >= 0 &&
		       flipq_in_flight(q) == 2 * SLOTS;
		done = collect(q, -ECANCELED);
		good = good && done == (unsigned int)cancelled &&
		       !flipq_in_flight(q);
		sum += done;
	}
	ok(good, "with one, what it says is what completes so");
	ok(sum, "which are some");
	prepare(q, SLOTS, false);
	prepare(q, 3, true);
	flipq_submit(q);
	ok(flipq_abort(q) >= 3 && !flipq_in_flight(q), "an abort ends all");
	prepare(q, 2 * SLOTS, false);
	is(flipq_submit_and_wait(q, 2 * SLOTS, NONE), 2 * SLOTS,
	   "and the queue goes on");
	flipq_close(q);
}

/* A codec that waits until it may go on. */
static pthread_barrier_t begun, may_end;

static int slow_pack(const void *lib, const struct soft_codec *c,
		     struct soft_state *state, const void *src, uint32_t len,
		     void *dst, uint32_t room)
{
	pthread_barrier_wait(&begun);
	pthread_barrier_wait(&may_end);
	return flipq_soft_zstd.pack(lib, c, state, src, len, dst, room);
}

static void *serve_one(void *arg)
{
	flipq_serve(arg, 0, 1, NONE);
	return NULL;
}

/*
 * A tag that is late, as its canceller was held up between the look at fill and
 * the tag: the request it was for is over, the next one in the slot is under
 * way, and the one after that would be hit.
 */
static void test_late(void)
{
	struct flipq *q = soft_queue((struct flipq_config){
		.slots = 1, .owner_partitions = 1, .in_size = 65536,
		.out_size = 65536, .codecs = &zstd, .nr_codecs = 1,
	});
	struct soft *s = (struct soft *)(uintptr_t)q->sys;
	struct soft_part *p = s->parts;
	struct soft_ops slow = flipq_soft_zstd;
	pthread_t thread;
	u64 fill;

	slow.pack = slow_pack;
	pthread_barrier_init(&begun, NULL, 2);
	pthread_barrier_init(&may_end, NULL, 2);
	prepare(q, 1, true);
	flipq_submit(q);
	fill = p->sub->fill;
	flipq_serve(q, 0, 1, NONE);
	is(collect(q, 0), 1, "a request is over");
	s->codecs[0].ops = &slow;
	prepare(q, 1, true);
	flipq_submit(q);
	pthread_create(&thread, NULL, serve_one, q);
	pthread_barrier_wait(&begun);
	/* that of the first, and one that is too late for the second */
	flip_cancel_tag(&p->cancel, fill, 1);
	flip_cancel_tag(&p->cancel, p->sub->fill, 1);
	pthread_barrier_wait(&may_end);
	pthread_join(thread, NULL);
	is(collect(q, 0), 1, "one under way is not cancelled");
	ok(!flip_cancel_tagged(&p->cancel), "and its end drops what came late");
	s->codecs[0].ops = &flipq_soft_zstd;
	prepare(q, 1, true);
	flipq_submit(q);
	flipq_serve(q, 0, 1, NONE);
	is(collect(q, 0), 1, "so that the next in its slot is not hit");
	pthread_barrier_destroy(&begun);
	pthread_barrier_destroy(&may_end);
	flipq_close(q);
}

struct server {
	struct flipq *q;
	unsigned int requests;
	uint64_t idle;
	int ret;
};

static void *serve(void *arg)
{
	struct server *s = arg;

	do {
		s->ret = flipq_serve(s->q, 0, s->requests, s->idle);
	} while (s->ret == -EBUSY);
	return NULL;
}

static void test_serve(void)
{
	struct flipq *q = open_queue(0, 2);
	struct server server = { .q = q, .requests = SLOTS, .idle = NONE };
	pthread_t thread;

	is(flipq_serve(q, 0, 0, 0), 0, "nothing to serve");
	prepare_first(q, SLOTS);
	flipq_submit(q);
	is(flipq_serve(q, 0, 3, 0), 3, "three of what there is");
	is(flipq_serve(q, 0, 0, 1000000), SLOTS - 3, "all, and 1 ms of none");
	is(flipq_serve(q, 2, 0, 0), -EINVAL, "a partition that is not there");
	is(collect(q, 0), SLOTS, "are done");
	pthread_create(&thread, NULL, serve, &server);
	while (flipq_serve(q, 0, 0, 0) != -EBUSY)
		;
	ok(true, "one serves at a time");
	prepare_first(q, SLOTS);
	ok(flipq_submit_and_serve(q, SLOTS, NONE, 0) == SLOTS,
	   "who waits leaves that to the other");
	pthread_join(thread, NULL);
	is(server.ret, SLOTS, "which has done them");
	flipq_close(q);
}

static void test_pool(void)
{
	const struct flipq_pool_config config = { .idle_ns = 1000000 };
	struct flipq *q = open_queue(1, 2);
	struct flipq_pool_state state;
	struct flipq_pool *pool;

	is(flipq_pool_open(&pool, q, &config), 0, "a pool of the owner's");
	prepare(q, 2 * SLOTS, true);
	prepare(q, SLOTS, false);
	is(flipq_submit_and_wait(q, 3 * SLOTS, NONE), 3 * SLOTS,
	   "serves beside the stand-ins");
	is(collect(q, 0), 3 * SLOTS, "all");
	flipq_pool_state(pool, &state);
	ok(state.started >= 1, "with threads of its own");
	flipq_pool_close(pool);
	flipq_close(q);
}

int main(void)
{
	test_fallback();
	test_setup();
	test_questions();
	test_wait();
	test_signal();
	test_poll();
	test_cancel();
	test_late();
	test_serve();
	test_pool();
	return tap_end();
}
