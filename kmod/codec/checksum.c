// SPDX-License-Identifier: GPL-2.0-only
/*
 * the checksums that a request may ask for
 */
#include <linux/crc32.h>
#include <linux/xxhash.h>

#include "codec/codec.h"

/**
 * codec_checksum() - checksum of some bytes
 * @kind: enum flipq_csum
 * @data: the bytes
 * @len: how many
 *
 * Return: the checksum, zero-extended; 0 for FLIPQ_CSUM_NONE.
 */
u64 codec_checksum(u32 kind, const u8 *data, u32 len)
{
	switch (kind) {
	case FLIPQ_CSUM_XXH32:
		return xxh32(data, len, 0);
	case FLIPQ_CSUM_XXH64:
		return xxh64(data, len, 0);
	case FLIPQ_CSUM_CRC32:
		return (u32)~crc32_le(~0U, data, len);
	default:
		return 0;
	}
}
