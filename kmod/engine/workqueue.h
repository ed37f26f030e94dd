/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workqueue.h - a queue whose submitter is in the kernel
 *
 *	wq = engine_workqueue_create(&ops, partitions, slots, priv);
 *	request = engine_workqueue_get_request(wq);
 *	... fill in *request ...
 *	engine_workqueue_submit(wq, request);
 *	...
 *	engine_workqueue_wait(wq);
 *	engine_workqueue_destroy(wq);
 *
 * or, for several requests at the price of one hand-over:
 *
 *	while (more && (request = engine_workqueue_get_request(wq))) {
 *		... fill in *request ...
 *		engine_workqueue_stage(wq, request);
 *	}
 *	engine_workqueue_publish(wq);
 *
 * A workqueue has one submitter at a time: whoever calls these functions sees
 * to it that no two run at once. All of them may sleep but for stage, publish
 * and submit; get_request does what request_done does.
 */
#ifndef FLIPQ_WORKQUEUE_H
#define FLIPQ_WORKQUEUE_H

#include "engine/engine.h"

struct engine_workqueue;

struct engine_workqueue *engine_workqueue_create(const struct engine_ops *ops,
						 unsigned int partitions,
						 unsigned int slots,
						 void *priv);
void *engine_workqueue_get_request(struct engine_workqueue *wq);
void engine_workqueue_stage(struct engine_workqueue *wq, void *request);
void engine_workqueue_publish(struct engine_workqueue *wq);
void engine_workqueue_submit(struct engine_workqueue *wq, void *request);
void engine_workqueue_wait(struct engine_workqueue *wq);
int engine_workqueue_cancel(struct engine_workqueue *wq, u64 *cancelled);
void engine_workqueue_destroy(struct engine_workqueue *wq);

#endif /* FLIPQ_WORKQUEUE_H */
