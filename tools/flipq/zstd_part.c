// SPDX-License-Identifier: GPL-2.0-only
/*
 * zstd_part.c - from block to block of a zstd frame
 */
#include <errno.h>

#include "bytes.h"
#include "formats.h"
#include "headers.h"
#include "part.h"
#include "source.h"

#define FRAME		"zstd frame"
#define BLOCK_HEADER	3U
#define CHECKSUM	4U

static int read_header(struct source *s, struct zstd_header *h)
{
	const uint8_t *p;
	ssize_t got = source_peek(s, ZSTD_MAX_HEADER, &p);
	int err;

	if (got < 0)
		return -1;
	err = zstd_header(p, (size_t)got, h);
	if (err == -EINVAL)
		return source_corrupt(s, FRAME, s->offset, "unknown flag");
	if (err)
		return source_truncated(s, FRAME, s->offset);
	source_skip(s, h->len);
	return 0;
}

static uint32_t largest_block(const struct zstd_header *h)
{
	return h->window < ZSTD_RAW_MAX ? (uint32_t)h->window : ZSTD_RAW_MAX;
}

/*
 * Past one block, whose header is in @head. 1, 0 at the end of the input, -1
 * after a message.
 */
static int pass_block(struct source *s, struct part *p, uint32_t *head,
		      struct part_sum *sum)
{
	uint64_t offset = s->offset;
	uint8_t bytes[BLOCK_HEADER];
	int got = part_take(s, bytes, sizeof(bytes));
	uint32_t type, len;

	if (got <= 0)
		return got;
	*head = get_le24(bytes);
	type = ZSTD_BLOCK_TYPE(*head);
	len = ZSTD_BLOCK_LEN(*head);
	if (type == ZSTD_RESERVED_TYPE)
		return source_corrupt(s, "zstd block", offset, "unknown type");
	if (len > p->max_block)
		return source_corrupt(s, "zstd block", offset,
				      "larger than its frame allows");
	p->blocks++;
	sum->most += type == ZSTD_COMPRESSED ? p->max_block : len;
	if (type == ZSTD_COMPRESSED)
		sum->known = false;
	return part_pass(s, type == ZSTD_RLE ? 1 : len);
}

int part_zstd(struct source *s, struct part *p)
{
	struct part_sum sum = { .known = true };
	uint64_t start = s->offset;
	struct zstd_header h;
	uint8_t bytes[CHECKSUM];
	uint32_t head = 0;
	int got;

	if (read_header(s, &h))
		return -1;
	p->kind = PART_ZSTD;
	p->window = h.window;
	p->max_block = largest_block(&h);
	p->single = h.single;
	p->dictionary = h.dictionary;
	p->has_dictionary = h.dictionary;
	do {
		got = pass_block(s, p, &head, &sum);
	} while (got > 0 && !(head & ZSTD_LAST_BLOCK));
	if (got > 0 && h.checksum) {
		p->check = CHECK_XXH64;
		got = part_take(s, bytes, sizeof(bytes));
	}
	if (got <= 0)
		return got < 0 ? -1 : source_truncated(s, FRAME, start);
	if (h.checksum)
		p->checksum = get_le32(bytes);
	if (!part_size(p, &sum, h.sized, h.size))
		return source_corrupt(s, FRAME, start, "content size differs");
	return 0;
}
