// SPDX-License-Identifier: GPL-2.0-only
/*
 * messages - what goes wrong with opening a queue on a real system, and that
 * the library's words for it name the cause
 */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <flipq.h>

#include "common.h"

#define SLOT 65536U

/* Open a queue on @device, NULL for the real one. Return: 0 or its errno. */
static int try_open(const char *device)
{
	struct flipq_config c = { .device = device, .slots = 8,
				  .partitions = 1, .in_size = SLOT,
				  .out_size = SLOT };
	struct flipq *q;
	int error = flipq_open(&q, &c);

	flipq_close(q);
	return error;
}

/* Is the error that came the one to come, and do the words for it say why? */
static void named(struct __test_metadata *_metadata, int expected, int error,
		  const char *word)
{
	const char *words = flipq_open_error(error);

	TH_LOG("%s: %s", strerror(-error), words);
	EXPECT_EQ(expected, error);
	EXPECT_NE(NULL, strstr(words, word));
}

/* The same of opening @device. */
#define EXPECT_NAMED(expected, device, word)				\
	named(_metadata, expected, try_open(device), word)

/* What a child makes of it that may not be what it was any more. */
static int in_child(int (*prepare)(void))
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		int error = prepare();

		_exit(error ? 255 : -try_open(NULL));
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

TEST(no_such_device)
{
	EXPECT_NAMED(-ENOENT, "/dev/no/flipq", "modprobe flipq");
	EXPECT_NAMED(-ENOTDIR, "/dev/null/flipq", "modprobe flipq");
}

TEST(directory)
{
	EXPECT_NAMED(-EISDIR, "/dev", "directory");
}

/* A node of a misc device that went, and one whose driver never was. */
TEST(stale_node)
{
	static const char path[] = "/tmp/flipq.stale";
	const dev_t gone[] = { makedev(10, 1048575), makedev(4000, 1) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gone); i++) {
		int error;

		unlink(path);
		if (mknod(path, S_IFCHR | 0600, gone[i]))
			SKIP(return, "device nodes cannot be made here");
		error = try_open(path);
		named(_metadata, -ENXIO, error, "modprobe flipq");
		EXPECT_EQ(NULL, strstr(flipq_open_error(error), "worker"));
	}
	unlink(path);
}

TEST(other_device)
{
	EXPECT_NAMED(-ENOTTY, "/dev/null", "not a flipq device");
}

static int lock_all(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2];
	const struct rlimit little = { 65536, 65536 };

	if (syscall(SYS_capget, &h, d))
		return -errno;
	d[0].effective &= ~(1U << CAP_IPC_LOCK);
	d[0].permitted &= ~(1U << CAP_IPC_LOCK);
	if (syscall(SYS_capset, &h, d) || setrlimit(RLIMIT_MEMLOCK, &little) ||
	    mlockall(MCL_FUTURE))
		return -errno;
	return 0;
}

TEST(locked_memory)
{
	DEVICE_OR_SKIP(return);
	named(_metadata, -EAGAIN, in_child(lock_all), "mlockall");
}

/* Every ioctl is unknown, as some sandboxes have it. */
static int no_ioctl(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = {
		.len = ARRAY_SIZE(code),
		.filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return -errno;
	return 0;
}

TEST(sandbox)
{
	DEVICE_OR_SKIP(return);
	if (prctl(PR_GET_SECCOMP) < 0)
		SKIP(return, "this kernel has no seccomp");
	named(_metadata, -ENOSYS, in_child(no_ioctl), "seccomp");
}

TEST_HARNESS_MAIN
