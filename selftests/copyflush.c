// SPDX-License-Identifier: GPL-2.0-only
/*
 * copyflush - COPY between all places, and FLUSH of the dirty pages of a range,
 * which must be what a slow loop in user space makes of the same bitmap
 */
#define _GNU_SOURCE
#include "data.h"
#include "own.h"
#include "refusal.h"

/* That a FLUSH copies; those that memory is mapped by may be larger. */
#define PAGE 4096U
#define LEN 16384U
#define SLOTS 2

/* In the arena: sources, destinations, and the bitmap. */
#define FLUSHED FLIPQ_MAX_FLUSH
#define DST ((u64)FLUSHED)
#define BITMAP (2 * DST)
#define WORDS (FLUSHED / FLIPQ_MIN_PAGE_SIZE / 64)
/* With the bitmap in whole pages, however large these are. */
#define ARENA (BITMAP + 65536)

#define IN_ARENA (FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA)
#define OF_USER (FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER)

/* Partition 0 has a worker; 1 is ours. */
FIXTURE(copyflush) {
	struct rawq q;
	u8 *user;
	u64 *expected;
};

static u8 *pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

FIXTURE_SETUP(copyflush)
{
	struct flipq_setup s = own_setup(SLOTS, 1, 1, LEN);

	DEVICE_OR_SKIP(return);
	s.arena_size = ARENA;
	ASSERT_EQ(0, raw_open(&self->q, &s));
	self->user = pages(ARENA + page_size());
	self->expected = malloc(WORDS * 8);
	ASSERT_TRUE(self->user && self->expected);
}

FIXTURE_TEARDOWN(copyflush)
{
	raw_close(&self->q);
	munmap(self->user, ARENA + page_size());
	free(self->expected);
}

/* Where a source of kind @where (FLIPQ_REQ_SRC_*) at @at is for us. */
static u8 *source(const struct rawq *q, u8 *user, unsigned int p,
		  u32 where, u32 at)
{
	if (where == FLIPQ_REQ_SRC_SLOT)
		return raw_in(q, p, 0) + at;
	return where == FLIPQ_REQ_SRC_ARENA ? q->arena + at : user + at;
}

static const u8 *destination(const struct rawq *q, const u8 *user,
			     unsigned int p, u32 where, u64 at)
{
	if (where == FLIPQ_REQ_DST_SLOT)
		return raw_out(q, p, 0) + at;
	return where == FLIPQ_REQ_DST_ARENA ? q->arena + DST + at :
					      user + DST + at;
}

static void copy_all(struct __test_metadata *_metadata, struct rawq *q,
		     u8 *user, unsigned int p, u32 from, u32 to)
{
	static const u32 lens[] = { 0, 1, 7, 64, 4095, 4097, LEN - 5 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		const u32 len = lens[i], at = 5;
		u8 *src = source(q, user, p, from, at);
		const u8 *dst = destination(q, user, p, to, at);
		struct flipq_desc d = {
			.opcode = FLIPQ_OP_COPY, .flags = from | to,
			.src_len = len, .dst_len = len, .src = at, .dst = at,
		};
		struct flipq_result r;
		u8 before = dst[-1], after = dst[len];

		data_random(src, len, len + from + to);
		if (from == FLIPQ_REQ_SRC_USER)
			d.src = (uintptr_t)src;
		if (to == FLIPQ_REQ_DST_USER)
			d.dst = (uintptr_t)dst;
		if (to == FLIPQ_REQ_DST_ARENA)
			d.dst += DST;
		ASSERT_EQ(0, own_run(q, p, &d, &r));
		EXPECT_EQ(0, r.status);
		EXPECT_EQ(len, r.len);
		EXPECT_EQ(0, r.flags | r.reserved | r.csum | r.own);
		EXPECT_EQ(-1, data_differ(src, dst, len))
			TH_LOG("%u bytes, places %#x", len, from | to);
		EXPECT_EQ(before, dst[-1]);
		if (len + at < LEN)
			EXPECT_EQ(after, dst[len]);
	}
}

TEST_F(copyflush, copy_places)
{
	u32 i, from, to;

	for (i = 0; i < 9; i++) {
		from = FLIPQ_REQ_KINDS(i % 3, 0, 0);
		to = FLIPQ_REQ_KINDS(0, i / 3, 0);
		copy_all(_metadata, &self->q, self->user, 1, from, to);
		if (from == FLIPQ_REQ_SRC_USER || to == FLIPQ_REQ_DST_USER)
			continue;
		copy_all(_metadata, &self->q, self->user, 0, from, to);
	}
}

/* As memmove() does it, forwards and backwards. */
TEST_F(copyflush, copy_overlapping)
{
	static const int shifts[] = { 1, 64, 4096, 10000, -1, -64, -10000 };
	struct rawq *q = &self->q;
	u8 *mem, *model = malloc(4 * LEN);
	size_t i, k;

	ASSERT_NE(NULL, model);
	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		for (k = 0; k < 3; k++) {
			unsigned int p = k > 0;
			u32 to = (u32)((int)LEN + shifts[i]);
			struct flipq_desc d = {
				.opcode = FLIPQ_OP_COPY, .flags = IN_ARENA,
				.src_len = LEN, .dst_len = LEN,
				.src = LEN, .dst = to,
			};

			mem = k == 2 ? self->user : q->arena;
			if (k == 2) {
				d.flags = OF_USER;
				d.src += (uintptr_t)mem;
				d.dst += (uintptr_t)mem;
			}
			data_random(mem, 4 * LEN, i);
			memcpy(model, mem, 4 * LEN);
			memmove(model + to, model + LEN, LEN);
			ASSERT_EQ(0, own_status(q, p, &d));
			EXPECT_EQ(-1, data_differ(model, mem, 4 * LEN))
				TH_LOG("by %d, way %zu", shifts[i], k);
		}
	}
	free(model);
}

#define DESC(member, number) \
	CHANGE((*(struct flipq_desc *)NULL).member, number)

TEST_F(copyflush, copy_refused)
{
	static const struct refusal asked[] = {
		{ "a destination too short", -EINVAL, { DESC(dst_len, 63) } },
		{ "a codec", -EINVAL, { DESC(codec, 1) } },
		{ "fill detection", -EINVAL,
		  { DESC(flags, IN_ARENA | FLIPQ_REQ_DETECT_FILL) } },
		{ "a checksum", -EINVAL,
		  { DESC(flags, IN_ARENA | FLIPQ_REQ_CSUM_XXH32) } },
		{ "a bitmap", -EINVAL, { DESC(flush.bitmap, 8) } },
		{ "a first page", -EINVAL, { DESC(flush.first, 1) } },
		{ "pages", -EINVAL, { DESC(flush.count, 1) } },
		{ "reserved", -EINVAL, { DESC(flush.reserved, 1) } },
		{ "a reserved source", -EINVAL,
		  { DESC(flags, IN_ARENA | FLIPQ_REQ_SRC_MASK) } },
		{ "more than a request may have", -EINVAL,
		  { DESC(src_len, LEN + 1) } },
		{ "nothing", 0, { } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asked) * 2; i++) {
		struct flipq_desc d = { .opcode = FLIPQ_OP_COPY,
					.flags = IN_ARENA, .src_len = 64,
					.dst_len = 64, .dst = 4096 };

		refusal_make(&asked[i / 2], &d);
		EXPECT_EQ(asked[i / 2].error, own_status(&self->q, i % 2, &d))
			TH_LOG("%s", asked[i / 2].what);
	}
}

/* A FLUSH of memory at @mem, which is the arena where @flags say so. */
static struct flipq_desc flush_of(const u8 *mem, u32 flags, u32 page,
				  u64 first, u32 count)
{
	u64 base = flags == IN_ARENA ? 0 : (uintptr_t)mem;

	return (struct flipq_desc){
		.opcode = FLIPQ_OP_FLUSH, .flags = flags, .src_len = page,
		.src = base, .dst = base + DST, .flush.bitmap = base + BITMAP,
		.flush.first = first, .flush.count = count,
	};
}

static u64 *bitmap_of(u8 *mem)
{
	return (u64 *)(void *)(mem + BITMAP);
}

static bool dirty(const u64 *bitmap, u64 page)
{
	return bitmap[page / 64] >> page % 64 & 1;
}

static u32 words_of(u64 first, u32 count)
{
	return count ? (u32)((first + count - 1) / 64 - first / 64 + 1) : 0;
}

/* Source pages that tell their number, none of which is at its destination. */
static void flush_prepare(u8 *mem, u32 page, u64 pages_nr)
{
	u64 i;

	for (i = 0; i < pages_nr; i++) {
		memset(mem + i * page, (int)(i % 251) + 1, page);
		mem[i * page + page - 1] = (u8)(i >> 8);
	}
	memset(mem + DST, 0xee, pages_nr * page);
}

static bool page_is(const u8 *mem, u64 i, u32 page, bool copied)
{
	const u8 *at = mem + DST + i * page;
	u32 k;

	if (copied)
		return !memcmp(at, mem + i * page, page);
	for (k = 0; k < page; k++)
		if (at[k] != 0xee)
			return false;
	return true;
}

/* Flush a range of a bitmap that is set already, of @all pages. */
static void flush_and_compare(struct __test_metadata *_metadata,
			      struct rawq *q, unsigned int p, u8 *mem,
			      u64 *before, const struct flipq_desc *d, u64 all)
{
	u64 *bitmap = bitmap_of(mem), i, copied = 0, wrong = 0;
	struct flipq_result r;

	memcpy(before, bitmap, (all + 63) / 64 * 8);
	flush_prepare(mem, d->src_len, all);
	ASSERT_EQ(0, own_run(q, p, d, &r));
	for (i = 0; i < all; i++) {
		bool inside = i >= d->flush.first &&
			      i < d->flush.first + d->flush.count;
		bool copy = inside && dirty(before, i);

		copied += copy;
		wrong += !page_is(mem, i, d->src_len, copy);
		wrong += dirty(bitmap, i) != (!inside && dirty(before, i));
	}
	EXPECT_EQ(0, wrong)
		TH_LOG("pages %llu to %llu of %u", d->flush.first,
		       d->flush.first + d->flush.count, d->src_len);
	EXPECT_EQ(0, r.status);
	EXPECT_EQ(copied, r.flush.pages);
	EXPECT_EQ(copied * d->src_len, r.len);
	EXPECT_EQ(words_of(d->flush.first, d->flush.count), r.flush.words)
		TH_LOG("pages %llu, %u", d->flush.first, d->flush.count);
	EXPECT_EQ(0, r.flags | r.csum);
}

/* The worker in the arena, or our own thread in its memory. */
static void flush_case(struct __test_metadata *_metadata, struct rawq *q,
		       u8 *user, u64 *before, unsigned int p, u32 page,
		       u64 first, u32 count, int density)
{
	u8 *mem = p ? user : q->arena;
	struct flipq_desc d = flush_of(mem, p ? OF_USER : IN_ARENA, page,
				       first, count);
	u64 all = FLUSHED / page < 512 ? FLUSHED / page : 512;
	u64 *bitmap = bitmap_of(mem), random = first + count + page, i;

	for (i = 0; i < (all + 63) / 64; i++)
		bitmap[i] = !density ? 0 : density == 3 ? ~0ULL :
			    density == 2 ? rnd(&random) :
			    rnd(&random) & rnd(&random) & rnd(&random);
	flush_and_compare(_metadata, q, p, mem, before, &d, all);
}

TEST_F(copyflush, flush_edges)
{
	static const struct {
		u64 first;
		u32 count;
	} edges[] = {
		{ 0, 0 }, { 0, 1 }, { 63, 1 }, { 64, 1 }, { 63, 2 }, { 1, 63 },
		{ 0, 64 }, { 64, 64 }, { 1, 64 }, { 0, 65 }, { 0, 128 },
		{ 5, 130 }, { 127, 1 }, { 127, 2 }, { 62, 4 }, { 10, 20 },
		{ 100, 0 }, { 0, 512 }, { 511, 1 }, { 65, 383 },
	};
	unsigned int i, p;
	int density;

	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (density = 0; density < 4; density++)
			for (p = 0; p < 2; p++)
				flush_case(_metadata, &self->q, self->user,
					   self->expected, p, 64,
					   edges[i].first, edges[i].count,
					   density);
}

TEST_F(copyflush, flush_page_sizes)
{
	u64 random = 11;
	unsigned int p;
	u32 page;
	int i;

	for (page = 64; page <= 65536; page *= 2) {
		u32 all = FLUSHED / page < 512 ? FLUSHED / page : 512;

		for (i = 0; i < 4; i++) {
			u32 first = rnd_below(&random, all);
			u32 count = rnd_below(&random, all - first) + 1;

			for (p = 0; p < 2; p++)
				flush_case(_metadata, &self->q, self->user,
					   self->expected, p, page, first,
					   count, 1 + i % 3);
		}
	}
}

TEST_F(copyflush, flush_limits)
{
	const struct flipq_desc good = flush_of(NULL, IN_ARENA, PAGE, 0, 64);
	const struct {
		struct flipq_desc d;
		int status;
	} asked[] = {
		{ good, 0 },
		{ flush_of(NULL, IN_ARENA, PAGE, 0, FLUSHED / PAGE), 0 },
		{ flush_of(NULL, IN_ARENA, PAGE, 0, FLUSHED / PAGE + 1),
		  -EINVAL },
		{ flush_of(NULL, IN_ARENA, 64, 0, FLUSHED / 64), 0 },
		{ flush_of(NULL, IN_ARENA, 64, 0, ~0U), -EINVAL },
		{ flush_of(NULL, IN_ARENA, FLUSHED, 0, 1), 0 },
		{ flush_of(NULL, IN_ARENA, FLUSHED, 0, 2), -EINVAL },
		{ flush_of(NULL, IN_ARENA, 2 * FLUSHED, 0, 0), -EINVAL },
		{ flush_of(NULL, IN_ARENA, 0, 0, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA, 32, 0, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA, 96, 0, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA, 1U << 31, 0, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA, PAGE, ~0ULL, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA, PAGE, 1ULL << 52, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA, PAGE, 1ULL << 40, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA, PAGE, 1ULL << 63, 0), -EINVAL },
		{ flush_of(NULL, OF_USER, PAGE, ~0ULL, 1), -EINVAL },
		{ flush_of(NULL, 0, PAGE, 0, 1), -EINVAL },
		{ flush_of(NULL, FLIPQ_REQ_SRC_ARENA, PAGE, 0, 1), -EINVAL },
		{ flush_of(NULL, FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_USER,
			   PAGE, 0, 1), -EINVAL },
		{ flush_of(NULL, IN_ARENA | FLIPQ_REQ_DETECT_FILL, PAGE, 0, 1),
		  -EINVAL },
		{ flush_of(NULL, FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK,
			   PAGE, 0, 1), -EINVAL },
	};
	unsigned int i, p;

	for (i = 0; i < ARRAY_SIZE(asked) * 2; i++) {
		const struct flipq_desc *d = &asked[i / 2].d;

		p = i % 2;
		/* Which addresses are allowed where comes before the rest. */
		if (d->flags == OF_USER && !p)
			continue;
		EXPECT_EQ(asked[i / 2].status, own_status(&self->q, p, d))
			TH_LOG("number %u", i / 2);
	}
	for (i = 1; i < 8; i++) {
		struct flipq_desc d = good;

		d.flush.bitmap += i;
		EXPECT_EQ(-EINVAL, own_status(&self->q, 0, &d));
		d.flags = OF_USER;
		EXPECT_EQ(-EINVAL, own_status(&self->q, 1, &d));
	}
}

TEST_F(copyflush, flush_reserved)
{
	struct flipq_desc d = flush_of(NULL, IN_ARENA, PAGE, 0, 1);

	EXPECT_EQ(0, own_status(&self->q, 0, &d));
	d.flush.reserved = 1;
	EXPECT_EQ(-EINVAL, own_status(&self->q, 0, &d));
}

/* Each of the three ranges may end where the arena does, and not after. */
TEST_F(copyflush, flush_ranges)
{
	const struct flipq_desc good = flush_of(NULL, IN_ARENA, PAGE, 0, 65);
	const u64 bytes = 65 * PAGE;
	u64 *words = bitmap_of(self->q.arena);
	const struct {
		u64 src, dst, bitmap;
		int status;
	} asked[] = {
		{ ARENA - bytes, 0, BITMAP, 0 },
		{ ARENA - bytes + 1, 0, BITMAP, -EINVAL },
		{ 0, ARENA - bytes, BITMAP, 0 },
		{ 0, ARENA - bytes + 1, BITMAP, -EINVAL },
		{ 0, DST, ARENA - 16, 0 },
		{ 0, DST, ARENA - 8, -EINVAL },
		{ ~0ULL, DST, BITMAP, -EINVAL },
		{ 0, ~0ULL - bytes, BITMAP, -EINVAL },
		{ 0, DST, ~0ULL << 3, -EINVAL },
		{ 0, DST, 1ULL << 63, -EINVAL },
	};
	unsigned int i;

	memset(words, 0, WORDS * 8);
	for (i = 0; i < ARRAY_SIZE(asked) * 2; i++) {
		struct flipq_desc d = good;

		d.src = asked[i / 2].src;
		d.dst = asked[i / 2].dst;
		d.flush.bitmap = asked[i / 2].bitmap;
		EXPECT_EQ(asked[i / 2].status, own_status(&self->q, i % 2, &d))
			TH_LOG("number %u", i / 2);
	}
}

TEST_F(copyflush, flush_of_user_memory_by_a_worker)
{
	struct flipq_desc d = flush_of(self->user, OF_USER, PAGE, 0, 8);

	EXPECT_EQ(-EOPNOTSUPP, own_status(&self->q, 0, &d));
	EXPECT_EQ(0, own_status(&self->q, 1, &d));
}

/*
 * All 256 pages are dirty, and number @at, which begins where memory's own
 * pages do, cannot be touched, as source or @side further: those before it are
 * copied, and it and those after it are as dirty as before.
 */
static void flush_with_hole(struct __test_metadata *_metadata, struct rawq *q,
			    u8 *user, u64 at, u64 side)
{
	u8 *mem = user + (0 - at * PAGE) % page_size();
	u8 *hole = mem + side + at * PAGE;
	struct flipq_desc d = flush_of(mem, OF_USER, PAGE, 3, 200);
	u64 *bitmap = bitmap_of(mem), i, wrong = 0, done = at - 3;
	struct flipq_result r;

	flush_prepare(mem, PAGE, 256);
	memset(bitmap, 0xff, 256 / 8);
	ASSERT_EQ(0, mprotect(hole, page_size(), PROT_NONE));
	ASSERT_EQ(0, own_run(q, 1, &d, &r));
	ASSERT_EQ(0, mprotect(hole, page_size(), PROT_READ | PROT_WRITE));
	EXPECT_EQ(-EFAULT, r.status);
	EXPECT_EQ(done, r.flush.pages);
	EXPECT_EQ(done * PAGE, r.len);
	EXPECT_EQ(words_of(3, (u32)done + 1), r.flush.words);
	for (i = 0; i < 256; i++) {
		bool copied = i >= 3 && i < 3 + done;

		wrong += dirty(bitmap, i) == copied;
		wrong += !page_is(mem, i, PAGE, copied);
	}
	EXPECT_EQ(0, wrong) TH_LOG("hole at page %llu + %#llx", at, side);

	/* What remains is done by the next one. */
	ASSERT_EQ(0, own_run(q, 1, &d, &r));
	EXPECT_EQ(0, r.status);
	EXPECT_EQ(200 - done, r.flush.pages);
}

/* Does this kernel copy from what the program may not read? */
static bool closed_is_read(u8 *mem)
{
	bool is_read = false;
	int ends[2];

	if (pipe(ends))
		return false;
	/* a page that is not there could not be read in any case */
	*mem = 1;
	if (!mprotect(mem, page_size(), PROT_NONE)) {
		is_read = write(ends[1], mem, 1) == 1;
		mprotect(mem, page_size(), PROT_READ | PROT_WRITE);
	}
	close(ends[0]);
	close(ends[1]);
	return is_read;
}

TEST_F(copyflush, flush_with_a_hole)
{
	static const u64 at[] = { 3, 4, 63, 64, 65, 100, 128, 202 };
	size_t i;

	if (closed_is_read(self->user))
		SKIP(return, "this kernel copies from what may not be read");
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		flush_with_hole(_metadata, &self->q, self->user, at[i], 0);
		flush_with_hole(_metadata, &self->q, self->user, at[i], DST);
	}
}

/* The second word of the bitmap is not there, or may not be written. */
TEST_F(copyflush, flush_with_a_bad_bitmap)
{
	struct flipq_desc d = flush_of(self->user, OF_USER, 64, 0, 128);
	const size_t page = page_size();
	u8 *map = pages(2 * page);
	struct flipq_result r;
	u64 *word;

	ASSERT_NE(NULL, map);
	word = (u64 *)(void *)(map + page - 8);
	*word = ~0ULL;
	d.flush.bitmap = (uintptr_t)word;
	flush_prepare(self->user, 64, 128);
	ASSERT_EQ(0, mprotect(map + page, page, PROT_NONE));
	ASSERT_EQ(0, own_run(&self->q, 1, &d, &r));
	EXPECT_EQ(-EFAULT, r.status);
	EXPECT_EQ(1, r.flush.words);
	EXPECT_EQ(64, r.flush.pages);
	EXPECT_EQ(64 * 64, r.len);
	EXPECT_EQ(0, *word);

	*word = 5;
	ASSERT_EQ(0, mprotect(map, page, PROT_READ));
	d.flush.count = 64;
	EXPECT_EQ(-EFAULT, own_status(&self->q, 1, &d));
	EXPECT_EQ(5, *word);
	munmap(map, 2 * page);
}

/* No request of such a queue has input, but FLUSH needs none. */
TEST_F(copyflush, queue_without_buffers)
{
	struct flipq_setup s = own_setup(1, 0, 1, 0);
	struct rawq q;
	u32 page;

	ASSERT_EQ(0, raw_open(&q, &s));
	for (page = 64; page <= 65536; page *= 4) {
		struct flipq_desc d = flush_of(self->user, OF_USER, page, 0,
					       16);

		memset(bitmap_of(self->user), 0xff, 8);
		flush_and_compare(_metadata, &q, 0, self->user, self->expected,
				  &d, 16);
	}
	raw_close(&q);
}

TEST_HARNESS_MAIN
