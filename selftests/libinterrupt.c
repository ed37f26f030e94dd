// SPDX-License-Identifier: GPL-2.0-only
/*
 * libinterrupt - the manual's example, which looks for no EINTR, through stops, a
 * debugger, the freezer and io_uring; and the same for a wait in the process
 *
 * interrupt.c does this to the device's calls, one by one.
 */
#include "common.h"
#include "data.h"
#include "flipq.h"
#include "interrupt.h"

#define TIMEOUT		(300 * MSEC)
/* A wait whose time began anew with each interruption would last so long. */
#define MEANWHILE	(6 * TIMEOUT)
#define TIMES		4
#define INPUT		(4U << 20)

#define main manual
#include "../tools/lib/examples/whole.c"
#undef main

/**
 * struct shared - what both processes see
 * @event: eventfd of INTERRUPT_TASK_WORK
 * @pid: the victim, 0 before there is one
 * @began: it is prepared
 * @ended: and done
 * @ret: what the call returned
 * @took: ns
 */
struct shared {
	int event;
	pid_t pid;
	int began;
	int ended;
	int ret;
	u64 took;
};

FIXTURE(libinterrupt) {
	struct shared *s;
};

FIXTURE_VARIANT(libinterrupt) {
	enum interruption how;
};

FIXTURE_VARIANT_ADD(libinterrupt, stop) {
	.how = INTERRUPT_STOP,
};

FIXTURE_VARIANT_ADD(libinterrupt, debugger) {
	.how = INTERRUPT_DEBUGGER,
};

FIXTURE_VARIANT_ADD(libinterrupt, freezer) {
	.how = INTERRUPT_FREEZER,
};

FIXTURE_VARIANT_ADD(libinterrupt, task_work) {
	.how = INTERRUPT_TASK_WORK,
};

FIXTURE_SETUP(libinterrupt)
{
	const char *barred;

	DEVICE_OR_SKIP(return);
	barred = interrupt_barred(variant->how);
	if (barred)
		SKIP(return, "%s", barred);
	self->s = mmap(NULL, sizeof(*self->s), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->s);
	self->s->event = eventfd(0, 0);
	ASSERT_LE(0, self->s->event);
}

FIXTURE_TEARDOWN(libinterrupt)
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

/* Its input is a file, and what it prints is no line of this test. */
static int example(void)
{
	u8 *data = malloc(INPUT);
	int fd = memfd_create("input", 0), null = open("/dev/null", O_WRONLY);

	if (!data || fd < 0 || null < 0)
		return -ENOMEM;
	data_text(data, INPUT, 1);
	if (write(fd, data, INPUT) != INPUT || lseek(fd, 0, SEEK_SET) ||
	    dup2(fd, STDIN_FILENO) || dup2(null, STDOUT_FILENO) < 0)
		return -EIO;
	return manual();
}

/* Nobody serves what it waits for. */
static int wait_in_process(void)
{
	const struct flipq_config config = {
		.device = FLIPQ_IN_PROCESS, .slots = 1, .owner_partitions = 1,
	};
	struct flipq *q;
	int error = flipq_open(&q, &config);

	if (error)
		return error;
	flipq_prep_nop(q, flipq_get_owner(q), 0);
	flipq_submit(q);
	return flipq_wait(q, 1, TIMEOUT);
}

static void victim(struct shared *s, enum interruption how, int (*call)(void))
{
	u64 start;

	s->ret = how == INTERRUPT_TASK_WORK ? interrupt_ring(s->event) : 0;
	tell(&s->began, 1);
	start = raw_now();
	if (!s->ret)
		s->ret = call();
	s->took = raw_now() - start;
	tell(&s->ended, 1);
	for (;;)
		pause();
}

/* Return: how often the call was interrupted before it ended, or an errno. */
static int interrupted(struct shared *s, enum interruption how,
		       int (*call)(void))
{
	unsigned int n = 0;
	int error = 0;
	pid_t pid = fork();
	u64 start;

	if (pid < 0)
		return -errno;
	if (!pid)
		victim(s, how, call);
	/* not in the child, which sees the same memory */
	s->pid = pid;
	if (how == INTERRUPT_FREEZER)
		error = interrupt_group(s->pid);
	while (!told(&s->began))
		raw_sleep(MSEC);
	start = raw_now();
	while (!error && !told(&s->ended)) {
		raw_sleep(5 * MSEC);
		/* left alone it ends, if late */
		if (call == example || raw_now() - start < MEANWHILE)
			error = interrupt_once(how, s->pid, s->event,
					       n++);
		if (raw_now() - start > LONG_TIME)
			error = -ETIME;
	}
	return error ? error : (int)n;
}

TEST_F(libinterrupt, example)
{
	int times = interrupted(self->s, variant->how, example);

	EXPECT_LE(TIMES, times);
	EXPECT_EQ(0, self->s->ret);
	TH_LOG("%d interruptions, %llu ms", times, self->s->took / MSEC);
}

TEST_F(libinterrupt, in_process)
{
	int times = interrupted(self->s, variant->how, wait_in_process);

	EXPECT_LE(TIMES, times);
	EXPECT_EQ(-ETIME, self->s->ret);
	EXPECT_LE(TIMEOUT, self->s->took);
	EXPECT_GT(MEANWHILE, self->s->took);
	TH_LOG("%d interruptions, %llu ms", times, self->s->took / MSEC);
}

TEST_HARNESS_MAIN
