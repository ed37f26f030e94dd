/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * base.h - the image that another one takes pages from
 */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flipq.h"

struct options;

/**
 * struct base - an image to take pages from
 * @fd: its file
 * @name: for messages
 * @image: open
 * @info: what it says of itself
 */
struct base {
	int fd;
	const char *name;
	struct flipq_image *image;
	struct flipq_image_info info;
};

/* All that can fail return 0, or -1 after a message. */

/* The one of @o->base. */
int base_open(struct base *b, const struct options *o);

/* @len bytes from @offset on; what is past its end is not written. *@got: bytes. */
int base_read(const struct base *b, void *buf, size_t len, uint64_t offset,
	      size_t *got);

void base_close(struct base *b);

/* How images are read, by what was asked for. */
struct flipq_image_config image_config(const struct options *o);

#endif /* BASE_H */
