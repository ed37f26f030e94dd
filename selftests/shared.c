// SPDX-License-Identifier: GPL-2.0-only
/*
 * shared - who may use shared workers (parameter shared_gid), and how library
 * and tool get along without them
 */
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "common.h"
#include "data.h"
#include "flipq.h"
#include "other.h"
#include "params.h"

#define ALICE	1001
#define GROUP	4242
#define SIZE	65536U

FIXTURE(shared) {
	struct param gid;
	mode_t mode;
};

FIXTURE_SETUP(shared)
{
	struct stat st;

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, param_open(&self->gid, "shared_gid"));
	ASSERT_EQ(0, stat(DEVICE, &st));
	self->mode = st.st_mode & 07777;
	ASSERT_EQ(0, param_set(&self->gid, GROUP));
	ASSERT_EQ(0, chmod(DEVICE, 0666));
}

FIXTURE_TEARDOWN(shared)
{
	EXPECT_EQ(0, chmod(DEVICE, self->mode));
	EXPECT_EQ(0, param_restore(&self->gid));
}

/* Can they set up so many partitions of each kind? 0 or an errno. */
static int try_setup(const struct other *o, unsigned int shared,
		     unsigned int owned)
{
	struct flipq_setup s = raw_setup(1, shared, 64);
	int fd;

	s.owner_partitions = owned;
	fd = other_setup(o, s);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

TEST_F(shared, others)
{
	const struct other alice = { .uid = ALICE };
	struct flipq_info info;

	EXPECT_EQ(-EPERM, try_setup(&alice, 1, 0));
	EXPECT_EQ(-EPERM, try_setup(&alice, 0, 0));
	EXPECT_EQ(-EPERM, try_setup(&alice, 1, 1));
	EXPECT_EQ(0, try_setup(&alice, 0, 1));
	EXPECT_EQ(0, try_setup(&alice, 0, 64));
	ASSERT_EQ(0, other_info(&alice, &info));
	EXPECT_EQ(0, info.default_partitions);
	EXPECT_LE(1, info.workers);
}

TEST_F(shared, members)
{
	const struct other member = { .uid = ALICE, .gid = GROUP };
	const struct other other = { .uid = ALICE, .gid = GROUP + 1 };
	struct flipq_info info;

	EXPECT_EQ(0, try_setup(&member, 1, 0));
	EXPECT_EQ(0, try_setup(&member, 0, 0));
	ASSERT_EQ(0, other_info(&member, &info));
	EXPECT_LE(1, info.default_partitions);
	EXPECT_EQ(-EPERM, try_setup(&other, 1, 0));
}

static int with_more_groups(void *arg)
{
	const gid_t groups[] = { GROUP + 1, GROUP };
	struct flipq_setup s = raw_setup(1, 1, 64);

	if (setgroups(2, groups) || setresuid(ALICE, ALICE, ALICE))
		return -ENOTRECOVERABLE;
	return raw_ioctl(*(int *)arg, FLIPQ_IOC_SETUP, &s);
}

/* The group may be any of those that a process has. */
TEST_F(shared, supplementary_group)
{
	const struct other root = { .uid = 0 };
	int fd = raw_device();

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, other_call(&root, with_more_groups, &fd));
	close(fd);
}

TEST_F(shared, root)
{
	const struct other root = { .uid = 0 };

	EXPECT_EQ(0, try_setup(&root, 1, 0));
	EXPECT_EQ(0, try_setup(&root, 0, 0));
}

static int setup_with_nice(void *arg)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = 1U << CAP_SYS_NICE,
		  .permitted = 1U << CAP_SYS_NICE },
	};
	struct flipq_setup s = raw_setup(1, 1, 64);

	if (prctl(PR_SET_KEEPCAPS, 1) || setresuid(ALICE, ALICE, ALICE) ||
	    syscall(SYS_capset, &head, data))
		return -ENOTRECOVERABLE;
	return raw_ioctl(*(int *)arg, FLIPQ_IOC_SETUP, &s);
}

TEST_F(shared, capability)
{
	const struct other root = { .uid = 0 };
	int fd = raw_device();

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, other_call(&root, setup_with_nice, &fd));
	close(fd);
}

/* The same capability over a namespace of one's own does not count. */
TEST_F(shared, capability_in_a_namespace)
{
	struct other own = { .uid = 0 };

	if (no_namespaces())
		SKIP(return, NO_NAMESPACES);
	own.ns = other_namespace(ALICE, "0 1001 1");
	ASSERT_LT(0, own.ns);
	EXPECT_EQ(-EPERM, try_setup(&own, 1, 0));
	close(own.ns);
}

TEST_F(shared, parameter)
{
	const struct other alice = { .uid = ALICE };

	EXPECT_EQ(-EINVAL, param_write(&self->gid, "-2"));
	EXPECT_EQ(-EINVAL, param_write(&self->gid, "staff"));
	EXPECT_EQ(-EPERM, try_setup(&alice, 1, 0));
	ASSERT_EQ(0, param_write(&self->gid, "-1"));
	EXPECT_EQ(0, try_setup(&alice, 1, 0));
	/* a group 0 is one like others */
	ASSERT_EQ(0, param_write(&self->gid, "0"));
	EXPECT_EQ(-EPERM, try_setup(&alice, 1, 0));
}

static const struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };

static struct flipq_config lib_config(void)
{
	return (struct flipq_config) {
		.in_size = SIZE, .out_size = SIZE, .codecs = &lz4,
		.nr_codecs = 1,
	};
}

/* A program that knows nothing of all this: 0, or -ENOTRECOVERABLE and so on. */
static int lib_program(struct flipq *q)
{
	struct flipq_event e;
	unsigned int i;
	int slot, done = 0;

	for (i = 0; i < 20; i++) {
		slot = flipq_get(q);
		if (slot < 0)
			return slot;
		data_text(flipq_input(q, slot), SIZE, i);
		slot = flipq_prep_compress(q, slot, 0, SIZE, SIZE, 0, i);
		if (slot)
			return slot;
	}
	if (flipq_submit_and_wait(q, 10, LONG_TIME) < 10)
		return -ETIME;
	while (done < 20) {
		while (flipq_peek(q, &e) == 1) {
			if (e.status || !e.len || e.len >= SIZE)
				return -EPROTO;
			flipq_seen(q, e.slot);
			done++;
		}
		if (done < 20 && flipq_wait(q, 1, LONG_TIME) < 1)
			return -ETIME;
	}
	return 0;
}

static int lib_default(void *arg)
{
	struct flipq_config c = lib_config();
	struct flipq *q;
	int error = flipq_open(&q, &c);

	(void)arg;
	if (error)
		return error;
	if (!flipq_stand_ins(q) || flipq_owner_partitions(q) ||
	    flipq_stand_ins(q) != flipq_partitions(q))
		return -ENOTRECOVERABLE;
	error = lib_program(q);
	flipq_close(q);
	return error;
}

/* Nothing but poll() tells it of completions. */
static int lib_poll(void *arg)
{
	struct flipq_config c = lib_config();
	struct pollfd p = { .events = POLLIN };
	struct flipq_event e;
	struct flipq *q;
	int error;

	(void)arg;
	c.partitions = 3;
	error = flipq_open(&q, &c);
	if (error)
		return error;
	if (flipq_partitions(q) != 3 || flipq_stand_ins(q) != 3)
		return -ENOTRECOVERABLE;
	p.fd = flipq_fd(q);
	flipq_prep_nop(q, flipq_get(q), 7);
	if (flipq_submit(q) != 1)
		return -EIO;
	if (poll(&p, 1, (int)(LONG_TIME / MSEC)) != 1)
		return -ETIME;
	if (flipq_peek(q, &e) != 1 || e.user_data != 7)
		return -EPROTO;
	flipq_close(q);
	return 0;
}

static int lib_shared_only(void *arg)
{
	struct flipq_config c = lib_config();
	struct flipq *q;

	(void)arg;
	c.shared_only = 1;
	return flipq_open(&q, &c);
}

static int lib_shared(void *arg)
{
	struct flipq_config c = lib_config();
	struct flipq *q;
	int error = flipq_open(&q, &c);

	(void)arg;
	if (error)
		return error;
	if (flipq_stand_ins(q))
		return -ENOTRECOVERABLE;
	error = lib_program(q);
	flipq_close(q);
	return error;
}

TEST_F(shared, library)
{
	const struct other alice = { .uid = ALICE };
	const struct other member = { .uid = ALICE, .gid = GROUP };

	EXPECT_EQ(0, other_call(&alice, lib_default, NULL));
	EXPECT_EQ(0, other_call(&alice, lib_poll, NULL));
	EXPECT_EQ(-EPERM, other_call(&alice, lib_shared_only, NULL));
	EXPECT_NE(NULL, strstr(flipq_open_error(-EPERM), "shared_gid"));
	EXPECT_EQ(0, other_call(&member, lib_shared, NULL));
	EXPECT_EQ(0, other_call(&member, lib_shared_only, NULL));
}

/**
 * struct tool - a run of the tool
 * @argv: of it
 * @in: its stdin
 * @out: its stdout
 * @err: its stderr
 */
struct tool {
	const char *const *argv;
	int in;
	int out;
	int err;
};

static int tool_run(void *arg)
{
	const struct tool *t = arg;

	dup2(t->in, STDIN_FILENO);
	dup2(t->out, STDOUT_FILENO);
	dup2(t->err, STDERR_FILENO);
	execvp(t->argv[0], (char *const *)(uintptr_t)t->argv);
	return -ENOENT;
}

static int temporary(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR, 0600);
}

/* The tool as @o, from @in to @out; what it says is at @text. */
static int tool(const struct other *o, const char *const *argv, int in, int out,
		char *text, size_t room)
{
	struct tool t = { .argv = argv, .in = in, .out = out,
			  .err = temporary() };
	ssize_t n;
	int error;

	if (t.err < 0)
		return -errno;
	lseek(in, 0, SEEK_SET);
	error = other_call(o, tool_run, &t);
	n = pread(t.err, text, room - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	close(t.err);
	return error;
}

TEST_F(shared, tool)
{
	static const char *const pack[] = { "flipq", "compress", "-v", "-b",
					    "64K", "-c", NULL };
	static const char *const unpack[] = { "flipq", "decompress", "-v",
					      "-c", NULL };
	const struct other alice = { .uid = ALICE };
	const struct other member = { .uid = ALICE, .gid = GROUP };
	int plain = temporary(), packed = temporary(), back = temporary();
	static u8 text[1 << 20], again[1 << 20];
	char said[4096];

	if (tool(&member, pack, plain, packed, said, sizeof(said)) == -ENOENT)
		SKIP(return, "no flipq on PATH");
	ASSERT_LE(0, back);
	data_text(text, sizeof(text), 1);
	ASSERT_EQ(sizeof(text), write(plain, text, sizeof(text)));
	ASSERT_EQ(0, ftruncate(packed, 0));
	ASSERT_EQ(0, lseek(packed, 0, SEEK_SET));

	EXPECT_EQ(0, tool(&alice, pack, plain, packed, said, sizeof(said)));
	EXPECT_NE(NULL, strstr(said, "server: pool\n")) TH_LOG("%s", said);
	EXPECT_NE(NULL, strstr(said, "shared_gid")) TH_LOG("%s", said);
	EXPECT_EQ(0, tool(&alice, unpack, packed, back, said, sizeof(said)));
	EXPECT_NE(NULL, strstr(said, "server: pool\n")) TH_LOG("%s", said);
	ASSERT_EQ(sizeof(again), pread(back, again, sizeof(again), 0));
	EXPECT_EQ(0, memcmp(text, again, sizeof(text)));

	ASSERT_EQ(0, lseek(packed, 0, SEEK_SET));
	EXPECT_EQ(0, tool(&member, pack, plain, packed, said, sizeof(said)));
	EXPECT_NE(NULL, strstr(said, "server: shared\n")) TH_LOG("%s", said);
	EXPECT_EQ(NULL, strstr(said, "shared_gid")) TH_LOG("%s", said);
	close(plain);
	close(packed);
	close(back);
}

/* It says what it cannot show, and fails for nothing of it. */
TEST_F(shared, tool_info)
{
	static const char *const argv[] = { "flipq", "info", NULL };
	const struct other alice = { .uid = ALICE };
	int in = temporary(), out = temporary(), error;
	char text[4096], said[256];
	ssize_t n;

	ASSERT_LE(0, out);
	error = tool(&alice, argv, in, out, said, sizeof(said));
	if (error == -ENOENT)
		SKIP(return, "no flipq on PATH");
	EXPECT_EQ(0, error) TH_LOG("%s", said);
	n = pread(out, text, sizeof(text) - 1, 0);
	ASSERT_LT(0, n);
	text[n] = '\0';
	EXPECT_NE(NULL, strstr(text, "shared_gid"));
	EXPECT_NE(NULL, strstr(text, "\nuser_queues: 0\n"));
	EXPECT_NE(NULL, strstr(text, "\nqueues: hidden"));
	close(in);
	close(out);
}

TEST_HARNESS_MAIN
