/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * models.h - all models there are
 */
#ifndef BENCH_MODELS_H
#define BENCH_MODELS_H

#include "core/model.h"

extern const struct model_ops model_inline;
extern const struct model_ops model_classic;
extern const struct model_ops model_ring;
extern const struct model_ops model_workqueue;
extern const struct model_ops model_workqueue_rr;
extern const struct model_ops model_workqueue_batch;
extern const struct model_ops model_pool;
extern const struct model_ops model_uring;
extern const struct model_ops model_sqpoll;
extern const struct model_ops model_eventfd;
extern const struct model_ops model_line;
extern const struct model_ops model_zram;
extern const struct model_ops model_flip;
extern const struct model_ops model_flip_serve;
extern const struct model_ops model_flipq;
extern const struct model_ops model_flipq_serve;
extern const struct model_ops model_flipq_arena;
extern const struct model_ops model_flipq_private;
extern const struct model_ops model_flipq_private_serve;

/* All there are, then NULL. */
extern const struct model_ops *const models[];

/* By name, NULL: there is none. */
const struct model_ops *model_find(const char *name);

#endif /* BENCH_MODELS_H */
