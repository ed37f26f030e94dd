/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xxh32.h - the checksum of LZ4 frames, piecewise
 */
#ifndef XXH32_H
#define XXH32_H

#include <stddef.h>
#include <stdint.h>

struct xxh32 {
	uint32_t lane[4];
	uint64_t total;
	uint8_t rest[16];
	size_t nr_rest;
};

void xxh32_init(struct xxh32 *x);
void xxh32_update(struct xxh32 *x, const void *data, size_t len);
uint32_t xxh32_digest(const struct xxh32 *x);

/* Over one piece, seed 0. */
uint32_t xxh32(const void *data, size_t len);

#endif /* XXH32_H */
