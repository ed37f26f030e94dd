// SPDX-License-Identifier: GPL-2.0-only
/*
 * raw deflate, one final stream per request
 *
 * The compressor compares its window with what is after the end of the input,
 * but shortens a match to the input before it is used. Hash heads are cleared,
 * chains and buffers are written before they are read. The decoder refuses a
 * distance beyond what it wrote in this call, so that it reads no window, and
 * its tables are filled to the last entry or refused as incomplete. Neither
 * writes past its output, but the decoder does before it finds an error.
 */
#include <linux/errno.h>
#include <linux/sizes.h>
#include <linux/zlib.h>

#include "codec/codec.h"

static int deflate_prepare(struct codec_params *p)
{
	p->compress_ws = zlib_deflate_workspacesize(-MAX_WBITS, MAX_MEM_LEVEL);
	p->decompress_ws = zlib_inflate_workspacesize();
	return 0;
}

/*
 * Two or four random symbols are slowest: level 4, 4 MiB: 98 ms; 3, 2 MiB:
 * 78 ms; 5, 1 MiB: 57 ms; 6, 512 KiB: 88 ms (4 MiB: 671 ms); 7, 256 KiB: 73 ms;
 * 8, 64 KiB: 83 ms; 9, 32 KiB: 82 ms (64 KiB: 229 ms).
 */
static u32 deflate_shared_size(int level)
{
	static const u32 sizes[] = {
		0, SZ_4M, SZ_4M, SZ_2M, SZ_4M, SZ_1M, SZ_512K, SZ_256K, SZ_64K,
		SZ_32K,
	};

	return sizes[level];
}

/*
 * The same, and from level 9 on pieces of up to 9 bytes of a page of two random
 * symbols. Level 6, 4 MiB: 774 ms; 7, 2 MiB: 688 ms; 8, 512 KiB: 764 ms; 9,
 * 128 KiB: 582 ms (256 KiB: 1276 ms).
 */
static u32 deflate_owner_size(int level)
{
	if (level <= 6)
		return SZ_4M;
	if (level <= 7)
		return SZ_2M;
	if (level <= 8)
		return SZ_512K;
	return SZ_128K;
}

/* The output is full: is that all of it? zlib does not look before it stops. */
static bool deflate_complete(struct z_stream_s *s)
{
	u8 more;

	s->next_out = &more;
	s->avail_out = 1;
	return zlib_deflate(s, Z_FINISH) == Z_STREAM_END && s->avail_out;
}

static int deflate_compress(const struct codec_params *p, void *ws,
			    const u8 *src, u32 src_len, u8 *dst, u32 dst_len)
{
	struct z_stream_s s = {
		.next_in = src,
		.avail_in = src_len,
		.next_out = dst,
		.avail_out = dst_len,
		.workspace = ws,
	};

	if (zlib_deflateInit2(&s, p->level, Z_DEFLATED, -MAX_WBITS,
			      MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return -EINVAL;
	switch (zlib_deflate(&s, Z_FINISH)) {
	case Z_STREAM_END:
		return s.total_out;
	case Z_OK:
		if (deflate_complete(&s))
			return s.total_out;
		fallthrough;
	default:
		return -ENOSPC;
	}
}

/* All input is read and the output is full: is there more to come? */
static bool inflate_has_more(struct z_stream_s *s)
{
	u8 more;

	s->next_out = &more;
	s->avail_out = 1;
	zlib_inflate(s, Z_FINISH);
	return !s->avail_out;
}

/*
 * Work is bounded by the bytes that are read and written, but for blocks: one
 * may define tables in a few bytes, and each takes a call of its own here. One
 * with tables takes up to 4.3 us and counts as 16, the slowest symbols of 4 MiB
 * take 26 ms: 79 ms with this many. Without a limit 4 MiB take 270 ms. Programs
 * and texts of 4 MiB that were flushed after each 512 bytes counted as 17000 to
 * 57000; if each of these had tables it would be 139000.
 */
#define DEFLATE_MAX_BLOCKS 196608
#define DEFLATE_DYNAMIC	2

/* What the next block counts as. Its header may start within a byte. */
static u32 inflate_next_block(const struct z_stream_s *s)
{
	u32 bits = s->total_in ? s->data_type & 7 : 0, header = 0;

	if (s->avail_in)
		header = s->next_in[0] << bits;
	if (bits)
		header |= s->next_in[-1] >> (8 - bits);
	return (header >> 1 & 3) == DEFLATE_DYNAMIC ? 16 : 1;
}

/* Block by block. -EOPNOTSUPP or what zlib says at the end. */
static int inflate_blocks(struct z_stream_s *s)
{
	u32 blocks = 0;
	int ret;

	do {
		blocks += inflate_next_block(s);
		if (blocks > DEFLATE_MAX_BLOCKS)
			return -EOPNOTSUPP;
		ret = zlib_inflate(s, Z_BLOCK);
	} while (ret == Z_OK);
	return ret;
}

/*
 * zlib stops before the end of its input only at the end of the stream, at
 * corrupt data, or for want of room.
 */
static int deflate_decompress(const struct codec_params *p, void *ws,
			      const u8 *src, u32 src_len, u8 *dst, u32 dst_len,
			      bool shared)
{
	struct z_stream_s s = {
		.next_in = src,
		.avail_in = src_len,
		.next_out = dst,
		.avail_out = dst_len,
		.workspace = ws,
	};
	int ret;

	if (!src_len)
		return -EBADMSG;
	if (zlib_inflateInit2(&s, -MAX_WBITS) != Z_OK)
		return -EINVAL;
	ret = shared ? inflate_blocks(&s) : zlib_inflate(&s, Z_FINISH);
	switch (ret) {
	case -EOPNOTSUPP:
		return ret;
	case Z_STREAM_END:
		return s.avail_in ? -EBADMSG : (int)s.total_out;
	case Z_BUF_ERROR:
		if (s.avail_in || (!s.avail_out && inflate_has_more(&s)))
			return -ENOSPC;
		return -EBADMSG;
	default:
		return -EBADMSG;
	}
}

const struct codec_ops codec_deflate = {
	.name = "deflate",
	.algorithm = FLIPQ_ALG_DEFLATE,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS,
	.min_level = 1,
	.max_level = 9,
	.default_level = 6,
	.prepare = deflate_prepare,
	.shared_size = deflate_shared_size,
	.owner_size = deflate_owner_size,
	.compress = deflate_compress,
	.decompress = deflate_decompress,
};
