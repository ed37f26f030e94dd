// SPDX-License-Identifier: GPL-2.0-only
/*
 * pool - the library's threads on the real device: how many there are, and that
 * no request is lost whatever they do
 */
#include <zstd.h>

#include "common.h"
#include "data.h"
#include "flipq.h"

#define PARTS		3U
#define SLOTS		8U
#define LEN		4096U
#define BIG		(1U << 20)
#define ADDRESSES	(FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER)

FIXTURE(pool) {
	struct flipq *q;
	struct flipq_pool *pool;
	u8 *src;		/* of all slots, LEN bytes each */
	u8 *dst;
	u64 want[PARTS * SLOTS];	/* user_data of what is in a slot, or 0 */
	u64 sent;
	u64 checked;
};

FIXTURE_SETUP(pool)
{
	const struct flipq_codec codec = {
		.algorithm = FLIPQ_ALG_ZSTD,
		.level = 19,
		.flags = FLIPQ_CODEC_OWNER,
	};
	const struct flipq_config config = {
		.slots = SLOTS,
		.owner_partitions = PARTS,
		.max_len = BIG,
		.codecs = &codec,
		.nr_codecs = 1,
		.policy = FLIPQ_POLICY_ROUND_ROBIN,
	};

	self->pool = NULL;
	self->q = NULL;
	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, flipq_open(&self->q, &config));
	ASSERT_EQ(PARTS, flipq_partitions(self->q));
	ASSERT_EQ(PARTS, flipq_owner_partitions(self->q));
	self->src = calloc(PARTS * SLOTS, LEN);
	self->dst = calloc(PARTS * SLOTS, LEN);
	ASSERT_NE(NULL, self->src);
	ASSERT_NE(NULL, self->dst);
}

FIXTURE_TEARDOWN(pool)
{
	flipq_pool_close(self->pool);
	flipq_close(self->q);
}

static struct flipq_pool_state state_of(const struct _test_data_pool *self)
{
	struct flipq_pool_state s;

	flipq_pool_state(self->pool, &s);
	return s;
}

/* Wait for so many threads. */
static bool becomes(const struct _test_data_pool *self, unsigned int threads)
{
	u64 end = raw_now() + LONG_TIME;

	while (state_of(self).threads != threads && raw_now() < end)
		raw_sleep(MSEC);
	return state_of(self).threads == threads;
}

/*
 * Wait until the pool counts so many requests. A thread says what it served
 * when its turn is over, after the submitter has seen the completions.
 */
static bool counts(const struct _test_data_pool *self, u64 requests)
{
	u64 end = raw_now() + LONG_TIME;

	while (state_of(self).requests < requests && raw_now() < end)
		raw_sleep(MSEC);
	return state_of(self).requests == requests;
}

static int set_limits(const struct _test_data_pool *self, unsigned int min,
		      unsigned int max, u64 idle_ns)
{
	const struct flipq_pool_config c = {
		.min = min,
		.max = max,
		.idle_ns = idle_ns,
	};

	return flipq_pool_set(self->pool, &c);
}

static int open_pool(struct _test_data_pool *self, unsigned int min,
		     unsigned int max, u64 idle_ns)
{
	const struct flipq_pool_config c = {
		.min = min,
		.max = max,
		.idle_ns = idle_ns,
	};

	return flipq_pool_open(&self->pool, self->q, &c);
}

/* Prepare a copy of data that is in no other request. */
static int send_one(struct _test_data_pool *self)
{
	int slot = flipq_get(self->q);
	u8 *src, *dst;

	if (slot < 0)
		return slot;
	src = self->src + (size_t)slot * LEN;
	dst = self->dst + (size_t)slot * LEN;
	data_random(src, LEN, ++self->sent);
	memset(dst, 0, LEN);
	self->want[slot] = self->sent;
	return flipq_prep_copy(self->q, slot, (uintptr_t)src, (uintptr_t)dst,
			       LEN, ADDRESSES, self->sent);
}

/* Collect what has finished. 0, or -EPROTO where a result is not the slot's. */
static int collect(struct _test_data_pool *self)
{
	struct flipq_event e;

	while (flipq_peek(self->q, &e)) {
		size_t at = (size_t)e.slot * LEN;

		if (e.status || e.user_data != self->want[e.slot] ||
		    memcmp(self->src + at, self->dst + at, LEN))
			return -EPROTO;
		self->want[e.slot] = 0;
		self->checked++;
		flipq_seen(self->q, e.slot);
	}
	return 0;
}

/* Send @nr, and wait when there is no room. */
static int send(struct _test_data_pool *self, unsigned int nr)
{
	while (nr) {
		int ret = send_one(self);

		if (!ret && --nr)
			continue;
		if (ret && ret != -EAGAIN)
			return ret;
		ret = ret ? flipq_submit_and_wait(self->q, 1, LONG_TIME) :
			    flipq_submit(self->q);
		if (ret < 0)
			return ret;
		ret = collect(self);
		if (ret)
			return ret;
	}
	return 0;
}

static int finish(struct _test_data_pool *self)
{
	int ret = flipq_wait(self->q, PARTS * SLOTS, LONG_TIME);

	return ret < 0 ? ret : collect(self);
}

TEST_F(pool, minimum_is_made_at_once)
{
	ASSERT_EQ(0, open_pool(self, 2, 0, MSEC));
	EXPECT_EQ(2, state_of(self).threads);
	raw_sleep(50 * MSEC);
	EXPECT_EQ(2, state_of(self).threads);
	EXPECT_EQ(2, state_of(self).started);
	ASSERT_EQ(0, send(self, 100));
	ASSERT_EQ(0, finish(self));
	EXPECT_EQ(100, self->checked);
	EXPECT_TRUE(counts(self, 100));
}

TEST_F(pool, grows_on_demand_and_ends_idle)
{
	ASSERT_EQ(0, open_pool(self, 0, 0, 20 * MSEC));
	EXPECT_EQ(0, state_of(self).started);
	ASSERT_EQ(0, send(self, PARTS * SLOTS));
	EXPECT_LT(0, state_of(self).started);
	ASSERT_EQ(0, finish(self));
	EXPECT_EQ(PARTS * SLOTS, self->checked);
	EXPECT_TRUE(becomes(self, 0));
	EXPECT_EQ(state_of(self).started, state_of(self).ended);
	/* and again from nothing */
	ASSERT_EQ(0, send(self, 1));
	ASSERT_EQ(0, finish(self));
	EXPECT_EQ(PARTS * SLOTS + 1, self->checked);
}

TEST_F(pool, limits_change_while_it_runs)
{
	ASSERT_EQ(0, open_pool(self, 0, 1, FLIPQ_TIMEOUT_NONE));
	EXPECT_EQ(-EINVAL, set_limits(self, 0, PARTS + 1, 0));
	EXPECT_EQ(-EINVAL, set_limits(self, 2, 1, 0));
	ASSERT_EQ(0, send(self, 200));
	EXPECT_EQ(1, state_of(self).threads);
	ASSERT_EQ(0, set_limits(self, PARTS, PARTS, FLIPQ_TIMEOUT_NONE));
	EXPECT_EQ(PARTS, state_of(self).threads);
	ASSERT_EQ(0, send(self, 200));
	ASSERT_EQ(0, set_limits(self, 0, 1, FLIPQ_TIMEOUT_NONE));
	EXPECT_TRUE(becomes(self, 1));
	/* the idle time reaches those who sleep without end */
	ASSERT_EQ(0, finish(self));
	ASSERT_EQ(0, set_limits(self, 0, 1, MSEC));
	EXPECT_TRUE(becomes(self, 0));
	EXPECT_EQ(400, self->checked);
}

TEST_F(pool, nothing_is_lost_when_limits_change_at_random)
{
	const unsigned int rounds = 300 * scale();
	u64 seed = 20181001;
	unsigned int i;

	ASSERT_EQ(0, open_pool(self, 0, 0, 0));
	for (i = 0; i < rounds; i++) {
		unsigned int max = 1 + rnd_below(&seed, PARTS);
		unsigned int min = rnd_below(&seed, max + 1);
		u64 idle = rnd_below(&seed, 2) * MSEC;

		ASSERT_EQ(0, set_limits(self, min, max, idle));
		ASSERT_EQ(0, send(self, 1 + rnd_below(&seed, 2 * SLOTS)))
			TH_LOG("round %u, %u to %u threads", i, min, max);
	}
	ASSERT_EQ(0, finish(self));
	EXPECT_EQ(self->sent, self->checked);
	EXPECT_TRUE(counts(self, self->sent))
		TH_LOG("%llu of %llu requests",
		       (unsigned long long)state_of(self).requests,
		       (unsigned long long)self->sent);
	EXPECT_EQ(0, flipq_in_flight(self->q));
}

TEST_F(pool, what_a_closed_one_leaves_the_next_one_does)
{
	unsigned int i;

	for (i = 0; i < 50 * scale(); i++) {
		ASSERT_EQ(0, open_pool(self, i % 2, 0, 0));
		ASSERT_EQ(0, send(self, PARTS * SLOTS / 2));
		flipq_pool_close(self->pool);
		self->pool = NULL;
	}
	ASSERT_EQ(0, open_pool(self, 1, 0, 0));
	ASSERT_EQ(0, finish(self));
	EXPECT_EQ(self->sent, self->checked);
}

/* Far more than a shared worker takes, from plain memory to plain memory. */
TEST_F(pool, zstd_19_on_user_addresses)
{
	u8 *plain = malloc(BIG), *packed = malloc(BIG), *back = malloc(BIG);
	struct flipq_event e = { .slot = -1 };
	int slot = flipq_get_owner(self->q);

	ASSERT_LE(0, slot);
	data_text(plain, BIG, 19);
	ASSERT_EQ(0, open_pool(self, 0, 0, 0));
	ASSERT_EQ(0, flipq_prep_compress_at(self->q, slot, 0, (uintptr_t)plain,
					    BIG, (uintptr_t)packed, BIG,
					    ADDRESSES, 7));
	ASSERT_EQ(1, flipq_submit_and_wait(self->q, 1, 3 * LONG_TIME));
	ASSERT_EQ(1, flipq_peek(self->q, &e));
	ASSERT_EQ(0, e.status);
	EXPECT_EQ(7, e.user_data);
	EXPECT_LT(0, e.len);
	EXPECT_GT(BIG / 4, e.len);
	ASSERT_EQ(BIG, ZSTD_decompress(back, BIG, packed, e.len));
	EXPECT_EQ(0, memcmp(plain, back, BIG));
	flipq_seen(self->q, slot);
	free(plain);
	free(packed);
	free(back);
}

TEST_HARNESS_MAIN
