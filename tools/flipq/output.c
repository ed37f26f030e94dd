// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c - pieces of the output, gathered and written
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "output.h"
#include "put.h"
#include "report.h"
#include "source.h"
#include "standard.h"

static void init(struct output *o, const char *name, struct report *report)
{
	memset(o, 0, sizeof(*o));
	o->fd = -1;
	o->target.fd = -1;
	o->name = name;
	o->report = report;
}

int output_open(struct output *o, const char *path, bool force,
		const struct stat *input, struct report *report)
{
	init(o, path, report);
	if (target_open(&o->target, path, force, input))
		return -1;
	o->name = o->target.path;
	o->fd = o->target.fd;
	return 0;
}

void output_replaces(struct output *o, const struct source *input, bool quiet)
{
	if (!o->target.fresh || o->target.in_place)
		return;
	o->input = input;
	o->quiet = quiet;
}

void output_sparse(struct output *o)
{
	o->sparse = o->target.fresh;
}

int output_stdout(struct output *o, const struct stat *input,
		  struct report *report)
{
	struct stat there;

	init(o, "(stdout)", report);
	if (standard_closed(STDOUT_FILENO))
		return fail(o->name, "is closed");
	if (!fstat(STDOUT_FILENO, &there) && same_file(input, &there))
		return fail(o->name, "is the input, too");
	o->fd = STDOUT_FILENO;
	return 0;
}

void output_nowhere(struct output *o, struct report *report)
{
	init(o, "(nowhere)", report);
}

static int write_all(struct output *o, struct iovec *iov, unsigned int nr,
		     int64_t len)
{
	int err;

	if (o->sparse)
		err = put_sparse(o->fd, iov, nr, o->at);
	else
		err = put_all(o->fd, iov, nr, -1);
	o->at += len;
	return err;
}

int output_result(const struct output *o, int err)
{
	return err ? fail(o->name, "%s", strerror(-err)) : 0;
}

void output_count(struct output *o, size_t len)
{
	o->report->bytes_out += len;
}

int output_put(struct output *o, const void *data, size_t len)
{
	/* writev() takes what it does not change as not const. */
	struct iovec iov = { (void *)(uintptr_t)data, len };

	return o->fd < 0 ? 0 : write_all(o, &iov, 1, (int64_t)len);
}

int output_flush(struct output *o)
{
	int err = 0;

	if (o->nr && o->fd >= 0) {
		report_aside(o->report);
		err = write_all(o, o->iov, o->nr, o->gathered);
		report_resume(o->report);
	}
	o->nr = 0;
	o->used = 0;
	o->gathered = 0;
	return output_result(o, err);
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
	o->gathered += (int64_t)len;
	output_count(o, len);
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

int output_patch(struct output *o, const void *data, size_t len)
{
	ssize_t put;

	if (output_flush(o))
		return -1;
	put = pwrite(o->fd, data, len, 0);
	if (put < 0)
		return fail(o->name, "%s", strerror(errno));
	return put == (ssize_t)len ? 0 : fail(o->name, "short write");
}

/* A hole at the end is only there once the file has its length. */
static int end_hole(const struct output *o)
{
	struct stat is;

	if (fstat(o->fd, &is))
		return -1;
	return is.st_size < o->at ? ftruncate(o->fd, o->at) : 0;
}

/* The last chance of what is behind it to say no. */
static int commit_stdout(const struct output *o)
{
	int fd = o->fd < 0 ? -1 : dup(o->fd);

	if (o->fd >= 0 && (fd < 0 || close(fd)))
		return fail(o->name, "%s", strerror(errno));
	return 0;
}

/*
 * Not before the output is where no loss of power can reach it. That takes time, in
 * which the input may change.
 */
static int remove_input(const struct output *o)
{
	const char *name = o->input->name;

	if (fsync(o->fd) && errno != EINVAL)
		return fail(o->name, "%s", strerror(errno));
	if (source_is_same(o->input))
		return unlink(name) ? fail(name, "cannot remove it: %s",
					   strerror(errno)) : 0;
	if (!o->quiet)
		warn(name,
		     "is a symbolic link, or has changed meanwhile: it is kept");
	return 0;
}

int output_commit(struct output *o, const struct stat *like)
{
	if (output_flush(o))
		return -1;
	if (o->sparse && end_hole(o))
		return fail(o->name, "%s", strerror(errno));
	if (!o->target.path)
		return commit_stdout(o);
	if (target_commit(&o->target, like))
		return -1;
	return o->input ? remove_input(o) : 0;
}

void output_close(struct output *o)
{
	if (o->target.path)
		target_close(&o->target);
	o->fd = -1;
}
