// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue - any depth and number of partitions: each request exactly once
 */
#include "common.h"
#include "load.h"

#define MAX_CPUS 8

static unsigned int cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > MAX_CPUS ? MAX_CPUS : (unsigned int)n;
}

static void run_load(struct __test_metadata *_metadata, unsigned int slots,
		     unsigned int partitions, enum flipq_policy policy,
		     u64 requests)
{
	struct load l;

	ASSERT_EQ(0, load_open(&l, slots, partitions, 4096, policy, slots))
		TH_LOG("%u slots, %u partitions", slots, partitions);
	EXPECT_EQ(0, load_run(&l, requests))
		TH_LOG("%u slots, %u partitions, slot %d: %s", slots,
		       partitions, l.slot, l.why ? l.why : "?");
	EXPECT_EQ(requests, l.checked);
	load_close(&l);
}

FIXTURE(depth) {
};

FIXTURE_VARIANT(depth) {
	unsigned int slots;
};

FIXTURE_VARIANT_ADD(depth, 1) { .slots = 1 };
FIXTURE_VARIANT_ADD(depth, 4) { .slots = 4 };
FIXTURE_VARIANT_ADD(depth, 32) { .slots = 32 };
FIXTURE_VARIANT_ADD(depth, 64) { .slots = 64 };

FIXTURE_SETUP(depth)
{
	DEVICE_OR_SKIP(return);
}

FIXTURE_TEARDOWN(depth)
{
}

TEST_F(depth, partitions)
{
	unsigned int p;

	for (p = 1; p <= cpus(); p++) {
		run_load(_metadata, variant->slots, p, FLIPQ_POLICY_BATCH,
			 500 * scale());
	}
}

TEST_F(depth, more_partitions_than_cpus)
{
	run_load(_metadata, variant->slots, 3 * cpus(),
		 FLIPQ_POLICY_ROUND_ROBIN, 500 * scale());
	run_load(_metadata, variant->slots, FLIPQ_MAX_PARTITIONS,
		 FLIPQ_POLICY_LEAST_LOADED, 500 * scale());
}

/*
 * Random sets of free slots are handed over and random sets of finished ones
 * are collected. A NOP is marked by whether its descriptor is valid, so that a
 * result that belongs to an earlier use of the slot shows.
 */
TEST_F(depth, random_sets)
{
	struct flipq_setup s = raw_setup(variant->slots, 2, 0);
	const unsigned int rounds = 3000 * scale();
	u64 bad[2] = { 0 }, state = variant->slots;
	unsigned int i, p, slot;
	struct rawq q;

	ASSERT_EQ(0, raw_open(&q, &s));
	for (i = 0; i < rounds; i++) {
		struct flip_submitter *side;
		u64 set;

		p = rnd_below(&state, 2);
		side = &q.side[p];
		set = flip_free(side) & rnd(&state);
		for (slot = 0; slot < variant->slots; slot++) {
			bool wrong = rnd(&state) >> 63;

			if (!(set & flip_bit(slot)))
				continue;
			raw_desc(&q, p, slot)->opcode = wrong ? 99 : 0;
			bad[p] &= ~flip_bit(slot);
			bad[p] |= (u64)wrong << slot;
		}
		if (set)
			ASSERT_EQ(0, raw_submit(&q, p, set));
		p = rnd_below(&state, 2);
		side = &q.side[p];
		if (!flip_free(side))
			ASSERT_EQ(0, raw_wait(&q, 1, LONG_TIME, NULL));
		set = flip_finished(side) & rnd(&state);
		for (slot = 0; slot < variant->slots; slot++) {
			if (!(set & flip_bit(slot)))
				continue;
			ASSERT_EQ(bad[p] & flip_bit(slot) ? -EINVAL : 0,
				  raw_result(&q, p, slot)->status)
				TH_LOG("round %u, slot %u", i, slot);
		}
		flip_collect(side, set);
	}
	/* All that is under way comes to an end, and nothing else. */
	ASSERT_EQ(0, raw_wait(&q, ~0U, LONG_TIME, NULL));
	for (p = 0; p < 2; p++)
		EXPECT_EQ(flip_used(&q.side[p]), flip_finished(&q.side[p]));
	raw_close(&q);
}

/* The same slots again and again; the server counts along. */
TEST_F(depth, reuse)
{
	struct flipq_setup s = raw_setup(variant->slots, 1, 0);
	/* One hand-over each at depth 1, and the machine may be emulated. */
	const unsigned int n = (variant->slots == 1 ? 10000 : 100000) * scale();
	struct flipq_stats t;
	unsigned int done = 0;
	struct rawq q;

	ASSERT_EQ(0, raw_open(&q, &s));
	while (done < n) {
		u64 set = flip_free(&q.side[0]);

		if (set)
			ASSERT_EQ(0, raw_submit(&q, 0, set));
		ASSERT_EQ(0, raw_wait(&q, 0, LONG_TIME, NULL))
			TH_LOG("after %u", done);
		set = flip_finished(&q.side[0]);
		done += hweight64(set);
		flip_collect(&q.side[0], set);
	}
	ASSERT_EQ(0, raw_wait(&q, ~0U, LONG_TIME, NULL));
	done += hweight64(flip_finished(&q.side[0]));
	/* The last turn's requests are counted when it ends. */
	ASSERT_EQ(0, raw_parked(&q, 0));
	ASSERT_EQ(0, raw_stats(&q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_EQ(done, t.counters.requests);
	EXPECT_EQ(0, t.counters.errors);
	raw_close(&q);
}

/* A completion that is not collected stays, and others go on without it. */
TEST_F(depth, uncollected)
{
	struct flipq_setup s = raw_setup(variant->slots, 2, 0);
	const u64 last = flip_bit(variant->slots - 1);
	struct rawq q;
	int i;

	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_submit(&q, 1, last));
	ASSERT_EQ(0, raw_wait(&q, 1, LONG_TIME, NULL));
	for (i = 0; i < 100; i++) {
		/* In its own partition, too, if there is another slot. */
		unsigned int p = variant->slots > 1 ? (unsigned int)i % 2 : 0;

		ASSERT_EQ(0, raw_submit(&q, p, 1));
		ASSERT_EQ(0, raw_wait(&q, 2, LONG_TIME, NULL));
		ASSERT_EQ(last, flip_finished(&q.side[1]) & last);
		ASSERT_EQ(1, flip_finished(&q.side[p]) & 1);
		flip_collect(&q.side[p], 1);
	}
	raw_close(&q);
}

/*
 * A slot that is used again at once must not overtake those that wait: scans
 * start from a cursor. Requests take longer than it takes to submit one again.
 */
TEST_F(depth, nobody_starves)
{
	const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = raw_setup(variant->slots, 1, 16384);
	unsigned int count[64] = { 0 }, slot, done = 0, least, most;
	u64 end = raw_now() + LONG_TIME;
	struct rawq q;

	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, raw_open(&q, &s));
	for (slot = 0; slot < variant->slots; slot++) {
		data_text(raw_in(&q, 0, slot), 16384, slot);
		*raw_desc(&q, 0, slot) = (struct flipq_desc) {
			.opcode = FLIPQ_OP_COMPRESS,
			.src_len = 16384,
			.dst_len = 16384,
		};
	}
	ASSERT_EQ(0, raw_submit(&q, 0, q.side[0].mask));
	while (done < 20 * variant->slots) {
		u64 set = flip_finished(&q.side[0]);

		ASSERT_GT(end, raw_now());
		if (!set)
			continue;
		for (slot = 0; slot < variant->slots; slot++)
			count[slot] += !!(set & flip_bit(slot));
		done += hweight64(set);
		flip_collect(&q.side[0], set);
		ASSERT_EQ(0, raw_submit(&q, 0, set));
	}
	least = count[0];
	most = count[0];
	for (slot = 1; slot < variant->slots; slot++) {
		least = count[slot] < least ? count[slot] : least;
		most = count[slot] > most ? count[slot] : most;
	}
	/* Not quite equal, as the submitter may be kept from its CPU. */
	EXPECT_LE(most, least + least / 2 + 4)
		TH_LOG("%u slots: served %u to %u times", variant->slots,
		       least, most);
	raw_close(&q);
}

TEST_HARNESS_MAIN
