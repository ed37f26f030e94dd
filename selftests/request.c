// SPDX-License-Identifier: GPL-2.0-only
/*
 * request - every field of a descriptor that can be wrong, and the errno
 *
 * After each refusal the same queue serves the next request.
 */
#include "common.h"
#include "data.h"
#include "refusal.h"

#define SIZE 4096U

FIXTURE(request) {
	struct rawq q;
	struct flipq_desc good;
	struct flipq_desc unpack;
};

FIXTURE_SETUP(request)
{
	static const struct flipq_codec codecs[] = {
		{ .algorithm = FLIPQ_ALG_LZ4 },
		{ .algorithm = FLIPQ_ALG_LZ4,
		  .flags = FLIPQ_CODEC_DECOMPRESS_ONLY },
	};
	struct flipq_setup s = raw_setup(4, 1, SIZE);
	struct flipq_result r;
	int slot;

	DEVICE_OR_SKIP(return);
	raw_codecs(&s, codecs, 2);
	ASSERT_EQ(0, raw_open(&self->q, &s));
	self->good = (struct flipq_desc) {
		.opcode = FLIPQ_OP_COMPRESS,
		.src_len = SIZE,
		.dst_len = SIZE,
	};
	data_text(raw_in(&self->q, 0, 0), SIZE, 1);
	slot = raw_run(&self->q, &self->good, &r);
	ASSERT_EQ(0, slot);
	ASSERT_EQ(0, r.status);
	ASSERT_LT(0, r.len);
	ASSERT_GT(SIZE, r.len);
	/* What comes out of it is the good input of a DECOMPRESS. */
	memcpy(raw_in(&self->q, 0, 0), raw_out(&self->q, 0, 0), r.len);
	self->unpack = (struct flipq_desc) {
		.opcode = FLIPQ_OP_DECOMPRESS,
		.src_len = r.len,
		.dst_len = SIZE,
	};
	slot = raw_run(&self->q, &self->unpack, &r);
	ASSERT_EQ(0, slot);
	ASSERT_EQ(0, r.status);
	ASSERT_EQ(SIZE, r.len);
}

FIXTURE_TEARDOWN(request)
{
	raw_close(&self->q);
}

/* The request is refused with @want, and the queue goes on. */
static void refused(struct __test_metadata *_metadata, struct rawq *q,
		    int want, struct flipq_desc d, const char *what)
{
	struct flipq_result r = { 0 };

	ASSERT_EQ(0, raw_run(q, &d, &r))
		TH_LOG("%s", what);
	EXPECT_EQ(want, r.status)
		TH_LOG("%s", what);
	EXPECT_EQ(0, r.flags);
	EXPECT_EQ(0, r.len);
	EXPECT_EQ(0, r.reserved);
	EXPECT_EQ(0, r.csum);
	EXPECT_EQ(0, r.own);
	ASSERT_EQ(0, raw_alive(q))
		TH_LOG("dead after: %s", what);
}

#define BAD(d, what) refused(_metadata, &self->q, -EINVAL, d, what)

/* All of @r are, each @good but for what it says. */
static void all_refused(struct __test_metadata *_metadata, struct rawq *q,
			const struct flipq_desc *good, const struct refusal *r,
			size_t nr)
{
	for (; nr--; r++) {
		struct flipq_desc d = *good;

		refusal_make(r, &d);
		refused(_metadata, q, r->error, d, r->what);
	}
}

#define DESC(member, number) \
	CHANGE((*(struct flipq_desc *)NULL).member, number)

TEST_F(request, opcode)
{
	struct flipq_desc d = self->good;
	unsigned int op;

	for (op = FLIPQ_OP_NR; op < 256; op++) {
		d.opcode = (u8)op;
		BAD(d, "opcode");
	}
}

TEST_F(request, codec_index)
{
	static const struct refusal bad[] = {
		{ "decompress-only codec", -EOPNOTSUPP, { DESC(codec, 1) } },
	}, bad_unpack[] = {
		{ "codec index of a decompression", -EINVAL,
		  { DESC(codec, 2) } },
	};
	struct flipq_desc d = self->good;
	unsigned int i;

	for (i = 2; i < 256; i++) {
		d.codec = (u8)i;
		BAD(d, "codec index");
	}
	all_refused(_metadata, &self->q, &self->good, bad,
		    ARRAY_SIZE(bad));
	all_refused(_metadata, &self->q, &self->unpack, bad_unpack,
		    ARRAY_SIZE(bad_unpack));
}

TEST_F(request, no_codecs_at_all)
{
	struct flipq_setup s = raw_setup(1, 1, SIZE);
	struct flipq_result r = { 0 };
	struct rawq q;

	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_run(&q, &self->good, &r));
	EXPECT_EQ(-EINVAL, r.status);
	ASSERT_EQ(0, raw_run(&q, &self->unpack, &r));
	EXPECT_EQ(-EINVAL, r.status);
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

TEST_F(request, flags)
{
	static const struct refusal bad[] = {
		{ "user source", -EOPNOTSUPP,
		  { DESC(flags, FLIPQ_REQ_SRC_USER) } },
		{ "user destination", -EOPNOTSUPP,
		  { DESC(flags, FLIPQ_REQ_DST_USER) } },
		{ "region as source", -EOPNOTSUPP,
		  { DESC(flags, FLIPQ_REQ_SRC_REGION) } },
		{ "region as destination", -EOPNOTSUPP,
		  { DESC(flags, FLIPQ_REQ_DST_REGION) } },
		{ "checksum of encoded bytes, and of no kind", -EINVAL,
		  { DESC(flags, FLIPQ_REQ_CSUM_ENCODED) } },
	}, bad_unpack[] = {
		{ "fill detection of a decompression", -EINVAL,
		  { DESC(flags, FLIPQ_REQ_DETECT_FILL) } },
	};
	struct flipq_desc d = self->good;
	unsigned int bit, kind;

	for (bit = 0; bit < 32; bit++) {
		if (1U << bit & FLIPQ_REQ_FLAGS)
			continue;
		d.flags = 1U << bit;
		BAD(d, "undefined flag");
	}
	for (kind = 1; kind < 16; kind++) {
		if (kind != FLIPQ_PLACE_USER && kind != FLIPQ_PLACE_REGION) {
			d.flags = FLIPQ_REQ_KINDS(kind, 0, 0);
			BAD(d, "undefined source, or no arena");
			d.flags = FLIPQ_REQ_KINDS(0, kind, 0);
			BAD(d, "undefined destination, or no arena");
		}
		d.flags = FLIPQ_REQ_KINDS(0, 0, kind);
		if (kind > FLIPQ_CSUM_CRC32)
			BAD(d, "undefined checksum");
	}
	all_refused(_metadata, &self->q, &self->good, bad,
		    ARRAY_SIZE(bad));
	all_refused(_metadata, &self->q, &self->unpack, bad_unpack,
		    ARRAY_SIZE(bad_unpack));
}

TEST_F(request, reserved)
{
	static const struct refusal bad[] = {
		{ "reserved0, its first bit", -EINVAL, { DESC(reserved0, 1) } },
		{ "reserved0, its last", -EINVAL, { DESC(reserved0, 0x8000) } },
		{ "reserved1", -EINVAL, { DESC(reserved1, 1) } },
		{ "bitmap of a compression", -EINVAL,
		  { DESC(flush.bitmap, 8) } },
		{ "first page of a compression", -EINVAL,
		  { DESC(flush.first, 1) } },
	}, bad_unpack[] = {
		{ "reserved1, its last bit", -EINVAL,
		  { DESC(reserved1, 1ULL << 63) } },
		{ "pages of a decompression", -EINVAL, { DESC(flush.count, 1) } },
	};

	all_refused(_metadata, &self->q, &self->good, bad,
		    ARRAY_SIZE(bad));
	all_refused(_metadata, &self->q, &self->unpack, bad_unpack,
		    ARRAY_SIZE(bad_unpack));
}

#define SOURCE(at, len) { DESC(src, at), DESC(src_len, len) }

TEST_F(request, source_range)
{
	static const struct refusal bad[] = {
		{ "one too long", -EINVAL, { DESC(src_len, SIZE + 1) } },
		{ "4 GiB", -EINVAL, { DESC(src_len, ~0U) } },
		{ "ends one too late", -EINVAL, SOURCE(1, SIZE) },
		{ "wraps round", -EINVAL, SOURCE(~0ULL, SIZE) },
		{ "wraps round to 0", -EINVAL, SOURCE(~0ULL - SIZE + 1, SIZE) },
		{ "at 4 GiB", -EINVAL, SOURCE(1ULL << 32, SIZE) },
		{ "nothing, from beyond the end", -EINVAL,
		  SOURCE(SIZE + 1, 0) },
		{ "a byte at the end", -EINVAL, SOURCE(SIZE, 1) },
		{ "sum of 2^32", -EINVAL, SOURCE(0x80000000U, 0x80000000U) },
	};

	all_refused(_metadata, &self->q, &self->good, bad,
		    ARRAY_SIZE(bad));
}

#define DESTINATION(at, len) { DESC(dst, at), DESC(dst_len, len) }

TEST_F(request, destination_range)
{
	static const struct refusal bad[] = {
		{ "one too long", -EINVAL, { DESC(dst_len, SIZE + 1) } },
		{ "4 GiB", -EINVAL, { DESC(dst_len, ~0U) } },
		{ "ends one too late", -EINVAL, DESTINATION(1, SIZE) },
		{ "wraps round", -EINVAL, DESTINATION(~0ULL, SIZE) },
		{ "wraps round to 0", -EINVAL,
		  DESTINATION(~0ULL - SIZE + 1, SIZE) },
		{ "at 4 GiB", -EINVAL, DESTINATION(1ULL << 32, SIZE) },
	}, bad_unpack[] = {
		{ "of a decompression", -EINVAL, { DESC(dst_len, SIZE + 1) } },
		{ "sum of 2^32", -EINVAL,
		  DESTINATION(0x80000000U, 0x80000000U) },
	};

	all_refused(_metadata, &self->q, &self->good, bad,
		    ARRAY_SIZE(bad));
	all_refused(_metadata, &self->q, &self->unpack, bad_unpack,
		    ARRAY_SIZE(bad_unpack));
}

/* A NOP is all zeros but for its opcode. */
TEST_F(request, nop)
{
	struct flipq_desc d;
	u8 *bytes = (u8 *)&d;
	size_t i;

	for (i = 1; i < sizeof(d); i++) {
		memset(&d, 0, sizeof(d));
		bytes[i] = 1;
		BAD(d, "not zero in a NOP");
	}
}

/* Offsets that are in range are honoured to the byte. */
TEST_F(request, offsets)
{
	struct flipq_desc d = self->good;
	u8 text[1000], *in = raw_in(&self->q, 0, 0);
	const u8 *out = raw_out(&self->q, 0, 0);
	struct flipq_result r;
	u32 packed, i;

	data_text(text, sizeof(text), 5);
	memset(in, 0xee, SIZE);
	memcpy(in + 77, text, sizeof(text));
	d.src = 77;
	d.src_len = sizeof(text);
	d.dst = 1234;
	d.dst_len = SIZE - 1234;
	ASSERT_EQ(0, raw_run(&self->q, &d, &r));
	ASSERT_EQ(0, r.status);
	ASSERT_LT(0, r.len);
	packed = r.len;
	memcpy(in + SIZE - packed, out + 1234, packed);

	d = self->unpack;
	d.src = SIZE - packed;
	d.src_len = packed;
	d.dst = SIZE - sizeof(text);
	d.dst_len = sizeof(text);
	ASSERT_EQ(0, raw_run(&self->q, &d, &r));
	ASSERT_EQ(0, r.status);
	ASSERT_EQ(sizeof(text), r.len);
	EXPECT_EQ(-1, data_differ(text, out + SIZE - sizeof(text),
				  sizeof(text)));
	for (i = 0; i < packed; i++)
		EXPECT_EQ(in[SIZE - packed + i], out[1234 + i]);
}

/* Several bad ones between good ones, handed over at once. */
TEST_F(request, mixed_batch)
{
	struct rawq *q = &self->q;
	const struct flipq_desc nop = { .opcode = FLIPQ_OP_NOP };
	unsigned int i;

	for (i = 0; i < 4; i++)
		*raw_desc(q, 0, i) = nop;
	raw_desc(q, 0, 1)->opcode = 99;
	raw_desc(q, 0, 2)->src = 1;
	ASSERT_EQ(0, raw_submit(q, 0, 0xf));
	ASSERT_EQ(0, raw_wait(q, 4, LONG_TIME, NULL));
	ASSERT_EQ(0xf, flip_finished(&q->side[0]));
	EXPECT_EQ(0, raw_result(q, 0, 0)->status);
	EXPECT_EQ(-EINVAL, raw_result(q, 0, 1)->status);
	EXPECT_EQ(-EINVAL, raw_result(q, 0, 2)->status);
	EXPECT_EQ(0, raw_result(q, 0, 3)->status);
	flip_collect(&q->side[0], 0xf);
}

TEST_HARNESS_MAIN
