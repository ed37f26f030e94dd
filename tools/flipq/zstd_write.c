// SPDX-License-Identifier: GPL-2.0-only
/*
 * zstd_write.c - zstd: each block a frame of its own
 */
#include "bytes.h"
#include "formats.h"
#include "tool.h"
#include "writer.h"

/* Low half of the XXH64 of nothing: what an empty frame carries. */
#define EMPTY_CHECKSUM	0x51d8e999U

/* Content size in four bytes, whose code in the descriptor is 2. */
#define FCS_4_BYTES	(2U << ZSTD_FCS_SHIFT)

static int begin(struct writing *w)
{
	(void)w;
	return 0;
}

/* A frame of raw blocks, for what did not shrink. */
static int raw_frame(struct writing *w, const uint8_t *data, uint32_t len,
		     uint64_t checksum)
{
	uint8_t header[9], *p = header;
	uint32_t n;

	p = put_le(p, ZSTD_FRAME_MAGIC, 4);
	*p++ = (uint8_t)(FCS_4_BYTES | ZSTD_SINGLE_SEGMENT |
			 (w->checksum ? ZSTD_FRAME_CHECKSUM : 0));
	put_le(p, len, 4);
	if (output_copy(w->out, header, sizeof(header)))
		return -1;
	do {
		n = len < ZSTD_RAW_MAX ? len : ZSTD_RAW_MAX;
		put_le(header, n << 3 | (n == len ? ZSTD_LAST_BLOCK : 0), 3);
		if (output_copy(w->out, header, 3) ||
		    output_add(w->out, data, n))
			return -1;
		data += n;
		len -= n;
	} while (len);
	if (!w->checksum)
		return 0;
	put_le(header, checksum, 4);
	return output_copy(w->out, header, 4);
}

static int block(struct writing *w, const struct view *v, uint32_t plain)
{
	(void)plain;
	if (view_raw(v))
		return raw_frame(w, v->data, v->len, v->event->csum);
	return output_add(w->out, v->data, v->len);
}

static int end(struct writing *w)
{
	return w->blocks ? 0 : raw_frame(w, NULL, 0, EMPTY_CHECKSUM);
}

const struct writer writer_zstd = {
	.name = "zstd",
	.suffix = ".zst",
	.algorithm = FLIPQ_ALG_ZSTD,
	.checksum_flags = FLIPQ_REQ_CSUM_XXH64,
	.codec_checksum = true,
	.framed = &writer_zstd,
	.begin = begin,
	.block = block,
	.end = end,
};
