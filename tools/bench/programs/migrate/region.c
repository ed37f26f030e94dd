// SPDX-License-Identifier: GPL-2.0-only
/*
 * region.c - the memory that migrates: loading, writing, finding dirty pages
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/image.h"
#include "region.h"

static int alloc_region(struct region *r, uint64_t nr)
{
	r->nr = nr;
	r->words = (nr + 63) / 64;
	r->pages = aligned_alloc(PAGE_BYTES, nr * PAGE_BYTES);
	r->origin = aligned_alloc(PAGE_BYTES, nr * PAGE_BYTES);
	r->dirty = calloc(r->words, sizeof(*r->dirty));
	if (r->pages && r->origin && r->dirty)
		return 0;
	fprintf(stderr, "%s: no memory for %llu pages twice\n",
		program_invocation_short_name,
		(unsigned long long)nr);
	return -1;
}

static int load_image(struct region *r, const char *path, uint64_t skip)
{
	struct image image;
	int ret = -1;

	if (image_open(&image, path))
		return -1;
	if (image.pages < skip || image.pages - skip < r->nr)
		fprintf(stderr,
			"%s: %s: has %llu pages, expected %llu after the first %llu\n",
			program_invocation_short_name, path,
			(unsigned long long)image.pages,
			(unsigned long long)r->nr, (unsigned long long)skip);
	else
		ret = image_read(&image, r->origin, skip, r->nr);
	image_close(&image);
	return ret;
}

/*
 * @nr pages: those of the file @image after its first @skip, or, without one,
 * made up of filled pages, random ones and such as compress.
 */
int region_load(struct region *r, uint64_t nr, const char *image,
		uint64_t skip, uint64_t seed)
{
	if (alloc_region(r, nr))
		return -1;
	if (image)
		return load_image(r, image, skip);
	pages_make_up(r->origin, r->nr, seed);
	return 0;
}

/* Back to the start: all pages as they were, and all of them to be sent. */
void region_restore(struct region *r)
{
	uint64_t w;

	memcpy(r->pages, r->origin, r->nr * PAGE_BYTES);
	for (w = 0; w < r->words; w++)
		atomic_store(&r->dirty[w], ~0ULL);
	if (r->nr % 64)
		atomic_store(&r->dirty[r->words - 1],
			     (1ULL << r->nr % 64) - 1);
}

/*
 * Write a word of a page, then say that it is dirty: whoever cleared the bit in
 * between sends the page again, and whoever clears it after sees the word. Only
 * few places of a page are written, so that pages stay as compressible as they
 * are.
 */
void region_write(struct region *r, uint64_t random)
{
	uint64_t n = random % r->nr;
	atomic_ulong *word = (atomic_ulong *)
		(region_page(r, n) + (random >> 60) * 256);

	atomic_store_explicit(word, random, memory_order_relaxed);
	atomic_fetch_or(&r->dirty[n / 64], 1ULL << n % 64);
}

/* Move the dirty bits to @pending. Return: how many pages were dirty. */
uint64_t region_sync(struct region *r, uint64_t *pending)
{
	uint64_t w, dirty, found = 0;

	for (w = 0; w < r->words; w++) {
		if (!atomic_load_explicit(&r->dirty[w], memory_order_relaxed))
			continue;
		dirty = atomic_exchange(&r->dirty[w], 0);
		found += (uint64_t)__builtin_popcountll(dirty);
		pending[w] |= dirty;
	}
	return found;
}

void region_free(struct region *r)
{
	free(r->pages);
	free(r->origin);
	free(r->dirty);
}
