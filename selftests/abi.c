// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi - the rules that all ioctls share: numbers, sizes, trailing bytes,
 * reserved members, pointers, 32-bit callers, calls before set-up
 */
#include <assert.h>
#include <signal.h>
#include <sys/utsname.h>

#include "common.h"
#include "device/layout.h"
#include "own.h"

/* Larger than any struct of the ABI, by more than a few trailing bytes. */
#define ROOM 4096

/*
 * Each ioctl, with a struct that it accepts on a queue of one partition of a
 * worker and one of the owner's. A second set-up is refused, so SETUP has a
 * device of its own each time.
 */
struct call {
	const char *name;
	unsigned long cmd;
	u32 size;
	u32 zero;	/* from here on all must be 0: reserved or an answer */
	u32 flags;	/* that are known; their place is the same in all */
	bool silent;	/* there is no answer, unless it is asked for */
};

#define CALL(call, type, zero_from)					\
	.name = #call, .cmd = FLIPQ_IOC_##call,				\
	.size = sizeof(struct type),					\
	.zero = (u32)offsetof(struct type, zero_from)

static const struct call calls[] = {
	{ CALL(INFO, flipq_info, abi) },
	{ CALL(CODEC, flipq_codec_info, algorithm) },
	{ CALL(SETUP, flipq_setup, reserved0), .flags = FLIPQ_SETUP_FLAGS },
	{ CALL(ENTER, flipq_enter, ready), .flags = FLIPQ_ENTER_FLAGS,
	  .silent = true },
	{ CALL(STATS, flipq_stats, cpu) },
	{ CALL(SERVE, flipq_serve, served) },
	{ CALL(CANCEL, flipq_cancel, cancelled), .flags = FLIPQ_CANCEL_FLAGS },
	{ CALL(PROBE, flipq_probe, known) },
};

#define FLAGS_OFFSET 4

#define NR_CALLS ARRAY_SIZE(calls)

/* On a device that is right for the call: set up, but fresh for SETUP. */
static int invoke(const struct call *c, void *arg)
{
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	if (c->cmd != FLIPQ_IOC_SETUP) {
		struct flipq_setup s = own_setup(1, 1, 1, 64);

		error = raw_ioctl(fd, FLIPQ_IOC_SETUP, &s);
		if (error) {
			close(fd);
			return error;
		}
	}
	error = raw_ioctl(fd, c->cmd, arg);
	close(fd);
	return error;
}

/* A struct that the call accepts, with zeros behind it. */
static void accepted(const struct call *c, u8 *room)
{
	memset(room, 0, ROOM);
	if (c->cmd == FLIPQ_IOC_SETUP) {
		struct flipq_setup s = raw_setup(1, 1, 64);

		memcpy(room, &s, sizeof(s));
	}
	if (c->cmd == FLIPQ_IOC_SERVE)
		((struct flipq_serve *)(void *)room)->partition = 1;
	memcpy(room, &c->size, sizeof(c->size));
}

static void set_size(u8 *room, u32 size)
{
	memcpy(room, &size, sizeof(size));
}

static void set_u32(u8 *room, u32 offset, u32 value)
{
	memcpy(room + offset, &value, sizeof(value));
}

TEST(accepted_as_is)
{
	u8 room[ROOM];
	size_t i;

	DEVICE_OR_SKIP(return);
	for (i = 0; i < NR_CALLS; i++) {
		accepted(&calls[i], room);
		EXPECT_EQ(0, invoke(&calls[i], room))
			TH_LOG("%s", calls[i].name);
	}
}

TEST(unknown_ioctl)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	u8 room[ROOM] = { 0 };
	struct rawq q;
	const unsigned long unknown[] = {
		_IO(FLIPQ_IOC_MAGIC, 0x3f),
		_IO(FLIPQ_IOC_MAGIC, 0x48),
		_IO(FLIPQ_IOC_MAGIC, 0xff),
		_IO(FLIPQ_IOC_MAGIC, 0),
		_IO(FLIPQ_IOC_MAGIC + 1, 0x40),
		_IOWR(FLIPQ_IOC_MAGIC, 0x40, struct flipq_info),
		_IOR(FLIPQ_IOC_MAGIC, 0x43, struct flipq_enter),
	};
	size_t i;

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_open(&q, &s));
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_EQ(-ENOTTY, raw_ioctl(q.fd, unknown[i], room))
			TH_LOG("ioctl %#lx", unknown[i]);
	}
	EXPECT_EQ(0, raw_alive(&q));
}

TEST(size_too_small)
{
	u8 room[ROOM];
	const struct call *c;
	u32 size;

	DEVICE_OR_SKIP(return);
	for (c = calls; c < calls + NR_CALLS; c++) {
		for (size = 0; size < c->size; size += size < 8 ? 1 : 8) {
			accepted(c, room);
			set_size(room, size);
			EXPECT_EQ(-EINVAL, invoke(c, room))
				TH_LOG("%s, size %u", c->name, size);
		}
		accepted(c, room);
		set_size(room, c->size - 1);
		EXPECT_EQ(-EINVAL, invoke(c, room))
			TH_LOG("%s, size %u", c->name, c->size - 1);
	}
}

TEST(trailing_zeros)
{
	u8 room[ROOM];
	const struct call *c;
	u32 i;

	DEVICE_OR_SKIP(return);
	for (c = calls; c < calls + NR_CALLS; c++) {
		const u32 sizes[] = { c->size + 1, c->size + 8, ROOM };

		for (i = 0; i < 3; i++) {
			u32 at;

			accepted(c, room);
			set_size(room, sizes[i]);
			EXPECT_EQ(0, invoke(c, room))
				TH_LOG("%s, size %u", c->name, sizes[i]);
			for (at = c->size; at < ROOM && !room[at]; at++)
				;
			EXPECT_EQ(ROOM, at)
				TH_LOG("%s: byte %u written", c->name, at);
		}
	}
}

TEST(trailing_bytes)
{
	u8 room[ROOM];
	const struct call *c;
	u32 i;

	DEVICE_OR_SKIP(return);
	for (c = calls; c < calls + NR_CALLS; c++) {
		const u32 sizes[] = { c->size + 1, c->size + 64, ROOM };

		for (i = 0; i < 3; i++) {
			accepted(c, room);
			set_size(room, sizes[i]);
			room[sizes[i] - 1] = 1;
			EXPECT_EQ(-E2BIG, invoke(c, room))
				TH_LOG("%s, size %u", c->name, sizes[i]);
		}
		/* A byte past the caller's size is not looked at. */
		accepted(c, room);
		room[c->size] = 1;
		EXPECT_EQ(0, invoke(c, room))
			TH_LOG("%s: byte past the size", c->name);
	}
}

/* Each byte of what is reserved, and of what is only an answer. */
TEST(members_that_are_zero)
{
	u8 room[ROOM];
	const struct call *c;
	u32 at;

	DEVICE_OR_SKIP(return);
	for (c = calls; c < calls + NR_CALLS; c++) {
		for (at = c->zero; at < c->size; at++) {
			accepted(c, room);
			room[at] = 1;
			EXPECT_EQ(-EINVAL, invoke(c, room))
				TH_LOG("%s, offset %u", c->name, at);
		}
	}
}

TEST(unknown_flags)
{
	u8 room[ROOM];
	const struct call *c;
	unsigned int bit;

	DEVICE_OR_SKIP(return);
	for (c = calls; c < calls + NR_CALLS; c++) {
		for (bit = 0; bit < 32; bit++) {
			if (c->flags & 1U << bit)
				continue;
			accepted(c, room);
			set_u32(room, FLAGS_OFFSET, 1U << bit);
			EXPECT_EQ(-EINVAL, invoke(c, room))
				TH_LOG("%s, flag bit %u", c->name, bit);
		}
	}
}

TEST(bad_pointers)
{
	size_t page = page_size();
	const struct call *c;
	u8 *two;

	DEVICE_OR_SKIP(return);
	two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, two);
	ASSERT_EQ(0, mprotect(two + page, page, PROT_NONE));
	for (c = calls; c < calls + NR_CALLS; c++) {
		u8 room[ROOM];

		EXPECT_EQ(-EFAULT, invoke(c, NULL)) TH_LOG("%s", c->name);
		EXPECT_EQ(-EFAULT, invoke(c, two + page))
			TH_LOG("%s, not readable", c->name);
		EXPECT_EQ(-EFAULT, invoke(c, (void *)0xffffffff81000000UL))
			TH_LOG("%s, a kernel address", c->name);
		accepted(c, room);
		memcpy(two + page - 8, room, 8);
		EXPECT_EQ(-EFAULT, invoke(c, two + page - 8))
			TH_LOG("%s, the end is not readable", c->name);
		memcpy(two + page - c->size, room, c->size);
		EXPECT_EQ(0, invoke(c, two + page - c->size))
			TH_LOG("%s, right before a hole", c->name);
		memset(two, 0, page);
		set_size(room, c->size + 8);
		memcpy(two + page - c->size, room, c->size);
		EXPECT_EQ(-EFAULT, invoke(c, two + page - c->size))
			TH_LOG("%s, trailing bytes not readable", c->name);
	}
}

/* What is answered cannot be written: nothing may have been done, either. */
TEST(read_only_answer)
{
	struct flipq_info before, after;
	const struct call *c;
	u8 *page;
	int fd;

	DEVICE_OR_SKIP(return);
	page = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	for (c = calls; c < calls + NR_CALLS; c++) {
		ASSERT_EQ(0, mprotect(page, ROOM, PROT_READ | PROT_WRITE));
		accepted(c, page);
		ASSERT_EQ(0, mprotect(page, ROOM, PROT_READ));
		if (c->cmd != FLIPQ_IOC_SETUP)
			EXPECT_EQ(c->silent ? 0 : -EFAULT, invoke(c, page))
				TH_LOG("%s", c->name);
	}
	ASSERT_EQ(0, mprotect(page, ROOM, PROT_READ | PROT_WRITE));
	accepted(&calls[2], page);
	ASSERT_EQ(0, mprotect(page, ROOM, PROT_READ));
	ASSERT_EQ(0, raw_quiet(0, &before));
	fd = raw_device();
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EFAULT, raw_ioctl(fd, FLIPQ_IOC_SETUP, page));
	ASSERT_EQ(0, raw_info(&after));
	EXPECT_EQ(before.queues, after.queues);
	EXPECT_EQ(before.total_bytes, after.total_bytes);
	ASSERT_EQ(0, mprotect(page, ROOM, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, raw_ioctl(fd, FLIPQ_IOC_SETUP, page));
}

TEST(before_setup)
{
	struct flipq_enter e = { .size = sizeof(e) };
	struct flipq_stats t = { .size = sizeof(t) };
	struct flipq_info i = { .size = sizeof(i) };
	struct flipq_codec_info c = { .size = sizeof(c) };
	struct flipq_serve v = { .size = sizeof(v) };
	struct flipq_cancel l = { .size = sizeof(l) };
	void *p;
	int fd;

	DEVICE_OR_SKIP(return);
	fd = raw_device();
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENXIO, raw_ioctl(fd, FLIPQ_IOC_ENTER, &e));
	EXPECT_EQ(-ENXIO, raw_ioctl(fd, FLIPQ_IOC_STATS, &t));
	EXPECT_EQ(-ENXIO, raw_ioctl(fd, FLIPQ_IOC_SERVE, &v));
	EXPECT_EQ(-ENXIO, raw_ioctl(fd, FLIPQ_IOC_CANCEL, &l));
	t.of = FLIPQ_STATS_PARTITION;
	EXPECT_EQ(-ENXIO, raw_ioctl(fd, FLIPQ_IOC_STATS, &t));
	p = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fd, 0);
	EXPECT_EQ(MAP_FAILED, p);
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(0, raw_ioctl(fd, FLIPQ_IOC_INFO, &i));
	EXPECT_EQ(0, raw_ioctl(fd, FLIPQ_IOC_CODEC, &c));
}

TEST(no_read_or_write)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct rawq q;
	char c = 0;

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(-1, read(q.fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(q.fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
}

#ifdef __x86_64__
/* ioctl as a 32-bit process would call it: through the compat entry. */
static long ioctl32(int fd, unsigned long cmd, void *arg)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret) :
		     "a" (54L), "b" ((long)fd), "c" (cmd), "d" (arg) :
		     "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void no_int80(int signal)
{
	(void)signal;
	_exit(1);
}

/* Without 32-bit emulation the instruction is a fault, or does nothing. */
static bool has_int80(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* The kernel logs only faults that nobody handles. */
		signal(SIGSEGV, no_int80);
		/* Not a descriptor: EBADF if the call exists. */
		_exit(ioctl32(-1, FLIPQ_IOC_INFO, NULL) == -EBADF ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

TEST(caller_of_32_bits)
{
	const struct call *c;
	u8 *low;
	int fd;

	DEVICE_OR_SKIP(return);
	if (!has_int80())
		SKIP(return, "this kernel runs no 32-bit system calls");
	low = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, low);
	for (c = calls; c < calls + NR_CALLS; c++) {
		fd = raw_device();
		ASSERT_LE(0, fd);
		accepted(c, low);
		EXPECT_EQ(-ENOTTY, ioctl32(fd, c->cmd, low))
			TH_LOG("%s", c->name);
		close(fd);
	}
}
#endif

TEST_HARNESS_MAIN
