// SPDX-License-Identifier: GPL-2.0-only
/*
 * stock.c - files of any number of frames, by liblz4, libzstd and zlib
 */
#include <stdlib.h>

#include <lz4.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "bytes.h"
#include "formats.h"
#include "stock.h"

/* Each decodes one part of a file. How long it is, REFUSED or STOPPED. */
#define REFUSED	(-1)
#define STOPPED	(-2)

typedef s64 (*decode_fn)(const u8 *in, size_t len, struct decoded *out);

static bool is_full(const struct decoded *out)
{
	return out->len == OUTPUT_LIMIT;
}

static s64 lz4_loop(LZ4F_dctx *dctx, const u8 *in, size_t len,
		    struct decoded *out)
{
	size_t left = 1, at = 0;

	while (left) {
		size_t room = OUTPUT_LIMIT - out->len, used = len - at;

		left = LZ4F_decompress(dctx, out->data + out->len, &room,
				       in + at, &used, NULL);
		if (LZ4F_isError(left))
			return REFUSED;
		at += used;
		out->len += room;
		if (left && !room && !used)
			return is_full(out) ? STOPPED : REFUSED;
	}
	return (s64)at;
}

static s64 lz4_frame(const u8 *in, size_t len, struct decoded *out)
{
	LZ4F_dctx *dctx;
	s64 used;

	/*
	 * The library takes such frames and decodes them without the
	 * dictionary that they need; the tool says that it has none.
	 */
	if (get_le32(in) == LZ4_MAGIC && len > 4 && in[4] & LZ4_DICT_ID)
		out->excused = true;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&dctx, LZ4F_VERSION)))
		abort();
	used = lz4_loop(dctx, in, len, out);
	LZ4F_freeDecompressionContext(dctx);
	return used;
}

/* The format has no library; this is what the lz4 tool does. */
static s64 lz4_legacy(const u8 *in, size_t len, struct decoded *out)
{
	size_t at = 4;

	while (at < len) {
		u32 size;
		int n;

		if (len - at < 4)
			return REFUSED;
		size = get_le32(in + at);
		if (size > (u32)LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK))
			break;
		at += 4;
		if (size > len - at)
			return REFUSED;
		if (OUTPUT_LIMIT - out->len < LZ4_LEGACY_BLOCK)
			return STOPPED;
		n = LZ4_decompress_safe((const char *)in + at,
					(char *)out->data + out->len,
					(int)size, LZ4_LEGACY_BLOCK);
		if (n < 0)
			return REFUSED;
		at += size;
		out->len += (size_t)n;
	}
	return (s64)at;
}

static s64 zstd_frame(const u8 *in, size_t len, struct decoded *out)
{
	ZSTD_outBuffer dst = { out->data, OUTPUT_LIMIT, out->len };
	ZSTD_inBuffer src = { in, len, 0 };
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	size_t left, before;

	if (!dctx)
		abort();
	ZSTD_DCtx_setParameter(dctx, ZSTD_d_windowLogMax, WINDOW_LOG);
	do {
		before = dst.pos + src.pos;
		left = ZSTD_decompressStream(dctx, &dst, &src);
	} while (left && !ZSTD_isError(left) && dst.pos + src.pos > before);
	ZSTD_freeDCtx(dctx);
	out->len = dst.pos;
	if (!left)
		return (s64)src.pos;
	return !ZSTD_isError(left) && is_full(out) ? STOPPED : REFUSED;
}

/*
 * Whether one of the fields that give a member's length is wrong. zlib does not
 * know them; the tool relies on them, and refuses what does not keep to them.
 */
static bool is_lying(const gz_header *header, size_t len)
{
	const u8 *p = header->extra;
	size_t left = header->done == 1 && p ? header->extra_len : 0;

	while (left >= 4 && get_le16(p + 2) <= left - 4) {
		size_t n = get_le16(p + 2);

		if (p[0] == 'F' && p[1] == 'Q' && n == 4)
			return get_le32(p + 4) != len;
		if (p[0] == 'B' && p[1] == 'C' && n == 2)
			return get_le16(p + 4) + 1 != len;
		p += 4 + n;
		left -= 4 + n;
	}
	return false;
}

static s64 gzip_member(const u8 *in, size_t len, struct decoded *out)
{
	static u8 extra[65536];
	gz_header header = { .extra = extra, .extra_max = sizeof(extra) };
	z_stream z = {
		.next_in = (Bytef *)(uintptr_t)in,
		.avail_in = (uInt)len,
		.next_out = out->data + out->len,
		.avail_out = (uInt)(OUTPUT_LIMIT - out->len),
	};
	int err;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		abort();
	inflateGetHeader(&z, &header);
	err = inflate(&z, Z_FINISH);
	out->len = OUTPUT_LIMIT - z.avail_out;
	inflateEnd(&z);
	if (is_lying(&header, z.total_in))
		out->excused = true;
	if (err == Z_STREAM_END)
		return (s64)z.total_in;
	return err == Z_BUF_ERROR && is_full(out) ? STOPPED : REFUSED;
}

static decode_fn find(const u8 *in, size_t len)
{
	if (len >= 2 && in[0] == GZIP_ID1 && in[1] == GZIP_ID2)
		return gzip_member;
	if (len < 4)
		return NULL;
	if (get_le32(in) == LZ4_LEGACY_MAGIC)
		return lz4_legacy;
	if (get_le32(in) == ZSTD_FRAME_MAGIC)
		return zstd_frame;
	if (get_le32(in) == LZ4_MAGIC ||
	    (get_le32(in) & SKIPPABLE_MASK) == SKIPPABLE_MAGIC)
		return lz4_frame;
	return NULL;
}

/*
 * gzip, alone among the three, takes what is none after the last member, but for
 * what may be the beginning of one.
 */
static bool is_padding(const u8 *in, size_t len)
{
	return len > 1 || *in != GZIP_ID1;
}

enum verdict stock_decode(const u8 *in, size_t len, struct decoded *out)
{
	decode_fn before = NULL, decode;

	if (!len)
		return STOCK_REFUSES;
	for (; len; before = decode) {
		s64 used;

		decode = find(in, len);
		if (!decode)
			return before == gzip_member && is_padding(in, len) ?
			       STOCK_ACCEPTS : STOCK_REFUSES;
		used = decode(in, len, out);
		if (used < 0)
			return used == STOPPED ? STOCK_STOPPED : STOCK_REFUSES;
		in += used;
		len -= (size_t)used;
	}
	return STOCK_ACCEPTS;
}
