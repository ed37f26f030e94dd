// SPDX-License-Identifier: GPL-2.0-only
/*
 * lz4_read.c - LZ4 frames: independent blocks through the workers, linked and
 * legacy ones here, as each needs what the one before became
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lz4.h>

#include "bytes.h"
#include "formats.h"
#include "headers.h"
#include "message.h"
#include "output.h"
#include "part.h"
#include "reader.h"
#include "report.h"
#include "source.h"
#include "tool.h"

#define HISTORY		(64U * KIB)
#define FRAME		"LZ4 frame"
#define BLOCK		"LZ4 block"

/* struct item.checks */
#define CHECK_BLOCK	1U	/* @expect: of the block */
#define CHECK_CONTENT	2U	/* @expect: of the frame's content (end) */
#define CHECK_SIZE	4U	/* @size: of the frame's content (end) */
#define SUM_CONTENT	8U	/* the frame has a content checksum (block) */

/**
 * struct frame - what a frame header says
 * @flags: FLG byte
 * @max: largest block
 * @size: of the content, 0 if not known
 * @window: where linked blocks are decoded, after HISTORY bytes of what
 *	precedes them; NULL for independent ones
 * @have: bytes of history there are
 */
struct frame {
	uint8_t flags;
	uint32_t max;
	uint64_t size;
	uint8_t *window;
	uint32_t have;
};

/* In the order of the output. */
static void sum_content(struct reading *r, const void *data, size_t len,
			bool checksum)
{
	r->produced += len;
	if (!checksum)
		return;
	report_aside(r->report);
	xxh32_update(&r->content, data, len);
	report_resume(r->report);
}

/* What the end mark says, once all before it is written. */
static int emit_end(struct reading *r, const struct item *it,
		    const struct view *v)
{
	uint32_t checksum = xxh32_digest(&r->content);
	uint64_t size = r->produced;

	(void)v;
	xxh32_init(&r->content);
	r->produced = 0;
	if (it->checks & CHECK_SIZE && size != it->size)
		return item_corrupt(r, it, "content size differs");
	if (it->checks & CHECK_CONTENT && checksum != it->expect)
		return item_corrupt(r, it, "content checksum differs");
	return 0;
}

/* What was stored is written even if its checksum differs, as liblz4 does. */
static int emit_block(struct reading *r, const struct item *it,
		      const struct view *v)
{
	bool differs = it->checks & CHECK_BLOCK &&
		       it->expect != (it->requested ? v->event->csum :
				      xxh32(v->data, v->len));

	if (!differs || !it->requested) {
		sum_content(r, v->data, v->len, it->checks & SUM_CONTENT);
		if (output_add(r->out, v->data, v->len))
			return -1;
	}
	return differs ? item_corrupt(r, it, "checksum differs") : 0;
}

static const struct piece block_piece = {
	.name = BLOCK,
	.emit = emit_block,
};

static const struct piece end_piece = {
	.name = FRAME,
	.emit = emit_end,
};

static int parse_header(struct reading *r, struct frame *f)
{
	uint64_t offset = r->source->offset;
	struct lz4_header h;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, LZ4_MAX_HEADER, &p);
	int err;

	if (got < 0)
		return -1;
	err = lz4_header(p, (size_t)got, &h);
	if (err == -ENODATA)
		return truncated(r, FRAME " header", offset);
	if (err == -EINVAL)
		return corrupt(r, FRAME, offset, "unknown version or flag");
	if (err)
		return corrupt(r, FRAME, offset, "header checksum differs");
	if (h.flags & LZ4_DICT_ID)
		return corrupt(r, FRAME, offset, "it needs a dictionary");
	f->flags = h.flags;
	f->max = h.max;
	f->size = h.size;
	source_skip(r->source, h.len);
	return 0;
}

/* A little-endian word. 1, 0 at the end of the input, -1. */
static int get_word(struct reading *r, uint32_t *word)
{
	uint8_t bytes[4];
	ssize_t got = source_read(r->source, bytes, sizeof(bytes));

	if (got != sizeof(bytes))
		return got < 0 ? -1 : 0;
	*word = get_le32(bytes);
	return 1;
}

/* The block's, where there is to be one; returns as above. */
static int block_checksum(struct reading *r, const struct frame *f,
			  uint32_t *checksum)
{
	return f->flags & LZ4_BLOCK_CHECKSUM ? get_word(r, checksum) : 1;
}

/* A block that ends too early: of one that was stored, what there is. */
static int cut_block(struct reading *r, struct item *it, bool raw)
{
	uint64_t offset = it->offset;

	if (raw) {
		it->checks &= SUM_CONTENT;
		pump_pass(it);
	} else {
		pump_drop(r->pump, it);
	}
	return truncated(r, BLOCK, offset);
}

static int slot_block(struct reading *r, const struct frame *f, uint32_t len,
		      bool raw, uint64_t offset)
{
	struct item *it = pump_slot(r->pump);
	uint32_t flags = 0, checksum = 0;
	ssize_t got;
	int whole;

	if (!it)
		return -1;
	got = source_read(r->source, pump_input(r->pump, it), len);
	if (got < 0)
		return -1;
	whole = got < (ssize_t)len ? 0 : block_checksum(r, f, &checksum);
	if (whole < 0)
		return -1;
	it->piece = &block_piece;
	it->len = (uint32_t)got;
	it->offset = offset;
	it->expect = checksum;
	if (f->flags & LZ4_CONTENT_CHECKSUM)
		it->checks |= SUM_CONTENT;
	if (f->flags & LZ4_BLOCK_CHECKSUM) {
		it->checks |= CHECK_BLOCK;
		flags = FLIPQ_REQ_CSUM_XXH32 | FLIPQ_REQ_CSUM_ENCODED;
	}
	if (!whole)
		return cut_block(r, it, raw);
	if (!raw)
		return pump_decompress(r->pump, it, f->max, flags);
	pump_pass(it);
	return 0;
}

/* Keep the end of what was decoded in front of the next block. */
static void keep_history(struct frame *f, uint32_t len)
{
	uint32_t keep = f->have + len < HISTORY ? f->have + len : HISTORY;
	uint8_t *start = f->window + HISTORY;

	memmove(start - keep, start + len - keep, keep);
	f->have = keep;
}

static int decode(struct frame *f, const uint8_t *data, uint32_t len, bool raw)
{
	uint8_t *dst = f->window + HISTORY;

	if (!raw)
		return LZ4_decompress_safe_usingDict((const char *)data,
						     (char *)dst, (int)len,
						     (int)f->max,
						     (char *)dst - f->have,
						     (int)f->have);
	memcpy(dst, data, len);
	return (int)len;
}

static int write_linked(struct reading *r, struct frame *f, uint32_t len)
{
	uint8_t *data = f->window + HISTORY;

	sum_content(r, data, len, f->flags & LZ4_CONTENT_CHECKSUM);
	if (reading_write(r, data, len))
		return -1;
	if (!(f->flags & LZ4_INDEPENDENT))
		keep_history(f, len);
	return 0;
}

/* What there is of one that was stored is written, whatever is wrong with it. */
static int linked_block(struct reading *r, struct frame *f, uint32_t len,
			bool raw, uint64_t offset)
{
	uint32_t checksum, actual = 0;
	const uint8_t *data;
	ssize_t got = source_peek(r->source, len, &data);
	bool cut = got < (ssize_t)len;
	int n = 0, whole = 0;

	if (got < 0)
		return -1;
	if (f->flags & LZ4_BLOCK_CHECKSUM)
		actual = xxh32(data, (size_t)got);
	if (raw || !cut)
		n = decode(f, data, (uint32_t)got, raw);
	source_skip(r->source, (size_t)got);
	checksum = actual;
	if (!cut)
		whole = block_checksum(r, f, &checksum);
	if (whole < 0)
		return -1;
	if (n > 0 && (raw || (whole && checksum == actual)) &&
	    write_linked(r, f, (uint32_t)n))
		return -1;
	if (!whole)
		return truncated(r, BLOCK, offset);
	if (checksum != actual)
		return corrupt(r, BLOCK, offset, "checksum differs");
	if (n < 0)
		return corrupt(r, BLOCK, offset, "cannot be decoded");
	r->report->fallback++;
	return 0;
}

/* What the frame's end mark promises of its content. */
static int end_frame(struct reading *r, const struct frame *f, uint64_t offset)
{
	struct item *it = pump_mark(r->pump);
	uint32_t checksum;
	int got;

	if (!it)
		return -1;
	it->piece = &end_piece;
	it->offset = offset;
	/* As liblz4 has it, 0 stands for an unknown size. */
	if (f->size) {
		it->checks |= CHECK_SIZE;
		it->size = f->size;
	}
	if (!(f->flags & LZ4_CONTENT_CHECKSUM))
		return 0;
	got = get_word(r, &checksum);
	if (got <= 0)
		return got < 0 ? -1 : truncated(r, FRAME, offset);
	it->checks |= CHECK_CONTENT;
	it->expect = checksum;
	return 0;
}

static int read_blocks(struct reading *r, struct frame *f, uint64_t start)
{
	uint32_t word, len;
	uint64_t offset;
	bool raw;
	int err;

	for (;;) {
		offset = r->source->offset;
		err = get_word(r, &word);
		if (err <= 0)
			return err < 0 ? -1 : truncated(r, FRAME, offset);
		if (!word)
			return end_frame(r, f, start);
		raw = word & LZ4_RAW_BLOCK;
		len = word & ~LZ4_RAW_BLOCK;
		if (len > f->max)
			return corrupt(r, BLOCK, offset,
				       "larger than its frame allows");
		err = f->window ? linked_block(r, f, len, raw, offset) :
				  slot_block(r, f, len, raw, offset);
		if (err)
			return -1;
	}
}

/* For blocks that are decoded here, after all that was read before. */
static int make_window(struct reading *r, struct frame *f)
{
	f->window = malloc((size_t)HISTORY + f->max);
	if (!f->window)
		return fail(r->source->name, "no memory for LZ4 blocks");
	return pump_drain(r->pump);
}

static int read_frame(struct reading *r)
{
	uint64_t offset = r->source->offset;
	struct frame f = { 0 };
	int err;

	if (parse_header(r, &f))
		return -1;
	if (f.flags & LZ4_INDEPENDENT)
		err = reading_queue(r, FLIPQ_ALG_LZ4, f.max, f.max);
	else
		err = make_window(r, &f);
	if (!err)
		err = read_blocks(r, &f, offset);
	free(f.window);
	return err;
}

static int read_legacy_blocks(struct reading *r, struct frame *f)
{
	const uint8_t *p;
	uint64_t offset;
	uint32_t len;
	ssize_t got;

	for (;;) {
		offset = r->source->offset;
		got = source_peek(r->source, 4, &p);
		if (got <= 0)
			return (int)got;
		if (got < 4)
			return truncated(r, BLOCK, offset);
		len = get_le32(p);
		/* Too large: not a size, the magic number of what follows. */
		if (len > (uint32_t)LZ4_compressBound((int)f->max))
			return 0;
		source_skip(r->source, 4);
		if (linked_block(r, f, len, false, offset))
			return -1;
	}
}

static int read_legacy(struct reading *r)
{
	struct frame f = {
		.flags = LZ4_INDEPENDENT,
		.max = LZ4_LEGACY_BLOCK,
	};
	int err;

	source_skip(r->source, 4);
	err = make_window(r, &f);
	if (!err)
		err = read_legacy_blocks(r, &f);
	/* The sum of the next frame starts from nothing. */
	r->produced = 0;
	free(f.window);
	return err;
}

const struct reader reader_lz4 = {
	.magic = LZ4_MAGIC,
	.mask = UINT32_MAX,
	.read = read_frame,
	.pass = part_lz4,
};

const struct reader reader_lz4_legacy = {
	.magic = LZ4_LEGACY_MAGIC,
	.mask = UINT32_MAX,
	.read = read_legacy,
	.pass = part_lz4_legacy,
};
