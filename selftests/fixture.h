/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixture.h - how a test of the device begins and ends
 */
#ifndef SELFTEST_FIXTURE_H
#define SELFTEST_FIXTURE_H

#include <kselftest_harness.h>

#include "raw.h"

/* First of all: skipped where there is no device. @leave is for SKIP(). */
#define DEVICE_OR_SKIP(leave)						\
do {									\
	if (no_device())						\
		SKIP(leave, NO_DEVICE);					\
} while (0)

/* Last of all: there is as much as @before, by raw_quiet(), and no more. */
static inline void nothing_left(struct __test_metadata *_metadata,
				const struct flipq_info *before)
{
	struct flipq_info after = { 0 };

	EXPECT_EQ(0, raw_settle(before, &after));
	EXPECT_EQ(before->queues, after.queues);
	EXPECT_EQ(before->total_bytes, after.total_bytes);
	EXPECT_EQ(before->worker_bytes, after.worker_bytes);
	EXPECT_EQ(before->user_queues, after.user_queues);
	EXPECT_EQ(before->user_bytes, after.user_bytes);
}

#endif /* SELFTEST_FIXTURE_H */
