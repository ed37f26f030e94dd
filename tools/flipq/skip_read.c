// SPDX-License-Identifier: GPL-2.0-only
/*
 * skip_read.c - skippable frames, which LZ4 and zstd have in common: nothing in
 * them is content
 */
#include "bytes.h"
#include "formats.h"
#include "part.h"
#include "reader.h"
#include "source.h"
#include "tool.h"

#define FRAME		"skippable frame"

static int skip_frame(struct reading *r)
{
	uint64_t offset = r->source->offset;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, 8, &p);
	uint64_t left;

	if (got < 0)
		return -1;
	if (got < 8)
		return truncated(r, FRAME, offset);
	left = 8 + (uint64_t)get_le32(p + 4);
	while (left) {
		size_t n = left < DEFAULT_BLOCK ? (size_t)left : DEFAULT_BLOCK;

		got = source_peek(r->source, n, &p);
		if (got < 0)
			return -1;
		if (!got)
			return truncated(r, FRAME, offset);
		source_skip(r->source, (size_t)got);
		left -= (uint64_t)got;
	}
	return 0;
}

const struct reader reader_skippable = {
	.magic = SKIPPABLE_MAGIC,
	.mask = SKIPPABLE_MASK,
	.read = skip_frame,
	.pass = part_skippable,
};
