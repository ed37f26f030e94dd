// SPDX-License-Identifier: GPL-2.0-only
/*
 * kill - kill -9 at any moment: nothing of the queue stays behind
 */
#include <pthread.h>
#include <signal.h>

#include "common.h"
#include "load.h"

FIXTURE(kill) {
	struct flipq_info before;
};

FIXTURE_SETUP(kill)
{
	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_quiet(0, &self->before));
}

FIXTURE_TEARDOWN(kill)
{
	struct flipq_setup s = raw_setup(1, 2, 64);
	struct rawq q;

	nothing_left(_metadata, &self->before);
	EXPECT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

/* Each never returns but by an error, and writes a byte when it is at it. */
static int run_for_ever(int ready)
{
	struct load l;
	int error;

	error = load_open(&l, 32, 2, 16384, FLIPQ_POLICY_BATCH, 1);
	if (!error && write(ready, "", 1) != 1)
		error = -errno;
	while (!error)
		error = load_run(&l, 100);
	return error;
}

static int wait_for_ever(int ready)
{
	struct flipq_setup s = raw_setup(4, 2, 64);
	struct rawq q;
	int error;

	raw_no_spin(&s);
	error = raw_open(&q, &s);
	if (!error)
		error = raw_parked(&q, 0);
	if (error)
		return error;
	raw_publish(&q, 0, 0xf);
	if (write(ready, "", 1) != 1)
		return -errno;
	return raw_wait(&q, 4, FLIPQ_TIMEOUT_NONE, NULL);
}

static int set_up_for_ever(int ready)
{
	struct flipq_setup s = raw_setup(16, 2, 65536);
	int error = write(ready, "", 1) == 1 ? 0 : -errno;
	struct rawq q;

	while (!error) {
		error = raw_open(&q, &s);
		if (!error)
			raw_close(&q);
	}
	return error;
}

static void *thread(void *arg)
{
	run_for_ever(*(int *)arg);
	_exit(1);
}

static int run_in_threads(int ready)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread, &ready) ||
	    pthread_create(&t, NULL, thread, &ready))
		return -EAGAIN;
	return wait_for_ever(ready);
}

static void kill_often(struct __test_metadata *_metadata, int (*child)(int),
		       unsigned int rounds)
{
	u64 state = rounds;
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		int ready[2], status;
		char byte;
		pid_t pid;

		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			close(ready[0]);
			_exit(child(ready[1]) ? 1 : 2);
		}
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &byte, 1))
			TH_LOG("the child of round %u failed", i);
		raw_sleep(rnd(&state) % (20 * MSEC));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status))
			TH_LOG("round %u: the child ended with %d", i,
			       WEXITSTATUS(status));
		close(ready[0]);
	}
}

TEST_F(kill, under_load)
{
	kill_often(_metadata, run_for_ever, 30 * scale());
}

TEST_F(kill, in_a_wait)
{
	kill_often(_metadata, wait_for_ever, 20 * scale());
}

TEST_F(kill, in_set_up)
{
	kill_often(_metadata, set_up_for_ever, 20 * scale());
}

TEST_F(kill, with_threads)
{
	kill_often(_metadata, run_in_threads, 15 * scale());
}

/* The neighbour of those that die does not notice. */
TEST_F(kill, beside_another)
{
	struct load l;
	int i;

	ASSERT_EQ(0, load_open(&l, 16, 2, 4096, FLIPQ_POLICY_BATCH, 3));
	for (i = 0; i < 10; i++) {
		ASSERT_LT(0, load_submit(&l, 32));
		kill_often(_metadata, run_for_ever, 1);
		ASSERT_EQ(0, load_drain(&l))
			TH_LOG("slot %d: %s", l.slot, l.why);
	}
	load_close(&l);
}

TEST_HARNESS_MAIN
