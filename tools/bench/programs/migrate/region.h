/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * region.h - the memory that migrates: pages and the bitmap of dirty ones
 */
#ifndef MIGRATE_REGION_H
#define MIGRATE_REGION_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/page.h"

/**
 * struct region - pages of a guest
 * @nr: how many
 * @pages: as they are now
 * @origin: as they were at the start
 * @dirty: bit N % 64 of word N / 64: page N was written since the last sync
 * @words: of @dirty
 */
struct region {
	uint64_t nr;
	uint8_t *pages;
	uint8_t *origin;
	atomic_ulong *dirty;
	uint64_t words;
};

int region_load(struct region *r, uint64_t nr, const char *image,
		uint64_t skip, uint64_t seed);
void region_restore(struct region *r);
void region_write(struct region *r, uint64_t random);
uint64_t region_sync(struct region *r, uint64_t *pending);
void region_free(struct region *r);

static inline uint8_t *region_page(const struct region *r, uint64_t n)
{
	return r->pages + n * PAGE_BYTES;
}

#endif /* MIGRATE_REGION_H */
