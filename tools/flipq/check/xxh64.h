/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xxh64.h - what a worker computes for zstd frames
 */
#ifndef XXH64_H
#define XXH64_H

#include <stddef.h>
#include <stdint.h>

uint64_t xxh64(const void *data, size_t len);

#endif /* XXH64_H */
