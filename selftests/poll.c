// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll - poll and epoll: readable while a completion is to be collected
 *
 * A request is held back by not kicking its parked partition.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "common.h"

#define SHORT 50	/* ms */
#define LONG 20000

FIXTURE(poll) {
	struct rawq q;
	int ep;
};

FIXTURE_SETUP(poll)
{
	struct flipq_setup s = raw_setup(4, 2, 0);

	DEVICE_OR_SKIP(return);
	raw_no_spin(&s);
	ASSERT_EQ(0, raw_open(&self->q, &s));
	ASSERT_EQ(0, raw_parked(&self->q, 0));
	ASSERT_EQ(0, raw_parked(&self->q, 1));
	self->ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->ep);
}

FIXTURE_TEARDOWN(poll)
{
	close(self->ep);
	raw_close(&self->q);
}

static int poll_for(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, timeout);

	return n < 0 ? -errno : p.revents;
}

TEST(before_setup)
{
	int fd;

	DEVICE_OR_SKIP(return);
	fd = raw_device();
	ASSERT_LE(0, fd);
	EXPECT_EQ(POLLERR, poll_for(fd, LONG) & ~POLLHUP);
	close(fd);
}

TEST_F(poll, level)
{
	struct rawq *q = &self->q;

	EXPECT_EQ(0, poll_for(q->fd, SHORT)) TH_LOG("nothing submitted");
	raw_publish(q, 0, 1);
	EXPECT_EQ(0, poll_for(q->fd, SHORT)) TH_LOG("nothing finished");
	ASSERT_EQ(0, raw_kick(q, 1));
	EXPECT_EQ(POLLIN, poll_for(q->fd, LONG) & POLLIN);
	EXPECT_EQ(POLLIN, poll_for(q->fd, 0) & POLLIN) TH_LOG("not collected");
	flip_collect(&q->side[0], 1);
	EXPECT_EQ(0, poll_for(q->fd, SHORT)) TH_LOG("collected");
	/* The other partition, another slot. */
	ASSERT_EQ(0, raw_submit(q, 1, 8));
	EXPECT_EQ(POLLIN, poll_for(q->fd, LONG) & POLLIN);
	flip_collect(&q->side[1], 8);
	EXPECT_EQ(0, poll_for(q->fd, 0));
}

static void *kick_later(void *arg)
{
	struct rawq *q = arg;

	raw_sleep(SHORT * MSEC);
	raw_kick(q, 1);
	return NULL;
}

TEST_F(poll, woken)
{
	pthread_t thread;

	raw_publish(&self->q, 0, 1);
	ASSERT_EQ(0, pthread_create(&thread, NULL, kick_later, &self->q));
	EXPECT_EQ(POLLIN, poll_for(self->q.fd, LONG) & POLLIN);
	pthread_join(thread, NULL);
}

static int watch(int ep, int fd, unsigned int events)
{
	struct epoll_event e = { .events = events, .data.u32 = 7 };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

static int events(int ep, int timeout)
{
	struct epoll_event e[4];

	return epoll_wait(ep, e, 4, timeout);
}

TEST_F(poll, epoll_level)
{
	struct rawq *q = &self->q;

	ASSERT_EQ(0, watch(self->ep, q->fd, EPOLLIN));
	EXPECT_EQ(0, events(self->ep, SHORT));
	ASSERT_EQ(0, raw_submit(q, 0, 3));
	EXPECT_EQ(1, events(self->ep, LONG));
	EXPECT_EQ(1, events(self->ep, 0));
	ASSERT_EQ(0, raw_wait(q, 2, LONG_TIME, NULL));
	flip_collect(&q->side[0], 1);
	EXPECT_EQ(1, events(self->ep, 0)) TH_LOG("one of two collected");
	flip_collect(&q->side[0], 2);
	EXPECT_EQ(0, events(self->ep, SHORT));
}

/* epoll registers once, when the descriptor is added: before set-up, too. */
TEST_F(poll, epoll_before_setup)
{
	struct flipq_setup s = raw_setup(1, 1, 0);
	struct rawq q = { .setup = s };

	raw_no_spin(&q.setup);
	q.fd = raw_device();
	ASSERT_LE(0, q.fd);
	ASSERT_EQ(0, watch(self->ep, q.fd, EPOLLIN | EPOLLET));
	/* EPOLLERR says that there is no queue, once. */
	EXPECT_EQ(1, events(self->ep, 0));
	EXPECT_EQ(0, events(self->ep, 0));
	ASSERT_EQ(0, raw_ioctl(q.fd, FLIPQ_IOC_SETUP, &q.setup));
	ASSERT_EQ(0, raw_map(&q));
	EXPECT_EQ(0, events(self->ep, 0));
	ASSERT_EQ(0, raw_submit(&q, 0, 1));
	EXPECT_EQ(1, events(self->ep, LONG));
	EXPECT_EQ(1, flip_finished(&q.side[0]));
	raw_close(&q);
}

/* An edge is a completion: reported once, and each later one again. */
TEST_F(poll, epoll_edge)
{
	struct rawq *q = &self->q;
	int i;

	ASSERT_EQ(0, watch(self->ep, q->fd, EPOLLIN | EPOLLET));
	EXPECT_EQ(0, events(self->ep, SHORT));
	ASSERT_EQ(0, raw_submit(q, 0, 1));
	EXPECT_EQ(1, events(self->ep, LONG));
	EXPECT_EQ(0, events(self->ep, SHORT)) TH_LOG("the same one again");
	/* A new one comes while the old one is still there. */
	ASSERT_EQ(0, raw_submit(q, 0, 2));
	EXPECT_EQ(1, events(self->ep, LONG)) TH_LOG("no second edge");
	flip_collect(&q->side[0], 3);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, raw_submit(q, 1, 1));
		ASSERT_EQ(1, events(self->ep, LONG)) TH_LOG("round %d", i);
		ASSERT_EQ(1, flip_finished(&q->side[1]));
		flip_collect(&q->side[1], 1);
	}
}

TEST_F(poll, epoll_oneshot)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };
	struct rawq *q = &self->q;

	ASSERT_EQ(0, watch(self->ep, q->fd, e.events));
	ASSERT_EQ(0, raw_submit(q, 0, 1));
	EXPECT_EQ(1, events(self->ep, LONG));
	EXPECT_EQ(0, events(self->ep, SHORT));
	ASSERT_EQ(0, epoll_ctl(self->ep, EPOLL_CTL_MOD, q->fd, &e));
	EXPECT_EQ(1, events(self->ep, 0));
}

/* The queue goes while it is watched: no event, and nothing left to touch. */
TEST_F(poll, closed_while_watched)
{
	struct flipq_setup s = raw_setup(1, 1, 0);
	struct rawq q;
	int i;

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, raw_open(&q, &s));
		ASSERT_EQ(0, watch(self->ep, q.fd, EPOLLIN | EPOLLET));
		if (i % 2)
			ASSERT_EQ(0, raw_submit(&q, 0, 1));
		raw_close(&q);
	}
	EXPECT_EQ(0, events(self->ep, 0));
}

/* Poll and wait side by side are no two waiters. */
TEST_F(poll, beside_a_wait)
{
	struct rawq *q = &self->q;
	int i;

	ASSERT_EQ(0, watch(self->ep, q->fd, EPOLLIN));
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, raw_submit(q, 0, 1));
		ASSERT_EQ(0, raw_wait(q, 1, LONG_TIME, NULL));
		ASSERT_EQ(1, events(self->ep, LONG));
		flip_collect(&q->side[0], 1);
		ASSERT_EQ(0, events(self->ep, 0));
	}
}

TEST_HARNESS_MAIN
