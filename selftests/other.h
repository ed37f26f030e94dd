/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * other.h - the device as other users have it, from a test that root runs
 *
 * A call is made by a child that has become somebody else, on a descriptor that
 * the test opened. A queue that it sets up is the child's, whose end leaves it
 * to the test to close the queue.
 */
#ifndef SELFTEST_OTHER_H
#define SELFTEST_OTHER_H

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "raw.h"

#define NO_NAMESPACES	"no user namespaces"

/* At the start of a test that needs them. */
static inline bool no_namespaces(void)
{
	return access("/proc/self/uid_map", F_OK);
}

/* What other_call() returns where the child could not become that user. */
#define OTHER_FAILED	(-250)

/**
 * struct other - somebody else
 * @uid: as the namespace has it
 * @gid: of the initial one; 0 for one of no meaning
 * @ns: user namespace, or 0 for the test's own
 * @unshare: in one more, made by who it is by then, without any uid
 */
struct other {
	uid_t uid;
	gid_t gid;
	int ns;
	bool unshare;
};

static inline int other_become(const struct other *o)
{
	const gid_t gid = o->gid ? o->gid : 65534;

	if (o->ns) {
		/* its group of the same number is there, too */
		if (setns(o->ns, CLONE_NEWUSER) ||
		    setresgid(o->uid, o->uid, o->uid))
			return -errno;
	} else if (setgroups(0, NULL) || setresgid(gid, gid, gid)) {
		return -errno;
	}
	if (setresuid(o->uid, o->uid, o->uid))
		return -errno;
	return o->unshare && unshare(CLONE_NEWUSER) ? -errno : 0;
}

/* @call(@arg) by them. It returns 0 or a negative errno, and so does this. */
static inline int other_call(const struct other *o, int (*call)(void *arg),
			     void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(other_become(o) ? -OTHER_FAILED : -call(arg));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return OTHER_FAILED;
	return -WEXITSTATUS(status);
}

/**
 * struct other_ioctl - a call on the device
 * @fd: device
 * @cmd: call
 * @arg: its struct, in memory that is shared with the child
 */
struct other_ioctl {
	int fd;
	unsigned long cmd;
	void *arg;
};

static inline int other_ioctl_run(void *arg)
{
	const struct other_ioctl *c = arg;

	return raw_ioctl(c->fd, c->cmd, c->arg);
}

/* An ioctl by them, with a struct of @size bytes. */
static inline int other_ioctl(const struct other *o, int fd, unsigned long cmd,
			      void *arg, size_t size)
{
	struct other_ioctl c = { .fd = fd, .cmd = cmd };
	int error;

	c.arg = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.arg == MAP_FAILED)
		return -errno;
	memcpy(c.arg, arg, size);
	error = other_call(o, other_ioctl_run, &c);
	memcpy(arg, c.arg, size);
	munmap(c.arg, size);
	return error;
}

/* A queue of theirs. Return: the descriptor that holds it, or an errno. */
static inline int other_setup(const struct other *o, struct flipq_setup s)
{
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	error = other_ioctl(o, fd, FLIPQ_IOC_SETUP, &s, sizeof(s));
	if (!error)
		return fd;
	close(fd);
	return error;
}

static inline int other_info(const struct other *o, struct flipq_info *info)
{
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	error = other_ioctl(o, fd, FLIPQ_IOC_INFO, info, sizeof(*info));
	close(fd);
	return error;
}

static inline int other_write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, map, strlen(map));
	close(fd);
	return n == (ssize_t)strlen(map) ? 0 : -EIO;
}

/* Who stays in a new namespace until it is killed. */
static inline void other_stay(uid_t owner, int ready)
{
	if (setresuid(owner, owner, owner) || unshare(CLONE_NEWUSER))
		_exit(1);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/*
 * A user namespace that @owner made, with @map as its uid_map, and groups alike.
 * Return: it, to be closed, after which nothing of it is left but what the kernel
 * holds; or an errno.
 */
static inline int other_namespace(uid_t owner, const char *map)
{
	int ready[2], ns = -ECHILD;
	char path[64], byte;
	pid_t pid;

	if (pipe(ready))
		return -errno;
	pid = fork();
	if (!pid)
		other_stay(owner, ready[1]);
	close(ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) == 1) {
		ns = other_write_map(pid, "uid_map", map);
		if (!ns)
			ns = other_write_map(pid, "gid_map", map);
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		if (!ns)
			ns = open(path, O_RDONLY | O_CLOEXEC);
	}
	close(ready[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return ns;
}

#endif /* SELFTEST_OTHER_H */
