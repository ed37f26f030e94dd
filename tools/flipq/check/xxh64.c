// SPDX-License-Identifier: GPL-2.0-only
/*
 * xxh64.c - XXH64 with seed 0, in one piece
 */
#include "bytes.h"
#include "xxh64.h"

#define PRIME1	0x9e3779b185ebca87ULL
#define PRIME2	0xc2b2ae3d27d4eb4fULL
#define PRIME3	0x165667b19e3779f9ULL
#define PRIME4	0x85ebca77c2b2ae63ULL
#define PRIME5	0x27d4eb2f165667c5ULL

static uint64_t rotate(uint64_t v, unsigned int bits)
{
	return v << bits | v >> (64 - bits);
}

static uint64_t mix(uint64_t lane, uint64_t input)
{
	return rotate(lane + input * PRIME2, 31) * PRIME1;
}

static uint64_t join(uint64_t h, uint64_t lane)
{
	return (h ^ mix(0, lane)) * PRIME1 + PRIME4;
}

static uint64_t finish(uint64_t h, const uint8_t *p, size_t len)
{
	for (; len >= 8; p += 8, len -= 8)
		h = rotate(h ^ mix(0, get_le64(p)), 27) * PRIME1 + PRIME4;
	if (len >= 4) {
		h = rotate(h ^ get_le32(p) * PRIME1, 23) * PRIME2 + PRIME3;
		p += 4;
		len -= 4;
	}
	for (; len; p++, len--)
		h = rotate(h ^ *p * PRIME5, 11) * PRIME1;
	h = (h ^ h >> 33) * PRIME2;
	h = (h ^ h >> 29) * PRIME3;
	return h ^ h >> 32;
}

uint64_t xxh64(const void *data, size_t len)
{
	uint64_t a = PRIME1 + PRIME2, b = PRIME2, c = 0, d = 0 - PRIME1;
	const uint8_t *p = data;
	size_t left = len;
	uint64_t h = PRIME5;

	if (len < 32)
		return finish(h + len, p, len);
	for (; left >= 32; left -= 32, p += 32) {
		a = mix(a, get_le64(p));
		b = mix(b, get_le64(p + 8));
		c = mix(c, get_le64(p + 16));
		d = mix(d, get_le64(p + 24));
	}
	h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
	h = join(join(join(join(h, a), b), c), d);
	return finish(h + len, p, left);
}
