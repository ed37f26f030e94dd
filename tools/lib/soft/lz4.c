// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * lz4.c - LZ4 blocks by liblz4, fast and HC
 */
#include <errno.h>
#include <stdlib.h>

#include "soft/soft.h"

/* As <lz4.h> has them. */
struct calls {
	int (*unpack)(const void *src, void *dst, int len, int room);
	int (*size)(void);
	int (*pack)(void *state, const void *src, void *dst, int len, int room,
		    int level);
};

static const char *const symbols[] = {
	"LZ4_decompress_safe",
	"LZ4_sizeofState",
	"LZ4_compress_fast_extState",
	NULL,
};

/* The same members and another compressor. */
static const char *const hc_symbols[] = {
	"LZ4_decompress_safe",
	"LZ4_sizeofStateHC",
	"LZ4_compress_HC_extStateHC",
	NULL,
};

static int begin(const void *lib, const struct soft_codec *c,
		 struct soft_state *state)
{
	const struct calls *calls = lib;

	if (c->flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
		return 0;
	state->pack = malloc((size_t)calls->size());
	return state->pack ? 0 : -ENOMEM;
}

static void end(const void *lib, struct soft_state *state)
{
	(void)lib;
	free(state->pack);
}

static int pack(const void *lib, const struct soft_codec *c,
		struct soft_state *state, const void *src, uint32_t len,
		void *dst, uint32_t room)
{
	const struct calls *calls = lib;
	int ret = calls->pack(state->pack, src, dst, (int)len, (int)room,
			      c->level);

	return ret > 0 ? ret : -ENOSPC;
}

/* One code for corrupt input and for a full output: it cannot tell. */
static int unpack(const void *lib, struct soft_state *state, const void *src,
		  uint32_t len, void *dst, uint32_t room)
{
	const struct calls *calls = lib;
	int ret;

	(void)state;
	if (!len)
		return -EBADMSG;
	ret = calls->unpack(src, dst, (int)len, (int)room);
	return ret >= 0 ? ret : -EBADMSG;
}

static uint64_t pack_size(const void *lib)
{
	const struct calls *calls = lib;

	return (uint64_t)calls->size();
}

static const struct soft_limit any[] = { { 65537, MIB(4) } };

const struct soft_ops flipq_soft_lz4 = {
	.name = "lz4",
	.soname = "liblz4.so.1",
	.symbols = symbols,
	.algorithm = FLIPQ_ALG_LZ4,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS,
	.min_level = 1,
	.max_level = 65537,
	.default_level = 1,
	.shared = any,
	.owner = any,
	.begin = begin,
	.end = end,
	.pack = pack,
	.unpack = unpack,
	.pack_size = pack_size,
};

static const struct soft_limit hc_shared[] = {
	{ 4, MIB(4) }, { 5, MIB(2) }, { 7, MIB(1) }, { 8, KIB(512) },
	{ 9, KIB(256) }, { 10, KIB(128) }, { 16, KIB(64) },
};

static const struct soft_limit hc_owner[] = {
	{ 8, MIB(4) }, { 9, MIB(2) }, { 10, MIB(1) }, { 11, KIB(512) },
	{ 12, KIB(256) }, { 16, KIB(128) },
};

/* The library takes levels above its highest, 12, for that one. */
const struct soft_ops flipq_soft_lz4hc = {
	.name = "lz4hc",
	.soname = "liblz4.so.1",
	.symbols = hc_symbols,
	.algorithm = FLIPQ_ALG_LZ4HC,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS,
	.min_level = 1,
	.max_level = 16,
	.default_level = 9,
	.shared = hc_shared,
	.owner = hc_owner,
	.begin = begin,
	.end = end,
	.pack = pack,
	.unpack = unpack,
	.pack_size = pack_size,
};
