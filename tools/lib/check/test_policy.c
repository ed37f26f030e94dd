// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_policy.c - which partition flipq_get() takes a slot of
 */
#include <errno.h>
#include <string.h>

#include "fake.h"
#include "tap.h"

#define SLOTS	16
#define PARTS	4

static struct flipq *open_queue(struct fake *f, enum flipq_policy policy)
{
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = PARTS, .policy = policy,
	};
	struct flipq *q = NULL;

	fake_init(f);
	flipq_open_with(&f->sys, &q, &c);
	return q;
}

static void close_queue(struct fake *f, struct flipq *q)
{
	flipq_close(q);
	fake_destroy(f);
}

/* Take all slots of partition @part, and none of any other. */
static void fill_up(struct flipq *q, int part)
{
	bool other[SLOTS * PARTS] = { false };
	int slot;

	while ((slot = flipq_get(q)) >= 0)
		other[slot] = slot / SLOTS != part;
	for (slot = 0; slot < SLOTS * PARTS; slot++)
		if (other[slot])
			flipq_put(q, slot);
}

/* What holds for each policy. */
static void test_all(enum flipq_policy policy)
{
	unsigned int taken[PARTS] = { 0 };
	bool used[SLOTS * PARTS] = { false };
	bool good = true;
	struct fake f;
	struct flipq *q = open_queue(&f, policy);
	struct flipq_usage usage;
	int i, slot;

	for (i = 0; i < SLOTS * PARTS; i++) {
		slot = flipq_get(q);
		good &= slot >= 0 && slot < SLOTS * PARTS && !used[slot];
		if (!good)
			break;
		used[slot] = true;
	}
	ok(good, "gives every slot once");
	flipq_usage(q, &usage);
	is(usage.busy, 0, "was not busy so far");
	is(flipq_get(q), -EAGAIN, "then none");
	flipq_usage(q, &usage);
	is(usage.busy, 1, "and counts that");
	flipq_put(q, 37);
	is(flipq_get(q), 37, "gives the one that was put back");
	for (i = 0; i < SLOTS * PARTS; i++)
		flipq_put(q, i);
	fill_up(q, 2);
	for (i = 0; i < SLOTS * (PARTS - 1); i++) {
		slot = flipq_get(q);
		if (slot >= 0)
			taken[slot / SLOTS]++;
	}
	ok(taken[0] == SLOTS && taken[1] == SLOTS && !taken[2] &&
	   taken[3] == SLOTS, "skips a full partition, fills the others");
	close_queue(&f, q);
}

static void test_batch(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_BATCH);
	unsigned int taken[PARTS] = { 0 };
	unsigned int changes = 0;
	int last = -1, i;

	for (i = 0; i < SLOTS * PARTS; i++) {
		int part = flipq_get(q) / SLOTS;

		if (part != last && last >= 0 && taken[last] % FLIPQ_BATCH)
			break;
		changes += part != last;
		taken[part]++;
		last = part;
	}
	is(i, SLOTS * PARTS, "batch: changes only after eight");
	is(changes, SLOTS * PARTS / FLIPQ_BATCH, "batch: changes after eight");
	close_queue(&f, q);

	/* a batch that meets a full partition goes on with a whole one */
	q = open_queue(&f, FLIPQ_POLICY_BATCH);
	fill_up(q, 1);
	memset(taken, 0, sizeof(taken));
	for (i = 0; i < 3 * FLIPQ_BATCH; i++)
		taken[flipq_get(q) / SLOTS]++;
	ok(!taken[1] && taken[0] + taken[2] + taken[3] == 3 * FLIPQ_BATCH &&
	   taken[0] <= 2 * FLIPQ_BATCH && taken[2] <= 2 * FLIPQ_BATCH &&
	   taken[3] <= 2 * FLIPQ_BATCH, "batch: spreads over the rest");
	close_queue(&f, q);

	/* room for three in 1: after them, the next one gets a whole batch */
	q = open_queue(&f, FLIPQ_POLICY_BATCH);
	while (flipq_get(q) >= 0)
		;
	for (i = 0; i < SLOTS * PARTS; i++)
		if (i / SLOTS != 1 || i % SLOTS < 3)
			flipq_put(q, i);
	while (flipq_get(q) / SLOTS != 1)
		;
	flipq_get(q);
	is(flipq_get(q) / SLOTS, 1, "batch: takes the last of a partition");
	for (i = 0; i < FLIPQ_BATCH; i++)
		if (flipq_get(q) / SLOTS != 2)
			break;
	is(i, FLIPQ_BATCH, "batch: then eight of the next");
	is(flipq_get(q) / SLOTS, 3, "batch: and no more");
	close_queue(&f, q);
}

static void test_least(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_LEAST_LOADED);
	unsigned int taken[PARTS] = { 0 };
	bool good = true;
	int i;

	/* one finished and nothing else in use: a trickle still spreads */
	for (i = 0; i < 4 * PARTS; i++) {
		int slot = flipq_get(q);

		taken[slot / SLOTS]++;
		flipq_put(q, slot);
	}
	for (i = 0; i < PARTS; i++)
		good &= taken[i] == 4;
	ok(good, "least loaded: of equals, the next one in turn");

	/* partitions with 5, 0, 3 and 1 slots in use: water finds its level */
	while (flipq_get(q) >= 0)
		;
	for (i = 5; i < SLOTS; i++)
		flipq_put(q, i);
	for (i = 0; i < SLOTS; i++)
		flipq_put(q, SLOTS + i);
	for (i = 3; i < SLOTS; i++)
		flipq_put(q, 2 * SLOTS + i);
	for (i = 1; i < SLOTS; i++)
		flipq_put(q, 3 * SLOTS + i);
	is(flipq_get(q) / SLOTS, 1, "least loaded: takes the emptiest");
	memset(taken, 0, sizeof(taken));
	for (i = 0; i < 10; i++)
		taken[flipq_get(q) / SLOTS]++;
	ok(taken[0] == 0 && taken[1] == 4 && taken[2] == 2 && taken[3] == 4,
	   "least loaded: levels the partitions");
	close_queue(&f, q);
}

static void test_round(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_ROUND_ROBIN);
	bool good = true;
	int last = flipq_get(q) / SLOTS, i;

	for (i = 1; i < SLOTS * PARTS; i++) {
		int part = flipq_get(q) / SLOTS;

		good &= part == (last + 1) % PARTS;
		last = part;
	}
	ok(good, "round robin: the next one at each request");
	close_queue(&f, q);
}

static void test_fill(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f, FLIPQ_POLICY_FILL_FIRST);
	bool good = true;
	int i;

	for (i = 0; i < SLOTS * PARTS; i++)
		good &= flipq_get(q) / SLOTS == i / SLOTS;
	ok(good, "fill first: one partition before the next");
	flipq_put(q, 3 * SLOTS);
	flipq_put(q, SLOTS + 4);
	is(flipq_get(q), SLOTS + 4, "fill first: goes back to an earlier one");
	close_queue(&f, q);
}

/* How many of the next @n slots are on partition @part? */
static int count_in(struct flipq *q, int part, int n)
{
	int found = 0;

	while (n--)
		found += flipq_get(q) / SLOTS == part;
	return found;
}

static void test_local(void)
{
	static const int nodes[PARTS] = { 0, 1, 0, 1 };
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = PARTS,
		.policy = FLIPQ_POLICY_LOCAL_NODE,
	};
	struct flipq *q = NULL;
	struct fake f;
	bool good = true;
	int i;

	fake_init(&f);
	f.nodes = nodes;
	f.node = 1;
	is(flipq_open_with(&f.sys, &q, &c), 0, "local node: opens");
	for (i = 0; i < 2 * SLOTS; i++)
		good &= nodes[flipq_get(q) / SLOTS] == 1;
	ok(good, "local node: takes all that is near");
	good = true;
	for (i = 0; i < SLOTS; i++)
		good &= nodes[flipq_get(q) / SLOTS] == 0;
	ok(good, "local node: then what is not");
	close_queue(&f, q);

	fake_init(&f);
	f.nodes = nodes;
	f.node = 1;
	flipq_open_with(&f.sys, &q, &c);
	flipq_get(q);
	f.node = 0;
	/* the rest of the batch, then only 0 and 2 */
	is(count_in(q, 1, FLIPQ_BATCH - 1), FLIPQ_BATCH - 1,
	   "local node: a batch ends where it began");
	for (i = 0, good = true; i < 2 * SLOTS; i++)
		good &= nodes[flipq_get(q) / SLOTS] == 0;
	ok(good, "local node: the next one knows of a move");
	close_queue(&f, q);

	/* without NUMA as batch: all partitions get some */
	fake_init(&f);
	f.node = -1;
	flipq_open_with(&f.sys, &q, &c);
	for (i = 0, good = true; i < PARTS; i++)
		good &= count_in(q, (i + 1) % PARTS, FLIPQ_BATCH) ==
			FLIPQ_BATCH;
	ok(good, "local node: without nodes all are near");
	close_queue(&f, q);
}

int main(void)
{
	test_all(FLIPQ_POLICY_BATCH);
	test_all(FLIPQ_POLICY_LEAST_LOADED);
	test_all(FLIPQ_POLICY_ROUND_ROBIN);
	test_all(FLIPQ_POLICY_FILL_FIRST);
	test_all(FLIPQ_POLICY_LOCAL_NODE);
	test_batch();
	test_least();
	test_round();
	test_fill();
	test_local();
	return tap_end();
}
