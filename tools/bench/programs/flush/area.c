// SPDX-License-Identifier: GPL-2.0-only
/*
 * area.c - what is flushed: made dirty, and compared afterwards
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "area.h"
#include "core/machine.h"
#include "core/random.h"

/* What the destination is full of before a flush. */
#define OLD	0xa5

static uint64_t words_of(uint64_t nr)
{
	return (nr + 63) / 64;
}

static uint8_t *page_of(uint8_t *pages, uint64_t n)
{
	return pages + n * PAGE_BYTES;
}

static bool is_set(const uint64_t *bitmap, uint64_t n)
{
	return bitmap[n / 64] >> n % 64 & 1;
}

/* Memory for @nr pages, their copies and the bitmap, in whole pages. */
size_t area_bytes(uint64_t nr)
{
	return machine_pages(2 * nr * PAGE_BYTES +
			     words_of(nr) * sizeof(uint64_t));
}

/* Use @memory, which has area_bytes(). Return: 0, or -1 without memory. */
int area_open(struct area *a, void *memory, uint64_t nr, uint64_t seed)
{
	uint64_t *word = memory;
	uint64_t i;

	a->nr = nr;
	a->words = words_of(nr);
	a->src = memory;
	a->dst = page_of(a->src, nr);
	a->bitmap = (uint64_t *)(void *)page_of(a->dst, nr);
	a->pattern = calloc(a->words, sizeof(*a->pattern));
	if (!a->pattern)
		return -1;
	for (i = 0; i < nr * PAGE_BYTES / sizeof(*word); i++)
		word[i] = random_next(&seed);
	return 0;
}

void area_close(struct area *a)
{
	free(a->pattern);
	a->pattern = NULL;
}

/* Choose which @dirty pages are dirty from the next area_reset() on. */
void area_spread(struct area *a, enum spread how, uint64_t dirty,
		 uint64_t seed)
{
	uint64_t n = how == SPREAD_LAST ? a->nr - dirty : 0;
	uint64_t left;

	a->dirty = dirty;
	memset(a->pattern, 0, a->words * sizeof(*a->pattern));
	for (left = dirty; left; n++) {
		/* so that each choice of @left of the rest is as likely */
		if (how == SPREAD_EVENLY &&
		    random_next(&seed) % (a->nr - n) >= left)
			continue;
		a->pattern[n / 64] |= 1ULL << n % 64;
		left--;
	}
}

void area_reset(struct area *a)
{
	memset(a->dst, OLD, a->nr * PAGE_BYTES);
	memcpy(a->bitmap, a->pattern, a->words * sizeof(*a->bitmap));
}

static bool is_old(const uint8_t *page)
{
	return *page == OLD && !memcmp(page, page + 1, PAGE_BYTES - 1);
}

/*
 * Was what was dirty copied, and nothing else? Is all clean now, and did who
 * flushed count right? Says what is wrong.
 */
bool area_verify(const struct area *a, uint64_t pages)
{
	uint64_t n;

	for (n = 0; n < a->nr; n++) {
		const uint8_t *dst = page_of(a->dst, n);
		bool right = is_set(a->pattern, n) ?
			!memcmp(page_of(a->src, n), dst, PAGE_BYTES) :
			is_old(dst);

		if (right && !is_set(a->bitmap, n))
			continue;
		fprintf(stderr, "flush: page %llu: %s\n", (unsigned long long)n,
			right ? "still dirty" : "not as it should be");
		return false;
	}
	if (pages == a->dirty)
		return true;
	fprintf(stderr, "flush: %llu pages reported, %llu were dirty\n",
		(unsigned long long)pages, (unsigned long long)a->dirty);
	return false;
}
