// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * zstd.c - one zstd frame per request, by libzstd
 */
#include <errno.h>
#include <string.h>

#include "soft/soft.h"

/* As <zstd.h> and <zstd_errors.h> have them, whose numbers are kept for good. */
#define FRAME_MAGIC		0xfd2fb528U
#define SET_LEVEL		100
#define SET_CHECKSUM		201
#define SET_DICT_ID		202
#define ERROR_NO_MEMORY		64
#define ERROR_NO_ROOM		70

struct calls {
	void *(*make_c)(void);
	size_t (*free_c)(void *c);
	size_t (*set)(void *c, int what, int value);
	size_t (*pack)(void *c, void *dst, size_t room, const void *src,
		       size_t len);
	void *(*make_d)(void);
	size_t (*free_d)(void *d);
	size_t (*unpack)(void *d, void *dst, size_t room, const void *src,
			 size_t len);
	size_t (*frame_size)(const void *src, size_t len);
	unsigned int (*failed)(size_t code);
	int (*error)(size_t code);
};

static const char *const symbols[] = {
	"ZSTD_createCCtx",
	"ZSTD_freeCCtx",
	"ZSTD_CCtx_setParameter",
	"ZSTD_compress2",
	"ZSTD_createDCtx",
	"ZSTD_freeDCtx",
	"ZSTD_decompressDCtx",
	"ZSTD_findFrameCompressedSize",
	"ZSTD_isError",
	"ZSTD_getErrorCode",
	NULL,
};

static void end(const void *lib, struct soft_state *state)
{
	const struct calls *calls = lib;

	calls->free_c(state->pack);
	calls->free_d(state->unpack);
}

/* The library's memory for tables comes with the first request. */
static int begin(const void *lib, const struct soft_codec *c,
		 struct soft_state *state)
{
	const struct calls *calls = lib;

	state->unpack = calls->make_d();
	if (!state->unpack)
		return -ENOMEM;
	if (c->flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
		return 0;
	state->pack = calls->make_c();
	if (!state->pack)
		return -ENOMEM;
	calls->set(state->pack, SET_LEVEL, c->level);
	calls->set(state->pack, SET_CHECKSUM,
		   !!(c->flags & FLIPQ_CODEC_CHECKSUM));
	calls->set(state->pack, SET_DICT_ID, 0);
	return 0;
}

static int result(const struct calls *calls, size_t ret, int otherwise)
{
	if (!calls->failed(ret))
		return (int)ret;
	switch (calls->error(ret)) {
	case ERROR_NO_ROOM:
		return -ENOSPC;
	case ERROR_NO_MEMORY:
		return -ENOMEM;
	default:
		return otherwise;
	}
}

static int pack(const void *lib, const struct soft_codec *c,
		struct soft_state *state, const void *src, uint32_t len,
		void *dst, uint32_t room)
{
	const struct calls *calls = lib;

	(void)c;
	return result(calls, calls->pack(state->pack, dst, room, src, len),
		      -EINVAL);
}

/* One frame with content and nothing after it; the library takes any number. */
static bool one_frame(const struct calls *calls, const void *src, uint32_t len)
{
	uint32_t magic;

	if (len < sizeof(magic))
		return false;
	memcpy(&magic, src, sizeof(magic));
	return magic == FRAME_MAGIC && calls->frame_size(src, len) == len;
}

static int unpack(const void *lib, struct soft_state *state, const void *src,
		  uint32_t len, void *dst, uint32_t room)
{
	const struct calls *calls = lib;

	if (!one_frame(calls, src, len))
		return -EBADMSG;
	return result(calls, calls->unpack(state->unpack, dst, room, src, len),
		      -EBADMSG);
}

static const struct soft_limit shared[] = {
	{ 6, MIB(4) }, { 9, MIB(2) }, { 12, MIB(1) }, { 16, KIB(256) },
	{ 22, KIB(64) },
};

static const struct soft_limit owner[] = {
	{ 12, MIB(4) }, { 19, MIB(1) }, { 22, KIB(512) },
};

const struct soft_ops flipq_soft_zstd = {
	.name = "zstd",
	.soname = "libzstd.so.1",
	.symbols = symbols,
	.algorithm = FLIPQ_ALG_ZSTD,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY | FLIPQ_CODEC_CHECKSUM,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS |
		FLIPQ_CODEC_CAP_CHECKSUM,
	.min_level = 1,
	.max_level = 22,
	.default_level = 3,
	.shared = shared,
	.owner = owner,
	.begin = begin,
	.end = end,
	.pack = pack,
	.unpack = unpack,
};
