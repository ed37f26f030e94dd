// SPDX-License-Identifier: GPL-2.0-only
/*
 * LZ4 blocks by the high-compression compressor
 *
 * It fills both of its tables before it looks at them, and compares input within
 * its length only. The decoder is that of lz4.
 */
#include <linux/errno.h>
#include <linux/lz4.h>
#include <linux/sizes.h>

#include "codec/codec.h"

static int lz4hc_prepare(struct codec_params *p)
{
	p->compress_ws = LZ4HC_MEM_COMPRESS;
	return 0;
}

/*
 * A search looks at up to 2^(level - 1) earlier places in 64 KiB. Two or four
 * random symbols defeat it: level 4, 4 MiB: 84 ms; 7, 1 MiB: 93 ms; 9, 256 KiB:
 * 80 ms (1 MiB: 354 ms); 12, 64 KiB: 90 ms; 16, 64 KiB: 114 ms.
 */
static u32 lz4hc_shared_size(int level)
{
	if (level <= 4)
		return SZ_4M;
	if (level <= 5)
		return SZ_2M;
	if (level <= 7)
		return SZ_1M;
	if (level <= 8)
		return SZ_512K;
	if (level <= 9)
		return SZ_256K;
	if (level <= 10)
		return SZ_128K;
	return SZ_64K;
}

/*
 * The same, and pieces of up to 9 bytes of a page of two random symbols, and
 * zeros with a random byte now and then. Level 8, 4 MiB: 900 ms; 9, 2 MiB:
 * 702 ms; 10, 1 MiB: 636 ms; 11, 512 KiB: 591 ms; 12, 256 KiB: 530 ms; 13,
 * 128 KiB: 417 ms; 16, 128 KiB: 425 ms (256 KiB: 987 ms).
 */
static u32 lz4hc_owner_size(int level)
{
	if (level <= 8)
		return SZ_4M;
	if (level <= 9)
		return SZ_2M;
	if (level <= 10)
		return SZ_1M;
	if (level <= 11)
		return SZ_512K;
	if (level <= 12)
		return SZ_256K;
	return SZ_128K;
}

/*
 * The compressor reckons the bytes that encode a length of N as N / 256 and
 * writes N / 255 of them, and its copy of literals runs up to 7 bytes too far:
 * for long runs, and before it fails, it writes past a tight bound. So the bound
 * is lowered by the difference, N / 65280 rounded up. There is none in a page.
 */
static u32 lz4hc_slack(u32 src_len)
{
	return src_len > SZ_4K ? src_len / (255 * 256) + 1 : 0;
}

static int lz4hc_compress(const struct codec_params *p, void *ws,
			  const u8 *src, u32 src_len, u8 *dst, u32 dst_len)
{
	u32 slack = lz4hc_slack(src_len);
	int len;

	if (dst_len <= slack)
		return -ENOSPC;
	len = LZ4_compress_HC(src, dst, src_len, dst_len - slack, p->level, ws);
	return len > 0 ? len : -ENOSPC;
}

static int lz4hc_decompress(const struct codec_params *p, void *ws,
			    const u8 *src, u32 src_len, u8 *dst, u32 dst_len,
			    bool shared)
{
	return codec_lz4.decompress(p, ws, src, src_len, dst, dst_len,
				    shared);
}

const struct codec_ops codec_lz4hc = {
	.name = "lz4hc",
	.algorithm = FLIPQ_ALG_LZ4HC,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS,
	.min_level = 1,
	.max_level = LZ4HC_MAX_CLEVEL,
	.default_level = LZ4HC_DEFAULT_CLEVEL,
	.prepare = lz4hc_prepare,
	.shared_size = lz4hc_shared_size,
	.owner_size = lz4hc_owner_size,
	.compress = lz4hc_compress,
	.decompress = lz4hc_decompress,
};
