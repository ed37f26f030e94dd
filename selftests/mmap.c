// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap - which mappings of a queue there can be, and what nobody may do to them
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common.h"
#include "data.h"

#define LEN 4096U

FIXTURE(mapping) {
	struct rawq q;
};

FIXTURE_SETUP(mapping)
{
	static const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = raw_setup(4, 2, (u32)page_size());

	DEVICE_OR_SKIP(return);
	raw_no_spin(&s);
	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, raw_open(&self->q, &s));
}

FIXTURE_TEARDOWN(mapping)
{
	EXPECT_EQ(0, raw_alive(&self->q));
	raw_close(&self->q);
}

/* 0 if the mapping was made (and is gone again), or the negative errno. */
static int try_map(int fd, u64 size, int prot, int flags, u64 offset)
{
	void *p = mmap(NULL, size, prot, flags, fd, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, size);
	return 0;
}

/* Two things are wrong at once in some cases, and either may be told. */
static bool refused(int error)
{
	return error == -EPERM || error == -EACCES || error == -EINVAL;
}

#define RW (PROT_READ | PROT_WRITE)

TEST_F(mapping, exact)
{
	const struct flipq_setup *s = &self->q.setup;
	int fd = self->q.fd;

	EXPECT_EQ(0, try_map(fd, s->sub_size, RW, MAP_SHARED, s->sub_offset));
	EXPECT_EQ(0, try_map(fd, s->sub_size, PROT_READ, MAP_SHARED,
			     s->sub_offset));
	EXPECT_EQ(0, try_map(fd, s->comp_size, PROT_READ, MAP_SHARED,
			     s->comp_offset));
}

TEST_F(mapping, other_sizes)
{
	const struct flipq_setup *s = &self->q.setup;
	const u64 page = page_size();
	const struct {
		u64 size;
		int prot;
		u64 offset;
	} bad[] = {
		{ s->sub_size - page, RW, s->sub_offset },
		{ s->sub_size + page, RW, s->sub_offset },
		{ s->sub_stride, RW, s->sub_offset },
		{ page, PROT_READ, s->comp_offset },
		{ s->comp_size + page, PROT_READ, s->comp_offset },
		{ 1UL << 40, PROT_READ, s->comp_offset },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, try_map(self->q.fd, bad[i].size, bad[i].prot,
					   MAP_SHARED, bad[i].offset))
			TH_LOG("%llu bytes at %#llx", bad[i].size,
			       bad[i].offset);
	}
}

TEST_F(mapping, other_offsets)
{
	const struct flipq_setup *s = &self->q.setup;
	const u64 sub = s->sub_offset, comp = s->comp_offset;
	const u64 page = page_size();
	const u64 bad[] = { sub + page, sub + s->sub_size, comp + page,
			    comp - page, comp + s->comp_size, 2 * comp,
			    1ULL << 32, 1ULL << 62 };
	int fd = self->q.fd;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, try_map(fd, s->sub_size, PROT_READ,
					   MAP_SHARED, bad[i]))
			TH_LOG("offset %#llx", bad[i]);
		EXPECT_EQ(-EINVAL, try_map(fd, s->comp_size, PROT_READ,
					   MAP_SHARED, bad[i]))
			TH_LOG("offset %#llx", bad[i]);
	}
}

TEST_F(mapping, private)
{
	const struct flipq_setup *s = &self->q.setup;
	int fd = self->q.fd;

	EXPECT_EQ(-EINVAL, try_map(fd, s->sub_size, RW, MAP_PRIVATE,
				   s->sub_offset));
	EXPECT_EQ(-EINVAL, try_map(fd, s->comp_size, PROT_READ, MAP_PRIVATE,
				   s->comp_offset));
	EXPECT_TRUE(refused(try_map(fd, s->comp_size, RW, MAP_PRIVATE,
				    s->comp_offset)));
}

TEST_F(mapping, executable)
{
	const struct flipq_setup *s = &self->q.setup;
	int fd = self->q.fd;
	int error;

	error = try_map(fd, s->sub_size, RW | PROT_EXEC, MAP_SHARED,
			s->sub_offset);
	EXPECT_TRUE(refused(error)) TH_LOG("%d", error);
	error = try_map(fd, s->comp_size, PROT_READ | PROT_EXEC, MAP_SHARED,
			s->comp_offset);
	EXPECT_TRUE(refused(error)) TH_LOG("%d", error);
	EXPECT_EQ(-1, mprotect(self->q.sub, s->sub_size, RW | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect((void *)(uintptr_t)self->q.comp, s->comp_size,
			       PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(mapping, writable_completions)
{
	const struct flipq_setup *s = &self->q.setup;
	void *comp = (void *)(uintptr_t)self->q.comp;
	int error;

	error = try_map(self->q.fd, s->comp_size, RW, MAP_SHARED,
			s->comp_offset);
	EXPECT_TRUE(refused(error)) TH_LOG("%d", error);
	error = try_map(self->q.fd, s->comp_size, PROT_WRITE, MAP_SHARED,
			s->comp_offset);
	EXPECT_TRUE(refused(error)) TH_LOG("%d", error);
	EXPECT_EQ(-1, mprotect(comp, s->comp_size, RW));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(comp, page_size(), PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
}

/* Mapped with no rights at first, it gains no more later. */
TEST_F(mapping, rights_gained_later)
{
	const struct flipq_setup *s = &self->q.setup;
	void *p;

	p = mmap(NULL, s->comp_size, PROT_NONE, MAP_SHARED, self->q.fd,
		 (off_t)s->comp_offset);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, mprotect(p, s->comp_size, PROT_READ));
	EXPECT_EQ(-1, mprotect(p, s->comp_size, RW));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(p, s->comp_size, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	munmap(p, s->comp_size);
}

static sigjmp_buf faulted;

static void fault(int sig)
{
	(void)sig;
	siglongjmp(faulted, 1);
}

/* Caught, as an unhandled fault leaves a line in the kernel's log. */
TEST_F(mapping, store_faults)
{
	struct sigaction act = { .sa_handler = fault };
	bool stored = false;
	u64 *done = (u64 *)(uintptr_t)self->q.comp;

	ASSERT_EQ(0, sigaction(SIGSEGV, &act, NULL));
	if (!sigsetjmp(faulted, 1)) {
		WRITE_ONCE(*done, 1);
		stored = true;
	}
	EXPECT_FALSE(stored);
	EXPECT_EQ(0, *done);
}

/* The ways round a mapping's rights that a debugger has. */
TEST_F(mapping, store_by_force)
{
	u8 byte = 0x55;
	struct iovec from = { &byte, 1 };
	struct iovec to = { (void *)(uintptr_t)self->q.comp, 1 };
	int fd;

	fd = open("/proc/self/mem", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pwrite(fd, &byte, 1, (off_t)(uintptr_t)self->q.comp));
	close(fd);
	EXPECT_EQ(-1, process_vm_writev(getpid(), &from, 1, &to, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, raw_completion(&self->q, 0)->done);
	/* Nor does a system call that writes to memory. */
	fd = open("/dev/zero", O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, (void *)(uintptr_t)self->q.comp, 1));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
}

/* The ways that are left to look, and to change what the owner may change. */
TEST_F(mapping, debugger)
{
	struct rawq *q = &self->q;
	u64 *word = (u64 *)(void *)raw_in(q, 1, 3);
	const struct flipq_completion *c = raw_completion(q, 1);
	u64 seen = 0, other = 0x1234;
	ssize_t n;
	int fd;

	*word = 0xfeed;
	fd = open("/proc/self/mem", O_RDWR);
	ASSERT_LE(0, fd);
	n = pread(fd, &seen, 8, (off_t)(uintptr_t)word);
	if (n < 0 && errno == EIO) {
		close(fd);
		SKIP(return, "this kernel asks no driver for its memory");
	}
	EXPECT_EQ(8, n);
	EXPECT_EQ(0xfeed, seen);
	EXPECT_EQ(8, pwrite(fd, &other, 8, (off_t)(uintptr_t)word));
	EXPECT_EQ(0x1234, *word);
	ASSERT_EQ(0, raw_parked(q, 1));
	EXPECT_EQ(8, pread(fd, &seen, 8, (off_t)(uintptr_t)&c->need_wakeup));
	EXPECT_EQ(1, seen);
	/* Across two pages, and to the end of the mapping but no further. */
	EXPECT_EQ(8, pread(fd, &seen, 8,
			   (off_t)(uintptr_t)raw_in(q, 0, 1) - 4));
	EXPECT_EQ(8, pread(fd, &seen, 8,
			   (off_t)(uintptr_t)(q->comp + q->setup.comp_size -
					      8)));
	EXPECT_EQ(0, seen);
	/* What is left of a mapping is where it was. */
	ASSERT_EQ(0, munmap(q->sub, q->setup.sub_stride));
	EXPECT_EQ(8, pread(fd, &seen, 8, (off_t)(uintptr_t)word));
	EXPECT_EQ(0x1234, seen);
	ASSERT_NE(MAP_FAILED, mmap(q->sub, q->setup.sub_stride, RW,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				   -1, 0));
	close(fd);
	raw_unmap(q);
	ASSERT_EQ(0, raw_map(q));
}

/*
 * System calls copy from and to the regions. Those that take the pages instead
 * may or may not, as kernels differ there, and are no reason to hang.
 */
TEST_F(mapping, system_calls)
{
	struct rawq *q = &self->q;
	struct iovec iov = { raw_in(q, 0, 0), LEN };
	u8 back[LEN];
	int pipes[2];
	ssize_t n;

	data_text(iov.iov_base, LEN, 1);
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(LEN, write(pipes[1], iov.iov_base, LEN));
	ASSERT_EQ(LEN, read(pipes[0], back, LEN));
	EXPECT_EQ(-1, data_differ(iov.iov_base, back, LEN));
	ASSERT_EQ(LEN, write(pipes[1], back, LEN));
	memset(iov.iov_base, 0, LEN);
	ASSERT_EQ(LEN, read(pipes[0], iov.iov_base, LEN));
	EXPECT_EQ(-1, data_differ(iov.iov_base, back, LEN));

	n = vmsplice(pipes[1], &iov, 1, 0);
	EXPECT_TRUE(n == LEN || (n == -1 && errno == EFAULT));
	TH_LOG("vmsplice takes pages of a region: %s", n < 0 ? "no" : "yes");
	if (n > 0) {
		ASSERT_EQ(n, read(pipes[0], back, LEN));
		EXPECT_EQ(-1, data_differ(iov.iov_base, back, LEN));
	}
	close(pipes[0]);
	close(pipes[1]);
}

static bool queues_are(u64 queues)
{
	u64 end = raw_now() + LONG_TIME;
	struct flipq_info info;

	while (!raw_info(&info) && raw_now() < end) {
		if (info.queues == queues)
			return true;
		raw_sleep(MSEC);
	}
	return false;
}

/* Nobody can make a child inherit them, nor keep the queue by one. */
TEST_F(mapping, do_fork)
{
	struct flipq_setup s = raw_setup(4, 2, LEN);
	struct flipq_info before;
	unsigned char vec;
	struct rawq q;
	unsigned int i;
	pid_t pid;

	ASSERT_EQ(0, raw_quiet(1, &before));
	s.arena_size = 4 * page_size();
	ASSERT_EQ(0, raw_open(&q, &s));
	struct {
		void *at;
		u64 size;
	} regions[] = {
		{ q.sub, q.setup.sub_size },
		{ (void *)(uintptr_t)q.comp, q.setup.comp_size },
		{ q.arena, q.setup.arena_size },
	};
	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		EXPECT_EQ(-1, madvise(regions[i].at, regions[i].size,
				      MADV_DOFORK)) TH_LOG("region %u", i);
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, madvise(regions[i].at, regions[i].size,
				      MADV_DODUMP)) TH_LOG("region %u", i);
	}
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(q.fd);
		for (i = 0; i < ARRAY_SIZE(regions); i++)
			if (!mincore(regions[i].at, 1, &vec) ||
			    errno != ENOMEM)
				_exit(1);
		for (;;)
			pause();
	}
	raw_close(&q);
	raw_sleep(20 * MSEC);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG)) TH_LOG("it has a mapping");
	EXPECT_TRUE(queues_are(before.queues)) TH_LOG("the child keeps it");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F(mapping, mremap)
{
	const struct flipq_setup *s = &self->q.setup;
	struct rawq *q = &self->q;
	void *p;

	p = mremap(q->sub, s->sub_size, s->sub_size + page_size(),
		   MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, p);
	p = mremap(q->sub, s->sub_size, 2 * s->sub_size, 0);
	EXPECT_EQ(MAP_FAILED, p);
	/* Moving it, and a second view of it (old size 0). */
	p = mremap(q->sub, s->sub_size, s->sub_size,
		   MREMAP_MAYMOVE | MREMAP_FIXED, q->sub - (1UL << 30));
	EXPECT_EQ(MAP_FAILED, p);
	p = mremap(q->sub, 0, s->sub_size, MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, p);
	p = mremap((void *)(uintptr_t)q->comp, 0, s->comp_size, MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, p);
}

TEST_F(mapping, fork)
{
	struct flipq_info info = { .size = sizeof(info) };
	struct flipq_setup s = raw_setup(1, 1, LEN);
	struct rawq *q = &self->q;
	struct flipq_stats t;
	struct rawq own;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		unsigned char vec;
		int n = 1;

		if (!mincore(q->sub, 1, &vec) || errno != ENOMEM)
			_exit(n);
		n++;
		if (!mincore((void *)(uintptr_t)q->comp, 1, &vec) ||
		    errno != ENOMEM)
			_exit(n);
		n++;
		if (raw_kick(q, 1) != -EIO)
			_exit(n);
		n++;
		if (raw_wait(q, 1, 0, NULL) != -EIO)
			_exit(n);
		n++;
		if (raw_stats(q, FLIPQ_STATS_QUEUE, 0, &t) != -EIO)
			_exit(n);
		n++;
		if (try_map(q->fd, q->setup.sub_size, RW, MAP_SHARED,
			    q->setup.sub_offset) != -EIO)
			_exit(n);
		n++;
		if (raw_ioctl(q->fd, FLIPQ_IOC_INFO, &info))
			_exit(n);
		n++;
		if (raw_ioctl(q->fd, FLIPQ_IOC_SETUP, &q->setup) >= 0)
			_exit(n);
		/* One of its own is the right way. */
		n++;
		if (raw_open(&own, &s) || raw_alive(&own))
			_exit(n);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("step %d of the child",
				    WEXITSTATUS(status));
}

static int send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &m, 0) == 1 ? 0 : -errno;
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* A descriptor that came through a socket after the processes parted. */
TEST_F(mapping, passed_descriptor)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	int pair[2], status;
	struct rawq q;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		q.setup = s;
		q.fd = receive_fd(pair[1]);
		if (q.fd < 0)
			_exit(1);
		if (raw_enter(&q, 0, 0, 0, 0, NULL) != -EIO)
			_exit(2);
		if (try_map(q.fd, page_size(), PROT_READ, MAP_SHARED, 0) !=
		    -EIO)
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, send_fd(pair[0], q.fd));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("step %d of the child",
				    WEXITSTATUS(status));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

/* A thread of the same address space is no stranger. */
TEST_F(mapping, same_address_space)
{
	int status;
	pid_t pid = vfork();

	if (!pid)
		_exit(raw_kick(&self->q, 1) ? 1 : 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* The mapping keeps the queue: what was submitted is served all the same. */
TEST_F(mapping, use_after_close)
{
	struct flipq_desc d = { .opcode = FLIPQ_OP_COMPRESS,
				.src_len = LEN, .dst_len = LEN };
	struct flipq_setup s = raw_setup(4, 1, LEN);
	struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_info before, with, after;
	u64 end = raw_now() + LONG_TIME;
	struct rawq q;

	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, raw_quiet(1, &before));
	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_info(&with));
	*raw_desc(&q, 0, 0) = d;
	ASSERT_EQ(0, raw_submit(&q, 0, 1));
	close(q.fd);
	while (!flip_finished(&q.side[0])) {
		ASSERT_GT(end, raw_now());
		raw_sleep(MSEC);
	}
	EXPECT_EQ(0, raw_result(&q, 0, 0)->status);
	memset(q.sub, 0xff, q.setup.sub_size);
	ASSERT_EQ(0, raw_info(&after));
	EXPECT_EQ(with.queues, after.queues);
	ASSERT_EQ(0, raw_unmap(&q));
	nothing_left(_metadata, &before);
	EXPECT_EQ(with.queues - 1, before.queues);
}

/* Part of a mapping may go; the kernel's view of it is its own. */
TEST_F(mapping, partly_unmapped)
{
	struct flipq_setup s = raw_setup(1, 2, 64);
	struct rawq q;

	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, munmap(q.sub + q.setup.sub_stride, q.setup.sub_stride));
	EXPECT_EQ(0, raw_alive(&q));
	EXPECT_EQ(0, raw_kick(&q, 3));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

TEST_HARNESS_MAIN
