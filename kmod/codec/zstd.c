// SPDX-License-Identifier: GPL-2.0-only
/*
 * one zstd frame per request
 *
 * The compressor clears its tables. The decoder builds each table that it uses
 * from the frame, and refuses those that the frame does not define ("repeat"
 * before there was one). Literals of a block are decoded in full before they
 * are used, a match starts within the output, and its distance is at least 1.
 * But literals are copied in pieces of up to 32 bytes, from a buffer in the
 * workspace where older literals, of other queues, lie behind them. So these
 * are written behind the output (seen: 23 of every 32 bytes). Some versions
 * also keep literals at the end of the output buffer.
 */
#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "codec/codec.h"

/*
 * A request may be smaller than the size that the parameters are made for. zstd
 * then shrinks its window and tables further by itself, so what the workspace
 * must hold is largest for in_size.
 */
static int zstd_prepare(struct codec_params *p)
{
	/* 0 would stand for an unknown size. */
	p->zstd = zstd_get_params(p->level, max(p->in_size, 1U));
	p->zstd.fParams.contentSizeFlag = 1;
	p->zstd.fParams.checksumFlag = !!(p->flags & FLIPQ_CODEC_CHECKSUM);
	p->zstd.fParams.noDictIDFlag = 1;
	p->compress_ws = zstd_cctx_workspace_bound(&p->zstd.cParams);
	p->decompress_ws = zstd_dctx_workspace_bound();
	return 0;
}

/*
 * The workspace most often sets a tighter limit. Two random symbols are slowest
 * up to level 12, zeros with a random byte now and then above. Level 6, 4 MiB:
 * 77 ms; 9, 2 MiB: 84 ms; 12, 1 MiB: 104 ms; 16, 256 KiB: 93 ms; 19, 64 KiB:
 * 60 ms; 22, 64 KiB: 119 ms.
 */
static u32 zstd_shared_size(int level)
{
	if (level <= 6)
		return SZ_4M;
	if (level <= 9)
		return SZ_2M;
	if (level <= 12)
		return SZ_1M;
	if (level <= 16)
		return SZ_256K;
	return SZ_64K;
}

/*
 * The same, and pieces of up to 9 bytes of a page of two random symbols. Level
 * 12, 4 MiB: 490 ms; 15, 1 MiB: 487 ms; 16, 1 MiB: 523 ms (2 MiB: 1267 ms);
 * 19, 1 MiB: 692 ms; 22, 512 KiB: 527 ms (1 MiB: 902 ms).
 */
static u32 zstd_owner_size(int level)
{
	if (level <= 12)
		return SZ_4M;
	if (level <= 19)
		return SZ_1M;
	return SZ_512K;
}

static int zstd_compress(const struct codec_params *p, void *ws,
			 const u8 *src, u32 src_len, u8 *dst, u32 dst_len)
{
	zstd_cctx *cctx = zstd_init_cctx(ws, p->compress_ws);
	size_t len;

	if (!cctx)
		return -EINVAL;
	len = zstd_compress_cctx(cctx, dst, dst_len, src, src_len, &p->zstd);
	if (!zstd_is_error(len))
		return len;
	switch (zstd_get_error_code(len)) {
	case ZSTD_error_dstSize_tooSmall:
		return -ENOSPC;
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	default:
		return -EINVAL;
	}
}

/*
 * zstd's one-shot decoder takes any number of frames, skippable ones among
 * them. A request is one frame with content and nothing after it.
 */
static bool zstd_one_frame(const u8 *src, u32 src_len)
{
	__le32 magic;

	if (src_len < sizeof(magic))
		return false;
	memcpy(&magic, src, sizeof(magic));
	return le32_to_cpu(magic) == ZSTD_MAGICNUMBER &&
	       zstd_find_frame_compressed_size(src, src_len) == src_len;
}

/*
 * The slowest table takes 1.3 us, the slowest sequences of 4 MiB, with blocks
 * of few of them, 30 ms: 73 ms with this many tables. Without a limit a frame
 * of 4 MiB takes 450 ms. Programs and texts of 4 MiB that were flushed after each
 * 512 bytes had 100 to 11800 tables; they cannot have more than this.
 */
#define ZSTD_MAX_TABLES	32768

static int zstd_decompress(const struct codec_params *p, void *ws,
			   const u8 *src, u32 src_len, u8 *dst, u32 dst_len,
			   bool shared)
{
	zstd_dctx *dctx;
	size_t len;

	if (!zstd_one_frame(src, src_len))
		return -EBADMSG;
	/* Would it hold up those who wait for the same worker? */
	if (shared && codec_zstd_tables(src, src_len) > ZSTD_MAX_TABLES)
		return -EOPNOTSUPP;
	dctx = zstd_init_dctx(ws, p->decompress_ws);
	if (!dctx)
		return -EINVAL;
	len = zstd_decompress_dctx(dctx, dst, dst_len, src, src_len);
	if (!zstd_is_error(len))
		return len;
	if (zstd_get_error_code(len) == ZSTD_error_dstSize_tooSmall)
		return -ENOSPC;
	return -EBADMSG;
}

const struct codec_ops codec_zstd = {
	.name = "zstd",
	.algorithm = FLIPQ_ALG_ZSTD,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY | FLIPQ_CODEC_CHECKSUM,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS |
		FLIPQ_CODEC_CAP_CHECKSUM,
	.min_level = 1,
	.max_level = 22,
	.default_level = 3,
	.prepare = zstd_prepare,
	.shared_size = zstd_shared_size,
	.owner_size = zstd_owner_size,
	.compress = zstd_compress,
	.decompress = zstd_decompress,
};
