// SPDX-License-Identifier: GPL-2.0-only
/*
 * fair - a queue that seldom asks waits for little beside those that always do
 */
#include "common.h"
#include "cpu.h"
#include "data.h"

#define HEAVY	8
#define SLOTS	32
#define BYTES	16384
#define ROUNDS	15

FIXTURE(fair) {
	struct rawq heavy[HEAVY];
	struct rawq light;
};

/* All are the worker's of CPU 0, and the test goes on elsewhere. */
FIXTURE_SETUP(fair)
{
	const struct flipq_codec c = {
		.algorithm = FLIPQ_ALG_LZ4HC, .level = 9,
	};
	struct flipq_setup s = raw_setup(SLOTS, 1, BYTES);
	struct flipq_setup nop = raw_setup(1, 1, 0);
	unsigned int i;

	DEVICE_OR_SKIP(return);
	if (run_on(1))
		SKIP(return, "there is only one CPU");
	ASSERT_EQ(0, run_on(0));
	raw_codecs(&s, &c, 1);
	for (i = 0; i < HEAVY; i++)
		ASSERT_EQ(0, raw_open(&self->heavy[i], &s));
	raw_no_spin(&nop);
	ASSERT_EQ(0, raw_open(&self->light, &nop));
	ASSERT_EQ(0, run_on(1));
}

FIXTURE_TEARDOWN(fair)
{
	unsigned int i;

	for (i = 0; i < HEAVY; i++)
		raw_close(&self->heavy[i]);
	raw_close(&self->light);
}

/* As many requests as there are slots, each longer than a turn may be. */
static int keep_busy(struct rawq *q)
{
	unsigned int slot;

	for (slot = 0; slot < SLOTS; slot++) {
		data_text(raw_in(q, 0, slot), BYTES, slot);
		*raw_desc(q, 0, slot) = (struct flipq_desc) {
			.opcode = FLIPQ_OP_COMPRESS,
			.src_len = BYTES,
			.dst_len = BYTES,
		};
	}
	return raw_submit(q, 0, q->side[0].mask);
}

/* How many turns the heavy queues had; negative errno. */
static long turns(const struct rawq *heavy)
{
	struct flipq_stats stats;
	unsigned int i;
	long sum = 0;
	int error;

	for (i = 0; i < HEAVY; i++) {
		error = raw_stats(&heavy[i], FLIPQ_STATS_QUEUE, 0, &stats);
		if (error)
			return error;
		sum += (long)stats.counters.turns;
	}
	return sum;
}

/* Of the heavy queues, while a request of the light one waits. */
static long turns_meanwhile(struct rawq *light, const struct rawq *heavy)
{
	long before = turns(heavy);
	int error = raw_submit(light, 0, 1);

	if (!error)
		error = raw_wait(light, 1, LONG_TIME, NULL);
	if (error)
		return error;
	flip_collect(&light->side[0], 1);
	return turns(heavy) - before;
}

static int ascending(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * One turn is under way and one or two may begin before we look again: less than
 * a round. The median, as this thread may be kept from its CPU now and then.
 */
TEST_F(fair, a_light_queue_waits_for_the_turn_under_way)
{
	long n[ROUNDS];
	unsigned int i;

	for (i = 0; i < HEAVY; i++)
		ASSERT_EQ(0, keep_busy(&self->heavy[i]));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, raw_parked(&self->light, 0));
		n[i] = turns_meanwhile(&self->light, self->heavy);
		ASSERT_LE(0, n[i]);
	}
	/* They were busy all the time. */
	ASSERT_GT(HEAVY * SLOTS, turns(self->heavy));
	qsort(n, ROUNDS, sizeof(n[0]), ascending);
	EXPECT_GT(HEAVY, n[ROUNDS / 2])
		TH_LOG("turns: %ld, %ld to %ld", n[ROUNDS / 2], n[0],
		       n[ROUNDS - 1]);
}

TEST_HARNESS_MAIN
