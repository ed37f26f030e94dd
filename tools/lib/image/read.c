// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * read.c - any range of an image: its blocks through the queue, and to their place
 */
#include <errno.h>

#include "image/image.h"
#include "soft/soft.h"

/* Handed over at a time: a worker begins while more is being read. */
#define HAND	4U

/**
 * struct range - what is wanted
 * @image: of which
 * @buf: where it goes
 * @offset: where it begins in the image
 * @len: bytes
 * @plain: where its own bytes begin among the content of all frames
 * @end: and end
 * @next: frame that has its turn
 * @staged: prepared and not handed over
 * @err: the first error; no more frames have their turn then
 */
struct range {
	struct flipq_image *image;
	unsigned char *buf;
	uint64_t offset;
	uint64_t len;
	uint64_t plain;
	uint64_t end;
	uint64_t next;
	unsigned int staged;
	int err;
};

/* The last of @runs that begins at @at or before. */
static uint64_t run_of(const struct flipq_image *image, uint64_t at, bool plain)
{
	uint64_t low = 0, high = image->nr_runs;

	while (high - low > 1) {
		uint64_t mid = low + (high - low) / 2;
		const struct image_run *r = &image->runs[mid];

		if ((plain ? r->plain : r->start) <= at)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static uint64_t frame_of(const struct flipq_image *image, uint64_t plain)
{
	uint64_t low = 0, high = image->info.blocks;

	while (high - low > 1) {
		uint64_t mid = low + (high - low) / 2;

		if (image->frames[mid].plain <= plain)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* Own content before @at, a place in the image. */
static uint64_t own_before(const struct flipq_image *image, uint64_t at)
{
	const struct image_run *r;

	if (!image->runs)
		return at;
	if (!image->nr_runs)
		return 0;
	r = &image->runs[run_of(image, at, false)];
	return r->plain + (r->own ? at - r->start : 0);
}

static uint64_t min_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The part of a run that is in @range, from @data on, which is at @plain. */
static void place_run(const struct range *r, const struct image_run *run,
		      const unsigned char *data, uint64_t plain, uint64_t end)
{
	uint64_t from = run->plain > plain ? run->plain : plain;
	uint64_t to = min_of(run[1].plain, end);

	if (run->own && from < to)
		memcpy(r->buf + (run->start + from - run->plain - r->offset),
		       data + (from - plain), (size_t)(to - from));
}

/* @data is the content of @frame. */
static void place(const struct range *r, const struct image_frame *frame,
		  const unsigned char *data)
{
	const struct flipq_image *image = r->image;
	uint64_t from = frame->plain > r->plain ? frame->plain : r->plain;
	uint64_t to = min_of(frame[1].plain, r->end);
	uint64_t i;

	data += from - frame->plain;
	if (!image->runs) {
		memcpy(r->buf + (from - r->offset), data, (size_t)(to - from));
		return;
	}
	for (i = run_of(image, from, true);
	     i < image->nr_runs && image->runs[i].plain < to; i++)
		place_run(r, &image->runs[i], data, from, to);
}

/* Is it what the table says? */
static bool is_right(const struct flipq_image *image,
		     const struct image_frame *f, uint64_t len, uint64_t sum)
{
	return len == f[1].plain - f->plain &&
	       (!image->info.checked || (uint32_t)sum == f->sum);
}

/* A block that is in its frame as it is. */
static int take_raw(struct range *r, const struct image_frame *f,
		    const unsigned char *data, uint32_t len)
{
	uint64_t sum = r->image->info.checked ? flipq_xxh64(data, len) : 0;

	if (!is_right(r->image, f, len, sum))
		return -EBADMSG;
	place(r, f, data);
	return 0;
}

/* Read a frame into @slot, and prepare it. 1 if there is nothing to decode. */
static int prepare(struct range *r, const struct image_frame *f, int slot)
{
	const struct flipq_image *image = r->image;
	uint32_t len = (uint32_t)(f[1].at - f->at);
	uint32_t plain = (uint32_t)(f[1].plain - f->plain);
	unsigned char *in = flipq_input(image->q, slot);
	struct image_part part;
	int err = flipq_image_pread(image->fd, in, len, f->at);

	if (!err)
		err = flipq_image_part(image->algorithm, in, len, &part);
	if (err)
		return err;
	if (part.raw) {
		err = take_raw(r, f, in + part.skip, part.len);
		return err ? err : 1;
	}
	memmove(in, in + part.skip, part.len);
	return flipq_prep_decompress(image->q, slot, 0, part.len,
				     plain ? plain : 1,
				     image->info.checked ?
				     FLIPQ_REQ_CSUM_XXH64 : 0, r->next);
}

/* As many frames as there are slots. */
static void hand_over(struct range *r)
{
	const struct flipq_image *image = r->image;
	int slot, err;

	while (!r->err && r->next < image->info.blocks &&
	       image->frames[r->next].plain < r->end) {
		slot = flipq_get(image->q);
		if (slot < 0) {
			/* a child of fork() has none at all */
			r->err = slot == -EAGAIN ? 0 : slot;
			return;
		}
		err = prepare(r, &image->frames[r->next], slot);
		if (err)
			flipq_put(image->q, slot);
		else
			r->staged++;
		if (err < 0)
			r->err = err;
		r->next++;
		if (r->staged >= HAND) {
			/* what is not kicked now is kicked by the wait */
			flipq_submit(image->q);
			r->staged = 0;
		}
	}
}

static void take(struct range *r, const struct flipq_event *e)
{
	const struct flipq_image *image = r->image;
	const struct image_frame *f = &image->frames[e->user_data];

	if (r->err)
		return;
	if (e->status == -ENOMEM)
		r->err = -ENOMEM;
	else if (e->status || !is_right(image, f, e->len, e->csum))
		r->err = -EBADMSG;
	else
		place(r, f, flipq_output(image->q, e->slot));
}

/* Wait for some of what is under way, and take it. 0 if there is nothing. */
static int collect(struct range *r)
{
	struct flipq *q = r->image->q;
	struct flipq_event events[HAND];
	int i, n, err;

	if (!flipq_in_flight(q) && !r->staged)
		return 0;
	err = flipq_submit_and_wait(q, 0, FLIPQ_TIMEOUT_NONE);
	r->staged = 0;
	/* nothing may be left, whatever handlers ran */
	if (err < 0 && err != -EINTR) {
		flipq_abort(q);
		return err;
	}
	while ((n = flipq_reap(q, events, HAND)) > 0)
		for (i = 0; i < n; i++) {
			take(r, &events[i]);
			flipq_seen(q, events[i].slot);
		}
	return 1;
}

static int read_own(struct range *r)
{
	int more;

	if (r->plain == r->end)
		return 0;
	r->next = frame_of(r->image, r->plain);
	do {
		hand_over(r);
		more = collect(r);
	} while (more > 0);
	return r->err ? r->err : more;
}

/*
 * From the first byte of the base's to the last, at once: most pages in between are
 * the base's, or their blocks are.
 */
static int read_base(const struct range *r)
{
	const struct flipq_image *image = r->image;
	uint64_t at = r->offset, end = r->offset + r->len, i;
	int64_t got;

	if (!image->base)
		return 0;
	for (i = run_of(image, at, false);
	     at < end && i < image->nr_runs && image->runs[i].own; i++)
		at = image->runs[i + 1].start;
	for (i = run_of(image, end, false);
	     end > at && (image->runs[i].own || image->runs[i].start >= end);
	     i--)
		end = min_of(end, image->runs[i].start);
	if (at >= end)
		return 0;
	got = flipq_image_read(image->base, r->buf + (at - r->offset),
			       (size_t)(end - at), at);
	if (got < 0)
		return (int)got;
	return (uint64_t)got == end - at ? 0 : -EBADMSG;
}

FLIPQ_EXPORT int64_t flipq_image_read(struct flipq_image *image, void *buf,
				      size_t len, uint64_t offset)
{
	struct range r = { .image = image, .buf = buf, .offset = offset };
	int err;

	if (offset >= image->info.size || !len)
		return 0;
	r.len = min_of(len, image->info.size - offset);
	r.plain = own_before(image, offset);
	r.end = own_before(image, offset + r.len);
	err = read_base(&r);
	if (!err)
		err = read_own(&r);
	return err ? err : (int64_t)r.len;
}
