// SPDX-License-Identifier: GPL-2.0-only
/*
 * cancel - each request is either done or cancelled, and the call knows which
 */
#define _GNU_SOURCE
#include "data.h"
#include "own.h"
#include "refusal.h"
#include "userfault.h"

#define SLOTS 8
#define ALL 0xffULL
#define SIZE 4096U

/* Partition 0 has a worker that parks at once; 1 is ours. */
FIXTURE(cancel) {
	struct rawq q;
};

FIXTURE_SETUP(cancel)
{
	static const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = own_setup(SLOTS, 1, 1, SIZE);

	DEVICE_OR_SKIP(return);
	raw_no_spin(&s);
	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, raw_open(&self->q, &s));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
}

FIXTURE_TEARDOWN(cancel)
{
	raw_close(&self->q);
}

#define CANCEL(member, number) \
	CHANGE((*(struct flipq_cancel *)NULL).member, number)

TEST_F(cancel, bad_arguments)
{
	static const struct refusal asked[] = {
		{ "a slot too far", -EINVAL, { CANCEL(slots, 1 << SLOTS) } },
		{ "64 slots", -EINVAL, { CANCEL(slots, ~0ULL) } },
		{ "partition 2", -EINVAL,
		  { CANCEL(partition, 2), CANCEL(slots, 1) } },
		{ "the last partition", -EINVAL, { CANCEL(partition, ~0U) } },
		{ "ALL, and a slot", -EINVAL,
		  { CANCEL(flags, FLIPQ_CANCEL_ALL), CANCEL(slots, 1) } },
		{ "ALL, and a partition", -EINVAL,
		  { CANCEL(flags, FLIPQ_CANCEL_ALL), CANCEL(partition, 1) } },
		{ "an unknown flag", -EINVAL,
		  { CANCEL(flags, 2), CANCEL(slots, 1) } },
		{ "a reserved member", -EINVAL,
		  { CANCEL(slots, 1), CANCEL(reserved[0], 1) } },
		{ "too small", -EINVAL,
		  { CANCEL(size, sizeof(struct flipq_cancel) - 8) } },
		{ "nothing", 0, { CANCEL(slots, 0) } },
		{ "what nobody asked for", 0, { CANCEL(slots, ALL) } },
	};
	const struct flipq_cancel good = { .size = sizeof(good) };
	struct flipq_cancel c;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		c = good;
		refusal_make(&asked[i], &c);
		EXPECT_EQ(asked[i].error,
			  raw_ioctl(self->q.fd, FLIPQ_IOC_CANCEL, &c))
			TH_LOG("%s", asked[i].what);
	}
	c = good;
	fd = raw_device();
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENXIO, raw_ioctl(fd, FLIPQ_IOC_CANCEL, &c));
	close(fd);
}

/* Finished slots of @p with this status. */
static u64 with_status(const struct rawq *q, unsigned int p, int status)
{
	u64 left, slots = 0;

	for (left = flip_finished(&q->side[p]); left; left &= left - 1) {
		unsigned int slot = flip_next(left, 0);

		if (raw_result(q, p, slot)->status == status)
			slots |= flip_bit(slot);
	}
	return slots;
}

/* Nobody serves, so nothing has started; and what is left is done later. */
TEST_F(cancel, some_that_nobody_serves)
{
	struct rawq *q = &self->q;
	const struct flipq_result *r = raw_result(q, 1, 2);
	struct flipq_stats t;
	unsigned int n;
	u64 served;

	ASSERT_EQ(0, own_nops(q, 1, ALL));
	EXPECT_EQ(0, own_cancel(q, 1, 0x24, &n));
	EXPECT_EQ(2, n);
	EXPECT_EQ(0x24, flip_finished(&q->side[1]));
	EXPECT_EQ(0x24, with_status(q, 1, -ECANCELED));
	EXPECT_EQ(0, r->flags);
	EXPECT_EQ(0, r->len);
	EXPECT_EQ(0, r->reserved);
	EXPECT_EQ(0, r->csum);
	EXPECT_EQ(0, r->own);
	EXPECT_EQ(0, own_serve(q, 1, 0, 0, &served));
	EXPECT_EQ(6, served);
	EXPECT_EQ(ALL & ~0x24ULL, with_status(q, 1, 0));
	EXPECT_EQ(0x24, with_status(q, 1, -ECANCELED));
	ASSERT_EQ(0, raw_stats(q, FLIPQ_STATS_PARTITION, 1, &t));
	EXPECT_EQ(SLOTS, t.counters.requests);
	EXPECT_EQ(2, t.counters.cancelled);
	EXPECT_EQ(2, t.counters.errors);
}

/* The worker sleeps, and has the tags before it has the requests. */
TEST_F(cancel, all_of_a_parked_worker)
{
	struct rawq *q = &self->q;
	unsigned int n, slot;

	for (slot = 0; slot < SLOTS; slot++)
		*raw_desc(q, 0, slot) = (struct flipq_desc){};
	raw_publish(q, 0, ALL);
	ASSERT_EQ(0, own_nops(q, 1, ALL));
	EXPECT_EQ(0, own_cancel_all(q, &n));
	EXPECT_EQ(2 * SLOTS, n);
	EXPECT_EQ(ALL, with_status(q, 0, -ECANCELED));
	EXPECT_EQ(ALL, with_status(q, 1, -ECANCELED));
}

/* Finished, collected and never used: not a thing changes. */
TEST_F(cancel, nothing)
{
	struct rawq *q = &self->q;
	unsigned int n, p;

	EXPECT_EQ(0, own_cancel_all(q, &n));
	EXPECT_EQ(0, n);
	ASSERT_EQ(0, own_nops(q, 0, ALL));
	ASSERT_EQ(0, own_nops(q, 1, ALL));
	ASSERT_EQ(0, own_serve(q, 1, 0, 0, NULL));
	ASSERT_EQ(0, own_finished(q, 0, ALL));
	EXPECT_EQ(0, own_cancel_all(q, &n));
	EXPECT_EQ(0, n);
	for (p = 0; p < 2; p++) {
		EXPECT_EQ(ALL, with_status(q, p, 0));
		flip_collect(&q->side[p], ALL);
	}
	EXPECT_EQ(0, own_cancel_all(q, &n));
	EXPECT_EQ(0, n);
	/* No tag is left that would hit these. */
	EXPECT_EQ(0, own_nops(q, 0, ALL));
	EXPECT_EQ(0, own_nops(q, 1, ALL));
	EXPECT_EQ(0, own_serve(q, 1, 0, 0, NULL));
	EXPECT_EQ(0, own_finished(q, 0, ALL));
	EXPECT_EQ(ALL, with_status(q, 0, 0));
	EXPECT_EQ(ALL, with_status(q, 1, 0));
}

struct canceller {
	const struct rawq *q;
	unsigned int n;
	int error;
};

static void *cancel_in_thread(void *arg)
{
	struct canceller *c = arg;

	c->error = own_cancel_all(c->q, &c->n);
	return NULL;
}

/* A server at work on one request: that one is done, the others are not. */
TEST_F(cancel, beside_one_that_started)
{
	struct rawq *q = &self->q;
	struct canceller c = { .q = q };
	struct own_server v;
	struct userfault u;
	pthread_t t;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	ASSERT_EQ(0, userfault_open(&u, SIZE));
	*raw_desc(q, 1, 0) = (struct flipq_desc){
		.opcode = FLIPQ_OP_COPY, .flags = FLIPQ_REQ_SRC_USER,
		.src = (uintptr_t)u.mem, .src_len = SIZE, .dst_len = SIZE,
	};
	raw_publish(q, 1, 1);
	ASSERT_EQ(0, own_start(&v, q, 1));
	ASSERT_EQ(0, userfault_touched(&u));
	ASSERT_EQ(0, own_nops(q, 1, ALL & ~1ULL));
	ASSERT_EQ(0, pthread_create(&t, NULL, cancel_in_thread, &c));
	raw_sleep(50 * MSEC);
	EXPECT_EQ(0, flip_finished(&q->side[1]));
	ASSERT_EQ(0, userfault_answer(&u));
	pthread_join(t, NULL);
	EXPECT_EQ(0, c.error);
	EXPECT_EQ(SLOTS - 1, c.n);
	EXPECT_EQ(1, with_status(q, 1, 0));
	EXPECT_EQ(ALL & ~1ULL, with_status(q, 1, -ECANCELED));
	own_stop(&v);
	EXPECT_EQ(SLOTS, v.served);
	close(u.fd);
}

/*
 * The tags of one request never reach the next one in its slot. The time until
 * the cancel is made to meet the end of the request, when the tags are late.
 */
TEST_F(cancel, never_the_next)
{
	unsigned int i, k, n, spin = 1000;
	struct rawq *q = &self->q;
	u64 random = 1, both[2] = { 0 };

	*raw_desc(q, 0, 0) = (struct flipq_desc){};
	for (i = 0; i < 3000 * scale(); i++) {
		/* Where a kick lets the worker in first, the cancel is it. */
		raw_publish(q, 0, 1);
		if (spin > 1)
			ASSERT_EQ(0, raw_kick(q, 1));
		for (k = rnd_below(&random, spin); k; k--)
			READ_ONCE(random);
		ASSERT_EQ(0, own_cancel(q, 0, 1, &n));
		ASSERT_EQ(1, flip_finished(&q->side[0])) TH_LOG("round %u", i);
		ASSERT_EQ(n ? -ECANCELED : 0, raw_result(q, 0, 0)->status)
			TH_LOG("round %u", i);
		both[n]++;
		if (n)
			spin += spin / 8 + 1;
		else if (spin > 1)
			spin -= spin / 8 + 1;
		flip_collect(&q->side[0], 1);
		ASSERT_EQ(0, own_nops(q, 0, 1));
		ASSERT_EQ(0, raw_wait(q, 1, LONG_TIME, NULL));
		ASSERT_EQ(0, raw_result(q, 0, 0)->status)
			TH_LOG("round %u: cancelled by nobody", i);
		flip_collect(&q->side[0], 1);
	}
	EXPECT_LT(0, both[0]);
	EXPECT_LT(0, both[1]);
}

/* What the slots of a queue under load came to. */
struct tally {
	u64 submitted;
	u64 done;
	u64 cancelled;
	u64 said;
	u64 wrong;
};

static void tally_collect(struct rawq *q, unsigned int p, struct tally *t)
{
	u64 finished = flip_finished(&q->side[p]), left;

	for (left = finished; left; left &= left - 1) {
		int status = raw_result(q, p, flip_next(left, 0))->status;

		t->done += status == 0;
		t->cancelled += status == -ECANCELED;
		t->wrong += status != 0 && status != -ECANCELED;
	}
	flip_collect(&q->side[p], finished);
}

/* Requests of two lengths, in some of the free slots. */
static int tally_submit(struct rawq *q, unsigned int p, u64 *random,
			struct tally *t)
{
	u64 slots = flip_free(&q->side[p]) & rnd(random), left;

	for (left = slots; left; left &= left - 1)
		*raw_desc(q, p, flip_next(left, 0)) =
			rnd_below(random, 3) ? (struct flipq_desc){} :
			(struct flipq_desc){ .opcode = FLIPQ_OP_COMPRESS,
					     .src_len = SIZE, .dst_len = SIZE };
	t->submitted += hweight64(slots);
	return slots ? raw_submit(q, p, slots) : 0;
}

static int tally_cancel(const struct rawq *q, u64 *random, struct tally *t)
{
	unsigned int n = 0;
	int error;

	switch (rnd_below(random, 8)) {
	case 0:
		error = own_cancel_all(q, &n);
		break;
	case 1:
		error = own_cancel(q, rnd_below(random, 2), 1, &n);
		break;
	case 2:
		error = own_cancel(q, rnd_below(random, 2), rnd(random) & ALL,
				   &n);
		break;
	default:
		return 0;
	}
	t->said += n;
	return error;
}

TEST_F(cancel, under_load)
{
	const u64 most = 20000 * scale();
	struct rawq *q = &self->q;
	struct tally t = { 0 };
	struct flipq_stats stats;
	struct own_server v;
	unsigned int p, slot;
	u64 random = 4;

	for (p = 0; p < 2; p++)
		for (slot = 0; slot < SLOTS; slot++)
			data_text(raw_in(q, p, slot), SIZE, slot);
	ASSERT_EQ(0, own_start(&v, q, 1));
	while (t.submitted < most) {
		for (p = 0; p < 2; p++)
			ASSERT_EQ(0, tally_submit(q, p, &random, &t));
		ASSERT_EQ(0, tally_cancel(q, &random, &t));
		if (!rnd_below(&random, 4))
			ASSERT_EQ(0, raw_wait(q, 0, LONG_TIME, NULL));
		for (p = 0; p < 2; p++)
			tally_collect(q, p, &t);
	}
	ASSERT_EQ(0, raw_wait(q, 2 * SLOTS, LONG_TIME, NULL))
		TH_LOG("a request was lost");
	for (p = 0; p < 2; p++) {
		tally_collect(q, p, &t);
		EXPECT_EQ(0, flip_used(&q->side[p]));
	}
	own_stop(&v);
	EXPECT_EQ(0, t.wrong);
	EXPECT_EQ(t.submitted, t.done + t.cancelled);
	EXPECT_EQ(t.said, t.cancelled);
	EXPECT_LT(0, t.cancelled);
	EXPECT_LT(0, t.done);
	ASSERT_EQ(0, raw_stats(q, FLIPQ_STATS_QUEUE, 0, &stats));
	EXPECT_EQ(t.submitted, stats.counters.requests);
	EXPECT_EQ(t.cancelled, stats.counters.cancelled);
	EXPECT_EQ(t.cancelled, stats.counters.errors);
}

/* Two at once: none is counted by both, and none by neither. */
TEST_F(cancel, two_at_once)
{
	struct canceller a = { .q = &self->q }, b = a;
	struct rawq *q = &self->q;
	u64 said = 0, cancelled = 0, done = 0;
	struct own_server v;
	unsigned int i, p;
	pthread_t t;

	ASSERT_EQ(0, own_start(&v, q, 1));
	for (i = 0; i < 300 * scale(); i++) {
		for (p = 0; p < 2; p++)
			ASSERT_EQ(0, own_nops(q, p, ALL));
		ASSERT_EQ(0, pthread_create(&t, NULL, cancel_in_thread, &a));
		cancel_in_thread(&b);
		pthread_join(t, NULL);
		ASSERT_EQ(0, a.error);
		ASSERT_EQ(0, b.error);
		said += a.n + b.n;
		for (p = 0; p < 2; p++) {
			/* Not a wait: both said that all is over. */
			ASSERT_EQ(0, own_finished(q, p, ALL));
			cancelled += hweight64(with_status(q, p, -ECANCELED));
			done += hweight64(with_status(q, p, 0));
			flip_collect(&q->side[p], ALL);
		}
	}
	own_stop(&v);
	EXPECT_EQ(said, cancelled);
	EXPECT_EQ(2 * SLOTS * 300 * scale(), cancelled + done);
}

TEST_HARNESS_MAIN
