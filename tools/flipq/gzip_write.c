// SPDX-License-Identifier: GPL-2.0-only
/*
 * gzip_write.c - gzip: each block a member of its own
 *
 * An extra field 'F','Q' says how long the member is, so that a reader can find
 * the next one without decoding this one.
 */
#include "bytes.h"
#include "formats.h"
#include "tool.h"
#include "writer.h"

#define STORED_HEADER	5U
#define MEMBER_HEADER	(GZIP_HEADER + 2 + 8)

static int begin(struct writing *w)
{
	(void)w;
	return 0;
}

static int header(struct writing *w, uint32_t deflated)
{
	uint8_t h[MEMBER_HEADER] = {
		GZIP_ID1, GZIP_ID2, GZIP_DEFLATE, GZIP_EXTRA,
		[9] = GZIP_OS_UNIX,
		[10] = 8, 0, 'F', 'Q', 4, 0,
	};

	put_le(h + 16, MEMBER_HEADER + deflated + GZIP_TRAILER, 4);
	return output_copy(w->out, h, sizeof(h));
}

/* A deflate stream that stores what did not shrink. */
static int stored(struct writing *w, const uint8_t *data, uint32_t len)
{
	uint8_t h[STORED_HEADER];
	uint32_t n;

	do {
		n = len < DEFLATE_STORED_MAX ? len : DEFLATE_STORED_MAX;
		h[0] = n == len;
		put_le(h + 1, n | (uint64_t)~n << 16, 4);
		if (output_copy(w->out, h, sizeof(h)) ||
		    output_add(w->out, data, n))
			return -1;
		data += n;
		len -= n;
	} while (len);
	return 0;
}

static uint32_t stored_size(uint32_t len)
{
	uint32_t pieces = (len + DEFLATE_STORED_MAX - 1) / DEFLATE_STORED_MAX;

	return len + STORED_HEADER * (pieces ? pieces : 1);
}

static int trailer(struct writing *w, uint64_t crc, uint32_t plain)
{
	uint8_t t[GZIP_TRAILER];

	put_le(put_le(t, crc, 4), plain, 4);
	return output_copy(w->out, t, sizeof(t));
}

static int block(struct writing *w, const struct view *v, uint32_t plain)
{
	bool raw = view_raw(v);

	if (header(w, raw ? stored_size(v->len) : v->len))
		return -1;
	if (raw ? stored(w, v->data, v->len) :
		  output_add(w->out, v->data, v->len))
		return -1;
	return trailer(w, v->event->csum, plain);
}

static int end(struct writing *w)
{
	if (w->blocks)
		return 0;
	if (header(w, stored_size(0)) || stored(w, NULL, 0))
		return -1;
	return trailer(w, 0, 0);
}

const struct writer writer_gzip = {
	.name = "gzip",
	.suffix = ".gz",
	.algorithm = FLIPQ_ALG_DEFLATE,
	.checksum_flags = FLIPQ_REQ_CSUM_CRC32,
	.begin = begin,
	.block = block,
	.end = end,
};
