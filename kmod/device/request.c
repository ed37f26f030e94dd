// SPDX-License-Identifier: GPL-2.0-only
/*
 * request.c - the device as the engine's client: one request from descriptor to
 * result
 */
#include <linux/sched/clock.h>

#include "device/device.h"
#include "trace.h"

static void flipq_copy_desc(struct flipq_desc *to, const void *from)
{
	const u64 *src = from;
	u64 *dst = (u64 *)to;
	size_t i;

	/*
	 * Once: the compiler must not come back for a second look. Without the
	 * loop it takes a third of the instructions.
	 */
#pragma GCC unroll 8
	for (i = 0; i < sizeof(*to) / sizeof(*src); i++)
		dst[i] = READ_ONCE(src[i]);
}

static void flipq_account(struct flipq_counters *c, const struct flipq_job *job)
{
	if (job->res.status) {
		c->errors++;
		return;
	}
	c->bytes_in += job->op->partial ? job->res.len : job->desc.src_len;
	c->bytes_out += job->res.len;
	if (job->res.flags & FLIPQ_RES_FILLED)
		c->filled++;
	if (job->res.flags & FLIPQ_RES_INCOMPRESSIBLE)
		c->incompressible++;
}

static void flipq_finish(struct engine_partition *epart, struct flipq_job *job)
{
	struct flipq_result *results = job->part->comp +
				       job->part->shape->result_offset;

	/* Of what failed only the error counts, but for how far it got. */
	if (job->res.status && !(job->op && job->op->partial))
		job->res = (struct flipq_result){ .status = job->res.status };
	flipq_account(&epart->turn, job);
	results[job->slot] = job->res;
}

/* @slot is the place of a bit in a masked word: never out of bounds. */
static void flipq_start(struct engine_partition *epart, unsigned int slot,
			struct flipq_job *job)
{
	job->part = epart->priv;
	job->slot = slot;
	flipq_copy_desc(&job->desc, job->part->sub +
			job->part->shape->desc_offset +
			slot * sizeof(struct flipq_desc));
}

static void flipq_handle(struct engine_partition *epart, unsigned int slot,
			 void *request)
{
	struct flipq_job job = {};
	u64 start = 0;

	flipq_start(epart, slot, &job);
	trace_flipq_request_start(epart->queue->id, epart->index, slot,
				  &job.desc);
	if (trace_flipq_request_complete_enabled())
		start = local_clock();
	job.res.status = flipq_op_run(&job);
	flipq_finish(epart, &job);
	if (start)
		trace_flipq_request_complete(epart->queue->id, epart->index,
					     slot, &job.desc, &job.res,
					     local_clock() - start);
}

static void flipq_cancelled(struct engine_partition *epart, unsigned int slot,
			    void *request)
{
	struct flipq_job job = { .res.status = -ECANCELED };

	flipq_start(epart, slot, &job);
	flipq_finish(epart, &job);
	trace_flipq_request_complete(epart->queue->id, epart->index, slot,
				     &job.desc, &job.res, 0);
}

/* Show the user the counters of its partition. They are never read back. */
static void flipq_turn_done(struct engine_partition *epart)
{
	const struct flipq_partition *part = epart->priv;
	struct flipq_completion *comp = part->comp;

	engine_counters_read(&comp->counters, &epart->counters);
}

const struct engine_ops flipq_ops = {
	.request_handler = flipq_handle,
	.request_cancelled = flipq_cancelled,
	.turn_done = flipq_turn_done,
};
