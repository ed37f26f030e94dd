// SPDX-License-Identifier: GPL-2.0-only
/*
 * useraddr - addresses of the owner's: a bad one is -EFAULT for its request,
 * and one that never answers is the affair of the thread that serves
 */
#define _GNU_SOURCE
#include <sys/prctl.h>

#include "data.h"
#include "load.h"
#include "own.h"
#include "userfault.h"

#define LEN 8192U
#define SLOTS 4

FIXTURE(useraddr) {
	struct rawq q;
	u8 *good;
	u8 *other;
	struct flipq_info before;
};

static int user_open(struct rawq *q)
{
	static const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = own_setup(SLOTS, 1, 2, LEN);

	s.arena_size = 16 * page_size();
	raw_codecs(&s, &c, 1);
	return raw_open(q, &s);
}

static u8 *pages(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

FIXTURE_SETUP(useraddr)
{
	DEVICE_OR_SKIP(return);
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	ASSERT_EQ(0, user_open(&self->q));
	self->good = pages(LEN, PROT_READ | PROT_WRITE);
	self->other = pages(LEN, PROT_READ | PROT_WRITE);
	ASSERT_TRUE(self->good && self->other);
	data_text(self->good, LEN, 1);
}

FIXTURE_TEARDOWN(useraddr)
{
	raw_close(&self->q);
	nothing_left(_metadata, &self->before);
}

static struct flipq_desc user_desc(u8 opcode, u64 src, u64 dst)
{
	return (struct flipq_desc){
		.opcode = opcode,
		.flags = FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER,
		.src_len = LEN, .dst_len = LEN,
		.src = src, .dst = dst,
	};
}

static struct flipq_desc user_copy(const void *src, const void *dst)
{
	return user_desc(FLIPQ_OP_COPY, (uintptr_t)src, (uintptr_t)dst);
}

TEST_F(useraddr, not_for_workers)
{
	struct flipq_desc d = user_copy(self->good, self->other);

	EXPECT_EQ(-EOPNOTSUPP, own_status(&self->q, 0, &d));
	EXPECT_EQ(0, self->other[0]);
	d.flags = FLIPQ_REQ_SRC_USER;
	d.dst = 0;
	EXPECT_EQ(-EOPNOTSUPP, own_status(&self->q, 0, &d));
	d.flags = FLIPQ_REQ_DST_USER;
	d.src = 0;
	EXPECT_EQ(-EOPNOTSUPP, own_status(&self->q, 0, &d));
	d = user_copy(self->good, self->other);
	EXPECT_EQ(0, own_status(&self->q, 1, &d));
	EXPECT_EQ(-1, data_differ(self->good, self->other, LEN));
	d.src_len = LEN + 1;
	d.dst_len = LEN + 1;
	EXPECT_EQ(-EINVAL, own_status(&self->q, 1, &d));
}

/*
 * @d between two good requests: it alone is -EFAULT. As source of each
 * operation that reads.
 */
static void only_this_one(struct __test_metadata *_metadata, struct rawq *q,
			  const u8 *good, u8 *other, const char *what,
			  struct flipq_desc d)
{
	struct flipq_desc fine = user_copy(good, other);

	memset(other, 0, LEN);
	*raw_desc(q, 1, 0) = fine;
	*raw_desc(q, 1, 1) = d;
	*raw_desc(q, 1, 2) = fine;
	ASSERT_EQ(0, raw_submit(q, 1, 7));
	ASSERT_EQ(0, own_serve(q, 1, 0, 0, NULL));
	ASSERT_EQ(7, flip_finished(&q->side[1]));
	EXPECT_EQ(0, raw_result(q, 1, 0)->status) TH_LOG("%s", what);
	EXPECT_EQ(-EFAULT, raw_result(q, 1, 1)->status)
		TH_LOG("%s, opcode %u", what, d.opcode);
	EXPECT_EQ(0, raw_result(q, 1, 1)->len) TH_LOG("%s", what);
	EXPECT_EQ(0, raw_result(q, 1, 2)->status) TH_LOG("%s", what);
	EXPECT_EQ(-1, data_differ(good, other, LEN)) TH_LOG("%s", what);
	flip_collect(&q->side[1], 7);
}

static void bad_source(struct __test_metadata *_metadata, struct rawq *q,
		       const u8 *good, u8 *other, const char *what, u64 addr)
{
	struct flipq_desc d = user_desc(FLIPQ_OP_COPY, addr, (uintptr_t)other);

	only_this_one(_metadata, q, good, other, what, d);
	d.opcode = FLIPQ_OP_COMPRESS;
	only_this_one(_metadata, q, good, other, what, d);
	d.opcode = FLIPQ_OP_DECOMPRESS;
	only_this_one(_metadata, q, good, other, what, d);
	d.opcode = FLIPQ_OP_COPY;
	d.flags = FLIPQ_REQ_SRC_USER;
	d.dst = 0;
	only_this_one(_metadata, q, good, other, what, d);
	d.flags = FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_ARENA;
	only_this_one(_metadata, q, good, other, what, d);
}

static void bad_dest(struct __test_metadata *_metadata, struct rawq *q,
		     const u8 *good, u8 *other, const char *what, u64 addr)
{
	struct flipq_desc d = user_desc(FLIPQ_OP_COPY, (uintptr_t)good, addr);

	only_this_one(_metadata, q, good, other, what, d);
	d.opcode = FLIPQ_OP_COMPRESS;
	only_this_one(_metadata, q, good, other, what, d);
	d.opcode = FLIPQ_OP_COPY;
	d.flags = FLIPQ_REQ_DST_USER;
	d.src = 0;
	only_this_one(_metadata, q, good, other, what, d);
}

TEST_F(useraddr, bad_addresses)
{
	const u64 page = page_size();
	u8 *gone = pages(LEN, PROT_READ), *none = pages(LEN, PROT_NONE);
	u8 *half = pages(2 * page, PROT_READ | PROT_WRITE);
	int file = memfd_create("short", 0);
	u8 *past;
	size_t i;

	ASSERT_TRUE(gone && none && half);
	ASSERT_LE(0, file);
	past = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, past);
	ASSERT_EQ(0, munmap(gone, LEN));
	ASSERT_EQ(0, munmap(half + page, page));

	const struct {
		const char *what;
		u64 addr;
	} bad[] = {
		{ "NULL", 0 },
		{ "unmapped", (uintptr_t)gone },
		{ "PROT_NONE", (uintptr_t)none },
		{ "unmapped after a bit", (uintptr_t)half + page - 100 },
		{ "past the end of a file", (uintptr_t)past },
		{ "the direct map of x86", 0xffff888000000000ULL },
		{ "the direct map of arm64", ~0ULL << 48 },
		{ "that of arm64 with 52 bits", ~0ULL << 52 },
		{ "kernel text of x86", 0xffffffff81000000ULL },
		{ "kernel text of arm64", 0xffff800080000000ULL },
		{ "the last page", ~0ULL - page + 1 },
		{ "around the end", ~0ULL - 8 },
		/* User space ends there, and on x86 a page before. */
		{ "over the edge of 47 bits", (1ULL << 47) - page - LEN / 2 },
		{ "over the edge of 48 bits", (1ULL << 48) - LEN / 2 },
		{ "over the edge of 52 bits", (1ULL << 52) - LEN / 2 },
		{ "over the edge of 56 bits", (1ULL << 56) - page - LEN / 2 },
		{ "past 47 bits", 1ULL << 47 },
		{ "past 48 bits", 1ULL << 48 },
		{ "past 56 bits", 1ULL << 56 },
		{ "the sign alone", 1ULL << 63 },
	};

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		bad_source(_metadata, &self->q, self->good, self->other,
			   bad[i].what, bad[i].addr);
		bad_dest(_metadata, &self->q, self->good, self->other,
			 bad[i].what, bad[i].addr);
	}
}

/* The kernel's way to a page must not be one around its protection. */
TEST_F(useraddr, read_only)
{
	u8 *ro = pages(LEN, PROT_READ | PROT_WRITE);
	struct rawq *q = &self->q;

	ASSERT_NE(NULL, ro);
	memset(ro, 'x', LEN);
	ASSERT_EQ(0, mprotect(ro, LEN, PROT_READ));
	bad_dest(_metadata, q, self->good, self->other, "read-only",
		 (uintptr_t)ro);
	EXPECT_EQ('x', ro[0]);
	EXPECT_EQ('x', ro[LEN - 1]);
	bad_dest(_metadata, q, self->good, self->other,
		 "the completion region", (uintptr_t)q->comp);
}

TEST_F(useraddr, there_and_back)
{
	struct flipq_desc d = user_desc(FLIPQ_OP_COMPRESS,
					(uintptr_t)self->good,
					(uintptr_t)self->other);
	u8 *back = pages(LEN, PROT_READ | PROT_WRITE);
	struct flipq_result r;

	ASSERT_NE(NULL, back);
	ASSERT_EQ(0, own_run(&self->q, 1, &d, &r));
	ASSERT_EQ(0, r.status);
	ASSERT_GT(LEN, r.len);
	EXPECT_EQ(0, self->other[r.len]) TH_LOG("more than len was written");
	d = user_desc(FLIPQ_OP_DECOMPRESS, (uintptr_t)self->other,
		      (uintptr_t)back);
	d.src_len = r.len;
	ASSERT_EQ(0, own_run(&self->q, 1, &d, &r));
	EXPECT_EQ(0, r.status);
	EXPECT_EQ(-1, data_differ(self->good, back, LEN));
}

/* An answer that comes late is one all the same. */
TEST_F(useraddr, answered_late)
{
	struct flipq_desc d;
	struct own_server v;
	struct userfault u;
	u8 *src;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	ASSERT_EQ(0, userfault_open(&u, LEN));
	src = u.mem;
	d = user_copy(src, self->good);
	*raw_desc(&self->q, 1, 0) = d;
	raw_publish(&self->q, 1, 1);
	ASSERT_EQ(0, own_start(&v, &self->q, 1));
	ASSERT_EQ(0, userfault_touched(&u));
	/* Another thread of the same process does the rest meanwhile. */
	EXPECT_EQ(0, own_pass(&self->q, 0, 0xf));
	ASSERT_EQ(0, own_nops(&self->q, 2, 0xf));
	EXPECT_EQ(0, own_serve(&self->q, 2, 0, 0, NULL));
	EXPECT_EQ(0xf, flip_finished(&self->q.side[2]));
	EXPECT_EQ(0, flip_finished(&self->q.side[1]));
	ASSERT_EQ(0, userfault_answer(&u));
	EXPECT_EQ(0, own_finished(&self->q, 1, 1));
	EXPECT_EQ(0, raw_result(&self->q, 1, 0)->status);
	EXPECT_EQ(0, self->good[0]);
	own_stop(&v);
	close(u.fd);
}

/* A request under way is about its owner's memory, not the child's copy. */
TEST_F(useraddr, forked_meanwhile)
{
	struct own_server v;
	struct userfault u;
	int status, go[2];
	u8 last = self->good[LEN - 1];
	pid_t pid;
	char byte;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	ASSERT_NE(0, last);
	ASSERT_EQ(0, userfault_open(&u, LEN));
	ASSERT_EQ(0, pipe(go));
	*raw_desc(&self->q, 1, 0) = user_copy(u.mem, self->good);
	raw_publish(&self->q, 1, 1);
	ASSERT_EQ(0, own_start(&v, &self->q, 1));
	ASSERT_EQ(0, userfault_touched(&u));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(self->good[LEN - 1] == last ? 0 : 2);
	}
	ASSERT_EQ(0, userfault_answer(&u));
	ASSERT_EQ(0, own_finished(&self->q, 1, 1));
	EXPECT_EQ(0, raw_result(&self->q, 1, 0)->status);
	EXPECT_EQ(0, self->good[0]);
	EXPECT_EQ(0, self->good[LEN - 1]);
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("it was the child's memory");
	own_stop(&v);
	close(go[0]);
	close(go[1]);
	close(u.fd);
}

static void *cancel_for_ever(void *arg)
{
	own_cancel(arg, 1, 1, NULL);
	return NULL;
}

/*
 * In a child: partition 1 waits for what never comes, a second thread for its
 * cancel. Writes a byte when both are stuck and the queue's other partitions
 * have done something. The end comes from outside, or the process exits.
 */
enum stuck_how { STUCK_HERE, STUCK_ELSEWHERE, STUCK_EXITS };

static int stuck(int ready, enum stuck_how how)
{
	struct own_server v;
	struct userfault u;
	struct rawq q;
	pthread_t t;

	if (userfault_open(&u, LEN) || user_open(&q))
		return 1;
	if (how == STUCK_ELSEWHERE) {
		pid_t parent = getpid(), pid = fork();

		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (getppid() == parent)
				pause();
			_exit(0);
		}
	}
	*raw_desc(&q, 1, 0) = user_copy(u.mem, u.mem + page_size());
	raw_publish(&q, 1, 1);
	if (own_start(&v, &q, 1) || userfault_touched(&u))
		return 2;
	if (how == STUCK_ELSEWHERE)
		close(u.fd);
	if (pthread_create(&t, NULL, cancel_for_ever, &q))
		return 3;
	raw_sleep(20 * MSEC);
	if (own_pass(&q, 0, 0xf) || own_nops(&q, 2, 0xf) ||
	    own_serve(&q, 2, 0, 0, NULL) ||
	    flip_finished(&q.side[2]) != 0xf || flip_finished(&q.side[1]))
		return 4;
	if (write(ready, "", 1) != 1)
		return 5;
	while (how != STUCK_EXITS)
		pause();
	return 0;
}

/* The child has ended, and nothing of its queue is left, before long. */
static int all_gone(pid_t pid, int *status, const struct flipq_info *before)
{
	u64 end = raw_now() + LONG_TIME;
	struct flipq_info now;
	pid_t ended = 0;

	while (raw_now() < end) {
		if (!ended)
			ended = waitpid(pid, status, WNOHANG);
		if (ended == pid && !raw_info(&now) &&
		    now.queues == before->queues &&
		    now.total_bytes == before->total_bytes)
			return 0;
		raw_sleep(MSEC);
	}
	return ended == pid ? -EBUSY : -ETIME;
}

static void ended_while_stuck(struct __test_metadata *_metadata,
			      enum stuck_how how)
{
	struct flipq_info start, before;
	int ready[2], status;
	struct load l;
	pid_t pid;
	char byte;

	ASSERT_EQ(0, raw_quiet(1, &start));
	ASSERT_EQ(0, load_open(&l, 8, 1, 4096, FLIPQ_POLICY_BATCH, 7));
	ASSERT_EQ(0, raw_quiet(2, &before));
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(ready[0]);
		_exit(stuck(ready[1], how));
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1)) TH_LOG("the child failed");
	close(ready[0]);
	/* Ours, on the same workers, does not notice. */
	EXPECT_EQ(0, load_run(&l, 1000)) TH_LOG("slot %d: %s", l.slot, l.why);
	EXPECT_EQ(1000, l.checked);
	if (how != STUCK_EXITS)
		ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(0, all_gone(pid, &status, &before));
	EXPECT_EQ(how == STUCK_EXITS ? 0 : SIGKILL, status);
	EXPECT_EQ(0, load_run(&l, 100)) TH_LOG("slot %d: %s", l.slot, l.why);
	load_close(&l);
	/* The next one compares with what there is then. */
	ASSERT_EQ(0, raw_settle(&start, &before));
}

TEST_F(useraddr, never_answered)
{
	int i;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	for (i = 0; i < 3; i++)
		ended_while_stuck(_metadata, STUCK_HERE);
}

TEST_F(useraddr, never_answered_elsewhere)
{
	int i;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	for (i = 0; i < 3; i++)
		ended_while_stuck(_metadata, STUCK_ELSEWHERE);
}

TEST_F_TIMEOUT(useraddr, exits_unanswered, 120)
{
	int i;

	if (!userfault_there())
		SKIP(return, NO_USERFAULT);
	for (i = 0; i < 3; i++)
		ended_while_stuck(_metadata, STUCK_EXITS);
}

/* The memory comes and goes while it is read: -EFAULT or not, nothing else. */
TEST_F(useraddr, unmapped_meanwhile)
{
	struct rawq *q = &self->q;
	struct own_server v;
	unsigned int i;

	ASSERT_EQ(0, own_start(&v, q, 1));
	for (i = 0; i < 300 * scale(); i++) {
		u8 *src = pages(LEN, PROT_READ);
		int status;

		ASSERT_NE(NULL, src);
		*raw_desc(q, 1, 0) = user_copy(src, self->other);
		ASSERT_EQ(0, raw_submit(q, 1, 1));
		ASSERT_EQ(0, munmap(src, LEN));
		ASSERT_EQ(0, own_finished(q, 1, 1));
		status = raw_result(q, 1, 0)->status;
		ASSERT_TRUE(!status || status == -EFAULT)
			TH_LOG("status %d", status);
		flip_collect(&q->side[1], 1);
	}
	own_stop(&v);
}

TEST_HARNESS_MAIN
