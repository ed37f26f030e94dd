// SPDX-License-Identifier: GPL-2.0-only
/*
 * setup - which values FLIPQ_IOC_SETUP takes, and that a refusal leaves nothing
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "common.h"
#include "refusal.h"
#include "userfault.h"

#define KIB 1024U
#define RACERS 6

FIXTURE(setup) {
	int fd;
	struct flipq_info before;
};

FIXTURE_SETUP(setup)
{
	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	self->fd = raw_device();
	ASSERT_LE(0, self->fd);
}

/* After whatever was refused: nothing is held, and a good set-up works. */
FIXTURE_TEARDOWN(setup)
{
	struct flipq_setup s = raw_setup(1, 1, 64);

	nothing_left(_metadata, &self->before);
	EXPECT_EQ(0, raw_ioctl(self->fd, FLIPQ_IOC_SETUP, &s));
	close(self->fd);
}

static int try_setup(int fd, struct flipq_setup s)
{
	return raw_ioctl(fd, FLIPQ_IOC_SETUP, &s);
}

static void setups_refused(struct __test_metadata *_metadata, int fd,
			   const struct refusal *r, size_t nr)
{
	for (; nr--; r++) {
		struct flipq_setup s = raw_setup(1, 1, 64);

		refusal_make(r, &s);
		EXPECT_EQ(r->error, try_setup(fd, s)) TH_LOG("%s", r->what);
	}
}

#define SETUP(member, number) \
	CHANGE((*(struct flipq_setup *)NULL).member, number)

/* A set-up of its own, with one codec and nothing else but small slots. */
static int try_codec(struct flipq_codec c, u32 size)
{
	struct flipq_setup s = raw_setup(1, 1, size);
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	raw_codecs(&s, &c, 1);
	error = raw_ioctl(fd, FLIPQ_IOC_SETUP, &s);
	close(fd);
	return error;
}

static int query_codec(unsigned int index, u32 size, struct flipq_codec_info *c)
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

TEST_F(setup, out_of_range)
{
	static const struct refusal bad[] = {
		{ "65 slots", -EINVAL, { SETUP(slots, 65) } },
		{ "all slots", -EINVAL, { SETUP(slots, ~0U) } },
		{ "65 partitions", -EINVAL, { SETUP(partitions, 65) } },
		{ "2^31 partitions", -EINVAL, { SETUP(partitions, 1U << 31) } },
		{ "63 bytes", -EINVAL,
		  { SETUP(in_size, 63), SETUP(out_size, 63) } },
		{ "1 byte", -EINVAL,
		  { SETUP(in_size, 1), SETUP(out_size, 1) } },
		{ "4 MiB + 1", -EINVAL,
		  { SETUP(in_size, FLIPQ_MAX_SLOT_SIZE + 1),
		    SETUP(out_size, FLIPQ_MAX_SLOT_SIZE + 1) } },
		{ "4 GiB - 1", -EINVAL,
		  { SETUP(in_size, ~0U), SETUP(out_size, ~0U) } },
		{ "4 MiB + 1 in", -EINVAL,
		  { SETUP(in_size, FLIPQ_MAX_SLOT_SIZE + 1) } },
		{ "63 bytes out", -EINVAL,
		  { SETUP(out_size, FLIPQ_MIN_SLOT_SIZE - 1) } },
		{ "a worker's spin without SPIN", -EINVAL,
		  { SETUP(worker_spin_ns, 1) } },
		{ "a wait's spin without SPIN", -EINVAL,
		  { SETUP(wait_spin_ns, 1) } },
		{ "a worker's spin of more than 1 s", -EINVAL,
		  { SETUP(flags, FLIPQ_SETUP_SPIN),
		    SETUP(worker_spin_ns, SECOND + 1) } },
		{ "a wait's spin of 4 s", -EINVAL,
		  { SETUP(flags, FLIPQ_SETUP_SPIN),
		    SETUP(wait_spin_ns, ~0U) } },
		{ "a codec too many", -EINVAL,
		  { SETUP(nr_codecs, FLIPQ_MAX_CODECS + 1) } },
		{ "4 G codecs", -EINVAL, { SETUP(nr_codecs, ~0U) } },
	};

	setups_refused(_metadata, self->fd, bad, ARRAY_SIZE(bad));
}

TEST_F(setup, codec_pointer)
{
	static const struct refusal bad[] = {
		{ "NULL", -EFAULT, { SETUP(nr_codecs, 1) } },
		{ "the kernel's", -EFAULT,
		  { SETUP(nr_codecs, 1),
		    SETUP(codecs, 0xffffffff81000000ULL) } },
		{ "the last 64 bytes", -EFAULT,
		  { SETUP(nr_codecs, 1), SETUP(codecs, ~0ULL - 64) } },
	};

	setups_refused(_metadata, self->fd, bad, ARRAY_SIZE(bad));
}

#define CODEC(member, number) \
	CHANGE((*(struct flipq_codec *)NULL).member, number)

TEST_F(setup, codec_values)
{
	static const struct refusal asked[] = {
		{ "nothing", 0, { } },
		{ "algorithm 0", -ENOENT, { CODEC(algorithm, 0) } },
		{ "one algorithm too far", -ENOENT,
		  { CODEC(algorithm, FLIPQ_ALG_NR) } },
		{ "the last algorithm", -ENOENT, { CODEC(algorithm, ~0U) } },
		{ "a window", -EINVAL, { CODEC(window_log, 20) } },
		{ "a dictionary's address", -EINVAL,
		  { CODEC(dict_addr, 4096) } },
		{ "a dictionary's length", -EINVAL, { CODEC(dict_len, 1) } },
	};
	const struct flipq_codec good = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_codec c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		c = good;
		refusal_make(&asked[i], &c);
		EXPECT_EQ(asked[i].error, try_codec(c, 4096))
			TH_LOG("%s", asked[i].what);
	}
	for (i = 2; i < 32; i++) {
		c = good;
		c.flags = 1U << i;
		EXPECT_EQ(-EINVAL, try_codec(c, 4096)) TH_LOG("flag %zu", i);
	}
	for (i = 0; i < ARRAY_SIZE(c.reserved); i++) {
		c = good;
		c.reserved[i] = 1;
		EXPECT_EQ(-EINVAL, try_codec(c, 4096))
			TH_LOG("reserved %zu", i);
	}
}

/* The last of several codecs is bad, and the first ones have to go again. */
TEST_F(setup, last_codec_bad)
{
	struct flipq_codec c[FLIPQ_MAX_CODECS];
	struct flipq_setup s = raw_setup(4, 2, 4096);
	int i;

	for (i = 0; i < FLIPQ_MAX_CODECS; i++) {
		c[i] = (struct flipq_codec) {
			.algorithm = FLIPQ_ALG_LZ4 + (__u32)i % 5,
		};
	}
	raw_offered(c, FLIPQ_MAX_CODECS);
	raw_codecs(&s, c, FLIPQ_MAX_CODECS);
	c[FLIPQ_MAX_CODECS - 1].algorithm = 77;
	EXPECT_EQ(-ENOENT, try_setup(self->fd, s));
	c[FLIPQ_MAX_CODECS - 1].algorithm = FLIPQ_ALG_DEFLATE;
	c[FLIPQ_MAX_CODECS - 1].level = 10;
	EXPECT_EQ(-EINVAL, try_setup(self->fd, s));
}

/* Levels as the query reports them: all in the range, none outside. */
TEST_F(setup, codec_levels)
{
	struct flipq_codec_info info;
	unsigned int i;

	for (i = 0; !query_codec(i, 4096, &info); i++) {
		struct flipq_codec c = { .algorithm = info.algorithm };
		const int packs = info.caps & FLIPQ_CODEC_CAP_COMPRESS ?
				  0 : -EOPNOTSUPP;

		EXPECT_EQ(packs, try_codec(c, 4096)) TH_LOG("%s", info.name);
		c.level = info.min_level;
		EXPECT_EQ(packs, try_codec(c, 4096))
			TH_LOG("%s %d", info.name, c.level);
		c.flags = FLIPQ_CODEC_DECOMPRESS_ONLY;
		EXPECT_EQ(0, try_codec(c, 4096))
			TH_LOG("%s %d", info.name, c.level);
		c.flags = 0;
		c.level = info.max_level + 1;
		EXPECT_EQ(-EINVAL, try_codec(c, 4096))
			TH_LOG("%s %d", info.name, c.level);
		c.level = info.min_level - 1;
		if (c.level) {
			EXPECT_EQ(-EINVAL, try_codec(c, 4096))
				TH_LOG("%s %d", info.name, c.level);
		}
		c.level = INT32_MIN;
		EXPECT_EQ(-EINVAL, try_codec(c, 4096)) TH_LOG("%s", info.name);
		c.level = INT32_MAX;
		EXPECT_EQ(-EINVAL, try_codec(c, 4096)) TH_LOG("%s", info.name);
	}
	EXPECT_EQ(5, i);
}

/* The highest level that is offered works, and those above it are refused. */
TEST_F(setup, shared_levels)
{
	static const u32 sizes[] = { 64, 4096, 64 * KIB, 256 * KIB,
				     1024 * KIB, 4096 * KIB };
	struct flipq_codec_info info;
	unsigned int i;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		for (i = 0; !query_codec(i, sizes[n], &info); i++) {
			struct flipq_codec c = {
				.algorithm = info.algorithm,
				.level = info.shared_level,
			};

			if (c.level >= info.min_level) {
				EXPECT_EQ(0, try_codec(c, sizes[n]))
					TH_LOG("%s %d, %u bytes", info.name,
					       c.level, sizes[n]);
			} else {
				c.level = info.min_level - 1;
			}
			while (++c.level <= info.max_level) {
				if (c.level > info.shared_level + 3)
					c.level = info.max_level;
				EXPECT_EQ(-EOPNOTSUPP, try_codec(c, sizes[n]))
					TH_LOG("%s %d, %u bytes", info.name,
					       c.level, sizes[n]);
			}
		}
		EXPECT_EQ(5, i);
	}
}

TEST_F(setup, defaults)
{
	struct flipq_setup s = raw_setup(0, 0, 64);
	struct rawq q;

	ASSERT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(FLIPQ_DEFAULT_SLOTS, q.setup.slots);
	EXPECT_EQ(self->before.default_partitions, q.setup.partitions);
	EXPECT_LE(1, q.setup.partitions);
	EXPECT_GE(8, q.setup.partitions);
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

/* Offsets are the kernel's to choose, but nothing may overlap or stick out. */
TEST_F(setup, layout)
{
	static const unsigned int slots[] = { 1, 7, 32, 64 };
	static const u32 sizes[] = { 0, 64, 100, 4096, 4097, 65536 };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct flipq_setup s = raw_setup(slots[i], 2, sizes[j]);
			u64 n = slots[i];
			struct rawq q;

			ASSERT_EQ(0, raw_open(&q, &s))
				TH_LOG("%llu slots, %u bytes", n, sizes[j]);
			s = q.setup;
			EXPECT_EQ(slots[i], s.slots);
			EXPECT_EQ(2, s.partitions);
			EXPECT_EQ(sizes[j], s.in_size);
			EXPECT_LE(sizeof(struct flipq_submission),
				  s.desc_offset);
			EXPECT_LE(sizeof(struct flipq_desc), s.desc_stride);
			EXPECT_LE(s.desc_offset + n * s.desc_stride,
				  s.in_offset);
			EXPECT_LE(s.in_size, s.in_stride);
			EXPECT_LE(s.in_offset + n * s.in_stride, s.sub_stride);
			EXPECT_LE(2ULL * s.sub_stride, s.sub_size);
			EXPECT_LE(sizeof(struct flipq_completion),
				  s.result_offset);
			EXPECT_LE(sizeof(struct flipq_result), s.result_stride);
			EXPECT_LE(s.result_offset + n * s.result_stride,
				  s.out_offset);
			EXPECT_LE(s.out_size, s.out_stride);
			EXPECT_LE(s.out_offset + n * s.out_stride,
				  s.comp_stride);
			EXPECT_LE(2ULL * s.comp_stride, s.comp_size);
			EXPECT_EQ(0, s.sub_stride % page_size());
			EXPECT_EQ(0, s.comp_stride % page_size());
			EXPECT_EQ(0, raw_alive(&q));
			raw_close(&q);
		}
	}
}

TEST_F(setup, starts_empty)
{
	struct flipq_setup s = raw_setup(64, 2, 4096);
	struct rawq q;
	size_t i;

	ASSERT_EQ(0, raw_open(&q, &s));
	for (i = 0; i < q.setup.sub_size && !q.sub[i]; i++)
		;
	EXPECT_EQ(q.setup.sub_size, i);
	EXPECT_EQ(0, raw_completion(&q, 0)->done);
	EXPECT_EQ(0, raw_completion(&q, 1)->done);
	for (i = q.setup.result_offset; i < q.setup.comp_stride && !q.comp[i];
	     i++)
		;
	EXPECT_EQ(q.setup.comp_stride, i);
	raw_close(&q);
}

TEST_F(setup, second)
{
	struct flipq_setup s = raw_setup(2, 1, 64);
	struct rawq q;

	ASSERT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(-EBUSY, try_setup(q.fd, s));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

/* Sixty-four partitions on however few workers, largest slots. */
TEST_F(setup, extremes)
{
	struct flipq_setup s = raw_setup(1, FLIPQ_MAX_PARTITIONS, 64);
	struct rawq q;
	unsigned int p;

	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(FLIPQ_MAX_PARTITIONS, q.setup.partitions);
	for (p = 0; p < FLIPQ_MAX_PARTITIONS; p++)
		EXPECT_EQ(0, raw_submit(&q, p, 1));
	EXPECT_EQ(0, raw_wait(&q, FLIPQ_MAX_PARTITIONS, LONG_TIME, &p));
	EXPECT_EQ(FLIPQ_MAX_PARTITIONS, p);
	raw_close(&q);

	s = raw_setup(1, 1, FLIPQ_MAX_SLOT_SIZE);
	ASSERT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(0, raw_alive(&q));
	raw_close(&q);
}

/* A thread in SETUP. */
struct racer {
	pthread_t thread;
	pthread_barrier_t *start;
	struct flipq_setup *setup;
	int fd;
	int error;
	int ended;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	if (r->start)
		pthread_barrier_wait(r->start);
	r->error = raw_ioctl(r->fd, FLIPQ_IOC_SETUP, r->setup);
	tell(&r->ended, 1);
	return NULL;
}

static int ended_in_time(struct racer *r)
{
	u64 end = raw_now() + LONG_TIME;

	while (!told(&r->ended)) {
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC);
	}
	return 0;
}

/* Many at once: one makes the queue, and the others leave nothing behind. */
TEST_F(setup, several_at_once)
{
	struct flipq_setup s[RACERS];
	struct racer r[RACERS];
	pthread_barrier_t start;
	struct flipq_info info;
	unsigned int round, i, won, late = 0;

	pthread_barrier_init(&start, NULL, RACERS);
	for (round = 0; round < 20 * scale(); round++) {
		int fd = raw_device();

		ASSERT_LE(0, fd);
		for (i = 0; i < RACERS; i++) {
			s[i] = raw_setup(1, 1, 64);
			r[i] = (struct racer){ .start = &start, .fd = fd,
					       .setup = &s[i] };
			ASSERT_EQ(0, pthread_create(&r[i].thread, NULL, race,
						    &r[i]));
		}
		for (i = 0, won = 0; i < RACERS; i++) {
			pthread_join(r[i].thread, NULL);
			won += !r[i].error;
			late += r[i].error && s[i].sub_size;
			EXPECT_TRUE(!r[i].error || r[i].error == -EBUSY)
				TH_LOG("%d", r[i].error);
		}
		EXPECT_EQ(1, won);
		/* That of the round before may take a while to go. */
		ASSERT_EQ(0, raw_quiet(1, &info));
		EXPECT_EQ(self->before.queues + 1, info.queues);
		close(fd);
	}
	pthread_barrier_destroy(&start);
	TH_LOG("%u rounds of %u: %u made a queue too late", round, RACERS,
	       late);
}

/* One waits for its codecs. The other one does not wait for it, and wins. */
TEST_F(setup, beside_one_that_reads)
{
	const struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup slow = raw_setup(1, 1, 64);
	struct flipq_setup fast = raw_setup(1, 1, 64);
	struct racer r = { .setup = &slow };
	struct userfault u;
	u64 start;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	ASSERT_EQ(0, userfault_open(&u, sizeof(lz4)));
	raw_codecs(&slow, (const void *)u.mem, 1);
	r.fd = raw_device();
	ASSERT_LE(0, r.fd);
	ASSERT_EQ(0, pthread_create(&r.thread, NULL, race, &r));
	ASSERT_EQ(0, userfault_touched(&u));
	start = raw_now();
	EXPECT_EQ(0, try_setup(r.fd, fast));
	TH_LOG("the second set-up took %llu ms", (raw_now() - start) / MSEC);
	EXPECT_EQ(-EBUSY, try_setup(r.fd, fast));
	EXPECT_EQ(0, r.ended);
	ASSERT_EQ(0, userfault_answer_with(&u, &lz4, sizeof(lz4)));
	ASSERT_EQ(0, ended_in_time(&r));
	EXPECT_EQ(-EBUSY, r.error);
	pthread_join(r.thread, NULL);
	close(r.fd);
	userfault_close(&u);
}

/* One has made a queue, and waits to say so. */
TEST_F(setup, beside_one_that_writes)
{
	struct flipq_setup fast = raw_setup(1, 1, 64);
	struct flipq_info info;
	struct userfault u;
	struct racer r = {};
	int error;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	error = userfault_open_mode(&u, sizeof(fast), UFFDIO_REGISTER_MODE_WP);
	if (error == -EINVAL)
		SKIP(return, "no write protection by userfaultfd");
	ASSERT_EQ(0, error);
	r.setup = (struct flipq_setup *)(void *)u.mem;
	*r.setup = fast;
	ASSERT_EQ(0, userfault_protect(&u, true));
	r.fd = raw_device();
	ASSERT_LE(0, r.fd);
	ASSERT_EQ(0, pthread_create(&r.thread, NULL, race, &r));
	ASSERT_EQ(0, userfault_touched(&u));
	EXPECT_EQ(0, try_setup(r.fd, fast));
	ASSERT_EQ(0, raw_info(&info));
	EXPECT_EQ(self->before.queues + 2, info.queues)
		TH_LOG("what is not published is charged, too");
	EXPECT_EQ(0, r.ended);
	ASSERT_EQ(0, userfault_protect(&u, false));
	ASSERT_EQ(0, ended_in_time(&r));
	EXPECT_EQ(-EBUSY, r.error);
	pthread_join(r.thread, NULL);
	close(r.fd);
	userfault_close(&u);
}

/* A process that sets up and waits for its own memory. */
static pid_t start_blocked(int fd, int *ready)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	struct racer r = { .fd = fd, .setup = &s };
	struct userfault u;
	pid_t pid = fork();

	if (pid)
		return pid;
	if (userfault_open(&u, sizeof(struct flipq_codec)))
		_exit(1);
	raw_codecs(&s, (const void *)u.mem, 1);
	if (pthread_create(&r.thread, NULL, race, &r) || userfault_touched(&u))
		_exit(2);
	tell(ready, 1);
	pthread_join(r.thread, NULL);
	_exit(3);
}

/* Return: ns until @pid was dead after SIGKILL, 0 if it is not. */
static u64 kill_it(pid_t pid)
{
	u64 start = raw_now();

	kill(pid, SIGKILL);
	while (raw_now() - start < 5 * SECOND) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return raw_now() - start;
		raw_sleep(MSEC);
	}
	return 0;
}

/* Two processes on one descriptor, both blocked: each can be killed. */
TEST_F(setup, kill_ends_it)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	u64 end = raw_now() + LONG_TIME, took;
	pid_t pid[2];
	int *ready, i, fd;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	ready = mmap(NULL, 2 * sizeof(*ready), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, ready);
	fd = raw_device();
	ASSERT_LE(0, fd);
	for (i = 0; i < 2; i++)
		pid[i] = start_blocked(fd, &ready[i]);
	while (!told(&ready[0]) || !told(&ready[1])) {
		ASSERT_GT(end, raw_now());
		raw_sleep(MSEC);
	}
	/* The later one first, as it might wait for the other. */
	for (i = 1; i >= 0; i--) {
		took = kill_it(pid[i]);
		EXPECT_NE(0, took) TH_LOG("process %d lives", i);
		TH_LOG("process %d died %llu ms after kill -9", i, took / MSEC);
	}
	EXPECT_EQ(0, raw_ioctl(fd, FLIPQ_IOC_SETUP, &s));
	close(fd);
	munmap(ready, 2 * sizeof(*ready));
}

/* A queue belongs to who was faster, and is foreign to the other process. */
TEST_F(setup, two_processes)
{
	struct flipq_setup s = raw_setup(1, 1, 64);
	int fd = raw_device(), status;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(raw_ioctl(fd, FLIPQ_IOC_SETUP, &s) ? 1 : 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-EIO, try_setup(fd, s));
	EXPECT_EQ(-EIO, try_setup(fd, raw_setup(1, 1, 64)));
	close(fd);
}

TEST_HARNESS_MAIN
