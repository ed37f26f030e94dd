// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - a part of an image, or one that has a base, by its table
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base.h"
#include "image.h"
#include "message.h"
#include "output.h"
#include "reading.h"
#include "report.h"
#include "source.h"
#include "tool.h"

/* Decoded and written at a time. */
#define AT_ONCE		(8U * MIB)

/* What was asked for, which must be there. *@end: where it ends. */
static int check(const struct reading *r, uint64_t size, uint64_t *end)
{
	const struct options *o = r->o;

	if (o->offset > size)
		return fail(r->source->name,
			    "offset %" PRIu64 ": expected up to %" PRIu64 ", its size",
			    o->offset, size);
	*end = size;
	if (o->length == UINT64_MAX)
		return 0;
	if (o->length > size - o->offset)
		return fail(r->source->name,
			    "length %" PRIu64 ": expected up to %" PRIu64
			    " from offset %" PRIu64 " on",
			    o->length, size - o->offset, o->offset);
	*end = o->offset + o->length;
	return 0;
}

static int copy(struct reading *r, struct flipq_image *image,
		uint64_t end)
{
	uint8_t *buf = malloc(AT_ONCE);
	uint64_t at = r->o->offset;
	int64_t got = 0;

	if (!buf)
		return fail("decompress", "no memory");
	for (; at < end && got >= 0; at += (uint64_t)got) {
		size_t n = end - at < AT_ONCE ? (size_t)(end - at) : AT_ONCE;

		got = flipq_image_read(image, buf, n, at);
		if (got < 0)
			fail(r->source->name, "at %" PRIu64 ": %s", at,
			     flipq_image_error((int)got));
		else if (reading_write(r, buf, (size_t)got))
			got = -1;
		if (got < 0)
			break;
	}
	free(buf);
	return got < 0 ? -1 : 0;
}

static int open_image(const struct reading *r, const struct base *b,
		      struct flipq_image **image)
{
	struct flipq_image_config config = image_config(r->o);
	struct flipq_image_info info;
	int err = flipq_image_look(r->source->fd, &info);

	/* A base that is not asked for was meant for another file. */
	if (!err && b->image && !info.based)
		return fail(r->source->name,
			    "takes no base: expected no --base with it");
	config.base = b->image;
	if (!err)
		err = flipq_image_open(image, r->source->fd, &config);
	return err ? fail(r->source->name, "%s", flipq_image_error(err)) : 0;
}

int image_read(struct reading *r)
{
	struct flipq_image *image = NULL;
	struct base b = { .fd = -1 };
	uint64_t end = 0;
	int err;

	if (!r->source->regular)
		return fail(r->source->name,
			    "is no file: parts of it cannot be found");
	err = r->o->base ? base_open(&b, r->o) : 0;
	if (!err)
		err = open_image(r, &b, &image);
	if (!err)
		err = check(r, flipq_image_size(image), &end);
	if (!err)
		err = copy(r, image, end);
	flipq_image_close(image);
	base_close(&b);
	return err;
}
