// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutate - sound streams with something wrong in them, many at a time, and
 * streams that change while they are read: nothing but the destination changes
 *
 * Even slots get the streams. Odd ones hold canaries, but for the last, which
 * decompresses a sound stream each time. corrupt has single requests, hostile
 * what this does to the queue; here it is about a decoder's neighbours.
 */
#include <pthread.h>
#include <sched.h>

#include "common.h"
#include "mutation.h"
#include "stock.h"

#define SIZE		16384U
#define SLOTS		8U
#define STREAMS		6U
#define MUTATED		0x55ULL
#define HONEST		(SLOTS - 1)
#define TIME		(800 * MSEC)
#define SCRIBBLES	64U	/* between two turns of others */

static struct flipq_codec codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_LZ4HC },
	{ .algorithm = FLIPQ_ALG_LZO },
	{ .algorithm = FLIPQ_ALG_ZSTD },
	{ .algorithm = FLIPQ_ALG_ZSTD, .flags = FLIPQ_CODEC_CHECKSUM },
	{ .algorithm = FLIPQ_ALG_DEFLATE },
};

struct stream {
	u32 plain_len;
	u32 len;
	u8 plain[SIZE];
	u8 bytes[SIZE];
};

struct bench {
	struct rawq q;
	struct stream streams[ARRAY_SIZE(codecs)][STREAMS];
	u8 before[SLOTS][SIZE];
	u64 random;
	unsigned int sound;
	unsigned int accepted;
	unsigned int refused;
	int stop;
	u64 scribbles;
};

FIXTURE(mutate) {
	struct bench *b;
};

FIXTURE_VARIANT(mutate) {
	u8 codec;
};

FIXTURE_VARIANT_ADD(mutate, lz4) { .codec = 0 };
FIXTURE_VARIANT_ADD(mutate, lz4hc) { .codec = 1 };
FIXTURE_VARIANT_ADD(mutate, lzo) { .codec = 2 };
FIXTURE_VARIANT_ADD(mutate, zstd) { .codec = 3 };
FIXTURE_VARIANT_ADD(mutate, zstd_checksum) { .codec = 4 };
FIXTURE_VARIANT_ADD(mutate, deflate) { .codec = 5 };

/* FLIPQ_TEST_SEED gives other mutations, the same ones for the same seed. */
static u64 seed(void)
{
	const char *s = getenv("FLIPQ_TEST_SEED");

	return s ? strtoull(s, NULL, 0) : 1;
}

/* Of all sizes, and with text, noise and repetition in it. */
static void make_plain(struct stream *s, unsigned int i)
{
	s->plain_len = SIZE >> i;
	data_text(s->plain, s->plain_len, i);
	data_random(s->plain + s->plain_len / 2, s->plain_len / 8, i);
	memset(s->plain + s->plain_len / 8 * 7, 'x', s->plain_len / 8);
}

static int make_stream(struct rawq *q, u8 codec, struct stream *s)
{
	const struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.codec = codec,
		.src_len = s->plain_len,
		.dst_len = SIZE,
	};
	struct flipq_result r;
	int slot;

	if (codecs[codec].flags & FLIPQ_CODEC_DECOMPRESS_ONLY) {
		long n = stock_pack_tight(codecs[codec].algorithm, s->plain,
					  s->plain_len, s->bytes, SIZE);

		s->len = (u32)n;
		return n > 0 ? 0 : -EPROTO;
	}
	memcpy(raw_in(q, 0, 0), s->plain, s->plain_len);
	slot = raw_run(q, &d, &r);
	if (slot)
		return slot < 0 ? slot : -EPROTO;
	if (r.status || !r.len)
		return -EPROTO;
	s->len = r.len;
	memcpy(s->bytes, raw_out(q, 0, 0), r.len);
	return 0;
}

/* All slots at once, then noise is in each output. */
static int put_canaries(struct bench *b)
{
	struct rawq *q = &b->q;
	unsigned int i;
	int error;

	for (i = 0; i < SLOTS; i++) {
		data_random(raw_in(q, 0, i), SIZE, i + 1);
		*raw_desc(q, 0, i) = (struct flipq_desc) {
			.opcode = FLIPQ_OP_COPY,
			.src_len = SIZE,
			.dst_len = SIZE,
		};
	}
	error = raw_submit(q, 0, flip_mask(SLOTS));
	if (!error)
		error = raw_wait(q, SLOTS, LONG_TIME, NULL);
	if (error)
		return error;
	for (i = 0; i < SLOTS; i++) {
		memcpy(b->before[i], raw_out(q, 0, i), SIZE);
		if (memcmp(b->before[i], raw_in(q, 0, i), SIZE))
			return -EPROTO;
	}
	flip_collect(&q->side[0], flip_mask(SLOTS));
	return 0;
}

FIXTURE_SETUP(mutate)
{
	struct flipq_setup s = raw_setup(SLOTS, 1, SIZE);
	struct bench *b;
	unsigned int c, i;

	DEVICE_OR_SKIP(return);
	b = calloc(1, sizeof(*b));
	ASSERT_NE(NULL, b);
	self->b = b;
	b->random = seed() + 31ULL * variant->codec;
	raw_offered(codecs, ARRAY_SIZE(codecs));
	raw_codecs(&s, codecs, ARRAY_SIZE(codecs));
	ASSERT_EQ(0, raw_open(&b->q, &s));
	for (c = 0; c < ARRAY_SIZE(codecs); c++) {
		for (i = 0; i < STREAMS; i++) {
			make_plain(&b->streams[c][i], i);
			ASSERT_EQ(0, make_stream(&b->q, (u8)c,
						 &b->streams[c][i]));
		}
	}
	ASSERT_EQ(0, put_canaries(b));
}

FIXTURE_TEARDOWN(mutate)
{
	EXPECT_EQ(0, raw_alive(&self->b->q));
	raw_close(&self->b->q);
	free(self->b);
}

static u32 join(const struct bench *b, u64 *random, u8 codec, u8 *to, u32 len)
{
	const struct stream *s;
	u32 at = rnd_below(random, len + 1), from, n;

	/* Now and then it is a foreign body. */
	if (!rnd_below(random, 4))
		codec = (u8)rnd_below(random, ARRAY_SIZE(codecs));
	s = &b->streams[codec][rnd_below(random, STREAMS)];
	from = rnd_below(random, s->len);
	n = s->len - from < SIZE - at ? s->len - from : SIZE - at;
	memcpy(to + at, s->bytes + from, n);
	return at + n;
}

static u32 mutate_once(const struct bench *b, u64 *random, u8 codec, u8 *to,
		       u32 len)
{
	if (!rnd_below(random, 6))
		return join(b, random, codec, to, len);
	return mutation(random, to, len, SIZE);
}

/* A stream of @codec with one to four things wrong. Returns its length. */
static u32 mutated(const struct bench *b, u64 *random, u8 codec, u8 *to)
{
	const struct stream *s = &b->streams[codec][rnd_below(random, STREAMS)];
	unsigned int n = 1 + rnd_below(random, 4);
	u32 len = s->len;

	memcpy(to, s->bytes, len);
	while (n-- && len)
		len = mutate_once(b, random, codec, to, len);
	return len;
}

static u32 any_room(u64 *random)
{
	u32 plain = SIZE >> rnd_below(random, STREAMS);

	switch (rnd_below(random, 6)) {
	case 0:
		return rnd_below(random, 4);
	case 1:
		return plain - 1;
	case 2:
		return plain;
	case 3:
		return rnd_below(random, SIZE + 1);
	default:
		return SIZE;
	}
}

static void prepare_mutated(struct bench *b, u8 codec, unsigned int slot)
{
	u8 bytes[SIZE];
	u32 len = mutated(b, &b->random, codec, bytes);
	struct flipq_desc d = {
		.opcode = FLIPQ_OP_DECOMPRESS,
		.codec = codec,
		.src_len = len,
		.dst_len = any_room(&b->random),
	};

	/* At the ends of the buffers, or somewhere in them. */
	if (rnd_below(&b->random, 2))
		d.src = SIZE - len;
	if (rnd_below(&b->random, 2))
		d.dst = rnd_below(&b->random, SIZE - d.dst_len + 1);
	memcpy(raw_in(&b->q, 0, slot) + d.src, bytes, len);
	*raw_desc(&b->q, 0, slot) = d;
}

static void prepare_honest(struct bench *b, u8 codec)
{
	const struct stream *s;

	b->sound = rnd_below(&b->random, STREAMS);
	s = &b->streams[codec][b->sound];
	memcpy(raw_in(&b->q, 0, HONEST), s->bytes, s->len);
	*raw_desc(&b->q, 0, HONEST) = (struct flipq_desc) {
		.opcode = FLIPQ_OP_DECOMPRESS,
		.codec = codec,
		.src_len = s->len,
		.dst_len = s->plain_len,
	};
}

/* Hand over the even slots and the last one, and wait for all. */
static int run_all(struct bench *b)
{
	const u64 slots = MUTATED | flip_bit(HONEST);
	int error = raw_submit(&b->q, 0, slots);

	if (!error)
		error = raw_wait(&b->q, SLOTS, LONG_TIME, NULL);
	if (!error && flip_finished(&b->q.side[0]) != slots)
		error = -EPROTO;
	if (!error)
		flip_collect(&b->q.side[0], slots);
	return error;
}

/* What is wrong with the slots that nobody mutated, or NULL. */
static const char *neighbours(const struct bench *b, u8 codec)
{
	const struct flipq_result *r = raw_result(&b->q, 0, HONEST);
	const struct stream *s = &b->streams[codec][b->sound];
	unsigned int slot;

	for (slot = 1; slot < HONEST; slot += 2)
		if (memcmp(b->before[slot], raw_out(&b->q, 0, slot), SIZE))
			return "a neighbour's output has changed";
	if (r->status || r->len != s->plain_len)
		return "a sound stream was refused";
	if (memcmp(raw_out(&b->q, 0, HONEST), s->plain, s->plain_len))
		return "a sound stream came out wrong";
	return NULL;
}

static bool contradicts(const struct flipq_result *r)
{
	if (r->flags || r->reserved || r->csum || r->own)
		return true;
	return r->status && r->len;
}

/* What is wrong with a mutated one, or NULL. */
static const char *checked(struct bench *b, unsigned int slot)
{
	const struct flipq_desc *d = raw_desc(&b->q, 0, slot);
	const struct flipq_result *r = raw_result(&b->q, 0, slot);
	const u8 *out = raw_out(&b->q, 0, slot);
	u8 *before = b->before[slot];
	size_t end = d->dst + d->dst_len;

	if (r->status && r->status != -EBADMSG && r->status != -ENOSPC)
		return "a status that DECOMPRESS does not have";
	if (contradicts(r) || r->len > d->dst_len)
		return "a result that contradicts itself";
	if (memcmp(before, out, d->dst) ||
	    memcmp(before + end, out + end, SIZE - end))
		return "bytes outside the destination have changed";
	memcpy(before + d->dst, out + d->dst, d->dst_len);
	b->accepted += !r->status;
	b->refused += !!r->status;
	return NULL;
}

TEST_F(mutate, at_rest)
{
	u64 end = raw_now() + TIME * scale();
	struct bench *b = self->b;
	unsigned int round, slot;

	for (round = 0; raw_now() < end; round++) {
		const char *why;

		for (slot = 0; slot < SLOTS; slot += 2)
			prepare_mutated(b, variant->codec, slot);
		prepare_honest(b, variant->codec);
		ASSERT_EQ(0, run_all(b)) TH_LOG("round %u", round);
		for (slot = 0; slot < SLOTS; slot += 2) {
			why = checked(b, slot);
			ASSERT_EQ(NULL, why)
				TH_LOG("seed %llu, round %u, slot %u: %s",
				       seed(), round, slot, why);
		}
		why = neighbours(b, variant->codec);
		ASSERT_EQ(NULL, why)
			TH_LOG("seed %llu, round %u: %s", seed(), round, why);
	}
	TH_LOG("%u refused, %u accepted", b->refused, b->accepted);
	EXPECT_LT(20, round);
	EXPECT_LT(b->accepted, b->refused);
}

/* One member of a descriptor becomes something that it was not checked for. */
static void scribble_desc(struct flipq_desc *d, u64 *random, u8 codec)
{
	switch (rnd_below(random, 8)) {
	case 0:
		WRITE_ONCE(d->src_len, mutation_edge(random, SIZE));
		break;
	case 1:
		WRITE_ONCE(d->dst_len, mutation_edge(random, SIZE));
		break;
	case 2:
		WRITE_ONCE(d->dst, mutation_edge(random, SIZE));
		break;
	case 3:
		WRITE_ONCE(d->src, mutation_edge(random, SIZE));
		break;
	case 4:
		WRITE_ONCE(d->codec, (u8)rnd_below(random, 8));
		break;
	case 5:
		WRITE_ONCE(d->opcode, (u8)rnd_below(random, 6));
		break;
	default:
		/* Sound again, so that most get as far as the decoder. */
		WRITE_ONCE(d->opcode, FLIPQ_OP_DECOMPRESS);
		WRITE_ONCE(d->codec, codec);
		WRITE_ONCE(d->src_len, SIZE);
		WRITE_ONCE(d->dst_len, SIZE);
		WRITE_ONCE(d->src, 0);
		WRITE_ONCE(d->dst, 0);
		break;
	}
}

struct scribbler {
	struct bench *b;
	pthread_t thread;
	u8 codec;
};

static void *scribble(void *arg)
{
	const struct scribbler *a = arg;
	struct bench *b = a->b;
	u64 random = seed() + 1000;
	unsigned int i;

	while (!READ_ONCE(b->stop)) {
		unsigned int slot = rnd_below(&random, SLOTS / 2) * 2;
		const struct stream *s = &b->streams[a->codec][0];
		u8 *in = raw_in(&b->q, 0, slot);

		scribble_desc(raw_desc(&b->q, 0, slot), &random, a->codec);
		for (i = 0; i < 32; i++)
			WRITE_ONCE(in[rnd_below(&random, s->len)],
				   (u8)rnd(&random));
		i = rnd_below(&random, s->len);
		memcpy(in + i, s->bytes + i, s->len - i);
		/* Where a process's threads never run at once, each needs turns. */
		if (!(++b->scribbles % SCRIBBLES))
			sched_yield();
	}
	return NULL;
}

static bool documented(int status)
{
	switch (status) {
	case 0:
	case -EINVAL:
	case -EOPNOTSUPP:
	case -ENOSPC:
	case -EBADMSG:
		return true;
	default:
		return false;
	}
}

/* Which mutation a worker sees depends on when it looks: no round repeats. */
TEST_F(mutate, in_flight)
{
	u64 end = raw_now() + TIME * scale();
	struct bench *b = self->b;
	struct scribbler a = { .b = b, .codec = variant->codec };
	unsigned int round, slot;

	ASSERT_EQ(0, pthread_create(&a.thread, NULL, scribble, &a));
	for (round = 0; raw_now() < end; round++) {
		const char *why;

		for (slot = 0; slot < SLOTS; slot += 2)
			prepare_mutated(b, variant->codec, slot);
		prepare_honest(b, variant->codec);
		ASSERT_EQ(0, run_all(b)) TH_LOG("round %u", round);
		for (slot = 0; slot < SLOTS; slot += 2) {
			int status = raw_result(&b->q, 0, slot)->status;

			EXPECT_TRUE(documented(status))
				TH_LOG("round %u: status %d", round, status);
			EXPECT_GE(SIZE, raw_result(&b->q, 0, slot)->len);
			b->accepted += !status;
			b->refused += !!status;
		}
		why = neighbours(b, variant->codec);
		ASSERT_EQ(NULL, why) TH_LOG("round %u: %s", round, why);
	}
	WRITE_ONCE(b->stop, 1);
	pthread_join(a.thread, NULL);
	TH_LOG("%u refused, %u accepted, %llu scribbles", b->refused,
	       b->accepted, b->scribbles);
	EXPECT_LT(20, round);
	EXPECT_LT(20, b->scribbles);
	EXPECT_LT(0, b->refused);
}

TEST_HARNESS_MAIN
