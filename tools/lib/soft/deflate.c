// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deflate.c - raw deflate, one final stream per request, by zlib
 */
#include <errno.h>
#include <stdlib.h>

#include "soft/soft.h"

/* As <zlib.h> has them, which looks at the version and at the struct's size. */
#define VERSION		"1"
#define METHOD		8	/* deflate */
#define RAW		(-15)	/* no header, the largest window */
#define MEM_LEVEL	8	/* its own default */
#define STRATEGY	0
#define FINISH		4

#define Z_OK		0
#define Z_END		1
#define Z_NO_MEMORY	(-4)
#define Z_FULL		(-5)

struct stream {
	const void *next_in;
	unsigned int avail_in;
	unsigned long total_in;
	void *next_out;
	unsigned int avail_out;
	unsigned long total_out;
	const char *msg;
	void *own[4];
	int data_type;
	unsigned long rest[2];
};

struct calls {
	int (*pack_begin)(struct stream *z, int level, int method, int bits,
			  int memory, int strategy, const char *version,
			  int size);
	int (*pack_reset)(struct stream *z);
	int (*pack)(struct stream *z, int flush);
	int (*pack_end)(struct stream *z);
	int (*unpack_begin)(struct stream *z, int bits, const char *version,
			    int size);
	int (*unpack_reset)(struct stream *z);
	int (*unpack)(struct stream *z, int flush);
	int (*unpack_end)(struct stream *z);
};

static const char *const symbols[] = {
	"deflateInit2_",
	"deflateReset",
	"deflate",
	"deflateEnd",
	"inflateInit2_",
	"inflateReset",
	"inflate",
	"inflateEnd",
	NULL,
};

static void end(const void *lib, struct soft_state *state)
{
	const struct calls *calls = lib;

	/* they do nothing to a stream that was not begun */
	if (state->pack)
		calls->pack_end(state->pack);
	if (state->unpack)
		calls->unpack_end(state->unpack);
	free(state->pack);
	free(state->unpack);
}

static int begin(const void *lib, const struct soft_codec *c,
		 struct soft_state *state)
{
	const struct calls *calls = lib;

	state->unpack = calloc(1, sizeof(struct stream));
	if (!state->unpack ||
	    calls->unpack_begin(state->unpack, RAW, VERSION,
				(int)sizeof(struct stream)) != Z_OK)
		return -ENOMEM;
	if (c->flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
		return 0;
	state->pack = calloc(1, sizeof(struct stream));
	if (!state->pack ||
	    calls->pack_begin(state->pack, c->level, METHOD, RAW,
			      MEM_LEVEL, STRATEGY, VERSION,
			      (int)sizeof(struct stream)) != Z_OK)
		return -ENOMEM;
	return 0;
}

static void point(struct stream *z, const void *src, uint32_t len, void *dst,
		  uint32_t room)
{
	z->next_in = src;
	z->avail_in = len;
	z->next_out = dst;
	z->avail_out = room;
}

static int pack(const void *lib, const struct soft_codec *c,
		struct soft_state *state, const void *src, uint32_t len,
		void *dst, uint32_t room)
{
	const struct calls *calls = lib;
	struct stream *z = state->pack;
	unsigned char more;
	int ret;

	(void)c;
	if (calls->pack_reset(z) != Z_OK)
		return -EINVAL;
	point(z, src, len, dst, room);
	ret = calls->pack(z, FINISH);
	if (ret == Z_OK && !z->avail_in) {
		/* full, which may be to the last byte: it does not say */
		z->next_out = &more;
		z->avail_out = 1;
		if (calls->pack(z, FINISH) == Z_END && z->avail_out)
			ret = Z_END;
	}
	return ret == Z_END ? (int)z->total_out : -ENOSPC;
}

/* All input is read and the output is full: is there more to come? */
static bool has_more(const struct calls *calls, struct stream *z)
{
	unsigned char more;

	z->next_out = &more;
	z->avail_out = 1;
	calls->unpack(z, FINISH);
	return !z->avail_out;
}

static int unpack(const void *lib, struct soft_state *state, const void *src,
		  uint32_t len, void *dst, uint32_t room)
{
	const struct calls *calls = lib;
	struct stream *z = state->unpack;

	if (!len)
		return -EBADMSG;
	if (calls->unpack_reset(z) != Z_OK)
		return -EINVAL;
	point(z, src, len, dst, room);
	switch (calls->unpack(z, FINISH)) {
	case Z_END:
		return z->avail_in ? -EBADMSG : (int)z->total_out;
	case Z_NO_MEMORY:
		return -ENOMEM;
	case Z_OK:
	case Z_FULL:
		if (z->avail_in || (!z->avail_out && has_more(calls, z)))
			return -ENOSPC;
		return -EBADMSG;
	default:
		return -EBADMSG;
	}
}

static const struct soft_limit shared[] = {
	{ 2, MIB(4) }, { 3, MIB(2) }, { 4, MIB(4) }, { 5, MIB(1) },
	{ 6, KIB(512) }, { 7, KIB(256) }, { 8, KIB(64) }, { 9, KIB(32) },
};

static const struct soft_limit owner[] = {
	{ 6, MIB(4) }, { 7, MIB(2) }, { 8, KIB(512) }, { 9, KIB(128) },
};

const struct soft_ops flipq_soft_deflate = {
	.name = "deflate",
	.soname = "libz.so.1",
	.symbols = symbols,
	.algorithm = FLIPQ_ALG_DEFLATE,
	.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	.caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS,
	.min_level = 1,
	.max_level = 9,
	.default_level = 6,
	.shared = shared,
	.owner = owner,
	.begin = begin,
	.end = end,
	.pack = pack,
	.unpack = unpack,
};
