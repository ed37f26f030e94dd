/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stock.h - the formats by other implementations, to check the kernel with
 */
#ifndef SELFTEST_STOCK_H
#define SELFTEST_STOCK_H

#include <lz4.h>
#include <lz4hc.h>
#include <zlib.h>
#include <zstd.h>

#include <linux/flipq.h>

#include "lzo.h"
#include "types.h"

static inline long stock_inflate(const u8 *src, u32 len, u8 *dst, u32 room)
{
	z_stream z = { 0 };
	long n = -1;

	if (inflateInit2(&z, -15) != Z_OK)
		return -1;
	z.next_in = (Bytef *)(uintptr_t)src;
	z.avail_in = len;
	z.next_out = dst;
	z.avail_out = room;
	if (inflate(&z, Z_FINISH) == Z_STREAM_END && !z.avail_in)
		n = (long)z.total_out;
	inflateEnd(&z);
	return n;
}

static inline long stock_deflate(const u8 *src, u32 len, u8 *dst, u32 room)
{
	z_stream z = { 0 };
	long n = -1;

	if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	z.next_in = (Bytef *)(uintptr_t)src;
	z.avail_in = len;
	z.next_out = dst;
	z.avail_out = room;
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		n = (long)z.total_out;
	deflateEnd(&z);
	return n;
}

/* The bytes that came out, or -1. All of the input has to be used. */
static inline long stock_unpack(u32 algorithm, const u8 *src, u32 len, u8 *dst,
				u32 room)
{
	size_t n;

	switch (algorithm) {
	case FLIPQ_ALG_LZ4:
	case FLIPQ_ALG_LZ4HC:
		return LZ4_decompress_safe((const char *)src, (char *)dst,
					   (int)len, (int)room);
	case FLIPQ_ALG_ZSTD:
		n = ZSTD_decompress(dst, room, src, len);
		return ZSTD_isError(n) ? -1 : (long)n;
	case FLIPQ_ALG_DEFLATE:
		return stock_inflate(src, len, dst, room);
	case FLIPQ_ALG_LZO:
		return lzo_unpack(src, len, dst, room);
	default:
		return -1;
	}
}

/* The bytes that came out, or 0 or less. */
static inline long stock_pack(u32 algorithm, const u8 *src, u32 len, u8 *dst,
			      u32 room)
{
	size_t n;

	switch (algorithm) {
	case FLIPQ_ALG_LZ4:
		return LZ4_compress_default((const char *)src, (char *)dst,
					    (int)len, (int)room);
	case FLIPQ_ALG_LZ4HC:
		return LZ4_compress_HC((const char *)src, (char *)dst,
				       (int)len, (int)room, 9);
	case FLIPQ_ALG_ZSTD:
		n = ZSTD_compress(dst, room, src, len, 3);
		return ZSTD_isError(n) ? -1 : (long)n;
	case FLIPQ_ALG_DEFLATE:
		return stock_deflate(src, len, dst, room);
	case FLIPQ_ALG_LZO:
		return lzo_pack(src, len, dst, room);
	default:
		return -1;
	}
}

/* The same, where the room is less than an encoder wants before it begins. */
static inline long stock_pack_tight(u32 algorithm, const u8 *src, u32 len,
				    u8 *dst, u32 room)
{
	u8 *wide = malloc(2 * (size_t)len + 64);
	long n = wide ? stock_pack(algorithm, src, len, wide, 2 * len + 64) : -1;

	if (n > (long)room)
		n = -1;
	if (n > 0)
		memcpy(dst, wide, (size_t)n);
	free(wide);
	return n;
}

#endif /* SELFTEST_STOCK_H */
