// SPDX-License-Identifier: GPL-2.0-only
/*
 * gzip_read.c - gzip members: those that say how long they are, and fit in a
 * slot, through the workers
 */
#include <string.h>

#include "bytes.h"
#include "fallback.h"
#include "formats.h"
#include "headers.h"
#include "output.h"
#include "part.h"
#include "reader.h"
#include "source.h"
#include "tool.h"

#define MEMBER		"gzip member"

/*
 * The member's length, 0 if it does not say, -1 after a message. Headers with a
 * checksum of their own or an unknown flag are zlib's to judge.
 */
static int64_t member_length(struct reading *r)
{
	const uint8_t *p;
	ssize_t got = source_peek(r->source, GZIP_HEADER + 2, &p);
	size_t extra;

	if (got < 0)
		return -1;
	if (got < (ssize_t)GZIP_HEADER + 2 || p[2] != GZIP_DEFLATE ||
	    (p[3] & (GZIP_EXTRA | GZIP_HCRC | GZIP_RESERVED)) != GZIP_EXTRA)
		return 0;
	extra = get_le16(p + GZIP_HEADER);
	got = source_peek(r->source, GZIP_HEADER + 2 + extra, &p);
	if (got < (ssize_t)(GZIP_HEADER + 2 + extra))
		return got < 0 ? -1 : 0;
	return gzip_length(p + GZIP_HEADER + 2, extra);
}

/* Past a string that ends with 0. */
static size_t skip_string(const uint8_t *p, size_t at, size_t len)
{
	while (at < len && p[at])
		at++;
	return at + 1;
}

/* Where the deflate stream starts, or more than @len. */
static size_t header_length(const uint8_t *p, size_t len)
{
	size_t at = GZIP_HEADER + 2;

	if (len < at)
		return at;
	at += get_le16(p + GZIP_HEADER);
	if (p[3] & GZIP_NAME)
		at = skip_string(p, at, len);
	if (p[3] & GZIP_COMMENT)
		at = skip_string(p, at, len);
	return at;
}

static int emit_member(struct reading *r, const struct item *it,
		       const struct view *v)
{
	if (v->len != it->size || v->event->csum != it->expect)
		return fallback_gzip_item(r, it);
	return output_add(r->out, v->data, v->len);
}

static const struct piece member = {
	.name = MEMBER,
	.emit = emit_member,
	.again = fallback_gzip_item,
};

static int slot_member(struct reading *r, const uint8_t *stream, uint32_t len,
		       uint32_t size, uint32_t crc)
{
	struct item *it;

	if (reading_queue(r, FLIPQ_ALG_DEFLATE, len, size))
		return -1;
	it = pump_slot(r->pump);
	if (!it)
		return -1;
	memcpy(pump_input(r->pump, it), stream, len);
	it->piece = &member;
	it->len = len;
	it->offset = r->source->offset;
	it->expect = crc;
	it->size = size;
	return pump_decompress(r->pump, it, size, FLIPQ_REQ_CSUM_CRC32);
}

static int read_sized(struct reading *r, uint32_t len)
{
	uint64_t offset = r->source->offset;
	const uint8_t *p, *end;
	ssize_t got = source_peek(r->source, len, &p);
	uint32_t size;
	size_t start;

	if (got < 0)
		return -1;
	/* What there is of it, zlib decodes. */
	if (got < (ssize_t)len)
		return fallback_gzip(r, true);
	start = header_length(p, len);
	if (start + GZIP_TRAILER >= len)
		return corrupt(r, MEMBER, offset, "too short");
	end = p + len - GZIP_TRAILER;
	size = get_le32(end + 4);
	if (size > MAX_BLOCK)
		return fallback_gzip(r, true);
	/* Nothing to decode, and nothing that a worker could help with. */
	if (!size)
		return fallback_gzip(r, false);
	if (slot_member(r, p + start, (uint32_t)(end - p - (ssize_t)start),
			size, get_le32(end)))
		return -1;
	source_skip(r->source, len);
	return 0;
}

static int read_member(struct reading *r)
{
	int64_t len = member_length(r);

	if (len < 0)
		return -1;
	if (!len || len > MAX_BLOCK)
		return fallback_gzip(r, true);
	return read_sized(r, (uint32_t)len);
}

const struct reader reader_gzip = {
	.magic = GZIP_ID1 | GZIP_ID2 << 8,
	.mask = 0xffff,
	.padded = true,
	.read = read_member,
	.pass = part_gzip,
};
