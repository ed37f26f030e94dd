// SPDX-License-Identifier: GPL-2.0-only
/*
 * codec - every codec, there and back, and against other implementations
 */
#include "onecodec.h"
#include "stock.h"

FIXTURE(codec) {
	struct onecodec o;
	u8 *room;
	bool packs;
};

FIXTURE_VARIANT(codec) {
	u32 algorithm;
};

FIXTURE_VARIANT_ADD(codec, lz4) { .algorithm = FLIPQ_ALG_LZ4 };
FIXTURE_VARIANT_ADD(codec, lz4hc) { .algorithm = FLIPQ_ALG_LZ4HC };
FIXTURE_VARIANT_ADD(codec, lzo) { .algorithm = FLIPQ_ALG_LZO };
FIXTURE_VARIANT_ADD(codec, zstd) { .algorithm = FLIPQ_ALG_ZSTD };
FIXTURE_VARIANT_ADD(codec, deflate) { .algorithm = FLIPQ_ALG_DEFLATE };

FIXTURE_SETUP(codec)
{
	struct flipq_codec c = { .algorithm = variant->algorithm };

	DEVICE_OR_SKIP(return);
	raw_offered(&c, 1);
	self->packs = !(c.flags & FLIPQ_CODEC_DECOMPRESS_ONLY);
	ASSERT_EQ(0, one_open(&self->o, &c, one_largest(&c)));
	ASSERT_LE(65536, self->o.size);
	self->room = malloc(self->o.size);
	ASSERT_NE(NULL, self->room);
}

FIXTURE_TEARDOWN(codec)
{
	EXPECT_EQ(0, raw_alive(&self->o.q));
	one_close(&self->o);
	free(self->room);
}

static const char * const pattern_name[] = { "text", "random", "zero" };

/* What was packed is in the slot's output: unpack it in both ways. */
static void there_and_back(struct __test_metadata *_metadata,
			   struct onecodec *o, u8 *room, u32 algorithm,
			   u32 len, u32 packed)
{
	struct flipq_result r;

	ASSERT_EQ(len, stock_unpack(algorithm, one_out(o), packed, room, len))
		TH_LOG("%u bytes", len);
	EXPECT_EQ(-1, data_differ(o->plain, room, len))
		TH_LOG("%u bytes", len);
	memcpy(one_in(o), one_out(o), packed);
	ASSERT_EQ(0, one_unpack(o, packed, len, 0, &r));
	ASSERT_EQ(0, r.status) TH_LOG("%u of %u bytes", packed, len);
	EXPECT_EQ(len, r.len);
	EXPECT_EQ(0, r.flags);
	EXPECT_EQ(-1, data_differ(o->plain, one_out(o), len))
		TH_LOG("%u of %u bytes", packed, len);
	if (len == o->size)
		return;
	/* With more room than needed. */
	ASSERT_EQ(0, one_unpack(o, packed, o->size, 0, &r));
	ASSERT_EQ(0, r.status);
	EXPECT_EQ(len, r.len);
	EXPECT_EQ(-1, data_differ(o->plain, one_out(o), len));
}

TEST_F(codec, sizes)
{
	const u32 sizes[] = { 0, 1, 2, 7, 8, 64, 4095, 4096, 4097, 65536,
			      self->o.size };
	struct onecodec *o = &self->o;
	struct flipq_result r;
	enum pattern p;
	size_t i;

	if (!self->packs)
		SKIP(return, NO_COMPRESSION);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (p = TEXT; p <= ZERO; p++) {
			u32 len = sizes[i];

			one_fill(o, len, p);
			ASSERT_EQ(0, one_pack(o, len, o->size, 0, &r))
				TH_LOG("%u of %s", len, pattern_name[p]);
			ASSERT_EQ(0, r.status)
				TH_LOG("%u of %s", len, pattern_name[p]);
			EXPECT_EQ(0, r.csum);
			EXPECT_EQ(0, r.filled);
			if (len < 3 || p == RANDOM) {
				EXPECT_EQ(FLIPQ_RES_INCOMPRESSIBLE, r.flags)
					TH_LOG("%u of %s", len,
					       pattern_name[p]);
				EXPECT_EQ(0, r.len);
			} else if (len >= 4095) {
				EXPECT_EQ(0, r.flags)
					TH_LOG("%u of %s", len,
					       pattern_name[p]);
				EXPECT_GT(len / 2, r.len);
			}
			if (r.flags)
				continue;
			EXPECT_GT(len, r.len);
			there_and_back(_metadata, o, self->room,
				       variant->algorithm, len, r.len);
		}
	}
}

/* What stock libraries pack is unpacked here, raw blocks included. */
TEST_F(codec, stock_packed)
{
	const u32 sizes[] = { 1, 4095, 4096, 4097, self->o.size / 2 };
	struct onecodec *o = &self->o;
	struct flipq_result r;
	enum pattern p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (p = TEXT; p <= ZERO; p++) {
			long n;

			data_fill(o->plain, sizes[i], p, i);
			n = stock_pack(variant->algorithm, o->plain, sizes[i],
				       one_in(o), o->size);
			ASSERT_LT(0, n);
			ASSERT_EQ(0, one_unpack(o, (u32)n, o->size, 0, &r));
			ASSERT_EQ(0, r.status)
				TH_LOG("%u of %s", sizes[i], pattern_name[p]);
			EXPECT_EQ(sizes[i], r.len);
			EXPECT_EQ(-1, data_differ(o->plain, one_out(o),
						  sizes[i]))
				TH_LOG("%u of %s", sizes[i], pattern_name[p]);
		}
	}
}

TEST_F(codec, filled)
{
	static const u64 words[] = { 0, ~0ULL, 0x0123456789abcdefULL };
	static const u32 sizes[] = { 8, 16, 4096, 65536 };
	struct onecodec *o = &self->o;
	struct flipq_result r;
	size_t i, j, k;

	if (!self->packs)
		SKIP(return, NO_COMPRESSION);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			for (k = 0; k < sizes[j]; k += 8)
				memcpy(one_in(o) + k, &words[i], 8);
			ASSERT_EQ(0, one_pack(o, sizes[j], o->size,
					      FLIPQ_REQ_DETECT_FILL, &r));
			EXPECT_EQ(0, r.status);
			EXPECT_EQ(FLIPQ_RES_FILLED, r.flags)
				TH_LOG("%u of %#llx", sizes[j], words[i]);
			EXPECT_EQ(words[i], r.filled);
			EXPECT_EQ(0, r.len);
			/* Room is not needed. */
			ASSERT_EQ(0, one_pack(o, sizes[j], 0,
					      FLIPQ_REQ_DETECT_FILL, &r));
			EXPECT_EQ(0, r.status);
			EXPECT_EQ(FLIPQ_RES_FILLED, r.flags);
		}
	}
}

TEST_F(codec, not_filled)
{
	static const u32 sizes[] = { 0, 1, 4095, 4097, 4 };
	static const u32 at[] = { 0, 7, 8, 2048, 4088, 4095 };
	struct onecodec *o = &self->o;
	struct flipq_result r;
	size_t i;

	if (!self->packs)
		SKIP(return, NO_COMPRESSION);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(one_in(o), 0, sizes[i]);
		ASSERT_EQ(0, one_pack(o, sizes[i], o->size,
				      FLIPQ_REQ_DETECT_FILL, &r));
		EXPECT_EQ(0, r.status);
		EXPECT_EQ(0, r.flags & FLIPQ_RES_FILLED)
			TH_LOG("%u bytes", sizes[i]);
		EXPECT_EQ(0, r.filled);
	}
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		memset(one_in(o), 0, 4096);
		one_in(o)[at[i]] = 1;
		ASSERT_EQ(0, one_pack(o, 4096, o->size, FLIPQ_REQ_DETECT_FILL,
				      &r));
		EXPECT_EQ(0, r.status);
		EXPECT_EQ(0, r.flags) TH_LOG("byte %u set", at[i]);
		EXPECT_LT(0, r.len);
		EXPECT_EQ(0, r.filled);
	}
	/* Filled, but not asked for. */
	memset(one_in(o), 0, 4096);
	ASSERT_EQ(0, one_pack(o, 4096, o->size, 0, &r));
	EXPECT_EQ(0, r.flags);
	EXPECT_LT(0, r.len);
}

/* What would shrink, but not into the room there is, is no "does not shrink" */
TEST_F(codec, no_room)
{
	struct onecodec *o = &self->o;
	struct flipq_result r;
	u32 packed, room;

	if (!self->packs)
		SKIP(return, NO_COMPRESSION);
	one_fill(o, 65536, TEXT);
	ASSERT_EQ(0, one_pack(o, 65536, 65536, 0, &r));
	ASSERT_EQ(0, r.status);
	packed = r.len;
	for (room = packed - 1; room; room /= 3) {
		ASSERT_EQ(0, one_pack(o, 65536, room, 0, &r));
		EXPECT_EQ(-ENOSPC, r.status) TH_LOG("room %u", room);
	}
	ASSERT_EQ(0, one_pack(o, 65536, 0, 0, &r));
	EXPECT_EQ(-ENOSPC, r.status);

	ASSERT_EQ(0, one_pack(o, 65536, 65536, 0, &r));
	ASSERT_EQ(packed, r.len);
	memcpy(one_in(o), one_out(o), packed);
	for (room = 65535; room; room /= 3) {
		ASSERT_EQ(0, one_unpack(o, packed, room, 0, &r));
		EXPECT_TRUE(r.status == -ENOSPC || r.status == -EBADMSG)
			TH_LOG("room %u: %d", room, r.status);
	}
	ASSERT_EQ(0, one_unpack(o, packed, 0, 0, &r));
	EXPECT_TRUE(r.status == -ENOSPC || r.status == -EBADMSG)
		TH_LOG("no room: %d", r.status);
}

/* Each level that is offered for 4 KiB, on a queue of its own. */
TEST_F(codec, levels)
{
	struct flipq_codec_info info;
	unsigned int i;
	int level;

	if (!self->packs)
		SKIP(return, NO_COMPRESSION);
	for (i = 0;; i++) {
		memset(&info, 0, sizeof(info));
		info.size = sizeof(info);
		info.index = i;
		info.slot_size = 8192;
		ASSERT_EQ(0, raw_ioctl(self->o.q.fd, FLIPQ_IOC_CODEC, &info));
		if (info.algorithm == variant->algorithm)
			break;
	}
	for (level = info.min_level; level <= info.shared_level; level++) {
		struct flipq_codec c = { .algorithm = variant->algorithm };
		struct flipq_result r;
		struct onecodec o;

		if (level > 22)
			level = info.shared_level;
		c.level = level;
		ASSERT_EQ(0, one_open(&o, &c, 8192)) TH_LOG("level %d", level);
		one_fill(&o, 8192, TEXT);
		ASSERT_EQ(0, one_pack(&o, 8192, 8192, 0, &r));
		ASSERT_EQ(0, r.status) TH_LOG("level %d", level);
		if (!r.flags) {
			there_and_back(_metadata, &o, self->room,
				       variant->algorithm, 8192, r.len);
		}
		one_close(&o);
	}
}

TEST(zstd_checksum)
{
	struct flipq_codec c = { .algorithm = FLIPQ_ALG_ZSTD,
				 .flags = FLIPQ_CODEC_CHECKSUM };
	struct flipq_result r;
	struct onecodec o;
	u8 room[4096];

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, one_open(&o, &c, 4096));
	one_fill(&o, 4096, TEXT);
	ASSERT_EQ(0, one_pack(&o, 4096, 4096, 0, &r));
	ASSERT_EQ(0, r.status);
	EXPECT_NE(0, one_out(&o)[4] & 4) TH_LOG("no Content_Checksum_flag");
	memcpy(one_in(&o), one_out(&o), r.len);
	EXPECT_EQ(4096, stock_unpack(FLIPQ_ALG_ZSTD, one_in(&o), r.len, room,
				     4096));
	one_in(&o)[r.len - 1] ^= 1;
	EXPECT_EQ(-1, stock_unpack(FLIPQ_ALG_ZSTD, one_in(&o), r.len, room,
				   4096));
	ASSERT_EQ(0, one_unpack(&o, r.len, 4096, 0, &r));
	EXPECT_EQ(-EBADMSG, r.status);
	one_close(&o);
}

TEST_HARNESS_MAIN
