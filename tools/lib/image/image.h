/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.h - what is in an image, as flipq(1) has it under Images
 *
 * Whole: frames, and the table in a skippable frame, as zstd's seekable format has
 * it. With a base: a head, the frames of what is not the base's, the runs in a
 * skippable frame, and the table of these frames.
 */
#ifndef FLIPQ_IMAGE_H
#define FLIPQ_IMAGE_H

#include "internal.h"

/* The table: entries, and a foot. */
#define TABLE_MAGIC	0x184d2a5eU
#define TABLE_SEEKABLE	0x8f92eab1U
#define TABLE_FOOT	9U
#define TABLE_MAX	0x8000000U	/* frames */
#define TABLE_CHECKED	0x80U
#define TABLE_RESERVED	0x7cU

/* Of a skippable frame: magic number and length. */
#define SKIP_HEAD	8U

/* With a base. "FQI1" as the first bytes, which no other tool takes. */
#define BASED_MAGIC	0x31495146U
#define BASED_HEAD	24U
#define RUNS_MAGIC	0x184d2a5bU
#define RUNS_SIZE	8U	/* of the image, before the runs */
#define RUNS_SUM	4U	/* behind them */

/**
 * struct image_frame - a block
 * @plain: where its content begins among that of all frames
 * @at: where it begins in the file
 * @sum: lower half of the content's XXH64
 *
 * It ends where the next one begins: there is one more than there are frames.
 */
struct image_frame {
	uint64_t plain;
	uint64_t at;
	uint32_t sum;
};

/**
 * struct image_run - bytes in a row that are the base's, or the image's own
 * @start: where they begin in the image; they end where the next one begins
 * @plain: where the own ones are among the content of all frames
 * @own: they are the image's
 */
struct image_run {
	uint64_t start;
	uint64_t plain;
	bool own;
};

/**
 * struct flipq_image - an image
 * @fd: the caller's
 * @q: decodes
 * @base: the caller's; NULL for none
 * @info: what is told of it
 * @frames: @info.blocks and one more
 * @runs: NULL where all is the image's own
 * @nr_runs: how many; there is one more, for its @start
 * @algorithm: of all frames
 * @packed: bytes of the largest frame
 */
struct flipq_image {
	int fd;
	struct flipq *q;
	struct flipq_image *base;
	struct flipq_image_info info;
	struct image_frame *frames;
	struct image_run *runs;
	uint64_t nr_runs;
	uint32_t algorithm;
	uint32_t packed;
};

/* table.c: all that @fd says of itself; flipq_image_close() frees what it got. */
int flipq_image_table(struct flipq_image *image, int fd);

/* runs.c: what the head of a file and the runs between @at and @end say */
int flipq_image_runs(struct flipq_image *image, const unsigned char *head,
		     uint64_t at, uint64_t end);

/* frame.c */
/**
 * struct image_part - what of a frame the codec is given
 * @skip: bytes before it
 * @len: bytes of it
 * @raw: they are the content
 */
struct image_part {
	uint32_t skip;
	uint32_t len;
	bool raw;
};

/* By the first bytes of a frame; 0 if it is of neither format. */
uint32_t flipq_image_algorithm(const unsigned char *p, size_t len);

/* Find that in a frame of @len bytes at @p. 0, -EBADMSG or -EAFNOSUPPORT. */
int flipq_image_part(uint32_t algorithm, const unsigned char *p, uint32_t len,
		     struct image_part *part);

/* table.c: as pread(), but all of @len. 0, -EBADMSG if the file is shorter. */
int flipq_image_pread(int fd, void *buf, size_t len, uint64_t at);

/* As formats have it: the least byte first. */
static inline uint32_t image_le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint64_t image_le64(const unsigned char *p)
{
	return image_le32(p) | (uint64_t)image_le32(p + 4) << 32;
}

#endif /* FLIPQ_IMAGE_H */
