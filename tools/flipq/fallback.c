// SPDX-License-Identifier: GPL-2.0-only
/*
 * fallback.c - what slots cannot express, by libzstd and zlib, as a stream; and
 * what a worker refuses, or finds damaged
 *
 * All that was read before is written first: a stream has no place in a queue.
 * What comes before a damage is written, too, as the stock tools do.
 */
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

#include "behind.h"
#include "fallback.h"
#include "message.h"
#include "progress.h"
#include "pump.h"
#include "reading.h"
#include "report.h"
#include "source.h"
#include "tool.h"

/*
 * What is decoded is gathered, as a hand-over to the thread that writes takes as long
 * as to decode a block; until there is no room for another one.
 */
#define CHUNK		(1024U * KIB)
#define ROOM_LEFT	(128U * KIB)

/**
 * struct decoder - a library at work on one frame or member
 * @part: what it is called in messages
 * @state: of the library
 * @decode: take some of @len bytes at @in, and put up to @room at @out. 1 at
 *	the end, 0, or -1 with *@why; what was put there before is good.
 * @hint: how many bytes zstd wants next, 0 at first
 * @refused: why it did not take all that there was at first
 * @out: where to decode to
 * @room: bytes there
 * @chunk: CHUNK bytes, of which @out is in the middle
 * @other: as many, of a stream: they are being written; both take turns
 */
struct decoder {
	const char *part;
	void *state;
	int (*decode)(struct decoder *d, const uint8_t *in, size_t len,
		      size_t *used, size_t *produced, const char **why);
	size_t hint;
	const char *refused;
	uint8_t *out;
	size_t room;
	uint8_t *chunk;
	uint8_t *other;
};

static size_t feed_zstd(struct decoder *d, ZSTD_inBuffer *src, size_t *produced)
{
	ZSTD_outBuffer dst = { d->out, d->room, 0 };
	size_t left = ZSTD_decompressStream(d->state, &dst, src);

	*produced = dst.pos;
	if (!ZSTD_isError(left))
		d->hint = left;
	return left;
}

/*
 * What comes before a bad block in one call is lost, so blocks are given one by
 * one. But a whole frame at once is looked at more closely: that is tried first.
 */
static int decode_zstd(struct decoder *d, const uint8_t *in, size_t len,
		       size_t *used, size_t *produced, const char **why)
{
	ZSTD_inBuffer src = { in, len, 0 };
	bool first = !d->hint;
	size_t left;

	if (!first && len > d->hint)
		src.size = d->hint;
	left = feed_zstd(d, &src, produced);
	if (first && ZSTD_isError(left)) {
		d->refused = ZSTD_getErrorName(left);
		d->hint = ZSTD_initDStream(d->state);
		src = (ZSTD_inBuffer) { in, len < d->hint ? len : d->hint, 0 };
		left = feed_zstd(d, &src, produced);
	}
	*used = src.pos;
	if (left && !ZSTD_isError(left))
		return 0;
	*why = left ? ZSTD_getErrorName(left) : d->refused;
	return *why ? -1 : 1;
}

static int decode_gzip(struct decoder *d, const uint8_t *in, size_t len,
		       size_t *used, size_t *produced, const char **why)
{
	z_stream *z = d->state;
	int err;

	/* zlib does not write to it. */
	z->next_in = (Bytef *)(uintptr_t)in;
	z->avail_in = (uInt)len;
	z->next_out = d->out;
	z->avail_out = (uInt)d->room;
	err = inflate(z, Z_NO_FLUSH);
	*used = len - z->avail_in;
	*produced = d->room - z->avail_out;
	if (err == Z_STREAM_END)
		return 1;
	/* No progress is judged by the caller. */
	if (err == Z_OK || err == Z_BUF_ERROR)
		return 0;
	*why = z->msg ? z->msg : "cannot be decoded";
	return -1;
}

static void empty(struct decoder *d, uint8_t *chunk)
{
	d->chunk = chunk;
	d->out = chunk;
	d->room = CHUNK;
}

/* Have what was gathered written. */
static int hand_over(struct decoder *d, struct behind *b)
{
	uint8_t *chunk = d->chunk;
	size_t len = (size_t)(d->out - chunk);

	if (!len)
		return 0;
	empty(d, d->other);
	d->other = chunk;
	return behind_write(b, chunk, len);
}

/* What is good before a fault is written before that is reported. */
static int finish(struct decoder *d, struct behind *b)
{
	return hand_over(d, b) || behind_end(b) ? -1 : 0;
}

/* @len bytes more. To read may take long, and nothing must wait with it. */
static int gather(const struct source *s, struct decoder *d, struct behind *b,
		  size_t len)
{
	d->out += len;
	d->room -= len;
	if (d->room < ROOM_LEFT || !source_buffered(s))
		return hand_over(d, b);
	return 0;
}

/* The source, up to the end of the frame or member. */
static int stream(struct reading *r, struct decoder *d, struct behind *b)
{
	uint64_t start = r->source->offset;
	const uint8_t *in;
	int end = 0;

	while (!end) {
		ssize_t got = source_peek_some(r->source, CHUNK, &in);
		size_t used = 0, produced = 0;
		const char *why = NULL;

		if (got < 0)
			return -1;
		end = d->decode(d, in, (size_t)got, &used, &produced, &why);
		source_skip(r->source, used);
		if (gather(r->source, d, b, produced))
			return -1;
		if (end < 0)
			return finish(d, b) ? -1 :
			       corrupt(r, d->part, r->source->offset, why);
		if (!end && !used && !produced)
			return finish(d, b) ? -1 :
			       truncated(r, d->part, start);
		progress_update(r->pump->progress, r->source->offset);
	}
	return finish(d, b);
}

/* All that was read before is written first. @count: count it as fallback. */
static int whole_stream(struct reading *r, struct decoder *d, bool count)
{
	struct behind b;
	uint8_t *room;
	int err;

	if (pump_drain(r->pump))
		return -1;
	room = malloc(2 * CHUNK);
	if (!room)
		return fail(r->source->name, "no memory");
	empty(d, room);
	d->other = room + CHUNK;
	behind_start(&b, r->out);
	err = stream(r, d, &b);
	if (behind_end(&b))
		err = -1;
	free(room);
	if (!err && count)
		r->report->fallback++;
	return err;
}

/*
 * What is in the slot of an item. Size and checksum of what comes out go to
 * *@size and *@crc.
 */
static int item_stream(struct reading *r, const struct item *it,
		       struct decoder *d, uint64_t *size, uLong *crc)
{
	const uint8_t *in = pump_input(r->pump, it);
	size_t at = 0, used = 0, produced = 0;
	const char *why = NULL;
	int end;

	*size = 0;
	*crc = 0;
	do {
		end = d->decode(d, in + at, it->len - at, &used, &produced,
				&why);
		at += used;
		*size += produced;
		*crc = crc32(*crc, d->out, (uInt)produced);
		if (reading_write(r, d->out, produced))
			return -1;
	} while (!end && (used || produced));
	if (end < 0)
		return item_corrupt(r, it, why);
	if (!end || at != it->len)
		return item_corrupt(r, it, "cannot be decoded");
	return 0;
}

static int whole_item(struct reading *r, const struct item *it,
		      struct decoder *d, bool checked)
{
	uint8_t *chunk;
	uint64_t size;
	uLong crc;
	int err;

	chunk = malloc(CHUNK);
	if (!chunk)
		return fail(r->source->name, "no memory");
	empty(d, chunk);
	err = item_stream(r, it, d, &size, &crc);
	free(chunk);
	if (err)
		return -1;
	if (size != it->size)
		return item_corrupt(r, it, "content size differs");
	if (checked && crc != it->expect)
		return item_corrupt(r, it, "checksum differs");
	r->report->fallback++;
	return 0;
}

/* Either a stream or, if not NULL, @it. */
static int zstd(struct reading *r, const struct item *it, bool count)
{
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	struct decoder d = {
		.part = "zstd frame",
		.state = dctx,
		.decode = decode_zstd,
	};
	int err;

	if (!dctx)
		return fail(r->source->name, "no memory");
	ZSTD_DCtx_setParameter(dctx, ZSTD_d_windowLogMax, MAX_WINDOW_LOG);
	err = it ? whole_item(r, it, &d, false) : whole_stream(r, &d, count);
	ZSTD_freeDCtx(dctx);
	return err;
}

/* The same, of raw deflate if it is an item. */
static int gzip(struct reading *r, const struct item *it, bool count)
{
	z_stream z = { 0 };
	struct decoder d = {
		.part = "gzip member",
		.state = &z,
		.decode = decode_gzip,
	};
	int err;

	/* 15: the largest window; 16: with gzip header and trailer. */
	if (inflateInit2(&z, it ? -15 : 15 + 16) != Z_OK)
		return fail(r->source->name, "no memory");
	err = it ? whole_item(r, it, &d, true) : whole_stream(r, &d, count);
	inflateEnd(&z);
	return err;
}

int fallback_zstd(struct reading *r, bool count)
{
	return zstd(r, NULL, count);
}

int fallback_gzip(struct reading *r, bool count)
{
	return gzip(r, NULL, count);
}

int fallback_zstd_item(struct reading *r, const struct item *it)
{
	return zstd(r, it, true);
}

int fallback_gzip_item(struct reading *r, const struct item *it)
{
	return gzip(r, it, true);
}
