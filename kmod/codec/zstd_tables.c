// SPDX-License-Identifier: GPL-2.0-only
/*
 * how many tables a zstd frame defines, from its headers (RFC 8878, 3.1.1)
 *
 * A decoder's work is bounded by the bytes that it reads and writes, but for
 * tables: a block defines up to four of them, of hundreds of cells each, in a
 * few bytes.
 */
#include <linux/minmax.h>
#include <linux/types.h>

#include "codec/codec.h"

#define FRAME_DESCRIPTOR 4	/* behind the magic number */
#define BLOCK_HEADER	3
#define BLOCK_RLE	1
#define BLOCK_PACKED	2

#define LITERALS_RLE	1
#define LITERALS_HUFFMAN 2
#define LITERALS_HEADER	5	/* at most */

#define TABLE_FSE	2

/* The first @nr bytes at @p as one number. */
static u64 zstd_number(const u8 *p, u32 nr)
{
	u64 value = 0;

	while (nr--)
		value = value << 8 | p[nr];
	return value;
}

/* Bytes of literals that are stored, or one that is repeated, and header. */
static u32 zstd_plain_len(u64 header, bool repeated)
{
	u32 len, bytes;

	switch (header >> 2 & 3) {
	case 1:
		len = 2;
		bytes = header >> 4 & 0xfff;
		break;
	case 3:
		len = 3;
		bytes = header >> 4 & 0xfffff;
		break;
	default:
		len = 1;
		bytes = header >> 3 & 0x1f;
	}
	return len + (repeated ? 1 : bytes);
}

/* Bytes of literals that are packed, and header. */
static u32 zstd_packed_len(u64 header)
{
	switch (header >> 2 & 3) {
	case 2:
		return 4 + (header >> 18 & 0x3fff);
	case 3:
		return 5 + (header >> 22 & 0x3ffff);
	default:
		return 3 + (header >> 14 & 0x3ff);
	}
}

/* Tables for the sequences of a block; @p is where their section starts. */
static u32 zstd_sequence_tables(const u8 *p, u32 len)
{
	u32 at, i, nr = 0;

	if (!len || !p[0])
		return 0;
	at = p[0] < 128 ? 1 : p[0] < 255 ? 2 : 3;
	if (at >= len)
		return 0;
	for (i = 2; i < 8; i += 2)
		nr += (p[at] >> i & 3) == TABLE_FSE;
	return nr;
}

/*
 * Tables of a packed block. For a block that is cut short the number does not
 * matter, as the decoder ends there.
 */
static u32 zstd_block_tables(const u8 *p, u32 len)
{
	u64 header = zstd_number(p, min_t(u32, len, LITERALS_HEADER));
	u32 type = header & 3, nr = type == LITERALS_HUFFMAN, at;

	if (type < LITERALS_HUFFMAN)
		at = zstd_plain_len(header, type == LITERALS_RLE);
	else
		at = zstd_packed_len(header);
	return at < len ? nr + zstd_sequence_tables(p + at, len - at) : nr;
}

/* Bytes of a frame's header, by its descriptor. */
static u32 zstd_frame_header_len(u8 descriptor)
{
	static const u8 id_len[] = { 0, 1, 2, 4 }, size_len[] = { 0, 2, 4, 8 };
	const u32 size = descriptor >> 6;
	const bool single = descriptor & 0x20;
	u32 len = FRAME_DESCRIPTOR + 1 + id_len[descriptor & 3] + size_len[size];

	/* A size in place of the window, at least a byte of it. */
	return len + (single ? !size : 1);
}

/**
 * codec_zstd_tables() - how many tables the blocks of a frame define
 * @src: the frame
 * @len: its bytes
 *
 * Return: that number, up to where the frame ends or is cut short.
 */
u32 codec_zstd_tables(const u8 *src, u32 len)
{
	u32 header, type, bytes, nr = 0;

	if (len <= FRAME_DESCRIPTOR)
		return 0;
	header = zstd_frame_header_len(src[FRAME_DESCRIPTOR]);
	if (header > len)
		return 0;
	src += header;
	len -= header;
	do {
		if (len < BLOCK_HEADER)
			break;
		header = zstd_number(src, BLOCK_HEADER);
		src += BLOCK_HEADER;
		len -= BLOCK_HEADER;
		type = header >> 1 & 3;
		bytes = type == BLOCK_RLE ? 1 : header >> 3;
		if (bytes > len)
			break;
		if (type == BLOCK_PACKED)
			nr += zstd_block_tables(src, bytes);
		src += bytes;
		len -= bytes;
	} while (!(header & 1));
	return nr;
}
