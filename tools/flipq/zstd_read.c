// SPDX-License-Identifier: GPL-2.0-only
/*
 * zstd_read.c - zstd frames: those that fit in a slot through the workers
 */
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "fallback.h"
#include "formats.h"
#include "message.h"
#include "output.h"
#include "reader.h"
#include "source.h"
#include "tool.h"

#define FRAME		"zstd frame"
#define MAX_HEADER	18U
#define CHECKSUM	4U

/**
 * struct frame - what a frame header says
 * @header: bytes of it
 * @sized: @size is known
 * @size: of the content
 * @window: bytes that a decoder has to keep
 * @dictionary: one is needed
 * @checksum: one follows the blocks
 */
struct frame {
	uint32_t header;
	bool sized;
	uint64_t size;
	uint64_t window;
	bool dictionary;
	bool checksum;
};

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

/* The window descriptor: an exponent, and eighths of it. */
static uint64_t window_size(uint8_t descriptor)
{
	uint64_t base = 1ULL << (10 + (descriptor >> 3));

	return base + base / 8 * (descriptor & 7);
}

static int parse_header(struct reading *r, struct frame *f)
{
	static const unsigned int dict_field[] = { 0, 1, 2, 4 };
	uint64_t offset = r->source->offset;
	unsigned int field;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, MAX_HEADER, &p);

	if (got < 0)
		return -1;
	if (got < 5)
		return truncated(r, FRAME, offset);
	if (p[4] & ZSTD_FRAME_RESERVED)
		return corrupt(r, FRAME, offset, "unknown flag");
	field = size_field(p[4]);
	f->header = 5 + dict_field[p[4] & ZSTD_DICT_MASK];
	if (!(p[4] & ZSTD_SINGLE_SEGMENT))
		f->header++;
	if (got < (ssize_t)(f->header + field))
		return truncated(r, FRAME, offset);
	f->sized = field;
	if (field)
		f->size = content_size(p + f->header, field);
	f->header += field;
	f->window = p[4] & ZSTD_SINGLE_SEGMENT ? f->size : window_size(p[5]);
	f->dictionary = p[4] & ZSTD_DICT_MASK;
	f->checksum = p[4] & ZSTD_FRAME_CHECKSUM;
	return 0;
}

/*
 * Walk over the blocks. The frame's length, 0 if it is larger than a slot, cut
 * or damaged, or -1 after a message.
 */
static int64_t frame_length(struct reading *r, const struct frame *f)
{
	uint32_t head = 0, pos = f->header;
	const uint8_t *p;
	ssize_t got;

	do {
		got = source_peek(r->source, pos + 3, &p);
		if (got < 0)
			return -1;
		if (got < (ssize_t)pos + 3)
			return 0;
		head = get_le24(p + pos);
		if (ZSTD_BLOCK_TYPE(head) == ZSTD_RESERVED_TYPE)
			return 0;
		pos += 3 + (ZSTD_BLOCK_TYPE(head) == ZSTD_RLE ? 1 :
			    ZSTD_BLOCK_LEN(head));
		if (pos + CHECKSUM > MAX_BLOCK)
			return 0;
	} while (!(head & ZSTD_LAST_BLOCK));
	if (f->checksum)
		pos += CHECKSUM;
	got = source_peek(r->source, pos, &p);
	if (got < 0)
		return -1;
	return got < (ssize_t)pos ? 0 : pos;
}

static int emit_frame(struct reading *r, const struct item *it,
		      const struct view *v)
{
	if (v->len != it->size)
		return fallback_zstd_item(r, it);
	return output_add(r->out, v->data, v->len);
}

static const struct piece whole = {
	.name = FRAME,
	.emit = emit_frame,
	.again = fallback_zstd_item,
};

static int slot_frame(struct reading *r, uint32_t len, uint32_t size)
{
	struct item *it;

	if (reading_queue(r, FLIPQ_ALG_ZSTD, len, size))
		return -1;
	it = pump_slot(r->pump);
	if (!it)
		return -1;
	it->piece = &whole;
	it->len = len;
	it->offset = r->source->offset;
	it->size = size;
	/* All of it was peeked at. */
	if (source_read(r->source, pump_input(r->pump, it), len) < 0)
		return -1;
	return pump_decompress(r->pump, it, size, 0);
}

/* As a stream, in this process. A few bytes must not ask for gigabytes. */
static int stream_frame(struct reading *r, const struct frame *f)
{
	if (f->window <= r->o->window)
		return fallback_zstd(r, true);
	if (pump_drain(r->pump))
		return -1;
	return fail(r->source->name,
		    FRAME " at offset %" PRIu64 ": its window is %" PRIu64
		    " bytes, the limit %" PRIu64 " (see -M and --long)",
		    r->source->offset, f->window, r->o->window);
}

static int read_frame(struct reading *r)
{
	struct frame f = { 0 };
	int64_t len;

	if (parse_header(r, &f))
		return -1;
	if (!f.sized || f.size > MAX_BLOCK || f.dictionary)
		return stream_frame(r, &f);
	/* Nothing to decode, and nothing that a worker could help with. */
	if (!f.size)
		return fallback_zstd(r, false);
	len = frame_length(r, &f);
	if (len < 0)
		return -1;
	if (!len)
		return stream_frame(r, &f);
	return slot_frame(r, (uint32_t)len, (uint32_t)f.size);
}

const struct reader reader_zstd = {
	.magic = ZSTD_FRAME_MAGIC,
	.mask = UINT32_MAX,
	.read = read_frame,
};
