// SPDX-License-Identifier: GPL-2.0-only
/*
 * interrupt - a stop, a debugger, the freezer and io_uring end no wait and no
 * serving, make no timeout longer, and lose no count; a signal's handler does
 * end them
 *
 * A process of its own makes the call, so that the test can do to it what it
 * likes. Each interruption is seen to have reached the call by the counter of
 * calls, which the kernel's own repetitions raise, too.
 */
#define _GNU_SOURCE
#include "interrupt.h"
#include "own.h"

#define TIMEOUT		(300 * MSEC)
/* A call whose time began anew with each interruption would last so long. */
#define MEANWHILE	(6 * TIMEOUT)
#define BETWEEN		(20 * MSEC)
#define TIMES		8
#define OWNED		1

/* What is asked of the victim's second thread. */
enum order {
	ORDER_NONE,
	ORDER_KICK,	/* the request that is waited for */
	ORDER_SUBMIT,	/* one to the partition that is served */
};

/**
 * struct call - the call, and what became of it
 * @cmd: FLIPQ_IOC_ENTER or FLIPQ_IOC_SERVE
 * @enter: its struct
 * @serve: its struct
 * @absolute: TIMEOUT from now as a point in time
 * @again: after EINTR once more with the struct as it is
 * @blocked: SIGUSR1 is, but not in the wait
 * @error: of the call
 * @resumed: of the second one
 * @took: ns, the second one included
 * @restarts: how often the kernel made it again
 * @signals: that were handled
 * @mask_kept: SIGUSR1 is blocked after the call as it was before
 */
struct call {
	unsigned long cmd;
	struct flipq_enter enter;
	struct flipq_serve serve;
	bool absolute;
	bool again;
	bool blocked;
	int error;
	int resumed;
	u64 took;
	u64 restarts;
	int signals;
	bool mask_kept;
};

/**
 * struct shared - what both processes see
 * @how: the interruptions come
 * @event: eventfd of INTERRUPT_TASK_WORK
 * @pid: the victim, 0 before there is one
 * @call: what it calls
 * @failed: why it could not, or its helper could not
 * @started: the call has
 * @ended: and this
 * @order: for the helper, ORDER_NONE once carried out
 * @q: the victim's
 */
struct shared {
	enum interruption how;
	int event;
	pid_t pid;
	struct call call;
	int failed;
	int started;
	int ended;
	int order;
	struct rawq q;
};

FIXTURE(interrupt) {
	struct shared *s;
};

FIXTURE_VARIANT(interrupt) {
	enum interruption how;
};

FIXTURE_VARIANT_ADD(interrupt, stop) {
	.how = INTERRUPT_STOP,
};

FIXTURE_VARIANT_ADD(interrupt, debugger) {
	.how = INTERRUPT_DEBUGGER,
};

FIXTURE_VARIANT_ADD(interrupt, freezer) {
	.how = INTERRUPT_FREEZER,
};

FIXTURE_VARIANT_ADD(interrupt, task_work) {
	.how = INTERRUPT_TASK_WORK,
};

static int signals;

static void count(int sig __attribute__((unused)))
{
	WRITE_ONCE(signals, signals + 1);
}

static int carry_out(struct rawq *q, int order)
{
	u64 slot;

	if (order == ORDER_KICK)
		return raw_kick(q, 1);
	slot = flip_free(&q->side[OWNED]);
	return slot ? own_nops(q, OWNED, slot & -slot) : -EAGAIN;
}

static void *helper(void *arg)
{
	struct shared *s = arg;

	for (;;) {
		int order = READ_ONCE(s->order);

		if (order && carry_out(&s->q, order))
			WRITE_ONCE(s->failed, -EPROTO);
		if (order)
			tell(&s->order, ORDER_NONE);
		raw_sleep(MSEC);
	}
	return NULL;
}

static u64 calls_so_far(const struct rawq *q)
{
	struct flipq_stats t;

	if (raw_stats(q, FLIPQ_STATS_QUEUE, 0, &t))
		return 0;
	return t.counters.waits + t.counters.serves;
}

static int make_call(const struct rawq *q, struct call *c)
{
	return raw_ioctl(q->fd, c->cmd, c->cmd == FLIPQ_IOC_ENTER ?
			 (void *)&c->enter : (void *)&c->serve);
}

static void run_call(struct shared *s)
{
	struct call *c = &s->call;
	u64 calls = calls_so_far(&s->q), start = raw_now();
	unsigned int made = 1 + !!(c->enter.flags & FLIPQ_ENTER_SERVE);
	sigset_t now;

	if (c->absolute)
		c->enter.timeout = start + TIMEOUT;
	tell(&s->started, 1);
	c->error = make_call(&s->q, c);
	if (c->error == -EINTR && c->again) {
		c->resumed = make_call(&s->q, c);
		calls += made;
	}
	c->took = raw_now() - start;
	/* A serving wait counts as both. */
	c->restarts = (calls_so_far(&s->q) - calls) / made - 1;
	c->signals = READ_ONCE(signals);
	sigprocmask(SIG_SETMASK, NULL, &now);
	c->mask_kept = sigismember(&now, SIGUSR1) == c->blocked;
}

static int victim_prepare(struct shared *s)
{
	/* SA_RESTART makes no difference. */
	const struct sigaction act = { .sa_handler = count,
				       .sa_flags = SA_RESTART };
	struct flipq_setup setup = own_setup(8, 1, 1, 64);
	pthread_t t;
	sigset_t usr1;
	int error;

	raw_no_spin(&setup);
	error = raw_open(&s->q, &setup);
	if (!error)
		error = raw_parked(&s->q, 0);
	if (!error && s->how == INTERRUPT_TASK_WORK)
		error = interrupt_ring(s->event);
	if (error)
		return error;
	/* To be waited for, and held as long as nobody kicks. */
	raw_publish(&s->q, 0, 1);
	sigaction(SIGUSR1, &act, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	error = -pthread_create(&t, NULL, helper, s);
	if (!s->call.blocked)
		sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	return error;
}

static void victim(struct shared *s)
{
	int error = victim_prepare(s);

	if (error)
		WRITE_ONCE(s->failed, error);
	else
		run_call(s);
	tell(&s->ended, 1);
	for (;;)
		pause();
}

static bool ended(const struct shared *s)
{
	return told(&s->ended);
}

static int await(const int *word, int value)
{
	u64 end = raw_now() + LONG_TIME;

	while (told(word) != value) {
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC);
	}
	return 0;
}

static int give_order(struct shared *s, int order)
{
	tell(&s->order, order);
	return await(&s->order, ORDER_NONE);
}

FIXTURE_SETUP(interrupt)
{
	const char *barred;

	DEVICE_OR_SKIP(return);
	barred = interrupt_barred(variant->how);
	if (barred)
		SKIP(return, "%s", barred);
	self->s = mmap(NULL, sizeof(*self->s), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->s);
	self->s->how = variant->how;
	self->s->event = eventfd(0, 0);
	ASSERT_LE(0, self->s->event);
}

FIXTURE_TEARDOWN(interrupt)
{
	struct shared *s = self->s;

	if (s && s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	if (s) {
		close(s->event);
		munmap(s, sizeof(*s));
	}
	if (variant->how == INTERRUPT_FREEZER)
		rmdir(FROZEN_GROUP);
}

/* Let a process make the call. Return: 0, or why it could not. */
static int begin(struct shared *s, const struct call *c)
{
	int error = 0;
	pid_t pid;

	s->call = *c;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		victim(s);
	s->pid = pid;
	if (s->how == INTERRUPT_FREEZER)
		error = interrupt_group(pid);
	while (!error && !told(&s->started) && !READ_ONCE(s->failed))
		raw_sleep(MSEC);
	return error ? error : s->failed;
}

/* Interrupt it @most times, or until it has ended. Return: how many times. */
static int interrupt(const struct shared *s, unsigned int most)
{
	u64 end = raw_now() + MEANWHILE;
	unsigned int n;
	int error;

	for (n = 0; n < most && raw_now() < end && !ended(s); n++) {
		raw_sleep(BETWEEN);
		error = interrupt_once(s->how, s->pid, s->event, n);
		if (error)
			return error;
	}
	return (int)n;
}

static struct call wait_call(unsigned int flags, u64 timeout)
{
	return (struct call){
		.cmd = FLIPQ_IOC_ENTER,
		.enter = {
			.size = sizeof(struct flipq_enter),
			.flags = flags | FLIPQ_ENTER_WAIT,
			.minimum = 1,
			.timeout = timeout,
			.serve = flags & FLIPQ_ENTER_SERVE ? OWNED : 0,
		},
	};
}

static struct call serve_call(unsigned int requests, u64 idle)
{
	return (struct call){
		.cmd = FLIPQ_IOC_SERVE,
		.serve = {
			.size = sizeof(struct flipq_serve),
			.partition = OWNED,
			.requests = requests,
			.idle = idle,
		},
	};
}

#define REPORT(what, times) do {					\
	const struct call *_c = &self->s->call;				\
	const int _n = (times);						\
									\
	TH_LOG("%s: %d interruptions, made again %llu times, %llu ms",	\
	       what, _n, (unsigned long long)_c->restarts,		\
	       (unsigned long long)(_c->took / MSEC));			\
	/* Two may fall together, and the last one be late. */		\
	EXPECT_LE((unsigned int)_n / 2, _c->restarts);			\
} while (0)

/* A call that ends by itself, and takes as long as it does undisturbed. */
#define IN_TIME(what, c, result) do {					\
	int _times;							\
									\
	ASSERT_EQ(0, begin(self->s, c));				\
	_times = interrupt(self->s, ~0U);				\
	ASSERT_LT(0, _times);						\
	ASSERT_EQ(0, await(&self->s->ended, 1));			\
	EXPECT_EQ(result, self->s->call.error);				\
	EXPECT_LE(TIMEOUT, self->s->call.took);				\
	EXPECT_GT(MEANWHILE, self->s->call.took);			\
	EXPECT_EQ(0, self->s->call.signals);				\
	EXPECT_TRUE(self->s->call.mask_kept);				\
	EXPECT_EQ(0, self->s->call.enter.resume);			\
	EXPECT_EQ(0, self->s->call.serve.resume_idle);			\
	REPORT(what, _times);						\
} while (0)

TEST_F(interrupt, relative)
{
	struct call c = wait_call(0, TIMEOUT);

	IN_TIME("relative", &c, -ETIME);
	EXPECT_EQ(TIMEOUT, self->s->call.enter.timeout)
		TH_LOG("the caller's timeout is its own");
}

TEST_F(interrupt, absolute)
{
	struct call c = wait_call(FLIPQ_ENTER_ABSTIME, 0);

	c.absolute = true;
	IN_TIME("absolute", &c, -ETIME);
}

TEST_F(interrupt, masked)
{
	const u64 mask = ~(1ULL << (SIGUSR1 - 1));
	struct call c = wait_call(0, TIMEOUT);

	c.blocked = true;
	c.enter.sigmask = (uintptr_t)&mask;
	c.enter.sigsetsize = sizeof(mask);
	IN_TIME("masked", &c, -ETIME);
}

TEST_F(interrupt, serving_wait)
{
	struct call c = wait_call(FLIPQ_ENTER_SERVE, TIMEOUT);

	IN_TIME("serving wait", &c, -ETIME);
}

TEST_F(interrupt, idle)
{
	struct call c = serve_call(0, TIMEOUT);

	IN_TIME("idle server", &c, 0);
	EXPECT_EQ(0, self->s->call.serve.served);
}

/* What it waits for comes in the end. */
TEST_F(interrupt, endless)
{
	struct call c = wait_call(0, FLIPQ_TIMEOUT_NONE);
	int times;

	ASSERT_EQ(0, begin(self->s, &c));
	times = interrupt(self->s, TIMES);
	ASSERT_EQ(TIMES, times);
	EXPECT_FALSE(ended(self->s));
	ASSERT_EQ(0, give_order(self->s, ORDER_KICK));
	ASSERT_EQ(0, await(&self->s->ended, 1));
	EXPECT_EQ(0, self->s->call.error);
	EXPECT_EQ(1, self->s->call.enter.ready);
	REPORT("endless", times);
}

/* A budget is one for all that the kernel makes of the call. */
TEST_F(interrupt, budget)
{
	struct call c = serve_call(TIMES, FLIPQ_TIMEOUT_NONE);
	struct shared *s = self->s;
	unsigned int n;

	ASSERT_EQ(0, begin(s, &c));
	for (n = 0; n < TIMES - 1; n++) {
		ASSERT_EQ(0, give_order(s, ORDER_SUBMIT));
		ASSERT_EQ(1, interrupt(s, 1));
	}
	raw_sleep(BETWEEN);
	EXPECT_FALSE(ended(s));
	ASSERT_EQ(0, give_order(s, ORDER_SUBMIT));
	ASSERT_EQ(0, await(&s->ended, 1));
	EXPECT_EQ(0, s->call.error);
	EXPECT_EQ(TIMES, s->call.serve.served);
	EXPECT_EQ(0, s->call.serve.resume_served);
	EXPECT_EQ(0, s->failed);
	REPORT("budget", (int)n);
}

/* A handler between interruptions: EINTR at once, with what is left. */
static int handle_after(const struct shared *s)
{
	int times = interrupt(s, 2);

	if (times != 2)
		return -EPROTO;
	raw_sleep(BETWEEN);
	if (ended(s))
		return -EALREADY;
	return kill(s->pid, SIGUSR1) ? -errno : 0;
}

TEST_F(interrupt, handler_ends_wait)
{
	struct call c = wait_call(0, FLIPQ_TIMEOUT_NONE);

	ASSERT_EQ(0, begin(self->s, &c));
	ASSERT_EQ(0, handle_after(self->s));
	ASSERT_EQ(0, await(&self->s->ended, 1));
	EXPECT_EQ(-EINTR, self->s->call.error);
	EXPECT_EQ(1, self->s->call.signals);
	EXPECT_EQ(0, self->s->call.enter.resume);
}

TEST_F(interrupt, handler_ends_masked_wait)
{
	const u64 mask = ~(1ULL << (SIGUSR1 - 1));
	struct call c = wait_call(0, LONG_TIME);

	c.blocked = true;
	c.enter.sigmask = (uintptr_t)&mask;
	c.enter.sigsetsize = sizeof(mask);
	ASSERT_EQ(0, begin(self->s, &c));
	ASSERT_EQ(0, handle_after(self->s));
	ASSERT_EQ(0, await(&self->s->ended, 1));
	EXPECT_EQ(-EINTR, self->s->call.error);
	EXPECT_EQ(1, self->s->call.signals);
	EXPECT_TRUE(self->s->call.mask_kept);
	EXPECT_NE(0, self->s->call.enter.resume);
}

/* The same struct once more: what is left of the timeout, and no more. */
TEST_F(interrupt, handler_then_the_rest)
{
	const u64 timeout = 4 * TIMEOUT;
	struct call c = wait_call(0, timeout);

	c.again = true;
	ASSERT_EQ(0, begin(self->s, &c));
	/* So much less is left then. */
	raw_sleep(timeout / 2);
	ASSERT_EQ(0, handle_after(self->s));
	ASSERT_EQ(0, await(&self->s->ended, 1));
	EXPECT_EQ(-EINTR, self->s->call.error);
	EXPECT_EQ(-ETIME, self->s->call.resumed);
	EXPECT_EQ(1, self->s->call.signals);
	EXPECT_LE(timeout, self->s->call.took);
	EXPECT_GT(timeout + timeout / 2, self->s->call.took);
	TH_LOG("a timeout of %llu ms in two parts: %llu ms", timeout / MSEC,
	       self->s->call.took / MSEC);
}

TEST_F(interrupt, handler_ends_serving)
{
	struct call c = serve_call(0, FLIPQ_TIMEOUT_NONE);
	struct shared *s = self->s;

	ASSERT_EQ(0, begin(s, &c));
	ASSERT_EQ(0, give_order(s, ORDER_SUBMIT));
	ASSERT_EQ(0, give_order(s, ORDER_SUBMIT));
	ASSERT_EQ(0, handle_after(s));
	ASSERT_EQ(0, await(&s->ended, 1));
	EXPECT_EQ(-EINTR, s->call.error);
	EXPECT_EQ(0, s->call.serve.served);
	EXPECT_EQ(2, s->call.serve.resume_served);
	EXPECT_EQ(1, s->call.signals);
}

TEST_HARNESS_MAIN
