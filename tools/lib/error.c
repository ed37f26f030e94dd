// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * error.c - errors in words, and what to do about them
 */
#include <errno.h>

#include "internal.h"

/*
 * What open(), mmap() and set-up fail with, and why. Where one errno has several
 * causes the words name each, the likeliest first: a sandbox may give any.
 */
static const char *const open_words[] = {
	[0] = "no error",
	[ENOENT] = "no such device: is the module loaded? (modprobe flipq)",
	[ENOTDIR] = "no such device: is the module loaded? (modprobe flipq)",
	[ENXIO] =
		"node without a device: load the module (modprobe flipq) or remove the node",
	[EISDIR] =
		"a directory, no device: remove it, load the module (modprobe flipq)",
	[ELOOP] =
		"no such device: a link that leads to itself, or is not followed",
	[ENAMETOOLONG] = "no such device: the path is too long",
	[EACCES] =
		"permission denied by the node's mode and group (join the group flipq), a container's list of devices or a sandbox (seccomp)",
	[EPERM] =
		"shared workers are barred (shared_gid): use owner-served partitions only; else mode or group of the node, or a sandbox (seccomp), forbids it",
	[EINVAL] =
		"slots, partitions, sizes, codec or spin budget out of range",
	[EOPNOTSUPP] =
		"codec not offered, or too slow at this level and size: see flipq codecs",
	[EFAULT] = "device or codecs at an address that cannot be read",
	[EMFILE] =
		"limit of the user's queues (max_user_queues) or open files (ulimit -n)",
	[ENFILE] =
		"limit of all queues (parameter max_queues) or of the system's open files",
	[EDQUOT] =
		"memory over max_queue_bytes, max_user_bytes or max_total_bytes",
	[ENOMEM] =
		"out of memory, or over the memory cgroup's limit, max_worker_bytes, the address space (ulimit -v) or the mappings (vm.max_map_count)",
	[ENODEV] =
		"no worker: none of the CPUs in the parameter cpus is online; or a node without a device: load the module (modprobe flipq)",
	[ELIBACC] =
		"no device, nor a codec's library: install liblz4, libzstd or zlib",
	[EAGAIN] =
		"over the limit of locked memory (mlockall, RLIMIT_MEMLOCK): raise it (ulimit -l) or unlock",
	[ENOSYS] =
		"a sandbox forbids the system calls: allow open, ioctl and mmap (seccomp)",
	[ENOTTY] = "not a flipq device, or a 32-bit process",
	[EROFS] = "not a flipq device: a file that cannot be written",
	[ETXTBSY] = "not a flipq device: a program that runs",
	[EBUSY] = "the queue was set up already",
	[EINTR] = "interrupted by a signal: open again",
	[EIO] =
		"the queue belongs to another process: open one after fork, not before",
	[EPROTO] =
		"library and module do not match: install the same version of both",
	[E2BIG] =
		"library and module do not match: install the same version of both",
};

FLIPQ_EXPORT const char *flipq_open_error(int error)
{
	unsigned int n = 0U - (unsigned int)error;

	if (n < sizeof(open_words) / sizeof(open_words[0]) && open_words[n])
		return open_words[n];
	return "unknown error";
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
