// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * guard.c - whose the queue is: not a child's of fork(), nor two threads'
 *
 * A child has a copy of the queue, and no queue. The regions are not there, what
 * lies at their addresses later is its own, and the threads of a pool and those
 * that held its lock are gone. So each call asks first, and the answer has to
 * cost nothing: a word on a page that the kernel gives to a child filled with
 * zeros. It does so with any kind of fork, and what shares the memory, as after
 * vfork(), sees the word as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

int flipq_guard_open(struct flipq *q, uint64_t flags)
{
	void *p = mmap(NULL, guard_size(), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (p == MAP_FAILED)
		return -errno;
	ret = madvise(p, guard_size(), MADV_WIPEONFORK) ? -errno : 0;
	q->guard = p;
	q->guard->whose = flags & FLIPQ_OPEN_CHECK_THREADS ?
			  FLIPQ_ONE_THREADS : FLIPQ_OURS;
	if (ret)
		flipq_guard_close(q);
	return ret;
}

/* Return: flipq_inherited(). */
bool flipq_guard_check(const struct flipq *q)
{
	struct flipq_guard *g = q->guard;
	pid_t self, user = 0;

	if (flipq_inherited(q))
		return true;
	self = gettid();
	/* orders nothing: it is compared with a thread's own number */
	if (!__atomic_compare_exchange_n(&g->thread, &user, self, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
	    user != self) {
		fprintf(stderr,
			"flipq: thread %d uses the queue of thread %d: open one for each\n",
			self, user);
		abort();
	}
	return false;
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
