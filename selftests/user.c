// SPDX-License-Identifier: GPL-2.0-only
/*
 * user - who is one user and who is another: limits of queues and bytes are for
 * all uids that one of them can become
 */
#include "common.h"
#include "other.h"
#include "params.h"

#define ALICE	1001
#define BOB	1002
#define TEN	"0 100000 10"		/* uids 0 to 9 */
#define TEN_MORE "0 200000 10"
#define QUEUES	3			/* the limit here */

/**
 * struct kept - queues that others set up
 * @setup: of each
 * @fds: what holds them
 * @nr: how many there are
 */
struct kept {
	struct flipq_setup setup;
	int fds[64];
	unsigned int nr;
};

FIXTURE(user) {
	struct param queues;
	struct param bytes;
	struct flipq_info before;
	struct kept kept;
};

FIXTURE_SETUP(user)
{
	DEVICE_OR_SKIP(return);
	if (no_namespaces())
		SKIP(return, NO_NAMESPACES);
	ASSERT_EQ(0, param_open(&self->queues, "max_user_queues"));
	ASSERT_EQ(0, param_open(&self->bytes, "max_user_bytes"));
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	self->kept.setup = raw_setup(8, 1, 4096);
	self->kept.nr = 0;
	ASSERT_EQ(0, param_set(&self->queues, QUEUES));
}

FIXTURE_TEARDOWN(user)
{
	while (self->kept.nr)
		close(self->kept.fds[--self->kept.nr]);
	EXPECT_EQ(0, param_restore(&self->queues));
	EXPECT_EQ(0, param_restore(&self->bytes));
	nothing_left(_metadata, &self->before);
}

/* One more queue of theirs, kept. Return: 0 or an errno. */
static int more(struct kept *k, const struct other *o)
{
	int fd = other_setup(o, k->setup);

	if (fd < 0)
		return fd;
	k->fds[k->nr++] = fd;
	return 0;
}

/* How many queues until there is no more, 0 to QUEUES; -1 for other errors. */
static int room(struct kept *k, const struct other *o)
{
	int n = 0, error;

	while (!(error = more(k, o)))
		n++;
	return error == -EMFILE ? n : -1;
}

TEST_F(user, two_uids)
{
	const struct other alice = { .uid = ALICE }, bob = { .uid = BOB };

	EXPECT_EQ(QUEUES, room(&self->kept, &alice));
	EXPECT_EQ(0, room(&self->kept, &alice));
	EXPECT_EQ(QUEUES, room(&self->kept, &bob));
}

/* Ten uids have the queues of one, and those are of who made the namespace. */
TEST_F(user, sub_uids)
{
	const struct other alice = { .uid = ALICE }, bob = { .uid = BOB };
	struct other sub = { .ns = other_namespace(ALICE, TEN) };
	int queues = 0;

	ASSERT_LT(0, sub.ns);
	for (sub.uid = 0; sub.uid < 10; sub.uid++) {
		int n = room(&self->kept, &sub);

		ASSERT_LE(0, n);
		queues += n;
	}
	TH_LOG("queues of 10 uids of a namespace: %d, limit %d", queues, QUEUES);
	EXPECT_EQ(QUEUES, queues);
	EXPECT_EQ(0, room(&self->kept, &alice));
	EXPECT_EQ(QUEUES, room(&self->kept, &bob));
	close(sub.ns);
}

TEST_F(user, sub_uids_and_bytes)
{
	const struct other alice = { .uid = ALICE };
	struct other sub = { .ns = other_namespace(ALICE, TEN) };
	struct flipq_info info;
	u64 bytes;

	ASSERT_LT(0, sub.ns);
	ASSERT_EQ(0, param_restore(&self->queues));
	ASSERT_EQ(0, more(&self->kept, &alice));
	ASSERT_EQ(0, other_info(&alice, &info));
	EXPECT_EQ(1, info.user_queues);
	bytes = info.user_bytes;
	ASSERT_LT(0, bytes);
	ASSERT_EQ(0, param_set(&self->bytes, 4 * bytes - 1));
	for (sub.uid = 0; sub.uid < 2; sub.uid++)
		EXPECT_EQ(0, more(&self->kept, &sub));
	for (; sub.uid < 10; sub.uid++)
		EXPECT_EQ(-EDQUOT, more(&self->kept, &sub));
	EXPECT_EQ(-EDQUOT, more(&self->kept, &alice));
	sub.uid = 9;
	ASSERT_EQ(0, other_info(&sub, &info));
	EXPECT_EQ(3, info.user_queues);
	EXPECT_EQ(3 * bytes, info.user_bytes);
	EXPECT_EQ(4 * bytes - 1, info.max_user_bytes);
	close(sub.ns);
}

/* A second namespace, and one within, are the same user's. */
TEST_F(user, more_namespaces)
{
	struct other a = { .ns = other_namespace(ALICE, TEN) };
	struct other b = { .ns = other_namespace(ALICE, TEN_MORE) };
	struct other within = { .ns = a.ns, .uid = 3, .unshare = true };

	ASSERT_LT(0, a.ns);
	ASSERT_LT(0, b.ns);
	ASSERT_EQ(0, more(&self->kept, &a));
	ASSERT_EQ(0, more(&self->kept, &b));
	ASSERT_EQ(0, more(&self->kept, &within));
	EXPECT_EQ(0, room(&self->kept, &a));
	EXPECT_EQ(0, room(&self->kept, &b));
	for (within.uid = 0; within.uid < 10; within.uid++)
		EXPECT_EQ(0, room(&self->kept, &within));
	close(a.ns);
	close(b.ns);
}

/* Who has no sub-uids can still make a namespace, as often as it likes. */
TEST_F(user, unshared)
{
	const struct other alice = { .uid = ALICE };
	const struct other again = { .uid = ALICE, .unshare = true };

	ASSERT_EQ(0, more(&self->kept, &again));
	EXPECT_EQ(QUEUES - 1, room(&self->kept, &again));
	EXPECT_EQ(0, room(&self->kept, &alice));
}

/* Containers: root made them, and each is a user. */
TEST_F(user, namespaces_of_root)
{
	const struct other alice = { .uid = ALICE };
	struct other a = { .ns = other_namespace(0, TEN) };
	struct other b = { .ns = other_namespace(0, TEN_MORE) };
	struct other within = { .ns = a.ns, .uid = 3, .unshare = true };
	struct flipq_info info;
	int queues = 0;

	ASSERT_LT(0, a.ns);
	ASSERT_LT(0, b.ns);
	for (a.uid = 0; a.uid < 10; a.uid++)
		queues += room(&self->kept, &a);
	EXPECT_EQ(QUEUES, queues);
	EXPECT_EQ(0, room(&self->kept, &within));
	EXPECT_EQ(QUEUES, room(&self->kept, &b));
	EXPECT_EQ(QUEUES, room(&self->kept, &alice));
	ASSERT_EQ(0, raw_info(&info));
	EXPECT_EQ(self->before.user_queues, info.user_queues);
	close(a.ns);
	close(b.ns);
}

/* A sandbox that a set-user-ID program makes for one uid is that uid. */
TEST_F(user, namespaces_of_one_uid)
{
	const struct other alice = { .uid = ALICE };
	int i, queues = 0;

	for (i = 0; i < 4; i++) {
		struct other o = {
			.ns = other_namespace(0, "1001 1001 1"), .uid = ALICE,
		};

		ASSERT_LT(0, o.ns);
		queues += room(&self->kept, &o);
		close(o.ns);
	}
	EXPECT_EQ(QUEUES, queues);
	EXPECT_EQ(0, room(&self->kept, &alice));
}

/* The queue may live longer than its user's namespace has processes. */
TEST_F(user, namespace_gone)
{
	int i;

	for (i = 0; i < 8; i++) {
		struct other o = { .ns = other_namespace(0, TEN), .uid = 4 };

		ASSERT_LT(0, o.ns);
		EXPECT_EQ(QUEUES, room(&self->kept, &o))
			TH_LOG("the user of an older namespace");
		close(o.ns);
	}
}

TEST_HARNESS_MAIN
