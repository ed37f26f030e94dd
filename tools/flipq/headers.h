/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * headers.h - what headers say, to those that decode and to those that list
 */
#ifndef HEADERS_H
#define HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LZ4_MAX_HEADER	19U
#define ZSTD_MAX_HEADER	18U

/**
 * struct lz4_header - of an LZ4 frame
 * @len: bytes of it, magic number included
 * @flags: FLG byte
 * @max: largest block
 * @size: of the content, 0 if not known
 * @dictionary: number of the one that is needed, if @flags have LZ4_DICT_ID
 */
struct lz4_header {
	uint32_t len;
	uint8_t flags;
	uint32_t max;
	uint64_t size;
	uint32_t dictionary;
};

/**
 * lz4_header - read the header of an LZ4 frame
 * @p: from the magic number on
 * @len: bytes there are
 * @h: filled in
 *
 * Return: 0, -ENODATA if @len is too short, -EINVAL for an unknown version or
 * flag, -EBADMSG if its checksum differs
 */
int lz4_header(const uint8_t *p, size_t len, struct lz4_header *h);

/**
 * struct zstd_header - of a zstd frame
 * @len: bytes of it, magic number included
 * @sized: @size is known
 * @size: of the content
 * @window: bytes that a decoder has to keep
 * @single: there is no window but the content
 * @dictionary: number of the one that is needed, 0 for none
 * @checksum: one follows the blocks
 */
struct zstd_header {
	uint32_t len;
	bool sized;
	uint64_t size;
	uint64_t window;
	bool single;
	uint32_t dictionary;
	bool checksum;
};

/**
 * zstd_header - read the header of a zstd frame
 * @p: from the magic number on
 * @len: bytes there are
 * @h: filled in
 *
 * Return: 0, -ENODATA if @len is too short, -EINVAL for an unknown flag
 */
int zstd_header(const uint8_t *p, size_t len, struct zstd_header *h);

/*
 * How long a gzip member says it is, by the field of ours or that of BGZF in its
 * list of extra fields: @len bytes at @p. 0 if it does not say.
 */
uint32_t gzip_length(const uint8_t *p, size_t len);

#endif /* HEADERS_H */
