/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bytes.h - little-endian numbers at any address, as all three formats use them
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

static inline uint32_t get_le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t get_le24(const uint8_t *p)
{
	return get_le16(p) | (uint32_t)p[2] << 16;
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return get_le16(p) | get_le16(p + 2) << 16;
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

/* The lowest @n bytes of @v. */
static inline uint8_t *put_le(uint8_t *p, uint64_t v, unsigned int n)
{
	while (n--) {
		*p++ = (uint8_t)v;
		v >>= 8;
	}
	return p;
}

#endif /* BYTES_H */
