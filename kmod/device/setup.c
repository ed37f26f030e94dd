// SPDX-License-Identifier: GPL-2.0-only
/*
 * setup.c - a queue, made from what was asked for, or nothing
 *
 * All memory of a queue is allocated here, in the caller's context and charged
 * to it, but for the workers' scratch memory, which queues share.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device/device.h"
#include "trace.h"

#define FLIPQ_DEFAULT_MAX_PARTITIONS 8U

/* Where mmap finds the regions: far apart, as each is mapped whole. */
#define FLIPQ_SUB_MMAP		0ULL
#define FLIPQ_COMP_MMAP		BIT_ULL(40)
#define FLIPQ_ARENA_MMAP	BIT_ULL(41)

/* What FLIPQ_IOC_SETUP makes for the caller who leaves it open; 0 for none. */
unsigned int flipq_default_partitions(void)
{
	unsigned int nr;

	if (!flipq_may_share())
		return 0;
	nr = engine_pool_usable();
	if (!nr)
		nr = engine_pool_workers();
	return min(nr, FLIPQ_DEFAULT_MAX_PARTITIONS);
}

static bool flipq_bad_size(u32 size)
{
	return size && (size < FLIPQ_MIN_SLOT_SIZE ||
			size > FLIPQ_MAX_SLOT_SIZE);
}

static int flipq_setup_check(const struct flipq_setup *s)
{
	if (s->slots > FLIPQ_MAX_SLOTS || s->nr_codecs > FLIPQ_MAX_CODECS)
		return -EINVAL;
	if (s->partitions > FLIPQ_MAX_PARTITIONS ||
	    s->owner_partitions > FLIPQ_MAX_PARTITIONS - s->partitions)
		return -EINVAL;
	if (flipq_bad_size(s->in_size) || flipq_bad_size(s->out_size) ||
	    flipq_bad_size(s->max_len))
		return -EINVAL;
	if (s->nr_codecs && !s->max_len && (!s->in_size || !s->out_size))
		return -EINVAL;
	if (!PAGE_ALIGNED(s->arena_size))
		return -EINVAL;
	if (s->worker_spin_ns > FLIPQ_MAX_SPIN_NS ||
	    s->wait_spin_ns > FLIPQ_MAX_SPIN_NS)
		return -EINVAL;
	if (!(s->flags & FLIPQ_SETUP_SPIN) &&
	    (s->worker_spin_ns || s->wait_spin_ns))
		return -EINVAL;
	return 0;
}

static int flipq_setup_defaults(struct flipq_setup *s)
{
	if (!s->slots)
		s->slots = FLIPQ_DEFAULT_SLOTS;
	if ((s->partitions || !s->owner_partitions) && !flipq_may_share())
		return -EPERM;
	if (!s->partitions && !s->owner_partitions)
		s->partitions = flipq_default_partitions();
	if (!(s->flags & FLIPQ_SETUP_SPIN)) {
		s->worker_spin_ns = READ_ONCE(flipq_params.worker_spin_ns);
		s->wait_spin_ns = READ_ONCE(flipq_params.wait_spin_ns);
	}
	s->worker_spin_ns = min(s->worker_spin_ns,
				READ_ONCE(flipq_params.max_spin_ns));
	return s->partitions || s->owner_partitions ? 0 : -ENODEV;
}

static int flipq_setup_codecs(struct flipq_queue *fq)
{
	const struct flipq_codec __user *user =
		u64_to_user_ptr(fq->setup.codecs);
	unsigned int i;

	for (i = 0; i < fq->setup.nr_codecs; i++) {
		struct flipq_codec c;
		int err;

		if (copy_from_user(&c, user + i, sizeof(c)))
			return -EFAULT;
		if ((c.flags & FLIPQ_CODEC_OWNER) && !fq->setup.owner_partitions)
			return -EINVAL;
		err = codec_prepare(&fq->shape.codecs[i], &c, fq->shape.max_in,
				    READ_ONCE(flipq_params.max_workspace));
		if (err)
			return err;
	}
	fq->shape.nr_codecs = i;
	return 0;
}

/* Buffers of a page or more start on a page, smaller ones on a line. */
static u32 flipq_align(u32 offset, u32 size)
{
	return ALIGN(offset, size < PAGE_SIZE ? SMP_CACHE_BYTES : PAGE_SIZE);
}

static void flipq_setup_sizes(struct flipq_queue *fq)
{
	const struct flipq_setup *s = &fq->setup;
	struct flipq_shape *shape = &fq->shape;

	shape->in_size = s->in_size;
	shape->out_size = s->out_size;
	shape->max_in = max(s->in_size, s->max_len);
	shape->max_out = max(s->out_size, s->max_len);
	/* FLUSH copies by way of it even where no request may have input. */
	shape->bounce = max_t(u32, shape->max_in, PAGE_SIZE);
	shape->arena_size = s->arena_size;
}

/* Can't overflow: 64 slots of 4 MiB are 256 MiB, 64 partitions of it 16 GiB. */
static void flipq_setup_shape(struct flipq_queue *fq)
{
	struct flipq_setup *s = &fq->setup;
	struct flipq_shape *shape = &fq->shape;

	s->desc_offset = sizeof(struct flipq_submission);
	s->desc_stride = sizeof(struct flipq_desc);
	s->in_stride = ALIGN(s->in_size, SMP_CACHE_BYTES);
	s->in_offset = flipq_align(s->desc_offset + s->slots * s->desc_stride,
				   s->in_size);
	s->sub_stride = PAGE_ALIGN(s->in_offset + s->slots * s->in_stride);

	s->result_offset = sizeof(struct flipq_completion);
	s->result_stride = sizeof(struct flipq_result);
	s->out_stride = ALIGN(s->out_size, SMP_CACHE_BYTES);
	s->out_offset = flipq_align(s->result_offset + s->slots *
				    s->result_stride, s->out_size);
	s->comp_stride = PAGE_ALIGN(s->out_offset + s->slots * s->out_stride);

	s->sub_offset = FLIPQ_SUB_MMAP;
	s->sub_size = (u64)s->sub_stride * fq->nr;
	s->comp_offset = FLIPQ_COMP_MMAP;
	s->comp_size = (u64)s->comp_stride * fq->nr;
	s->arena_offset = FLIPQ_ARENA_MMAP;

	shape->in_offset = s->in_offset;
	shape->in_stride = s->in_stride;
	shape->out_offset = s->out_offset;
	shape->out_stride = s->out_stride;
	shape->desc_offset = s->desc_offset;
	shape->result_offset = s->result_offset;
}

static size_t flipq_workspace_size(const struct codec_params *p)
{
	return max(p->compress_ws, p->decompress_ws);
}

/* Bytes of what flipq_setup_scratch() allocates for an owner-served one. */
static u64 flipq_own_scratch(const struct flipq_shape *shape)
{
	u64 bytes = shape->bounce;
	unsigned int i;

	if (shape->nr_codecs)
		bytes += shape->max_out;
	for (i = 0; i < shape->nr_codecs; i++)
		bytes += flipq_workspace_size(&shape->codecs[i]);
	return bytes;
}

static int flipq_scratch_add(const struct flipq_partition *part,
			     struct flipq_scratch **s, unsigned int kind,
			     size_t size)
{
	if (!size)
		return 0;
	if (part->worker)
		*s = flipq_scratch_get(part->worker, kind, size);
	else
		*s = flipq_scratch_own(size);
	return *s ? 0 : -ENOMEM;
}

static int flipq_setup_scratch(struct flipq_queue *fq,
			       struct flipq_partition *part)
{
	const struct flipq_shape *shape = &fq->shape;
	unsigned int i;
	int err = 0;

	if (shape->nr_codecs || !part->worker)
		err = flipq_scratch_add(part, &part->input, FLIPQ_SCRATCH_INPUT,
					part->worker ? shape->max_in :
						       shape->bounce);
	if (!err && shape->nr_codecs)
		err = flipq_scratch_add(part, &part->output,
					FLIPQ_SCRATCH_OUTPUT, shape->max_out);
	for (i = 0; !err && i < shape->nr_codecs; i++) {
		const struct codec_params *p = &shape->codecs[i];

		if (part->worker && (p->flags & FLIPQ_CODEC_OWNER))
			continue;
		err = flipq_scratch_add(part, &part->workspace[i],
					p->ops->algorithm,
					flipq_workspace_size(p));
	}
	return err;
}

static int flipq_setup_arena(struct flipq_queue *fq)
{
	u64 size = fq->setup.arena_size;
	int err;

	if (!size)
		return 0;
	err = flipq_region_init(&fq->arena, size);
	if (!err)
		err = flipq_region_populate(&fq->arena, size, NUMA_NO_NODE);
	if (!err)
		err = flipq_region_map(&fq->arena);
	fq->shape.arena = fq->arena.addr;
	return err;
}

static int flipq_setup_memory(struct flipq_queue *fq)
{
	const struct flipq_setup *s = &fq->setup;
	unsigned int i;
	int err;

	err = flipq_region_init(&fq->sub, s->sub_size);
	if (!err)
		err = flipq_region_init(&fq->comp, s->comp_size);
	for (i = 0; !err && i < fq->nr; i++) {
		const struct engine_worker *w = fq->parts[i].worker;
		int node = w ? w->node : NUMA_NO_NODE;

		err = flipq_region_populate(&fq->sub, s->sub_stride, node);
		if (!err)
			err = flipq_region_populate(&fq->comp, s->comp_stride,
						    node);
		if (!err)
			err = flipq_setup_scratch(fq, &fq->parts[i]);
	}
	if (!err)
		err = flipq_region_map(&fq->sub);
	if (!err)
		err = flipq_region_map(&fq->comp);
	if (!err)
		err = flipq_setup_arena(fq);
	return err;
}

static int flipq_setup_partition(struct flipq_queue *fq, unsigned int i)
{
	struct flipq_partition *part = &fq->parts[i];
	struct flipq_submission *sub;
	struct flipq_completion *comp;
	struct engine_words words;

	sub = fq->sub.addr + (size_t)i * fq->setup.sub_stride;
	comp = fq->comp.addr + (size_t)i * fq->setup.comp_stride;
	words.fill = &sub->fill;
	words.reap = &sub->reap;
	words.done = &comp->done;
	words.need_wakeup = &comp->need_wakeup;
	part->shape = &fq->shape;
	part->sub = sub;
	part->comp = comp;
	return engine_queue_add(fq->queue, &words, fq->setup.worker_spin_ns,
				part->worker, part);
}

static int flipq_setup_queue(struct flipq_queue *fq,
			     wait_queue_head_t *poll_wq)
{
	unsigned int i;
	int err = 0;

	fq->queue = engine_queue_create(&flipq_ops, fq->charge.user,
					fq->setup.slots, fq->nr,
					fq->setup.wait_spin_ns);
	if (!fq->queue)
		return -ENOMEM;
	fq->queue->poll_wq = poll_wq;
	for (i = 0; !err && i < fq->nr; i++)
		err = flipq_setup_partition(fq, i);
	return err;
}

static void flipq_setup_workers(struct flipq_queue *fq)
{
	struct engine_worker *workers[FLIPQ_MAX_PARTITIONS];
	unsigned int i;

	/* The owner's come after these, and have none. */
	engine_pool_choose(workers, fq->setup.partitions);
	for (i = 0; i < fq->setup.partitions; i++)
		fq->parts[i].worker = workers[i];
}

static int flipq_setup_all(struct flipq_queue *fq, wait_queue_head_t *poll_wq)
{
	const struct flipq_setup *s = &fq->setup;
	u64 bytes;
	int err;

	flipq_setup_sizes(fq);
	err = flipq_setup_codecs(fq);
	if (err)
		return err;
	flipq_setup_shape(fq);
	/* An arena near 2^64 must not wrap to little. */
	if (check_add_overflow(s->sub_size + s->comp_size +
			       s->owner_partitions *
			       flipq_own_scratch(&fq->shape),
			       s->arena_size, &bytes))
		return -EDQUOT;
	err = flipq_charge(&fq->charge, bytes);
	if (err)
		return err;
	flipq_setup_workers(fq);
	err = flipq_setup_memory(fq);
	if (err)
		return err;
	return flipq_setup_queue(fq, poll_wq);
}

/**
 * flipq_queue_setup - make a queue
 * @s: what the user asked for; on success filled in with what was made
 * @poll_wq: where those who poll it register; stays for as long as the queue
 *
 * The codecs are read from the caller's memory before anything is charged.
 *
 * Return: the queue, or an ERR_PTR() with an errno of FLIPQ_IOC_SETUP.
 */
struct flipq_queue *flipq_queue_setup(struct flipq_setup *s,
				      wait_queue_head_t *poll_wq)
{
	struct flipq_queue *fq;
	unsigned int nr;
	int err;

	err = flipq_setup_check(s);
	if (!err)
		err = flipq_setup_defaults(s);
	if (err)
		return ERR_PTR(err);
	nr = s->partitions + s->owner_partitions;
	fq = kvzalloc(struct_size(fq, parts, nr), ENGINE_GFP);
	if (!fq)
		return ERR_PTR(-ENOMEM);
	mmgrab(current->mm);
	fq->mm = current->mm;
	fq->setup = *s;
	fq->nr = nr;
	err = flipq_setup_all(fq, poll_wq);
	if (err) {
		flipq_queue_free(fq);
		return ERR_PTR(err);
	}
	*s = fq->setup;
	trace_flipq_queue_create(fq->queue->id, fq->nr, s->slots,
				 fq->charge.bytes);
	return fq;
}

/**
 * flipq_queue_free - undo a set-up, however far it went
 * @fq: queue that nobody uses any more: no worker knows of it
 */
void flipq_queue_free(struct flipq_queue *fq)
{
	unsigned int i, c;

	if (fq->queue) {
		trace_flipq_queue_destroy(fq->queue->id);
		engine_queue_free(fq->queue);
	}
	for (i = 0; i < fq->nr; i++) {
		flipq_scratch_put(fq->parts[i].input);
		flipq_scratch_put(fq->parts[i].output);
		for (c = 0; c < FLIPQ_MAX_CODECS; c++)
			flipq_scratch_put(fq->parts[i].workspace[c]);
		if (fq->parts[i].worker)
			engine_pool_put(fq->parts[i].worker);
	}
	flipq_region_free(&fq->arena);
	flipq_region_free(&fq->comp);
	flipq_region_free(&fq->sub);
	flipq_uncharge(&fq->charge);
	mmdrop(fq->mm);
	kvfree(fq);
}

static void flipq_queue_gone(void *arg)
{
	struct flipq_queue *fq = arg;

	fq->closed(fq->closed_arg);
	flipq_queue_free(fq);
	/* The pool waits for this work to end, so the text outlives it. */
	module_put(THIS_MODULE);
}

/**
 * flipq_queue_close - the end of a queue
 * @fq: queue that nobody calls, maps or polls any more
 * @closed: called, with @arg, when it has ended, at once or later
 * @arg: for @closed
 *
 * Waits for nobody. What it holds of the limits, and the module, it holds until
 * its workers have let go of it.
 */
void flipq_queue_close(struct flipq_queue *fq, void (*closed)(void *arg),
		       void *arg)
{
	fq->closed = closed;
	fq->closed_arg = arg;
	flipq_charge_closed(&fq->charge);
	__module_get(THIS_MODULE);
	if (engine_queue_close(fq->queue, flipq_queue_gone, fq))
		flipq_queue_gone(fq);
}
