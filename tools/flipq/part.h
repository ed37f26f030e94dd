/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * part.h - from the start of a frame or member to its end, without decoding
 */
#ifndef PART_H
#define PART_H

#include <stdbool.h>
#include <stdint.h>

struct source;

#define PART_TEXT	256U

enum part_kind {
	PART_LZ4,
	PART_LZ4_LEGACY,
	PART_ZSTD,
	PART_GZIP,
	PART_SKIPPABLE,
	PART_BASED,	/* head of an image that has a base */
	NR_PART_KINDS
};

enum part_check {
	CHECK_NONE,
	CHECK_XXH32,
	CHECK_XXH64,
	CHECK_CRC32,
	CHECK_BLOCKS,	/* of each block, and none of the whole */
	NR_PART_CHECKS
};

/**
 * struct part - a frame or member
 * @kind: of which format
 * @offset: where in the file
 * @compressed: bytes, all included
 * @sized: @plain is known
 * @plain: bytes of the content
 * @open: it is a gzip member that does not say where it ends, and all that
 *	follows was taken for it: there may be more members, and @plain is what
 *	the last one says of itself
 * @blocks: in it; gzip does not say
 * @max_block: bytes of the largest that the header allows, 0 if it does not say
 * @window: bytes that a decoder has to keep, 0 if the header does not say
 * @check: of the content
 * @checksum: of the content, the lower half of XXH64; 0 without
 * @linked: blocks need those before them
 * @block_checks: each block has a checksum
 * @single: the window is the content
 * @has_dictionary: a dictionary is needed
 * @dictionary: its number
 * @variant: of a skippable frame, 0 to 15
 * @has_length: the header says how long the member is
 * @system: what wrote it, a number of RFC 1952
 * @time: of the file, seconds since 1970; 0 for none
 * @name: of the file, as much of it as there is room for
 * @comment: as the name
 */
struct part {
	enum part_kind kind;
	uint64_t offset;
	uint64_t compressed;
	bool sized;
	uint64_t plain;
	bool open;
	uint64_t blocks;
	uint32_t max_block;
	uint64_t window;
	enum part_check check;
	uint32_t checksum;
	bool linked;
	bool block_checks;
	bool single;
	bool has_dictionary;
	uint32_t dictionary;
	unsigned int variant;
	bool has_length;
	uint8_t system;
	uint32_t time;
	char name[PART_TEXT];
	char comment[PART_TEXT];
};

/*
 * Each begins where its magic number was seen, in a @p that is all zero, and ends
 * behind the part. @offset and @compressed are the caller's. 0, or -1 after a
 * message.
 */
int part_lz4(struct source *s, struct part *p);
int part_lz4_legacy(struct source *s, struct part *p);
int part_zstd(struct source *s, struct part *p);
int part_gzip(struct source *s, struct part *p);
int part_skippable(struct source *s, struct part *p);
int part_based(struct source *s, struct part *p);

/* For these: 1, 0 at the end of the input, -1 after a message. */
int part_take(struct source *s, void *dst, uint32_t len);
int part_pass(struct source *s, uint64_t len);

/* Has it no content: is it no frame or member? */
static inline bool part_skipped(const struct part *p)
{
	return p->kind == PART_SKIPPABLE || p->kind == PART_BASED;
}

/**
 * struct part_sum - what blocks can become
 * @most: bytes at most
 * @known: it is just so many
 */
struct part_sum {
	uint64_t most;
	bool known;
};

/*
 * The size of @p's content: what the header says, if it says that, and if the
 * blocks can become that; else what they become, if that is known. Returns false
 * if they cannot.
 */
bool part_size(struct part *p, const struct part_sum *sum, bool said,
	       uint64_t size);

#endif /* PART_H */
