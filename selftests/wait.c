// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait - how many completions, how long, and what comes between
 *
 * A request is held back by not kicking its parked partition, so each test
 * knows what can have finished. Partition 0 is served, partition 1 held.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "common.h"

#define SHORT (50 * MSEC)
#define SLOTS 4

FIXTURE(wait) {
	struct rawq q;
};

FIXTURE_SETUP(wait)
{
	struct flipq_setup s = raw_setup(SLOTS, 2, 0);

	DEVICE_OR_SKIP(return);
	raw_no_spin(&s);
	ASSERT_EQ(0, raw_open(&self->q, &s));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
	ASSERT_EQ(0, raw_parked(&self->q, 1));
}

FIXTURE_TEARDOWN(wait)
{
	raw_close(&self->q);
}

/* All slots of partition 0 finished, all of partition 1 held. */
static int half_done(struct rawq *q)
{
	int error;

	raw_publish(q, 1, 0xf);
	error = raw_submit(q, 0, 0xf);
	if (error)
		return error;
	return raw_wait(q, SLOTS, LONG_TIME, NULL);
}

TEST_F(wait, nothing_in_flight)
{
	unsigned int ready;

	EXPECT_EQ(0, raw_wait(&self->q, 1, FLIPQ_TIMEOUT_NONE, &ready));
	EXPECT_EQ(0, ready);
	EXPECT_EQ(0, raw_wait(&self->q, 0, FLIPQ_TIMEOUT_NONE, &ready));
	EXPECT_EQ(0, ready);
	EXPECT_EQ(0, raw_wait(&self->q, ~0U, 0, &ready));
	EXPECT_EQ(0, ready);
}

TEST_F(wait, minimum)
{
	struct rawq *q = &self->q;
	unsigned int n, ready;

	ASSERT_EQ(0, half_done(q));
	for (n = 1; n <= SLOTS; n++) {
		EXPECT_EQ(0, raw_wait(q, n, FLIPQ_TIMEOUT_NONE, &ready))
			TH_LOG("minimum %u", n);
		EXPECT_EQ(SLOTS, ready);
	}
	for (; n <= 2 * SLOTS; n++) {
		EXPECT_EQ(-ETIME, raw_wait(q, n, MSEC, &ready))
			TH_LOG("minimum %u", n);
		EXPECT_EQ(SLOTS, ready);
	}
	/* More than there is in flight is all that is in flight. */
	EXPECT_EQ(-ETIME, raw_wait(q, 1000, MSEC, &ready));
	EXPECT_EQ(SLOTS, ready);
	ASSERT_EQ(0, raw_kick(q, 2));
	EXPECT_EQ(0, raw_wait(q, 1000, LONG_TIME, &ready));
	EXPECT_EQ(2 * SLOTS, ready);
}

/* What was collected is not in flight any more. */
TEST_F(wait, collected)
{
	struct rawq *q = &self->q;
	unsigned int ready;

	ASSERT_EQ(0, half_done(q));
	ASSERT_EQ(0xf, flip_finished(&q->side[0]));
	flip_collect(&q->side[0], 0x7);
	EXPECT_EQ(0, raw_wait(q, 1, MSEC, &ready));
	EXPECT_EQ(1, ready);
	EXPECT_EQ(-ETIME, raw_wait(q, 2, MSEC, &ready));
	EXPECT_EQ(1, ready);
	flip_collect(&q->side[0], 0x8);
	EXPECT_EQ(-ETIME, raw_wait(q, 1, MSEC, &ready));
	EXPECT_EQ(0, ready);
}

/* 0 is half of what is in flight, rounded up. */
TEST_F(wait, default_is_half)
{
	struct rawq *q = &self->q;
	unsigned int ready;

	ASSERT_EQ(0, half_done(q));
	EXPECT_EQ(0, raw_wait(q, 0, MSEC, &ready)) TH_LOG("4 of 8");
	EXPECT_EQ(SLOTS, ready);
	flip_collect(&q->side[0], 0x1);
	EXPECT_EQ(-ETIME, raw_wait(q, 0, MSEC, &ready)) TH_LOG("3 of 7");
	EXPECT_EQ(SLOTS - 1, ready);
}

TEST_F(wait, timeout_0)
{
	unsigned int ready;

	ASSERT_EQ(0, half_done(&self->q));
	EXPECT_EQ(0, raw_wait(&self->q, SLOTS, 0, &ready));
	EXPECT_EQ(SLOTS, ready);
	EXPECT_EQ(-ETIME, raw_wait(&self->q, SLOTS + 1, 0, &ready));
	EXPECT_EQ(SLOTS, ready);
}

TEST_F(wait, timeout_relative)
{
	u64 start = raw_now();
	u64 took;

	raw_publish(&self->q, 1, 1);
	EXPECT_EQ(-ETIME, raw_wait(&self->q, 1, SHORT, NULL));
	took = raw_now() - start;
	EXPECT_LE(SHORT, took);
	EXPECT_GT(LONG_TIME, took);
}

TEST_F(wait, timeout_absolute)
{
	const unsigned int flags = FLIPQ_ENTER_WAIT | FLIPQ_ENTER_ABSTIME;
	u64 until = raw_now() + SHORT;

	raw_publish(&self->q, 1, 1);
	EXPECT_EQ(-ETIME, raw_enter(&self->q, flags, 0, 1, until, NULL));
	EXPECT_LE(until, raw_now());
	EXPECT_GT(until + LONG_TIME, raw_now());
	/* One that is over already. */
	until = raw_now();
	EXPECT_EQ(-ETIME, raw_enter(&self->q, flags, 0, 1, until - SECOND,
				    NULL));
	EXPECT_EQ(-ETIME, raw_enter(&self->q, flags, 0, 1, 1, NULL));
	EXPECT_GT(until + SECOND, raw_now());
}

/* Times that a signed clock cannot hold must not end at once, nor overflow. */
TEST_F(wait, timeout_huge)
{
	static const u64 times[] = { INT64_MAX, (u64)INT64_MAX + 1,
				     FLIPQ_TIMEOUT_NONE - 1,
				     FLIPQ_TIMEOUT_NONE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(times); i++) {
		int status;
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			struct flipq_setup s = raw_setup(1, 1, 0);
			struct rawq q;

			raw_no_spin(&s);
			if (raw_open(&q, &s) || raw_parked(&q, 0))
				_exit(1);
			raw_publish(&q, 0, 1);
			raw_wait(&q, 1, times[i], NULL);
			_exit(2);
		}
		raw_sleep(2 * SHORT);
		EXPECT_EQ(0, waitpid(pid, &status, WNOHANG))
			TH_LOG("timeout %#llx ended at once", times[i]);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
}

static void *kick_later(void *arg)
{
	struct rawq *q = arg;

	raw_sleep(SHORT);
	raw_kick(q, 2);
	return NULL;
}

TEST_F(wait, woken_by_completion)
{
	pthread_t thread;
	unsigned int ready;
	u64 start = raw_now();

	raw_publish(&self->q, 1, 0xf);
	ASSERT_EQ(0, pthread_create(&thread, NULL, kick_later, &self->q));
	EXPECT_EQ(0, raw_wait(&self->q, 4, FLIPQ_TIMEOUT_NONE, &ready));
	EXPECT_EQ(4, ready);
	EXPECT_LE(SHORT, raw_now() - start);
	pthread_join(thread, NULL);
}

static int signals;

static void count(int sig)
{
	(void)sig;
	WRITE_ONCE(signals, signals + 1);
}

static void alarm_soon(int flags)
{
	const struct itimerval soon = { .it_value.tv_usec = 50000 };
	struct sigaction act = { .sa_handler = count, .sa_flags = flags };

	WRITE_ONCE(signals, 0);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

/* A wait for @partitions only. */
static int wait_some(const struct rawq *q, u64 partitions, unsigned int minimum,
		     u64 timeout, unsigned int *ready)
{
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = FLIPQ_ENTER_WAIT,
		.wait_partitions = partitions,
		.minimum = minimum,
		.timeout = timeout,
	};
	int error = raw_ioctl(q->fd, FLIPQ_IOC_ENTER, &e);

	*ready = e.ready;
	return error;
}

/* Of the others nothing counts: neither what has finished nor what has not. */
TEST_F(wait, some_partitions)
{
	struct flipq_enter e = { .size = sizeof(e), .wait_partitions = 1 };
	struct rawq *q = &self->q;
	unsigned int ready;

	ASSERT_EQ(0, raw_submit(q, 0, flip_mask(SLOTS)));
	raw_publish(q, 1, 3);
	EXPECT_EQ(0, wait_some(q, 1, ~0U, LONG_TIME, &ready));
	EXPECT_EQ(SLOTS, ready);
	EXPECT_EQ(-ETIME, wait_some(q, 2, 1, MSEC, &ready));
	EXPECT_EQ(0, ready);
	EXPECT_EQ(-ETIME, wait_some(q, 3, ~0U, MSEC, &ready));
	EXPECT_EQ(SLOTS, ready);
	ASSERT_EQ(0, raw_kick(q, 2));
	EXPECT_EQ(0, wait_some(q, 2, ~0U, LONG_TIME, &ready));
	EXPECT_EQ(2, ready);
	EXPECT_EQ(-EINVAL, wait_some(q, 4, 1, MSEC, &ready));
	EXPECT_EQ(-EINVAL, raw_ioctl(q->fd, FLIPQ_IOC_ENTER, &e));
}

TEST_F(wait, signal)
{
	unsigned int ready;
	int i;

	raw_publish(&self->q, 1, 0xf);
	for (i = 0; i < 2; i++) {
		/* Not restarted either way. */
		alarm_soon(i ? SA_RESTART : 0);
		EXPECT_EQ(-EINTR, raw_wait(&self->q, 1, LONG_TIME, &ready));
		EXPECT_EQ(0, ready);
		EXPECT_EQ(1, READ_ONCE(signals));
		alarm_soon(i ? SA_RESTART : 0);
		EXPECT_EQ(-EINTR, raw_wait(&self->q, 1, FLIPQ_TIMEOUT_NONE,
					   NULL));
		EXPECT_EQ(1, READ_ONCE(signals));
	}
	/* Enough have finished: the wait is over before the signal counts. */
	ASSERT_EQ(0, raw_kick(&self->q, 2));
	EXPECT_EQ(0, raw_wait(&self->q, 4, LONG_TIME, &ready));
	EXPECT_EQ(4, ready);
}

/* What is left of a wait can be waited for, and only where there is a wait. */
TEST_F(wait, resume)
{
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = FLIPQ_ENTER_WAIT,
		.minimum = 1,
		.timeout = LONG_TIME,
	};
	u64 start = raw_now();

	raw_publish(&self->q, 1, 0xf);
	alarm_soon(0);
	EXPECT_EQ(-EINTR, raw_ioctl(self->q.fd, FLIPQ_IOC_ENTER, &e));
	EXPECT_LE(start + LONG_TIME, e.resume);
	EXPECT_GE(raw_now() + LONG_TIME, e.resume);
	EXPECT_EQ(LONG_TIME, e.timeout);

	e.resume = start + 2 * SHORT;
	EXPECT_EQ(-ETIME, raw_ioctl(self->q.fd, FLIPQ_IOC_ENTER, &e));
	EXPECT_LE(start + 2 * SHORT, raw_now());
	EXPECT_EQ(0, e.resume) TH_LOG("the next call would have no time");

	e.resume = 1;
	e.flags = FLIPQ_ENTER_WAIT | FLIPQ_ENTER_ABSTIME;
	EXPECT_EQ(-EINVAL, raw_ioctl(self->q.fd, FLIPQ_IOC_ENTER, &e));
	e = (struct flipq_enter){ .size = sizeof(e), .resume = 1 };
	EXPECT_EQ(-EINVAL, raw_ioctl(self->q.fd, FLIPQ_IOC_ENTER, &e));
}

/**
 * struct timens - waits in a time namespace
 * @error: why there were none; negative
 * @absolute: how long one of SHORT took, by its point in time
 * @rest: the same of one that a handler interrupted and that went on
 * @ahead: of the handler's moment, the end that the interrupted one told
 * @results: of the three calls
 */
struct timens {
	int error;
	u64 absolute;
	u64 rest;
	u64 ahead;
	int results[3];
};

static int open_held(struct rawq *q)
{
	struct flipq_setup s = raw_setup(SLOTS, 1, 0);
	int error;

	raw_no_spin(&s);
	error = raw_open(q, &s);
	if (!error)
		error = raw_parked(q, 0);
	if (!error)
		raw_publish(q, 0, 1);
	return error;
}

static void timens_waits(struct timens *t)
{
	const unsigned int flags = FLIPQ_ENTER_WAIT | FLIPQ_ENTER_ABSTIME;
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = FLIPQ_ENTER_WAIT,
		.minimum = 1,
		.timeout = 4 * SHORT,
	};
	u64 start = raw_now();
	struct rawq q;

	t->error = open_held(&q);
	if (t->error)
		return;
	start = raw_now();
	t->results[0] = raw_enter(&q, flags, 0, 1, start + SHORT, NULL);
	t->absolute = raw_now() - start;

	start = raw_now();
	alarm_soon(0);
	t->results[1] = raw_ioctl(q.fd, FLIPQ_IOC_ENTER, &e);
	t->ahead = e.resume - start;
	t->results[2] = raw_ioctl(q.fd, FLIPQ_IOC_ENTER, &e);
	t->rest = raw_now() - start;
}

/* Its offsets are for the children of who unshares it. */
static int timens_enter(const char *offset)
{
	int fd, error = 0;

	if (unshare(CLONE_NEWTIME))
		return -errno;
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, offset, strlen(offset)) < 0)
		error = -errno;
	close(fd);
	return error;
}

static pid_t timens_start(struct timens *t, const char *offset)
{
	pid_t child, pid = fork();

	if (pid)
		return pid;
	t->error = timens_enter(offset);
	if (t->error)
		_exit(0);
	child = fork();
	if (!child) {
		timens_waits(t);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	_exit(0);
}

TEST(time_namespace)
{
	static const char * const offsets[] = { "monotonic 100000 0",
						"monotonic 100 999999999",
						"monotonic -1 0" };
	struct timens *t;
	unsigned int i;
	pid_t pid;

	DEVICE_OR_SKIP(return);
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, t);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		memset(t, 0, sizeof(*t));
		pid = timens_start(t, offsets[i]);
		ASSERT_LE(0, pid);
		waitpid(pid, NULL, 0);
		if (t->error == -EINVAL)
			SKIP(return, "this kernel has no time namespaces");
		ASSERT_EQ(0, t->error);
		TH_LOG("%s: until %llu ms from now: %llu ms, the rest of %llu ms: %llu ms in all",
		       offsets[i], SHORT / MSEC, t->absolute / MSEC,
		       4 * SHORT / MSEC, t->rest / MSEC);
		EXPECT_EQ(-ETIME, t->results[0]);
		EXPECT_EQ(-EINTR, t->results[1]);
		EXPECT_EQ(-ETIME, t->results[2]);
		EXPECT_LE(SHORT, t->absolute);
		EXPECT_GT(20 * SHORT, t->absolute);
		EXPECT_LE(4 * SHORT, t->ahead);
		EXPECT_GT(20 * SHORT, t->ahead);
		EXPECT_LE(4 * SHORT, t->rest);
		EXPECT_GT(20 * SHORT, t->rest);
	}
	munmap(t, sizeof(*t));
}

static int wait_masked(struct rawq *q, u64 *mask, u32 size, u64 timeout)
{
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = FLIPQ_ENTER_WAIT,
		.minimum = 1,
		.timeout = timeout,
		.sigmask = (uintptr_t)mask,
		.sigsetsize = size,
	};

	return raw_ioctl(q->fd, FLIPQ_IOC_ENTER, &e);
}

/* A pending signal that only the wait's mask lets in, as with ppoll. */
TEST_F(wait, sigmask_lets_in)
{
	struct sigaction act = { .sa_handler = count };
	sigset_t blocked, now;
	u64 none = 0;

	raw_publish(&self->q, 1, 1);
	WRITE_ONCE(signals, 0);
	ASSERT_EQ(0, sigaction(SIGUSR1, &act, NULL));
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &blocked, NULL));
	ASSERT_EQ(0, raise(SIGUSR1));
	EXPECT_EQ(-ETIME, raw_wait(&self->q, 1, MSEC, NULL));
	EXPECT_EQ(0, READ_ONCE(signals));
	EXPECT_EQ(-EINTR, wait_masked(&self->q, &none, 8, LONG_TIME));
	EXPECT_EQ(1, READ_ONCE(signals));
	sigprocmask(SIG_BLOCK, NULL, &now);
	EXPECT_EQ(1, sigismember(&now, SIGUSR1)) TH_LOG("mask not put back");
}

/* A signal that the wait's mask keeps out arrives after it. */
TEST_F(wait, sigmask_keeps_out)
{
	u64 mask = 1ULL << (SIGALRM - 1);
	sigset_t now;

	raw_publish(&self->q, 1, 1);
	alarm_soon(0);
	EXPECT_EQ(-ETIME, wait_masked(&self->q, &mask, 8, 4 * SHORT));
	EXPECT_EQ(1, READ_ONCE(signals));
	sigprocmask(SIG_BLOCK, NULL, &now);
	EXPECT_EQ(0, sigismember(&now, SIGALRM)) TH_LOG("mask not put back");
}

TEST_F(wait, sigmask_refused)
{
	u64 mask = 0;
	const struct {
		const char *what;
		int error;
		u64 *mask;
		u32 size;
	} bad[] = {
		{ "half a mask", -EINVAL, &mask, 4 },
		{ "two masks", -EINVAL, &mask, 16 },
		{ "NULL", -EINVAL, NULL, 8 },
		{ "nobody's", -EFAULT, (u64 *)8, 8 },
	};
	size_t i;

	raw_publish(&self->q, 1, 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(bad[i].error, wait_masked(&self->q, bad[i].mask,
						    bad[i].size, MSEC))
			TH_LOG("%s", bad[i].what);
	}
}

TEST_F(wait, bad_kicks)
{
	static const struct {
		const char *what;
		int error;
		unsigned int flags;
		unsigned int minimum;
		u64 kick;
	} asked[] = {
		{ "partition 2", -EINVAL, FLIPQ_ENTER_KICK, 0, 4 },
		{ "partition 63", -EINVAL, FLIPQ_ENTER_KICK, 0,
		  1ULL << 63 | 1 },
		{ "no flag", -EINVAL, 0, 0, 1 },
		{ "WAIT only", -EINVAL, FLIPQ_ENTER_WAIT, 1, 1 },
		{ "none", 0, FLIPQ_ENTER_KICK, 0, 0 },
		{ "both", 0, FLIPQ_ENTER_KICK, 0, 3 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		EXPECT_EQ(asked[i].error,
			  raw_enter(&self->q, asked[i].flags, asked[i].kick,
				    asked[i].minimum, 0, NULL))
			TH_LOG("%s", asked[i].what);
	}
	EXPECT_EQ(0, raw_alive(&self->q));
}

struct waiter {
	struct rawq *q;
	int result;
};

static void *wait_long(void *arg)
{
	struct waiter *w = arg;

	/* The other thread's look whether this one waits is a wait itself. */
	do {
		w->result = raw_wait(w->q, 2, LONG_TIME, NULL);
	} while (w->result == -EBUSY);
	return NULL;
}

/*
 * One waiter at a time. The second one's kicks count all the same, but give the
 * first one only half of what it waits for, so that it is there still.
 */
TEST_F(wait, second_waiter)
{
	struct waiter first = { .q = &self->q, .result = 1 };
	const unsigned int both = FLIPQ_ENTER_KICK | FLIPQ_ENTER_WAIT;
	u64 end = raw_now() + LONG_TIME;
	pthread_t thread;
	int error;

	raw_publish(&self->q, 0, 1);
	raw_publish(&self->q, 1, 1);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_long, &first));
	/* Until the thread has got there, this just times out. */
	do {
		error = raw_wait(&self->q, 2, 0, NULL);
	} while (error == -ETIME && raw_now() < end);
	EXPECT_EQ(-EBUSY, error);
	EXPECT_EQ(-EBUSY, raw_enter(&self->q, both, 2, 1, LONG_TIME, NULL));
	while (!flip_finished(&self->q.side[1]) && raw_now() < end)
		raw_sleep(MSEC);
	EXPECT_EQ(1, flip_finished(&self->q.side[1])) TH_LOG("not kicked");
	EXPECT_EQ(0, raw_kick(&self->q, 1));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, first.result);
	/* The first has left, and its place is free. */
	EXPECT_EQ(0, raw_wait(&self->q, 2, LONG_TIME, NULL));
}

/* Many short waits against completions: none may be slept through. */
TEST_F(wait, no_lost_wakeup)
{
	struct rawq *q = &self->q;
	int i;

	for (i = 0; i < 2000; i++) {
		unsigned int p = (unsigned int)i % 2;

		ASSERT_EQ(0, raw_submit(q, p, 1));
		ASSERT_EQ(0, raw_wait(q, 1, LONG_TIME, NULL))
			TH_LOG("round %d", i);
		ASSERT_EQ(1, flip_finished(&q->side[p]));
		flip_collect(&q->side[p], 1);
	}
}

TEST_HARNESS_MAIN
