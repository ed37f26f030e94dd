// SPDX-License-Identifier: GPL-2.0-only
/*
 * lz4_write.c - LZ4: a frame of independent blocks, each with its checksum; or a
 * frame for each, which has the checksum of its content
 */
#include "bytes.h"
#include "formats.h"
#include "tool.h"
#include "writer.h"

static unsigned int size_code(uint32_t block)
{
	unsigned int code = LZ4_MIN_BLOCK_CODE;

	while (lz4_block_size(code) < block)
		code++;
	return code;
}

#define MAX_HEADER	15U

static size_t make_header(const struct writing *w, uint8_t *header)
{
	uint8_t *p = header;
	uint8_t flags = LZ4_VERSION | LZ4_INDEPENDENT | LZ4_BLOCK_CHECKSUM;

	if (w->sized)
		flags |= LZ4_CONTENT_SIZE;
	if (w->checksum)
		flags |= LZ4_CONTENT_CHECKSUM;
	p = put_le(p, LZ4_MAGIC, 4);
	*p++ = flags;
	*p++ = (uint8_t)(size_code(w->block) << 4);
	if (w->sized)
		p = put_le(p, w->size, 8);
	*p = (uint8_t)(xxh32(header + 4, (size_t)(p - header) - 4) >> 8);
	p++;
	return (size_t)(p - header);
}

static int begin(struct writing *w)
{
	uint8_t header[MAX_HEADER];

	return output_copy(w->out, header, make_header(w, header));
}

static int resize(struct writing *w)
{
	uint8_t header[MAX_HEADER];

	return output_patch(w->out, header, make_header(w, header));
}

static int block(struct writing *w, const struct view *v, uint32_t plain)
{
	uint8_t word[4];

	(void)plain;
	put_le(word, v->len | (view_raw(v) ? LZ4_RAW_BLOCK : 0), 4);
	if (output_copy(w->out, word, sizeof(word)) ||
	    output_add(w->out, v->data, v->len))
		return -1;
	put_le(word, v->event->csum, 4);
	return output_copy(w->out, word, sizeof(word));
}

static int end(struct writing *w)
{
	uint8_t word[8], *p = word;

	p = put_le(p, 0, 4);
	if (w->checksum)
		p = put_le(p, xxh32_digest(&w->content), 4);
	return output_copy(w->out, word, (size_t)(p - word));
}

/* Nothing before the first frame. */
static int begin_framed(struct writing *w)
{
	(void)w;
	return 0;
}

#define FRAMED_HEADER	7U

/* @len 0: the end comes at once, as that is what an empty block means. */
static int write_frame(struct writing *w, uint32_t word, const uint8_t *data,
		       uint32_t len, uint32_t sum)
{
	uint8_t header[FRAMED_HEADER + 4], *p = header;

	p = put_le(p, LZ4_MAGIC, 4);
	*p++ = LZ4_VERSION | LZ4_INDEPENDENT |
	       (w->checksum ? LZ4_CONTENT_CHECKSUM : 0);
	*p++ = (uint8_t)(size_code(w->block) << 4);
	*p++ = (uint8_t)(xxh32(header + 4, 2) >> 8);
	if (len)
		p = put_le(p, word, 4);
	if (output_copy(w->out, header, (size_t)(p - header)) ||
	    output_add(w->out, data, len))
		return -1;
	p = put_le(header, 0, 4);
	if (w->checksum)
		p = put_le(p, sum, 4);
	return output_copy(w->out, header, (size_t)(p - header));
}

static int block_framed(struct writing *w, const struct view *v, uint32_t plain)
{
	(void)plain;
	return write_frame(w, v->len | (view_raw(v) ? LZ4_RAW_BLOCK : 0),
			   v->data, v->len, w->sum);
}

static int end_framed(struct writing *w)
{
	return w->blocks ? 0 : write_frame(w, 0, NULL, 0, xxh32(NULL, 0));
}

const struct writer writer_lz4 = {
	.name = "lz4",
	.suffix = ".lz4",
	.algorithm = FLIPQ_ALG_LZ4,
	.checksum_flags = FLIPQ_REQ_CSUM_XXH32 | FLIPQ_REQ_CSUM_ENCODED,
	.serial = true,
	.framed = &writer_lz4_framed,
	.begin = begin,
	.block = block,
	.end = end,
	.resize = resize,
};

const struct writer writer_lz4hc = {
	.name = "lz4hc",
	.suffix = ".lz4",
	.algorithm = FLIPQ_ALG_LZ4HC,
	.checksum_flags = FLIPQ_REQ_CSUM_XXH32 | FLIPQ_REQ_CSUM_ENCODED,
	.serial = true,
	.framed = &writer_lz4hc_framed,
	.begin = begin,
	.block = block,
	.end = end,
	.resize = resize,
};

const struct writer writer_lz4_framed = {
	.name = "lz4",
	.suffix = ".lz4",
	.algorithm = FLIPQ_ALG_LZ4,
	.checksum_flags = FLIPQ_REQ_CSUM_XXH64,
	.serial = true,
	.framed = &writer_lz4_framed,
	.begin = begin_framed,
	.block = block_framed,
	.end = end_framed,
};

const struct writer writer_lz4hc_framed = {
	.name = "lz4hc",
	.suffix = ".lz4",
	.algorithm = FLIPQ_ALG_LZ4HC,
	.checksum_flags = FLIPQ_REQ_CSUM_XXH64,
	.serial = true,
	.framed = &writer_lz4hc_framed,
	.begin = begin_framed,
	.block = block_framed,
	.end = end_framed,
};
