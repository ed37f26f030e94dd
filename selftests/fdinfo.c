// SPDX-License-Identifier: GPL-2.0-only
/*
 * fdinfo - /proc/self/fdinfo tells what the queue has done
 */
#include "common.h"
#include "data.h"

#define TEXT_ROOM 4096

static ssize_t read_info(int fd, char *text)
{
	char path[64];
	ssize_t n;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY);
	if (info < 0)
		return -errno;
	n = read(info, text, TEXT_ROOM - 1);
	close(info);
	if (n >= 0)
		text[n] = '\0';
	return n;
}

/* The number after "flipq-NAME:", or -1 if there is no such line. */
static long long value(const char *text, const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\nflipq-%s:\t", name);
	at = strstr(text, key);
	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

TEST(before_setup)
{
	char text[TEXT_ROOM];
	int fd;

	DEVICE_OR_SKIP(return);
	fd = raw_device();
	ASSERT_LE(0, fd);
	ASSERT_LT(0, read_info(fd, text));
	EXPECT_EQ(NULL, strstr(text, "flipq-"));
	close(fd);
}

TEST(counters)
{
	const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.flags = FLIPQ_REQ_DETECT_FILL,
		.src_len = 4096,
		.dst_len = 4096,
	};
	struct flipq_setup s = raw_setup(3, 2, 4096);
	char text[TEXT_ROOM];
	struct flipq_result r;
	struct flipq_stats t;
	struct rawq q;
	u32 out;

	DEVICE_OR_SKIP(return);
	raw_no_spin(&s);
	raw_codecs(&s, &c, 1);
	ASSERT_EQ(0, raw_open(&q, &s));
	data_text(raw_in(&q, 0, 0), 4096, 1);
	ASSERT_EQ(0, raw_run(&q, &d, &r));
	out = r.len;
	memset(raw_in(&q, 0, 0), 0, 4096);
	ASSERT_EQ(0, raw_run(&q, &d, &r));
	data_random(raw_in(&q, 0, 0), 4096, 1);
	ASSERT_EQ(0, raw_run(&q, &d, &r));
	d.codec = 9;
	ASSERT_EQ(0, raw_run(&q, &d, &r));
	ASSERT_EQ(0, raw_parked(&q, 0));
	ASSERT_LT(0, read_info(q.fd, text));
	ASSERT_EQ(0, raw_stats(&q, FLIPQ_STATS_QUEUE, 0, &t));

	EXPECT_LE(0, value(text, "queue"));
	EXPECT_EQ(2, value(text, "partitions"));
	EXPECT_EQ(3, value(text, "slots"));
	EXPECT_LE(q.setup.sub_size + q.setup.comp_size,
		  (u64)value(text, "bytes"));
	EXPECT_EQ(4, value(text, "requests"));
	EXPECT_EQ(3 * 4096, value(text, "bytes-in"));
	EXPECT_EQ(out, value(text, "bytes-out"));
	EXPECT_EQ(1, value(text, "filled"));
	EXPECT_EQ(1, value(text, "incompressible"));
	EXPECT_EQ(1, value(text, "errors"));
	EXPECT_EQ(4, value(text, "waits"));
	EXPECT_EQ(t.counters.busy_ns, (u64)value(text, "busy-ns"));
	EXPECT_EQ(t.counters.turns, (u64)value(text, "turns"));
	EXPECT_EQ(t.counters.sleeps, (u64)value(text, "sleeps"));
	EXPECT_EQ(t.counters.wakeups, (u64)value(text, "wakeups"));
	EXPECT_EQ(t.counters.kicks, (u64)value(text, "kicks"));
	EXPECT_EQ(t.counters.sleeping_waits,
		  (u64)value(text, "sleeping-waits"));
	raw_close(&q);
}

/* Two queues of a process are told apart. */
TEST(numbers)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	char a_text[TEXT_ROOM], b_text[TEXT_ROOM];
	struct rawq a, b;

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_open(&a, &s));
	ASSERT_EQ(0, raw_open(&b, &s));
	ASSERT_LT(0, read_info(a.fd, a_text));
	ASSERT_LT(0, read_info(b.fd, b_text));
	EXPECT_NE(value(a_text, "queue"), value(b_text, "queue"));
	raw_close(&a);
	raw_close(&b);
}

TEST_HARNESS_MAIN
