// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * guard.c - a child of fork() has a copy of the queue, and no queue
 *
 * The regions are not in the child, what lies at their addresses later is its
 * own, and the threads of a pool and those that held its lock are gone. So each
 * call asks first, and the answer has to cost nothing: a word on a page that the
 * kernel gives to a child filled with zeros. It does so with any kind of fork,
 * and what shares the memory, as after vfork(), sees the word as it is.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static size_t guard_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A child has the page, too, if not what was on it. */
void flipq_guard_close(struct flipq *q)
{
	munmap(q->guard, guard_size());
}

int flipq_guard_open(struct flipq *q)
{
	void *p = mmap(NULL, guard_size(), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (p == MAP_FAILED)
		return -errno;
	ret = madvise(p, guard_size(), MADV_WIPEONFORK) ? -errno : 0;
	q->guard = p;
	q->guard->mine = 1;
	if (ret)
		flipq_guard_close(q);
	return ret;
}

/*
 * A child may have closed the descriptor, and have something of its own at its
 * number. A queue that is somebody else's is what the kernel has a word for.
 */
bool flipq_guard_has_fd(const struct flipq *q)
{
	struct flipq_stats s = { .size = sizeof(s) };

	return q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_STATS, &s) == -EIO;
}
