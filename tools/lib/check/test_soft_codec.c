// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_soft_codec.c - what a queue in the process makes of each request
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "soft_rig.h"

#define MIB	(1U << 20)

static unsigned char data[4 * MIB], packed[4 * MIB];

/* Compress @len bytes of @data and get them back. */
static bool round_trip(struct flipq *q, uint32_t len)
{
	struct flipq_event e;
	int slot = flipq_get(q);
	uint32_t n;

	memcpy(flipq_input(q, slot), data, len);
	flipq_prep_compress(q, slot, 0, len, len, 0, 7);
	e = soft_result(q);
	if (e.status || e.user_data != 7)
		return false;
	if (e.flags & FLIPQ_RES_INCOMPRESSIBLE)
		return !e.len;
	n = e.len;
	if (!n || n >= len)
		return false;
	memcpy(packed, flipq_output(q, e.slot), n);
	slot = flipq_get(q);
	memcpy(flipq_input(q, slot), packed, n);
	flipq_prep_decompress(q, slot, 0, n, len, 0, 8);
	e = soft_result(q);
	return !e.status && e.len == len && e.user_data == 8 &&
	       !memcmp(flipq_output(q, e.slot), data, len);
}

/* Of these sizes up to @most: bytes that shrink, that do not, and zeros. */
static bool all_sizes(struct flipq *q, uint32_t most)
{
	static const uint32_t sizes[] = {
		1, 2, 13, 64, 100, 4096, 4097, 65536, 100000, MIB, 4 * MIB,
	};
	bool good = true;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(sizes) && sizes[n] <= most; n++) {
		soft_fill(data, sizes[n], 1);
		good = round_trip(q, sizes[n]) && good;
		soft_noise(data, sizes[n], 2);
		good = round_trip(q, sizes[n]) && good;
		memset(data, 0, sizes[n]);
		good = round_trip(q, sizes[n]) && good;
		if (!good) {
			printf("# at %u bytes\n", sizes[n]);
			break;
		}
	}
	return good;
}

static bool one_level(uint32_t algorithm, int level, uint32_t size)
{
	const struct flipq_codec codec = {
		.algorithm = algorithm, .level = level,
	};
	const struct flipq_config config = {
		.slots = 2, .partitions = 1, .in_size = size, .out_size = size,
		.codecs = &codec, .nr_codecs = 1,
	};
	struct flipq *q = soft_queue(config);
	bool good = q && all_sizes(q, size);

	if (!good)
		printf("# algorithm %u, level %d\n", algorithm, level);
	flipq_close(q);
	return good;
}

/* Each level that is offered for slots of @size bytes. */
static bool levels(const struct flipq_codec_info *i, uint32_t size)
{
	bool good = true;
	int level;

	for (level = i->min_level; level <= i->shared_level && good;
	     level = level < 22 ? level + 1 : level * 8 + 1)
		good = one_level(i->algorithm, level, size);
	return good;
}

static void test_round_trips(void)
{
	static const uint32_t sizes[] = { 64, 4096, 65536 };
	struct flipq_codec_info info;
	unsigned int n;
	size_t s;

	for (n = 0; !flipq_query_codec(FLIPQ_IN_PROCESS, n, 0, &info); n++) {
		char name[64];

		for (s = 0; s < ARRAY_SIZE(sizes); s++) {
			flipq_query_codec(FLIPQ_IN_PROCESS, n, sizes[s], &info);
			snprintf(name, sizeof(name), "%s: %u bytes, %d levels",
				 info.name, sizes[s], info.shared_level);
			ok(levels(&info, sizes[s]), name);
		}
		ok(one_level(info.algorithm, 1, 4 * MIB), "up to 4 MiB");
	}
	is(n, 4, "these are all codecs");
	is(flipq_query_codec(FLIPQ_IN_PROCESS, n, 0, &info), -ENOENT,
	   "the next one is not there");
}

static struct flipq *small_queue(uint32_t algorithm, uint32_t flags)
{
	static struct flipq_codec codec;
	const struct flipq_config config = {
		.slots = 2, .partitions = 1, .in_size = 8192, .out_size = 8192,
		.codecs = &codec, .nr_codecs = 1,
	};

	memset(&codec, 0, sizeof(codec));
	codec.algorithm = algorithm;
	codec.flags = flags;
	return soft_queue(config);
}

static struct flipq_event pack(struct flipq *q, uint32_t len, uint32_t room,
			       uint32_t flags)
{
	int slot = flipq_get(q);

	memcpy(flipq_input(q, slot), data, len);
	flipq_prep_compress(q, slot, 0, len, room, flags, 0);
	return soft_result(q);
}

static struct flipq_event unpack(struct flipq *q, const void *from,
				 uint32_t len, uint32_t room, uint32_t flags)
{
	int slot = flipq_get(q);

	memcpy(flipq_input(q, slot), from, len);
	flipq_prep_decompress(q, slot, 0, len, room, flags, 0);
	return soft_result(q);
}

static bool same(struct flipq *q, uint32_t algorithm)
{
	struct flipq_event e, f;
	unsigned char frame[8192];
	uint32_t n;

	soft_fill(data, 5000, 3);
	e = pack(q, 5000, 5000, 0);
	n = e.len;
	memcpy(frame, flipq_output(q, e.slot), n);
	/* some want a few bytes to spare, deflate needs none */
	e = pack(q, 5000, n + (algorithm < FLIPQ_ALG_DEFLATE ? 32 : 0), 0);
	if (e.status || e.len != n)
		return false;
	e = pack(q, 5000, n / 2, 0);
	if (e.status != -ENOSPC || e.len || e.flags)
		return false;
	e = pack(q, 5000, 0, 0);
	if (e.status != -ENOSPC)
		return false;
	e = unpack(q, frame, n - 1, 8192, 0);
	f = unpack(q, frame, 0, 8192, 0);
	if (e.status != -EBADMSG || f.status != -EBADMSG)
		return false;
	e = unpack(q, frame, n, 4999, 0);
	if (e.status != (algorithm <= FLIPQ_ALG_LZ4HC ? -EBADMSG : -ENOSPC))
		return false;
	e = unpack(q, frame, n, 5000, 0);
	if (e.status || e.len != 5000)
		return false;
	memset(frame + n, 1, 10);
	e = unpack(q, frame, n + 10, 8192, 0);
	soft_noise(frame, 4000, 9);
	f = unpack(q, frame, 4000, 8192, 0);
	return e.status == -EBADMSG && f.status == -EBADMSG && !f.len;
}

static void test_status(void)
{
	uint32_t algorithm;

	for (algorithm = 1; algorithm < FLIPQ_ALG_NR; algorithm++) {
		char name[64];
		struct flipq *q;

		if (algorithm == FLIPQ_ALG_LZO)
			continue;
		q = small_queue(algorithm, 0);
		snprintf(name, sizeof(name),
			 "algorithm %u: too little room, and bad frames",
			 algorithm);
		ok(q && same(q, algorithm), name);
		flipq_close(q);
		q = small_queue(algorithm, FLIPQ_CODEC_DECOMPRESS_ONLY);
		is(pack(q, 64, 64, 0).status, -EOPNOTSUPP,
		   "decompress only: does not compress");
		flipq_close(q);
	}
}

/* Bytes whose checksums stock tools were asked for. */
static void known(unsigned char *p)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		p[i] = (unsigned char)(i * 7 + i / 256);
}

static uint64_t sum_of(struct flipq *q, uint32_t len, uint32_t kind)
{
	return pack(q, len, len, kind).csum;
}

static void test_checksums(void)
{
	struct flipq *q = small_queue(FLIPQ_ALG_ZSTD, FLIPQ_CODEC_CHECKSUM);
	struct flipq_event e;
	bool good = true;
	uint32_t len, low;

	is(sum_of(q, 0, FLIPQ_REQ_CSUM_XXH32), 0x02cc5d05, "XXH32 of nothing");
	ok(sum_of(q, 0, FLIPQ_REQ_CSUM_XXH64) == 0xef46db3751d8e999ULL,
	   "XXH64 of nothing");
	memcpy(data, "abc", 3);
	is(sum_of(q, 3, FLIPQ_REQ_CSUM_XXH32), 0x32d153ff, "XXH32 of abc");
	ok(sum_of(q, 3, FLIPQ_REQ_CSUM_XXH64) == 0x44bc2cf5ad770999ULL,
	   "XXH64 of abc");
	is(sum_of(q, 3, FLIPQ_REQ_CSUM_CRC32), 0x352441c2, "CRC-32 of abc");
	known(data);
	is(sum_of(q, 1000, FLIPQ_REQ_CSUM_XXH32), 0x3e483681,
	   "XXH32 of 1000 bytes is that of lz4");
	is(sum_of(q, 1000, FLIPQ_REQ_CSUM_CRC32), 0x668f073d,
	   "CRC-32 of 1000 bytes is that of zlib");
	/* a frame's own checksum is the low half */
	for (len = 100; len < 200; len++) {
		soft_fill(data, len, len);
		e = pack(q, len, len, FLIPQ_REQ_CSUM_XXH64);
		memcpy(&low, (const char *)flipq_output(q, e.slot) + e.len - 4,
		       4);
		good = good && !e.status && (uint32_t)e.csum == low;
	}
	ok(good, "XXH64 of 100 to 199 bytes is that of zstd");
	memcpy(packed, flipq_output(q, e.slot), e.len);
	is((long long)unpack(q, packed, e.len, 8192,
			     FLIPQ_REQ_CSUM_XXH64).csum,
	   (long long)e.csum, "decompressing has the same");
	ok(unpack(q, packed, e.len, 8192,
		  FLIPQ_REQ_CSUM_XXH64 | FLIPQ_REQ_CSUM_ENCODED).csum ==
	   pack(q, 199, 199, FLIPQ_REQ_CSUM_XXH64 |
		FLIPQ_REQ_CSUM_ENCODED).csum,
	   "of what is encoded, both ways alike");
	packed[e.len - 1] ^= 1;
	is(unpack(q, packed, e.len, 8192, 0).status, -EBADMSG,
	   "a frame's checksum is looked at");
	flipq_close(q);
}

static void test_filled(void)
{
	struct flipq *q = small_queue(FLIPQ_ALG_LZ4, 0);
	struct flipq_event e;

	memset(data, 0xab, 4096);
	e = pack(q, 4096, 4096, FLIPQ_REQ_DETECT_FILL);
	ok(!e.status && e.flags == FLIPQ_RES_FILLED && !e.len &&
	   e.value == 0xababababababababULL, "one word repeated is found");
	e = pack(q, 4095, 4096, FLIPQ_REQ_DETECT_FILL);
	ok(!e.status && !e.flags && e.len, "not where the length is no multiple");
	data[4095] = 0;
	e = pack(q, 4096, 4096, FLIPQ_REQ_DETECT_FILL);
	ok(!e.status && !e.flags && e.len, "nor where the last byte differs");
	soft_noise(data, 4096, 1);
	e = pack(q, 4096, 4096, FLIPQ_REQ_CSUM_CRC32 | FLIPQ_REQ_CSUM_ENCODED);
	ok(!e.status && e.flags == FLIPQ_RES_INCOMPRESSIBLE && !e.len &&
	   e.csum == sum_of(q, 4096, FLIPQ_REQ_CSUM_CRC32),
	   "noise is incompressible, with the checksum of itself");
	flipq_close(q);
}

static int raw(struct flipq *q, struct flipq_desc d)
{
	flipq_prep_raw(q, flipq_get(q), &d, 0);
	return soft_result(q).status;
}

/* Each of these must be refused, and the queue goes on. */
static void test_descriptors(void)
{
	static const struct flipq_desc bad[] = {
		{ .opcode = FLIPQ_OP_NR },
		{ .opcode = 255 },
		{ .src_len = 1 },
		{ .flags = FLIPQ_REQ_DST_ARENA },
		{ .reserved0 = 1 },
		{ .reserved1 = 1 },
		{ .own[2] = 1 },
		{ .codec = 1 },
		{ .opcode = FLIPQ_OP_COMPRESS, .codec = 1 },
		{ .opcode = FLIPQ_OP_COMPRESS, .src_len = 8193 },
		{ .opcode = FLIPQ_OP_COMPRESS, .dst_len = 8193 },
		{ .opcode = FLIPQ_OP_COMPRESS, .src_len = 8192, .src = 1 },
		{ .opcode = FLIPQ_OP_COMPRESS, .src_len = 1, .src = ~0ULL },
		{ .opcode = FLIPQ_OP_COMPRESS, .flags = 0x400 },
		{ .opcode = FLIPQ_OP_COMPRESS, .flags = 0x4000 },
		{ .opcode = FLIPQ_OP_COMPRESS,
		  .flags = FLIPQ_REQ_CSUM_ENCODED },
		{ .opcode = FLIPQ_OP_COMPRESS, .flags = FLIPQ_REQ_SRC_ARENA },
		{ .opcode = FLIPQ_OP_COMPRESS, .flags = 4 },
		{ .opcode = FLIPQ_OP_DECOMPRESS,
		  .flags = FLIPQ_REQ_DETECT_FILL },
		{ .opcode = FLIPQ_OP_COPY, .src_len = 2, .dst_len = 1 },
		{ .opcode = FLIPQ_OP_FLUSH, .src_len = 4096, .dst_len = 1,
		  .flags = FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA },
		{ .opcode = FLIPQ_OP_FLUSH, .src_len = 4096 },
	};
	static const struct flipq_desc region = {
		.opcode = FLIPQ_OP_COPY, .flags = FLIPQ_REQ_SRC_REGION,
	};
	static const struct flipq_desc none;
	struct flipq *q = small_queue(FLIPQ_ALG_LZ4, 0);
	bool good = true;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(bad); n++) {
		if (raw(q, bad[n]) == -EINVAL)
			continue;
		printf("# descriptor %zu\n", n);
		good = false;
	}
	ok(good, "bad descriptors are EINVAL");
	is(raw(q, region), -EOPNOTSUPP, "registered regions are not supported");
	is(raw(q, none), 0, "a NOP is fine");
	flipq_close(q);
}

/* Is the output as it was, from @from on? */
static bool untouched(const unsigned char *out, uint32_t from)
{
	uint32_t i;

	for (i = from; i < 8192; i++)
		if (out[i] != 0x55)
			return false;
	return true;
}

/* An output is of its own bytes, and none after an error. */
static void test_output(void)
{
	struct flipq *q = small_queue(FLIPQ_ALG_ZSTD, 0);
	struct flipq_event e;
	uint32_t n, i;
	bool good = true;

	soft_fill(data, 8192, 5);
	e = pack(q, 8192, 8192, 0);
	n = e.len;
	memcpy(packed, flipq_output(q, e.slot), n);
	for (i = 0; i < 2; i++) {
		int slot = flipq_get(q);

		memset((void *)flipq_output(q, slot), 0x55, 8192);
		memcpy(flipq_input(q, slot), packed, n);
		flipq_prep_decompress(q, slot, 0, n - i, 8191 + i, 0, 0);
	}
	flipq_submit_and_wait(q, 2, NONE);
	while (flipq_peek(q, &e)) {
		good = good && e.status < 0 &&
		       untouched(flipq_output(q, e.slot), 0);
		flipq_seen(q, e.slot);
	}
	ok(good, "what fails leaves the output as it was");
	for (i = 0; i < 2; i++)
		memset((void *)flipq_output(q, (int)i), 0x55, 8192);
	e = pack(q, 8192, 8192, 0);
	ok(e.len == n && untouched(flipq_output(q, e.slot), n),
	   "and what does not, behind it");
	flipq_close(q);
}

static void test_places(void)
{
	const long page = sysconf(_SC_PAGESIZE);
	static const struct flipq_codec codec = {
		.algorithm = FLIPQ_ALG_DEFLATE, .level = 1,
	};
	const struct flipq_config config = {
		.slots = 2, .partitions = 1, .in_size = 4096, .out_size = 4096,
		.max_len = MIB, .arena_size = 4 * MIB, .codecs = &codec,
		.nr_codecs = 1,
	};
	const uint32_t both = FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER;
	struct flipq *q = soft_queue(config);
	unsigned char *arena = flipq_arena(q);
	unsigned char *hole = mmap(NULL, (size_t)page * 2, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct flipq_event e;

	soft_fill(arena, MIB, 6);
	memcpy(data, arena, MIB);
	flipq_prep_compress_at(q, flipq_get(q), 0, 0, MIB, 0, MIB,
			       FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA, 0);
	e = soft_result(q);
	ok(!e.status && e.len && e.len < MIB, "the arena onto itself");
	flipq_prep_decompress_at(q, flipq_get(q), 0, 0, e.len,
				 (uintptr_t)packed, MIB,
				 FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_USER, 0);
	e = soft_result(q);
	ok(!e.status && e.len == MIB && !memcmp(packed, data, MIB),
	   "from there to the process's memory");
	flipq_prep_copy(q, flipq_get(q), (uintptr_t)data, 2 * MIB, MIB,
			FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_ARENA, 0);
	e = soft_result(q);
	ok(!e.status && e.len == MIB && !memcmp(arena + 2 * MIB, data, MIB),
	   "a copy the other way");
	flipq_prep_copy(q, flipq_get(q), 3 * MIB + 1, 0, MIB,
			FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA, 0);
	is(soft_result(q).status, -EINVAL, "not beyond the arena");
	flipq_prep_copy(q, flipq_get(q), (uintptr_t)hole, (uintptr_t)packed,
			100, both, 0);
	is(soft_result(q).status, -EFAULT, "a bad source is EFAULT");
	flipq_prep_copy(q, flipq_get(q), (uintptr_t)data, (uintptr_t)hole,
			100, both, 0);
	is(soft_result(q).status, -EFAULT, "and so is a bad destination");
	flipq_prep_compress_at(q, flipq_get(q), 0, (uintptr_t)data, 4096,
			       (uintptr_t)hole, 4096, both, 0);
	e = soft_result(q);
	ok(e.status == -EFAULT && !e.len, "of a codec, too");
	munmap(hole, (size_t)page * 2);
	flipq_close(q);
}

/* Every third page of 300 is dirty. */
static bool flush_pages(struct flipq *q, unsigned char *base,
			enum flipq_where where)
{
	const uint64_t at = where == FLIPQ_IN_USER ? (uintptr_t)base : 0;
	struct flipq_flush f = {
		.src = at, .dst = at + 2 * MIB, .bitmap = at + 3 * MIB + 512,
		.first = 1, .count = 299, .page_size = 1024, .where = where,
	};
	uint64_t *bits = (void *)(base + 3 * MIB + 512);
	bool good = true;
	unsigned int n;

	memset(base, 0, 4 * MIB);
	soft_noise(base, 300 * 1024, 7);
	for (n = 0; n < 300; n += 3)
		bits[n / 64] |= 1ULL << n % 64;
	if (flipq_flush(q, &f) || f.pages != 99 || f.words != 5)
		return false;
	for (n = 0; n < 300; n++)
		good = good && !memcmp(base + 2 * MIB + n * 1024,
				       base + (n && n % 3 == 0 ? 0 : MIB) +
				       (n && n % 3 == 0 ? n * 1024 : 0), 1024);
	return good && bits[0] == 1 && !bits[1] && !bits[4];
}

static void test_flush(void)
{
	const struct flipq_config config = {
		.partitions = 2, .owner_partitions = 2, .arena_size = 4 * MIB,
	};
	struct flipq *q = soft_queue(config);
	struct flipq_flush f = {
		.bitmap = (uintptr_t)packed, .count = 10, .page_size = 4096,
		.dst = (uintptr_t)data, .where = FLIPQ_IN_USER,
	};

	ok(flush_pages(q, flipq_arena(q), FLIPQ_IN_ARENA),
	   "dirty pages of the arena are flushed");
	ok(flush_pages(q, data, FLIPQ_IN_USER), "and those of the process");
	memset(packed, 0xff, 8);
	is(flipq_flush(q, &f), -EFAULT, "a bad address is EFAULT");
	is(packed[0], 0xff, "and its pages are still dirty");
	flipq_close(q);
}

int main(void)
{
	test_round_trips();
	test_status();
	test_checksums();
	test_filled();
	test_descriptors();
	test_output();
	test_places();
	test_flush();
	return tap_end();
}
