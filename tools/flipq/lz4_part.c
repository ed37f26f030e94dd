// SPDX-License-Identifier: GPL-2.0-only
/*
 * lz4_part.c - from block to block of an LZ4 frame
 */
#include <errno.h>

#include <lz4.h>

#include "bytes.h"
#include "formats.h"
#include "headers.h"
#include "part.h"
#include "source.h"

#define FRAME		"LZ4 frame"
#define BLOCK		"LZ4 block"

static int read_header(struct source *s, struct lz4_header *h)
{
	const uint8_t *p;
	ssize_t got = source_peek(s, LZ4_MAX_HEADER, &p);
	int err;

	if (got < 0)
		return -1;
	err = lz4_header(p, (size_t)got, h);
	if (err == -ENODATA)
		return source_truncated(s, FRAME " header", s->offset);
	if (err == -EINVAL)
		return source_corrupt(s, FRAME, s->offset,
				      "unknown version or flag");
	if (err)
		return source_corrupt(s, FRAME, s->offset,
				      "header checksum differs");
	source_skip(s, h->len);
	return 0;
}

/* A word of the frame. 1, 0 at the end of the input, -1 after a message. */
static int take_word(struct source *s, uint32_t *word)
{
	uint8_t bytes[4];
	int got = part_take(s, bytes, sizeof(bytes));

	if (got > 0)
		*word = get_le32(bytes);
	return got;
}

/* Past a block whose size was read. As above. */
static int pass_block(struct source *s, struct part *p, uint32_t word,
		      struct part_sum *sum)
{
	uint32_t len = word & ~LZ4_RAW_BLOCK;

	p->blocks++;
	/* What is compressed becomes one byte at least and a block at most. */
	if (word & LZ4_RAW_BLOCK) {
		sum->most += len;
	} else {
		sum->most += p->max_block;
		sum->known = false;
	}
	return part_pass(s, (uint64_t)len + (p->block_checks ? 4 : 0));
}

static int pass_blocks(struct source *s, struct part *p, struct part_sum *sum)
{
	uint64_t offset;
	uint32_t word;
	int got;

	for (;;) {
		offset = s->offset;
		got = take_word(s, &word);
		if (got <= 0)
			return got < 0 ? -1 : source_truncated(s, FRAME, offset);
		if (!word)
			return 0;
		if ((word & ~LZ4_RAW_BLOCK) > p->max_block)
			return source_corrupt(s, BLOCK, offset,
					      "larger than its frame allows");
		got = pass_block(s, p, word, sum);
		if (got <= 0)
			return got < 0 ? -1 : source_truncated(s, BLOCK, offset);
	}
}

static void describe(struct part *p, const struct lz4_header *h)
{
	p->kind = PART_LZ4;
	p->max_block = h->max;
	p->linked = !(h->flags & LZ4_INDEPENDENT);
	p->block_checks = h->flags & LZ4_BLOCK_CHECKSUM;
	p->has_dictionary = h->flags & LZ4_DICT_ID;
	p->dictionary = h->dictionary;
	if (h->flags & LZ4_CONTENT_CHECKSUM)
		p->check = CHECK_XXH32;
	else if (p->block_checks)
		p->check = CHECK_BLOCKS;
}

int part_lz4(struct source *s, struct part *p)
{
	struct part_sum sum = { .known = true };
	uint64_t start = s->offset;
	struct lz4_header h;
	int got = 1;

	if (read_header(s, &h))
		return -1;
	describe(p, &h);
	if (pass_blocks(s, p, &sum))
		return -1;
	if (p->check == CHECK_XXH32)
		got = take_word(s, &p->checksum);
	if (got <= 0)
		return got < 0 ? -1 : source_truncated(s, FRAME, start);
	/* As liblz4 has it, 0 stands for an unknown size. */
	if (!part_size(p, &sum, h.size, h.size))
		return source_corrupt(s, FRAME, start, "content size differs");
	return 0;
}

/* The size of the next block; 0 if the frame ends there, -1 after a message. */
static int64_t next_legacy(struct source *s)
{
	const uint8_t *p;
	ssize_t got = source_peek(s, 4, &p);
	uint32_t len;

	if (got <= 0)
		return got;
	if (got < 4)
		return source_truncated(s, BLOCK, s->offset);
	len = get_le32(p);
	if (!len)
		return source_corrupt(s, BLOCK, s->offset, "cannot be decoded");
	/* Too large: not a size, the magic number of what follows. */
	return len > LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK) ? 0 : len;
}

int part_lz4_legacy(struct source *s, struct part *p)
{
	uint64_t offset;
	int64_t len;
	int got;

	p->kind = PART_LZ4_LEGACY;
	p->max_block = LZ4_LEGACY_BLOCK;
	source_skip(s, 4);
	for (;;) {
		offset = s->offset;
		len = next_legacy(s);
		if (len < 0)
			return -1;
		if (!len)
			break;
		p->blocks++;
		got = part_pass(s, 4 + (uint64_t)len);
		if (got <= 0)
			return got < 0 ? -1 : source_truncated(s, BLOCK, offset);
	}
	p->sized = !p->blocks;
	return source_ended(s);
}
