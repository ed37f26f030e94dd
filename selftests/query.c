// SPDX-License-Identifier: GPL-2.0-only
/*
 * query - what INFO, CODEC and STATS answer
 */
#include "common.h"
#include "data.h"

#define SIZE 65536U
#define CLOCKSOURCE \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

static int codec_info(struct flipq_codec_info *c, unsigned int index, u32 size)
{
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	memset(c, 0, sizeof(*c));
	c->size = sizeof(*c);
	c->index = index;
	c->slot_size = size;
	error = raw_ioctl(fd, FLIPQ_IOC_CODEC, c);
	close(fd);
	return error;
}

TEST(info)
{
	struct flipq_info i;

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_info(&i));
	EXPECT_EQ(sizeof(i), i.size);
	EXPECT_EQ(FLIPQ_ABI_VERSION, i.abi);
	EXPECT_EQ(FLIPQ_MAX_SLOTS, i.max_slots);
	EXPECT_EQ(FLIPQ_MAX_PARTITIONS, i.max_partitions);
	EXPECT_EQ(FLIPQ_MAX_SLOT_SIZE, i.max_slot_size);
	EXPECT_EQ(FLIPQ_MAX_CODECS, i.max_codecs);
	EXPECT_LE(1, i.workers);
	EXPECT_LE(1, i.default_partitions);
	EXPECT_GE(8, i.default_partitions);
	EXPECT_LE(1, i.max_queues);
	EXPECT_LE(1, i.max_user_queues);
	EXPECT_EQ(0, i.reserved);
	EXPECT_EQ(FLIPQ_FEATURE_ARENA | FLIPQ_FEATURE_SERVE |
		  FLIPQ_FEATURE_CANCEL, i.features);
	EXPECT_EQ((1ULL << FLIPQ_OP_NR) - 1, i.opcodes);
	EXPECT_EQ(FLIPQ_REQ_DETECT_FILL | FLIPQ_REQ_CSUM_ENCODED, i.req_flags);
	EXPECT_LT(0, i.max_workspace);
	EXPECT_LT(0, i.max_queue_bytes);
	EXPECT_LT(0, i.max_total_bytes);
}

static int knows(u32 of, u64 value)
{
	struct flipq_probe p = {
		.size = sizeof(p),
		.of = of,
		.value = value,
	};
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	error = raw_ioctl(fd, FLIPQ_IOC_PROBE, &p);
	close(fd);
	return error ? error : (int)p.known;
}

/* Each number, and each flag: no more and no less than the header has. */
TEST(probe)
{
	static const struct {
		u64 known;	/* bit N: number N, or flag 1 << N */
		bool numbers;
	} want[] = {
		{ (1ULL << FLIPQ_OP_NR) - 1, true },
		{ 7, true },
		{ 7, true },
		{ 15, true },
		{ (1ULL << FLIPQ_ALG_NR) - 2, true },
		{ FLIPQ_REQ_DETECT_FILL | FLIPQ_REQ_CSUM_ENCODED, false },
		{ FLIPQ_CODEC_FLAGS, false },
		{ FLIPQ_SETUP_FLAGS, false },
		{ FLIPQ_ENTER_FLAGS, false },
		{ FLIPQ_CANCEL_FLAGS, false },
		{ FLIPQ_FEATURE_ARENA | FLIPQ_FEATURE_SERVE |
		  FLIPQ_FEATURE_CANCEL, false },
	};
	u32 of, bit;

	if (no_device())
		SKIP(return, NO_DEVICE);
	ASSERT_EQ(FLIPQ_PROBE_NR, ARRAY_SIZE(want));
	for (of = 0; of < FLIPQ_PROBE_NR; of++) {
		for (bit = 0; bit < 64; bit++) {
			EXPECT_EQ((int)(want[of].known >> bit & 1),
				  knows(of, want[of].numbers ? bit :
							       1ULL << bit))
				TH_LOG("kind %u, bit %u", of, bit);
		}
		EXPECT_EQ(!want[of].numbers, knows(of, want[of].known)) {
			if (want[of].numbers)
				TH_LOG("kind %u: a set is no number", of);
		}
		EXPECT_EQ(0, knows(of, ~0ULL));
		EXPECT_EQ(of < FLIPQ_PROBE_ALGORITHM, knows(of, 0))
			TH_LOG("kind %u: nothing", of);
	}
	EXPECT_EQ(0, knows(FLIPQ_PROBE_NR, 0));
	EXPECT_EQ(0, knows(~0U, 1));
}

/* What is held at present, before, with, and after a queue. */
TEST(info_counts_queues)
{
	const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = raw_setup(8, 1, SIZE);
	struct flipq_info before, with;
	struct rawq q;

	DEVICE_OR_SKIP(return);
	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, raw_quiet(0, &before));
	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_info(&with));
	raw_close(&q);
	nothing_left(_metadata, &before);
	EXPECT_EQ(before.queues + 1, with.queues);
	EXPECT_LE(before.total_bytes + q.setup.sub_size + q.setup.comp_size,
		  with.total_bytes);
	EXPECT_LE(before.worker_bytes, with.worker_bytes);
}

TEST(codecs)
{
	struct flipq_codec_info c;
	unsigned int i, seen = 0;

	DEVICE_OR_SKIP(return);
	for (i = 0; !codec_info(&c, i, 0); i++) {
		ASSERT_LE(FLIPQ_ALG_LZ4, c.algorithm);
		ASSERT_GT(FLIPQ_ALG_NR, c.algorithm);
		EXPECT_EQ(0, seen & 1U << c.algorithm)
			TH_LOG("%s twice", c.name);
		seen |= 1U << c.algorithm;
		EXPECT_EQ(i, c.index);
		EXPECT_LE(c.min_level, c.max_level);
		EXPECT_LE(c.min_level, c.default_level);
		EXPECT_GE(c.max_level, c.default_level);
		if (c.algorithm == FLIPQ_ALG_LZO &&
		    !(c.caps & FLIPQ_CODEC_CAP_COMPRESS)) {
			EXPECT_EQ(FLIPQ_CODEC_CAP_DECOMPRESS, c.caps);
			EXPECT_EQ(c.min_level - 1, c.shared_level);
			EXPECT_EQ(c.min_level - 1, c.owner_level);
			EXPECT_EQ(0, c.compress_workspace | c.owner_workspace);
			continue;
		}
		EXPECT_LE(c.default_level, c.shared_level)
			TH_LOG("%s: the default is not offered", c.name);
		EXPECT_GE(c.max_level, c.shared_level);
		EXPECT_EQ(FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS,
			  c.caps & ~FLIPQ_CODEC_CAP_CHECKSUM);
		EXPECT_EQ(c.algorithm == FLIPQ_ALG_ZSTD,
			  !!(c.caps & FLIPQ_CODEC_CAP_CHECKSUM));
		EXPECT_LE(c.shared_level, c.owner_level);
		EXPECT_EQ(0, c.reserved[0] | c.reserved[1]);
		EXPECT_LT(0, strnlen(c.name, sizeof(c.name)));
		EXPECT_GT(FLIPQ_CODEC_NAME_LEN,
			  strnlen(c.name, sizeof(c.name)));
	}
	EXPECT_EQ(-ENOENT, codec_info(&c, i, 0));
	EXPECT_EQ(-ENOENT, codec_info(&c, ~0U, 0));
	EXPECT_EQ(5, i);
}

TEST(codec_slot_sizes)
{
	struct flipq_codec_info c, d;
	unsigned int i;

	DEVICE_OR_SKIP(return);
	for (i = 0; !codec_info(&c, i, 0); i++) {
		ASSERT_EQ(0, codec_info(&d, i, SIZE));
		EXPECT_EQ(c.shared_level, d.shared_level);
		EXPECT_EQ(c.compress_workspace, d.compress_workspace);
		EXPECT_EQ(-EINVAL, codec_info(&d, i, FLIPQ_MAX_SLOT_SIZE + 1));
		EXPECT_EQ(-EINVAL, codec_info(&d, i, FLIPQ_MIN_SLOT_SIZE - 1));
	}
	EXPECT_EQ(5, i);
}

/*
 * Where the TSC is unstable, the clock that requests are timed with may stand
 * still until the next tick. On arm64 there is nothing that could be unstable.
 */
static bool clock_is_fine(void)
{
	char name[32] = "";
	int fd = open(CLOCKSOURCE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return !strcmp(name, "tsc\n") || !strcmp(name, "arch_sys_counter\n");
}

FIXTURE(stats) {
	struct rawq q;
};

FIXTURE_SETUP(stats)
{
	static const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = raw_setup(8, 2, SIZE);

	DEVICE_OR_SKIP(return);
	raw_no_spin(&s);
	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, raw_open(&self->q, &s));
}

FIXTURE_TEARDOWN(stats)
{
	raw_close(&self->q);
}

TEST_F(stats, out_of_range)
{
	struct flipq_info info;
	const int error = raw_info(&info);
	const struct {
		int error;
		enum flipq_stats_of of;
		unsigned int index;
	} asked[] = {
		{ -EINVAL, 3, 0 },
		{ -EINVAL, ~0U, 0 },
		{ -ENOENT, FLIPQ_STATS_QUEUE, 1 },
		{ -ENOENT, FLIPQ_STATS_PARTITION, 2 },
		{ -ENOENT, FLIPQ_STATS_PARTITION, ~0U },
		{ -ENOENT, FLIPQ_STATS_WORKER, info.workers },
		{ -ENOENT, FLIPQ_STATS_WORKER, ~0U },
		{ 0, FLIPQ_STATS_WORKER, info.workers - 1 },
	};
	struct flipq_stats t;
	size_t i;

	ASSERT_EQ(0, error);
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		EXPECT_EQ(asked[i].error, raw_stats(&self->q, asked[i].of,
						    asked[i].index, &t))
			TH_LOG("of %u, number %u", asked[i].of, asked[i].index);
	}
}

TEST_F(stats, new_queue)
{
	const struct flipq_counters none = { 0 };
	struct flipq_stats t;
	unsigned int p;

	ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_EQ(~0U, t.cpu);
	/* Parking is not the user's doing. */
	t.counters.sleeps = 0;
	t.counters.wakeups = 0;
	t.counters.kicks = 0;
	EXPECT_EQ(0, memcmp(&none, &t.counters, sizeof(none)));
	for (p = 0; p < 2; p++) {
		ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_PARTITION, p, &t));
		EXPECT_GT(sysconf(_SC_NPROCESSORS_CONF), t.cpu);
		EXPECT_EQ(0, t.counters.requests);
	}
}

/* One of each outcome, and each counter has moved by what it should. */
TEST_F(stats, each_outcome)
{
	struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.src_len = 4096,
		.dst_len = 4096,
	};
	const struct flipq_counters *shared = &raw_completion(&self->q, 0)
		->counters;
	struct flipq_stats q, p, other;
	struct flipq_result r;
	u32 out;

	data_text(raw_in(&self->q, 0, 0), 4096, 1);
	ASSERT_EQ(0, raw_run(&self->q, &d, &r));
	ASSERT_EQ(0, r.status);
	out = r.len;
	data_random(raw_in(&self->q, 0, 0), 4096, 1);
	ASSERT_EQ(0, raw_run(&self->q, &d, &r));
	ASSERT_EQ(FLIPQ_RES_INCOMPRESSIBLE, r.flags);
	memset(raw_in(&self->q, 0, 0), 0, 4096);
	d.flags = FLIPQ_REQ_DETECT_FILL;
	ASSERT_EQ(0, raw_run(&self->q, &d, &r));
	ASSERT_EQ(FLIPQ_RES_FILLED, r.flags);
	d.opcode = 77;
	ASSERT_EQ(0, raw_run(&self->q, &d, &r));
	ASSERT_EQ(-EINVAL, r.status);
	ASSERT_EQ(0, raw_alive(&self->q));
	/* Counters are added up at the end of a turn, which parking follows. */
	ASSERT_EQ(0, raw_parked(&self->q, 0));

	ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_PARTITION, 0, &p));
	EXPECT_EQ(5, p.counters.requests);
	EXPECT_EQ(3 * 4096, p.counters.bytes_in);
	EXPECT_EQ(out, p.counters.bytes_out);
	EXPECT_EQ(1, p.counters.filled);
	EXPECT_EQ(1, p.counters.incompressible);
	EXPECT_EQ(1, p.counters.errors);
	if (clock_is_fine())
		EXPECT_LT(0, p.counters.busy_ns);
	EXPECT_LE(5, p.counters.turns);
	EXPECT_LE(1, p.counters.kicks);
	EXPECT_LE(1, p.counters.sleeps);
	EXPECT_LE(1, p.counters.wakeups);
	EXPECT_EQ(0, p.counters.waits);
	ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_PARTITION, 1, &other));
	EXPECT_EQ(0, other.counters.requests);
	ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_QUEUE, 0, &q));
	EXPECT_EQ(5, q.counters.requests);
	EXPECT_EQ(3 * 4096, q.counters.bytes_in);
	EXPECT_EQ(out, q.counters.bytes_out);
	EXPECT_EQ(1, q.counters.errors);
	EXPECT_EQ(5, q.counters.waits);
	EXPECT_GE(5, q.counters.sleeping_waits);
	EXPECT_EQ(5, shared->requests);
	EXPECT_EQ(3 * 4096, shared->bytes_in);
	EXPECT_EQ(out, shared->bytes_out);
	EXPECT_EQ(1, shared->errors);
}

/* What the partitions did, their workers did. */
TEST_F(stats, workers)
{
	struct flipq_stats t;
	struct flipq_info info;
	u64 before = 0, after = 0;
	unsigned int w;

	ASSERT_EQ(0, raw_info(&info));
	for (w = 0; w < info.workers; w++) {
		ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_WORKER, w, &t));
		EXPECT_GT(sysconf(_SC_NPROCESSORS_CONF), t.cpu);
		before += t.counters.requests;
	}
	for (w = 0; w < 100; w++)
		ASSERT_EQ(0, raw_alive(&self->q));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
	for (w = 0; w < info.workers; w++) {
		ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_WORKER, w, &t));
		after += t.counters.requests;
	}
	EXPECT_LE(before + 100, after);
}

TEST_HARNESS_MAIN
