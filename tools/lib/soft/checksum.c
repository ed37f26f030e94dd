// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * checksum.c - the checksums that a request may ask for
 *
 * XXH32 and XXH64 with seed 0, as xxHash's specification has them, and zlib's
 * CRC-32.
 */
#include <string.h>

#include "soft/soft.h"

#define P32_1	0x9e3779b1U
#define P32_2	0x85ebca77U
#define P32_3	0xc2b2ae3dU
#define P32_4	0x27d4eb2fU
#define P32_5	0x165667b1U

#define P64_1	0x9e3779b185ebca87ULL
#define P64_2	0xc2b2ae3d27d4eb4fULL
#define P64_3	0x165667b19e3779f9ULL
#define P64_4	0x85ebca77c2b2ae63ULL
#define P64_5	0x27d4eb2f165667c5ULL

static const char *const symbols[] = { "crc32", NULL };

/* No codec, but a library with a function all the same. */
const struct soft_ops flipq_soft_crc32 = {
	.soname = "libz.so.1",
	.symbols = symbols,
};

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t get64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t rol32(uint32_t v, unsigned int by)
{
	return v << by | v >> (32 - by);
}

static uint64_t rol64(uint64_t v, unsigned int by)
{
	return v << by | v >> (64 - by);
}

uint32_t flipq_xxh32(const void *data, size_t len)
{
	const unsigned char *p = data;
	const unsigned char *end = p + len;
	uint32_t lane[4] = { P32_1 + P32_2, P32_2, 0, 0 - P32_1 };
	uint32_t h = P32_5;
	unsigned int i;

	if (len >= 16) {
		for (; end - p >= 16; p += 16)
			for (i = 0; i < 4; i++)
				lane[i] = rol32(lane[i] + get32(p + 4 * i) *
						P32_2, 13) * P32_1;
		h = rol32(lane[0], 1) + rol32(lane[1], 7) + rol32(lane[2], 12) +
		    rol32(lane[3], 18);
	}
	h += (uint32_t)len;
	for (; end - p >= 4; p += 4)
		h = rol32(h + get32(p) * P32_3, 17) * P32_4;
	for (; p < end; p++)
		h = rol32(h + *p * P32_5, 11) * P32_1;
	h = (h ^ h >> 15) * P32_2;
	h = (h ^ h >> 13) * P32_3;
	return h ^ h >> 16;
}

static uint64_t round64(uint64_t lane, uint64_t input)
{
	return rol64(lane + input * P64_2, 31) * P64_1;
}

uint64_t flipq_xxh64(const void *data, size_t len)
{
	const unsigned char *p = data;
	const unsigned char *end = p + len;
	uint64_t lane[4] = { P64_1 + P64_2, P64_2, 0, 0 - P64_1 };
	uint64_t h = P64_5;
	unsigned int i;

	if (len >= 32) {
		for (; end - p >= 32; p += 32)
			for (i = 0; i < 4; i++)
				lane[i] = round64(lane[i], get64(p + 8 * i));
		h = rol64(lane[0], 1) + rol64(lane[1], 7) + rol64(lane[2], 12) +
		    rol64(lane[3], 18);
		for (i = 0; i < 4; i++)
			h = (h ^ round64(0, lane[i])) * P64_1 + P64_4;
	}
	h += len;
	for (; end - p >= 8; p += 8)
		h = rol64(h ^ round64(0, get64(p)), 27) * P64_1 + P64_4;
	if (end - p >= 4) {
		h = rol64(h ^ get32(p) * P64_1, 23) * P64_2 + P64_3;
		p += 4;
	}
	for (; p < end; p++)
		h = rol64(h ^ *p * P64_5, 11) * P64_1;
	h = (h ^ h >> 33) * P64_2;
	h = (h ^ h >> 29) * P64_3;
	return h ^ h >> 32;
}

/* CRC-32 takes zlib. */
bool flipq_soft_can_sum(const struct soft *s, uint32_t kind)
{
	return kind != FLIPQ_CSUM_CRC32 || s->zlib.there;
}

uint64_t flipq_soft_sum(const struct soft *s, uint32_t kind, const void *data,
			uint32_t len)
{
	unsigned long (*crc)(unsigned long crc, const void *data,
			     unsigned int len);

	switch (kind) {
	case FLIPQ_CSUM_XXH32:
		return flipq_xxh32(data, len);
	case FLIPQ_CSUM_XXH64:
		return flipq_xxh64(data, len);
	case FLIPQ_CSUM_CRC32:
		memcpy(&crc, &s->zlib.calls[0], sizeof(crc));
		return crc(0, data, len);
	default:
		return 0;
	}
}
