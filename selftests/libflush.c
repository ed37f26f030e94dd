// SPDX-License-Identifier: GPL-2.0-only
/*
 * libflush - flipq_flush() on the real device, checked word by word; and what
 * else of the library only a real device can tell: placement and abort
 */
#include "common.h"
#include "data.h"
#include "flipq.h"

#define PAGES	3000U
#define SIZE	512U
#define WORDS	((PAGES + 63) / 64)
#define BYTES	((size_t)PAGES * SIZE)
/*
 * src, dst and bitmap, in this order, in the arena or in memory of ours; whole
 * pages, however large these are
 */
#define MAP	(2 * BYTES)
#define ALL	(((MAP + WORDS * 8) | 65535) + 1)

FIXTURE(flush) {
	struct flipq *q;
	struct flipq_pool *pool;
	struct flipq_flush f;
	u8 *base;
	u64 *map;
	u8 dirty[PAGES];
};

FIXTURE_VARIANT(flush) {
	enum flipq_where where;
	enum flipq_flush_mode mode;
	unsigned int shared;
	unsigned int owner;
	bool pool;
};

FIXTURE_VARIANT_ADD(flush, arena_chunks) {
	.mode = FLIPQ_FLUSH_CHUNKS, .shared = 2,
};

FIXTURE_VARIANT_ADD(flush, arena_fixed) {
	.mode = FLIPQ_FLUSH_FIXED, .shared = 2,
};

FIXTURE_VARIANT_ADD(flush, arena_own_threads) {
	.mode = FLIPQ_FLUSH_CHUNKS, .owner = 3, .pool = true,
};

FIXTURE_VARIANT_ADD(flush, user_chunks) {
	.where = FLIPQ_IN_USER, .mode = FLIPQ_FLUSH_CHUNKS,
	.shared = 1, .owner = 3, .pool = true,
};

FIXTURE_VARIANT_ADD(flush, user_fixed) {
	.where = FLIPQ_IN_USER, .mode = FLIPQ_FLUSH_FIXED,
	.shared = 1, .owner = 3, .pool = true,
};

FIXTURE_VARIANT_ADD(flush, user_caller_alone) {
	.where = FLIPQ_IN_USER, .mode = FLIPQ_FLUSH_CHUNKS, .owner = 2,
};

FIXTURE_SETUP(flush)
{
	const struct flipq_config config = {
		.slots = 8,
		.partitions = variant->shared,
		.owner_partitions = variant->owner,
		.max_len = FLIPQ_MAX_SLOT_SIZE,
		.arena_size = variant->where == FLIPQ_IN_ARENA ? ALL : 0,
	};
	const struct flipq_pool_config pool = { .idle_ns = SECOND };

	self->q = NULL;
	self->pool = NULL;
	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, flipq_open(&self->q, &config));
	if (variant->pool)
		ASSERT_EQ(0, flipq_pool_open(&self->pool, self->q, &pool));
	self->base = flipq_arena(self->q);
	if (variant->where == FLIPQ_IN_USER)
		self->base = aligned_alloc(page_size(), ALL);
	ASSERT_NE(NULL, self->base);
	self->map = (u64 *)(void *)(self->base + MAP);
	self->f = (struct flipq_flush) {
		.dst = BYTES,
		.bitmap = MAP,
		.page_size = SIZE,
		.where = variant->where,
		.mode = variant->mode,
	};
	if (variant->where == FLIPQ_IN_USER) {
		self->f.src = (uintptr_t)self->base;
		self->f.dst += (uintptr_t)self->base;
		self->f.bitmap += (uintptr_t)self->base;
	}
}

FIXTURE_TEARDOWN(flush)
{
	flipq_pool_close(self->pool);
	flipq_close(self->q);
}

/* Fill all, and mark every @step-th page from @from up to @to. */
static void prepare(struct _test_data_flush *self, unsigned int from,
		    unsigned int to, unsigned int step)
{
	unsigned int page;

	data_random(self->base, BYTES, from + to + step);
	memset(self->base + BYTES, 0xa5, BYTES);
	memset(self->map, 0, WORDS * 8);
	for (page = 0; page < PAGES; page++) {
		self->dirty[page] = page >= from && page < to &&
				    !(page % step);
		if (self->dirty[page])
			self->map[page / 64] |= 1ULL << page % 64;
	}
}

static bool is_old(const u8 *p)
{
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		if (p[i] != 0xa5)
			return false;
	return true;
}

/*
 * Pages from @first up to @end are copied and clean where they were dirty; all
 * others and their bits are as before. Returns the first page that is not so,
 * or PAGES.
 */
static unsigned int verify(const struct _test_data_flush *self, u64 first, u64 end,
			   u64 *copied)
{
	unsigned int page;

	*copied = 0;
	for (page = 0; page < PAGES; page++) {
		const u8 *src = self->base + (size_t)page * SIZE;
		bool moved = self->dirty[page] && page >= first && page < end;
		bool bit = self->map[page / 64] >> page % 64 & 1;

		if (bit != (self->dirty[page] && !moved))
			return page;
		if (moved ? memcmp(src, src + BYTES, SIZE) :
			    !is_old(src + BYTES))
			return page;
		*copied += moved;
	}
	return PAGES;
}

static void check_flush(struct __test_metadata *_metadata,
			struct _test_data_flush *self, u64 first, u64 count)
{
	u64 copied;

	self->f.first = first;
	self->f.count = count;
	ASSERT_EQ(0, flipq_flush(self->q, &self->f));
	ASSERT_EQ(PAGES, verify(self, first, first + count, &copied))
		TH_LOG("pages %llu to %llu", first, first + count);
	EXPECT_EQ(copied, self->f.pages);
	/* each word once, whoever looked at it */
	EXPECT_EQ((first + count - 1) / 64 - first / 64 + 1, self->f.words);
}

TEST_F(flush, spread)
{
	prepare(self, 0, PAGES, 3);
	check_flush(_metadata, self, 0, PAGES);
}

TEST_F(flush, one_corner)
{
	prepare(self, 0, PAGES / 16, 1);
	check_flush(_metadata, self, 0, PAGES);
	prepare(self, PAGES - 100, PAGES, 1);
	check_flush(_metadata, self, 0, PAGES);
}

TEST_F(flush, all_and_none)
{
	prepare(self, 0, PAGES, 1);
	check_flush(_metadata, self, 0, PAGES);
	prepare(self, 0, 0, 1);
	check_flush(_metadata, self, 0, PAGES);
	EXPECT_EQ(0, self->f.pages);
}

TEST_F(flush, ranges_within_words)
{
	static const u64 ranges[][2] = {
		{ 0, 1 }, { 63, 2 }, { 64, 64 }, { 5, 60 }, { 100, 1000 },
		{ PAGES - 1, 1 }, { 1, PAGES - 2 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		prepare(self, 0, PAGES, 1);
		check_flush(_metadata, self, ranges[i][0], ranges[i][1]);
	}
}

TEST_F(flush, at_random)
{
	u64 seed = 2016;
	unsigned int i;

	for (i = 0; i < 20 * scale(); i++) {
		unsigned int from = rnd_below(&seed, PAGES);
		unsigned int to = from + rnd_below(&seed, PAGES - from);
		unsigned int first = rnd_below(&seed, PAGES);

		prepare(self, from, to, 1 + rnd_below(&seed, 9));
		check_flush(_metadata, self, first,
			    1 + rnd_below(&seed, PAGES - first));
	}
}

TEST_F(flush, a_bad_address_leaves_pages_dirty)
{
	u64 copied = 0;
	unsigned int page;

	if (self->f.where != FLIPQ_IN_USER)
		SKIP(return, "no addresses in the arena");
	prepare(self, 0, PAGES, 1);
	/* The second half has nowhere to go. */
	ASSERT_EQ(0, munmap(self->base + ((BYTES + BYTES / 2) & -page_size()),
			    BYTES / 4 & -page_size()));
	self->f.count = PAGES;
	EXPECT_EQ(-EFAULT, flipq_flush(self->q, &self->f));
	for (page = 0; page < PAGES; page++)
		copied += !(self->map[page / 64] >> page % 64 & 1);
	EXPECT_EQ(copied, self->f.pages);
	EXPECT_GT(PAGES, copied);
}

/* Requests of a batch of four, by partition. */
static int spread(enum flipq_policy policy, u64 *requests)
{
	const struct flipq_config config = {
		.slots = 4,
		.partitions = 2,
		.policy = policy,
	};
	struct flipq_event e;
	struct flipq *q;
	unsigned int i;
	int ret = flipq_open(&q, &config);

	for (i = 0; i < 40 && !ret; i++) {
		int slot = flipq_get(q);

		ret = slot < 0 ? slot : flipq_prep_nop(q, slot, i);
		if (ret || i % 4 != 3)
			continue;
		ret = flipq_submit_and_wait(q, 4, LONG_TIME);
		ret = ret < 0 ? ret : 0;
		while (flipq_peek(q, &e))
			flipq_seen(q, e.slot);
	}
	for (i = 0; i < 2 && !ret; i++) {
		struct flipq_stats stats;

		ret = flipq_stats(q, FLIPQ_STATS_PARTITION, i, &stats);
		requests[i] = stats.counters.requests;
	}
	flipq_close(q);
	return ret;
}

FIXTURE(policy) {
};

FIXTURE_VARIANT(policy) {
	enum flipq_policy policy;
	u64 requests[2];
};

FIXTURE_VARIANT_ADD(policy, fill_first) {
	.policy = FLIPQ_POLICY_FILL_FIRST, .requests = { 40, 0 },
};

FIXTURE_VARIANT_ADD(policy, round_robin) {
	.policy = FLIPQ_POLICY_ROUND_ROBIN, .requests = { 20, 20 },
};

FIXTURE_VARIANT_ADD(policy, least_loaded) {
	.policy = FLIPQ_POLICY_LEAST_LOADED, .requests = { 20, 20 },
};

/* Eight for each in turn, and the second one is the first. */
FIXTURE_VARIANT_ADD(policy, batch) {
	.policy = FLIPQ_POLICY_BATCH, .requests = { 16, 24 },
};

FIXTURE_SETUP(policy)
{
	DEVICE_OR_SKIP(return);
}

FIXTURE_TEARDOWN(policy)
{
}

TEST_F(policy, which_partitions)
{
	u64 requests[2];

	ASSERT_EQ(0, spread(variant->policy, requests));
	EXPECT_EQ(variant->requests[0], requests[0]);
	EXPECT_EQ(variant->requests[1], requests[1]);
}

/* Without NUMA all workers are local, so each gets something. */
TEST(local_node_uses_local_workers)
{
	u64 requests[2];

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, spread(FLIPQ_POLICY_LOCAL_NODE, requests));
	EXPECT_EQ(40, requests[0] + requests[1]);
	EXPECT_LT(0, requests[0]);
	EXPECT_LT(0, requests[1]);
}

/* Nobody serves, so what is full stays full. */
TEST(busy_is_counted)
{
	const struct flipq_config config = {
		.slots = 2,
		.owner_partitions = 2,
	};
	struct flipq_usage usage;
	struct flipq *q;
	int i;

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, flipq_open(&q, &config));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, flipq_prep_nop(q, flipq_get(q), 0));
	ASSERT_EQ(4, flipq_submit(q));
	flipq_usage(q, &usage);
	EXPECT_EQ(0, usage.busy);
	EXPECT_EQ(-EAGAIN, flipq_get(q));
	EXPECT_EQ(-EAGAIN, flipq_get_owner(q));
	EXPECT_EQ(-EAGAIN, flipq_get_in(q, 1));
	flipq_usage(q, &usage);
	EXPECT_EQ(3, usage.busy);
	EXPECT_EQ(4, usage.submitted);
	EXPECT_EQ(1, usage.batches);
	flipq_close(q);
}

TEST(abort_leaves_an_empty_queue)
{
	const struct flipq_config config = {
		.slots = 16,
		.owner_partitions = 1,
	};
	struct flipq_event e;
	struct flipq *q;
	unsigned int i, round;

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, flipq_open(&q, &config));
	for (round = 0; round < 20 * scale(); round++) {
		/* submitted, some of them served, prepared, and only got */
		for (i = 0; i < 8; i++)
			ASSERT_EQ(0, flipq_prep_nop(q, flipq_get(q), i));
		ASSERT_EQ(8, flipq_submit(q));
		ASSERT_EQ(3, flipq_serve(q, 0, 3, 0));
		ASSERT_EQ(0, flipq_prep_nop(q, flipq_get(q), i));
		ASSERT_LE(0, flipq_get(q));
		EXPECT_EQ(5, flipq_abort(q));
		EXPECT_EQ(0, flipq_peek(q, &e));
		EXPECT_EQ(0, flipq_in_flight(q));
		for (i = 0; i < 16; i++)
			ASSERT_LE(0, flipq_get(q));
		EXPECT_EQ(-EAGAIN, flipq_get(q));
		EXPECT_EQ(0, flipq_abort(q));
	}
	flipq_close(q);
}

TEST_HARNESS_MAIN
