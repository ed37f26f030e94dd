// SPDX-License-Identifier: GPL-2.0-only
/*
 * memcg - a queue's memory is charged to the cgroup of the one who set it up
 */
#include <sys/stat.h>

#include "common.h"

#define MOUNT	"/sys/fs/cgroup"
#define GROUP	MOUNT "/flipq-selftest"
#define MIB	(1024 * 1024LL)

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -EIO;
}

static long long read_number(const char *path)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtoll(text, NULL, 10) : -1;
}

/*
 * How far what is charged may be off: a CPU charges 64 pages at a time, and
 * keeps as many that were freed there. There are the caller's CPUs, and one that
 * frees a queue.
 */
static long long stocked(void)
{
	return 4 * 64 * (long long)page_size();
}

/* A queue of 64 slots of 64 KiB, in and out, four times: more than that. */
#define LARGE		raw_setup(64, 4, 65536)
#define LARGE_BYTES	(32 * MIB)

FIXTURE(memcg) {
};

FIXTURE_SETUP(memcg)
{
	DEVICE_OR_SKIP(return);
	if (access(MOUNT "/cgroup.controllers", F_OK))
		SKIP(return, "%s is no cgroup2 hierarchy", MOUNT);
	write_file(MOUNT "/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		SKIP(return, "no cgroup can be made in %s", MOUNT);
	if (access(GROUP "/memory.current", R_OK)) {
		rmdir(GROUP);
		SKIP(return, "no memory controller in %s", MOUNT);
	}
}

FIXTURE_TEARDOWN(memcg)
{
	write_file(MOUNT "/cgroup.procs", "0");
	EXPECT_EQ(0, rmdir(GROUP)) TH_LOG("%s", strerror(errno));
}

TEST_F(memcg, charged)
{
	struct flipq_setup s = LARGE;
	long long before, with, after;
	struct flipq_info none, info;
	struct rawq q;

	ASSERT_EQ(0, raw_quiet(0, &none));
	ASSERT_EQ(0, write_file(GROUP "/cgroup.procs", "0"));
	before = read_number(GROUP "/memory.current");
	ASSERT_LE(0, before);
	ASSERT_EQ(0, raw_open(&q, &s));
	with = read_number(GROUP "/memory.current");
	EXPECT_LE(before + LARGE_BYTES - stocked(), with)
		TH_LOG("%lld before, %lld with the queue", before, with);
	raw_close(&q);
	ASSERT_EQ(0, raw_settle(&none, &info));
	after = read_number(GROUP "/memory.current");
	EXPECT_GT(before + MIB + stocked(), after)
		TH_LOG("%lld before, %lld after the queue", before, after);
}

/* The limit is the caller's errno, and not the end of the caller. */
TEST_F(memcg, limit)
{
	struct flipq_setup large = LARGE;
	struct flipq_setup small = raw_setup(4, 1, 4096);
	struct flipq_info before, after;
	struct rawq q;
	int i;

	ASSERT_EQ(0, raw_quiet(0, &before));
	ASSERT_EQ(0, write_file(GROUP "/cgroup.procs", "0"));
	ASSERT_EQ(0, write_file(GROUP "/memory.max", "8M"));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-ENOMEM, raw_open(&q, &large));
		ASSERT_EQ(0, raw_info(&after));
		EXPECT_EQ(before.queues, after.queues);
		EXPECT_EQ(before.total_bytes, after.total_bytes);
	}
	ASSERT_EQ(0, raw_open(&q, &small));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
	ASSERT_EQ(0, write_file(GROUP "/memory.max", "max"));
	ASSERT_EQ(0, raw_open(&q, &large));
	raw_close(&q);
}

/* SETUP alone, under a limit that is lifted before anything else is done. */
static int set_up_under(struct flipq_setup s, long long max)
{
	int fd = raw_device(), error;
	char text[24];

	if (fd < 0)
		return fd;
	snprintf(text, sizeof(text), "%lld", max);
	error = write_file(GROUP "/memory.max", text);
	if (!error)
		error = raw_ioctl(fd, FLIPQ_IOC_SETUP, &s);
	write_file(GROUP "/memory.max", "max");
	close(fd);
	return error;
}

/* Whatever allocation meets the limit, the owner's scratch memory among them. */
TEST_F(memcg, limit_anywhere)
{
	const struct flipq_codec codecs[] = {
		{ .algorithm = FLIPQ_ALG_ZSTD, .flags = FLIPQ_CODEC_OWNER },
		{ .algorithm = FLIPQ_ALG_DEFLATE },
	};
	struct flipq_setup s = raw_setup(16, 2, 16384);
	unsigned int failed = 0;
	int error = -ENOMEM;
	long long max;

	s.owner_partitions = 6;
	s.arena_size = MIB;
	raw_codecs(&s, codecs, ARRAY_SIZE(codecs));
	ASSERT_EQ(0, write_file(GROUP "/cgroup.procs", "0"));
	/* Less than it has already would be the end of this process. */
	max = read_number(GROUP "/memory.current") + MIB;
	for (; error == -ENOMEM && max < 64 * MIB; max += MIB / 4) {
		error = set_up_under(s, max);
		failed += !!error;
	}
	EXPECT_EQ(0, error) TH_LOG("%lld bytes", max);
	EXPECT_LT(10, failed);
}

/* Another one than who set it up closes it: the charge goes all the same. */
TEST_F(memcg, closed_by_another)
{
	struct flipq_setup s = LARGE;
	struct flipq_info none, info;
	long long with, after;
	int fd, status;
	pid_t pid;

	ASSERT_EQ(0, raw_quiet(0, &none));
	fd = raw_device();
	ASSERT_LE(0, fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (write_file(GROUP "/cgroup.procs", "0"))
			_exit(1);
		_exit(raw_ioctl(fd, FLIPQ_IOC_SETUP, &s) ? 2 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	with = read_number(GROUP "/memory.current");
	EXPECT_LE(LARGE_BYTES, with);
	close(fd);
	ASSERT_EQ(0, raw_settle(&none, &info));
	after = read_number(GROUP "/memory.current");
	EXPECT_GT(MIB + stocked(), after);
}

TEST_HARNESS_MAIN
