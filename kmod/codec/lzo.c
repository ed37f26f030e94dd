// SPDX-License-Identifier: GPL-2.0-only
/*
 * LZO1X-1
 *
 * Only the _safe compressor will do: the plain one knows no output bound. On
 * kernels without it LZO is decompressed only.
 *
 * It clears its dictionary before each piece of the input. The decoder has no
 * workspace. Each byte of its output comes from the input, is 0 (a run as
 * lzo-rle has it, which it takes, too), or comes from an earlier byte of the
 * output: it refuses a match that starts before the output, and the format has
 * no distance 0. Both copy in pieces of 8 bytes, so what follows the output is
 * written, too.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/lzo.h>

#include "codec/codec.h"

static int lzo_prepare(struct codec_params *p)
{
	p->compress_ws = LZO1X_1_MEM_COMPRESS;
	return 0;
}

/* 4 MiB of pieces of one page of two random symbols: 9 ms. */
static u32 lzo_shared_size(int level)
{
	return U32_MAX;
}

static int lzo_compress(const struct codec_params *p, void *ws,
			const u8 *src, u32 src_len, u8 *dst, u32 dst_len)
{
	size_t len = dst_len;
	int ret = lzo1x_1_compress_safe(src, src_len, dst, &len, ws);

	return ret == LZO_E_OK ? len : -ENOSPC;
}

/* Every instruction writes 2 bytes at least: 4 MiB of the shortest: 9 ms. */
static int lzo_decompress(const struct codec_params *p, void *ws,
			  const u8 *src, u32 src_len, u8 *dst, u32 dst_len,
			  bool shared)
{
	size_t len = dst_len;

	switch (lzo1x_decompress_safe(src, src_len, dst, &len)) {
	case LZO_E_OK:
		return len;
	case LZO_E_OUTPUT_OVERRUN:
		return -ENOSPC;
	default:
		return -EBADMSG;
	}
}

const struct codec_ops codec_lzo = {
	.name = "lzo",
	.algorithm = FLIPQ_ALG_LZO,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	.caps = (COMPAT_LZO_COMPRESSES ? FLIPQ_CODEC_CAP_COMPRESS : 0) |
		FLIPQ_CODEC_CAP_DECOMPRESS,
	.min_level = 1,
	.max_level = 1,
	.default_level = 1,
	.prepare = lzo_prepare,
	.shared_size = lzo_shared_size,
	.owner_size = lzo_shared_size,
	.compress = lzo_compress,
	.decompress = lzo_decompress,
};
