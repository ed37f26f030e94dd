// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads - several threads with a queue each, and every result checked
 */
#include <pthread.h>

#include "common.h"
#include "load.h"

#define MAX_THREADS 8

struct worker {
	pthread_t thread;
	struct load load;
	unsigned int requests;
	int error;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->error = load_run(&w->load, w->requests);
	return NULL;
}

static void run_threads(struct __test_metadata *_metadata, unsigned int nr,
			unsigned int slots, unsigned int partitions,
			unsigned int requests)
{
	struct worker w[MAX_THREADS];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		w[i].requests = requests;
		ASSERT_EQ(0, load_open(&w[i].load, slots, partitions,
				       4096U << i % 3,
				       (enum flipq_policy)(i % 3), i))
			TH_LOG("thread %u", i);
	}
	for (i = 0; i < nr; i++) {
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, work, &w[i]))
			TH_LOG("thread %u", i);
	}
	for (i = 0; i < nr; i++) {
		pthread_join(w[i].thread, NULL);
		EXPECT_EQ(0, w[i].error)
			TH_LOG("thread %u, slot %d: %s", i, w[i].load.slot,
			       w[i].load.why ? w[i].load.why : "?");
		EXPECT_EQ(requests, w[i].load.checked);
		load_close(&w[i].load);
	}
}

FIXTURE(threads) {
};

FIXTURE_SETUP(threads)
{
	DEVICE_OR_SKIP(return);
}

FIXTURE_TEARDOWN(threads)
{
}

TEST_F(threads, two)
{
	run_threads(_metadata, 2, 32, 2, 3000 * scale());
}

TEST_F(threads, two_of_one_partition)
{
	run_threads(_metadata, 2, 64, 1, 3000 * scale());
}

TEST_F(threads, eight)
{
	run_threads(_metadata, 8, 8, 2, 800 * scale());
}

/* Handed from one thread to the next: one at a time is the rule, not which. */
TEST_F(threads, one_queue_after_the_other)
{
	struct worker w = { .requests = 100 };
	int i;

	ASSERT_EQ(0, load_open(&w.load, 8, 2, 4096, FLIPQ_POLICY_BATCH, 1));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, pthread_create(&w.thread, NULL, work, &w));
		pthread_join(w.thread, NULL);
		ASSERT_EQ(0, w.error) TH_LOG("thread %d: %s", i, w.load.why);
	}
	EXPECT_EQ(1000, w.load.checked);
	load_close(&w.load);
}

static void *open_and_close(void *arg)
{
	struct worker *w = arg;
	unsigned int i;

	for (i = 0; i < w->requests && !w->error; i++) {
		struct flipq_setup s = raw_setup(2, 2, 256);
		struct rawq q;

		w->error = raw_open(&q, &s);
		if (w->error)
			break;
		w->error = raw_alive(&q);
		raw_close(&q);
	}
	return NULL;
}

/* Queues come and go beside one that works. */
TEST_F(threads, comings_and_goings)
{
	struct worker w[4] = { 0 };
	struct load l;
	int i;

	ASSERT_EQ(0, load_open(&l, 16, 2, 4096, FLIPQ_POLICY_BATCH, 1));
	for (i = 0; i < 4; i++) {
		w[i].requests = 100 * scale();
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, open_and_close,
					    &w[i]));
	}
	EXPECT_EQ(0, load_run(&l, 2000 * scale()))
		TH_LOG("slot %d: %s", l.slot, l.why ? l.why : "?");
	for (i = 0; i < 4; i++) {
		pthread_join(w[i].thread, NULL);
		EXPECT_EQ(0, w[i].error) TH_LOG("thread %d", i);
	}
	load_close(&l);
}

TEST_HARNESS_MAIN
