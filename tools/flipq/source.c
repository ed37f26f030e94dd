// SPDX-License-Identifier: GPL-2.0-only
/*
 * source.c - input from a file or a pipe
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "message.h"
#include "report.h"
#include "source.h"
#include "standard.h"
#include "tool.h"

#define READ_AHEAD	(256U * KIB)

/* Input pauses when nothing came for so long, milliseconds. */
#define PAUSE_MS	25
/* What was read is held back for so long at most while it does not, ns. */
#define HOLD_NS		(NS_PER_SECOND / 5)

static void find_size(struct source *s)
{
	off_t at = lseek(s->fd, 0, SEEK_CUR);

	/* Files of /proc are regular and say 0, whatever they hold. */
	if (!S_ISREG(s->stat.st_mode) || at < 0 || s->stat.st_size <= at)
		return;
	s->regular = true;
	s->size = (uint64_t)(s->stat.st_size - at);
	holes_start(&s->holes, &s->stat);
	posix_fadvise(s->fd, at, 0, POSIX_FADV_SEQUENTIAL);
}

int source_open(struct source *s, const char *path, bool terminal,
		struct report *report)
{
	memset(s, 0, sizeof(*s));
	s->name = path ? path : "(stdin)";
	s->report = report;
	s->ahead = READ_AHEAD;
	if (!path && standard_closed(STDIN_FILENO))
		return fail(s->name, "is closed");
	if (!path && !terminal && isatty(STDIN_FILENO))
		return fail(s->name,
			    "is a terminal, expected a file or a pipe; -f reads it");
	s->fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (s->fd < 0)
		return fail(s->name, "%s", strerror(errno));
	if (fstat(s->fd, &s->stat)) {
		fail(s->name, "%s", strerror(errno));
		source_close(s);
		return -1;
	}
	if (S_ISDIR(s->stat.st_mode)) {
		fail(s->name, "is a directory, expected a file");
		source_close(s);
		return -1;
	}
	find_size(s);
	return 0;
}

bool source_changed(const struct source *s)
{
	struct stat now;

	return !fstat(s->fd, &now) && now.st_size != s->stat.st_size;
}

bool source_is_same(const struct source *s)
{
	const struct stat *was = &s->stat;
	struct stat is;

	return !lstat(s->name, &is) && S_ISREG(is.st_mode) &&
	       is.st_dev == was->st_dev && is.st_ino == was->st_ino &&
	       is.st_size == was->st_size &&
	       is.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	       is.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

void source_close(struct source *s)
{
	free(s->buf);
	s->buf = NULL;
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
}

int source_ended(const struct source *s)
{
	return s->error ? fail(s->name, "%s", strerror(s->error)) : 0;
}

int source_corrupt(const struct source *s, const char *part, uint64_t offset,
		   const char *why)
{
	return fail(s->name, "corrupt %s at offset %" PRIu64 ": %s", part,
		    offset, why);
}

int source_truncated(const struct source *s, const char *part, uint64_t offset)
{
	if (source_ended(s))
		return -1;
	return fail(s->name,
		    "truncated %s at offset %" PRIu64 ": unexpected end of input",
		    part, offset);
}

void source_on_pause(struct source *s, int (*flush)(void *ctx, bool pause),
		     void *ctx)
{
	if (S_ISREG(s->stat.st_mode) || S_ISBLK(s->stat.st_mode))
		return;
	s->flush = flush;
	s->ctx = ctx;
	s->flushed = clock_ns(CLOCK_MONOTONIC);
}

/* If it is not even to be polled, read() has to say so. */
static bool is_readable(const struct source *s, int timeout_ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms);
}

/* A read may take long: what was read before must not wait with it. */
static int before_read(struct source *s)
{
	bool pause;

	if (!s->flush)
		return 0;
	pause = !is_readable(s, PAUSE_MS);
	if (!pause && clock_ns(CLOCK_MONOTONIC) - s->flushed < HOLD_NS)
		return 0;
	s->flushed = clock_ns(CLOCK_MONOTONIC);
	return s->flush(s->ctx, pause);
}

/* Does more come in time to be put together with what was read at @since? */
static bool more_comes(const struct source *s, uint64_t since)
{
	return !s->flush || (clock_ns(CLOCK_MONOTONIC) - since < HOLD_NS &&
			     is_readable(s, PAUSE_MS));
}

static ssize_t read_now(struct source *s, struct iovec *iov, unsigned int nr)
{
	ssize_t got;

	report_aside(s->report);
	do {
		got = readv(s->fd, iov, (int)nr);
		/* Somebody else may have made it non-blocking. */
		if (got < 0 && errno == EAGAIN && is_readable(s, -1))
			errno = EINTR;
	} while (got < 0 && errno == EINTR);
	report_resume(s->report);
	if (got < 0) {
		s->error = errno;
		got = 0;
	}
	if (!got)
		s->eof = true;
	s->report->bytes_in += (uint64_t)got;
	return got;
}

static ssize_t read_some(struct source *s, struct iovec *iov, unsigned int nr)
{
	return before_read(s) ? -1 : read_now(s, iov, nr);
}

/* Take @len bytes off the front of *@iov, and return how many are left. */
static unsigned int advance(struct iovec **iov, unsigned int nr, size_t len)
{
	while (nr && len >= (*iov)->iov_len) {
		len -= (*iov)->iov_len;
		(*iov)++;
		nr--;
	}
	if (nr) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + len;
		(*iov)->iov_len -= len;
	}
	return nr;
}

/* Zeros of a hole, as many as there is room for: bytes. */
static ssize_t fill_hole(struct source *s, const struct iovec *iov,
			 unsigned int nr)
{
	uint64_t left = holes_here(&s->holes, s->fd);
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < nr && left; i++) {
		size_t n = left < iov[i].iov_len ? left : iov[i].iov_len;

		memset(iov[i].iov_base, 0, n);
		total += n;
		left -= n;
	}
	if (total && lseek(s->fd, (off_t)total, SEEK_CUR) < 0)
		return fail(s->name, "%s", strerror(errno));
	s->report->bytes_in += total;
	return (ssize_t)total;
}

ssize_t source_fill(struct source *s, struct iovec *iov, unsigned int nr)
{
	uint64_t since = 0;
	ssize_t total = 0;

	s->paused = false;
	if (before_read(s))
		return -1;
	while (nr && !s->eof) {
		ssize_t got = fill_hole(s, iov, nr);

		if (!got)
			got = read_now(s, iov, nr);
		if (got < 0)
			return -1;
		if (!total && s->flush)
			since = clock_ns(CLOCK_MONOTONIC);
		total += got;
		nr = advance(&iov, nr, (size_t)got);
		if (nr && !s->eof && !more_comes(s, since)) {
			s->paused = true;
			break;
		}
	}
	s->offset += (uint64_t)total;
	return total;
}

/* Room for @len bytes from @head on, and some to read ahead. */
static int make_room(struct source *s, size_t len)
{
	if (s->head) {
		memmove(s->buf, s->buf + s->head, s->tail - s->head);
		s->tail -= s->head;
		s->head = 0;
	}
	if (s->cap < len + s->ahead) {
		/* Twice as much: the bytes left over are moved less often. */
		size_t cap = 2 * len + s->ahead;
		uint8_t *buf = realloc(s->buf, cap);

		if (!buf)
			return fail(s->name, "no memory for %zu bytes", cap);
		s->buf = buf;
		s->cap = cap;
	}
	return 0;
}

ssize_t source_peek(struct source *s, size_t len, const uint8_t **data)
{
	if (s->head == s->tail) {
		s->head = 0;
		s->tail = 0;
	}
	if (s->cap - s->head < len && make_room(s, len))
		return -1;
	while (s->tail - s->head < len && !s->eof) {
		struct iovec iov = { s->buf + s->tail, s->cap - s->tail };
		ssize_t got = read_some(s, &iov, 1);

		if (got < 0)
			return -1;
		s->tail += (size_t)got;
	}
	if (len > s->tail - s->head)
		len = s->tail - s->head;
	*data = s->buf + s->head;
	return (ssize_t)len;
}

ssize_t source_peek_some(struct source *s, size_t len, const uint8_t **data)
{
	ssize_t got = source_peek(s, 1, data);

	if (got > 0)
		got = (ssize_t)(s->tail - s->head);
	return got > (ssize_t)len ? (ssize_t)len : got;
}

bool source_buffered(const struct source *s)
{
	return s->head < s->tail;
}

void source_skip(struct source *s, size_t len)
{
	s->head += len;
	s->offset += len;
}

/* How far to seek: to where the file ended at first. What came later is read. */
static uint64_t can_seek(const struct source *s, uint64_t len)
{
	uint64_t left = s->offset < s->size ? s->size - s->offset : 0;

	if (!s->regular)
		return 0;
	return len < left ? len : left;
}

int64_t source_pass(struct source *s, uint64_t len)
{
	uint64_t passed = s->tail - s->head, n;
	const uint8_t *p;
	ssize_t got;

	if (passed > len)
		passed = len;
	source_skip(s, (size_t)passed);
	n = can_seek(s, len - passed);
	if (n && lseek(s->fd, (off_t)n, SEEK_CUR) < 0)
		return fail(s->name, "%s", strerror(errno));
	s->offset += n;
	passed += n;
	while (passed < len) {
		n = len - passed < READ_AHEAD ? len - passed : READ_AHEAD;
		got = source_peek_some(s, (size_t)n, &p);
		if (got < 0)
			return -1;
		if (!got)
			break;
		source_skip(s, (size_t)got);
		passed += (uint64_t)got;
	}
	return (int64_t)passed;
}

ssize_t source_read(struct source *s, void *dst, size_t len)
{
	size_t have = s->tail - s->head;
	size_t total = have < len ? have : len;

	if (total)
		memcpy(dst, s->buf + s->head, total);
	source_skip(s, total);
	if (total == len)
		return (ssize_t)len;
	s->head = 0;
	s->tail = 0;
	if (!s->cap && make_room(s, 0))
		return -1;
	/* Straight to where it belongs, and what follows into the buffer. */
	while (total < len && !s->eof) {
		struct iovec iov[] = {
			{ (char *)dst + total, len - total },
			{ s->buf, s->cap },
		};
		ssize_t got = read_some(s, iov, 2);
		size_t n = got > 0 ? (size_t)got : 0;

		if (got < 0)
			return -1;
		if (n > len - total) {
			s->tail = n - (len - total);
			n = len - total;
		}
		total += n;
		s->offset += n;
	}
	return (ssize_t)total;
}
