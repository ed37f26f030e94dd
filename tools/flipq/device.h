/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.h - queues sized to the work, and what the kernel offers
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "flipq.h"

/**
 * struct queue_need - what a queue is for
 * @in_size: largest input of a request
 * @out_size: largest output
 * @codec: the only one
 * @workers: 0 for the kernel's choice
 * @own: by threads of this process, not by the shared workers
 * @blocks: about how many requests there will be, 0 if nobody knows
 */
struct queue_need {
	uint32_t in_size;
	uint32_t out_size;
	struct flipq_codec codec;
	unsigned int workers;
	bool own;
	uint64_t blocks;
};

/**
 * struct device - a queue and who serves it
 * @q: queue, NULL for none
 * @pool: threads of this process, NULL for the shared workers
 * @barred: shared workers are not for this user
 */
struct device {
	struct flipq *q;
	struct flipq_pool *pool;
	bool barred;
};

/* 0, or -1 after a message. */
int device_open(struct device *d, const struct queue_need *need);
void device_close(struct device *d);

/* What the kernel says of @algorithm for blocks of @size. 0, or -1. */
int device_codec(uint32_t algorithm, uint32_t size,
		 struct flipq_codec_info *info);

#endif /* DEVICE_H */
