// SPDX-License-Identifier: GPL-2.0-only
/*
 * inline_codec.c - what a worker does with a request, by user-space libraries
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <lz4.h>
#include <lz4hc.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "inline_codec.h"
#include "xxh32.h"
#include "xxh64.h"

static int level_of(const struct flipq_codec *c, int standard)
{
	return c->level ? c->level : standard;
}

static int zstd_pack(const struct flipq_codec *c, const uint8_t *src,
		     uint32_t len, uint8_t *dst, uint32_t room)
{
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	size_t n;

	ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, level_of(c, 3));
	ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag,
			       !!(c->flags & FLIPQ_CODEC_CHECKSUM));
	n = ZSTD_compress2(cctx, dst, room, src, len);
	ZSTD_freeCCtx(cctx);
	return ZSTD_isError(n) ? -ENOSPC : (int)n;
}

static int deflate_pack(const struct flipq_codec *c, const uint8_t *src,
			uint32_t len, uint8_t *dst, uint32_t room)
{
	z_stream z = { 0 };
	int err, n;

	deflateInit2(&z, level_of(c, 6), Z_DEFLATED, -15, 8, 0);
	z.next_in = (Bytef *)(uintptr_t)src;
	z.avail_in = len;
	z.next_out = dst;
	z.avail_out = room;
	err = deflate(&z, Z_FINISH);
	n = (int)z.total_out;
	deflateEnd(&z);
	return err == Z_STREAM_END ? n : -ENOSPC;
}

static int pack(const struct flipq_codec *c, const uint8_t *src, uint32_t len,
		uint8_t *dst, uint32_t room)
{
	int n = 0;

	switch (c->algorithm) {
	case FLIPQ_ALG_LZ4:
		n = LZ4_compress_fast((const char *)src, (char *)dst, (int)len,
				      (int)room, level_of(c, 1));
		break;
	case FLIPQ_ALG_LZ4HC:
		n = LZ4_compress_HC((const char *)src, (char *)dst, (int)len,
				    (int)room, level_of(c, 9));
		break;
	case FLIPQ_ALG_ZSTD:
		return zstd_pack(c, src, len, dst, room);
	case FLIPQ_ALG_DEFLATE:
		return deflate_pack(c, src, len, dst, room);
	}
	return n ? n : -ENOSPC;
}

static int inflate_raw(const uint8_t *src, uint32_t len, uint8_t *dst,
		       uint32_t room)
{
	z_stream z = { 0 };
	bool rest;
	int err, n;

	inflateInit2(&z, -15);
	z.next_in = (Bytef *)(uintptr_t)src;
	z.avail_in = len;
	z.next_out = dst;
	z.avail_out = room;
	err = inflate(&z, Z_FINISH);
	n = (int)z.total_out;
	rest = z.avail_in;
	inflateEnd(&z);
	return err == Z_STREAM_END && !rest ? n : -EBADMSG;
}

static int unpack(const struct flipq_codec *c, const uint8_t *src, uint32_t len,
		  uint8_t *dst, uint32_t room)
{
	size_t size;
	int n;

	switch (c->algorithm) {
	case FLIPQ_ALG_LZ4:
	case FLIPQ_ALG_LZ4HC:
		n = LZ4_decompress_safe((const char *)src, (char *)dst,
					(int)len, (int)room);
		return n < 0 ? -EBADMSG : n;
	case FLIPQ_ALG_ZSTD:
		size = ZSTD_findFrameCompressedSize(src, len);
		if (ZSTD_isError(size) || size != len)
			return -EBADMSG;
		size = ZSTD_decompress(dst, room, src, len);
		return ZSTD_isError(size) ? -EBADMSG : (int)size;
	}
	return inflate_raw(src, len, dst, room);
}

static bool filled(const uint8_t *src, uint32_t len, uint64_t *word)
{
	if (!len || len % 8)
		return false;
	memcpy(word, src, 8);
	return !memcmp(src, src + 8, len - 8);
}

static uint64_t checksum(uint32_t kind, const uint8_t *data, uint32_t len)
{
	switch (kind) {
	case FLIPQ_REQ_CSUM_XXH32:
		return xxh32(data, len);
	case FLIPQ_REQ_CSUM_XXH64:
		return xxh64(data, len);
	case FLIPQ_REQ_CSUM_CRC32:
		return crc32(0, data, len);
	}
	return 0;
}

static void serve_pack(const struct flipq_codec *codec,
		       const struct flipq_desc *d, const uint8_t *src,
		       uint8_t *dst, struct flipq_result *r)
{
	bool encoded = d->flags & FLIPQ_REQ_CSUM_ENCODED;
	uint32_t kind = d->flags & FLIPQ_REQ_CSUM_MASK;
	uint64_t word;
	int n;

	if (d->flags & FLIPQ_REQ_DETECT_FILL && filled(src, d->src_len, &word)) {
		r->filled = word;
		r->flags = FLIPQ_RES_FILLED;
		return;
	}
	n = pack(codec, src, d->src_len, dst, d->src_len - 1);
	if (n > 0)
		r->len = (uint32_t)n;
	else
		r->flags = FLIPQ_RES_INCOMPRESSIBLE;
	r->csum = encoded && n > 0 ? checksum(kind, dst, r->len) :
				     checksum(kind, src, d->src_len);
}

static void serve_unpack(const struct flipq_codec *codec,
			 const struct flipq_desc *d, const uint8_t *src,
			 uint8_t *dst, struct flipq_result *r)
{
	bool encoded = d->flags & FLIPQ_REQ_CSUM_ENCODED;
	uint32_t kind = d->flags & FLIPQ_REQ_CSUM_MASK;
	int n = unpack(codec, src, d->src_len, dst, d->dst_len);

	/* What decodes to next to nothing may take long: not here. */
	if (n >= 0 && d->src_len / 4 > d->dst_len)
		n = -EOPNOTSUPP;
	if (n < 0) {
		r->status = n;
		return;
	}
	r->len = (uint32_t)n;
	r->csum = encoded ? checksum(kind, src, d->src_len) :
			    checksum(kind, dst, r->len);
}

void inline_serve(const struct flipq_codec *codec, const struct flipq_desc *d,
		  const uint8_t *src, uint8_t *dst, struct flipq_result *r)
{
	memset(r, 0, sizeof(*r));
	if (d->opcode == FLIPQ_OP_COMPRESS)
		serve_pack(codec, d, src, dst, r);
	else
		serve_unpack(codec, d, src, dst, r);
}
