// SPDX-License-Identifier: GPL-2.0-only
/*
 * headers.c - what headers say, to those that decode and to those that list
 */
#include <errno.h>

#include "bytes.h"
#include "formats.h"
#include "headers.h"
#include "xxh32.h"

/* Magic number, FLG, BD and checksum: without optional fields. */
#define LZ4_MIN_HEADER	7U

/* Magic number and descriptor. */
#define ZSTD_START	5U

static bool lz4_known(const uint8_t *p)
{
	return (p[4] & LZ4_VERSION_MASK) == LZ4_VERSION &&
	       !(p[4] & LZ4_RESERVED) && !(p[5] & 0x8f) &&
	       p[5] >> 4 >= LZ4_MIN_BLOCK_CODE;
}

int lz4_header(const uint8_t *p, size_t len, struct lz4_header *h)
{
	const uint8_t *at = p + 6;

	if (len < LZ4_MIN_HEADER)
		return -ENODATA;
	if (!lz4_known(p))
		return -EINVAL;
	*h = (struct lz4_header) {
		.len = LZ4_MIN_HEADER,
		.flags = p[4],
		.max = lz4_block_size(p[5] >> 4),
	};
	h->len += h->flags & LZ4_CONTENT_SIZE ? 8 : 0;
	h->len += h->flags & LZ4_DICT_ID ? 4 : 0;
	if (len < h->len)
		return -ENODATA;
	if (h->flags & LZ4_CONTENT_SIZE) {
		h->size = get_le64(at);
		at += 8;
	}
	if (h->flags & LZ4_DICT_ID) {
		h->dictionary = get_le32(at);
		at += 4;
	}
	return *at == (uint8_t)(xxh32(p + 4, h->len - 5) >> 8) ? 0 : -EBADMSG;
}

/* Content size fields are 0 (or 1), 2, 4 and 8 bytes long. */
static unsigned int size_field(uint8_t descriptor)
{
	unsigned int code = descriptor >> ZSTD_FCS_SHIFT;

	if (!code)
		return descriptor & ZSTD_SINGLE_SEGMENT ? 1 : 0;
	return 1U << code;
}

static uint64_t content_size(const uint8_t *p, unsigned int field)
{
	switch (field) {
	case 1:
		return *p;
	case 2:
		return get_le16(p) + 256;
	case 4:
		return get_le32(p);
	default:
		return get_le64(p);
	}
}

static uint32_t dictionary_number(const uint8_t *p, unsigned int field)
{
	switch (field) {
	case 0:
		return 0;
	case 1:
		return *p;
	case 2:
		return get_le16(p);
	default:
		return get_le32(p);
	}
}

/* The window descriptor: an exponent, and eighths of it. */
static uint64_t window_size(uint8_t descriptor)
{
	uint64_t base = 1ULL << (10 + (descriptor >> 3));

	return base + base / 8 * (descriptor & 7);
}

int zstd_header(const uint8_t *p, size_t len, struct zstd_header *h)
{
	static const unsigned int dict_fields[] = { 0, 1, 2, 4 };
	unsigned int field, dict_field;
	const uint8_t *at;

	if (len < ZSTD_START)
		return -ENODATA;
	if (p[4] & ZSTD_FRAME_RESERVED)
		return -EINVAL;
	field = size_field(p[4]);
	dict_field = dict_fields[p[4] & ZSTD_DICT_MASK];
	h->single = p[4] & ZSTD_SINGLE_SEGMENT;
	h->len = ZSTD_START + !h->single + dict_field + field;
	if (len < h->len)
		return -ENODATA;
	at = p + ZSTD_START + !h->single;
	h->dictionary = dictionary_number(at, dict_field);
	h->sized = field;
	h->size = field ? content_size(at + dict_field, field) : 0;
	h->window = h->single ? h->size : window_size(p[5]);
	h->checksum = p[4] & ZSTD_FRAME_CHECKSUM;
	return 0;
}

uint32_t gzip_length(const uint8_t *p, size_t len)
{
	while (len >= 4) {
		size_t n = get_le16(p + 2);

		if (n > len - 4)
			break;
		if (p[0] == 'F' && p[1] == 'Q' && n == 4)
			return get_le32(p + 4);
		if (p[0] == 'B' && p[1] == 'C' && n == 2)
			return get_le16(p + 4) + 1;
		p += 4 + n;
		len -= 4 + n;
	}
	return 0;
}
