// SPDX-License-Identifier: GPL-2.0-only
/*
 * models.c - all models there are
 */
#include <stddef.h>
#include <string.h>

#include "models/models.h"

const struct model_ops *const models[] = {
	&model_inline, &model_classic, &model_ring, &model_workqueue,
	&model_workqueue_rr, &model_workqueue_batch, &model_pool,
#ifdef HAVE_LIBURING
	&model_uring, &model_sqpoll,
#endif
	&model_eventfd, &model_line, &model_zram, &model_flip,
	&model_flip_serve, &model_flipq, &model_flipq_serve,
	&model_flipq_arena, &model_flipq_private,
	&model_flipq_private_serve, NULL
};

const struct model_ops *model_find(const char *name)
{
	const struct model_ops *const *m;

	for (m = models; *m; m++)
		if (!strcmp((*m)->name, name))
			break;
	return *m;
}
