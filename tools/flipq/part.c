// SPDX-License-Identifier: GPL-2.0-only
/*
 * part.c - what all formats need to be passed over, and skippable frames
 */
#include "bytes.h"
#include "formats.h"
#include "part.h"
#include "source.h"

#define FRAME		"skippable frame"

int part_take(struct source *s, void *dst, uint32_t len)
{
	ssize_t got = source_read(s, dst, len);

	return got < 0 ? -1 : got == (ssize_t)len;
}

int part_pass(struct source *s, uint64_t len)
{
	int64_t got = source_pass(s, len);

	return got < 0 ? -1 : got == (int64_t)len;
}

bool part_size(struct part *p, const struct part_sum *sum, bool said,
	       uint64_t size)
{
	if (!said) {
		p->sized = sum->known;
		p->plain = sum->known ? sum->most : 0;
		return true;
	}
	p->sized = true;
	p->plain = size;
	return sum->known ? size == sum->most : size <= sum->most;
}

int part_skippable(struct source *s, struct part *p)
{
	uint64_t start = s->offset;
	uint8_t head[8];
	int got = part_take(s, head, sizeof(head));

	p->kind = PART_SKIPPABLE;
	if (got > 0) {
		p->variant = head[0] & 0xf;
		got = part_pass(s, get_le32(head + 4));
	}
	p->sized = true;
	return got > 0 ? 0 : got < 0 ? -1 : source_truncated(s, FRAME, start);
}

int part_based(struct source *s, struct part *p)
{
	uint64_t start = s->offset;
	uint8_t head[BASED_HEAD];
	int got = part_take(s, head, sizeof(head));

	p->kind = PART_BASED;
	p->sized = true;
	return got > 0 ? 0 : got < 0 ? -1 : source_truncated(s, "image", start);
}
