// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * runs.c - which bytes of an image are its base's, and which its own
 *
 * Pages in turn: so many of the base's, so many own ones. What the frames hold are
 * the own ones, one run after the other. The last page may be short, and is own
 * then.
 */
#include <errno.h>
#include <stdlib.h>

#include "image/image.h"
#include "soft/soft.h"

#define MIN_PAGE	512U
#define MAX_PAGE	(1U << 20)

/* Of the head. */
#define HEAD_PAGE	4
#define HEAD_ID		8
#define HEAD_BASE	16

/* The runs, with the head before them, as their checksum is over both. */
static int read_runs(const struct flipq_image *image, const unsigned char *head,
		     uint64_t at, size_t len, unsigned char **bytes)
{
	unsigned char *p = malloc(BASED_HEAD + len);
	size_t sum = BASED_HEAD + len - RUNS_SUM;
	int err;

	if (!p)
		return -ENOMEM;
	memcpy(p, head, BASED_HEAD);
	err = flipq_image_pread(image->fd, p + BASED_HEAD, len, at);
	if (!err && image_le32(p + sum) != flipq_xxh32(p, sum))
		err = -EBADMSG;
	if (err)
		free(p);
	else
		*bytes = p;
	return err;
}

/* The place behind @bytes more, or -EBADMSG beyond the image's end. */
static int pass(const struct flipq_image *image, uint64_t *start,
		uint64_t bytes)
{
	uint64_t left = image->info.size - *start;

	if (bytes > left)
		return -EBADMSG;
	*start += bytes;
	return 0;
}

static int take_run(struct flipq_image *image, struct image_run *run,
		    uint64_t pages, uint32_t page)
{
	uint64_t left = image->info.size - run->start;
	uint64_t bytes = pages * page;

	if (run->own && bytes > left && bytes - left < page)
		bytes = left;
	run[1].start = run->start;
	if (pass(image, &run[1].start, bytes))
		return -EBADMSG;
	if (!run->own && run[1].start > image->info.base_size)
		return -EBADMSG;
	run[1].plain = run->plain + (run->own ? bytes : 0);
	run[1].own = !run->own;
	return 0;
}

static int take_runs(struct flipq_image *image, const unsigned char *p,
		     size_t nr, uint32_t page)
{
	struct image_run *run = calloc(nr + 1, sizeof(*run));
	size_t i;

	if (!run)
		return -ENOMEM;
	image->runs = run;
	image->nr_runs = nr;
	for (i = 0; i < nr; i++)
		if (take_run(image, run + i, image_le32(p + 4 * i), page))
			return -EBADMSG;
	return run[nr].start == image->info.size &&
	       run[nr].plain == image->info.own ? 0 : -EBADMSG;
}

int flipq_image_runs(struct flipq_image *image, const unsigned char *head,
		     uint64_t at, uint64_t end)
{
	uint32_t page = image_le32(head + HEAD_PAGE);
	unsigned char frame[SKIP_HEAD], *bytes;
	size_t len;
	int err;

	if (at > end || end - at < SKIP_HEAD + RUNS_SIZE + RUNS_SUM)
		return -EBADMSG;
	err = flipq_image_pread(image->fd, frame, sizeof(frame), at);
	if (err)
		return err;
	len = (size_t)(end - at - SKIP_HEAD);
	if (image_le32(frame) != RUNS_MAGIC || image_le32(frame + 4) != len ||
	    len % 4 || page < MIN_PAGE || page > MAX_PAGE || page & (page - 1))
		return -EBADMSG;
	err = read_runs(image, head, at + SKIP_HEAD, len, &bytes);
	if (err)
		return err;
	image->info.based = 1;
	image->info.size = image_le64(bytes + BASED_HEAD);
	image->info.base_id = image_le64(head + HEAD_ID);
	image->info.base_size = image_le64(head + HEAD_BASE);
	/* off_t has them */
	err = image->info.size > INT64_MAX ? -EBADMSG :
	      take_runs(image, bytes + BASED_HEAD + RUNS_SIZE,
			(len - RUNS_SIZE - RUNS_SUM) / 4, page);
	free(bytes);
	return err;
}
