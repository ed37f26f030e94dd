// SPDX-License-Identifier: GPL-2.0-only
/*
 * zstd_read.c - zstd frames: those that fit in a slot through the workers
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "fallback.h"
#include "formats.h"
#include "headers.h"
#include "message.h"
#include "output.h"
#include "part.h"
#include "reader.h"
#include "source.h"
#include "tool.h"

#define FRAME		"zstd frame"
#define CHECKSUM	4U

static int parse_header(struct reading *r, struct zstd_header *h)
{
	uint64_t offset = r->source->offset;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, ZSTD_MAX_HEADER, &p);
	int err;

	if (got < 0)
		return -1;
	err = zstd_header(p, (size_t)got, h);
	if (err == -EINVAL)
		return corrupt(r, FRAME, offset, "unknown flag");
	return err ? truncated(r, FRAME, offset) : 0;
}

/*
 * Walk over the blocks. The frame's length, 0 if it is larger than a slot, cut
 * or damaged, or -1 after a message.
 */
static int64_t frame_length(struct reading *r, const struct zstd_header *h)
{
	uint32_t head = 0, pos = h->len;
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
	if (h->checksum)
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
static int stream_frame(struct reading *r, const struct zstd_header *h)
{
	if (h->window <= r->o->window)
		return fallback_zstd(r, true);
	if (pump_drain(r->pump))
		return -1;
	return fail(r->source->name,
		    FRAME " at offset %" PRIu64 ": its window is %" PRIu64
		    " bytes, the limit %" PRIu64 " (see -M and --long)",
		    r->source->offset, h->window, r->o->window);
}

static int read_frame(struct reading *r)
{
	struct zstd_header h = { 0 };
	int64_t len;

	if (parse_header(r, &h))
		return -1;
	if (!h.sized || h.size > MAX_BLOCK || h.dictionary)
		return stream_frame(r, &h);
	/* Nothing to decode, and nothing that a worker could help with. */
	if (!h.size)
		return fallback_zstd(r, false);
	len = frame_length(r, &h);
	if (len < 0)
		return -1;
	if (!len)
		return stream_frame(r, &h);
	return slot_frame(r, (uint32_t)len, (uint32_t)h.size);
}

const struct reader reader_zstd = {
	.magic = ZSTD_FRAME_MAGIC,
	.mask = UINT32_MAX,
	.read = read_frame,
	.pass = part_zstd,
};
