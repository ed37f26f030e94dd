// SPDX-License-Identifier: GPL-2.0-only
/*
 * LZ4 blocks by the fast compressor; the level is its acceleration
 *
 * The compressor clears its workspace before it looks at it, and compares input
 * within its length only. That holds for input that stays as it is: it goes back
 * over what it has passed to make a match longer, and from there counts again how
 * far it goes. If bytes change in between it counts less, and ends before places
 * that its table has already; it takes one of these for a match, and counts on
 * from there past the end of the input. So it can't do without a copy.
 *
 * The decoder has no workspace. Each byte of its output comes from the input or
 * from an earlier byte of the output: it refuses a match that starts before the
 * output. One at distance 0, which would copy what was there, gives zeros. Both
 * copy in pieces of 8 bytes and more, so what follows the output is written, too.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/lz4.h>

#include "codec/codec.h"

static int lz4_prepare(struct codec_params *p)
{
	p->compress_ws = LZ4_MEM_COMPRESS;
	return 0;
}

/* Level 1, 4 MiB of four random symbols: 6 ms. */
static u32 lz4_shared_size(int level)
{
	return U32_MAX;
}

/*
 * The compressor reckons the bytes that encode a match of N bytes as N / 256
 * and then writes N / 255 of them: for long matches, and before it fails, it
 * writes past a tight bound (seen: 63 bytes past, 4 MiB of zeros). So the bound
 * is lowered by the difference, N / 65280, less what the other bytes that it
 * allows for cover: nothing below 128 KiB.
 */
static u32 lz4_slack(u32 src_len)
{
	u32 slack = src_len / (255 * 256);

	return slack > 1 ? slack - 1 : 0;
}

static int lz4_compress(const struct codec_params *p, void *ws,
			const u8 *src, u32 src_len, u8 *dst, u32 dst_len)
{
	u32 slack = lz4_slack(src_len);
	int len;

	if (dst_len <= slack)
		return -ENOSPC;
	len = LZ4_compress_fast(src, dst, src_len, dst_len - slack, p->level,
				ws);
	return len > 0 ? len : -ENOSPC;
}

/*
 * One code for corrupt input and for a full output: it cannot tell.
 *
 * Every sequence but the last writes 4 bytes at least, so the time is bounded by
 * the output: 4 MiB of the shortest, with distances that nobody guesses: 5 ms.
 */
static int lz4_decompress(const struct codec_params *p, void *ws,
			  const u8 *src, u32 src_len, u8 *dst, u32 dst_len,
			  bool shared)
{
	int len;

	if (!src_len)
		return -EBADMSG;
	len = LZ4_decompress_safe(src, dst, src_len, dst_len);
	return len >= 0 ? len : -EBADMSG;
}

const struct codec_ops codec_lz4 = {
	.name = "lz4",
	.algorithm = FLIPQ_ALG_LZ4,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS,
	.min_level = 1,
	.max_level = 65537,
	.default_level = 1,
	.prepare = lz4_prepare,
	.shared_size = lz4_shared_size,
	.owner_size = lz4_shared_size,
	.compress = lz4_compress,
	.decompress = lz4_decompress,
};
