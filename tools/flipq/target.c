// SPDX-License-Identifier: GPL-2.0-only
/*
 * target.c - a file to be written: there whole, or not at all
 *
 * It is written without a name, or where the file system has no such files under
 * a temporary one, and gets its own when it is complete. File systems differ in
 * how a name can be given, so there are several ways to do it, down to a copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "descriptor.h"
#include "message.h"
#include "standard.h"
#include "target.h"
#include "tool.h"

#define TRIES	100

bool same_file(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return S_ISREG(a->st_mode) && S_ISREG(b->st_mode) &&
	       a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int is_input(const struct target *t)
{
	return fail(t->path, "is the input, too");
}

/* /dev/stdout and the like: where that is, with all that is there already. */
static int open_descriptor(struct target *t, int fd, const struct stat *input)
{
	struct stat there;

	if (standard_closed(fd))
		return fail(t->path, "is closed");
	t->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (t->fd < 0 || fstat(t->fd, &there))
		return fail(t->path, "%s", strerror(errno));
	if (input && same_file(input, &there))
		return is_input(t);
	t->in_place = true;
	return 0;
}

static int open_in_place(struct target *t, int flags)
{
	t->fd = openat(t->dir, t->base, O_WRONLY | O_CLOEXEC | flags);
	if (t->fd < 0)
		return fail(t->path, "%s", strerror(errno));
	t->in_place = true;
	t->fresh = flags & O_TRUNC;
	if (t->fresh)
		cleanup_empty(t->fd);
	return 0;
}

/* Nothing takes the place of what something is mounted on. */
static bool is_mount(const struct target *t)
{
	struct statx x;

	return !statx(t->dir, t->base, AT_SYMLINK_NOFOLLOW, 0, &x) &&
	       x.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* By which a file without a name is known. */
static const char *proc_path(const struct target *t)
{
	static char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", t->fd);
	return path;
}

static bool make_nameless(struct target *t)
{
	t->fd = openat(t->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return false;
	if (!access(proc_path(t), F_OK))
		return true;
	close(t->fd);
	t->fd = -1;
	return false;
}

/* @make: 0 once there is a file called t->temp */
static int find_temp(struct target *t, int (*make)(struct target *t))
{
	uint32_t number;
	sigset_t old;
	int i, err = -1;

	cleanup_hold(&old);
	for (i = 0; i < TRIES && err; i++) {
		if (getrandom(&number, sizeof(number), 0) < 0)
			number = (uint32_t)getpid() + (uint32_t)i;
		/* Short, whatever the name that it will have. */
		snprintf(t->temp, sizeof(t->temp), ".flipq-%08x", number);
		err = make(t);
		if (err && errno != EEXIST)
			break;
	}
	if (err)
		t->temp[0] = '\0';
	else
		cleanup_remove(t->dir, t->temp);
	cleanup_release(&old);
	return err;
}

static int create_temp(struct target *t)
{
	t->fd = openat(t->dir, t->temp,
		       O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return t->fd < 0 ? -1 : 0;
}

static int link_temp(struct target *t)
{
	return linkat(AT_FDCWD, proc_path(t), t->dir, t->temp,
		      AT_SYMLINK_FOLLOW);
}

static int open_directory(struct target *t)
{
	char *slash = strrchr(t->path, '/'), *dir;

	t->base = slash ? slash + 1 : t->path;
	if (!*t->base)
		return fail(t->path, "is a directory, expected a file");
	if (!slash)
		dir = strdup(".");
	else
		dir = strndup(t->path, (size_t)(slash - t->path) + 1);
	if (!dir)
		return fail(t->path, "no memory");
	t->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (t->dir < 0)
		return fail(t->path, "cannot create it: %s", strerror(errno));
	return 0;
}

/* What has that name already. 1 if something has, 0, or -1 after a message. */
static int look(const struct target *t, struct stat *there)
{
	if (!fstatat(t->dir, t->base, there, 0))
		return 1;
	/* A symlink to nowhere is something, too. */
	if (errno == ENOENT &&
	    !fstatat(t->dir, t->base, there, AT_SYMLINK_NOFOLLOW))
		there->st_mode = S_IFREG;
	else if (errno == ENOENT)
		return 0;
	else
		return fail(t->path, "%s", strerror(errno));
	there->st_ino = 0;
	return 1;
}

static int open_file(struct target *t, const struct stat *input)
{
	struct stat there;
	int found = look(t, &there);

	if (found < 0)
		return -1;
	if (found && input && same_file(input, &there))
		return is_input(t);
	/* A device or a FIFO is written to, never replaced. */
	if (found && !S_ISREG(there.st_mode))
		return open_in_place(t, 0);
	if (found && !t->force)
		return fail(t->path, "already exists; -f overwrites it");
	if (found && is_mount(t))
		return open_in_place(t, O_TRUNC);
	if (make_nameless(t) || !find_temp(t, create_temp)) {
		t->fresh = true;
		return 0;
	}
	/* It may be ours to write where the directory is not. */
	if (found && (errno == EACCES || errno == EPERM || errno == EROFS))
		return open_in_place(t, O_TRUNC);
	return fail(t->path, "cannot create it: %s", strerror(errno));
}

int target_open(struct target *t, const char *path, bool force,
		const struct stat *input)
{
	int fd = descriptor_of(path), err;

	*t = (struct target) { .fd = -1, .dir = -1, .force = force };
	t->path = strdup(path);
	if (!t->path)
		return fail(path, "no memory");
	if (fd >= 0)
		err = open_descriptor(t, fd, input);
	else
		err = open_directory(t) ? -1 : open_file(t, input);
	if (err)
		target_close(t);
	return err;
}

/*
 * As zstd and gzip do it: the group first, then the mode, then the owner, so
 * that the mode is never for others than it was meant for. Best effort: owner
 * and group are not everybody's to give.
 */
static void take_over(int fd, const struct stat *like)
{
	struct timespec times[] = { { .tv_nsec = UTIME_NOW }, like->st_mtim };

	if (fchown(fd, (uid_t)-1, like->st_gid))
		errno = 0;
	fchmod(fd, like->st_mode & 0777);
	if (fchown(fd, like->st_uid, (gid_t)-1))
		errno = 0;
	futimens(fd, times);
}

/* Without an input file to go by: as any new file. */
static void plain_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

static void set_mode(int fd, const struct stat *like)
{
	if (like && S_ISREG(like->st_mode))
		take_over(fd, like);
	else
		plain_mode(fd);
}

/* The last chance of a network file system or a quota to say no. */
static int check_written(const struct target *t)
{
	int fd = dup(t->fd);

	return fd < 0 || close(fd) ? fail(t->path, "%s", strerror(errno)) : 0;
}

/* A name that nothing has. Not every file system has all of these calls. */
static int take_name(struct target *t)
{
	if (!*t->temp)
		return linkat(AT_FDCWD, proc_path(t), t->dir, t->base,
			      AT_SYMLINK_FOLLOW);
	if (!renameat2(t->dir, t->temp, t->dir, t->base, RENAME_NOREPLACE))
		return 0;
	if (errno == EEXIST || linkat(t->dir, t->temp, t->dir, t->base, 0))
		return -1;
	unlinkat(t->dir, t->temp, 0);
	return 0;
}

/* A name that something may have. */
static int replace(struct target *t)
{
	if (!*t->temp && find_temp(t, link_temp))
		return -1;
	return renameat(t->dir, t->temp, t->dir, t->base);
}

static int copy_all(int from, int to)
{
	char buf[64 * KIB];
	off_t at = 0;

	for (;;) {
		ssize_t put, n = pread(from, buf, sizeof(buf), at);
		char *p = buf;

		if (n <= 0)
			return n < 0 ? -1 : ftruncate(to, at);
		at += n;
		for (; n > 0; p += put, n -= put) {
			put = write(to, p, (size_t)n);
			if (put < 0)
				return -1;
		}
	}
}

/* Into a file of that name, which was there already only with -f. */
static int copy(struct target *t, int to, const struct stat *like)
{
	int err = copy_all(t->fd, to);

	if (!err) {
		set_mode(to, like);
		err = close(to);
	} else {
		close(to);
	}
	if (!err && *t->temp)
		unlinkat(t->dir, t->temp, 0);
	return err;
}

/* Where the calls that replace nothing are missing: an empty file, and then us. */
static int claim(struct target *t, const struct stat *like)
{
	int fd = openat(t->dir, t->base,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	if (*t->temp && !replace(t)) {
		close(fd);
		return 0;
	}
	/* A signal must not leave half of it under that name. */
	cleanup_remove(t->dir, t->base);
	if (!copy(t, fd, like))
		return 0;
	cleanup_run();
	cleanup_remove(t->dir, *t->temp ? t->temp : NULL);
	return -1;
}

static int overwrite(struct target *t, const struct stat *like)
{
	int fd = openat(t->dir, t->base, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : copy(t, fd, like);
}

static int give_name(struct target *t, const struct stat *like)
{
	if (!take_name(t))
		return 0;
	if (t->force)
		return replace(t) && overwrite(t, like) ? -1 : 0;
	return errno == EEXIST || claim(t, like) ? -1 : 0;
}

/* No name to be had after all the work: not a reason to throw it away. */
static int keep(struct target *t)
{
	int err = errno;

	if (err == EEXIST || (!*t->temp && find_temp(t, link_temp)))
		return fail(t->path, "%s", strerror(err));
	cleanup_forget();
	fail(t->path, "%s; the output is kept as %.*s%s", strerror(err),
	     (int)(t->base - t->path), t->path, t->temp);
	return -1;
}

int target_commit(struct target *t, const struct stat *like)
{
	if (!t->in_place)
		set_mode(t->fd, like);
	if (check_written(t))
		return -1;
	if (!t->in_place && give_name(t, like))
		return keep(t);
	cleanup_forget();
	return 0;
}

void target_close(struct target *t)
{
	cleanup_run();
	cleanup_forget();
	if (t->fd >= 0)
		close(t->fd);
	if (t->dir >= 0)
		close(t->dir);
	free(t->path);
	*t = (struct target) { .fd = -1, .dir = -1 };
}
