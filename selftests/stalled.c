// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalled - a source on a mount that never answers: only the owner's thread
 * that serves waits for it, and kill -9 ends that
 */
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common.h"
#include "cpu.h"

#define SIZE 4096U
#define FILE_SIZE 1048576U
#define FILE_NODE 2
#define ROUNDS 100U
#define WINDOW (400 * MSEC)
/* The machine below may be busy for a while, and a stalled source is for ever. */
#define WINDOWS 5
#define OWNED 1

/* What the process that is going to wait has to tell. */
struct report {
	int error;
	unsigned int same;
	unsigned int other;
	int served;
};

FIXTURE(stalled) {
	char dir[32];
	int mounted;
	int reads[2];
	pid_t daemon;
	pid_t victim;
	struct report *report;
	struct flipq_info before;
};

static void answer(int fd, u64 unique, int error, const void *data, size_t len)
{
	struct fuse_out_header h = {
		.len = (__u32)(sizeof(h) + len),
		.error = error,
		.unique = unique,
	};
	char reply[512];

	memcpy(reply, &h, sizeof(h));
	if (len)
		memcpy(reply + sizeof(h), data, len);
	if (write(fd, reply, h.len) < 0 && errno != ENOENT)
		_exit(1);
}

static struct fuse_attr attributes(u64 node)
{
	struct fuse_attr a = {
		.ino = node,
		.mode = node == FILE_NODE ? S_IFREG | 0444 : S_IFDIR | 0555,
		.nlink = 1,
		.size = node == FILE_NODE ? FILE_SIZE : 0,
	};

	return a;
}

/*
 * With FUSE_ASYNC_READ a fault waits for its page, which a kill ends; without,
 * for the daemon's answer, which nothing ends.
 */
static void answer_init(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_readahead = 32 * SIZE,
		.flags = FUSE_ASYNC_READ,
		.max_write = SIZE,
	};

	answer(fd, in->unique, 0, &out, sizeof(out));
}

static void answer_one(int fd, const struct fuse_in_header *in, int reads)
{
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE,
		.entry_valid = 60,
		.attr_valid = 60,
		.attr = attributes(FILE_NODE),
	};
	struct fuse_attr_out attr = {
		.attr_valid = 60,
		.attr = attributes(in->nodeid),
	};
	struct fuse_open_out opened = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		answer_init(fd, in);
		break;
	case FUSE_LOOKUP:
		answer(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(fd, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(fd, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		if (write(reads, "", 1) != 1)
			_exit(1);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	case FUSE_RELEASE:
		answer(fd, in->unique, 0, NULL, 0);
		break;
	default:
		answer(fd, in->unique, -EOPNOTSUPP, NULL, 0);
	}
}

static void serve_files(int fd, int reads)
{
	static union {
		struct fuse_in_header head;
		char bytes[1 << 16];
	} in;

	for (;;) {
		if (read(fd, &in, sizeof(in)) > 0)
			answer_one(fd, &in.head, reads);
		else if (errno != EINTR && errno != ENOENT)
			_exit(0);
	}
}

/* Map the file; its pages are read when they are touched, not before. */
static int map_file(const char *dir, void **at)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*at = mmap(NULL, FILE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return *at == MAP_FAILED ? -errno : 0;
}

static void *serve_thread(void *arg)
{
	const struct rawq *q = arg;
	struct flipq_serve s = {
		.size = sizeof(s),
		.partition = OWNED,
		.idle = FLIPQ_TIMEOUT_NONE,
	};

	raw_ioctl(q->fd, FLIPQ_IOC_SERVE, &s);
	return NULL;
}

/* The owner-served partition is written through the layout's own words. */
static void submit_stalled(struct rawq *q, const void *file)
{
	struct flipq_submission *w = raw_submission(q, OWNED);

	*raw_desc(q, OWNED, 0) = (struct flipq_desc) {
		.opcode = FLIPQ_OP_COPY,
		.flags = FLIPQ_REQ_SRC_USER,
		.src_len = SIZE,
		.dst_len = SIZE,
		.src = (uintptr_t)file,
	};
	__atomic_store_n(&w->fill, 1, __ATOMIC_SEQ_CST);
}

static int victim(const char *dir, int reads, struct report *r)
{
	struct flipq_setup s = raw_setup(4, 1, SIZE);
	struct rawq same, other;
	unsigned int i;
	pthread_t t;
	void *file;
	char byte;
	int error;

	error = raw_open(&other, &s);
	s.owner_partitions = 1;
	if (!error)
		error = raw_open(&same, &s);
	if (!error)
		error = map_file(dir, &file);
	if (error)
		return error;
	submit_stalled(&same, file);
	if (pthread_create(&t, NULL, serve_thread, &same))
		return -EAGAIN;
	if (read(reads, &byte, 1) != 1)
		return -EPIPE;
	for (i = 0; i < ROUNDS && !error; i++) {
		error = raw_alive(&same);
		r->same += !error;
		if (!error)
			error = raw_alive(&other);
		r->other += !error;
	}
	/* Were the file answered, the server would have been through by now. */
	raw_sleep(WINDOW);
	r->served = READ_ONCE(raw_completion(&same, OWNED)->done) != 0;
	return error;
}

/*
 * Where submitter and worker run matters more than all that is measured here:
 * both windows are to find them on the same CPU.
 */
static int pin_to_worker(const struct rawq *q)
{
	struct flipq_stats stats;
	int error = raw_stats(q, FLIPQ_STATS_PARTITION, 0, &stats);

	return error ? error : run_on(stats.cpu);
}

/* How many requests go through in a window of time. */
static int count_requests(struct rawq *q)
{
	u64 end = raw_now() + WINDOW;
	int n = 0;

	while (raw_now() < end) {
		int error = raw_alive(q);

		if (error)
			return error < 0 ? error : -error;
		n++;
	}
	return n;
}

/* Return: whether @pid ended, within @ns, by a signal. */
static bool ended(pid_t pid, u64 ns)
{
	u64 end = raw_now() + ns;
	int status;

	while (raw_now() < end) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status);
		raw_sleep(5 * MSEC);
	}
	return false;
}

static int mount_it(const char *dir, int fd)
{
	char options[80];

	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	return mount("stalled", dir, "fuse", MS_NOSUID | MS_NODEV, options);
}

FIXTURE_SETUP(stalled)
{
	int fd;

	DEVICE_OR_SKIP(return);
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "no /dev/fuse: the kernel is without FUSE");
	snprintf(self->dir, sizeof(self->dir), "/tmp/stalled.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	self->report = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->report);
	ASSERT_EQ(0, pipe(self->reads));
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	ASSERT_EQ(0, mount_it(self->dir, fd))
		TH_LOG("mount: %s", strerror(errno));
	self->mounted = 1;
	self->daemon = fork();
	ASSERT_LE(0, self->daemon);
	if (!self->daemon)
		serve_files(fd, self->reads[1]);
	/* With the daemon its last user goes, which aborts all that waits. */
	close(fd);
	close(self->reads[1]);
}

FIXTURE_TEARDOWN(stalled)
{
	if (self->mounted)
		EXPECT_EQ(0, umount2(self->dir, MNT_DETACH));
	if (self->daemon > 0) {
		kill(self->daemon, SIGKILL);
		waitpid(self->daemon, NULL, 0);
	}
	if (self->dir[0])
		EXPECT_EQ(0, rmdir(self->dir));
}

TEST_F(stalled, kill_ends_it)
{
	struct flipq_setup s = raw_setup(4, 1, SIZE);
	struct report *r = self->report;
	int before, meanwhile = 0, n;
	struct rawq q;
	u64 start;

	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, pin_to_worker(&q));
	before = count_requests(&q);
	ASSERT_LT(0, before);
	r->error = 1;
	self->victim = fork();
	ASSERT_LE(0, self->victim);
	if (!self->victim) {
		raw_close(&q);
		r->error = victim(self->dir, self->reads[0], r);
		for (;;)
			pause();
	}
	start = raw_now();
	while (READ_ONCE(r->error) == 1 && raw_now() - start < LONG_TIME)
		raw_sleep(5 * MSEC);
	EXPECT_EQ(0, r->error);
	EXPECT_EQ(ROUNDS, r->same);
	EXPECT_EQ(ROUNDS, r->other);
	EXPECT_EQ(0, r->served)
		TH_LOG("the request did not wait for its file");

	for (n = 0; n < WINDOWS && meanwhile <= before / 4; n++) {
		meanwhile = count_requests(&q);
		TH_LOG("the neighbour's requests: %d before, %d while", before,
		       meanwhile);
	}
	EXPECT_LT(before / 4, meanwhile);

	start = raw_now();
	ASSERT_EQ(0, kill(self->victim, SIGKILL));
	EXPECT_TRUE(ended(self->victim, 5 * SECOND))
		TH_LOG("kill -9 did not end the wait");
	TH_LOG("ended %llu ms after kill -9",
	       (unsigned long long)((raw_now() - start) / MSEC));
	/* It was not the daemon's end that ended the wait. */
	EXPECT_EQ(0, waitpid(self->daemon, NULL, WNOHANG));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
	nothing_left(_metadata, &self->before);
}

TEST_HARNESS_MAIN
