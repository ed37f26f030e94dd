/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * formats.h - the numbers of the LZ4 frame, zstd frame and gzip formats that
 * both the writers and the readers need
 */
#ifndef FORMATS_H
#define FORMATS_H

#include <stdint.h>

#define LZ4_MAGIC		0x184d2204U
#define LZ4_LEGACY_MAGIC	0x184c2102U
#define LZ4_LEGACY_BLOCK	(8U << 20)

/* FLG byte */
#define LZ4_VERSION		0x40U
#define LZ4_VERSION_MASK	0xc0U
#define LZ4_INDEPENDENT		0x20U
#define LZ4_BLOCK_CHECKSUM	0x10U
#define LZ4_CONTENT_SIZE	0x08U
#define LZ4_CONTENT_CHECKSUM	0x04U
#define LZ4_RESERVED		0x02U
#define LZ4_DICT_ID		0x01U
/* Block size word */
#define LZ4_RAW_BLOCK		0x80000000U

/* Sizes 4 to 7 of the BD byte: 64 KiB to 4 MiB. */
#define LZ4_MIN_BLOCK_CODE	4U
#define LZ4_MAX_BLOCK_CODE	7U

static inline uint32_t lz4_block_size(unsigned int code)
{
	return 1U << (8 + 2 * code);
}

/* Skippable frames of LZ4 and zstd: 16 magic numbers */
#define SKIPPABLE_MAGIC		0x184d2a50U
#define SKIPPABLE_MASK		0xfffffff0U

/* Of an image with a base, "FQI1", and what comes with it before its frames */
#define BASED_MAGIC		0x31495146U
#define BASED_HEAD		24U

/* Skippable frames of an image: its runs, and the table of zstd's seekable format */
#define RUNS_VARIANT		11U
#define TABLE_VARIANT		14U
#define TABLE_SEEKABLE		0x8f92eab1U
#define TABLE_CHECKED		0x80U

#define ZSTD_FRAME_MAGIC	0xfd2fb528U
/* Frame header descriptor */
#define ZSTD_FCS_SHIFT		6
#define ZSTD_SINGLE_SEGMENT	0x20U
#define ZSTD_FRAME_RESERVED	0x08U
#define ZSTD_FRAME_CHECKSUM	0x04U
#define ZSTD_DICT_MASK		0x03U
/* Block header: last, type, size */
#define ZSTD_LAST_BLOCK		0x01U
#define ZSTD_BLOCK_TYPE(h)	((h) >> 1 & 3U)
#define ZSTD_BLOCK_LEN(h)	((h) >> 3)
#define ZSTD_RLE		1U
#define ZSTD_COMPRESSED		2U
#define ZSTD_RESERVED_TYPE	3U
#define ZSTD_RAW_MAX		(128U << 10)

#define GZIP_ID1		0x1fU
#define GZIP_ID2		0x8bU
#define GZIP_DEFLATE		8U
#define GZIP_HCRC		0x02U
#define GZIP_EXTRA		0x04U
#define GZIP_NAME		0x08U
#define GZIP_COMMENT		0x10U
#define GZIP_RESERVED		0xe0U
#define GZIP_OS_UNIX		3U
#define GZIP_HEADER		10U	/* without optional fields */
#define GZIP_TRAILER		8U	/* crc32, plain size */

#define DEFLATE_STORED_MAX	65535U

#endif /* FORMATS_H */
