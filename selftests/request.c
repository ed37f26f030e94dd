// SPDX-License-Identifier: GPL-2.0-only
/*
 * request - every field of a descriptor that can be wrong, and the errno
 *
 * After each refusal the same queue serves the next request.
 */
#include "common.h"
#include "data.h"

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
	EXPECT_EQ(0, r.words);
	EXPECT_EQ(0, r.csum);
	EXPECT_EQ(0, r.value);
	ASSERT_EQ(0, raw_alive(q))
		TH_LOG("dead after: %s", what);
}

#define BAD(d, what) refused(_metadata, &self->q, -EINVAL, d, what)

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
	struct flipq_desc d = self->good;
	unsigned int i;

	for (i = 2; i < 256; i++) {
		d.codec = (u8)i;
		BAD(d, "codec index");
	}
	d.codec = 1;
	refused(_metadata, &self->q, -EOPNOTSUPP, d, "decompress-only codec");
	d = self->unpack;
	d.codec = 2;
	BAD(d, "codec index of a decompression");
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
	struct flipq_desc d = self->good;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (1U << bit & FLIPQ_REQ_FLAGS &
		    ~(FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA))
			continue;
		d.flags = 1U << bit;
		BAD(d, "undefined flag, or no arena");
	}
	d.flags = FLIPQ_REQ_SRC_USER;
	refused(_metadata, &self->q, -EOPNOTSUPP, d, "user source");
	d.flags = FLIPQ_REQ_DST_USER;
	refused(_metadata, &self->q, -EOPNOTSUPP, d, "user destination");
	d = self->unpack;
	d.flags = FLIPQ_REQ_DETECT_FILL;
	BAD(d, "fill detection of a decompression");
	d.flags = 0x0cU;
	BAD(d, "reserved destination");
	d.flags = 0x03U;
	BAD(d, "reserved source");
}

TEST_F(request, reserved)
{
	struct flipq_desc d = self->good;

	d.reserved0 = 1;
	BAD(d, "reserved0");
	d.reserved0 = 0x8000;
	BAD(d, "reserved0");
	d = self->good;
	d.reserved1 = 1;
	BAD(d, "reserved1");
	d = self->unpack;
	d.reserved2 = 1ULL << 63;
	BAD(d, "reserved2");
	d = self->good;
	d.bitmap = 8;
	BAD(d, "bitmap of a compression");
	d = self->good;
	d.first = 1;
	BAD(d, "first page of a compression");
	d = self->unpack;
	d.count = 1;
	BAD(d, "pages of a decompression");
}

TEST_F(request, source_range)
{
	struct flipq_desc d = self->good;

	d.src_len = SIZE + 1;
	BAD(d, "source one too long");
	d.src_len = ~0U;
	BAD(d, "source of 4 GiB");
	d.src_len = SIZE;
	d.src = 1;
	BAD(d, "source ends one too late");
	d.src = ~0ULL;
	BAD(d, "source wraps round");
	d.src = ~0ULL - SIZE + 1;
	BAD(d, "source wraps round to 0");
	d.src = 1ULL << 32;
	BAD(d, "source at 4 GiB");
	d.src_len = 0;
	d.src = SIZE + 1;
	BAD(d, "nothing, from beyond the end");
	d.src_len = 1;
	d.src = SIZE;
	BAD(d, "a byte at the end");
	d.src_len = 0x80000000U;
	d.src = 0x80000000U;
	BAD(d, "sum of 2^32");
}

TEST_F(request, destination_range)
{
	struct flipq_desc d = self->good;

	d.dst_len = SIZE + 1;
	BAD(d, "destination one too long");
	d.dst_len = ~0U;
	BAD(d, "destination of 4 GiB");
	d.dst_len = SIZE;
	d.dst = 1;
	BAD(d, "destination ends one too late");
	d.dst = ~0ULL;
	BAD(d, "destination wraps round");
	d.dst = ~0ULL - SIZE + 1;
	BAD(d, "destination wraps round to 0");
	d.dst = 1ULL << 32;
	BAD(d, "destination at 4 GiB");
	d = self->unpack;
	d.dst_len = SIZE + 1;
	BAD(d, "destination of a decompression");
	d.dst_len = 0x80000000U;
	d.dst = 0x80000000U;
	BAD(d, "sum of 2^32");
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
