/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xxh.h - the two xxhashes with seed 0, byte by byte from their specification
 *
 * Slow and separate from the kernel's code, so that the two can disagree.
 */
#ifndef SELFTEST_XXH_H
#define SELFTEST_XXH_H

#include "types.h"

static inline u32 xxh_rol32(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static inline u64 xxh_rol64(u64 x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static inline u32 xxh_le32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 |
		(u32)p[3] << 24;
}

static inline u64 xxh_le64(const u8 *p)
{
	return xxh_le32(p) | (u64)xxh_le32(p + 4) << 32;
}

static inline u32 xxh32(const u8 *p, size_t len)
{
	const u32 p1 = 2654435761U, p2 = 2246822519U, p3 = 3266489917U;
	const u32 p4 = 668265263U, p5 = 374761393U;
	u32 lane[4] = { p1 + p2, p2, 0, 0U - p1 };
	size_t left = len;
	u32 h = p5;
	int i;

	for (; left >= 16; left -= 16) {
		for (i = 0; i < 4; i++, p += 4)
			lane[i] = xxh_rol32(lane[i] + xxh_le32(p) * p2, 13) *
				p1;
	}
	if (len >= 16)
		h = xxh_rol32(lane[0], 1) + xxh_rol32(lane[1], 7) +
			xxh_rol32(lane[2], 12) + xxh_rol32(lane[3], 18);
	h += (u32)len;
	for (; left >= 4; left -= 4, p += 4)
		h = xxh_rol32(h + xxh_le32(p) * p3, 17) * p4;
	for (; left; left--, p++)
		h = xxh_rol32(h + *p * p5, 11) * p1;
	h = (h ^ h >> 15) * p2;
	h = (h ^ h >> 13) * p3;
	return h ^ h >> 16;
}

static inline u64 xxh64(const u8 *p, size_t len)
{
	const u64 p1 = 11400714785074694791ULL;
	const u64 p2 = 14029467366897019727ULL;
	const u64 p3 = 1609587929392839161ULL;
	const u64 p4 = 9650029242287828579ULL;
	const u64 p5 = 2870177450012600261ULL;
	u64 lane[4] = { p1 + p2, p2, 0, 0ULL - p1 };
	size_t left = len;
	u64 h = p5;
	int i;

	for (; left >= 32; left -= 32) {
		for (i = 0; i < 4; i++, p += 8)
			lane[i] = xxh_rol64(lane[i] + xxh_le64(p) * p2, 31) *
				p1;
	}
	if (len >= 32) {
		h = xxh_rol64(lane[0], 1) + xxh_rol64(lane[1], 7) +
			xxh_rol64(lane[2], 12) + xxh_rol64(lane[3], 18);
		for (i = 0; i < 4; i++) {
			h ^= xxh_rol64(lane[i] * p2, 31) * p1;
			h = h * p1 + p4;
		}
	}
	h += len;
	for (; left >= 8; left -= 8, p += 8) {
		h ^= xxh_rol64(xxh_le64(p) * p2, 31) * p1;
		h = xxh_rol64(h, 27) * p1 + p4;
	}
	if (left >= 4) {
		h ^= xxh_le32(p) * p1;
		h = xxh_rol64(h, 23) * p2 + p3;
		left -= 4;
		p += 4;
	}
	for (; left; left--, p++)
		h = xxh_rol64(h ^ *p * p5, 11) * p1;
	h = (h ^ h >> 33) * p2;
	h = (h ^ h >> 29) * p3;
	return h ^ h >> 32;
}

#endif /* SELFTEST_XXH_H */
