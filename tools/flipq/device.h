/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.h - queues sized to the work, what is offered for them, and where they
 * are: at the device, or in this process where there is none
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "flipq.h"

/**
 * struct place - where a queue is
 * @path: for libflipq; NULL for the device, as nobody asked for one
 * @name: in messages
 * @missing: why it is in this process: a negative errno of the device, or 0 as it
 *	was asked for
 * @in_process: it is
 * @partitions: that threads other than the submitter serve by default; 0 where
 *	shared workers are not for this user
 */
struct place {
	const char *path;
	const char *name;
	int missing;
	bool in_process;
	unsigned int partitions;
};

/**
 * struct queue_need - what a queue is for
 * @in_size: largest input of a request
 * @out_size: largest output
 * @codec: the only one
 * @place: where
 * @workers: 0 for the kernel's choice
 * @own: by threads of this process, not by the shared workers
 * @blocks: about how many requests there will be, 0 if nobody knows
 */
struct queue_need {
	uint32_t in_size;
	uint32_t out_size;
	struct flipq_codec codec;
	struct place place;
	unsigned int workers;
	bool own;
	uint64_t blocks;
};

/**
 * struct device - a queue and who serves it
 * @q: queue, NULL for none
 * @pool: threads of this process, NULL for the shared workers
 * @place: where it is; another one than was needed if there was no worker
 * @barred: shared workers are not for this user
 */
struct device {
	struct flipq *q;
	struct flipq_pool *pool;
	struct place place;
	bool barred;
};

/* All return 0, or -1 after a message. */

/* Where queues are, with @device of struct options; and what is said there. */
int device_find(const char *device, struct place *place,
		struct flipq_info *info);

/* As a line: the path, or "none" and why. */
void device_print(const struct place *place, FILE *to);

int device_open(struct device *d, const struct queue_need *need);
void device_close(struct device *d);

/* What is offered at @place of @algorithm for blocks of @size. */
int device_codec(const struct place *place, uint32_t algorithm, uint32_t size,
		 struct flipq_codec_info *info);

#endif /* DEVICE_H */
