// SPDX-License-Identifier: GPL-2.0-only
/*
 * many - a thousand queues, one after the other and all at once
 */
#include <sys/resource.h>

#include "common.h"
#include "params.h"

#define MANY 1000

FIXTURE(many) {
	struct param queues;
	struct param user_queues;
	struct flipq_info before;
	struct rawq *q;
};

FIXTURE_SETUP(many)
{
	struct rlimit files = { MANY + 100, MANY + 100 };

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	ASSERT_EQ(0, param_open(&self->queues, "max_queues"));
	ASSERT_EQ(0, param_open(&self->user_queues, "max_user_queues"));
	ASSERT_EQ(0, param_set(&self->queues, 2 * MANY));
	ASSERT_EQ(0, param_set(&self->user_queues, 2 * MANY));
	self->q = calloc(MANY, sizeof(*self->q));
	ASSERT_NE(NULL, self->q);
}

FIXTURE_TEARDOWN(many)
{
	free(self->q);
	EXPECT_EQ(0, param_restore(&self->queues));
	EXPECT_EQ(0, param_restore(&self->user_queues));
	nothing_left(_metadata, &self->before);
}

TEST_F(many, one_after_the_other)
{
	const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = raw_setup(4, 2, 4096);
	unsigned int i;

	raw_codecs(&s, &c, 1);
	for (i = 0; i < MANY * scale(); i++) {
		ASSERT_EQ(0, raw_open(self->q, &s)) TH_LOG("queue %u", i);
		/* A third each: unused, at rest, and with requests under way */
		if (i % 3 == 1)
			ASSERT_EQ(0, raw_alive(self->q)) TH_LOG("queue %u", i);
		if (i % 3 == 2) {
			ASSERT_EQ(0, raw_submit(self->q, 0, 0xf));
			ASSERT_EQ(0, raw_submit(self->q, 1, 0xf));
		}
		raw_close(self->q);
	}
}

/* Opened and closed without a set-up. */
TEST_F(many, devices)
{
	int i, fd;

	for (i = 0; i < MANY; i++) {
		fd = raw_device();
		ASSERT_LE(0, fd);
		close(fd);
	}
}

TEST_F(many, all_at_once)
{
	struct flipq_setup s = raw_setup(1, 1, 0);
	struct flipq_info with;
	unsigned int i, round;

	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, raw_open(&self->q[i], &s))
			TH_LOG("queue %u", i);
	}
	ASSERT_EQ(0, raw_info(&with));
	EXPECT_EQ(self->before.queues + MANY, with.queues);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < MANY; i++) {
			ASSERT_EQ(0, raw_submit(&self->q[i], 0, 1))
				TH_LOG("queue %u", i);
		}
		for (i = 0; i < MANY; i++) {
			ASSERT_EQ(0, raw_wait(&self->q[i], 1, LONG_TIME, NULL))
				TH_LOG("queue %u", i);
			ASSERT_EQ(1, flip_finished(&self->q[i].side[0]));
			flip_collect(&self->q[i].side[0], 1);
		}
	}
	/* Every other one first, then the rest from the end. */
	for (i = 0; i < MANY; i += 2)
		raw_close(&self->q[i]);
	for (i = MANY - 1; i < MANY; i -= 2)
		raw_close(&self->q[i]);
}

TEST_HARNESS_MAIN
