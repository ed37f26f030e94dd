// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c - output that is there whole or not at all
 *
 * A file is written under a temporary name in the directory where it will be,
 * and gets its own name when it is complete. A signal that ends the process
 * takes the temporary file with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "output.h"
#include "report.h"
#include "standard.h"

/* The one temporary file there is, for the signal handler. */
static char *volatile unfinished;

static const int deadly[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXCPU,
			      SIGXFSZ };

#define NR_DEADLY (sizeof(deadly) / sizeof(deadly[0]))

static void on_signal(int signal)
{
	char *path = unfinished;

	if (path)
		unlink(path);
	/* The handler was reset when it was called. */
	raise(signal);
}

static void catch_signals(void)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = (int)SA_RESETHAND,
	};
	struct sigaction old;
	size_t i;

	for (i = 0; i < NR_DEADLY; i++) {
		/* What the parent made us ignore stays ignored. */
		if (sigaction(deadly[i], NULL, &old) ||
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(deadly[i], &action, NULL);
	}
}

/* mkstemp() and @unfinished have to change together for the handler. */
static int make_temp(struct output *o)
{
	sigset_t block, old;
	size_t i;

	sigemptyset(&block);
	for (i = 0; i < NR_DEADLY; i++)
		sigaddset(&block, deadly[i]);
	sigprocmask(SIG_BLOCK, &block, &old);
	o->fd = mkostemp(o->temp, O_CLOEXEC);
	if (o->fd >= 0)
		unfinished = o->temp;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return o->fd < 0 ? -1 : 0;
}

/* "dir/name" to "dir/.name.XXXXXX" */
static char *temp_name(const char *path)
{
	static const char suffix[] = ".XXXXXX";
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0;
	size_t size = strlen(path) + sizeof(suffix) + 1;
	char *temp = malloc(size);

	if (temp)
		snprintf(temp, size, "%.*s.%s%s", (int)dir, path, path + dir,
			 suffix);
	return temp;
}

static void init(struct output *o, const char *name, struct report *report)
{
	memset(o, 0, sizeof(*o));
	o->fd = -1;
	o->name = name;
	o->report = report;
}

int output_open(struct output *o, const char *path, bool force,
		struct report *report)
{
	struct stat stat_buf;
	bool there = !stat(path, &stat_buf);

	init(o, path, report);
	o->force = force;
	o->path = strdup(path);
	if (!o->path)
		return fail(path, "no memory");
	o->name = o->path;
	if (there && !S_ISREG(stat_buf.st_mode)) {
		/* A device or a FIFO is written to, never replaced. */
		o->fd = open(path, O_WRONLY | O_CLOEXEC);
		if (o->fd >= 0)
			return 0;
		fail(path, "%s", strerror(errno));
	} else if (there && !force) {
		fail(path, "already exists; -f overwrites it");
	} else {
		o->temp = temp_name(path);
		catch_signals();
		if (o->temp && !make_temp(o))
			return 0;
		fail(path, "cannot create it: %s", strerror(errno));
	}
	output_close(o);
	return -1;
}

int output_stdout(struct output *o, struct report *report)
{
	init(o, "(stdout)", report);
	if (standard_closed(STDOUT_FILENO))
		return fail(o->name, "is closed");
	o->fd = STDOUT_FILENO;
	return 0;
}

void output_nowhere(struct output *o, struct report *report)
{
	init(o, "(nowhere)", report);
}

static int write_all(struct output *o)
{
	struct iovec *iov = o->iov;
	unsigned int nr = o->nr;

	while (nr) {
		ssize_t put = writev(o->fd, iov, (int)nr);
		size_t n;

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail(o->name, "%s", strerror(errno));
		for (n = (size_t)put; nr && n >= iov->iov_len; iov++, nr--)
			n -= iov->iov_len;
		if (nr) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= n;
		}
	}
	return 0;
}

int output_flush(struct output *o)
{
	int err = 0;

	if (o->nr && o->fd >= 0) {
		report_aside(o->report);
		err = write_all(o);
		report_resume(o->report);
	}
	o->nr = 0;
	o->used = 0;
	return err;
}

int output_add(struct output *o, const void *data, size_t len)
{
	if (!len)
		return 0;
	if (o->nr == OUTPUT_IOVS && output_flush(o))
		return -1;
	/* writev() takes what it does not change as not const. */
	o->iov[o->nr].iov_base = (void *)(uintptr_t)data;
	o->iov[o->nr].iov_len = len;
	o->nr++;
	o->report->bytes_out += len;
	return 0;
}

int output_copy(struct output *o, const void *data, size_t len)
{
	uint8_t *copy;

	if (o->used + len > OUTPUT_SCRATCH && output_flush(o))
		return -1;
	/* Full of pieces: flush first, as that empties the scratch, too. */
	if (o->nr == OUTPUT_IOVS && output_flush(o))
		return -1;
	copy = o->scratch + o->used;
	memcpy(copy, data, len);
	o->used += len;
	return output_add(o, copy, len);
}

/* Best effort: the owner is only root's to give. */
static void take_over(const struct output *o, const struct stat *like)
{
	struct timespec times[] = { like->st_atim, like->st_mtim };
	mode_t mode = like->st_mode & 0777;

	/* Another owner's setting must not open the file to our group. */
	if (fchown(o->fd, like->st_uid, like->st_gid))
		mode &= 0700;
	fchmod(o->fd, mode);
	futimens(o->fd, times);
}

/* Without an input file to go by: as any new file. */
static void plain_mode(const struct output *o)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(o->fd, 0666 & ~mask);
}

static int give_name(const struct output *o)
{
	if (o->force)
		return rename(o->temp, o->path);
	if (!renameat2(AT_FDCWD, o->temp, AT_FDCWD, o->path, RENAME_NOREPLACE))
		return 0;
	/* Not every file system has that flag. */
	if (errno != EINVAL)
		return -1;
	return link(o->temp, o->path) || unlink(o->temp) ? -1 : 0;
}

int output_commit(struct output *o, const struct stat *like)
{
	int fd = o->fd;

	if (output_flush(o))
		return -1;
	if (fd < 0)
		return 0;
	if (o->temp) {
		if (like && S_ISREG(like->st_mode))
			take_over(o, like);
		else
			plain_mode(o);
	}
	/* The last chance of a network file system or a quota to say no. */
	o->fd = -1;
	if (close(fd))
		return fail(o->name, "%s", strerror(errno));
	if (!o->temp)
		return 0;
	if (give_name(o))
		return fail(o->name, "%s", strerror(errno));
	unfinished = NULL;
	return 0;
}

void output_close(struct output *o)
{
	if (o->fd > STDERR_FILENO)
		close(o->fd);
	o->fd = -1;
	if (unfinished) {
		unlink(unfinished);
		unfinished = NULL;
	}
	free(o->temp);
	free(o->path);
	o->temp = NULL;
	o->path = NULL;
}
