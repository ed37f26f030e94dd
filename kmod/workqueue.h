/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workqueue.h - a queue whose submitter is in the kernel
 *
 *	wq = flip_workqueue_create(&ops, partitions, slots, priv);
 *	request = flip_workqueue_get_request(wq);
 *	... fill in *request ...
 *	flip_workqueue_submit(wq, request);
 *	...
 *	flip_workqueue_wait(wq);
 *	flip_workqueue_destroy(wq);
 *
 * or, for several requests at the price of one hand-over:
 *
 *	while (more && (request = flip_workqueue_get_request(wq))) {
 *		... fill in *request ...
 *		flip_workqueue_stage(wq, request);
 *	}
 *	flip_workqueue_publish(wq);
 *
 * A workqueue has one submitter at a time: whoever calls these functions sees
 * to it that no two run at once. All of them may sleep but for stage, publish
 * and submit; get_request does what request_done does.
 */
#ifndef FLIPQ_WORKQUEUE_H
#define FLIPQ_WORKQUEUE_H

#include "engine.h"

struct flip_workqueue;

struct flip_workqueue *flip_workqueue_create(const struct flip_ops *ops,
					     unsigned int partitions,
					     unsigned int slots, void *priv);
void *flip_workqueue_get_request(struct flip_workqueue *wq);
void flip_workqueue_stage(struct flip_workqueue *wq, void *request);
void flip_workqueue_publish(struct flip_workqueue *wq);
void flip_workqueue_submit(struct flip_workqueue *wq, void *request);
void flip_workqueue_wait(struct flip_workqueue *wq);
int flip_workqueue_cancel(struct flip_workqueue *wq, u64 *cancelled);
void flip_workqueue_destroy(struct flip_workqueue *wq);

#endif /* FLIPQ_WORKQUEUE_H */
