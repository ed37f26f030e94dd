/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call.h - an open of /dev/flipq, and a call on it
 */
#ifndef FLIPQ_CALL_H
#define FLIPQ_CALL_H

#include <linux/nospec.h>
#include <linux/sched.h>

#include "device/device.h"

/**
 * struct flipq_file - an open of the device
 * @queue: NULL, then its queue, once and for all
 * @poll_wq: pollers are registered here, before set-up, too
 */
struct flipq_file {
	struct flipq_queue *queue;
	wait_queue_head_t poll_wq;
};

/* The queue of @ff, NULL before set-up. */
static inline struct flipq_queue *flipq_get_queue(const struct flipq_file *ff)
{
	/* (m) pairs with (l): the queue before what it is made of */
	return smp_load_acquire(&ff->queue);
}

/* The queue of @ff for its owner, or an ERR_PTR(): not set up, not yours. */
static inline struct flipq_queue *flipq_owned(const struct flipq_file *ff)
{
	struct flipq_queue *fq = flipq_get_queue(ff);

	if (!fq)
		return ERR_PTR(-ENXIO);
	if (fq->mm != current->mm)
		return ERR_PTR(-EIO);
	return fq;
}

/* Is @i a partition that the owner's threads serve? They are the last ones. */
static inline bool flipq_owner_served(const struct flipq_queue *fq,
				      unsigned int i)
{
	return i < fq->nr && i >= fq->setup.partitions;
}

/* The number of a partition that exists, whatever a CPU thinks that runs ahead. */
static inline unsigned int flipq_index(const struct flipq_queue *fq,
				       unsigned int i)
{
	return array_index_nospec(i, fq->nr);
}

/**
 * union flipq_arg - a call's struct, the kernel's own copy
 * @head: how each begins
 * @info: of FLIPQ_IOC_INFO, and so on
 * @codec: of FLIPQ_IOC_CODEC
 * @setup: of FLIPQ_IOC_SETUP
 * @enter: of FLIPQ_IOC_ENTER
 * @stats: of FLIPQ_IOC_STATS
 * @serve: of FLIPQ_IOC_SERVE
 * @cancel: of FLIPQ_IOC_CANCEL
 * @probe: of FLIPQ_IOC_PROBE
 */
union flipq_arg {
	struct {
		u32 size;
		u32 flags;
	} head;
	struct flipq_info info;
	struct flipq_codec_info codec;
	struct flipq_setup setup;
	struct flipq_enter enter;
	struct flipq_stats stats;
	struct flipq_serve serve;
	struct flipq_cancel cancel;
	struct flipq_probe probe;
};

/**
 * struct flipq_call - an ioctl under way
 * @file: of the caller
 * @queue: of @file, for calls that need one; SETUP: the new one
 * @answer: @arg is to be copied back, whatever the call returns
 * @arg: when a handler gets it its flags are known ones, and what is reserved
 *	or only an answer is zero
 */
struct flipq_call {
	struct flipq_file *file;
	struct flipq_queue *queue;
	bool answer;
	union flipq_arg arg;
};

/* query.c */
long flipq_call_info(struct flipq_call *call);
long flipq_call_codec(struct flipq_call *call);
long flipq_call_stats(struct flipq_call *call);
long flipq_call_probe(struct flipq_call *call);
void flipq_queue_counters(const struct flipq_queue *fq,
			  struct flipq_counters *c);

/* make.c */
long flipq_call_setup(struct flipq_call *call);
long flipq_end_setup(struct flipq_call *call, long err);

/* enter.c */
long flipq_call_enter(struct flipq_call *call);
long flipq_call_serve(struct flipq_call *call);
long flipq_call_cancel(struct flipq_call *call);

/* call.c */
long flipq_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif /* FLIPQ_CALL_H */
