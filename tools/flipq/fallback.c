// SPDX-License-Identifier: GPL-2.0-only
/*
 * fallback.c - what slots cannot express, by libzstd and zlib, as a stream; and
 * what a worker refuses
 *
 * All that was read before is written first: a stream has no place in a queue.
 */
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

#include "fallback.h"
#include "message.h"
#include "progress.h"
#include "pump.h"
#include "reading.h"
#include "report.h"
#include "source.h"
#include "tool.h"

#define CHUNK		(256U * KIB)
#define MAX_WINDOW_LOG	31

/* Called for one chunk of input. 1 at the end of the stream, 0, or -1. */
typedef int (*decode_fn)(struct reading *r, void *state, const uint8_t *in,
			 size_t len, size_t *used, uint8_t *out,
			 size_t *produced, const char **why);

/* All of an item. Why not, or NULL. */
typedef const char *(*decode_item_fn)(const struct item *it, const void *in,
				      uint8_t *out);

static int stream(struct reading *r, const char *part, decode_fn decode,
		  void *state, uint8_t *out)
{
	uint64_t start = r->source->offset;
	const uint8_t *in;
	int end = 0;

	while (!end) {
		ssize_t got = source_peek(r->source, CHUNK, &in);
		size_t used = 0, produced = 0;
		const char *why = NULL;

		if (got < 0)
			return -1;
		end = decode(r, state, in, (size_t)got, &used, out, &produced,
			     &why);
		source_skip(r->source, used);
		if (end < 0)
			return corrupt(r, part, r->source->offset, why);
		if (!end && !used && !produced)
			return truncated(r, part, start);
		if (reading_write(r, out, produced))
			return -1;
		progress_update(r->pump->progress, r->source->offset);
	}
	return 0;
}

/* Drain, give @decode some room, and count. */
static int run(struct reading *r, const char *part, decode_fn decode,
	       void *state, bool count)
{
	uint8_t *out;
	int err;

	if (pump_drain(r->pump))
		return -1;
	out = malloc(CHUNK);
	if (!out)
		return fail(r->source->name, "no memory");
	err = stream(r, part, decode, state, out);
	free(out);
	if (!err && count)
		r->report->fallback++;
	return err;
}

/* Raw deflate. Why not, or NULL. */
static const char *inflate_item(const struct item *it, const void *in,
				uint8_t *out)
{
	z_stream z = {
		/* zlib does not write to it. */
		.next_in = (Bytef *)(uintptr_t)in,
		.avail_in = it->len,
		.next_out = out,
		.avail_out = (uInt)it->size,
	};
	bool whole;

	if (inflateInit2(&z, -15) != Z_OK)
		return "no memory";
	whole = inflate(&z, Z_FINISH) == Z_STREAM_END && !z.avail_in &&
		!z.avail_out;
	inflateEnd(&z);
	if (!whole)
		return "cannot be decoded";
	return crc32(0, out, (uInt)it->size) == it->expect ? NULL :
	       "checksum differs";
}

static const char *unzstd_item(const struct item *it, const void *in,
			       uint8_t *out)
{
	size_t n = ZSTD_decompress(out, it->size, in, it->len);

	if (ZSTD_isError(n))
		return ZSTD_getErrorName(n);
	return n == it->size ? NULL : "content size differs";
}

static int write_item(struct reading *r, const struct item *it,
		      decode_item_fn decode)
{
	uint8_t *out = malloc(it->size);
	const char *why;
	int err;

	if (!out)
		return fail(r->source->name, "no memory");
	why = decode(it, pump_input(r->pump, it), out);
	err = why ? item_corrupt(r, it, why) : reading_write(r, out, it->size);
	free(out);
	if (!err)
		r->report->fallback++;
	return err;
}

int fallback_zstd_item(struct reading *r, const struct item *it)
{
	return write_item(r, it, unzstd_item);
}

int fallback_gzip_item(struct reading *r, const struct item *it)
{
	return write_item(r, it, inflate_item);
}

static int decode_zstd(struct reading *r, void *state, const uint8_t *in,
		       size_t len, size_t *used, uint8_t *out,
		       size_t *produced, const char **why)
{
	ZSTD_inBuffer src = { in, len, 0 };
	ZSTD_outBuffer dst = { out, CHUNK, 0 };
	size_t left = ZSTD_decompressStream(state, &dst, &src);

	(void)r;
	*used = src.pos;
	*produced = dst.pos;
	if (!ZSTD_isError(left))
		return !left;
	*why = ZSTD_getErrorName(left);
	return -1;
}

int fallback_zstd(struct reading *r, bool count)
{
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	int err;

	if (!dctx)
		return fail(r->source->name, "no memory");
	ZSTD_DCtx_setParameter(dctx, ZSTD_d_windowLogMax, MAX_WINDOW_LOG);
	err = run(r, "zstd frame", decode_zstd, dctx, count);
	ZSTD_freeDCtx(dctx);
	return err;
}

static int decode_gzip(struct reading *r, void *state, const uint8_t *in,
		       size_t len, size_t *used, uint8_t *out,
		       size_t *produced, const char **why)
{
	z_stream *z = state;
	int err;

	(void)r;
	/* zlib does not write to it. */
	z->next_in = (Bytef *)(uintptr_t)in;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = CHUNK;
	err = inflate(z, Z_NO_FLUSH);
	*used = len - z->avail_in;
	*produced = CHUNK - z->avail_out;
	if (err == Z_STREAM_END)
		return 1;
	/* No progress is judged by the caller. */
	if (err == Z_OK || err == Z_BUF_ERROR)
		return 0;
	*why = z->msg ? z->msg : "cannot be decoded";
	return -1;
}

int fallback_gzip(struct reading *r, bool count)
{
	z_stream z = { 0 };
	int err;

	/* 15: the largest window; 16: with gzip header and trailer. */
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return fail(r->source->name, "no memory");
	err = run(r, "gzip member", decode_gzip, &z, count);
	inflateEnd(&z);
	return err;
}
