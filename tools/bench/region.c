// SPDX-License-Identifier: GPL-2.0-only
/*
 * region.c - the memory that migrates: loading, writing, finding dirty pages
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "random.h"
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
	fprintf(stderr, "migrate: no memory for %llu pages twice\n",
		(unsigned long long)nr);
	return -1;
}

static int read_all(int fd, const char *image, uint8_t *to, uint64_t bytes,
		    uint64_t from)
{
	while (bytes) {
		ssize_t n = pread(fd, to, bytes, (off_t)from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fprintf(stderr, "migrate: %s: %s\n", image, n ?
				strerror(errno) : "shorter than it was");
			return -1;
		}
		to += n;
		from += (uint64_t)n;
		bytes -= (uint64_t)n;
	}
	return 0;
}

static int load_image(struct region *r, const char *image, uint64_t skip)
{
	struct stat st;
	uint64_t there;
	int fd, ret = -1;

	fd = open(image, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "migrate: %s: %s\n", image, strerror(errno));
		goto out;
	}
	there = (uint64_t)st.st_size / PAGE_BYTES;
	if (!S_ISREG(st.st_mode))
		fprintf(stderr, "migrate: %s: expected a regular file\n",
			image);
	else if (there < skip || there - skip < r->nr)
		fprintf(stderr,
			"migrate: %s: has %llu pages, expected %llu after the first %llu\n",
			image, (unsigned long long)there,
			(unsigned long long)r->nr, (unsigned long long)skip);
	else
		ret = read_all(fd, image, r->origin, r->nr * PAGE_BYTES,
			       skip * PAGE_BYTES);
out:
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Short words drawn at random repeat as those of programs and texts do. */
static void fill_text(uint8_t *page, uint64_t *random)
{
	static const char words[16][9] = {
		"struct  ", "return  ", "queue   ", "0x000000", "index = ",
		"static  ", "\0\0\0\0\0\0\0\1", "memory  ", "if (page", "while (",
		"\xff\xff\xff\xff\xff\xff\xff\xff", "worker->", "\n\t\t    ",
		"slot[i] ", "\0\0\0\0\0\0\0\0", "request "
	};
	int i;

	for (i = 0; i < PAGE_BYTES; i += 8) {
		uint64_t x = random_next(random);

		if (x >> 61)
			memcpy(page + i, words[x % 16], 8);
		else
			memcpy(page + i, &x, 8);
	}
}

static void synthesise(struct region *r, uint64_t seed)
{
	uint64_t n, x;
	int i;

	for (n = 0; n < r->nr; n++) {
		uint8_t *page = r->origin + n * PAGE_BYTES;
		uint64_t kind = random_next(&seed) % 8;

		switch (kind) {
		case 0:
			memset(page, 0, PAGE_BYTES);
			break;
		case 1:
			for (i = 0; i < PAGE_BYTES; i += 8) {
				x = random_next(&seed);
				memcpy(page + i, &x, 8);
			}
			break;
		default:
			fill_text(page, &seed);
		}
	}
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
	synthesise(r, seed);
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
