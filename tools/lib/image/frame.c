// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * frame.c - what a codec takes of the frames of an image
 *
 * zstd's codec takes its frame whole. LZ4's knows blocks and no frames: so that a
 * block can be found without a look at those before it, each is a frame of its own,
 * and of one form.
 */
#include <errno.h>

#include "image/image.h"

#define ZSTD_MAGIC	0xfd2fb528U

/* Magic number, two bytes of flags and sizes, a checksum of these; no more. */
#define LZ4_MAGIC	0x184d2204U
#define LZ4_HEAD	7U
#define LZ4_FLAGS	0x64U	/* version 1, independent, content checksum */
#define LZ4_FLAGS_PLAIN	0x60U	/* the same without the checksum */
#define LZ4_RAW		0x80000000U
#define LZ4_WORD	4U	/* a block's size, the end, a checksum */

uint32_t flipq_image_algorithm(const unsigned char *p, size_t len)
{
	if (len < 4)
		return 0;
	switch (image_le32(p)) {
	case ZSTD_MAGIC:
		return FLIPQ_ALG_ZSTD;
	case LZ4_MAGIC:
		return FLIPQ_ALG_LZ4;
	default:
		return 0;
	}
}

/* One block, all but empty, and the end. */
static int lz4_part(const unsigned char *p, uint32_t len,
		    struct image_part *part)
{
	uint32_t tail, word;

	if (len < LZ4_HEAD + LZ4_WORD)
		return -EBADMSG;
	if (image_le32(p) != LZ4_MAGIC)
		return -EBADMSG;
	if (p[4] != LZ4_FLAGS && p[4] != LZ4_FLAGS_PLAIN)
		return -EAFNOSUPPORT;
	tail = p[4] == LZ4_FLAGS ? 2 * LZ4_WORD : LZ4_WORD;
	word = image_le32(p + LZ4_HEAD);
	part->skip = LZ4_HEAD + LZ4_WORD;
	part->len = word & ~LZ4_RAW;
	part->raw = word & LZ4_RAW;
	/* of an empty file the frame has no block */
	if (!word) {
		part->skip = LZ4_HEAD;
		part->raw = true;
	}
	return len - part->skip >= tail && len - part->skip - tail == part->len ?
	       0 : -EBADMSG;
}

int flipq_image_part(uint32_t algorithm, const unsigned char *p, uint32_t len,
		     struct image_part *part)
{
	if (algorithm == FLIPQ_ALG_LZ4)
		return lz4_part(p, len, part);
	*part = (struct image_part){ .len = len };
	return 0;
}
