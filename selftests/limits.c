// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits - the module's parameters bound what users hold, each with its errno
 */
#include "common.h"
#include "cpu.h"
#include "other.h"
#include "params.h"

#define OTHER_UID 12345

FIXTURE(limits) {
	struct param queues;
	struct param user_queues;
	struct param queue_bytes;
	struct param user_bytes;
	struct param total_bytes;
	struct param worker_bytes;
	struct param workspace;
	struct param percent;
	struct param spin;
	struct param max_spin;
	struct flipq_info before;
};

FIXTURE_SETUP(limits)
{
	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, param_open(&self->queues, "max_queues"));
	ASSERT_EQ(0, param_open(&self->user_queues, "max_user_queues"));
	ASSERT_EQ(0, param_open(&self->queue_bytes, "max_queue_bytes"));
	ASSERT_EQ(0, param_open(&self->user_bytes, "max_user_bytes"));
	ASSERT_EQ(0, param_open(&self->total_bytes, "max_total_bytes"));
	ASSERT_EQ(0, param_open(&self->worker_bytes, "max_worker_bytes"));
	ASSERT_EQ(0, param_open(&self->workspace, "max_workspace"));
	ASSERT_EQ(0, param_open(&self->percent, "worker_percent"));
	ASSERT_EQ(0, param_open(&self->spin, "worker_spin_ns"));
	ASSERT_EQ(0, param_open(&self->max_spin, "max_spin_ns"));
	ASSERT_EQ(0, raw_quiet(0, &self->before));
}

FIXTURE_TEARDOWN(limits)
{
	EXPECT_EQ(0, param_restore(&self->queues));
	EXPECT_EQ(0, param_restore(&self->user_queues));
	EXPECT_EQ(0, param_restore(&self->queue_bytes));
	EXPECT_EQ(0, param_restore(&self->user_bytes));
	EXPECT_EQ(0, param_restore(&self->total_bytes));
	EXPECT_EQ(0, param_restore(&self->worker_bytes));
	EXPECT_EQ(0, param_restore(&self->workspace));
	EXPECT_EQ(0, param_restore(&self->percent));
	EXPECT_EQ(0, param_restore(&self->spin));
	EXPECT_EQ(0, param_restore(&self->max_spin));
	nothing_left(_metadata, &self->before);
}

TEST_F(limits, queues_of_a_user)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct flipq_info info, one;
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
	info.queues--;
	ASSERT_EQ(0, raw_settle(&info, &one));
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

/*
 * Nobody else is any the worse for a user who takes all that it can get, in
 * queues of any size, and who has no memory of its own locked.
 */
TEST_F(limits, bytes_of_a_user)
{
	const struct other alice = { .uid = OTHER_UID };
	const struct other bob = { .uid = OTHER_UID + 1 };
	struct flipq_setup s = raw_setup(64, 1, 65536);
	int fds[256], errors = 0, nr = 0, fd;
	struct flipq_info info;

	ASSERT_EQ(0, param_set(&self->user_bytes, 64U << 20));
	while (s.slots && nr < 256) {
		fd = other_setup(&alice, s);
		if (fd < 0) {
			EXPECT_EQ(-EDQUOT, fd);
			errors++;
			s.slots /= 2;
		} else {
			fds[nr++] = fd;
		}
	}
	EXPECT_EQ(7, errors);
	ASSERT_EQ(0, other_info(&alice, &info));
	TH_LOG("%d queues of %llu bytes; parameter %u, in all %llu", nr,
	       info.user_bytes, 64U << 20, info.max_total_bytes);
	EXPECT_EQ((__u64)nr, info.user_queues);
	EXPECT_EQ(64U << 20, info.max_user_bytes);
	EXPECT_GE(info.max_user_bytes, info.user_bytes);
	EXPECT_LT(63U << 20, info.user_bytes);
	s.slots = 64;
	fd = other_setup(&bob, s);
	EXPECT_LE(0, fd);
	close(fd);
	while (nr)
		close(fds[--nr]);
	ASSERT_EQ(0, raw_settle(&self->before, &info));
	ASSERT_EQ(0, other_info(&alice, &info));
	EXPECT_EQ(0, info.user_queues);
	EXPECT_EQ(0, info.user_bytes);
}

/* What the defaults leave to others: three quarters, and more than half. */
TEST_F(limits, defaults)
{
	const struct flipq_info *i = &self->before;

	if (getenv("FLIPQ_PARAMS"))
		SKIP(return, "parameters other than the defaults");
	EXPECT_GE(i->max_total_bytes / 4, i->max_user_bytes);
	EXPECT_LT(0, i->max_user_bytes);
	EXPECT_GT(i->max_queues / 2, i->max_user_queues);
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

/* As large and as high as a shared worker takes it, for each codec. */
static int codec_of(unsigned int index, u32 size, struct flipq_codec *c)
{
	struct flipq_codec_info info = {
		.size = sizeof(info), .index = index, .slot_size = size,
	};
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	error = raw_ioctl(fd, FLIPQ_IOC_CODEC, &info);
	close(fd);
	*c = (struct flipq_codec){
		.algorithm = info.algorithm, .level = info.shared_level,
	};
	return !error && info.shared_level < info.min_level ? -EOPNOTSUPP :
							      error;
}

/* Every piece of scratch memory that there can be, for requests of @size. */
static unsigned int scratch_setups(const struct other *o, u32 size, int *fds,
				   int *error)
{
	struct flipq_setup s = raw_setup(1, 1, 0);
	struct flipq_codec c;
	unsigned int i, nr = 0;
	int e = 0;

	s.max_len = size;
	s.arena_size = page_size();
	for (i = 0; e != -ENOENT; i++) {
		e = codec_of(i, size, &c);
		if (e)
			continue;
		raw_codecs(&s, &c, 1);
		fds[nr] = other_setup(o, s);
		if (fds[nr] < 0)
			*error = fds[nr];
		else
			nr++;
	}
	return nr;
}

/*
 * One user makes a worker hold all kinds of scratch memory in all sizes, small
 * ones first as these are no use to who comes after, but for the largest. Then
 * others ask for that.
 */
TEST_F(limits, scratch_of_others)
{
	const struct other alice = { .uid = OTHER_UID };
	const struct other bob = { .uid = OTHER_UID + 1 };
	int fds[128], error = 0;
	struct flipq_info info;
	unsigned int nr = 0, hers;
	u32 size;

	ASSERT_EQ(0, run_on(0));
	for (size = 4096; size < FLIPQ_MAX_SLOT_SIZE; size *= 2)
		nr += scratch_setups(&alice, size, fds + nr, &error);
	hers = nr;
	EXPECT_LE(5 * 8, nr);
	nr += scratch_setups(&bob, FLIPQ_MAX_SLOT_SIZE, fds + nr, &error);
	EXPECT_EQ(0, error);
	EXPECT_LT(hers, nr);
	ASSERT_EQ(0, raw_info(&info));
	TH_LOG("%u queues, %llu bytes of scratch memory on %u workers", nr,
	       info.worker_bytes - self->before.worker_bytes, info.workers);
	while (nr)
		close(fds[--nr]);
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

/* What SETUP makes of a wish for so long a spin. */
static u32 spin_made(u32 flags, u32 wish)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct rawq q;

	s.flags = flags;
	s.worker_spin_ns = wish;
	s.wait_spin_ns = wish;
	if (raw_open(&q, &s))
		return ~0U;
	raw_close(&q);
	return q.setup.wait_spin_ns == wish || !flags ?
	       q.setup.worker_spin_ns : ~0U;
}

TEST_F(limits, spin)
{
	ASSERT_EQ(0, param_set(&self->spin, 20000));
	ASSERT_EQ(0, param_set(&self->max_spin, MSEC));
	EXPECT_EQ(0, spin_made(FLIPQ_SETUP_SPIN, 0));
	EXPECT_EQ(MSEC - 1, spin_made(FLIPQ_SETUP_SPIN, MSEC - 1));
	EXPECT_EQ(MSEC, spin_made(FLIPQ_SETUP_SPIN, MSEC));
	EXPECT_EQ(MSEC, spin_made(FLIPQ_SETUP_SPIN, MSEC + 1));
	EXPECT_EQ(MSEC, spin_made(FLIPQ_SETUP_SPIN, SECOND));
	EXPECT_EQ(20000, spin_made(0, 0));
	ASSERT_EQ(0, param_set(&self->max_spin, 5000));
	EXPECT_EQ(5000, spin_made(FLIPQ_SETUP_SPIN, SECOND));
	EXPECT_EQ(5000, spin_made(0, 0));
	ASSERT_EQ(0, param_set(&self->max_spin, 0));
	EXPECT_EQ(0, spin_made(FLIPQ_SETUP_SPIN, SECOND));
	ASSERT_EQ(0, param_set(&self->max_spin, SECOND));
	EXPECT_EQ(SECOND, spin_made(FLIPQ_SETUP_SPIN, SECOND));
	EXPECT_EQ(-EINVAL, param_set(&self->max_spin, SECOND + 1));
	EXPECT_EQ(-EINVAL, param_set(&self->spin, SECOND + 1));
}

/* A ceiling of nothing, or of more than there is, makes no sense. */
TEST_F(limits, percent)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct rawq q;

	EXPECT_EQ(-EINVAL, param_set(&self->percent, 0));
	EXPECT_EQ(-EINVAL, param_set(&self->percent, 101));
	EXPECT_EQ(-EINVAL, param_write(&self->percent, "-1"));
	EXPECT_EQ(-EINVAL, param_write(&self->percent, "half"));
	ASSERT_EQ(0, param_set(&self->percent, 1));
	ASSERT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

TEST_HARNESS_MAIN
