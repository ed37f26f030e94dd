// SPDX-License-Identifier: GPL-2.0-only
/*
 * transcode.c - COMPRESS and DECOMPRESS: codec, filled pages, checksums
 */
#include <linux/bitfield.h>
#include <linux/minmax.h>

#include "device/device.h"

static const struct codec_params *flipq_codec(const struct flipq_job *job)
{
	return &job->part->shape->codecs[job->desc.codec];
}

static void *flipq_workspace(const struct flipq_job *job)
{
	return flipq_scratch_mem(job->part->workspace[job->desc.codec]);
}

/* The checksum that was asked for, if it is over what @encoded says. */
static void flipq_csum(struct flipq_job *job, bool encoded, const u8 *data,
		       u32 len)
{
	u32 kind = FIELD_GET(FLIPQ_REQ_CSUM_MASK, job->desc.flags);

	if (kind && encoded == !!(job->desc.flags & FLIPQ_REQ_CSUM_ENCODED))
		job->res.csum = codec_checksum(kind, data, len);
}

static int flipq_incompressible(struct flipq_job *job, const u8 *src)
{
	job->res.flags |= FLIPQ_RES_INCOMPRESSIBLE;
	flipq_csum(job, true, src, job->desc.src_len);
	return 0;
}

/**
 * flipq_compress - COMPRESS, checked
 * @job: request; its result is filled in
 *
 * Return: 0 or the request's status.
 */
int flipq_compress(struct flipq_job *job)
{
	const struct codec_params *p = flipq_codec(job);
	const u8 *src = flipq_fetch(job);
	u32 src_len = job->desc.src_len;
	int ret = -ENOSPC;
	u32 room;

	if (!src)
		return -EFAULT;
	flipq_csum(job, false, src, src_len);
	if ((job->desc.flags & FLIPQ_REQ_DETECT_FILL) &&
	    codec_filled(src, src_len, &job->res.filled)) {
		job->res.flags |= FLIPQ_RES_FILLED;
		return 0;
	}
	if (src_len < 2)
		return flipq_incompressible(job, src);

	/* What does not shrink is of no use, and giving up early saves time. */
	room = min(job->desc.dst_len, src_len - 1);
	if (room)
		ret = p->ops->compress(p, flipq_workspace(job), src, src_len,
				       job->room, room);
	if (ret == -ENOSPC && room == src_len - 1)
		return flipq_incompressible(job, src);
	if (ret < 0)
		return ret;
	job->res.len = ret;
	flipq_csum(job, true, job->room, ret);
	return flipq_store(job, ret);
}

/**
 * flipq_decompress - DECOMPRESS, checked
 * @job: request; its result is filled in
 *
 * Return: 0 or the request's status.
 */
int flipq_decompress(struct flipq_job *job)
{
	const struct codec_params *p = flipq_codec(job);
	const u8 *src = flipq_fetch(job);
	int ret;

	if (!src)
		return -EFAULT;
	flipq_csum(job, true, src, job->desc.src_len);
	ret = p->ops->decompress(p, flipq_workspace(job), src,
				 job->desc.src_len, job->room,
				 job->desc.dst_len, job->part->worker);
	if (ret < 0)
		return ret;
	job->res.len = ret;
	flipq_csum(job, false, job->room, ret);
	return flipq_store(job, ret);
}
