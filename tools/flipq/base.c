// SPDX-License-Identifier: GPL-2.0-only
/*
 * base.c - the image that another one takes pages from
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "message.h"
#include "tool.h"

struct flipq_image_config image_config(const struct options *o)
{
	return (struct flipq_image_config) {
		.device = o->device,
		.partitions = o->workers,
		.fallback = !o->device,
	};
}

/* One that has a base itself would take a third file. */
static int check(const struct base *b)
{
	if (b->info.based)
		return fail(b->name,
			    "has a base itself: expected one that is whole");
	if (!b->info.checked)
		return fail(b->name,
			    "its index has no checksums: expected one of flipq compress --index");
	return 0;
}

int base_open(struct base *b, const struct options *o)
{
	struct flipq_image_config config = image_config(o);
	int err;

	b->name = o->base;
	b->fd = open(o->base, O_RDONLY | O_CLOEXEC);
	if (b->fd < 0)
		return fail(b->name, "%s", strerror(errno));
	err = flipq_image_look(b->fd, &b->info);
	if (!err && check(b))
		return -1;
	if (!err)
		err = flipq_image_open(&b->image, b->fd, &config);
	return err ? fail(b->name, "%s", flipq_image_error(err)) : 0;
}

int base_read(const struct base *b, void *buf, size_t len, uint64_t offset,
	      size_t *got)
{
	int64_t n = flipq_image_read(b->image, buf, len, offset);

	if (n < 0)
		return fail(b->name, "%s", flipq_image_error((int)n));
	*got = (size_t)n;
	return 0;
}

/* Zeroed, it was never opened. */
void base_close(struct base *b)
{
	if (!b->name)
		return;
	flipq_image_close(b->image);
	if (b->fd >= 0)
		close(b->fd);
}
