// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd.c - queues with nothing to do
 *
 * Each has done something once: a queue that no worker ever heard of would cost
 * nothing in any design.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "crowd.h"
#include "grow.h"

#define OTHER_FILES	64

int crowd_init(struct crowd *c, unsigned int room)
{
	struct rlimit files;

	*c = (struct crowd){ .room = room };
	if (getrlimit(RLIMIT_NOFILE, &files))
		return grow_complain("files", strerror(errno));
	if (files.rlim_cur < room + OTHER_FILES) {
		files.rlim_cur = room + OTHER_FILES;
		if (files.rlim_max < files.rlim_cur)
			files.rlim_max = files.rlim_cur;
		if (setrlimit(RLIMIT_NOFILE, &files))
			return grow_complain("limit of open files",
					     strerror(errno));
	}
	c->queues = calloc(room, sizeof(*c->queues));
	return c->queues ? 0 : grow_complain("idle queues", strerror(ENOMEM));
}

/* Have each partition do one request. */
static int use_once(struct flipq *q)
{
	unsigned int i;
	int slot, ret;

	for (i = 0; i < flipq_partitions(q); i++) {
		slot = flipq_get_in(q, i);
		if (slot < 0)
			return slot;
		ret = flipq_prep_nop(q, slot, 0);
		if (ret)
			return ret;
	}
	ret = flipq_submit_and_wait(q, flipq_partitions(q),
				    FLIPQ_TIMEOUT_NONE);
	if (ret < 0)
		return ret;
	ret = flipq_abort(q);
	return ret < 0 ? ret : 0;
}

int crowd_grow(struct crowd *c, unsigned int nr,
	       const struct flipq_config *config)
{
	int ret;

	while (c->nr < nr && c->nr < c->room) {
		ret = flipq_open(&c->queues[c->nr], config);
		if (ret)
			return grow_complain("an idle queue",
					     flipq_open_error(ret));
		ret = use_once(c->queues[c->nr++]);
		if (ret)
			return grow_complain("an idle queue", strerror(-ret));
	}
	return 0;
}

void crowd_close(struct crowd *c)
{
	while (c->nr)
		flipq_close(c->queues[--c->nr]);
}

void crowd_free(struct crowd *c)
{
	crowd_close(c);
	free(c->queues);
}
