/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userfault.h - memory whose first touch waits for an answer that may not come
 */
#ifndef SELFTEST_USERFAULT_H
#define SELFTEST_USERFAULT_H

#include <linux/userfaultfd.h>
#include <sys/syscall.h>

#include "common.h"

#define NO_USERFAULT	"this kernel has no userfaultfd, or not for us"

/**
 * struct userfault - pages that are missing
 * @fd: userfaultfd
 * @mem: the pages
 * @size: bytes of them
 */
struct userfault {
	int fd;
	u8 *mem;
	size_t size;
};

/*
 * As many pages as @size bytes take. @mode: UFFDIO_REGISTER_MODE_MISSING, or _WP
 * for userfault_protect().
 */
static inline int userfault_open_mode(struct userfault *u, size_t size,
				      u64 mode)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = mode };
	void *mem;

	size = (size + page_size() - 1) / page_size() * page_size();
	*u = (struct userfault){ .size = size };
	u->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (u->fd < 0)
		return -errno;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	u->mem = mem;
	reg.range.start = (uintptr_t)mem;
	reg.range.len = size;
	if (ioctl(u->fd, UFFDIO_API, &api) ||
	    ioctl(u->fd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

static inline int userfault_open(struct userfault *u, size_t size)
{
	return userfault_open_mode(u, size, UFFDIO_REGISTER_MODE_MISSING);
}

static inline void userfault_close(struct userfault *u)
{
	munmap(u->mem, u->size);
	close(u->fd);
}

/* From now on it is a store that waits, or not any more. */
static inline int userfault_protect(const struct userfault *u, bool protect)
{
	struct uffdio_writeprotect wp = {
		.range.start = (uintptr_t)u->mem,
		.range.len = u->size,
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(u->fd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
}

/* Answer: they begin with the @len bytes at @data, and all else is zero. */
static inline int userfault_answer_with(const struct userfault *u,
					const void *data, size_t len)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)u->mem,
		.len = u->size,
	};
	void *page = calloc(1, u->size);
	int error;

	if (!page)
		return -ENOMEM;
	memcpy(page, data, len);
	copy.src = (uintptr_t)page;
	error = ioctl(u->fd, UFFDIO_COPY, &copy) ? -errno : 0;
	free(page);
	return error;
}

/* Is there any? What it then refuses is the test's fault, and no reason to skip. */
static inline bool userfault_there(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Wait until somebody has touched a page and waits. */
static inline int userfault_touched(const struct userfault *u)
{
	u64 end = raw_now() + LONG_TIME;
	struct uffd_msg msg;

	while (read(u->fd, &msg, sizeof(msg)) != sizeof(msg)) {
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC);
	}
	return msg.event == UFFD_EVENT_PAGEFAULT ? 0 : -EPROTO;
}

/* Answer: they are all zeros. */
static inline int userfault_answer(const struct userfault *u)
{
	struct uffdio_zeropage zero = {
		.range.start = (uintptr_t)u->mem,
		.range.len = u->size,
	};

	return ioctl(u->fd, UFFDIO_ZEROPAGE, &zero) ? -errno : 0;
}

#endif /* SELFTEST_USERFAULT_H */
