// SPDX-License-Identifier: GPL-2.0-only
/*
 * op.c - the opcodes of requests, one table
 */
#include <linux/nospec.h>

#include "device/device.h"

#define FLIPQ_PLACE_FLAGS	(FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK)
#define FLIPQ_CODEC_REQ_FLAGS	(FLIPQ_PLACE_FLAGS | FLIPQ_REQ_CSUM_MASK | \
				 FLIPQ_REQ_CSUM_ENCODED)

static int flipq_copy_all(struct flipq_job *job)
{
	const struct flipq_desc *d = &job->desc;

	job->res.len = d->src_len;
	return flipq_copy(job->part, job->dst, d->dst, job->src, d->src,
			  d->src_len);
}

static const struct flipq_op flipq_op_table[FLIPQ_OP_NR] = {
	[FLIPQ_OP_NOP] = {
		.check = flipq_check_nop,
	},
	[FLIPQ_OP_COMPRESS] = {
		.flags = FLIPQ_CODEC_REQ_FLAGS | FLIPQ_REQ_DETECT_FILL,
		.codec = true,
		.check = flipq_check_codec,
		.run = flipq_compress,
	},
	[FLIPQ_OP_DECOMPRESS] = {
		.flags = FLIPQ_CODEC_REQ_FLAGS,
		.codec = true,
		.check = flipq_check_codec,
		.run = flipq_decompress,
	},
	[FLIPQ_OP_COPY] = {
		.flags = FLIPQ_PLACE_FLAGS,
		.check = flipq_check_copy,
		.run = flipq_copy_all,
	},
	[FLIPQ_OP_FLUSH] = {
		.flags = FLIPQ_PLACE_FLAGS,
		.own = true,
		.partial = true,
		.check = flipq_check_flush,
		.run = flipq_flush,
	},
};

/* What @opcode is, NULL where it is not known. */
const struct flipq_op *flipq_op_of(unsigned int opcode)
{
	if (opcode >= FLIPQ_OP_NR)
		return NULL;
	return &flipq_op_table[array_index_nospec(opcode, FLIPQ_OP_NR)];
}

/**
 * flipq_op_run - check a request, and do it
 * @job: with its descriptor, and nothing else of it
 *
 * There is no rescheduling point in a request, so none may take long: 0.1 s on
 * a shared worker, 1 s for an owner's thread. Codecs have their bounds
 * (codec.h). COPY is of 4 MiB at most, and so are FLUSH's pages, whose bitmap
 * is 1024 words then; checksums, and the look for one repeated word, pass over
 * 4 MiB once.
 *
 * Return: its status.
 */
int flipq_op_run(struct flipq_job *job)
{
	const struct flipq_desc *d = &job->desc;
	const struct flipq_op *op = flipq_op_of(d->opcode);
	int err;

	if (!op || d->reserved0 || d->reserved1 || (d->flags & ~op->flags) ||
	    (d->codec && !op->codec) ||
	    (!op->own && (d->own[0] || d->own[1] || d->own[2])))
		return -EINVAL;
	job->op = op;
	err = op->check(job);
	return err || !op->run ? err : op->run(job);
}
