// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * error.c - errors in words, and what to do about them
 */
#include <errno.h>

#include "internal.h"

FLIPQ_EXPORT const char *flipq_open_error(int error)
{
	switch (error) {
	case 0:
		return "no error";
	case -ENOENT:
	case -ENOTDIR:
		return "no such device: is the module loaded? (modprobe flipq)";
	case -ENXIO:
		return "node without a device: load the module (modprobe flipq) or remove the node";
	case -EISDIR:
		return "a directory, no device: remove it, load the module (modprobe flipq)";
	case -EACCES:
		return "permission denied: join the group flipq; in a container, allow the device";
	case -EPERM:
		return "shared workers are barred (shared_gid): use owner-served partitions only";
	case -EINVAL:
		return "slots, partitions, sizes, codec or spin budget out of range";
	case -EOPNOTSUPP:
		return "codec not offered, or too slow at this level and size: see flipq codecs";
	case -EFAULT:
		return "codecs at an address that cannot be read";
	case -EMFILE:
		return "limit of the user's queues (max_user_queues) or open files (ulimit -n)";
	case -ENFILE:
		return "limit of all queues (parameter max_queues) or of the system's open files";
	case -EDQUOT:
		return "memory over max_queue_bytes, max_user_bytes or max_total_bytes";
	case -ENOMEM:
		return "out of memory, or over the memory cgroup's limit or max_worker_bytes";
	case -ENODEV:
		return "no worker: none of the CPUs in the parameter cpus is online";
	case -EAGAIN:
		return "over the limit of locked memory (mlockall): raise it (ulimit -l) or unlock";
	case -ENOSYS:
		return "a sandbox forbids the system calls: allow open, ioctl and mmap (seccomp)";
	case -ENOTTY:
		return "not a flipq device, or a 32-bit process";
	case -EBUSY:
		return "the queue was set up already";
	case -EIO:
		return "the queue belongs to another process: open one after fork, not before";
	case -EPROTO:
	case -E2BIG:
		return "library and module do not match: install the same version of both";
	default:
		return "unknown error";
	}
}

FLIPQ_EXPORT const char *flipq_request_error(int status)
{
	/* all of them: without a default the compiler sees to that */
	switch ((enum flipq_status)status) {
	case FLIPQ_STATUS_OK:
		return "no error";
	case FLIPQ_STATUS_EINVAL:
		return "invalid request: opcode, flag, codec, length or offset";
	case FLIPQ_STATUS_EOPNOTSUPP:
		return "not in this direction, not on a shared worker, or too slow for one";
	case FLIPQ_STATUS_EFAULT:
		return "an address that cannot be read or written";
	case FLIPQ_STATUS_ENOSPC:
		return "the output does not fit in the room given";
	case FLIPQ_STATUS_EBADMSG:
		return "the compressed data is corrupt or truncated";
	case FLIPQ_STATUS_ENOMEM:
		return "the codec's workspace is too small for this input";
	case FLIPQ_STATUS_ECANCELED:
		return "cancelled before it started";
	}
	/* the library's own */
	return status == -EIO ? "the kernel reported an impossible result" :
				"unknown error";
}
