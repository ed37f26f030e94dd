// SPDX-License-Identifier: GPL-2.0-only
/*
 * worst - the slowest requests that are known, in both directions
 *
 * A codec cannot be interrupted, so what a request takes others wait for: about
 * 100 ms of a 2.6 GHz core for a shared worker, 1 s in an owner's call. Seconds
 * of an emulated machine say nothing. So what a request takes is divided by
 * what another one takes whose time on such a core is known, and in a VM whose
 * clock counts instructions (tools/vm/run -i) that is a ratio of instructions.
 */
#include <sys/utsname.h>

#include <zlib.h>
#include <zstd.h>

#include "common.h"
#include "own.h"
#include "worst.h"

#define SIZE		(4U << 20)

/* lz4hc of level 4, 4 random symbols: 84 ms for 4 MiB (kmod/codec/lz4hc.c). */
#define KNOWN_SIZE	(1U << 20)
#define KNOWN_MS	21.0

/*
 * What the emulator makes of a codec is up to twice what a processor does, to
 * either side. Without a bound it is 4 times and more.
 */
#define SHARED_MS	(2 * 100.0)
#define OWNER_MS	(2 * 1000.0)

enum { SHARED, OWNER };
enum { LZ4, LZ4HC, LZO, ZSTD, DEFLATE };

static struct flipq_codec codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_LZ4HC, .level = 4 },
	{ .algorithm = FLIPQ_ALG_LZO },
	{ .algorithm = FLIPQ_ALG_ZSTD, .flags = FLIPQ_CODEC_DECOMPRESS_ONLY },
	{ .algorithm = FLIPQ_ALG_DEFLATE, .flags = FLIPQ_CODEC_DECOMPRESS_ONLY },
};

/* Symbols that are random: two, or four. */
static void symbols(u8 *p, size_t len, unsigned int mask)
{
	u64 state = 1;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (u8)(rnd(&state) >> 40) & (u8)mask;
}

/* One request on a partition, and what it took. */
static int timed(struct rawq *q, unsigned int p, const struct flipq_desc *d,
		 struct flipq_result *r, u64 *ns)
{
	struct flipq_stats before, after;
	int error = raw_stats(q, FLIPQ_STATS_PARTITION, p, &before);

	if (!error)
		error = own_run(q, p, d, r);
	if (!error && p < q->setup.partitions)
		error = raw_parked(q, p);
	if (!error)
		error = raw_stats(q, FLIPQ_STATS_PARTITION, p, &after);
	*ns = after.counters.busy_ns - before.counters.busy_ns;
	return error;
}

FIXTURE(worst) {
	struct rawq q;
	u8 *stream;
	double ms;		/* of a 2.6 GHz core, for a nanosecond here */
};

FIXTURE_SETUP(worst)
{
	struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.codec = LZ4HC,
		.src_len = KNOWN_SIZE,
		.dst_len = KNOWN_SIZE,
	};
	struct flipq_setup s = own_setup(1, 1, 1, SIZE);
	struct flipq_result r;
	u64 ns = 0, best = ~0ULL;
	int i;

	DEVICE_OR_SKIP(return);
	if (slow() > 1)
		SKIP(return, "times of an instrumented kernel");
	raw_no_spin(&s);
	raw_offered(codecs, ARRAY_SIZE(codecs));
	raw_codecs(&s, codecs, ARRAY_SIZE(codecs));
	ASSERT_EQ(0, raw_open(&self->q, &s));
	self->stream = malloc(SIZE);
	ASSERT_NE(NULL, self->stream);
	symbols(raw_in(&self->q, SHARED, 0), KNOWN_SIZE, 3);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, timed(&self->q, SHARED, &d, &r, &ns));
		ASSERT_EQ(0, r.status);
		if (ns < best)
			best = ns;
	}
	if (!best)
		SKIP(return, "the clock of this machine stands still");
	self->ms = KNOWN_MS / (double)best;
}

FIXTURE_TEARDOWN(worst)
{
	raw_close(&self->q);
	free(self->stream);
}

static unsigned int codec_of(u32 algorithm)
{
	unsigned int i = 0;

	while (codecs[i].algorithm != algorithm)
		i++;
	return i;
}

/*
 * Decompress @len bytes of self->stream. What took long is tried again: the
 * machine may have been busy otherwise.
 */
static int unpack(struct _test_data_worst *self, unsigned int p, u32 algorithm,
		  size_t len, struct flipq_result *r, double *ms)
{
	const struct flipq_desc d = {
		.opcode = FLIPQ_OP_DECOMPRESS,
		.codec = (u8)codec_of(algorithm),
		.src_len = (u32)len,
		.dst_len = SIZE,
	};
	u64 ns, best = ~0ULL;
	int error = 0, i;

	memcpy(raw_in(&self->q, p, 0), self->stream, len);
	for (i = 0; !error && i < 5; i++) {
		error = timed(&self->q, p, &d, r, &ns);
		if (ns < best)
			best = ns;
		*ms = (double)best * self->ms;
		if (*ms < (p == SHARED ? SHARED_MS / 2 : OWNER_MS / 8))
			break;
	}
	return error;
}

/* Whether this kernel's zstd is of before Linux 5.16. */
static bool zstd_is_old(void)
{
	struct utsname name;
	unsigned int major, minor;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major < 5 || (major == 5 && minor < 16);
}

/* What comes of 4 MiB on a shared worker. */
static int expected(const struct worst *w)
{
	if (w->refused)
		return -EOPNOTSUPP;
	return w->brief && zstd_is_old() ? -EBADMSG : 0;
}

/* Every one is done within the bound, or refused within it. */
TEST_F(worst, decompress)
{
	struct flipq_result r;
	double ms, most = 0;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(worst); i++) {
		const struct worst *w = &worst[i];

		len = w->make(self->stream, SIZE, SIZE);
		ASSERT_LT(0, len);
		ASSERT_EQ(0, unpack(self, SHARED, w->algorithm, len, &r, &ms));
		TH_LOG("%s: %zu bytes: status %d, %.0f ms of a 2.6 GHz core",
		       w->name, len, r.status, ms);
		EXPECT_EQ(expected(w), r.status);
		EXPECT_GE(SHARED_MS, ms);
		if (ms > most)
			most = ms;
	}
	TH_LOG("slowest of %zu: %.0f ms of 100", i, most);
	EXPECT_EQ(0, raw_alive(&self->q));
}

/*
 * Nearly as much of @w as a shared worker takes; that is the last one done. The
 * room it has, or 0; @more is room for what is refused.
 */
static size_t most_taken(const struct worst *w, struct _test_data_worst *self,
			 struct flipq_result *r, double *ms, size_t *more)
{
	size_t room = SIZE, step = SIZE / 2, taken = 0;

	for (; step && (step >= room / 8 || !taken); step /= 2) {
		size_t len = w->make(self->stream, room, SIZE);

		if (unpack(self, SHARED, w->algorithm, len, r, ms))
			return 0;
		if (r->status) {
			*more = room;
			room -= step;
		} else {
			taken = room;
			room += step;
		}
	}
	if (unpack(self, SHARED, w->algorithm,
		   w->make(self->stream, taken, SIZE), r, ms))
		return 0;
	return taken;
}

/* What is just within the limits, too, and the owner may have more. */
TEST_F(worst, at_the_limit)
{
	struct flipq_result r;
	size_t i, len, taken, more = 0;
	double ms;

	for (i = 0; i < ARRAY_SIZE(worst); i++) {
		const struct worst *w = &worst[i];

		if (!w->refused || (w->brief && zstd_is_old()))
			continue;
		taken = most_taken(w, self, &r, &ms, &more);
		ASSERT_LT(0, taken);
		TH_LOG("%s: %zu bytes are taken, %zu are not: %.0f ms of a 2.6 GHz core",
		       w->name, taken, more, ms);
		EXPECT_EQ(0, r.status);
		EXPECT_GE(SHARED_MS, ms);
		len = w->make(self->stream, more, SIZE);
		ASSERT_EQ(0, unpack(self, OWNER, w->algorithm, len, &r, &ms));
		EXPECT_EQ(0, r.status) TH_LOG("%s: by the owner", w->name);
	}
}

/* All of it by the owner's thread. */
TEST_F(worst, decompress_own)
{
	static const char * const slowest[] = {
		"zstd_all_tables", "deflate_short_tables"
	};
	struct flipq_result r;
	size_t i, j, len;
	double ms;

	for (i = 0; i < ARRAY_SIZE(worst); i++) {
		const struct worst *w = &worst[i];

		for (j = 0; j < ARRAY_SIZE(slowest); j++)
			if (!strcmp(w->name, slowest[j]))
				break;
		if (j == ARRAY_SIZE(slowest))
			continue;
		/* A quarter, as it is in proportion. */
		len = w->make(self->stream, SIZE / 4, SIZE);
		ASSERT_EQ(0, unpack(self, OWNER, w->algorithm, len, &r, &ms));
		TH_LOG("%s by the owner: status %d, %.0f ms for 4 MiB", w->name,
		       r.status, 4 * ms);
		EXPECT_EQ(0, r.status);
		EXPECT_GE(OWNER_MS, 4 * ms);
	}
}

/* Pack @plain with zstd, with a flush after every @step bytes. */
static size_t flushed_zstd(const u8 *plain, u8 *out, int level, size_t step)
{
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	ZSTD_outBuffer to = { out, SIZE, 0 };
	size_t at, left;

	ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, level);
	for (at = 0; at < SIZE; at += step) {
		ZSTD_inBuffer from = { plain + at, step, 0 };

		left = ZSTD_compressStream2(cctx, &to, &from,
					    at + step < SIZE ? ZSTD_e_flush :
							       ZSTD_e_end);
		if (ZSTD_isError(left) || left)
			to.pos = 0;
	}
	ZSTD_freeCCtx(cctx);
	return to.pos;
}

/* The same with deflate. */
static size_t flushed_deflate(const u8 *plain, u8 *out, int level, size_t step)
{
	z_stream z = { .next_out = out, .avail_out = SIZE };
	size_t at;

	deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	for (at = 0; at < SIZE; at += step) {
		z.next_in = (Bytef *)(uintptr_t)plain + at;
		z.avail_in = (uInt)step;
		deflate(&z, at + step < SIZE ? Z_FULL_FLUSH : Z_FINISH);
	}
	deflateEnd(&z);
	return z.total_out;
}

/* Ordinary streams, even those that are flushed often, are not refused. */
TEST_F(worst, ordinary)
{
	static const struct {
		u32 algorithm;
		int level;
		size_t step;
	} kinds[] = {
		{ FLIPQ_ALG_ZSTD, 1, 512 },
		{ FLIPQ_ALG_ZSTD, 3, 1024 },
		{ FLIPQ_ALG_ZSTD, 9, 1024 },
		{ FLIPQ_ALG_ZSTD, 3, SIZE },
		{ FLIPQ_ALG_DEFLATE, 1, 512 },
		{ FLIPQ_ALG_DEFLATE, 6, 1024 },
		{ FLIPQ_ALG_DEFLATE, 9, 1024 },
		{ FLIPQ_ALG_DEFLATE, 6, 131072 },
	};
	u8 *plain = malloc(SIZE);
	struct flipq_result r;
	size_t i, len;
	double ms;

	ASSERT_NE(NULL, plain);
	/* Bytes in between: a text of twelve words needs hardly any table. */
	data_text(plain, SIZE, 1);
	for (i = 0; i < SIZE; i += 5)
		plain[i] = (u8)(i * i >> 7);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		len = kinds[i].algorithm == FLIPQ_ALG_ZSTD ?
		      flushed_zstd(plain, self->stream, kinds[i].level,
				   kinds[i].step) :
		      flushed_deflate(plain, self->stream, kinds[i].level,
				      kinds[i].step);
		ASSERT_LT(0, len);
		ASSERT_EQ(0, unpack(self, SHARED, kinds[i].algorithm, len, &r,
				    &ms));
		TH_LOG("codec %u, level %d, flushed every %zu: %zu bytes, status %d, %.0f ms",
		       kinds[i].algorithm, kinds[i].level, kinds[i].step, len,
		       r.status, ms);
		EXPECT_EQ(0, r.status);
		EXPECT_EQ(SIZE, r.len);
		EXPECT_EQ(-1, data_differ(plain, raw_out(&self->q, SHARED, 0),
					  SIZE));
	}
	free(plain);
}

/* Pieces of a page of two symbols. */
static void pieces(u8 *p, size_t len)
{
	u64 state = 3;
	u8 page[4096];
	size_t at, n;

	symbols(page, sizeof(page), 1);
	for (at = 0; at < len; at += n) {
		n = 1 + rnd_below(&state, 9);
		if (n > len - at)
			n = len - at;
		memcpy(p + at, page + rnd_below(&state, 4080), n);
	}
}

/* Zeros, with something else now and then. */
static void dotted(u8 *p, size_t len)
{
	u64 state = 5;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = rnd_below(&state, 128) ? 0 : (u8)rnd(&state);
}

static int query(unsigned int index, u32 size, struct flipq_codec_info *info)
{
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->index = index;
	info->slot_size = size;
	error = raw_ioctl(fd, FLIPQ_IOC_CODEC, info);
	close(fd);
	return error;
}

static void fill(u8 *p, size_t len, int kind)
{
	if (!kind)
		symbols(p, len, 1);
	else if (kind == 1)
		pieces(p, len);
	else
		dotted(p, len);
}

/* One request for the first @len bytes; what took least counts. */
static int once(struct rawq *q, u32 len, u64 *best)
{
	const struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.src_len = len,
		.dst_len = len,
	};
	struct flipq_result r;
	u64 ns;
	int error = timed(q, 0, &d, &r, &ns);

	if (!error && ns < *best)
		*best = ns;
	return error;
}

/*
 * What the slowest of some inputs takes in a queue for @size, reckoned from two
 * that are smaller: some of it is the same for all lengths. What seems too long
 * is tried again: the machine may have been busy otherwise.
 */
static int slowest(const struct flipq_codec *c, u32 size, double ms,
		   double *most)
{
	struct flipq_setup s = own_setup(1, 0, 1, size);
	const u32 len = 32768;
	struct rawq q;
	int error, kind, i;

	raw_codecs(&s, c, 1);
	error = raw_open(&q, &s);
	if (error)
		return error;
	for (kind = 0; !error && kind < 3; kind++) {
		u64 half = ~0ULL, all = ~0ULL;
		double took = OWNER_MS + 1;

		fill(raw_in(&q, 0, 0), len, kind);
		for (i = 0; !error && i < 5 && took > OWNER_MS; i++) {
			error = once(&q, len / 2, &half);
			if (!error)
				error = once(&q, len, &all);
			took = all < half ? 0 : ms * 2 * size / len *
			       (double)(all - half);
		}
		if (took > *most)
			*most = took;
	}
	raw_close(&q);
	return error;
}

/* The highest level that the owner may use of each codec, at three sizes. */
TEST_F(worst, compress_own)
{
	static const u32 sizes[] = { 128U << 10, 1U << 20, 4U << 20 };
	struct flipq_codec_info info;
	unsigned int i, j;

	for (i = 0; i < 5; i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct flipq_codec c = { .flags = FLIPQ_CODEC_OWNER };
			double took = 0;

			ASSERT_EQ(0, query(i, sizes[j], &info));
			if (!(info.caps & FLIPQ_CODEC_CAP_COMPRESS))
				continue;
			ASSERT_LE(info.min_level, info.owner_level);
			/* lz4's level is how hard it does not try. */
			c.algorithm = info.algorithm;
			c.level = info.algorithm == FLIPQ_ALG_LZ4 ? 1 :
				  info.owner_level;
			ASSERT_EQ(0, slowest(&c, sizes[j], self->ms, &took));
			TH_LOG("%s level %d, %u KiB: %.0f ms of a 2.6 GHz core",
			       info.name, c.level, sizes[j] >> 10, took);
			EXPECT_GE(OWNER_MS, took);
		}
	}
}

/* One level more than is offered is refused, and the limit is where it says. */
TEST(owner_levels)
{
	static const u32 sizes[] = { 4096, 65536, 131072, 262144, 524288,
				     1U << 20, 2U << 20, 4U << 20 };
	struct flipq_codec_info info;
	unsigned int i, j;

	DEVICE_OR_SKIP(return);
	for (i = 0; !query(i, 0, &info); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct flipq_codec c = { .flags = FLIPQ_CODEC_OWNER };
			struct flipq_setup s = own_setup(1, 0, 1, sizes[j]);
			struct rawq q;

			ASSERT_EQ(0, query(i, sizes[j], &info));
			if (!(info.caps & FLIPQ_CODEC_CAP_COMPRESS))
				continue;
			EXPECT_LE(info.shared_level, info.owner_level);
			EXPECT_LE(info.min_level, info.owner_level);
			EXPECT_LT(0, info.owner_workspace);
			EXPECT_EQ(0, info.reserved[0] | info.reserved[1]);
			raw_codecs(&s, &c, 1);
			c.algorithm = info.algorithm;
			c.level = info.owner_level;
			ASSERT_EQ(0, raw_open(&q, &s));
			raw_close(&q);
			if (info.owner_level == info.max_level)
				continue;
			TH_LOG("%s, %u KiB: up to level %d", info.name,
			       sizes[j] >> 10, info.owner_level);
			c.level++;
			EXPECT_EQ(-EOPNOTSUPP, raw_open(&q, &s));
			c.flags |= FLIPQ_CODEC_DECOMPRESS_ONLY;
			ASSERT_EQ(0, raw_open(&q, &s));
			raw_close(&q);
		}
	}
	EXPECT_EQ(5, i);
}

TEST_HARNESS_MAIN
