// SPDX-License-Identifier: GPL-2.0-only
/*
 * corpus.c - what is compressed again and again
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/corpus.h"
#include "core/image.h"
#include "core/job.h"
#include "core/machine.h"

/* Keep what is in the next place, unless it is filled. */
static void keep(struct corpus *c)
{
	uint64_t value;

	if (job_filled(corpus_piece(c, c->nr), c->size, &value))
		c->skipped++;
	else
		c->nr++;
}

static int spread(struct corpus *c, const struct image *image, uint64_t nr)
{
	const uint64_t pages = c->size / PAGE_BYTES;
	const uint64_t there = image->pages / pages;
	uint64_t i;

	if (nr > there)
		nr = there;
	for (i = 0; i < nr; i++) {
		if (image_read(image, c->data + c->nr * c->size,
			       i * there / nr * pages, pages))
			return -1;
		keep(c);
	}
	return 0;
}

static int from_image(struct corpus *c, const char *path, uint64_t nr)
{
	struct image image;
	int ret;

	if (image_open(&image, path))
		return -1;
	ret = spread(c, &image, nr);
	image_close(&image);
	if (ret || c->nr)
		return ret;
	fprintf(stderr, "%s: %s: expected %u bytes that are not all the same\n",
		program_invocation_short_name, path, c->size);
	return -1;
}

static void made_up(struct corpus *c, uint64_t seed, uint64_t nr)
{
	uint8_t *from = c->data;

	pages_make_up(c->data, nr * c->size / PAGE_BYTES, seed);
	for (; nr; nr--, from += c->size) {
		memmove(c->data + c->nr * c->size, from, c->size);
		keep(c);
	}
}

int corpus_load(struct corpus *c, const char *path, uint64_t seed,
		uint32_t size, uint64_t bytes)
{
	const uint64_t nr = bytes / size;
	int ret = 0;

	*c = (struct corpus){ .size = size };
	c->data = aligned_alloc(machine_page(), machine_pages(nr * size));
	if (!c->data) {
		fprintf(stderr, "%s: no memory for %llu bytes of input\n",
			program_invocation_short_name,
			(unsigned long long)bytes);
		return -1;
	}
	if (path)
		ret = from_image(c, path, nr);
	else
		made_up(c, seed, nr);
	if (ret)
		corpus_free(c);
	return ret;
}

void corpus_free(struct corpus *c)
{
	free(c->data);
	c->data = NULL;
}
