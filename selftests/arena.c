// SPDX-License-Identifier: GPL-2.0-only
/*
 * arena - memory that requests name by offset: its limits, its mapping, and
 * workers that meet it while the owner writes to it
 */
#include <pthread.h>

#include "data.h"
#include "load.h"
#include "own.h"

#define ARENA (1UL << 20)
#define LEN 16384U

static struct flipq_codec codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_LZ4HC },
	{ .algorithm = FLIPQ_ALG_LZO },
	{ .algorithm = FLIPQ_ALG_ZSTD },
	{ .algorithm = FLIPQ_ALG_DEFLATE },
};

FIXTURE(arena) {
	struct rawq q;
	struct flipq_info before;
};

FIXTURE_SETUP(arena)
{
	struct flipq_setup s = own_setup(4, 1, 1, LEN);

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	s.arena_size = ARENA;
	raw_offered(codecs, ARRAY_SIZE(codecs));
	raw_codecs(&s, codecs, ARRAY_SIZE(codecs));
	ASSERT_EQ(0, raw_open(&self->q, &s));
}

FIXTURE_TEARDOWN(arena)
{
	raw_close(&self->q);
	nothing_left(_metadata, &self->before);
}

TEST_F(arena, sizes)
{
	const u64 page = page_size();
	const struct {
		u64 arena;
		u32 max_len;
		int error;
	} asked[] = {
		{ 1, 0, -EINVAL },
		{ page / 2, 0, -EINVAL },
		{ page - 1, 0, -EINVAL },
		{ page + 1, 0, -EINVAL },
		{ ~0ULL, 0, -EINVAL },
		{ ~0ULL - page + 1, 0, -EDQUOT },
		{ 1ULL << 63, 0, -EDQUOT },
		{ (self->before.max_queue_bytes | (page - 1)) + 1, 0, -EDQUOT },
		{ page, FLIPQ_MIN_SLOT_SIZE - 1, -EINVAL },
		{ page, FLIPQ_MAX_SLOT_SIZE + 1, -EINVAL },
		{ page, ~0U, -EINVAL },
		{ page, FLIPQ_MAX_SLOT_SIZE, 0 },
		{ page, 0, 0 },
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		struct flipq_setup s = raw_setup(1, 1, 64);

		s.arena_size = asked[i].arena;
		s.max_len = asked[i].max_len;
		fd = raw_device();
		ASSERT_LE(0, fd);
		EXPECT_EQ(asked[i].error, raw_ioctl(fd, FLIPQ_IOC_SETUP, &s))
			TH_LOG("arena %#llx, max_len %u", asked[i].arena,
			       asked[i].max_len);
		if (asked[i].error) {
			s = raw_setup(1, 1, 64);
			EXPECT_EQ(0, raw_ioctl(fd, FLIPQ_IOC_SETUP, &s))
				TH_LOG("not after an error");
		}
		close(fd);
	}
}

TEST_F(arena, charged)
{
	struct flipq_info with, more;
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct rawq q;
	u64 without;

	ASSERT_EQ(0, raw_info(&with));
	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_info(&more));
	without = more.total_bytes - with.total_bytes;
	raw_close(&q);
	ASSERT_EQ(0, raw_settle(&with, &more));
	s.arena_size = ARENA;
	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_info(&more));
	EXPECT_EQ(without + ARENA, more.total_bytes - with.total_bytes);
	raw_close(&q);
	ASSERT_EQ(0, raw_settle(&with, &more));
	EXPECT_EQ(with.total_bytes, more.total_bytes);
}

static int try_map(int fd, u64 size, int prot, int flags, u64 offset)
{
	void *p = mmap(NULL, size, prot, flags, fd, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, size);
	return 0;
}

#define RW (PROT_READ | PROT_WRITE)

#define FAULTED 77

static void faulted(int sig __attribute__((unused)))
{
	_exit(FAULTED);
}

TEST_F(arena, mapping)
{
	const u64 at = self->q.setup.arena_offset, page = page_size();
	const struct {
		int error;
		u64 size;
		int prot;
		int flags;
		u64 offset;
	} asked[] = {
		{ 0, ARENA, RW, MAP_SHARED, at },
		{ 0, ARENA, PROT_READ, MAP_SHARED, at },
		{ -EINVAL, ARENA - page, RW, MAP_SHARED, at },
		{ -EINVAL, ARENA + page, RW, MAP_SHARED, at },
		{ -EINVAL, ARENA, RW, MAP_SHARED, at + page },
		{ -EINVAL, ARENA - page, RW, MAP_SHARED, at + page },
		{ -EINVAL, ARENA, RW, MAP_PRIVATE, at },
		{ -EACCES, ARENA, RW | PROT_EXEC, MAP_SHARED, at },
	};
	struct flipq_setup s = raw_setup(1, 1, 64);
	int fd = self->q.fd, status;
	struct rawq none;
	pid_t pid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		EXPECT_EQ(asked[i].error,
			  try_map(fd, asked[i].size, asked[i].prot,
				  asked[i].flags, asked[i].offset))
			TH_LOG("number %zu", i);
	}
	EXPECT_EQ(-1, mprotect(self->q.arena, ARENA, RW | PROT_EXEC));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(try_map(fd, ARENA, RW, MAP_SHARED, at) == -EIO ? 0 : 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Not to die of it, which the kernel would log. */
		signal(SIGSEGV, faulted);
		_exit(READ_ONCE(*self->q.arena));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == FAULTED)
		TH_LOG("a child has the mapping, too");

	ASSERT_EQ(0, raw_open(&none, &s));
	EXPECT_EQ(-EINVAL, try_map(none.fd, page, RW, MAP_SHARED, at));
	raw_close(&none);
}

/* What was in the memory before is nobody's business. */
TEST_F(arena, begins_as_zeros)
{
	size_t i;

	for (i = 0; i < ARENA; i++)
		ASSERT_EQ(0, self->q.arena[i]) TH_LOG("byte %zu", i);
}

/* Where things are in the arena: three pieces with guards around each. */
#define GUARD 64U
#define PLAIN GUARD
#define PACKED (PLAIN + LEN + GUARD)
#define BACK (PACKED + LEN + GUARD)
#define END (BACK + LEN + GUARD)
#define MARK 0xa5

static void lay_out(u8 *arena, u64 seed)
{
	memset(arena, MARK, END);
	data_text(arena + PLAIN, LEN, seed);
}

/* Everything but the @len bytes at @at, which are the destination. */
static bool marked_but(const u8 *arena, size_t at, size_t len)
{
	size_t i;

	for (i = PLAIN + LEN; i < END; i++) {
		if (i == at)
			i += len;
		if (i < END && arena[i] != MARK)
			return false;
	}
	return true;
}

#define IN_ARENA (FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA)

/* Partition @p does the whole way, once in the arena and once by slots. */
static void there_and_back(struct __test_metadata *_metadata, struct rawq *q,
			   unsigned int p, u8 codec)
{
	struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS, .codec = codec, .flags = IN_ARENA,
		.src_len = LEN, .dst_len = LEN, .src = PLAIN, .dst = PACKED,
	};
	u8 *arena = q->arena;
	struct flipq_result r;

	lay_out(arena, codec);
	ASSERT_EQ(0, own_run(q, p, &d, &r));
	ASSERT_EQ(0, r.status);
	ASSERT_GT(LEN, r.len);
	EXPECT_TRUE(marked_but(arena, PACKED, r.len));

	d.opcode = FLIPQ_OP_DECOMPRESS;
	d.src = PACKED;
	d.src_len = r.len;
	d.dst = BACK;
	ASSERT_EQ(0, own_run(q, p, &d, &r));
	ASSERT_EQ(0, r.status);
	EXPECT_EQ(LEN, r.len);
	EXPECT_EQ(-1, data_differ(arena + PLAIN, arena + BACK, LEN));
	EXPECT_EQ(MARK, arena[BACK - 1]);
	EXPECT_EQ(MARK, arena[BACK + LEN]);

	/* slot to arena, arena to slot */
	memcpy(raw_in(q, p, 0), arena + PLAIN, LEN);
	d = (struct flipq_desc){
		.opcode = FLIPQ_OP_COMPRESS, .codec = codec,
		.flags = FLIPQ_REQ_DST_ARENA, .src_len = LEN, .dst_len = LEN,
		.dst = PACKED,
	};
	lay_out(arena, codec);
	ASSERT_EQ(0, own_run(q, p, &d, &r));
	ASSERT_EQ(0, r.status);
	EXPECT_TRUE(marked_but(arena, PACKED, r.len));
	d.opcode = FLIPQ_OP_DECOMPRESS;
	d.flags = FLIPQ_REQ_SRC_ARENA;
	d.src = PACKED;
	d.src_len = r.len;
	d.dst = 0;
	ASSERT_EQ(0, own_run(q, p, &d, &r));
	ASSERT_EQ(0, r.status);
	EXPECT_EQ(-1, data_differ(arena + PLAIN, raw_out(q, p, 0), LEN));
}

TEST_F(arena, every_codec)
{
	u8 i;

	for (i = 0; i < ARRAY_SIZE(codecs); i++) {
		if (codecs[i].flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
			continue;
		there_and_back(_metadata, &self->q, 0, i);
		there_and_back(_metadata, &self->q, 1, i);
	}
}

/* A range and what comes of it as source and as destination. */
static const struct range {
	u64 at;
	u32 len;
	int status;
} ranges[] = {
	{ 0, LEN, 0 },
	{ ARENA - LEN, LEN, 0 },
	{ ARENA - LEN + 1, LEN, -EINVAL },
	{ ARENA - 1, 1, 0 },
	{ ARENA, 1, -EINVAL },
	{ ARENA, 0, 0 },
	{ ARENA + 1, 0, -EINVAL },
	{ 0, 0, 0 },
	{ 0, LEN + 1, -EINVAL },
	{ 0, ~0U, -EINVAL },
	{ ~0ULL, 0, -EINVAL },
	{ ~0ULL, 1, -EINVAL },
	{ ~0ULL - LEN + 1, LEN, -EINVAL },
	{ ~0ULL - LEN + 2, LEN, -EINVAL },
	{ 1ULL << 63, LEN, -EINVAL },
	{ 1ULL << 32, LEN, -EINVAL },
};

TEST_F(arena, ranges)
{
	struct flipq_desc src, dst;
	unsigned int i, p;

	for (i = 0; i < ARRAY_SIZE(ranges) * 2; i++) {
		const struct range *r = &ranges[i / 2];

		p = i % 2;
		src = (struct flipq_desc){
			.opcode = FLIPQ_OP_COPY, .flags = FLIPQ_REQ_SRC_ARENA,
			.src = r->at, .src_len = r->len,
			.dst_len = r->len,
		};
		EXPECT_EQ(r->status, own_status(&self->q, p, &src))
			TH_LOG("from %#llx, %u", r->at, r->len);
		dst = (struct flipq_desc){
			.opcode = FLIPQ_OP_COPY, .flags = FLIPQ_REQ_DST_ARENA,
			.dst = r->at, .dst_len = r->len,
		};
		EXPECT_EQ(r->status, own_status(&self->q, p, &dst))
			TH_LOG("to %#llx, %u", r->at, r->len);
		dst.opcode = FLIPQ_OP_COMPRESS;
		EXPECT_EQ(r->status, own_status(&self->q, p, &dst))
			TH_LOG("compressed to %#llx, %u", r->at, r->len);
	}
}

TEST_F(arena, where_there_is_none)
{
	struct flipq_setup s = own_setup(1, 1, 1, LEN);
	static const u32 flags[] = { FLIPQ_REQ_SRC_ARENA, FLIPQ_REQ_DST_ARENA,
				     FLIPQ_REQ_SRC_MASK, FLIPQ_REQ_DST_MASK };
	struct flipq_desc d = { .opcode = FLIPQ_OP_COPY };
	struct rawq q;
	unsigned int i;

	ASSERT_EQ(0, raw_open(&q, &s));
	for (i = 0; i < 2 * ARRAY_SIZE(flags); i++) {
		d.flags = flags[i / 2];
		EXPECT_EQ(-EINVAL, own_status(&q, i % 2, &d))
			TH_LOG("flags %#x", d.flags);
	}
	raw_close(&q);
}

struct scribbler {
	u8 *arena;
	volatile int stop;
};

/* Change sources and destinations, but not the guards. */
static void *scribble(void *arg)
{
	struct scribbler *s = arg;
	u64 random = 3;

	while (!s->stop) {
		unsigned int at = rnd_below(&random, LEN);

		WRITE_ONCE(s->arena[PACKED + at % 4096], (u8)random);
		WRITE_ONCE(s->arena[BACK + at], (u8)(random >> 8));
	}
	return NULL;
}

/*
 * The worker sees input that changes while it reads, and output that changes
 * after it wrote: whatever the result is, it stays where it belongs.
 */
TEST_F(arena, scribbled_on)
{
	struct scribbler s = { .arena = self->q.arena };
	struct rawq *q = &self->q;
	unsigned int i, bad = 0;
	struct flipq_result r;
	struct load honest;
	pthread_t t;

	ASSERT_EQ(0, load_open(&honest, 8, 1, 4096, FLIPQ_POLICY_BATCH, 5));
	for (i = 0; i < 400 * scale(); i++) {
		struct flipq_desc d = {
			.opcode = FLIPQ_OP_COMPRESS,
			.codec = (u8)(i % ARRAY_SIZE(codecs)),
			.flags = IN_ARENA, .src_len = LEN, .dst_len = LEN,
			.src = PLAIN, .dst = PACKED,
		};

		if (codecs[d.codec].flags & FLIPQ_CODEC_DECOMPRESS_ONLY)
			continue;
		lay_out(q->arena, i);
		ASSERT_EQ(0, own_run(q, 0, &d, &r));
		ASSERT_EQ(0, r.status);
		d.opcode = FLIPQ_OP_DECOMPRESS;
		d.src = PACKED;
		d.src_len = r.len;
		d.dst = BACK;
		s.stop = 0;
		ASSERT_EQ(0, pthread_create(&t, NULL, scribble, &s));
		ASSERT_LE(0, load_submit(&honest, 2));
		ASSERT_EQ(0, own_run(q, 0, &d, &r));
		s.stop = 1;
		pthread_join(t, NULL);
		bad += r.status != 0;
		EXPECT_TRUE(r.status == 0 || r.status == -EBADMSG ||
			    r.status == -ENOSPC)
			TH_LOG("round %u: status %d", i, r.status);
		EXPECT_GE(LEN, r.len);
		EXPECT_EQ(MARK, q->arena[BACK - 1]);
		EXPECT_EQ(MARK, q->arena[BACK + LEN]);
		EXPECT_EQ(MARK, q->arena[PACKED - 1]);
		ASSERT_LE(0, load_collect(&honest)) TH_LOG("%s", honest.why);
	}
	EXPECT_LT(0, bad) TH_LOG("nothing was changed in time");
	ASSERT_EQ(0, load_drain(&honest)) TH_LOG("%s", honest.why);
	load_close(&honest);
	there_and_back(_metadata, q, 0, 0);
}

TEST_HARNESS_MAIN
