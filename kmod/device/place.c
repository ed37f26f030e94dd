// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - bring a request's input in and its output out
 *
 * The user may write slots' input buffers, the arena and its own memory at any
 * time, and read slots' output buffers while they are written. So a codec sees
 * a copy of its input, and writes to scratch memory; what it has returned as
 * its output, and not a byte more, goes from there to the destination when it
 * is done. A decompressor that looks back at its output finds what it wrote.
 * What it writes beyond its output, or before it finds its input corrupt, may
 * stem from its workspace, where other queues' requests were (zstd's decoder
 * copies up to 31 bytes of literals too many), and reaches nobody.
 *
 * User addresses are those of the thread that serves: it came by a system call
 * of its own, so that faults, waits and signals are its own affair.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "device/device.h"

/* A private copy of the input, or NULL for a fault. */
const u8 *flipq_fetch(const struct flipq_job *job)
{
	const struct flipq_desc *d = &job->desc;
	u8 *input = flipq_scratch_mem(job->part->input);

	if (job->src)
		memcpy(input, job->src, d->src_len);
	else if (copy_from_user(input, u64_to_user_ptr(d->src), d->src_len))
		return NULL;
	return input;
}

/*
 * Bring @len bytes from the job's room, all of which this request wrote, to the
 * destination. 0 or -EFAULT.
 */
int flipq_store(const struct flipq_job *job, u32 len)
{
	if (job->dst) {
		memcpy(job->dst, job->room, len);
		return 0;
	}
	return copy_to_user(u64_to_user_ptr(job->desc.dst), job->room, len) ?
	       -EFAULT : 0;
}

static int flipq_copy_user(const struct flipq_partition *part, u64 dst,
			   u64 src, u32 len)
{
	void *bounce = flipq_scratch_mem(part->input);

	while (len) {
		u32 n = min(len, part->shape->bounce);

		if (copy_from_user(bounce, u64_to_user_ptr(src), n) ||
		    copy_to_user(u64_to_user_ptr(dst), bounce, n))
			return -EFAULT;
		src += n;
		dst += n;
		len -= n;
	}
	return 0;
}

/**
 * flipq_copy - copy bytes as they are
 * @part: partition, for its scratch memory
 * @dst: where to, NULL for @dst_addr
 * @dst_addr: user address
 * @src: where from, NULL for @src_addr
 * @src_addr: user address
 * @len: bytes
 *
 * Nothing is read twice or made sense of, so nothing is copied on the way.
 *
 * Return: 0 or -EFAULT.
 */
int flipq_copy(const struct flipq_partition *part, void *dst, u64 dst_addr,
	       const void *src, u64 src_addr, u32 len)
{
	unsigned long left = 0;

	if (dst && src)
		memmove(dst, src, len);
	else if (dst)
		left = copy_from_user(dst, u64_to_user_ptr(src_addr), len);
	else if (src)
		left = copy_to_user(u64_to_user_ptr(dst_addr), src, len);
	else
		return flipq_copy_user(part, dst_addr, src_addr, len);
	return left ? -EFAULT : 0;
}
