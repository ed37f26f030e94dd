// SPDX-License-Identifier: GPL-2.0-only
/*
 * put.c - write all of what is given, whatever a descriptor takes at a time
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "put.h"
#include "tool.h"

/* What file systems have as their unit, and so the smallest hole. */
#define PAGE		(4U * KIB)
#define MAX_RUN		64U

/* Somebody else may have made it non-blocking: wait, as if it were not. */
static bool wait_for_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

int put_all(int fd, struct iovec *iov, unsigned int nr, int64_t at)
{
	while (nr) {
		ssize_t put = at < 0 ? writev(fd, iov, (int)nr) :
				       pwritev(fd, iov, (int)nr, at);
		size_t n;

		if (put < 0 && (errno == EINTR ||
				(errno == EAGAIN && wait_for_room(fd))))
			continue;
		if (put < 0)
			return -errno;
		if (at >= 0)
			at += put;
		for (n = (size_t)put; nr && n >= iov->iov_len; iov++, nr--)
			n -= iov->iov_len;
		if (nr) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= n;
		}
	}
	return 0;
}

/**
 * struct run - data that follow each other
 * @fd: where to
 * @at: offset of the first piece
 * @len: bytes of all
 * @iov: pieces
 * @nr: of them
 */
struct run {
	int fd;
	int64_t at;
	size_t len;
	struct iovec iov[MAX_RUN];
	unsigned int nr;
};

static int end_run(struct run *r)
{
	int err = r->nr ? put_all(r->fd, r->iov, r->nr, r->at) : 0;

	r->at += (int64_t)r->len;
	r->len = 0;
	r->nr = 0;
	return err;
}

/* @len bytes at @p, at the offset where the run ends. */
static int add(struct run *r, const uint8_t *p, size_t len, bool hole)
{
	struct iovec *last = r->nr ? &r->iov[r->nr - 1] : NULL;
	int err = 0;

	if (hole) {
		err = end_run(r);
		r->at += (int64_t)len;
		return err;
	}
	r->len += len;
	if (last && (uint8_t *)last->iov_base + last->iov_len == p) {
		last->iov_len += len;
		return 0;
	}
	/* writev() takes what it does not change as not const. */
	r->iov[r->nr].iov_base = (void *)(uintptr_t)p;
	r->iov[r->nr].iov_len = len;
	r->nr++;
	return r->nr == MAX_RUN ? end_run(r) : 0;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return !*p && !memcmp(p, p + 1, len - 1);
}

static int add_piece(struct run *r, const uint8_t *p, size_t left)
{
	while (left) {
		uint64_t offset = (uint64_t)r->at + r->len;
		size_t n = PAGE - offset % PAGE;
		int err;

		if (n > left)
			n = left;
		err = add(r, p, n, n == PAGE && all_zero(p, n));
		if (err)
			return err;
		p += n;
		left -= n;
	}
	return 0;
}

int put_sparse(int fd, const struct iovec *iov, unsigned int nr, int64_t at)
{
	struct run r = { .fd = fd, .at = at };
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		err = add_piece(&r, iov[i].iov_base, iov[i].iov_len);
		if (err)
			return err;
	}
	return end_run(&r);
}
