// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse.c - a file system that has not all calls: those that are named in the
 * environment variable FLIPQ_REFUSE fail; a device that cannot be opened, for the
 * reason in FLIPQ_NO_DEVICE; and somebody who writes to the file that FLIPQ_APPEND
 * names while another is being synced
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "flipq.h"
#include "refuse.h"

static bool refused(const char *call, int error)
{
	const char *list = getenv("FLIPQ_REFUSE");

	if (!list || !strstr(list, call))
		return false;
	errno = error;
	return true;
}

static int no_device(const char *why)
{
	static const char *const names[] = {
		[ENOENT] = "ENOENT",
		[ENOTDIR] = "ENOTDIR",
		[EISDIR] = "EISDIR",
		[ENXIO] = "ENXIO",
		[EACCES] = "EACCES",
		[EPERM] = "EPERM",
		[ENODEV] = "ENODEV",
		[EMFILE] = "EMFILE",
		[ELOOP] = "ELOOP",
	};
	int error;

	for (error = 0; error < (int)(sizeof(names) / sizeof(names[0])); error++)
		if (names[error] && !strcmp(names[error], why))
			errno = error;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	const char *why = getenv("FLIPQ_NO_DEVICE");
	va_list args;
	mode_t mode;

	if (why && !strcmp(path, FLIPQ_DEVICE))
		return no_device(why);
	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return __real_open(path, flags, mode);
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	if ((flags & O_TMPFILE) == O_TMPFILE && refused("tmpfile", EOPNOTSUPP))
		return -1;
	if (flags & O_CREAT && refused("create", EACCES))
		return -1;
	if (flags & O_CREAT && path[0] != '.' && refused("late", EDQUOT))
		return -1;
	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return __real_openat(dir, path, flags, mode);
}

int __wrap_linkat(int from_dir, const char *from, int dir, const char *to,
		  int flags)
{
	return refused("link", EPERM) ? -1 :
	       __real_linkat(from_dir, from, dir, to, flags);
}

int __wrap_renameat(int from_dir, const char *from, int dir, const char *to)
{
	return refused("move", EBUSY) ? -1 :
	       __real_renameat(from_dir, from, dir, to);
}

int __wrap_renameat2(int from_dir, const char *from, int dir, const char *to,
		     unsigned int flags)
{
	return refused("noreplace", EINVAL) ? -1 :
	       __real_renameat2(from_dir, from, dir, to, flags);
}

int __wrap_fsync(int fd)
{
	const char *path = getenv("FLIPQ_APPEND");
	int other = path ? open(path, O_WRONLY | O_APPEND) : -1;

	if (other >= 0 && (write(other, "more\n", 5) != 5 || close(other)))
		abort();
	return refused("sync", EIO) ? -1 : __real_fsync(fd);
}
