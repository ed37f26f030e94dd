// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_interrupt.c - a stop, a debugger and io_uring end no call of a queue in the
 * process, and make no timeout longer; and the manual's example, which looks for
 * no EINTR, need not
 *
 * With the device it is selftests/interrupt.c that does this to the calls, and
 * selftests/libinterrupt.c to the example.
 */
#include <stdlib.h>

#include "../../../selftests/interrupt.h"

#include "soft_rig.h"
#include "tap.h"

#define TIMEOUT		(200 * MSEC)
/* A call whose time began anew with each interruption would last so long. */
#define MEANWHILE	(10 * TIMEOUT)
/* Of the example's input: about a second's work under a sanitizer. */
#define INPUT		(16U << 20)

/**
 * struct shared - what both processes see
 * @event: eventfd of INTERRUPT_TASK_WORK, where @ring
 * @ring: there is one
 * @began: the call is next
 * @ended: and is over
 * @ret: what it returned
 * @took: ns
 */
struct shared {
	int event;
	int ring;
	int began;
	int ended;
	int ret;
	u64 took;
};

static struct shared *shared;

static void tell(int *word)
{
	/* Pairs with told(). */
	smp_store_release(word, 1);
}

static int told(const int *word)
{
	/* Pairs with tell(): what was written before it is seen. */
	return smp_load_acquire(word);
}

/* The example's queue is in the process. */
static int in_process(struct flipq **q, struct flipq_config *config)
{
	config->device = FLIPQ_IN_PROCESS;
	return flipq_open(q, config);
}

#undef flipq_open
#define flipq_open in_process
#define main manual
#include "../examples/whole.c"
#undef main

/* A queue that nobody serves, with a request in it. */
static struct flipq *queue(void)
{
	const struct flipq_config config = {
		.slots = 2, .owner_partitions = 1,
	};
	struct flipq *q = soft_queue(config);

	if (!q)
		abort();
	return q;
}

static struct flipq *queue_submitted(void)
{
	struct flipq *q = queue();

	flipq_prep_nop(q, flipq_get_owner(q), 0);
	flipq_submit(q);
	return q;
}

static int relative(void)
{
	return flipq_wait(queue_submitted(), 1, TIMEOUT);
}

static int absolute(void)
{
	return flipq_wait_until(queue_submitted(), 1, raw_now() + TIMEOUT);
}

static int idle(void)
{
	return flipq_serve(queue(), 0, 0, TIMEOUT);
}

/* The input is a file: how it comes in pieces is the same each time. */
static int example(void)
{
	unsigned char *data = malloc(INPUT);
	int fd = memfd_create("input", 0), null = open("/dev/null", O_WRONLY);

	if (!data)
		abort();
	soft_fill(data, INPUT, 1);
	if (fd < 0 || write(fd, data, INPUT) != INPUT || lseek(fd, 0, SEEK_SET))
		abort();
	dup2(fd, STDIN_FILENO);
	free(data);
	/* it prints, and a line of that is none of the test's */
	dup2(null, STDOUT_FILENO);
	tell(&shared->began);
	return manual();
}

static void victim(int (*call)(void))
{
	u64 start;

	if (shared->ring && interrupt_ring(shared->event))
		abort();
	start = raw_now();
	if (call != example)
		tell(&shared->began);
	shared->ret = call();
	shared->took = raw_now() - start;
	tell(&shared->ended);
	for (;;)
		pause();
}

/* Return: how often the call was interrupted, and a negative errno otherwise. */
static int interrupted(enum interruption how, int (*call)(void))
{
	unsigned int n = 0;
	int error = 0;
	pid_t pid;
	u64 begun;

	memset(shared, 0, sizeof(*shared));
	shared->ring = how == INTERRUPT_TASK_WORK;
	shared->event = eventfd(0, 0);
	fflush(stdout);
	pid = fork();
	if (!pid)
		victim(call);
	while (!told(&shared->began))
		raw_sleep(MSEC);
	begun = raw_now();
	while (!error && !told(&shared->ended)) {
		raw_sleep((call == example ? 1 : 10) * MSEC);
		/* left alone it ends, if late */
		if (call == example || raw_now() - begun < MEANWHILE)
			error = interrupt_once(how, pid, shared->event,
					       n++);
		if (raw_now() - begun > LONG_TIME)
			error = -ETIME;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(shared->event);
	return error ? error : (int)n;
}

static const struct way {
	enum interruption how;
	const char *name;
} ways[] = {
	{ INTERRUPT_STOP, "a stop" },
	{ INTERRUPT_DEBUGGER, "a debugger" },
	{ INTERRUPT_TASK_WORK, "io_uring" },
};

static const struct {
	int (*call)(void);
	int ret;
	const char *name;
} calls[] = {
	{ relative, -ETIME, "a wait" },
	{ absolute, -ETIME, "a wait until" },
	{ idle, 0, "a server at rest" },
};

static void test_call(const struct way *way, unsigned int i)
{
	const int times = interrupted(way->how, calls[i].call);
	char name[64];

	printf("# %d times, %d, %llu ms\n", times, shared->ret,
	       (unsigned long long)(shared->took / MSEC));
	snprintf(name, sizeof(name), "%s ends no sooner by %s", calls[i].name,
		 way->name);
	ok(times > 4 && shared->ret == calls[i].ret &&
	   shared->took >= TIMEOUT, name);
	snprintf(name, sizeof(name), "%s: nor later", calls[i].name);
	ok(shared->took < MEANWHILE, name);
}

static void test_example(const struct way *way)
{
	const int times = interrupted(way->how, example);
	char name[64];

	printf("# %d times, %d\n", times, shared->ret);
	snprintf(name, sizeof(name), "the manual's example and %s", way->name);
	ok(times > 4 && !shared->ret, name);
}

int main(void)
{
	size_t w, i;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		if (ways[w].how == INTERRUPT_TASK_WORK && interrupt_no_ring()) {
			printf("ok %u - %s # SKIP no io_uring here\n",
			       ++tap_run, ways[w].name);
			continue;
		}
		for (i = 0; i < ARRAY_SIZE(calls); i++)
			test_call(&ways[w], (unsigned int)i);
		test_example(&ways[w]);
	}
	return tap_end();
}
