// SPDX-License-Identifier: GPL-2.0-only
/*
 * corrupt - input that no compressor made: an errno, and nothing overrun
 *
 * one_run() compares all of the output buffer outside the destination.
 */
#include "onecodec.h"
#include "stock.h"

#define SIZE 16384U

FIXTURE(corrupt) {
	struct onecodec o;
	u8 packed[SIZE];
	u32 len;
};

FIXTURE_VARIANT(corrupt) {
	u32 algorithm;
};

FIXTURE_VARIANT_ADD(corrupt, lz4) { .algorithm = FLIPQ_ALG_LZ4 };
FIXTURE_VARIANT_ADD(corrupt, lz4hc) { .algorithm = FLIPQ_ALG_LZ4HC };
FIXTURE_VARIANT_ADD(corrupt, lzo) { .algorithm = FLIPQ_ALG_LZO };
FIXTURE_VARIANT_ADD(corrupt, zstd) { .algorithm = FLIPQ_ALG_ZSTD };
FIXTURE_VARIANT_ADD(corrupt, deflate) { .algorithm = FLIPQ_ALG_DEFLATE };

FIXTURE_SETUP(corrupt)
{
	struct flipq_codec c = { .algorithm = variant->algorithm };
	struct flipq_result r;
	long n;

	DEVICE_OR_SKIP(return);
	raw_offered(&c, 1);
	ASSERT_EQ(0, one_open(&self->o, &c, SIZE));
	one_fill(&self->o, SIZE / 2, TEXT);
	if (c.flags & FLIPQ_CODEC_DECOMPRESS_ONLY) {
		n = stock_pack(c.algorithm, self->o.plain, SIZE / 2,
			       self->packed, SIZE);
		ASSERT_LT(0, n);
		self->len = (u32)n;
		return;
	}
	ASSERT_EQ(0, one_pack(&self->o, SIZE / 2, SIZE, 0, &r));
	ASSERT_EQ(0, r.status);
	ASSERT_LT(0, r.len);
	self->len = r.len;
	memcpy(self->packed, one_out(&self->o), r.len);
}

/* After all that was refused, the sound input still comes out right. */
FIXTURE_TEARDOWN(corrupt)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;

	memcpy(one_in(o), self->packed, self->len);
	EXPECT_EQ(0, one_unpack(o, self->len, SIZE / 2, 0, &r));
	EXPECT_EQ(0, r.status);
	EXPECT_EQ(SIZE / 2, r.len);
	EXPECT_EQ(-1, data_differ(o->plain, one_out(o), SIZE / 2));
	one_close(o);
}

static bool allowed(int status)
{
	return !status || status == -EBADMSG || status == -ENOSPC;
}

TEST_F(corrupt, truncated)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;
	u32 step = 1 + self->len / (200 * scale());
	u32 len;

	memcpy(one_in(o), self->packed, self->len);
	for (len = 0; len < self->len; len += step) {
		ASSERT_EQ(0, one_unpack(o, len, SIZE, 0, &r))
			TH_LOG("%u of %u bytes", len, self->len);
		/* A block of LZ4 has no end: a shorter one may be sound. */
		if (variant->algorithm == FLIPQ_ALG_LZ4 ||
		    variant->algorithm == FLIPQ_ALG_LZ4HC) {
			EXPECT_TRUE(r.status == -EBADMSG ||
				    (!r.status && r.len < SIZE / 2))
				TH_LOG("%u bytes: %d, %u", len, r.status,
				       r.len);
		} else {
			EXPECT_EQ(-EBADMSG, r.status)
				TH_LOG("%u of %u bytes", len, self->len);
		}
	}
}

TEST_F(corrupt, bytes_after_the_end)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;
	u32 more;

	memcpy(one_in(o), self->packed, self->len);
	memset(one_in(o) + self->len, 0, 64);
	for (more = 1; more <= 64; more *= 4) {
		ASSERT_EQ(0, one_unpack(o, self->len + more, SIZE, 0, &r));
		EXPECT_EQ(-EBADMSG, r.status) TH_LOG("%u bytes more", more);
	}
}

TEST_F(corrupt, flipped_bits)
{
	struct onecodec *o = &self->o;
	unsigned int i, failed = 0, n = 300 * scale();
	u64 state = 42;

	for (i = 0; i < n; i++) {
		struct flipq_result r;
		unsigned int k, flips = 1 + rnd_below(&state, 4);
		u32 room = rnd_below(&state, 2) ? SIZE : SIZE / 2;

		memcpy(one_in(o), self->packed, self->len);
		for (k = 0; k < flips; k++) {
			one_in(o)[rnd_below(&state, self->len)] ^=
				(u8)(1U << rnd_below(&state, 8));
		}
		ASSERT_EQ(0, one_unpack(o, self->len, room, 0, &r))
			TH_LOG("round %u", i);
		EXPECT_TRUE(allowed(r.status))
			TH_LOG("round %u: %d", i, r.status);
		failed += r.status != 0;
	}
	/* Most corruption shows. All of it in silence would be no decoder. */
	EXPECT_LT(n / 20, failed);
}

TEST_F(corrupt, garbage)
{
	struct onecodec *o = &self->o;
	unsigned int i, failed = 0, n = 200 * scale();
	u64 state = 7;

	for (i = 0; i < n; i++) {
		struct flipq_result r;
		u32 len = rnd_below(&state, SIZE + 1);
		u32 room = rnd_below(&state, SIZE + 1);

		data_random(one_in(o), SIZE, rnd(&state));
		/* A sound start takes the decoder further in. */
		if (i % 2)
			memcpy(one_in(o), self->packed, self->len / 2);
		ASSERT_EQ(0, one_unpack(o, len, room, 0, &r))
			TH_LOG("round %u, %u into %u bytes", i, len, room);
		EXPECT_TRUE(allowed(r.status))
			TH_LOG("round %u: %d", i, r.status);
		failed += r.status != 0;
	}
	EXPECT_LT(n / 2, failed);
}

/* Lengths and distances of all ones or all zeros. */
TEST_F(corrupt, extremes)
{
	static const u8 bytes[] = { 0x00, 0xff, 0xf0, 0x0f, 0x80, 0x01, 0x11 };
	struct onecodec *o = &self->o;
	u32 start;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bytes); i++) {
		for (start = 0; start < self->len; start += self->len / 10) {
			struct flipq_result r;

			memcpy(one_in(o), self->packed, self->len);
			memset(one_in(o) + start, bytes[i], SIZE - start);
			ASSERT_EQ(0, one_unpack(o, SIZE, SIZE, 0, &r))
				TH_LOG("%#x from %u", bytes[i], start);
			EXPECT_TRUE(allowed(r.status))
				TH_LOG("%#x from %u: %d", bytes[i], start,
				       r.status);
		}
	}
}

TEST_HARNESS_MAIN
