// SPDX-License-Identifier: GPL-2.0-only
/*
 * serve - threads of the owner's as servers: one at a time, and none loses a
 * request
 */
#define _GNU_SOURCE
#include <lz4.h>
#include <sys/socket.h>
#include <zstd.h>

#include "data.h"
#include "own.h"
#include "refusal.h"

#define SLOTS 8
#define ALL 0xffULL
#define BLOCK (128U << 10)

/* Partition 0 has a worker; 1 and 2 are ours. */
FIXTURE(serve) {
	struct rawq q;
	struct flipq_info before;
};

FIXTURE_SETUP(serve)
{
	struct flipq_setup s = own_setup(SLOTS, 1, 2, 64);

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	raw_no_spin(&s);
	ASSERT_EQ(0, raw_open(&self->q, &s));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
}

FIXTURE_TEARDOWN(serve)
{
	raw_close(&self->q);
	nothing_left(_metadata, &self->before);
}

#define SERVE(member, number) \
	CHANGE((*(struct flipq_serve *)NULL).member, number)

TEST_F(serve, bad_arguments)
{
	static const struct refusal asked[] = {
		{ "a worker serves it", -EINVAL, { SERVE(partition, 0) } },
		{ "partition 3", -EINVAL, { SERVE(partition, 3) } },
		{ "the last partition", -EINVAL, { SERVE(partition, ~0U) } },
		{ "a flag", -EINVAL, { SERVE(flags, 1) } },
		{ "too small", -EINVAL,
		  { SERVE(size, sizeof(struct flipq_serve) - 8) } },
		{ "nothing to do", 0, { } },
	};
	const struct flipq_serve good = {
		.size = sizeof(good), .partition = 1,
	};
	struct rawq *q = &self->q;
	struct flipq_serve s;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		s = good;
		refusal_make(&asked[i], &s);
		EXPECT_EQ(asked[i].error,
			  raw_ioctl(q->fd, FLIPQ_IOC_SERVE, &s))
			TH_LOG("%s", asked[i].what);
	}
	EXPECT_EQ(-EFAULT, raw_ioctl(q->fd, FLIPQ_IOC_SERVE, NULL));

	s = good;
	fd = raw_device();
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENXIO, raw_ioctl(fd, FLIPQ_IOC_SERVE, &s));
	close(fd);
}

static int enter_serve(const struct rawq *q, unsigned int flags,
		       unsigned int serve, unsigned int minimum, u64 timeout,
		       unsigned int *ready)
{
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = flags,
		.minimum = minimum,
		.timeout = timeout,
		.serve = serve,
	};
	int error = raw_ioctl(q->fd, FLIPQ_IOC_ENTER, &e);

	if (ready)
		*ready = e.ready;
	return error;
}

#define WAIT_SERVE (FLIPQ_ENTER_WAIT | FLIPQ_ENTER_SERVE)

TEST_F(serve, bad_waits)
{
	static const struct {
		const char *what;
		int error;
		unsigned int flags, partition;
	} asked[] = {
		{ "a worker serves it", -EINVAL, WAIT_SERVE, 0 },
		{ "partition 3", -EINVAL, WAIT_SERVE, 3 },
		{ "the last partition", -EINVAL, WAIT_SERVE, ~0U },
		{ "SERVE without WAIT", -EINVAL, FLIPQ_ENTER_SERVE, 1 },
		{ "a partition without SERVE", -EINVAL, FLIPQ_ENTER_WAIT, 1 },
		{ "both", 0, WAIT_SERVE, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		EXPECT_EQ(asked[i].error,
			  enter_serve(&self->q, asked[i].flags,
				      asked[i].partition, 0, 0, NULL))
			TH_LOG("%s", asked[i].what);
	}
}

TEST_F(serve, budget)
{
	struct rawq *q = &self->q;
	u64 served;

	ASSERT_EQ(0, own_nops(q, 1, ALL));
	EXPECT_EQ(0, own_serve(q, 1, 3, FLIPQ_TIMEOUT_NONE, &served));
	EXPECT_EQ(3, served);
	EXPECT_EQ(3, hweight64(flip_finished(&q->side[1])));
	EXPECT_EQ(1, READ_ONCE(*q->side[1].need_wakeup));
	EXPECT_EQ(0, own_serve(q, 2, 3, 0, &served));
	EXPECT_EQ(0, served);
	EXPECT_EQ(0, own_serve(q, 1, 0, 0, &served));
	EXPECT_EQ(5, served);
	EXPECT_EQ(ALL, flip_finished(&q->side[1]));
	EXPECT_EQ(1, READ_ONCE(*q->side[1].need_wakeup));
}

TEST_F(serve, counters)
{
	struct rawq *q = &self->q;
	struct flipq_stats t;

	ASSERT_EQ(0, own_nops(q, 1, ALL));
	ASSERT_EQ(0, own_serve(q, 1, 0, 0, NULL));
	ASSERT_EQ(0, own_serve(q, 2, 0, 0, NULL));
	ASSERT_EQ(0, raw_stats(q, FLIPQ_STATS_PARTITION, 1, &t));
	EXPECT_EQ(~0U, t.cpu);
	EXPECT_EQ(SLOTS, t.counters.requests);
	EXPECT_EQ(1, t.counters.serves);
	EXPECT_EQ(SLOTS, raw_completion(q, 1)->counters.requests);
	ASSERT_EQ(0, raw_stats(q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_EQ(SLOTS, t.counters.requests);
	EXPECT_EQ(2, t.counters.serves);
}

/* The time without a request counts from the last one. */
TEST_F(serve, idle)
{
	const u64 idle = 200 * MSEC;
	struct rawq *q = &self->q;
	struct own_server v;
	u64 start = raw_now(), served;

	EXPECT_EQ(0, own_serve(q, 1, 0, idle, &served));
	EXPECT_EQ(0, served);
	EXPECT_LE(idle, raw_now() - start);

	start = raw_now();
	v = (struct own_server){ .q = q, .partition = 1, .idle = idle };
	ASSERT_EQ(0, pthread_create(&v.thread, NULL, own_server_run, &v));
	raw_sleep(idle / 2);
	ASSERT_EQ(0, own_nops(q, 1, 1));
	own_join(&v);
	EXPECT_EQ(0, v.error);
	EXPECT_EQ(1, v.served);
	EXPECT_LE(idle + idle / 2, raw_now() - start);
}

TEST_F(serve, one_at_a_time)
{
	struct rawq *q = &self->q;
	struct own_server v;
	u64 served;

	ASSERT_EQ(0, own_start(&v, q, 1));
	ASSERT_EQ(0, own_pass(q, 1, 1));
	EXPECT_EQ(-EBUSY, own_serve(q, 1, 0, 0, &served));
	EXPECT_EQ(0, served);
	EXPECT_EQ(-EBUSY, enter_serve(q, WAIT_SERVE, 1, 0, 0, NULL));
	EXPECT_EQ(0, own_serve(q, 2, 0, 0, NULL));
	ASSERT_EQ(0, own_pass(q, 1, ALL));
	own_stop(&v);
	EXPECT_EQ(-EINTR, v.error);
	EXPECT_EQ(1 + SLOTS, v.served);
	EXPECT_EQ(0, own_serve(q, 1, 0, 0, NULL));
}

/* A thread that sleeps in SERVE is woken by a kick, and by nothing else. */
TEST_F(serve, kick_wakes)
{
	struct rawq *q = &self->q;
	struct own_server v;
	int i;

	ASSERT_EQ(0, own_start(&v, q, 1));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, own_pass(q, 1, 1));
		ASSERT_EQ(0, raw_parked(q, 1));
		*raw_desc(q, 1, 0) = (struct flipq_desc){};
		raw_publish(q, 1, 1);
		ASSERT_TRUE(flip_must_kick(&q->side[1]));
		raw_sleep(5 * MSEC);
		ASSERT_EQ(0, flip_finished(&q->side[1]));
		ASSERT_EQ(0, raw_kick(q, 2));
		ASSERT_EQ(0, own_finished(q, 1, 1));
		flip_collect(&q->side[1], 1);
	}
	own_stop(&v);
	EXPECT_EQ(40, v.served);
}

TEST_F(serve, wait_serves)
{
	struct rawq *q = &self->q;
	unsigned int ready;

	ASSERT_EQ(0, own_nops(q, 1, ALL));
	EXPECT_EQ(0, enter_serve(q, WAIT_SERVE, 1, SLOTS, FLIPQ_TIMEOUT_NONE,
				 &ready));
	EXPECT_EQ(SLOTS, ready);
	flip_collect(&q->side[1], ALL);
	EXPECT_EQ(1, READ_ONCE(*q->side[1].need_wakeup));

	/* Not what it serves, but a worker's that nobody kicks. */
	raw_publish(q, 0, 1);
	EXPECT_EQ(-ETIME, enter_serve(q, WAIT_SERVE, 1, 1, 30 * MSEC, &ready));
	EXPECT_EQ(0, ready);
	EXPECT_EQ(0, own_serve(q, 1, 0, 0, NULL));
	ASSERT_EQ(0, raw_kick(q, 1));
	EXPECT_EQ(0, enter_serve(q, WAIT_SERVE, 1, 1, LONG_TIME, &ready));
	EXPECT_EQ(1, ready);
}

/* The submitter works beside the worker, and each does its own. */
TEST_F_TIMEOUT(serve, wait_serves_beside_a_worker, 120)
{
	const unsigned int rounds = 500 * scale();
	struct rawq *q = &self->q;
	struct flipq_stats t;
	unsigned int i, p, ready;

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, own_nops(q, 0, ALL));
		ASSERT_EQ(0, own_nops(q, 1, ALL));
		ASSERT_EQ(0, enter_serve(q, WAIT_SERVE, 1, 2 * SLOTS,
					 LONG_TIME, &ready))
			TH_LOG("round %u: %u are ready", i, ready);
		ASSERT_EQ(2 * SLOTS, ready);
		for (p = 0; p < 2; p++) {
			ASSERT_EQ(ALL, flip_finished(&q->side[p]));
			flip_collect(&q->side[p], ALL);
		}
	}
	ASSERT_EQ(0, raw_parked(q, 0));
	for (p = 0; p < 2; p++) {
		ASSERT_EQ(0, raw_stats(q, FLIPQ_STATS_PARTITION, p, &t));
		EXPECT_EQ(rounds * SLOTS, t.counters.requests);
		EXPECT_EQ(p * rounds, t.counters.serves);
	}
}

/* Close and unmap while a thread serves: its call keeps the queue. */
TEST_F(serve, close_while_serving)
{
	struct flipq_setup s = own_setup(SLOTS, 0, 1, 64);
	struct flipq_info with, after;
	struct own_server v;
	struct rawq q;

	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, raw_info(&with));
	ASSERT_EQ(0, own_start(&v, &q, 0));
	ASSERT_EQ(0, own_pass(&q, 0, ALL));
	ASSERT_EQ(0, own_nops(&q, 0, ALL));
	raw_close(&q);
	ASSERT_EQ(0, raw_info(&after));
	EXPECT_EQ(with.queues, after.queues);
	/* Nothing is mapped any more that could tell when all are served. */
	raw_sleep(50 * MSEC * slow());
	pthread_kill(v.thread, SIGUSR1);
	own_join(&v);
	EXPECT_EQ(-EINTR, v.error);
	EXPECT_EQ(2 * SLOTS, v.served);
	ASSERT_EQ(0, raw_info(&after));
	EXPECT_EQ(with.queues - 1, after.queues);
	EXPECT_GT(with.total_bytes, after.total_bytes);
}

/* What another process gets from a queue: 0 where all is EIO. */
static int foreign(const struct rawq *q)
{
	if (own_serve(q, 1, 0, 0, NULL) != -EIO)
		return 1;
	if (own_cancel(q, 1, 1, NULL) != -EIO)
		return 2;
	if (enter_serve(q, WAIT_SERVE, 1, 0, 0, NULL) != -EIO)
		return 3;
	return 0;
}

static int ended(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(serve, forked)
{
	struct rawq *q = &self->q;
	pid_t pid;

	ASSERT_EQ(0, own_nops(q, 1, 1));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(foreign(q));
	EXPECT_EQ(0, ended(pid));
	EXPECT_EQ(0, flip_finished(&q->side[1]));
	EXPECT_EQ(0, own_serve(q, 1, 0, 0, NULL));
	EXPECT_EQ(1, flip_finished(&q->side[1]));
}

union fd_message {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

static struct msghdr fd_header(union fd_message *m, struct iovec *v)
{
	static char byte;

	*v = (struct iovec){ .iov_base = &byte, .iov_len = 1 };
	return (struct msghdr){ .msg_iov = v, .msg_iovlen = 1,
				.msg_control = m,
				.msg_controllen = sizeof(*m) };
}

static int receive_and_try(int from)
{
	union fd_message m = { 0 };
	struct rawq q = { 0 };
	struct iovec v;
	struct msghdr h = fd_header(&m, &v);

	if (recvmsg(from, &h, 0) != 1)
		return 9;
	memcpy(&q.fd, CMSG_DATA(&m.head), sizeof(int));
	return foreign(&q);
}

TEST_F(serve, passed)
{
	struct flipq_setup s = own_setup(SLOTS, 1, 1, 64);
	union fd_message m = { 0 };
	struct iovec v;
	struct msghdr h = fd_header(&m, &v);
	struct rawq q;
	int pair[2];
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(receive_and_try(pair[1]));
	ASSERT_EQ(0, raw_open(&q, &s));
	m.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
				   .cmsg_level = SOL_SOCKET,
				   .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&m.head), &q.fd, sizeof(int));
	ASSERT_EQ(1, sendmsg(pair[0], &h, 0));
	EXPECT_EQ(0, ended(pid));
	raw_close(&q);
}

struct comings {
	struct rawq *q;
	volatile int stop;
	u64 served;
	int error;
};

/* Come and go all the time, then stay for one at least, whose kick must come */
static void *come_and_go(void *arg)
{
	struct comings *c = arg;
	u64 random = 5, served;

	while (!c->stop) {
		unsigned int k = rnd_below(&random, 4);
		u64 idle = k == 3 ? FLIPQ_TIMEOUT_NONE :
			   rnd_below(&random, 3) * 20000;

		c->error = own_serve(c->q, 1, k == 3 ? 1 : k, idle, &served);
		c->served += served;
		if (c->error)
			break;
	}
	return NULL;
}

/*
 * A server that leaves, and one that comes and goes to sleep, while a request
 * is submitted: whoever is the next finds it, or is kicked.
 */
TEST_F(serve, none_lost)
{
	const unsigned int rounds = 4000 * scale();
	struct comings c = { .q = &self->q };
	struct rawq *q = &self->q;
	u64 random = 9, submitted = 0;
	pthread_t t;
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&t, NULL, come_and_go, &c));
	for (i = 0; i < rounds; i++) {
		u64 slots = 1 | rnd_below(&random, 256);

		ASSERT_EQ(0, own_nops(q, 1, slots));
		submitted += hweight64(slots);
		ASSERT_EQ(0, raw_wait(q, SLOTS, LONG_TIME, NULL))
			TH_LOG("round %u: a request was lost", i);
		ASSERT_EQ(slots, flip_finished(&q->side[1]));
		flip_collect(&q->side[1], slots);
	}
	c.stop = 1;
	ASSERT_EQ(0, own_nops(q, 1, 1));
	pthread_join(t, NULL);
	EXPECT_EQ(0, c.error);
	EXPECT_LE(submitted, c.served);
	EXPECT_GE(submitted + 1, c.served);
}

/* Each partition its own thread, all at once, and nothing done twice. */
TEST_F(serve, several)
{
	struct flipq_setup s = own_setup(SLOTS, 0, 4, 64);
	struct own_server v[4];
	struct flipq_stats t;
	struct rawq q;
	unsigned int i, p;

	ASSERT_EQ(0, raw_open(&q, &s));
	for (p = 0; p < 4; p++)
		ASSERT_EQ(0, own_start(&v[p], &q, p));
	for (i = 0; i < 500 * scale(); i++) {
		for (p = 0; p < 4; p++)
			ASSERT_EQ(0, own_nops(&q, p, ALL));
		ASSERT_EQ(0, raw_wait(&q, 4 * SLOTS, LONG_TIME, NULL))
			TH_LOG("round %u", i);
		for (p = 0; p < 4; p++) {
			ASSERT_EQ(ALL, flip_finished(&q.side[p]));
			flip_collect(&q.side[p], ALL);
		}
	}
	for (p = 0; p < 4; p++) {
		own_stop(&v[p]);
		EXPECT_EQ(500 * scale() * SLOTS, v[p].served);
	}
	ASSERT_EQ(0, raw_stats(&q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_EQ(4 * 500 * scale() * SLOTS, t.counters.requests);
	EXPECT_EQ(4, t.counters.serves);
	raw_close(&q);
}

/* What the shared workers do not take, and how it is unpacked elsewhere. */
struct large {
	struct flipq_codec codec;
	u8 *plain;
	u8 *packed;
	u8 *back;
	u32 len;
};

static bool unpacks(const struct large *l)
{
	memset(l->back, 0, BLOCK);
	if (l->codec.algorithm == FLIPQ_ALG_ZSTD)
		return ZSTD_decompress(l->back, BLOCK, l->packed, l->len) ==
		       BLOCK;
	return LZ4_decompress_safe((char *)l->packed, (char *)l->back,
				   (int)l->len, (int)BLOCK) == (int)BLOCK;
}

FIXTURE(large) {
	struct large l;
	struct rawq q;
};

FIXTURE_VARIANT(large) {
	u32 algorithm;
	int level;
};

FIXTURE_VARIANT_ADD(large, zstd19) {
	.algorithm = FLIPQ_ALG_ZSTD,
	.level = 19,
};

FIXTURE_VARIANT_ADD(large, lz4hc16) {
	.algorithm = FLIPQ_ALG_LZ4HC,
	.level = 16,
};

FIXTURE_SETUP(large)
{
	DEVICE_OR_SKIP(return);
	self->l.codec = (struct flipq_codec){
		.algorithm = variant->algorithm,
		.level = variant->level,
		.flags = FLIPQ_CODEC_OWNER,
	};
	self->l.plain = malloc(BLOCK);
	self->l.packed = malloc(BLOCK);
	self->l.back = malloc(BLOCK);
	ASSERT_TRUE(self->l.plain && self->l.packed && self->l.back);
	data_text(self->l.plain, BLOCK, variant->algorithm);
}

FIXTURE_TEARDOWN(large)
{
	free(self->l.plain);
	free(self->l.packed);
	free(self->l.back);
}

static int large_open(struct rawq *q, struct large *l, unsigned int shared,
		      unsigned int owned)
{
	struct flipq_setup s = own_setup(2, shared, owned, 4096);

	s.max_len = BLOCK;
	raw_codecs(&s, &l->codec, 1);
	return raw_open(q, &s);
}

TEST_F(large, where_they_run)
{
	struct flipq_desc d = { .opcode = FLIPQ_OP_COMPRESS, .src_len = 4096,
				.dst_len = 4096 };
	struct large *l = &self->l;

	/* Nobody could run it. */
	EXPECT_EQ(-EINVAL, large_open(&self->q, l, 1, 0));
	l->codec.flags = 0;
	EXPECT_EQ(-EOPNOTSUPP, large_open(&self->q, l, 1, 1));
	l->codec.flags = FLIPQ_CODEC_OWNER;
	ASSERT_EQ(0, large_open(&self->q, l, 1, 1));
	memset(raw_in(&self->q, 0, 0), 'a', 4096);
	memset(raw_in(&self->q, 1, 0), 'a', 4096);
	EXPECT_EQ(-EOPNOTSUPP, own_status(&self->q, 0, &d));
	EXPECT_EQ(0, own_status(&self->q, 1, &d));
	d.opcode = FLIPQ_OP_DECOMPRESS;
	EXPECT_EQ(-EOPNOTSUPP, own_status(&self->q, 0, &d));
	raw_close(&self->q);
}

TEST_F(large, there_and_back)
{
	struct large *l = &self->l;
	struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.flags = FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER,
		.src_len = BLOCK,
		.dst_len = BLOCK,
		.src = (uintptr_t)l->plain,
		.dst = (uintptr_t)l->packed,
	};
	struct flipq_result r;

	ASSERT_EQ(0, large_open(&self->q, l, 0, 1));
	ASSERT_EQ(0, own_run(&self->q, 0, &d, &r));
	ASSERT_EQ(0, r.status);
	ASSERT_EQ(0, r.flags);
	l->len = r.len;
	EXPECT_GT(BLOCK / 2, l->len);
	EXPECT_TRUE(unpacks(l));
	EXPECT_EQ(-1, data_differ(l->plain, l->back, BLOCK));

	memset(l->back, 0, BLOCK);
	d.opcode = FLIPQ_OP_DECOMPRESS;
	d.src = (uintptr_t)l->packed;
	d.src_len = l->len;
	d.dst = (uintptr_t)l->back;
	ASSERT_EQ(0, own_run(&self->q, 0, &d, &r));
	EXPECT_EQ(0, r.status);
	EXPECT_EQ(BLOCK, r.len);
	EXPECT_EQ(-1, data_differ(l->plain, l->back, BLOCK));
	raw_close(&self->q);
}

TEST_HARNESS_MAIN
