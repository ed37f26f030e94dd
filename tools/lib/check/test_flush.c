// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_flush.c - flipq_flush(): how it is divided, and that nothing is missed
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "tap.h"

#define PAGES	2000
#define SIZE	64
#define DST	(PAGES * SIZE)
#define BITMAP	(2 * PAGES * SIZE)

struct memory {
	unsigned char *base;
	unsigned int dirty;
};

static struct flipq *open_queue(struct fake *f, unsigned int shared,
				unsigned int owner, unsigned int slots)
{
	const struct flipq_config c = {
		.slots = slots, .partitions = shared, .owner_partitions = owner,
		.arena_size = 1 << 19,
	};
	struct flipq *q = NULL;

	fake_init(f);
	if (flipq_open_with(&f->sys, &q, &c))
		printf("# open failed\n");
	f->serve_in_wait = true;
	return q;
}

static void close_queue(struct fake *f, struct flipq *q)
{
	flipq_close(q);
	fake_destroy(f);
}

static u64 *bitmap_of(const struct memory *m)
{
	return (u64 *)(void *)(m->base + BITMAP);
}

/* Every @step-th page is dirty, from @from to @to. */
static void make_dirty(struct memory *m, unsigned int from, unsigned int to,
		       unsigned int step)
{
	unsigned int page;

	m->dirty = 0;
	memset(bitmap_of(m), 0, (PAGES + 63) / 64 * 8);
	for (page = 0; page < PAGES; page++) {
		memset(m->base + page * SIZE, (int)(page % 255 + 1), SIZE);
		memset(m->base + DST + page * SIZE, 0, SIZE);
		if (page < from || page >= to || page % step)
			continue;
		bitmap_of(m)[page / 64] |= flip_bit(page % 64);
		m->dirty++;
	}
}

/* Were exactly the dirty pages from @from to @to copied and made clean? */
static bool flushed(const struct memory *m, unsigned int from, unsigned int to,
		    unsigned int step)
{
	unsigned int page;

	for (page = 0; page < PAGES; page++) {
		bool dirty = page >= from && page < to && !(page % step);
		int want = dirty ? (int)(page % 255 + 1) : 0;

		if (m->base[DST + page * SIZE] != want ||
		    m->base[DST + page * SIZE + SIZE - 1] != want ||
		    bitmap_of(m)[page / 64] & flip_bit(page % 64))
			return false;
	}
	return true;
}

static struct flipq_flush whole(enum flipq_flush_mode mode)
{
	const struct flipq_flush flush = {
		.src = 0, .dst = DST, .bitmap = BITMAP, .count = PAGES,
		.page_size = SIZE, .mode = mode,
	};

	return flush;
}

static void test_arena(enum flipq_flush_mode mode)
{
	static const unsigned int slots[] = { 1, 2, 16 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		struct flipq_flush flush = whole(mode);
		struct fake f;
		struct flipq *q = open_queue(&f, 3, 1, slots[i]);
		struct memory m = { .base = flipq_arena(q) };

		make_dirty(&m, 0, PAGES, 3);
		is(flipq_flush(q, &flush), 0, "flushes");
		is(flush.pages, m.dirty, "counts pages");
		is(flush.words, (PAGES + 63) / 64, "counts words");
		ok(flushed(&m, 0, PAGES, 3), "copies what is dirty");
		ok(!f.words_shared, "no two partitions share a word");
		ok(f.flushes[0] && f.flushes[1] && f.flushes[2] &&
		   !f.flushes[3], "on all shared partitions");
		if (mode == FLIPQ_FLUSH_FIXED)
			ok(f.flushes[0] == 1 && f.flushes[1] == 1 &&
			   f.flushes[2] == 1, "one range for each");
		else
			ok(f.flushes[0] + f.flushes[1] + f.flushes[2] > 20,
			   "in many chunks");
		is(flipq_in_flight(q), 0, "nothing is left");
		close_queue(&f, q);
	}
}

/* Ranges that start and end in the midst of a word, and short ones. */
static void test_ranges(enum flipq_flush_mode mode)
{
	static const unsigned int ranges[][2] = {
		{ 5, 6 }, { 63, 65 }, { 64, 128 }, { 0, 1 }, { 1, 1999 },
		{ 127, 300 }, { 100, 100 }, { 1984, 2000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct flipq_flush flush = whole(mode);
		struct fake f;
		struct flipq *q = open_queue(&f, 4, 0, 4);
		struct memory m = { .base = flipq_arena(q) };

		make_dirty(&m, ranges[i][0], ranges[i][1], 1);
		flush.first = ranges[i][0];
		flush.count = ranges[i][1] - ranges[i][0];
		ok(!flipq_flush(q, &flush) && flush.pages == m.dirty &&
		   flushed(&m, ranges[i][0], ranges[i][1], 1) &&
		   !f.words_shared, "flushes just the range");
		close_queue(&f, q);
	}
}

/* The caller chooses the size; and is woken only to hand out or to return. */
static void test_chunk(void)
{
	static const unsigned int chunks[][2] = {
		{ 0, 32 }, { 64, 32 }, { 128, 16 }, { 1920, 2 }, { 6400, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		struct flipq_flush flush = whole(FLIPQ_FLUSH_CHUNKS);
		struct fake f;
		struct flipq *q = open_queue(&f, 2, 0, 64);
		struct memory m = { .base = flipq_arena(q) };

		make_dirty(&m, 0, PAGES, 7);
		flush.chunk = chunks[i][0];
		ok(!flipq_flush(q, &flush) && flushed(&m, 0, PAGES, 7),
		   "chunks of a size");
		is(f.flushes[0] + f.flushes[1], chunks[i][1], "so many");
		is(f.enters, 1, "all handed over at once");
		close_queue(&f, q);
	}
}

/* Pages of which less than 64 fit in a request. */
static void test_large(enum flipq_flush_mode mode)
{
	enum { LARGE = 1 << 20, NR = 150 };
	u64 bitmap[(NR + 63) / 64];
	struct flipq_flush flush = {
		.bitmap = (uintptr_t)bitmap, .count = NR, .page_size = LARGE,
		.where = FLIPQ_IN_USER, .mode = mode,
	};
	unsigned char *memory = malloc(LARGE);
	struct fake f;
	struct flipq *q = open_queue(&f, 1, 2, 8);

	/* one page is dirty, and the only one that there is */
	memset(bitmap, 0, sizeof(bitmap));
	memset(memory, 7, LARGE / 2);
	bitmap[2] = 1;
	flush.src = (uintptr_t)memory - 128ULL * LARGE;
	flush.dst = flush.src;
	is(flipq_flush(q, &flush), 0, "flushes large pages");
	ok(flush.pages == 1 && !bitmap[2], "copies them");
	ok(!f.words_shared, "no two partitions share a word");
	is(f.flushes[0], 0, "not on a shared partition");
	is(f.flushes[1] + f.flushes[2], 16 + 16 + 6, "four pages at a time");
	free(memory);
	close_queue(&f, q);
}

static void test_alone(enum flipq_flush_mode mode)
{
	struct flipq_flush flush = whole(mode);
	struct memory m = { .base = malloc(1 << 19) };
	struct fake f;
	struct flipq *q = open_queue(&f, 0, 3, 16);

	flush.where = FLIPQ_IN_USER;
	flush.src = (uintptr_t)m.base;
	flush.dst = (uintptr_t)m.base + DST;
	flush.bitmap = (uintptr_t)m.base + BITMAP;
	make_dirty(&m, 0, PAGES, 2);
	is(flipq_flush(q, &flush), 0, "the caller serves");
	ok(flush.pages == m.dirty && flushed(&m, 0, PAGES, 2),
	   "and copies what is dirty");
	ok(fake_serves(&f, 0) && fake_serves(&f, 1) && fake_serves(&f, 2),
	   "on each partition");
	free(m.base);
	close_queue(&f, q);
}

static void test_pool(enum flipq_flush_mode mode)
{
	struct flipq_flush flush = whole(mode);
	struct flipq_pool *pool;
	struct fake f;
	struct flipq *q = open_queue(&f, 0, 3, 16);
	struct memory m = { .base = flipq_arena(q) };
	unsigned int i;
	bool good = true;

	fake_start(&f);
	flipq_pool_open(&pool, q, &(struct flipq_pool_config){ .min = 3 });
	for (i = 1; i <= 50 && good; i++) {
		make_dirty(&m, 0, PAGES, i);
		good = !flipq_flush(q, &flush) && flush.pages == m.dirty &&
		       flushed(&m, 0, PAGES, i);
	}
	ok(good, "a pool flushes");
	ok(!f.hung, "and never hangs");
	flipq_pool_close(pool);
	fake_stop(&f);
	close_queue(&f, q);
}

static void test_fault(enum flipq_flush_mode mode)
{
	struct flipq_flush flush = whole(mode);
	struct fake f;
	struct flipq *q = open_queue(&f, 2, 0, 2);
	struct memory m = { .base = flipq_arena(q) };
	unsigned int page, left = 0;

	make_dirty(&m, 0, PAGES, 1);
	f.bad_page = 700;
	is(flipq_flush(q, &flush), -EFAULT, "a fault is reported");
	for (page = 0; page < PAGES; page++)
		left += !!(bitmap_of(&m)[page / 64] & flip_bit(page % 64));
	ok(flush.pages && flush.pages == PAGES - left,
	   "with what was done until then");
	ok(bitmap_of(&m)[10] & flip_bit(60), "the page is still dirty");
	ok(!flipq_in_flight(q), "nothing is left in flight");
	f.bad_page = ~0ULL;
	is(flipq_flush(q, &flush), 0, "the next one does the rest");
	ok(flush.pages == left && flushed(&m, 0, PAGES, 1), "all of it");
	close_queue(&f, q);
}

static void test_bad(void)
{
	struct flipq_flush flush = whole(FLIPQ_FLUSH_CHUNKS);
	struct fake f;
	struct flipq *q = open_queue(&f, 2, 0, 2);
	int slot;

	flush.pages = 5;
	flush.page_size = 63;
	is(flipq_flush(q, &flush), -EINVAL, "a page size of 63");
	is(flush.pages, 0, "says that nothing was done");
	flush.page_size = 96;
	is(flipq_flush(q, &flush), -EINVAL, "a page size of 96");
	flush.page_size = FLIPQ_MAX_FLUSH * 2;
	is(flipq_flush(q, &flush), -EINVAL, "a page size of 8 MiB");
	flush = whole(FLIPQ_FLUSH_CHUNKS);
	flush.bitmap++;
	is(flipq_flush(q, &flush), -EINVAL, "an odd bitmap");
	flush = whole(FLIPQ_FLUSH_CHUNKS);
	flush.first = ~0ULL;
	is(flipq_flush(q, &flush), -EINVAL, "a range past all numbers");
	flush = whole(FLIPQ_FLUSH_CHUNKS);
	flush.chunk = 100;
	is(flipq_flush(q, &flush), -EINVAL, "a chunk of broken words");
	flush = whole((enum flipq_flush_mode)2);
	is(flipq_flush(q, &flush), -EINVAL, "an unknown mode");
	flush = whole(FLIPQ_FLUSH_CHUNKS);
	flush.where = (enum flipq_where)2;
	is(flipq_flush(q, &flush), -EINVAL, "an unknown place");
	flush.where = FLIPQ_IN_USER;
	is(flipq_flush(q, &flush), -EOPNOTSUPP, "no owner-served partition");
	is(f.enters, 0, "no ENTER for any of them");
	flush.where = FLIPQ_IN_ARENA;
	slot = flipq_get(q);
	flipq_prep_nop(q, slot, 0);
	is(flipq_flush(q, &flush), -EBUSY, "something is prepared");
	flipq_submit(q);
	is(flipq_flush(q, &flush), -EBUSY, "something is in flight");
	flipq_abort(q);
	while (flipq_get(q) >= 0)
		;
	is(flipq_flush(q, &flush), -EAGAIN, "no slot is free");
	close_queue(&f, q);
}

int main(void)
{
	static const enum flipq_flush_mode modes[] = {
		FLIPQ_FLUSH_CHUNKS, FLIPQ_FLUSH_FIXED,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		printf("# mode %zu\n", i);
		test_arena(modes[i]);
		test_ranges(modes[i]);
		test_large(modes[i]);
		test_alone(modes[i]);
		test_pool(modes[i]);
		test_fault(modes[i]);
	}
	test_chunk();
	test_bad();
	return tap_end();
}
