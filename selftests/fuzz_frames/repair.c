// SPDX-License-Identifier: GPL-2.0-only
/*
 * repair.c - checksums and lengths made right again in what was mutated, for
 * what lies behind them is never reached otherwise
 */
#include <stdlib.h>

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "bytes.h"
#include "formats.h"
#include "world.h"
#include "xxh32.h"
#include "xxh64.h"

#define ROOM	(4U << 20)

static u8 content[ROOM];

/* Each returns how long the part is, or 0 where nothing can be said. */

/* What the blocks of a frame become, without a look at checksums. */
static size_t lz4_content(const u8 *p, size_t len)
{
	const LZ4F_decompressOptions_t options = { .skipChecksums = 1 };
	size_t room = ROOM;
	LZ4F_dctx *dctx;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&dctx, LZ4F_VERSION)))
		abort();
	if (LZ4F_isError(LZ4F_decompress(dctx, content, &room, p, &len,
					 &options)))
		room = 0;
	LZ4F_freeDecompressionContext(dctx);
	return room;
}

/* From @at, the first block, to behind the end mark. */
static size_t repair_blocks(u8 *p, size_t at, size_t len, u8 flags)
{
	while (len - at >= 4) {
		size_t n = get_le32(p + at) & ~LZ4_RAW_BLOCK;
		u8 *data = p + at + 4;

		at += 4;
		if (!get_le32(data - 4))
			return at;
		if (n > len - at)
			return 0;
		at += n;
		if (!(flags & LZ4_BLOCK_CHECKSUM))
			continue;
		if (len - at < 4)
			return 0;
		put_le(p + at, xxh32(data, n), 4);
		at += 4;
	}
	return 0;
}

static size_t repair_lz4(u8 *p, size_t len)
{
	size_t header = 7, end;

	if (len > 4 && p[4] & LZ4_CONTENT_SIZE)
		header += 8;
	if (len > 4 && p[4] & LZ4_DICT_ID)
		header += 4;
	if (len < header)
		return 0;
	p[header - 1] = (u8)(xxh32(p + 4, header - 5) >> 8);
	end = repair_blocks(p, header, len, p[4]);
	if (!end || !(p[4] & LZ4_CONTENT_CHECKSUM))
		return end;
	if (len - end < 4)
		return 0;
	put_le(p + end, xxh32(content, lz4_content(p, len)), 4);
	return end + 4;
}

static size_t repair_zstd(u8 *p, size_t len)
{
	size_t size = ZSTD_findFrameCompressedSize(p, len), n;
	ZSTD_DCtx *dctx;

	if (ZSTD_isError(size) || !(p[4] & ZSTD_FRAME_CHECKSUM))
		return ZSTD_isError(size) ? 0 : size;
	dctx = ZSTD_createDCtx();
	/* With another flag it is a frame that ends before its checksum. */
	p[4] &= (u8)~ZSTD_FRAME_CHECKSUM;
	n = ZSTD_decompressDCtx(dctx, content, ROOM, p, size - 4);
	p[4] |= ZSTD_FRAME_CHECKSUM;
	ZSTD_freeDCtx(dctx);
	if (!ZSTD_isError(n))
		put_le(p + size - 4, xxh64(content, n), 4);
	return size;
}

static size_t skip_string(const u8 *p, size_t at, size_t len)
{
	while (at < len && p[at])
		at++;
	return at + 1;
}

/* Where the deflate stream begins; the header's own checksum is put right. */
static size_t repair_gzip_header(u8 *p, size_t len)
{
	size_t at = GZIP_HEADER;

	if (len < GZIP_HEADER + 2)
		return len;
	if (p[3] & GZIP_EXTRA)
		at += 2 + get_le16(p + at);
	if (p[3] & GZIP_NAME)
		at = skip_string(p, at, len);
	if (p[3] & GZIP_COMMENT)
		at = skip_string(p, at, len);
	if (p[3] & GZIP_HCRC && at + 2 < len) {
		put_le(p + at, crc32(0, p, (uInt)at), 2);
		at += 2;
	}
	return at;
}

static void repair_gzip_length(u8 *p, size_t len)
{
	if (!(p[3] & GZIP_EXTRA))
		return;
	if (p[12] == 'F' && p[13] == 'Q')
		put_le(p + 16, len, 4);
	else if (p[12] == 'B' && p[13] == 'C')
		put_le(p + 16, len - 1, 2);
}

static size_t repair_gzip(u8 *p, size_t len)
{
	size_t at = repair_gzip_header(p, len);
	z_stream z = {
		.next_in = p + at,
		.next_out = content,
		.avail_out = ROOM,
	};
	int err;

	if (at + GZIP_TRAILER >= len)
		return 0;
	z.avail_in = (uInt)(len - at);
	if (inflateInit2(&z, -15) != Z_OK)
		abort();
	err = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	at += z.total_in;
	if (err != Z_STREAM_END || len - at < GZIP_TRAILER)
		return 0;
	repair_gzip_length(p, at + GZIP_TRAILER);
	/* That was in the header, which may have a checksum. */
	repair_gzip_header(p, len);
	put_le(p + at, crc32(0, content, (uInt)z.total_out), 4);
	put_le(p + at + 4, z.total_out, 4);
	return at + GZIP_TRAILER;
}

static size_t repair_part(u8 *p, size_t len)
{
	if (len < 8)
		return 0;
	if (p[0] == GZIP_ID1 && p[1] == GZIP_ID2)
		return repair_gzip(p, len);
	if (get_le32(p) == LZ4_MAGIC)
		return repair_lz4(p, len);
	if (get_le32(p) == ZSTD_FRAME_MAGIC)
		return repair_zstd(p, len);
	if ((get_le32(p) & SKIPPABLE_MASK) == SKIPPABLE_MAGIC &&
	    get_le32(p + 4) <= len - 8)
		return 8 + get_le32(p + 4);
	return 0;
}

size_t fuzz_mutate(u8 *data, size_t size, size_t max, unsigned int seed)
{
	size_t len = libfuzzer_mutate(data, size, max), at = 0, n;

	if (!(seed % 4))
		return len;
	do {
		n = repair_part(data + at, len - at);
		at += n;
	} while (n);
	return len;
}
