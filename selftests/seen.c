// SPDX-License-Identifier: GPL-2.0-only
/*
 * seen - what a user may read does not move with single requests of others
 *
 * Bob has a queue on the worker that serves Alice, and reads all there is to
 * read before and after each of her requests. These differ in kind, length and
 * in how well they compress: what moves with one of them tells of her data.
 */
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common.h"
#include "cpu.h"
#include "data.h"
#include "other.h"

#define ALICE	1001
#define BOB	1002
#define SIZE	65536U
#define KINDS	6
#define ROUNDS	24

/**
 * struct alice - does a request for each byte that comes in
 * @q: queue, in her process
 * @pid: process
 * @fd: the device, there
 * @ask: pipe to her
 * @tell: pipe from her
 */
struct alice {
	struct rawq q;
	pid_t pid;
	int fd;
	int ask[2];
	int tell[2];
};

static void alice_input(u8 *in, struct flipq_desc *d, unsigned int kind)
{
	*d = (struct flipq_desc){
		.opcode = FLIPQ_OP_COMPRESS, .src_len = SIZE, .dst_len = SIZE,
	};
	switch (kind % KINDS) {
	case 0:
		memset(in, 0, SIZE);
		break;
	case 1:
		data_text(in, SIZE, kind);
		break;
	case 2:
		data_random(in, SIZE, kind);
		break;
	case 3:
		memset(in, 'x', SIZE);
		d->flags = FLIPQ_REQ_DETECT_FILL;
		break;
	case 4:
		data_random(in, SIZE, kind);
		d->opcode = FLIPQ_OP_DECOMPRESS;
		break;
	default:
		data_text(in, SIZE, kind);
		d->src_len = 64 + kind;
		break;
	}
}

static int alice_set_up(struct rawq *q, int fd)
{
	static const struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };
	int error;

	memset(q, 0, sizeof(*q));
	q->fd = fd;
	q->setup = raw_setup(1, 1, SIZE);
	raw_no_spin(&q->setup);
	raw_codecs(&q->setup, &lz4, 1);
	error = raw_ioctl(fd, FLIPQ_IOC_SETUP, &q->setup);
	return error ? error : raw_map(q);
}

static void alice_live(struct alice *a, int fd)
{
	const struct other who = { .uid = ALICE };
	struct flipq_result r;
	struct flipq_desc d;
	u8 byte = 0;

	/* who changes its uid is nobody's to look into until it says so */
	if (other_become(&who) || prctl(PR_SET_DUMPABLE, 1) ||
	    alice_set_up(&a->q, fd))
		_exit(1);
	while (write(a->tell[1], &byte, 1) == 1 &&
	       read(a->ask[0], &byte, 1) == 1) {
		alice_input(raw_in(&a->q, 0, 0), &d, byte);
		if (raw_run(&a->q, &d, &r) < 0 || raw_parked(&a->q, 0))
			_exit(2);
	}
	_exit(0);
}

static int alice_start(struct alice *a)
{
	int fd = raw_device();
	char byte;

	if (fd < 0)
		return fd;
	if (pipe(a->ask) || pipe(a->tell))
		return -errno;
	a->pid = fork();
	if (a->pid < 0)
		return -errno;
	if (!a->pid) {
		close(a->ask[1]);
		close(a->tell[0]);
		alice_live(a, fd);
	}
	a->fd = fd;
	close(fd);
	close(a->ask[0]);
	close(a->tell[1]);
	return read(a->tell[0], &byte, 1) == 1 ? 0 : -ECHILD;
}

/* One request of hers, from begin to end. */
static int alice_run(struct alice *a, unsigned int kind)
{
	u8 byte = (u8)kind;

	if (write(a->ask[1], &byte, 1) != 1 || read(a->tell[0], &byte, 1) != 1)
		return -ECHILD;
	return 0;
}

static int alice_stop(struct alice *a)
{
	int status;

	close(a->ask[1]);
	close(a->tell[0]);
	return waitpid(a->pid, &status, 0) == a->pid ? status : -1;
}

#define ROOM	(1U << 20)
#define NAME	128

/**
 * struct piece - something that was read
 * @name: what
 * @len: bytes
 * @data: them
 */
struct piece {
	char name[NAME];
	size_t len;
	u8 data[];
};

/**
 * struct view - all that was read
 * @room: pieces
 * @used: bytes of them
 * @pieces: how many
 */
struct view {
	u8 room[ROOM];
	size_t used;
	unsigned int pieces;
};

static void view_add(struct view *v, const char *name, const void *data,
		     size_t len)
{
	struct piece *p = (void *)(v->room + v->used);
	const size_t whole = (sizeof(*p) + len + 7) & ~(size_t)7;

	if (v->used + whole > ROOM)
		abort();
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->len = len;
	memcpy(p->data, data, len);
	v->used += whole;
	v->pieces++;
}

static void view_number(struct view *v, const char *name, u64 n)
{
	view_add(v, name, &n, sizeof(n));
}

/* A file's text, or why it has none. */
static void view_file(struct view *v, const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n < 0)
		view_number(v, path, (u64)-errno);
	else
		view_add(v, path, text, (size_t)n);
	if (fd >= 0)
		close(fd);
}

/* Each file below @path. Links lead elsewhere. */
static void view_tree(struct view *v, const char *path)
{
	const struct dirent *e;
	char name[NAME + 300];
	DIR *dir = opendir(path);

	if (!dir) {
		view_number(v, path, (u64)-errno);
		return;
	}
	while ((e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_type == DT_DIR)
			view_tree(v, name);
		else if (e->d_type == DT_REG)
			view_file(v, name);
	}
	closedir(dir);
}

static void view_node(struct view *v)
{
	struct stat st;

	if (stat(DEVICE, &st))
		memset(&st, 0, sizeof(st));
	view_add(v, "stat of the device", &st, sizeof(st));
}

static void view_stats(struct view *v, const struct rawq *q)
{
	struct flipq_stats t;
	unsigned int i;
	int error;

	for (i = 0; i < 4; i++) {
		error = raw_stats(q, FLIPQ_STATS_WORKER, i, &t);
		view_number(v, "STATS of a worker", (u64)error);
		view_add(v, "STATS of a worker", &t, sizeof(t));
	}
	raw_stats(q, FLIPQ_STATS_QUEUE, 0, &t);
	view_add(v, "STATS of the queue", &t, sizeof(t));
	raw_stats(q, FLIPQ_STATS_PARTITION, 0, &t);
	view_add(v, "STATS of the partition", &t, sizeof(t));
}

static void view_codecs(struct view *v, int fd)
{
	static const u32 sizes[] = { 4096, 65536, 1U << 20, 4U << 20 };
	unsigned int i, k;

	for (i = 0; i < 6; i++) {
		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			struct flipq_codec_info c = {
				.size = sizeof(c), .index = i,
				.slot_size = sizes[k],
			};

			int error = raw_ioctl(fd, FLIPQ_IOC_CODEC, &c);

			view_number(v, "CODEC", (u64)error);
			view_add(v, "CODEC", &c, sizeof(c));
		}
	}
}

/* What a set-up of his is told that makes no queue. */
static void view_error(struct view *v, const char *name, int fd)
{
	struct flipq_setup s = raw_setup(64, 64, FLIPQ_MAX_SLOT_SIZE);

	view_number(v, name, (u64)raw_ioctl(fd, FLIPQ_IOC_SETUP, &s));
}

static void view_take(struct view *v, const struct rawq *q, int fresh)
{
	struct flipq_info info = { .size = sizeof(info) };
	char path[64];

	v->used = 0;
	v->pieces = 0;
	view_number(v, "INFO", (u64)raw_ioctl(q->fd, FLIPQ_IOC_INFO, &info));
	view_add(v, "INFO", &info, sizeof(info));
	view_stats(v, q);
	view_codecs(v, q->fd);
	view_error(v, "SETUP, again", q->fd);
	view_error(v, "SETUP, too large", fresh);
	view_add(v, "completion region", q->comp, q->setup.comp_size);
	view_add(v, "submission region", q->sub, q->setup.sub_size);
	view_add(v, "arena", q->arena, q->setup.arena_size);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", q->fd);
	view_file(v, path);
	view_tree(v, "/sys/module/flipq");
	view_tree(v, "/sys/devices/virtual/misc/flipq");
	view_node(v);
}

/* The name of the first piece that is not the same, or NULL. */
static const char *view_differ(const struct view *a, const struct view *b)
{
	size_t at;

	for (at = 0; at < a->used && at < b->used;) {
		const struct piece *p = (const void *)(a->room + at);
		const struct piece *o = (const void *)(b->room + at);

		if (p->len != o->len || memcmp(p->name, o->name, NAME) ||
		    memcmp(p->data, o->data, p->len))
			return p->name;
		at += (sizeof(*p) + p->len + 7) & ~(size_t)7;
	}
	return a->used == b->used ? NULL : "the number of files";
}

FIXTURE(seen) {
	struct alice alice;
	struct rawq q;
	int fresh;
	struct view *before;
	struct view *after;
};

FIXTURE_SETUP(seen)
{
	struct flipq_setup s = raw_setup(4, 1, 4096);

	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, run_on(0));
	ASSERT_EQ(0, alice_start(&self->alice));
	self->before = malloc(sizeof(*self->before));
	self->after = malloc(sizeof(*self->after));
	self->fresh = raw_device();
	ASSERT_LE(0, self->fresh);
	raw_no_spin(&s);
	s.arena_size = page_size();
	ASSERT_EQ(0, raw_open(&self->q, &s));
	ASSERT_EQ(0, raw_alive(&self->q));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
}

FIXTURE_TEARDOWN(seen)
{
	EXPECT_EQ(0, alice_stop(&self->alice));
	close(self->fresh);
	raw_close(&self->q);
	free(self->before);
	free(self->after);
}

static int bob(void)
{
	const struct other who = { .uid = BOB };

	return other_become(&who);
}

TEST_F(seen, nothing_moves)
{
	unsigned int i, moved = 0;

	ASSERT_EQ(0, bob());
	for (i = 0; i < ROUNDS; i++) {
		const char *what;

		view_take(self->before, &self->q, self->fresh);
		ASSERT_EQ(0, alice_run(&self->alice, i));
		view_take(self->after, &self->q, self->fresh);
		what = view_differ(self->before, self->after);
		moved += !!what;
		EXPECT_EQ(NULL, what)
			TH_LOG("request of kind %u: %s moved", i % KINDS, what);
	}
	TH_LOG("%u requests of another user, %u things read: %u moved", i,
	       self->after->pieces, moved);
}

/* The same with his own request: if it were blind, it would not see that. */
TEST_F(seen, own_requests_move)
{
	ASSERT_EQ(0, bob());
	view_take(self->before, &self->q, self->fresh);
	ASSERT_EQ(0, raw_alive(&self->q));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
	view_take(self->after, &self->q, self->fresh);
	EXPECT_NE(NULL, view_differ(self->before, self->after));
}

static u64 worker_bytes(const struct rawq *q, u32 cpu)
{
	struct flipq_stats t;
	unsigned int i;

	for (i = 0; !raw_stats(q, FLIPQ_STATS_WORKER, i, &t); i++)
		if (t.cpu == cpu)
			return t.counters.bytes_in + t.counters.bytes_out;
	return 0;
}

/* That worker is hers, too: what it tells the administrator moves. */
TEST_F(seen, administrator)
{
	struct flipq_stats t;
	unsigned int i;
	u64 last;

	ASSERT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_PARTITION, 0, &t));
	last = worker_bytes(&self->q, t.cpu);
	for (i = 0; i < 4; i++) {
		u64 bytes;

		ASSERT_EQ(0, alice_run(&self->alice, i));
		bytes = worker_bytes(&self->q, t.cpu);
		EXPECT_LT(last, bytes);
		last = bytes;
	}
}

/* What is said of all users is the administrator's, and so are the workers. */
TEST_F(seen, hidden)
{
	struct flipq_info info = { .size = sizeof(info) };
	struct flipq_stats t;
	char path[64];

	ASSERT_EQ(0, raw_ioctl(self->q.fd, FLIPQ_IOC_INFO, &info));
	EXPECT_LE(2, info.queues);
	EXPECT_LT(info.user_bytes, info.total_bytes);
	ASSERT_EQ(0, bob());
	info = (struct flipq_info){ .size = sizeof(info) };
	ASSERT_EQ(0, raw_ioctl(self->q.fd, FLIPQ_IOC_INFO, &info));
	EXPECT_EQ(FLIPQ_INFO_HIDDEN, info.queues);
	EXPECT_EQ(FLIPQ_INFO_HIDDEN, info.total_bytes);
	EXPECT_EQ(FLIPQ_INFO_HIDDEN, info.worker_bytes);
	EXPECT_EQ(0, info.user_queues);
	EXPECT_EQ(-EPERM, raw_stats(&self->q, FLIPQ_STATS_WORKER, 0, &t));
	EXPECT_EQ(-EPERM, raw_stats(&self->q, FLIPQ_STATS_WORKER, ~0U, &t));
	EXPECT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_QUEUE, 0, &t));
	EXPECT_EQ(0, raw_stats(&self->q, FLIPQ_STATS_PARTITION, 0, &t));
	/* the descriptors of another user's process are its own */
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", self->alice.pid,
		 self->alice.fd);
	EXPECT_EQ(-1, open(path, O_RDONLY));
	EXPECT_EQ(EACCES, errno);
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", self->alice.pid);
	EXPECT_EQ(-1, open(path, O_RDONLY | O_DIRECTORY));
	EXPECT_EQ(EACCES, errno);
}

/* Root of a namespace of his own is nobody special. */
TEST_F(seen, hidden_in_a_namespace)
{
	struct flipq_info info = { .size = sizeof(info) };
	struct flipq_stats t;

	if (no_namespaces())
		SKIP(return, NO_NAMESPACES);
	ASSERT_EQ(0, bob());
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_EQ(-EPERM, raw_stats(&self->q, FLIPQ_STATS_WORKER, 0, &t));
	ASSERT_EQ(0, raw_ioctl(self->q.fd, FLIPQ_IOC_INFO, &info));
	EXPECT_EQ(FLIPQ_INFO_HIDDEN, info.queues);
}

TEST_HARNESS_MAIN
