// SPDX-License-Identifier: GPL-2.0-only
/*
 * soft - what a queue in the process offers is what the device offers: levels,
 * the sizes that they are taken for, and all that a program may ask about
 *
 * The library says anew what the codecs of the module say. Its codecs' libraries
 * are not in a static program, so their tables are looked at as they are.
 */
#include "soft/soft.h"

#include "common.h"
#include "params.h"

/* More than any workspace takes: memory is the device's limit, not the codecs'. */
#define ENOUGH		(1U << 30)

static const struct soft_ops *const codecs[] = {
	&flipq_soft_lz4, &flipq_soft_lz4hc, &flipq_soft_zstd,
	&flipq_soft_deflate,
};

FIXTURE(soft) {
	struct param workspace;
};

FIXTURE_SETUP(soft)
{
	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, param_open(&self->workspace, "max_workspace"));
	ASSERT_EQ(0, param_set(&self->workspace, ENOUGH));
}

FIXTURE_TEARDOWN(soft)
{
	if (*self->workspace.path)
		param_restore(&self->workspace);
}

/* The device's, of an algorithm. Return: 0 or an errno. */
static int device_codec(u32 algorithm, u32 size, struct flipq_codec_info *info)
{
	unsigned int i;
	int error = 0;

	for (i = 0; !error; i++) {
		error = flipq_query_codec(NULL, i, size, info);
		if (!error && info->algorithm == algorithm)
			return 0;
	}
	return error;
}

/* One of @size; slots are no smaller and no larger than they may be. */
static bool same_levels(const struct soft_ops *ops, u32 size)
{
	struct flipq_codec_info info;

	if (size < FLIPQ_MIN_SLOT_SIZE || size > FLIPQ_MAX_SLOT_SIZE)
		return true;
	if (device_codec(ops->algorithm, size, &info))
		return false;
	if (info.shared_level == flipq_soft_highest(ops, ops->shared, size) &&
	    info.owner_level == flipq_soft_highest(ops, ops->owner, size))
		return true;
	printf("# %s, %u bytes: the device takes %d and %d\n", ops->name, size,
	       info.shared_level, info.owner_level);
	return false;
}

TEST_F(soft, levels)
{
	unsigned int n;
	u32 size;

	for (n = 0; n < ARRAY_SIZE(codecs); n++) {
		for (size = FLIPQ_MIN_SLOT_SIZE; size <= FLIPQ_MAX_SLOT_SIZE;
		     size *= 2) {
			EXPECT_TRUE(same_levels(codecs[n], size - 1));
			EXPECT_TRUE(same_levels(codecs[n], size));
			EXPECT_TRUE(same_levels(codecs[n], size + 1));
		}
	}
}

TEST_F(soft, codecs)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(codecs); n++) {
		const struct soft_ops *ops = codecs[n];
		struct flipq_codec_info info;

		ASSERT_EQ(0, device_codec(ops->algorithm, 4096, &info));
		EXPECT_STREQ(ops->name, info.name);
		EXPECT_EQ(ops->caps, info.caps);
		EXPECT_EQ(ops->min_level, info.min_level);
		EXPECT_EQ(ops->max_level, info.max_level);
		EXPECT_EQ(ops->default_level, info.default_level);
	}
}

/* There is no LZO, and where there is no zlib no CRC-32 is. */
static bool may_differ(unsigned int of, u64 value)
{
	return of == FLIPQ_PROBE_ALGORITHM ||
	       (of == FLIPQ_PROBE_CSUM && value == FLIPQ_CSUM_CRC32);
}

TEST_F(soft, questions)
{
	struct flipq_probe p;
	unsigned int n;
	u32 of;

	for (of = 0; of < FLIPQ_PROBE_NR; of++) {
		/* of flags a bit each, and numbers up to where none are */
		for (n = 0; n < 64; n++) {
			u64 value = of >= FLIPQ_PROBE_REQ_FLAGS ? 1ULL << n : n;
			int device = flipq_query_known(NULL, of, value);

			p = (struct flipq_probe){
				.size = sizeof(p), .of = of, .value = value,
			};
			ASSERT_EQ(0, flipq_soft_query(FLIPQ_IOC_PROBE, &p));
			if (!may_differ(of, value))
				EXPECT_EQ(device, (int)p.known)
					TH_LOG("question %u, %llu", of, value);
		}
	}
}

TEST_F(soft, limits)
{
	struct flipq_info device, process = { .size = sizeof(process) };

	ASSERT_EQ(0, flipq_query_info(NULL, &device));
	ASSERT_EQ(0, flipq_soft_query(FLIPQ_IOC_INFO, &process));
	EXPECT_EQ(device.abi, process.abi);
	EXPECT_EQ(device.max_slots, process.max_slots);
	EXPECT_EQ(device.max_partitions, process.max_partitions);
	EXPECT_EQ(device.max_slot_size, process.max_slot_size);
	EXPECT_EQ(device.max_codecs, process.max_codecs);
	EXPECT_EQ(device.features, process.features);
	EXPECT_EQ(device.opcodes, process.opcodes);
	EXPECT_EQ(device.req_flags, process.req_flags);
}

TEST_HARNESS_MAIN
