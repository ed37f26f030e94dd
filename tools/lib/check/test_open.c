// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_open.c - opening, the layout check, errors in words
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "tap.h"

static const struct flipq_codec codec = { .algorithm = FLIPQ_ALG_LZ4 };

static const struct flipq_config config = {
	.slots = 5,
	.partitions = 3,
	.in_size = 100,
	.out_size = 200,
	.codecs = &codec,
	.nr_codecs = 1,
};

/* Does an open that must fail do so, and leave nothing behind? */
static bool fails(struct fake *f, const struct flipq_config *c, int error)
{
	struct flipq *q = (void *)f;
	int ret = flipq_open_with(&f->sys, &q, c);
	bool good = ret == error && !q && f->opens == f->closes &&
		    f->maps == f->unmaps;

	if (!good)
		printf("# %d, want %d; opens %u closes %u maps %u unmaps %u\n",
		       ret, error, f->opens, f->closes, f->maps, f->unmaps);
	fake_destroy(f);
	return good;
}

static void test_good(void)
{
	unsigned char *seen[15];
	struct fake f;
	struct flipq *q;
	bool apart = true;
	int slot, other;

	fake_init(&f);
	is(flipq_open_with(&f.sys, &q, &config), 0, "opens");
	is(flipq_fd(q), FAKE_FD, "has the descriptor");
	is(flipq_slots(q), 5, "counts the slots of a partition");
	is(flipq_partitions(q), 3, "counts partitions");
	is(f.made.flags, 0, "leaves the spin budgets to the kernel");
	is(f.made.codecs, (uintptr_t)&codec, "passes the codecs");
	for (slot = 0; slot < 15; slot++) {
		seen[slot] = flipq_input(q, slot);
		memset(seen[slot], slot, 100);
		for (other = 0; other < slot; other++)
			apart &= seen[other][0] == other &&
				 seen[other][99] == other;
		apart &= !!flipq_output(q, slot);
	}
	ok(apart, "input buffers do not overlap");
	ok(!flipq_input(q, -1) && !flipq_input(q, 15) &&
	   !flipq_output(q, -1) && !flipq_output(q, 15),
	   "no buffer for a slot that is not there");
	flipq_close(q);
	ok(f.closes == 1 && f.unmaps == 2, "closes and unmaps");
	flipq_close(NULL);
	fake_destroy(&f);
}

static void test_defaults(void)
{
	struct flipq_config c = {
		.set_spin = 1, .worker_spin_ns = 7, .wait_spin_ns = 8,
	};
	struct fake f;
	struct flipq *q;

	fake_init(&f);
	is(flipq_open_with(&f.sys, &q, &c), 0, "opens without buffers");
	is(flipq_slots(q), 32, "with the kernel's number of slots");
	ok(!flipq_input(q, 0) && !flipq_output(q, 0), "has no buffers then");
	ok(f.made.flags == FLIPQ_SETUP_SPIN && f.made.worker_spin_ns == 7 &&
	   f.made.wait_spin_ns == 8, "passes the spin budgets");
	flipq_close(q);
	fake_destroy(&f);
}

static void test_failures(void)
{
	static const int errors[] = { ENOENT, ENXIO, EACCES, EMFILE, EISDIR,
				      ENOSYS };
	struct flipq_config bad = config;
	struct fake f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_init(&f);
		f.open_error = -errors[i];
		ok(fails(&f, &config, -errors[i]), "passes open's error on");
	}
	fake_init(&f);
	f.open_error = -ENODEV;
	ok(fails(&f, &config, -ENXIO), "a stale node is no missing worker");
	fake_init(&f);
	f.setup_error = -ENODEV;
	ok(fails(&f, &config, -ENODEV), "a missing worker is");
	fake_init(&f);
	f.open_error = -EPERM;
	ok(fails(&f, &config, -EACCES), "a device out of reach is EACCES");
	fake_init(&f);
	f.setup_error = -EPERM;
	ok(fails(&f, &config, -EPERM), "shared workers out of reach are EPERM");
	fake_init(&f);
	f.setup_error = -EDQUOT;
	ok(fails(&f, &config, -EDQUOT), "passes set-up's error on");
	fake_init(&f);
	f.setup_error = -ENOENT;
	ok(fails(&f, &config, -EOPNOTSUPP),
	   "an unknown algorithm is no missing device");
	bad.arena_size = 4096;
	for (i = 1; i <= 3; i++) {
		fake_init(&f);
		f.map_error = -EAGAIN;
		f.map_fails = i;
		ok(fails(&f, &bad, -EAGAIN), "passes mmap's error on");
	}
	bad = config;
	bad.policy = (enum flipq_policy)5;
	fake_init(&f);
	ok(fails(&f, &bad, -EINVAL) && !f.opens, "refuses an unknown policy");
	bad = config;
	bad.codecs = NULL;
	fake_init(&f);
	ok(fails(&f, &bad, -EINVAL) && !f.opens, "refuses codecs at NULL");
}

/* How many partitions stand in for shared workers, of so many asked for? */
static void barred(unsigned int cpus, unsigned int parts, unsigned int owner,
		   unsigned int stand_ins)
{
	struct flipq_config c = config;
	struct flipq *q = NULL;
	struct fake f;

	c.partitions = parts;
	c.owner_partitions = owner;
	fake_init(&f);
	f.barred = true;
	f.cpus = cpus;
	is(flipq_open_with(&f.sys, &q, &c), 0, "opens without shared workers");
	is(flipq_stand_ins(q), stand_ins, "so many stand in for them");
	is(flipq_owner_partitions(q), owner, "the others are as asked for");
	is(flipq_partitions(q), stand_ins + owner, "and there are no more");
	ok(!f.made.partitions && f.made.owner_partitions == stand_ins + owner,
	   "all are owner-served to the kernel");
	flipq_close(q);
	fake_destroy(&f);
}

static void test_barred(void)
{
	struct flipq_config c = config;
	struct fake f;

	barred(3, 0, 0, 3);
	barred(20, 0, 0, 8);
	barred(3, 5, 0, 5);
	barred(3, 5, 2, 5);
	barred(3, 0, 2, 0);
	c.shared_only = 1;
	fake_init(&f);
	f.barred = true;
	ok(fails(&f, &c, -EPERM), "fails where nothing else will do");
}

static void slots_none(struct flipq_setup *s)
{
	s->slots = 0;
}

static void slots_many(struct flipq_setup *s)
{
	s->slots = 65;
}

static void parts_none(struct flipq_setup *s)
{
	s->partitions = 0;
}

static void owner_many(struct flipq_setup *s)
{
	s->partitions = 32;
	s->owner_partitions = 33;
}

static void owner_wraps(struct flipq_setup *s)
{
	s->partitions = 2;
	s->owner_partitions = ~0U;
}

static void parts_many(struct flipq_setup *s)
{
	s->partitions = 65;
}

static void sub_short(struct flipq_setup *s)
{
	s->sub_size -= 8;
}

static void comp_short(struct flipq_setup *s)
{
	s->comp_size -= 8;
}

static void desc_on_words(struct flipq_setup *s)
{
	s->desc_offset = 64;
}

static void desc_odd(struct flipq_setup *s)
{
	s->desc_offset += 4;
}

static void in_past_end(struct flipq_setup *s)
{
	s->in_offset = s->sub_stride - 64;
}

static void in_narrow(struct flipq_setup *s)
{
	s->in_stride = 96;
}

static void desc_narrow(struct flipq_setup *s)
{
	s->desc_stride = 56;
}

static void desc_wide(struct flipq_setup *s)
{
	s->desc_stride = s->sub_stride;
}

static void result_narrow(struct flipq_setup *s)
{
	s->result_stride = 24;
}

static void result_odd(struct flipq_setup *s)
{
	s->result_stride = 36;
}

static void result_past_end(struct flipq_setup *s)
{
	s->result_offset = s->comp_stride;
}

static void out_huge(struct flipq_setup *s)
{
	s->out_stride = ~7U;
}

static void out_on_words(struct flipq_setup *s)
{
	s->out_offset = 0;
}

static void test_layout(void)
{
	static void (*const tamper[])(struct flipq_setup *) = {
		slots_none, slots_many, parts_none, parts_many, owner_many,
		owner_wraps, sub_short,
		comp_short, desc_on_words, desc_odd, in_past_end, in_narrow,
		desc_narrow, desc_wide, result_narrow, result_odd,
		result_past_end, out_huge, out_on_words,
	};
	struct fake f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tamper); i++) {
		fake_init(&f);
		f.tamper = tamper[i];
		ok(fails(&f, &config, -EPROTO), "refuses a senseless layout");
	}
}

/* The real system, which has neither of these as a queue. */
static void test_system(void)
{
	struct flipq_config c = config;
	struct flipq_codec_info codec_info;
	struct flipq_info info;
	struct flipq *q;

	c.device = "/nonexistent/flipq";
	is(flipq_open(&q, &c), -ENOENT, "no device is ENOENT");
	c.device = "/dev/null";
	is(flipq_open(&q, &c), -ENOTTY, "not a queue is ENOTTY");
	c.device = "/dev";
	is(flipq_open(&q, &c), -EISDIR, "a directory is EISDIR");
	c.device = "/dev/null/flipq";
	is(flipq_open(&q, &c), -ENOTDIR, "a path through a file is ENOTDIR");
	is(flipq_query_info("/nonexistent/flipq", &info), -ENOENT,
	   "info needs the device");
	is(flipq_query_codec("/dev/null", 0, 0, &codec_info), -ENOTTY,
	   "codec needs the device");
	is(flipq_query_known("/dev/null", FLIPQ_PROBE_OPCODE, 0), -ENOTTY,
	   "so does what is known");
}

/* No descriptor is left. */
static int no_files(void)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_NOFILE, &none);
}

/* A sandbox in which the system call @nr fails with @error. */
static int forbid(unsigned int nr, unsigned int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = {
		.len = ARRAY_SIZE(code),
		.filter = code,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int forbid_open(void)
{
	return forbid(SYS_openat, EPERM);
}

static int no_open(void)
{
	return forbid(SYS_openat, ENOSYS);
}

static int forbid_ioctl(void)
{
	return forbid(SYS_ioctl, EPERM);
}

static int no_ioctl(void)
{
	return forbid(SYS_ioctl, ENOSYS);
}

static const struct {
	const char *name;
	int (*prepare)(void);
	int error;
} limits[] = {
	{ "no descriptor is EMFILE", no_files, EMFILE },
	{ "a sandbox's EPERM for open is EACCES", forbid_open, EACCES },
	{ "its ENOSYS is ENOSYS", no_open, ENOSYS },
	{ "its EPERM for ioctl is EPERM", forbid_ioctl, EPERM },
	{ "its ENOSYS is ENOSYS", no_ioctl, ENOSYS },
};

/* In children, as what was forbidden stays so. */
static void test_limits(void)
{
	struct flipq_config c = config;
	struct flipq *q;
	size_t i;

	c.device = "/dev/null";
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		int status = 0;
		pid_t pid = fork();

		if (!pid)
			_exit(limits[i].prepare() ? 255 : -flipq_open(&q, &c));
		waitpid(pid, &status, 0);
		is(WEXITSTATUS(status), limits[i].error, limits[i].name);
	}
}

/* What the words for an error must name: the cause, and what to do. */
static const struct {
	int error;
	const char *cause;
	const char *advice;
} named[] = {
	{ ENOENT, "no such device", "modprobe flipq" },
	{ ENOTDIR, "no such device", "modprobe flipq" },
	{ ENXIO, "node without a device", "modprobe flipq" },
	{ EISDIR, "directory", "remove it" },
	{ ELOOP, "no such device", "link" },
	{ ENAMETOOLONG, "no such device", "path" },
	{ EACCES, "permission", "group flipq" },
	{ EACCES, "mode", "container" },
	{ EACCES, "sandbox", "seccomp" },
	{ EPERM, "shared_gid", "owner-served" },
	{ EPERM, "mode", "group" },
	{ EPERM, "sandbox", "seccomp" },
	{ ENODEV, "no worker", "parameter cpus" },
	{ ENODEV, "node without a device", "modprobe flipq" },
	{ EINVAL, "codec", "out of range" },
	{ EFAULT, "codecs", "cannot be read" },
	{ ENOTTY, "not a flipq device", "32-bit" },
	{ EROFS, "not a flipq device", "written" },
	{ ETXTBSY, "not a flipq device", "program" },
	{ EBUSY, "set up already", "queue" },
	{ EINTR, "signal", "again" },
	{ EMFILE, "max_user_queues", "ulimit -n" },
	{ ENFILE, "max_queues", "open files" },
	{ EDQUOT, "max_queue_bytes", "max_total_bytes" },
	{ ENOMEM, "memory", "max_worker_bytes" },
	{ ENOMEM, "ulimit -v", "vm.max_map_count" },
	{ EAGAIN, "mlockall", "ulimit -l" },
	{ EAGAIN, "locked memory", "RLIMIT_MEMLOCK" },
	{ ENOSYS, "sandbox", "seccomp" },
	{ EOPNOTSUPP, "codec", "flipq codecs" },
	{ EIO, "another process", "after fork" },
	{ ELIBACC, "codec's library", "install liblz4" },
	{ EPROTO, "do not match", "same version" },
	{ E2BIG, "do not match", "same version" },
};

static void test_named(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(named); i++) {
		const char *words = flipq_open_error(-named[i].error);

		ok(strstr(words, named[i].cause) &&
		   strstr(words, named[i].advice), words);
	}
}

/* Is there a row of named[] for each error that has words? */
static bool all_named(void)
{
	bool all = true;
	int error;

	for (error = 1; error < 4096; error++) {
		bool has = !strcmp(flipq_open_error(-error), "unknown error");
		size_t i;

		for (i = 0; i < ARRAY_SIZE(named); i++)
			has |= named[i].error == error;
		if (!has)
			printf("# %d: %s\n", error, flipq_open_error(-error));
		all &= has;
	}
	return all;
}

static void test_words(void)
{
	static const int request[] = {
		FLIPQ_STATUS_OK, FLIPQ_STATUS_ENOMEM, FLIPQ_STATUS_EFAULT,
		FLIPQ_STATUS_EINVAL, FLIPQ_STATUS_ENOSPC, FLIPQ_STATUS_EBADMSG,
		FLIPQ_STATUS_EOPNOTSUPP, FLIPQ_STATUS_ECANCELED, -EIO,
	};
	bool all = true;
	size_t i;

	ok(all_named(), "every error of opening has words, and a check of them");
	for (i = 0; i < ARRAY_SIZE(request); i++)
		all &= !strstr(flipq_request_error(request[i]), "unknown");
	ok(all, "every status of a request has words");
	ok(!!strstr(flipq_open_error(-EDQUOT), "max_user_bytes"),
	   "EDQUOT names the user's parameter, too");
	ok(!strcmp(flipq_open_error(-EXDEV), "unknown error") &&
	   !strcmp(flipq_request_error(-EXDEV), "unknown error"),
	   "others are unknown");
}

int main(void)
{
	test_good();
	test_defaults();
	test_failures();
	test_barred();
	test_layout();
	test_system();
	test_limits();
	test_named();
	test_words();
	return tap_end();
}
