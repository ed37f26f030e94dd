/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer.h - how a file format is written from blocks that workers compressed
 */
#ifndef WRITER_H
#define WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"
#include "pump.h"
#include "xxh32.h"

/**
 * struct writing - a file being written
 * @out: where to
 * @block: largest block, bytes
 * @checksum: put in checksums of the content
 * @sized: @size is known, or will be and can be written then
 * @size: of the whole content
 * @blocks: written so far
 * @content: checksum of the content, fed in the order of reading
 * @sum: the same of the block, where each has a frame of its own
 */
struct writing {
	struct output *out;
	uint32_t block;
	bool checksum;
	bool sized;
	uint64_t size;
	uint64_t blocks;
	struct xxh32 content;
	uint32_t sum;
};

/**
 * struct writer - a format with one of its algorithms
 * @name: after -a
 * @suffix: of file names
 * @algorithm: enum flipq_algorithm
 * @checksum_flags: request flags for the checksum each block carries
 * @codec_checksum: the codec puts the checksum into what it produces
 * @serial: keep a checksum of the whole content
 * @framed: the same with a frame for each block, and XXH64 of its content as the
 *	worker's checksum; itself if it is that; NULL if there is none
 * @begin: write what precedes the first block
 * @block: write a block; its plain length is given
 * @end: write what follows the last one
 * @resize: write @size anew, which turned out to be another; NULL where it is not
 *	in the file
 */
struct writer {
	const char *name;
	const char *suffix;
	uint32_t algorithm;
	uint32_t checksum_flags;
	bool codec_checksum;
	bool serial;
	const struct writer *framed;
	int (*begin)(struct writing *w);
	int (*block)(struct writing *w, const struct view *v, uint32_t plain);
	int (*end)(struct writing *w);
	int (*resize)(struct writing *w);
};

/* NULL-terminated; the first one is the default. */
extern const struct writer *const writers[];

extern const struct writer writer_lz4;
extern const struct writer writer_lz4hc;
extern const struct writer writer_zstd;
extern const struct writer writer_lz4_framed;
extern const struct writer writer_lz4hc_framed;
extern const struct writer writer_gzip;

/* Did the worker leave the block as it was? */
static inline bool view_raw(const struct view *v)
{
	return v->event->flags & FLIPQ_RES_INCOMPRESSIBLE;
}

#endif /* WRITER_H */
