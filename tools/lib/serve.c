// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * serve.c - a thread of the process as the server of a partition
 */
#include <errno.h>
#include <limits.h>

#include "internal.h"

FLIPQ_EXPORT int flipq_serve(const struct flipq *q, unsigned int partition,
			     unsigned int requests, uint64_t idle_ns)
{
	struct flipq_serve s = {
		.size = sizeof(s),
		.partition = partition,
		.requests = requests,
		.idle = idle_ns,
	};
	uint64_t served;
	int ret;

	if (flipq_inherited(q))
		return -EIO;
	ret = q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_SERVE, &s);
	served = ret == -EINTR ? s.resume_served : s.served;
	/* what ended the call does not undo what it did before */
	if (ret && !served)
		return ret;
	return served > INT_MAX ? INT_MAX : (int)served;
}
