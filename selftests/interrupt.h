/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interrupt.h - what makes a thread look up from a system call though nothing
 * happened that its program could know of
 */
#ifndef SELFTEST_INTERRUPT_H
#define SELFTEST_INTERRUPT_H

#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "raw.h"

#define CGROUPS		"/sys/fs/cgroup"
#define FROZEN_GROUP	CGROUPS "/flipq-interrupt"

enum interruption {
	INTERRUPT_STOP,		/* SIGSTOP and SIGCONT */
	INTERRUPT_DEBUGGER,	/* ptrace comes and goes */
	INTERRUPT_FREEZER,	/* the cgroup's */
	INTERRUPT_TASK_WORK,	/* io_uring's */
};

static inline int interrupt_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -EIO;
}

/* Stop @pid, the caller's child, and let it go on. */
static inline int interrupt_stop(pid_t pid)
{
	int status;

	if (kill(pid, SIGSTOP))
		return -errno;
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return -ECHILD;
	raw_sleep(5 * MSEC);
	return kill(pid, SIGCONT) ? -errno : 0;
}

/* Both ways there are. */
static inline int interrupt_attach(pid_t pid, bool seize)
{
	if (!seize)
		return ptrace(PTRACE_ATTACH, pid, 0, 0) ? -errno : 0;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return -errno;
	return 0;
}

/* Attach to @pid, the caller's child, and leave it. */
static inline int interrupt_debugger(pid_t pid, bool seize)
{
	int error = interrupt_attach(pid, seize), status;

	if (error)
		return error;
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return -ECHILD;
	return ptrace(PTRACE_DETACH, pid, 0, 0) ? -errno : 0;
}

/* Wait until the group is frozen, or is not. */
static inline int interrupt_frozen(bool frozen)
{
	u64 end = raw_now() + LONG_TIME;
	char text[128];
	ssize_t n;
	int fd;

	while (raw_now() < end) {
		fd = open(FROZEN_GROUP "/cgroup.events", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, frozen ? "frozen 1" : "frozen 0"))
			return 0;
		raw_sleep(MSEC);
	}
	return -ETIME;
}

static inline int interrupt_freeze(void)
{
	int error = interrupt_write(FROZEN_GROUP "/cgroup.freeze", "1");

	if (!error)
		error = interrupt_frozen(true);
	if (!error)
		error = interrupt_write(FROZEN_GROUP "/cgroup.freeze", "0");
	return error ? error : interrupt_frozen(false);
}

/* Put @pid into a group of its own. */
static inline int interrupt_group(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return interrupt_write(FROZEN_GROUP "/cgroup.procs", text);
}

/* Is io_uring not built in, or forbidden? */
static inline bool interrupt_no_ring(void)
{
	struct io_uring_params p = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 1, &p);

	if (fd < 0)
		return errno == ENOSYS || errno == EPERM;
	close(fd);
	return false;
}

/*
 * Each write to @event becomes work of the calling thread's from now on: a poll
 * that stays. The ring lives as long as the process.
 */
static inline int interrupt_ring(int event)
{
	struct io_uring_params p = { .flags = IORING_SETUP_CQSIZE,
				     .cq_entries = 1024 };
	int fd = (int)syscall(SYS_io_uring_setup, 4, &p);
	struct io_uring_sqe *sqe;
	u8 *ring;

	if (fd < 0)
		return -errno;
	ring = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(u32),
		    PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, IORING_OFF_SQES);
	if (ring == MAP_FAILED || sqe == MAP_FAILED)
		return -ENOMEM;
	sqe->opcode = IORING_OP_POLL_ADD;
	sqe->fd = event;
	sqe->len = IORING_POLL_ADD_MULTI;
	sqe->poll32_events = POLLIN;
	*(u32 *)(void *)(ring + p.sq_off.array) = 0;
	/* Pairs with the kernel's acquire: it sees the entry whole. */
	smp_store_release((u32 *)(void *)(ring + p.sq_off.tail), 1);
	return syscall(SYS_io_uring_enter, fd, 1, 0, 0, NULL, 0) == 1 ? 0 :
	       -EPROTO;
}

static inline int interrupt_work(int event)
{
	const u64 one = 1;

	return write(event, &one, sizeof(one)) == sizeof(one) ? 0 : -errno;
}

/* Interrupt @pid, the caller's child, for the @n-th time. */
static inline int interrupt_once(enum interruption how, pid_t pid, int event,
				 unsigned int n)
{
	switch (how) {
	case INTERRUPT_STOP:
		return interrupt_stop(pid);
	case INTERRUPT_DEBUGGER:
		return interrupt_debugger(pid, n % 2);
	case INTERRUPT_FREEZER:
		return interrupt_freeze();
	case INTERRUPT_TASK_WORK:
		return interrupt_work(event);
	}
	return -EINVAL;
}

/*
 * Make the group that is to be frozen, where that is @how. Return: why there is no
 * such interruption here, or NULL.
 */
static inline const char *interrupt_barred(enum interruption how)
{
	if (how == INTERRUPT_FREEZER) {
		if (access(CGROUPS "/cgroup.controllers", F_OK))
			return CGROUPS " is no cgroup2 hierarchy";
		if (mkdir(FROZEN_GROUP, 0755) && errno != EEXIST)
			return "no cgroup can be made in " CGROUPS;
	}
	if (how == INTERRUPT_TASK_WORK && interrupt_no_ring())
		return "no io_uring here";
	return NULL;
}

#endif /* SELFTEST_INTERRUPT_H */
