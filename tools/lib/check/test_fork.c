// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_fork.c - what a child of fork() can do with its parent's queue: close it,
 * and be told of anything else that it cannot
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "tap.h"
#include "soft_rig.h"

#define SLOTS	8

/* No child takes longer, unless it hangs. */
#define PATIENCE_S	20

/* What a parent leaves to its child; this file has one at a time. */
static struct fake f;
static struct flipq *q;
static struct flipq_pool *pool;
static int got, seen;

static void open_queue(unsigned int shared, unsigned int owner)
{
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = shared, .owner_partitions = owner,
		.in_size = 100, .out_size = 100, .arena_size = 1 << 16,
	};

	if (flipq_open_with(&f.sys, &q, &c))
		printf("# open failed\n");
}

/* Return: what @what returned in a child, or 128 and the signal it died of. */
static int in_child(int (*what)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(PATIENCE_S);
		_exit(what());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

/* The calls, each with a slot that it would do in the parent */

static int do_get(void)
{
	return flipq_get(q);
}

static int do_get_owner(void)
{
	return flipq_get_owner(q);
}

static int do_get_in(void)
{
	return flipq_get_in(q, 1);
}

static int do_prep(void)
{
	return flipq_prep_nop(q, got, 0);
}

static int do_prep_copy(void)
{
	return flipq_prep_copy(q, got, 0, 0, 100, 0, 0);
}

static int do_submit(void)
{
	return flipq_submit(q);
}

static int do_submit_and_wait(void)
{
	return flipq_submit_and_wait(q, 1, NONE);
}

static int do_wait(void)
{
	return flipq_wait(q, 1, NONE);
}

static int do_wait_until(void)
{
	return flipq_wait_until(q, 1, NONE);
}

static int do_submit_and_wait_until(void)
{
	return flipq_submit_and_wait_until(q, 1, NONE);
}

static int do_serve(void)
{
	return flipq_serve(q, 1, 0, NONE);
}

static int do_wait_serve(void)
{
	return flipq_wait_serve(q, 1, NONE, 1);
}

static int do_submit_and_serve(void)
{
	return flipq_submit_and_serve(q, 1, NONE, 1);
}

static int do_cancel(void)
{
	return flipq_cancel(q, got);
}

static int do_cancel_all(void)
{
	return flipq_cancel_all(q);
}

static int do_abort(void)
{
	return flipq_abort(q);
}

static int do_flush(void)
{
	struct flipq_flush flush = { .page_size = 4096, .count = 1 };

	return flipq_flush(q, &flush);
}

static int do_stats(void)
{
	struct flipq_stats stats;

	return flipq_stats(q, FLIPQ_STATS_PARTITION, 0, &stats);
}

static int do_pool_open(void)
{
	struct flipq_pool *second;
	const struct flipq_pool_config c = { .min = 1 };

	return flipq_pool_open(&second, q, &c);
}

static int do_pool_set(void)
{
	const struct flipq_pool_config c = { .min = 1 };

	return flipq_pool_set(pool, &c);
}

static int do_fd(void)
{
	return flipq_fd(q);
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
	{ "get", do_get },
	{ "get_owner", do_get_owner },
	{ "get_in", do_get_in },
	{ "prep_nop", do_prep },
	{ "prep_copy", do_prep_copy },
	{ "submit", do_submit },
	{ "submit_and_wait", do_submit_and_wait },
	{ "wait", do_wait },
	{ "wait_until", do_wait_until },
	{ "submit_and_wait_until", do_submit_and_wait_until },
	{ "serve", do_serve },
	{ "wait_serve", do_wait_serve },
	{ "submit_and_serve", do_submit_and_serve },
	{ "cancel", do_cancel },
	{ "cancel_all", do_cancel_all },
	{ "abort", do_abort },
	{ "flush", do_flush },
	{ "stats", do_stats },
	{ "pool_open", do_pool_open },
	{ "pool_set", do_pool_set },
	{ "fd", do_fd },
};

static int (*the_call)(void);

static int fails(void)
{
	return the_call() == -EIO ? 0 : 1;
}

/* None of them says anything, so they must do nothing. */
static int quiet(void)
{
	struct flipq_pool_state state;
	struct flipq_event e;
	bool bad;

	flipq_seen(q, seen);
	flipq_put(q, got);
	flipq_pool_state(pool, &state);
	bad = flipq_peek(q, &e) || flipq_reap(q, &e, 1) ||
	      flipq_in_flight(q) || state.threads;
	return bad || f.ioctls ? 1 : 0;
}

static int no_buffers(void)
{
	return flipq_input(q, got) || flipq_output(q, got) ||
	       flipq_arena(q) || flipq_arena_size(q);
}

static int grandchild(void)
{
	the_call = do_submit;
	return in_child(fails);
}

static int close_all(void)
{
	flipq_pool_close(pool);
	flipq_close(q);
	return f.unmaps || f.closes != 1;
}

/* A drain, as it may stand in the destructor of a program. */
static int drain(void)
{
	struct flipq_event e;

	while (flipq_in_flight(q)) {
		flipq_wait(q, ~0U, NONE);
		while (flipq_peek(q, &e))
			flipq_seen(q, e.slot);
	}
	return close_all();
}

static void at_exit(void)
{
	close_all();
}

static int exits(void)
{
	atexit(at_exit);
	exit(0);
}

/* The number of the descriptor is that of a queue of the child's own. */
static int close_other(void)
{
	f.owner = getpid();
	flipq_pool_close(pool);
	flipq_close(q);
	return f.unmaps || f.closes;
}

static void leave(int slot)
{
	flipq_prep_nop(q, slot, 0);
	flipq_submit(q);
}

static void test_calls(void)
{
	const struct flipq_pool_config none = { .max = 1 };
	struct flipq_event e;
	size_t i;

	fake_init(&f);
	open_queue(1, 1);
	flipq_pool_open(&pool, q, &none);
	leave(flipq_get(q));
	leave(flipq_get(q));
	fake_run(&f);
	flipq_peek(q, &e);
	seen = e.slot;
	leave(flipq_get(q));
	flipq_prep_nop(q, flipq_get(q), 0);
	got = flipq_get(q);
	f.ioctls = 0;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		the_call = calls[i].call;
		is(in_child(fails), 0, calls[i].name);
	}
	is(in_child(grandchild), 0, "in a child of the child");
	is(in_child(quiet), 0, "what cannot fail does nothing");
	is(in_child(no_buffers), 0, "there are no buffers");
	is(in_child(close_all), 0, "closes, and unmaps nothing");
	is(in_child(drain), 0, "nothing is left to be waited for");
	is(in_child(exits), 0, "closes at exit");
	is(in_child(close_other), 0, "leaves a descriptor of its own alone");
	fake_run(&f);
	is(flipq_submit(q), 1, "the parent goes on");
	fake_run(&f);
	is(flipq_wait(q, ~0U, NONE), 3, "and gets what it asked for");
	flipq_pool_close(pool);
	flipq_close(q);
	ok(f.closes == 1 && f.unmaps == 3, "closes and unmaps");
	fake_destroy(&f);
}

static bool at_work, stop;

static void *churn(void *arg)
{
	struct flipq_event e;

	__atomic_store_n(&at_work, true, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int slot;

		while ((slot = flipq_get_owner(q)) >= 0)
			if (flipq_in_process(q))
				flipq_prep_compress(q, slot, 0, 4096, 4096, 0,
						    0);
			else
				flipq_prep_nop(q, slot, 0);
		flipq_submit_and_wait(q, 0, NONE);
		while (flipq_peek(q, &e))
			flipq_seen(q, e.slot);
	}
	return arg;
}

/*
 * Back once it is at work: a child of a thread that begins may hang in what
 * ThreadSanitizer does there.
 */
static void start_churn(pthread_t *thread)
{
	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	__atomic_store_n(&at_work, false, __ATOMIC_RELAXED);
	pthread_create(thread, NULL, churn, NULL);
	while (!__atomic_load_n(&at_work, __ATOMIC_RELAXED))
		usleep(100);
}

/* Children of a process whose pool is at work, and whose locks are held. */
static void test_pool(void)
{
	const struct flipq_pool_config c = {
		.min = 2, .max = 4, .idle_ns = 100000,
	};
	pthread_t thread;
	int n, bad = 0;

	fake_init(&f);
	open_queue(0, 4);
	fake_start(&f);
	flipq_pool_open(&pool, q, &c);
	start_churn(&thread);
	for (n = 0; n < 60; n++) {
		usleep((unsigned int)n * 50);
		bad += in_child(n % 2 ? close_all : drain) != 0;
	}
	is(bad, 0, "a pool at work is closed in the child");
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	flipq_pool_close(pool);
	ok(!f.hung, "and works on in the parent");
	fake_stop(&f);
	flipq_close(q);
	fake_destroy(&f);
}

static void test_stand_in(void)
{
	fake_init(&f);
	f.barred = true;
	open_queue(2, 0);
	fake_start(&f);
	pool = NULL;
	leave(flipq_get(q));
	is(in_child(close_all), 0, "stand-ins are closed in the child");
	is(flipq_wait(q, 1, NONE), 1, "and stand in for the parent");
	fake_stop(&f);
	flipq_close(q);
	fake_destroy(&f);
}

/* A child that shares the memory is the process itself. */
static void test_vfork(void)
{
	char name[] = "true";
	char *const argv[] = { name, NULL };
	int status = -1;
	pid_t pid;

	fake_init(&f);
	open_queue(1, 0);
	/* ThreadSanitizer makes a fork() of it */
#ifndef FLIP_SHIM_TSAN
	pid = vfork();
	if (!pid)
		_exit(flipq_get(q) >= 0 ? 0 : 1);
	waitpid(pid, &status, 0);
	is(status, 0, "after vfork the queue is there");
	status = -1;
#endif
	if (!posix_spawnp(&pid, name, NULL, NULL, argv, NULL))
		waitpid(pid, &status, 0);
	is(status, 0, "a program is started");
	leave(flipq_get(q));
	fake_run(&f);
	is(flipq_wait(q, 1, NONE), 1, "and the queue goes on");
	flipq_close(q);
	fake_destroy(&f);
}

/* A queue in the process: threads, and regions that a child has none of. */
static void open_soft(void)
{
	static const struct flipq_codec zstd = { .algorithm = FLIPQ_ALG_ZSTD };
	const struct flipq_pool_config two = { .min = 2 };
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = 1, .owner_partitions = 2,
		.in_size = 4096, .out_size = 4096, .arena_size = 1 << 16,
		.codecs = &zstd, .nr_codecs = 1,
	};

	q = soft_queue(c);
	flipq_pool_open(&pool, q, &two);
}

/* What was the queue's in the parent is the child's own. */
static int close_soft(void)
{
	void *regions[] = { q->sub, q->comp, q->arena };
	const int fd = q->fd;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(regions); i++)
		if (mmap(regions[i], 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			 -1, 0) != regions[i])
			return 2;
	if (dup2(STDOUT_FILENO, fd) != fd)
		return 3;
	flipq_pool_close(pool);
	flipq_close(q);
	for (i = 0; i < ARRAY_SIZE(regions); i++)
		*(volatile char *)regions[i] = 1;
	return fcntl(fd, F_GETFD) < 0;
}

/* Where LeakSanitizer looks what is left. */
static int exits_soft(void)
{
	exit(close_soft());
}

/* A child that shares the memory shares the queue. */
static void after_vfork(void)
{
#ifndef FLIP_SHIM_TSAN
	struct flipq_stats stats;
	int status = -1;
	pid_t pid = vfork();

	if (!pid)
		_exit(flipq_stats(q, FLIPQ_STATS_PARTITION, 0, &stats) ? 1 : 0);
	waitpid(pid, &status, 0);
	is(status, 0, "after vfork it is there");
#endif
}

static void test_soft(void)
{
	int bad = 0;
	size_t i;

	open_soft();
	flipq_prep_nop(q, flipq_get(q), 0);
	got = flipq_get(q);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		the_call = calls[i].call;
		if (in_child(fails)) {
			printf("# %s\n", calls[i].name);
			bad++;
		}
	}
	is(bad, 0, "in the process: each call fails in a child");
	is(in_child(no_buffers), 0, "there are no buffers");
	is(in_child(exits_soft), 0, "a child closes, and has what is its own");
	after_vfork();
	is(flipq_submit(q), 1, "the parent goes on");
	is(flipq_wait(q, 1, NONE), 1, "and gets what it asked for");
	flipq_pool_close(pool);
	flipq_close(q);
}

/* Children while threads compress, and hold what locks there are. */
static void test_soft_work(void)
{
	pthread_t thread;
	int n, bad = 0;

	open_soft();
	start_churn(&thread);
	for (n = 0; n < 20; n++) {
		usleep((unsigned int)n * 50);
		bad += in_child(close_soft) != 0;
	}
	is(bad, 0, "in the process: at work it is closed in the child");
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	flipq_pool_close(pool);
	flipq_close(q);
}

static int open_without_memory(void)
{
	const struct flipq_config c = { .slots = SLOTS };
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_AS, &none))
		return 2;
	return flipq_open_with(&f.sys, &q, &c) != -ENOMEM || f.opens;
}

int main(void)
{
	test_calls();
	test_pool();
	test_stand_in();
	test_vfork();
	test_soft();
	test_soft_work();
	fake_init(&f);
	is(in_child(open_without_memory), 0, "no page for the guard: ENOMEM");
	fake_destroy(&f);
	return tap_end();
}
