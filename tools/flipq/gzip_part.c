// SPDX-License-Identifier: GPL-2.0-only
/*
 * gzip_part.c - to the end of a gzip member that says where that is, and of the
 * file after one that does not
 */
#include <string.h>

#include "bytes.h"
#include "formats.h"
#include "headers.h"
#include "part.h"
#include "source.h"
#include "tool.h"

#define MEMBER		"gzip member"

/* What a byte of a deflate stream becomes at most. */
#define MOST		1032U

/* A stream of nothing takes so many bytes at most: one stored block. */
#define EMPTY		5

/* The header's checksum. */
#define HEADER_SUM	2U

/* All here: 1, 0 at the end of the input, -1 after a message. */

/* A string that ends with 0, as much of it as there is room for. */
static int take_string(struct source *s, char *text)
{
	size_t n = 0;
	char byte;
	int got;

	do {
		got = part_take(s, &byte, 1);
		if (got > 0 && n + 1 < PART_TEXT)
			text[n++] = byte;
	} while (got > 0 && byte);
	return got;
}

static int take_extra(struct source *s, struct part *p, uint32_t *len)
{
	uint8_t size[2];
	const uint8_t *data;
	ssize_t have;
	int got = part_take(s, size, sizeof(size));

	if (got <= 0)
		return got;
	have = source_peek(s, get_le16(size), &data);
	if (have < (ssize_t)get_le16(size))
		return have < 0 ? -1 : 0;
	*len = gzip_length(data, (size_t)have);
	p->has_length = *len;
	source_skip(s, (size_t)have);
	return 1;
}

/* @len: how long the member says it is, 0 if it does not. */
static int take_header(struct source *s, struct part *p, uint32_t *len)
{
	uint64_t start = s->offset;
	uint8_t head[GZIP_HEADER];
	int got = part_take(s, head, sizeof(head));

	if (got <= 0)
		return got;
	if (head[2] != GZIP_DEFLATE)
		return source_corrupt(s, MEMBER, start, "unknown method");
	if (head[3] & GZIP_RESERVED)
		return source_corrupt(s, MEMBER, start, "unknown flag");
	p->time = get_le32(head + 4);
	p->system = head[9];
	if (head[3] & GZIP_EXTRA)
		got = take_extra(s, p, len);
	if (got > 0 && head[3] & GZIP_NAME)
		got = take_string(s, p->name);
	if (got > 0 && head[3] & GZIP_COMMENT)
		got = take_string(s, p->comment);
	if (got <= 0 || !(head[3] & GZIP_HCRC))
		return got;
	/* The reader does not believe a header that it would have to check. */
	*len = 0;
	p->has_length = false;
	return part_pass(s, HEADER_SUM);
}

static void set_trailer(struct part *p, const uint8_t *trailer)
{
	p->checksum = get_le32(trailer);
	p->plain = get_le32(trailer + 4);
	p->sized = true;
}

/* To the trailer of a member that is @len bytes long from @start on. */
static int pass_sized(struct source *s, struct part *p, uint64_t start,
		      uint32_t len)
{
	uint64_t header = s->offset - start;
	uint8_t trailer[GZIP_TRAILER];
	int got;

	if (header + GZIP_TRAILER >= len)
		return source_corrupt(s, MEMBER, start, "too short");
	got = part_pass(s, len - GZIP_TRAILER - header);
	if (got > 0)
		got = part_take(s, trailer, sizeof(trailer));
	if (got <= 0)
		return got;
	set_trailer(p, trailer);
	if (p->plain > (uint64_t)MOST * len)
		return source_corrupt(s, MEMBER, start,
				      "larger than its data can become");
	return 1;
}

/* What there is, and its last bytes into @trailer: how many, -1 on error. */
static int64_t pass_rest(struct source *s, uint8_t *trailer)
{
	uint64_t start = s->offset;
	const uint8_t *data;
	ssize_t got;

	/* Of a file, not all is read; it may have become longer. */
	if (s->regular && s->size > s->offset + DEFAULT_BLOCK &&
	    source_pass(s, s->size - s->offset - DEFAULT_BLOCK) < 0)
		return -1;
	while ((got = source_peek_some(s, DEFAULT_BLOCK, &data)) > 0) {
		size_t n = (size_t)got;
		size_t keep = n < GZIP_TRAILER ? GZIP_TRAILER - n : 0;

		memmove(trailer, trailer + GZIP_TRAILER - keep, keep);
		memcpy(trailer + keep, data + n - (GZIP_TRAILER - keep),
		       GZIP_TRAILER - keep);
		source_skip(s, n);
	}
	return got < 0 || source_ended(s) ? -1 : (int64_t)(s->offset - start);
}

/*
 * The last bytes of the file are a trailer, if it is whole and nothing follows
 * it. The size there is of the last member only, and without what is above
 * 4 GiB: none is known where it is too small for what is there.
 */
static int pass_open(struct source *s, struct part *p, uint64_t start)
{
	static const uint8_t zeros[GZIP_TRAILER];
	uint8_t trailer[GZIP_TRAILER] = { 0 };
	int64_t len = pass_rest(s, trailer);

	p->open = true;
	if (len <= GZIP_TRAILER)
		return len < 0 ? -1 : 0;
	len -= GZIP_TRAILER;
	set_trailer(p, trailer);
	if (p->plain > (uint64_t)MOST * (uint64_t)len)
		return source_corrupt(s, MEMBER, start,
				      "cut, or followed by something else");
	/* Tapes and disks pad with zeros; a member of nothing ends with them. */
	if ((len > EMPTY && !memcmp(trailer, zeros, sizeof(zeros))) ||
	    (uint64_t)len > p->plain + p->plain / 8 + KIB) {
		p->sized = false;
		p->plain = 0;
	}
	return 1;
}

int part_gzip(struct source *s, struct part *p)
{
	uint64_t start = s->offset;
	uint32_t len = 0;
	int got = take_header(s, p, &len);

	p->kind = PART_GZIP;
	p->check = CHECK_CRC32;
	if (got > 0)
		got = len ? pass_sized(s, p, start, len) :
			    pass_open(s, p, start);
	return got > 0 ? 0 : got < 0 ? -1 : source_truncated(s, MEMBER, start);
}
