// SPDX-License-Identifier: GPL-2.0-only
/*
 * checksum - what the workers compute is what user space computes
 */
#include <zlib.h>

#include "onecodec.h"
#include "xxh.h"

#define SIZE 65536U

static const u32 kinds[] = {
	FLIPQ_REQ_CSUM_XXH32, FLIPQ_REQ_CSUM_XXH64, FLIPQ_REQ_CSUM_CRC32,
};

static const u32 sizes[] = { 1, 3, 4, 15, 16, 17, 31, 32, 33, 4095, 4096, 4097,
			     SIZE };

static u64 expected(u32 kind, const u8 *data, u32 len)
{
	switch (kind) {
	case FLIPQ_REQ_CSUM_XXH32:
		return xxh32(data, len);
	case FLIPQ_REQ_CSUM_XXH64:
		return xxh64(data, len);
	default:
		return (u32)crc32(0, data, len);
	}
}

FIXTURE(checksum) {
	struct onecodec o;
};

FIXTURE_SETUP(checksum)
{
	struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, one_open(&self->o, &c, SIZE));
}

FIXTURE_TEARDOWN(checksum)
{
	one_close(&self->o);
}

/* The published test vectors, or both sides might share a mistake. */
TEST(vectors)
{
	EXPECT_EQ(0x02cc5d05, xxh32((const u8 *)"", 0));
	EXPECT_EQ(0xef46db3751d8e999ULL, xxh64((const u8 *)"", 0));
	EXPECT_EQ(0xcbf43926, expected(FLIPQ_REQ_CSUM_CRC32,
				       (const u8 *)"123456789", 9));
}

TEST_F(checksum, of_plain_bytes)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;
	enum pattern p;
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (p = TEXT; p <= ZERO; p++) {
			one_fill(o, sizes[i], p);
			for (k = 0; k < ARRAY_SIZE(kinds); k++) {
				u64 want = expected(kinds[k], o->plain,
						    sizes[i]);

				ASSERT_EQ(0, one_pack(o, sizes[i], SIZE,
						      kinds[k], &r));
				EXPECT_EQ(0, r.status);
				EXPECT_EQ(want, r.csum)
					TH_LOG("%u bytes, kind %#x", sizes[i],
					       kinds[k]);
			}
		}
	}
}

TEST_F(checksum, of_nothing)
{
	struct flipq_result r;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		u64 want = expected(kinds[k], self->o.plain, 0);

		ASSERT_EQ(0, one_pack(&self->o, 0, SIZE, kinds[k], &r));
		EXPECT_EQ(0, r.status);
		EXPECT_EQ(want, r.csum) TH_LOG("kind %#x", kinds[k]);
	}
}

TEST_F(checksum, of_filled_pages)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;
	size_t k;

	one_fill(o, 4096, ZERO);
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		ASSERT_EQ(0, one_pack(o, 4096, SIZE,
				      kinds[k] | FLIPQ_REQ_DETECT_FILL, &r));
		EXPECT_EQ(FLIPQ_RES_FILLED, r.flags);
		EXPECT_EQ(expected(kinds[k], o->plain, 4096), r.csum)
			TH_LOG("kind %#x", kinds[k]);
	}
}

TEST_F(checksum, of_encoded_bytes)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		u32 flags = kinds[k] | FLIPQ_REQ_CSUM_ENCODED;

		one_fill(o, SIZE, TEXT);
		ASSERT_EQ(0, one_pack(o, SIZE, SIZE, flags, &r));
		ASSERT_EQ(0, r.status);
		ASSERT_EQ(0, r.flags);
		EXPECT_EQ(expected(kinds[k], one_out(o), r.len), r.csum)
			TH_LOG("kind %#x", kinds[k]);
		/* What did not shrink will be stored as it is. */
		one_fill(o, SIZE, RANDOM);
		ASSERT_EQ(0, one_pack(o, SIZE, SIZE, flags, &r));
		EXPECT_EQ(FLIPQ_RES_INCOMPRESSIBLE, r.flags);
		EXPECT_EQ(expected(kinds[k], o->plain, SIZE), r.csum)
			TH_LOG("kind %#x", kinds[k]);
	}
}

TEST_F(checksum, of_decompression)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;
	u32 packed;
	size_t k;

	one_fill(o, SIZE, TEXT);
	ASSERT_EQ(0, one_pack(o, SIZE, SIZE, 0, &r));
	ASSERT_EQ(0, r.status);
	packed = r.len;
	memcpy(one_in(o), one_out(o), packed);
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		ASSERT_EQ(0, one_unpack(o, packed, SIZE, kinds[k], &r));
		EXPECT_EQ(0, r.status);
		EXPECT_EQ(expected(kinds[k], o->plain, SIZE), r.csum)
			TH_LOG("kind %#x", kinds[k]);
		ASSERT_EQ(0, one_unpack(o, packed, SIZE, kinds[k] |
					FLIPQ_REQ_CSUM_ENCODED, &r));
		EXPECT_EQ(0, r.status);
		EXPECT_EQ(expected(kinds[k], one_in(o), packed), r.csum)
			TH_LOG("kind %#x", kinds[k]);
	}
}

TEST_HARNESS_MAIN
