// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile - whatever is written to the memory that a user may write, it is that
 * user's own loss: workers go on, and an honest queue beside it gets its results
 */
#include <poll.h>
#include <pthread.h>

#include "common.h"
#include "load.h"

#define SIZE 4096U
#define SLOTS 4
#define SECONDS 3

/* All that a worker can be asked for. */
static struct flipq_codec codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_LZ4HC },
	{ .algorithm = FLIPQ_ALG_LZO },
	{ .algorithm = FLIPQ_ALG_ZSTD },
	{ .algorithm = FLIPQ_ALG_DEFLATE },
};

FIXTURE(hostile) {
	struct rawq q;
	struct flipq_info before;
};

FIXTURE_SETUP(hostile)
{
	struct flipq_setup s = raw_setup(SLOTS, 2, SIZE);

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	raw_no_spin(&s);
	raw_offered(codecs, ARRAY_SIZE(codecs));
	raw_codecs(&s, codecs, ARRAY_SIZE(codecs));
	ASSERT_EQ(0, raw_open(&self->q, &s));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
	ASSERT_EQ(0, raw_parked(&self->q, 1));
}

FIXTURE_TEARDOWN(hostile)
{
	raw_close(&self->q);
	nothing_left(_metadata, &self->before);
}

/*
 * Whatever the fill words are by now, a kicked worker makes its done words the
 * same. Collect all of it, as an honest submitter would go on from there.
 */
static int at_rest(struct rawq *q)
{
	u64 end = raw_now() + LONG_TIME;
	unsigned int p;

	for (p = 0; p < 2; p++) {
		struct flip_submitter *side = &q->side[p];
		int error;

		side->fill = READ_ONCE(*side->fill_word);
		error = raw_kick(q, 1ULL << p);
		if (error)
			return error;
		while ((READ_ONCE(*side->done_word) ^ side->fill) &
		       side->mask) {
			if (raw_now() > end)
				return -ETIME;
			raw_sleep(MSEC);
		}
		side->reap = side->fill;
		flip_collect(side, 0);
	}
	return 0;
}

/* Handed over and taken back before the worker looked: nothing happens. */
TEST_F(hostile, taken_back)
{
	struct rawq *q = &self->q;

	raw_publish(q, 0, 0xf);
	raw_publish(q, 0, 0xf);
	ASSERT_EQ(0, raw_kick(q, 1));
	ASSERT_EQ(0, raw_parked(q, 0));
	EXPECT_EQ(0, raw_completion(q, 0)->done);
	EXPECT_EQ(0, raw_alive(q));
}

/* Bits above the count of slots are nobody's. */
TEST_F(hostile, bits_above_the_count)
{
	const u64 above = ~flip_mask(SLOTS);
	struct rawq *q = &self->q;
	struct flipq_stats t;
	unsigned int ready;

	raw_publish(q, 0, above);
	ASSERT_EQ(0, raw_kick(q, 1));
	ASSERT_EQ(0, raw_parked(q, 0));
	EXPECT_EQ(0, raw_completion(q, 0)->done);
	EXPECT_EQ(0, raw_wait(q, 1, FLIPQ_TIMEOUT_NONE, &ready));
	EXPECT_EQ(0, ready);
	flip_collect(&q->side[0], 0x5555555555555550ULL);
	EXPECT_EQ(0, raw_wait(q, 1, FLIPQ_TIMEOUT_NONE, &ready));
	EXPECT_EQ(0, ready);
	EXPECT_EQ(0, raw_alive(q));
	EXPECT_EQ(0, raw_completion(q, 0)->done & above);
	ASSERT_EQ(0, raw_parked(q, 0));
	ASSERT_EQ(0, raw_stats(q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_EQ(1, t.counters.requests);
}

/* Slots flipped while the worker holds them. */
TEST_F(hostile, flips_of_held_slots)
{
	struct rawq *q = &self->q;
	const struct flipq_desc d = { .opcode = FLIPQ_OP_COMPRESS,
				      .src_len = SIZE, .dst_len = SIZE };
	u64 state = 1;
	unsigned int i, k;

	for (k = 0; k < SLOTS; k++) {
		data_text(raw_in(q, 0, k), SIZE, k);
		*raw_desc(q, 0, k) = d;
	}
	for (i = 0; i < 2000 * scale(); i++) {
		ASSERT_EQ(0, raw_submit(q, 0, 0xf));
		raw_publish(q, 0, rnd(&state));
		if (i % 8 == 0)
			ASSERT_EQ(0, raw_kick(q, 3));
		raw_publish(q, 0, rnd(&state));
	}
	ASSERT_EQ(0, raw_kick(q, 1));
	ASSERT_EQ(0, at_rest(q));
	EXPECT_EQ(0, raw_alive(q));
}

/* A reap word that fits nothing: waits and polls end all the same. */
TEST_F(hostile, reap_at_random)
{
	struct rawq *q = &self->q;
	u64 state = 2;
	int i;

	for (i = 0; i < 500; i++) {
		struct pollfd pfd = { .fd = q->fd, .events = POLLIN };
		unsigned int ready;
		int error;

		flip_collect(&q->side[0], rnd(&state));
		flip_collect(&q->side[1], rnd(&state));
		ASSERT_EQ(0, raw_submit(q, (unsigned int)i % 2, rnd(&state)));
		error = raw_wait(q, rnd_below(&state, 10), MSEC, &ready);
		ASSERT_TRUE(!error || error == -ETIME) TH_LOG("%d", error);
		ASSERT_GE(2 * SLOTS, ready);
		ASSERT_LE(0, poll(&pfd, 1, 0));
	}
	ASSERT_EQ(0, at_rest(q));
	EXPECT_EQ(0, raw_alive(q));
}

struct attack {
	struct rawq *q;
	pthread_t thread;
	u64 seed;
	int stop;
	u64 rounds;
};

/* Every byte that can be written, one word at a time, with anything. */
static void *scribble(void *arg)
{
	struct attack *a = arg;
	u64 *word = (u64 *)(void *)a->q->sub;
	size_t nr = a->q->setup.sub_size / sizeof(*word);
	u64 state = a->seed;

	while (!READ_ONCE(a->stop)) {
		size_t at = rnd(&state) % nr;
		u64 value = rnd(&state);

		WRITE_ONCE(word[at], value);
		WRITE_ONCE(*a->q->side[value & 1].fill_word, rnd(&state));
		a->rounds++;
	}
	return NULL;
}

/*
 * Descriptors that are nearly right, and change between one look and the next:
 * a length that was checked must be the length that is used.
 */
static void *swap_descriptors(void *arg)
{
	static const u32 lens[] = { 0, 1, 64, SIZE - 1, SIZE, SIZE + 1,
				    1U << 31, ~0U };
	struct attack *a = arg;
	u64 state = a->seed;

	while (!READ_ONCE(a->stop)) {
		unsigned int p = rnd_below(&state, 2);
		struct flipq_desc *d = raw_desc(a->q, p,
						rnd_below(&state, SLOTS));
		struct flipq_desc new = {
			.opcode = (u8)(1 + rnd_below(&state, 2)),
			.codec = (u8)rnd_below(&state, 6),
			.flags = (u32)rnd(&state) & FLIPQ_REQ_FLAGS & ~0xcffU,
			.src_len = lens[rnd_below(&state, 8)],
			.dst_len = lens[rnd_below(&state, 8)],
		};

		*d = new;
		/* A worker may look at any moment between these stores. */
		WRITE_ONCE(d->src_len, SIZE);
		WRITE_ONCE(d->dst_len, SIZE);
		WRITE_ONCE(d->dst, rnd(&state) % (2 * SIZE));
		WRITE_ONCE(d->src_len, lens[rnd_below(&state, 8)]);
		WRITE_ONCE(d->dst, 0);
		a->rounds++;
	}
	return NULL;
}

/* Input that makes sense at its start, and changes under the decoder. */
static void *swap_input(void *arg)
{
	struct attack *a = arg;
	u8 text[SIZE], packed[SIZE];
	u64 state = a->seed;
	int n;

	data_text(text, SIZE, 1);
	n = LZ4_compress_default((char *)text, (char *)packed, SIZE, SIZE);
	while (!READ_ONCE(a->stop)) {
		u8 *in = raw_in(a->q, rnd_below(&state, 2),
				rnd_below(&state, SLOTS));
		int i;

		if (n > 0)
			memcpy(in, packed, (size_t)n);
		for (i = 0; i < 64; i++)
			WRITE_ONCE(in[rnd_below(&state, 512)],
				   (u8)rnd(&state));
		a->rounds++;
	}
	return NULL;
}

static void *kick_and_wait(void *arg)
{
	struct attack *a = arg;
	u64 state = a->seed;

	while (!READ_ONCE(a->stop)) {
		WRITE_ONCE(*a->q->side[0].fill_word, rnd(&state));
		WRITE_ONCE(*a->q->side[1].fill_word, rnd(&state));
		raw_enter(a->q, FLIPQ_ENTER_KICK | FLIPQ_ENTER_WAIT, 3,
			  rnd_below(&state, 10), MSEC, NULL);
		a->rounds++;
	}
	return NULL;
}

/* The attack runs for some seconds, and an honest load beside it. */
static void beside_honest_load(struct __test_metadata *_metadata,
			       struct rawq *q, void *(*attack)(void *))
{
	struct attack a[2] = {
		{ .q = q, .seed = 1 },
		{ .q = q, .seed = 2 },
	};
	u64 end = raw_now() + SECONDS * SECOND * scale();
	struct flipq_stats t;
	struct load l;
	int i;

	ASSERT_EQ(0, load_open(&l, 16, 2, SIZE, FLIPQ_POLICY_BATCH, 9));
	ASSERT_EQ(0, pthread_create(&a[0].thread, NULL, attack, &a[0]));
	ASSERT_EQ(0, pthread_create(&a[1].thread, NULL, kick_and_wait, &a[1]));
	while (raw_now() < end && !load_run(&l, 50))
		;
	EXPECT_EQ(NULL, l.why) TH_LOG("slot %d: %s", l.slot, l.why);
	EXPECT_LT(50, l.checked);
	for (i = 0; i < 2; i++) {
		WRITE_ONCE(a[i].stop, 1);
		pthread_join(a[i].thread, NULL);
		EXPECT_LT(10, a[i].rounds);
	}
	/* It was an attack only if workers had to do with it. */
	ASSERT_EQ(0, at_rest(q));
	ASSERT_EQ(0, raw_stats(q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_LT(100, t.counters.requests);
	EXPECT_LT(0, t.counters.errors);
	EXPECT_EQ(0, raw_alive(q));
	load_close(&l);
}

TEST_F(hostile, scribble)
{
	beside_honest_load(_metadata, &self->q, scribble);
}

TEST_F(hostile, changing_descriptors)
{
	struct flipq_stats t;

	beside_honest_load(_metadata, &self->q, swap_descriptors);
	/* Nearly right is right often enough to reach the codecs. */
	ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_LT(0, t.counters.bytes_in);
}

static void all_unpack(struct rawq *q)
{
	unsigned int i;

	for (i = 0; i < 2 * SLOTS; i++) {
		*raw_desc(q, i % 2, i / 2) = (struct flipq_desc) {
			.opcode = FLIPQ_OP_DECOMPRESS,
			.codec = (u8)(i % ARRAY_SIZE(codecs)),
			.src_len = SIZE,
			.dst_len = SIZE,
		};
	}
}

TEST_F(hostile, changing_input)
{
	all_unpack(&self->q);
	beside_honest_load(_metadata, &self->q, swap_input);
}

/* Closed and unmapped with all slots at work. */
TEST_F(hostile, close_at_work)
{
	struct flipq_setup s = raw_setup(64, 2, SIZE);
	unsigned int i, k;

	raw_codecs(&s, codecs, ARRAY_SIZE(codecs));
	for (i = 0; i < 100 * scale(); i++) {
		struct rawq q;

		ASSERT_EQ(0, raw_open(&q, &s));
		for (k = 0; k < 128; k++) {
			*raw_desc(&q, k % 2, k / 2) = (struct flipq_desc) {
				.opcode = FLIPQ_OP_COMPRESS,
				.codec = (u8)(k % ARRAY_SIZE(codecs)),
				.src_len = SIZE,
				.dst_len = SIZE,
			};
		}
		ASSERT_EQ(0, raw_submit(&q, 0, ~0ULL));
		ASSERT_EQ(0, raw_submit(&q, 1, ~0ULL));
		if (i % 2)
			close(q.fd);
		ASSERT_EQ(0, raw_unmap(&q));
		if (i % 2 == 0)
			close(q.fd);
	}
	EXPECT_EQ(0, raw_alive(&self->q));
}

struct racer {
	pthread_t thread;
	int fd;
	int result;
	int *go;
};

static void *set_up_at_once(void *arg)
{
	struct racer *r = arg;
	struct flipq_setup s = raw_setup(8, 2, SIZE);

	while (!READ_ONCE(*r->go))
		;
	r->result = raw_ioctl(r->fd, FLIPQ_IOC_SETUP, &s);
	return NULL;
}

/* Two set-ups of one device at the same moment: one of them wins. */
TEST_F(hostile, set_up_race)
{
	int i;

	for (i = 0; i < 100; i++) {
		int fd = raw_device(), go = 0;
		struct racer r[2] = {
			{ .fd = fd, .go = &go }, { .fd = fd, .go = &go },
		};

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, pthread_create(&r[0].thread, NULL, set_up_at_once,
					    &r[0]));
		ASSERT_EQ(0, pthread_create(&r[1].thread, NULL, set_up_at_once,
					    &r[1]));
		WRITE_ONCE(go, 1);
		pthread_join(r[0].thread, NULL);
		pthread_join(r[1].thread, NULL);
		EXPECT_EQ(-EBUSY, r[0].result + r[1].result)
			TH_LOG("%d and %d", r[0].result, r[1].result);
		close(fd);
	}
}

TEST_HARNESS_MAIN
