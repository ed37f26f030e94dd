// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits - the module's parameters bound what users hold, each with its errno
 */
#include "common.h"
#include "cpu.h"
#include "params.h"

#define OTHER_UID 12345

FIXTURE(limits) {
	struct param queues;
	struct param user_queues;
	struct param queue_bytes;
	struct param total_bytes;
	struct param worker_bytes;
	struct param workspace;
	struct flipq_info before;
};

FIXTURE_SETUP(limits)
{
	if (no_device())
		SKIP(return, NO_DEVICE);
	ASSERT_EQ(0, param_open(&self->queues, "max_queues"));
	ASSERT_EQ(0, param_open(&self->user_queues, "max_user_queues"));
	ASSERT_EQ(0, param_open(&self->queue_bytes, "max_queue_bytes"));
	ASSERT_EQ(0, param_open(&self->total_bytes, "max_total_bytes"));
	ASSERT_EQ(0, param_open(&self->worker_bytes, "max_worker_bytes"));
	ASSERT_EQ(0, param_open(&self->workspace, "max_workspace"));
	ASSERT_EQ(0, raw_info(&self->before));
}

FIXTURE_TEARDOWN(limits)
{
	struct flipq_info after;

	EXPECT_EQ(0, param_restore(&self->queues));
	EXPECT_EQ(0, param_restore(&self->user_queues));
	EXPECT_EQ(0, param_restore(&self->queue_bytes));
	EXPECT_EQ(0, param_restore(&self->total_bytes));
	EXPECT_EQ(0, param_restore(&self->worker_bytes));
	EXPECT_EQ(0, param_restore(&self->workspace));
	EXPECT_EQ(0, raw_settle(&self->before, &after));
	EXPECT_EQ(self->before.queues, after.queues);
	EXPECT_EQ(self->before.total_bytes, after.total_bytes);
	EXPECT_EQ(self->before.worker_bytes, after.worker_bytes);
}

TEST_F(limits, queues_of_a_user)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct flipq_info info;
	struct rawq a, b, c;

	ASSERT_EQ(0, param_set(&self->user_queues, self->before.queues + 2));
	ASSERT_EQ(0, raw_open(&a, &s));
	ASSERT_EQ(0, raw_open(&b, &s));
	EXPECT_EQ(-EMFILE, raw_open(&c, &s));
	EXPECT_EQ(-EMFILE, raw_open(&c, &s));
	ASSERT_EQ(0, raw_info(&info));
	EXPECT_EQ(self->before.queues + 2, info.queues);
	EXPECT_EQ(self->before.queues + 2, info.max_user_queues);
	EXPECT_EQ(0, raw_alive(&a));
	raw_close(&a);
	ASSERT_EQ(0, raw_open(&c, &s));
	EXPECT_EQ(0, raw_alive(&c));
	raw_close(&b);
	raw_close(&c);
}

/* The limit is per user: what root holds leaves another user's alone. */
TEST_F(limits, queues_of_another_user)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	int status, fds[3], i;
	struct rawq a;
	pid_t pid;

	if (self->before.queues)
		SKIP(return, "%llu queues are in use", self->before.queues);
	ASSERT_EQ(0, param_set(&self->user_queues, 1));
	ASSERT_EQ(0, raw_open(&a, &s));
	for (i = 0; i < 3; i++) {
		fds[i] = raw_device();
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(-EMFILE, raw_ioctl(fds[2], FLIPQ_IOC_SETUP, &s));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setuid(OTHER_UID))
			_exit(1);
		s = raw_setup(1, 1, 64);
		if (raw_ioctl(fds[0], FLIPQ_IOC_SETUP, &s))
			_exit(2);
		s = raw_setup(1, 1, 64);
		_exit(raw_ioctl(fds[1], FLIPQ_IOC_SETUP, &s) == -EMFILE ?
		      0 : 3);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("exit %d", WEXITSTATUS(status));
	for (i = 0; i < 3; i++)
		close(fds[i]);
	raw_close(&a);
}

TEST_F(limits, queues_in_all)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct flipq_info info;
	struct rawq a, b;

	ASSERT_EQ(0, param_set(&self->queues, self->before.queues + 1));
	ASSERT_EQ(0, raw_open(&a, &s));
	EXPECT_EQ(-ENFILE, raw_open(&b, &s));
	ASSERT_EQ(0, raw_info(&info));
	EXPECT_EQ(self->before.queues + 1, info.queues);
	EXPECT_EQ(self->before.queues + 1, info.max_queues);
	EXPECT_EQ(0, raw_alive(&a));
	raw_close(&a);
}

TEST_F(limits, bytes_of_a_queue)
{
	struct flipq_setup s = raw_setup(8, 1, 65536);
	struct rawq q;
	u64 bytes;

	ASSERT_EQ(0, raw_open(&q, &s));
	bytes = q.setup.sub_size + q.setup.comp_size;
	raw_close(&q);
	EXPECT_LE(2 * 8 * 65536, bytes);
	ASSERT_EQ(0, param_set(&self->queue_bytes, bytes - 1));
	EXPECT_EQ(-EDQUOT, raw_open(&q, &s));
	ASSERT_EQ(0, param_set(&self->queue_bytes, bytes));
	ASSERT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

TEST_F(limits, bytes_in_all)
{
	struct flipq_setup s = raw_setup(8, 1, 65536);
	struct flipq_info info;
	struct rawq a, b;
	u64 bytes;

	ASSERT_EQ(0, raw_open(&a, &s));
	ASSERT_EQ(0, raw_info(&info));
	bytes = info.total_bytes - self->before.total_bytes;
	EXPECT_LE(a.setup.sub_size + a.setup.comp_size, bytes);
	ASSERT_EQ(0, param_set(&self->total_bytes,
			       self->before.total_bytes + 2 * bytes - 1));
	EXPECT_EQ(-EDQUOT, raw_open(&b, &s));
	EXPECT_EQ(0, raw_alive(&a));
	ASSERT_EQ(0, param_set(&self->total_bytes,
			       self->before.total_bytes + 2 * bytes));
	ASSERT_EQ(0, raw_open(&b, &s));
	EXPECT_EQ(0, raw_alive(&b));
	raw_close(&a);
	raw_close(&b);
}

/* The largest set-up there is must be refused for its bytes, not overflow. */
TEST_F(limits, largest_setup)
{
	struct flipq_setup s = raw_setup(FLIPQ_MAX_SLOTS, FLIPQ_MAX_PARTITIONS,
					 FLIPQ_MAX_SLOT_SIZE);
	struct rawq q;

	EXPECT_EQ(-EDQUOT, raw_open(&q, &s));
}

TEST_F(limits, bytes_of_a_worker)
{
	struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = raw_setup(1, 1, 1U << 20);
	struct flipq_info info;
	struct rawq q;

	if (self->before.worker_bytes)
		SKIP(return, "workers hold %llu bytes already",
		     self->before.worker_bytes);
	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, param_set(&self->worker_bytes, 65536));
	EXPECT_EQ(-ENOMEM, raw_open(&q, &s));
	ASSERT_EQ(0, param_restore(&self->worker_bytes));
	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_info(&info));
	EXPECT_LE(1U << 20, info.worker_bytes);
	raw_close(&q);
}

#define NR_SIZES 40

/* Nobody can use up what a worker may have by asking for size after size. */
TEST_F(limits, size_after_size)
{
	struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct rawq q[NR_SIZES];
	struct flipq_info info;
	u32 i;

	ASSERT_EQ(0, run_on(0));
	for (i = 0; i < NR_SIZES; i++) {
		struct flipq_setup s = raw_setup(1, 1, (i + 1) * 100 * 1024);

		raw_codecs(&s, &c, 1);
		s.out_size = FLIPQ_MIN_SLOT_SIZE;
		ASSERT_EQ(0, raw_open(&q[i], &s))
			TH_LOG("queue %u", i);
	}
	EXPECT_EQ(0, raw_info(&info));
	EXPECT_GT(16U << 20, info.worker_bytes - self->before.worker_bytes);
	for (i = 0; i < NR_SIZES; i++)
		raw_close(&q[i]);
}

/* The bound of a workspace decides what is offered, and says so beforehand. */
TEST_F(limits, workspace)
{
	struct flipq_codec c = { .algorithm = FLIPQ_ALG_DEFLATE };
	struct flipq_setup s = raw_setup(1, 1, 4096);
	struct flipq_info info;
	struct rawq q;

	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, param_set(&self->workspace, 1024));
	EXPECT_EQ(-EOPNOTSUPP, raw_open(&q, &s));
	ASSERT_EQ(0, raw_info(&info));
	EXPECT_EQ(1024, info.max_workspace);
	ASSERT_EQ(0, param_restore(&self->workspace));
	ASSERT_EQ(0, raw_open(&q, &s));
	raw_close(&q);
}

TEST_HARNESS_MAIN
