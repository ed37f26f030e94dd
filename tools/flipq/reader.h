/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.h - how file formats are read: blocks to the workers where a slot can
 * hold them, to the libraries where not
 */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "pump.h"
#include "xxh32.h"

struct options;
struct output;
struct report;
struct source;

/* struct item.kind */
enum piece {
	PIECE_LZ4,	/* a block, or raw if there was no request */
	PIECE_LZ4_END,	/* of a frame */
	PIECE_ZSTD,	/* a frame */
	PIECE_GZIP,	/* a member */
};

/* struct item.checks */
#define CHECK_BLOCK	1U	/* @expect: of the block */
#define CHECK_CONTENT	2U	/* @expect: of the frame's content (end) */
#define CHECK_SIZE	4U	/* @size: of the frame's content (end) */
#define SUM_CONTENT	8U	/* the frame has a content checksum (block) */

/**
 * struct reading - a file being read
 * @o: what was asked for
 * @source: encoded data
 * @out: decoded data
 * @pump: pipeline
 * @report: counters
 * @have: what the queue is good for; @have.in_size is 0 while there is none
 * @content: checksum of the LZ4 frame that is being written
 * @produced: bytes of the same
 */
struct reading {
	const struct options *o;
	struct source *source;
	struct output *out;
	struct pump *pump;
	struct report *report;
	struct queue_need have;
	struct xxh32 content;
	uint64_t produced;
};

/* All return 0, or -1 after a message. */

/* A queue for @algorithm and requests of these sizes. */
int reading_queue(struct reading *r, uint32_t algorithm, uint32_t in_size,
		  uint32_t out_size);

/* What a part is called in messages: "LZ4 block", at an offset. */
const char *part_name(const struct item *it);
int corrupt(const struct reading *r, const char *part, uint64_t offset,
	    const char *why);
int truncated(const struct reading *r, const char *part, uint64_t offset);

/* Write bytes that were decoded here, after all that was added before. */
int reading_write(struct reading *r, const void *data, size_t len);

/* In the order of the output: LZ4 content, and what its end mark says. */
void lz4_sum(struct reading *r, const void *data, size_t len, bool checksum);
int lz4_end(struct reading *r, const struct item *it);

/* Each reads one frame or member, whose magic number was seen. */
int lz4_read_frame(struct reading *r);
int lz4_read_legacy(struct reading *r);
int zstd_read_frame(struct reading *r);
int gzip_read_member(struct reading *r);

/* What a worker found too slow to decompress, from @in. Written at once. */
int fallback_piece(struct reading *r, const struct item *it, const void *in);

/* The same by libraries. @count: count it as fallback. */
int fallback_zstd(struct reading *r, bool count);
int fallback_gzip(struct reading *r, bool count);

#endif /* READER_H */
