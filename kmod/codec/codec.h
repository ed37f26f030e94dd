/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * what a codec is: an ops table, one small file per algorithm
 *
 * A codec is prepared at set-up, in the caller's context, into immutable
 * parameters. On the data path a worker calls compress or decompress with those
 * parameters and with a workspace that no other thread uses meanwhile. Nothing
 * allocates there and nothing sleeps.
 *
 * Input is private to the worker: it does not change during a call. So is the
 * output buffer: its user gets the bytes that the codec says it wrote, none if
 * it failed. Before the call the workspace, the output buffer, and what comes
 * after the input hold what requests of other users left there. The bytes of
 * the output must not depend on any of it: each codec says why they do not, and
 * selftests/foreign.c tests it. What is written beyond the output may depend on
 * it.
 */
#ifndef FLIPQ_CODEC_H
#define FLIPQ_CODEC_H

#include <linux/types.h>

#include "compat.h"
#include <linux/zstd.h>

#include <linux/flipq.h>

struct codec_ops;

/**
 * struct codec_params - a codec as one queue set it up; immutable then
 * @ops: the algorithm
 * @level: never 0, the default is filled in
 * @flags: FLIPQ_CODEC_*
 * @in_size: largest input of a request, bytes
 * @compress_ws: workspace that compress needs, bytes; 0 for none
 * @decompress_ws: workspace that decompress needs, bytes; 0 for none
 * @zstd: prepared parameters (zstd only)
 */
struct codec_params {
	const struct codec_ops *ops;
	int level;
	u32 flags;
	u32 in_size;
	size_t compress_ws;
	size_t decompress_ws;
	zstd_parameters zstd;
};

/**
 * struct codec_ops - an algorithm
 * @name: as the tool spells it
 * @algorithm: enum flipq_algorithm
 * @flags: FLIPQ_CODEC_* it understands
 * @caps: FLIPQ_CODEC_CAP_*
 * @min_level: lowest level
 * @max_level: highest level
 * @default_level: what level 0 stands for
 * @prepare: fill in @compress_ws, @decompress_ws and private members; the
 *	others are set and the level is in range. 0 or a negative errno.
 * @shared_size: largest input, in bytes, that takes a shared worker at @level
 *	no more time than it may take, whatever the input is; the workspace is
 *	checked by the caller. Others wait for that worker: the codecs' tables
 *	keep the worst of 26 kinds of adversarial input, compressed by 6.12's
 *	lib/ on one 2.6 GHz core, near 100 ms.
 * @owner_size: the same for a thread of the owner's, near 1 s: it cannot be
 *	interrupted either, whatever its priority
 * @compress: up to @src_len bytes at @src (at least 1) into at most @dst_len
 *	bytes at @dst. The bytes written, or -ENOSPC if they do not fit, or
 *	another negative errno. Some want room to spare beyond what they write:
 *	lz4 and lz4hc up to @src_len / 65280 + 1 bytes (see there), zstd a few
 *	(16 were seen).
 * @decompress: the reverse. The bytes written, -EBADMSG for a corrupt or
 *	truncated input or one with bytes after its end, or -ENOSPC if the
 *	output does not fit (-EBADMSG where the codec cannot tell). With @shared
 *	a shared worker does it: -EOPNOTSUPP for an input that would take more
 *	time than the bounds above. The slowest inputs there are, for both, are
 *	in selftests/worst.h.
 *
 * Kernel codecs keep nothing in a workspace from one call to the next.
 */
struct codec_ops {
	const char *name;
	u32 algorithm;
	u32 flags;
	u32 caps;
	int min_level;
	int max_level;
	int default_level;
	int (*prepare)(struct codec_params *p);
	u32 (*shared_size)(int level);
	u32 (*owner_size)(int level);
	int (*compress)(const struct codec_params *p, void *ws,
			const u8 *src, u32 src_len, u8 *dst, u32 dst_len);
	int (*decompress)(const struct codec_params *p, void *ws,
			  const u8 *src, u32 src_len, u8 *dst, u32 dst_len,
			  bool shared);
};

extern const struct codec_ops codec_lz4;
extern const struct codec_ops codec_lz4hc;
extern const struct codec_ops codec_lzo;
extern const struct codec_ops codec_zstd;
extern const struct codec_ops codec_deflate;

/* codec.c */
const struct codec_ops *codec_by_index(unsigned int index);
int codec_prepare(struct codec_params *p, const struct flipq_codec *c,
		  u32 in_size, size_t max_workspace);
int codec_highest_level(const struct codec_ops *ops, u32 flags, u32 in_size,
			size_t max_workspace, struct codec_params *p);

/* zstd_tables.c */
u32 codec_zstd_tables(const u8 *src, u32 len);

/* checksum.c */
u64 codec_checksum(u32 kind, const u8 *data, u32 len);

/* filled.c */
bool codec_filled(const u8 *data, u32 len, u64 *word);

#endif /* FLIPQ_CODEC_H */
