// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth - each system call with its first, second, third ... allocation or
 * copy from or to the user failing, until none is left to fail
 *
 * What comes back must be an errno that the ABI has for the call, or success;
 * either way the call then works, and nothing stays allocated.
 */
#include <lz4.h>
#include <poll.h>

#include "data.h"
#include "failnth.h"

#define SIZE		4096U
#define ARENA		65536U	/* whole pages, however large these are */
/* FLUSH: four pages, of which the second is clean. */
#define PAGE		1024U
#define DIRTY		0xdULL

static struct flipq_codec shared_codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_LZ4HC },
	{ .algorithm = FLIPQ_ALG_LZO },
	{ .algorithm = FLIPQ_ALG_ZSTD },
	{ .algorithm = FLIPQ_ALG_DEFLATE },
};

static const struct flipq_codec owner_codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4, .flags = FLIPQ_CODEC_OWNER },
	{ .algorithm = FLIPQ_ALG_ZSTD, .level = 19,
	  .flags = FLIPQ_CODEC_OWNER },
};

FIXTURE(failnth) {
	struct flipq_info before;
	struct state s;
};

FIXTURE_SETUP(failnth)
{
	DEVICE_OR_SKIP(return);
	if (access(NTH_FILE, F_OK))
		SKIP(return, NO_FAULTS);
	if (no_knobs())
		SKIP(return, NO_KNOBS);
	raw_offered(shared_codecs, ARRAY_SIZE(shared_codecs));
	ASSERT_EQ(0, nth_open(&self->s.nth));
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	/* A fault is to hit the call, not a page of ours that is not there. */
	ASSERT_EQ(0, mlockall(MCL_CURRENT));
}

FIXTURE_TEARDOWN(failnth)
{
	EXPECT_EQ(0, nth_close(&self->s.nth));
	nothing_left(_metadata, &self->before);
}

static struct flipq_setup both_kinds(void)
{
	struct flipq_setup s = raw_setup(4, 1, SIZE);

	raw_no_spin(&s);
	s.owner_partitions = 1;
	s.arena_size = ARENA;
	raw_codecs(&s, shared_codecs, ARRAY_SIZE(shared_codecs));
	return s;
}

static int open_both(struct state *s)
{
	struct flipq_setup setup = both_kinds();

	return raw_open(&s->q, &setup);
}

static int call_open(struct state *s)
{
	s->fd = raw_device();
	return s->fd;
}

static int after_open(struct state *s, int result)
{
	if (result >= 0)
		close(s->fd);
	return 0;
}

TEST_F(failnth, open)
{
	const struct step step = {
		.name = "open", .call = call_open, .after = after_open,
		.allocates = true, .copies = true,
	};
	struct state *s = &self->s;

	walk(_metadata, s, &step);
}

static int call_info(struct state *s)
{
	struct flipq_info i = { .size = sizeof(i) };

	return raw_ioctl(s->fd, FLIPQ_IOC_INFO, &i);
}

static int call_codec(struct state *s)
{
	struct flipq_codec_info c = { .size = sizeof(c), .index = s->index };

	return raw_ioctl(s->fd, FLIPQ_IOC_CODEC, &c);
}

TEST_F(failnth, info_and_codec)
{
	const struct step info = {
		.name = "INFO", .call = call_info, .copies = true,
	};
	const struct step codec = {
		.name = "CODEC", .call = call_codec,
		.allocates = true, .copies = true,
	};
	struct state *s = &self->s;

	s->fd = raw_device();
	ASSERT_LE(0, s->fd);
	walk(_metadata, s, &info);
	for (s->index = 0; s->index < FLIPQ_ALG_NR - 1; s->index++)
		walk(_metadata, s, &codec);
	close(s->fd);
}

static int before_setup(struct state *s)
{
	memset(&s->q, 0, sizeof(s->q));
	s->q.setup = s->wanted;
	s->q.fd = raw_device();
	return s->q.fd < 0 ? s->q.fd : 0;
}

static int call_setup(struct state *s)
{
	return raw_ioctl(s->q.fd, FLIPQ_IOC_SETUP, &s->q.setup);
}

/* "On error nothing is left behind and the call may be tried again." */
static int after_setup(struct state *s, int result)
{
	int error = 0;

	if (result < 0) {
		s->q.setup = s->wanted;
		error = call_setup(s);
	}
	if (!error)
		error = raw_map(&s->q);
	if (error)
		return error;
	if (s->q.setup.partitions)
		error = raw_alive(&s->q);
	raw_close(&s->q);
	return error;
}

static const struct step setup_step = {
	.name = "SETUP", .before = before_setup, .call = call_setup,
	.after = after_setup, .allocates = true, .copies = true,
};

TEST_F(failnth, setup_one_codec)
{
	struct state *s = &self->s;

	s->wanted = raw_setup(1, 1, SIZE);
	raw_codecs(&s->wanted, shared_codecs, 1);
	walk(_metadata, s, &setup_step);
}

TEST_F(failnth, setup_all_codecs)
{
	struct state *s = &self->s;

	s->wanted = raw_setup(2, 2, SIZE);
	raw_codecs(&s->wanted, shared_codecs, ARRAY_SIZE(shared_codecs));
	walk(_metadata, s, &setup_step);
}

TEST_F(failnth, setup_both_kinds)
{
	struct state *s = &self->s;

	s->wanted = both_kinds();
	walk(_metadata, s, &setup_step);
}

TEST_F(failnth, setup_owner)
{
	struct state *s = &self->s;

	s->wanted = raw_setup(2, 0, SIZE);
	s->wanted.owner_partitions = 2;
	raw_codecs(&s->wanted, owner_codecs, ARRAY_SIZE(owner_codecs));
	walk(_metadata, s, &setup_step);
}

static int call_mmap(struct state *s)
{
	s->map = mmap(NULL, s->size, s->prot, MAP_SHARED, s->q.fd,
		      (off_t)s->offset);
	return s->map == MAP_FAILED ? -errno : 0;
}

static int after_mmap(struct state *s, int result)
{
	if (result)
		return 0;
	/* All of it is there. */
	if (((u8 *)s->map)[0] + ((u8 *)s->map)[s->size - 1])
		return -EPROTO;
	return munmap(s->map, s->size) ? -errno : 0;
}

static const struct step mmap_step = {
	.name = "mmap", .call = call_mmap, .after = after_mmap,
	.allocates = true,
};

/* The first and the last byte of a fresh region are 0. */
TEST_F(failnth, mmap)
{
	const struct flipq_setup *made = &self->s.q.setup;
	struct state *s = &self->s;

	s->wanted = both_kinds();
	ASSERT_EQ(0, before_setup(s));
	ASSERT_EQ(0, call_setup(s));
	s->prot = PROT_READ | PROT_WRITE;
	s->offset = made->sub_offset;
	s->size = made->sub_size;
	walk(_metadata, s, &mmap_step);
	s->offset = made->arena_offset;
	s->size = ARENA;
	walk(_metadata, s, &mmap_step);
	s->prot = PROT_READ;
	s->offset = made->comp_offset;
	s->size = made->comp_size;
	walk(_metadata, s, &mmap_step);
	ASSERT_EQ(0, raw_map(&s->q));
	EXPECT_EQ(0, raw_alive(&s->q));
	raw_close(&s->q);
}

/* Hand over s->desc in slot 0 of the partition. */
static int publish(struct state *s, unsigned int p)
{
	*raw_desc(&s->q, p, 0) = s->desc;
	raw_publish(&s->q, p, 1);
	return 0;
}

static int before_enter(struct state *s)
{
	return publish(s, 0);
}

static int call_enter(struct state *s)
{
	u64 mask = 0;
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = FLIPQ_ENTER_KICK | FLIPQ_ENTER_WAIT,
		.kick = 1,
		.minimum = 1,
		.timeout = LONG_TIME,
		.sigmask = (uintptr_t)&mask,
		.sigsetsize = sizeof(mask),
	};
	int error = raw_ioctl(s->q.fd, FLIPQ_IOC_ENTER, &e);

	return !error && e.ready != 1 ? -EPROTO : error;
}

/* The NOP is done once, now or when asked again. */
static int after_enter(struct state *s, int result)
{
	int error = result < 0 ? call_enter(s) : 0;

	if (error)
		return error;
	if (flip_finished(&s->q.side[0]) != 1 ||
	    raw_result(&s->q, 0, 0)->status)
		return -EPROTO;
	flip_collect(&s->q.side[0], 1);
	return 0;
}

TEST_F(failnth, enter)
{
	const struct step step = {
		.name = "ENTER", .before = before_enter, .call = call_enter,
		.after = after_enter, .copies = true,
	};
	struct state *s = &self->s;

	ASSERT_EQ(0, open_both(s));
	walk(_metadata, s, &step);
	EXPECT_EQ(0, raw_alive(&s->q));
	raw_close(&s->q);
}

static int call_stats(struct state *s)
{
	struct flipq_stats t;

	return raw_stats(&s->q, s->index, 0, &t);
}

TEST_F(failnth, stats)
{
	const struct step step = {
		.name = "STATS", .call = call_stats, .copies = true,
	};
	struct state *s = &self->s;

	ASSERT_EQ(0, open_both(s));
	for (s->index = FLIPQ_STATS_QUEUE; s->index <= FLIPQ_STATS_WORKER;
	     s->index++)
		walk(_metadata, s, &step);
	raw_close(&s->q);
}

static int before_serve(struct state *s)
{
	memset(s->dst, 0, SIZE);
	*s->bitmap = DIRTY;
	return publish(s, 1);
}

static int call_serve(struct state *s)
{
	struct flipq_serve v = {
		.size = sizeof(v),
		.partition = 1,
		.requests = 1,
	};
	int error = raw_ioctl(s->q.fd, FLIPQ_IOC_SERVE, &v);

	return !error && v.served != 1 ? -EPROTO : error;
}

/* Collect what was served. Its status, or -EPROTO if that cannot be. */
static int served_status(struct state *s)
{
	const struct flipq_result *r = raw_result(&s->q, 1, 0);

	if (flip_finished(&s->q.side[1]) != 1)
		return -EPROTO;
	flip_collect(&s->q.side[1], 1);
	if (r->status && r->status != -EFAULT)
		return -EPROTO;
	if (r->status && s->desc.opcode != FLIPQ_OP_FLUSH && r->len)
		return -EPROTO;
	return r->status;
}

/* All that is to be copied was, and all that was copied is clean. */
static int served_right(const struct state *s)
{
	const int len = (int)raw_result(&s->q, 1, 0)->len;
	char plain[SIZE];
	unsigned int i;

	if (s->desc.opcode == FLIPQ_OP_COPY)
		return memcmp(s->src, s->dst, SIZE) ? -EPROTO : 0;
	if (s->desc.opcode == FLIPQ_OP_COMPRESS)
		return LZ4_decompress_safe((char *)s->dst, plain, len, SIZE) ==
		       (int)SIZE && !memcmp(s->src, plain, SIZE) ? 0 : -EPROTO;
	for (i = 0; i < SIZE / PAGE; i++) {
		const u8 *to = s->dst + i * PAGE;
		bool same = !memcmp(s->src + i * PAGE, to, PAGE);

		/* A page that is clean already is not copied. */
		if (same != (DIRTY >> i & 1))
			return -EPROTO;
	}
	return *s->bitmap ? -EPROTO : 0;
}

/* A call whose answer did not reach the caller may have done what it was for. */
static bool done_already(const struct state *s, int result)
{
	return result == -EFAULT && flip_finished(&s->q.side[1]);
}

/* A fault costs a request, or the call; a second try makes up for both. */
static int after_serve(struct state *s, int result)
{
	int error = 0;

	if (result < 0 && !done_already(s, result))
		error = call_serve(s);

	if (error)
		return error;
	error = served_status(s);
	if (error == -EFAULT) {
		s->refused = true;
		publish(s, 1);
		error = call_serve(s);
		if (!error)
			error = served_status(s);
	}
	return error ? error : served_right(s);
}

static const struct step serve_step = {
	.name = "SERVE", .before = before_serve, .call = call_serve,
	.after = after_serve, .copies = true,
};

/* User addresses fail where the request is done, and that is its status. */
static void walk_serve(struct __test_metadata *_metadata,
		       struct state *s, struct flipq_desc desc)
{
	desc.flags = FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER;
	desc.src = (uintptr_t)s->src;
	desc.dst = (uintptr_t)s->dst;
	s->desc = desc;
	s->refused = false;
	walk(_metadata, s, &serve_step);
	EXPECT_TRUE(s->refused)
		TH_LOG("opcode %u never met a fault", desc.opcode);
}

TEST_F(failnth, serve)
{
	const struct flipq_desc pack = {
		.opcode = FLIPQ_OP_COMPRESS, .src_len = SIZE, .dst_len = SIZE,
	};
	const struct flipq_desc copy = {
		.opcode = FLIPQ_OP_COPY, .src_len = SIZE, .dst_len = SIZE,
	};
	struct flipq_desc flush = {
		.opcode = FLIPQ_OP_FLUSH, .src_len = PAGE,
		.flush.count = SIZE / PAGE,
	};
	struct state *s = &self->s;
	static u8 src[SIZE], dst[SIZE];
	static u64 bitmap;

	s->src = src;
	s->dst = dst;
	s->bitmap = &bitmap;
	data_text(src, SIZE, 1);
	ASSERT_EQ(0, open_both(s));
	flush.flush.bitmap = (uintptr_t)&bitmap;
	walk_serve(_metadata, s, pack);
	walk_serve(_metadata, s, copy);
	walk_serve(_metadata, s, flush);
	EXPECT_EQ(0, raw_alive(&s->q));
	raw_close(&s->q);
}

static int before_cancel(struct state *s)
{
	return publish(s, 1);
}

static int call_cancel(struct state *s)
{
	struct flipq_cancel c = {
		.size = sizeof(c),
		.partition = 1,
		.slots = 1,
	};
	int error = raw_ioctl(s->q.fd, FLIPQ_IOC_CANCEL, &c);

	return !error && c.cancelled != 1 ? -EPROTO : error;
}

/* Nobody serves the partition, so the request is there to be cancelled. */
static int after_cancel(struct state *s, int result)
{
	int error = 0;

	if (result < 0 && !done_already(s, result))
		error = call_cancel(s);
	if (error)
		return error;
	if (flip_finished(&s->q.side[1]) != 1 ||
	    raw_result(&s->q, 1, 0)->status != -ECANCELED)
		return -EPROTO;
	flip_collect(&s->q.side[1], 1);
	return 0;
}

TEST_F(failnth, cancel)
{
	const struct step step = {
		.name = "CANCEL", .before = before_cancel, .call = call_cancel,
		.after = after_cancel, .copies = true,
	};
	struct state *s = &self->s;

	ASSERT_EQ(0, open_both(s));
	walk(_metadata, s, &step);
	EXPECT_EQ(0, raw_alive(&s->q));
	raw_close(&s->q);
}

static int call_poll(struct state *s)
{
	struct pollfd pfd = { .fd = s->q.fd, .events = POLLIN };

	return poll(&pfd, 1, 0) < 0 ? -errno : 0;
}

static int call_fdinfo(struct state *s)
{
	char path[64], text[4096];
	ssize_t n;
	int fd, error;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", s->q.fd);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text));
	error = n < 0 ? -errno : 0;
	close(fd);
	return error;
}

TEST_F(failnth, poll_and_fdinfo)
{
	const struct step on_poll = {
		.name = "poll", .call = call_poll, .copies = true,
		.allocates = true,
	};
	const struct step on_fdinfo = {
		.name = "fdinfo", .call = call_fdinfo, .copies = true,
		.allocates = true,
	};
	struct state *s = &self->s;

	ASSERT_EQ(0, open_both(s));
	walk(_metadata, s, &on_poll);
	walk(_metadata, s, &on_fdinfo);
	EXPECT_EQ(0, raw_alive(&s->q));
	raw_close(&s->q);
}

static int call_param(struct state *s)
{
	return param_set(&s->param, s->index);
}

/* The old value or the new one, and the new one at the end. */
static int after_param(struct state *s, int result)
{
	struct flipq_info i;
	int error = raw_info(&i);

	if (error)
		return error;
	if (!result && i.max_queues != s->index)
		return -EPROTO;
	if (i.max_queues != s->index && i.max_queues != s->index - 1)
		return -EPROTO;
	return param_set(&s->param, s->index - 1);
}

TEST_F(failnth, parameter)
{
	const struct step step = {
		.name = "parameter", .call = call_param, .after = after_param,
		.allocates = true, .copies = true,
	};
	struct state *s = &self->s;
	struct flipq_info i;

	ASSERT_EQ(0, raw_info(&i));
	ASSERT_EQ(0, param_open(&s->param, "max_queues"));
	s->index = i.max_queues + 1;
	walk(_metadata, s, &step);
	EXPECT_EQ(0, param_restore(&s->param));
}

/* A queue that has worked, and is held by nothing but its file. */
static int before_close(struct state *s)
{
	int error = open_both(s);

	if (!error)
		error = raw_alive(&s->q);
	return error ? error : raw_unmap(&s->q);
}

static int call_close(struct state *s)
{
	return close(s->q.fd) ? -errno : 0;
}

/* A close cannot fail, whatever it meets: all is gone afterwards. */
TEST_F(failnth, close)
{
	const struct step step = {
		.name = "close", .before = before_close, .call = call_close,
	};
	struct state *s = &self->s;

	walk(_metadata, s, &step);
}

TEST_HARNESS_MAIN
