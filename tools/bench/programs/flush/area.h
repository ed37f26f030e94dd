/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * area.h - what is flushed: pages, where they go, and which are dirty
 */
#ifndef FLUSH_AREA_H
#define FLUSH_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/page.h"

/**
 * enum spread - where the dirty pages are
 * @SPREAD_EVENLY: anywhere, drawn at random
 * @SPREAD_FIRST: side by side, from the first page on
 * @SPREAD_LAST: side by side, up to the last page
 * @SPREADS: how many there are
 */
enum spread { SPREAD_EVENLY, SPREAD_FIRST, SPREAD_LAST, SPREADS };

/**
 * struct area - pages, and their copies
 * @nr: pages
 * @words: of the bitmap
 * @dirty: dirty pages
 * @src: pages
 * @dst: where they are copied to
 * @bitmap: bit N % 64 of word N / 64: page N is dirty
 * @pattern: the bitmap before a flush
 */
struct area {
	uint64_t nr;
	uint64_t words;
	uint64_t dirty;
	uint8_t *src;
	uint8_t *dst;
	uint64_t *bitmap;
	uint64_t *pattern;
};

size_t area_bytes(uint64_t nr);
int area_open(struct area *a, void *memory, uint64_t nr, uint64_t seed);
void area_close(struct area *a);
void area_spread(struct area *a, enum spread how, uint64_t dirty,
		 uint64_t seed);
void area_reset(struct area *a);
bool area_verify(const struct area *a, uint64_t pages);

#endif /* FLUSH_AREA_H */
