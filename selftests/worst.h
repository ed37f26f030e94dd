/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worst.h - the slowest streams that are known, by codec
 *
 * A generator fills @room bytes with a stream that decodes to at most @plain
 * bytes, and returns how many it filled. To bound a codec means: none of these
 * takes longer than it may, or it is refused.
 */
#ifndef SELFTEST_WORST_H
#define SELFTEST_WORST_H

#include <linux/flipq.h>

#include "worst_deflate.h"
#include "worst_lz.h"
#include "worst_zstd.h"

/**
 * struct worst - a way to be slow
 * @name: its name
 * @algorithm: who decodes it
 * @make: the generator
 * @refused: 4 MiB of it are more than a shared worker takes
 * @brief: its four streams are so short that zstd of kernels before 5.16, which
 *	is 1.3.1, takes them for damage
 */
struct worst {
	const char *name;
	u32 algorithm;
	size_t (*make)(u8 *out, size_t room, size_t plain);
	bool refused;
	bool brief;
};

#define WORST(algorithm, make, refused) \
	{ #make, FLIPQ_ALG_##algorithm, make, refused, false }
#define BRIEF(algorithm, make, refused) \
	{ #make, FLIPQ_ALG_##algorithm, make, refused, true }

static const struct worst worst[] = {
	WORST(ZSTD, zstd_all_tables, true),
	WORST(ZSTD, zstd_short_tables, true),
	WORST(ZSTD, zstd_long_tables, true),
	WORST(ZSTD, zstd_deep_huffman, true),
	WORST(ZSTD, zstd_wide_huffman, true),
	BRIEF(ZSTD, zstd_four_short, true),
	WORST(ZSTD, zstd_window_blocks, false),
	WORST(ZSTD, zstd_four_streams, false),
	BRIEF(ZSTD, zstd_treeless, false),
	WORST(ZSTD, zstd_empty_blocks, false),
	WORST(ZSTD, zstd_rle_blocks, false),
	WORST(ZSTD, zstd_least_blocks, false),
	WORST(ZSTD, zstd_far_seqs, false),
	WORST(ZSTD, zstd_mixed_seqs, false),
	WORST(ZSTD, zstd_mixed_literals, false),
	WORST(ZSTD, zstd_far_window, false),
	WORST(DEFLATE, deflate_short_tables, true),
	WORST(DEFLATE, deflate_deep_tables, true),
	WORST(DEFLATE, deflate_long_tables, true),
	WORST(DEFLATE, deflate_empty_fixed, true),
	WORST(DEFLATE, deflate_empty_stored, true),
	WORST(DEFLATE, deflate_far_matches, false),
	WORST(DEFLATE, deflate_mixed_symbols, false),
	WORST(LZ4, lz4_far_matches, false),
	WORST(LZ4, lz4_mixed, false),
	WORST(LZO, lzo_short, false),
	WORST(LZO, lzo_far_matches, false),
};

#endif /* SELFTEST_WORST_H */
