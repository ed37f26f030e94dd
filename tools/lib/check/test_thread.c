// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_thread.c - two threads that use one queue are found, where that is asked for
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "tap.h"

#define NONE	FLIPQ_TIMEOUT_NONE

static void *submit(void *q)
{
	flipq_submit(q);
	return NULL;
}

static void *serve(void *q)
{
	flipq_serve(q, 1, 1, 0);
	return NULL;
}

static void other(void *(*what)(void *), struct flipq *q)
{
	pthread_t thread;

	pthread_create(&thread, NULL, what, q);
	pthread_join(thread, NULL);
}

static struct flipq *open_queue(struct fake *f, uint64_t flags)
{
	const struct flipq_config c = {
		.partitions = 1, .owner_partitions = 1, .flags = flags,
	};
	struct flipq *q = NULL;

	fake_init(f);
	flipq_open_with(&f->sys, &q, &c);
	return q;
}

static void close_queue(struct fake *f, struct flipq *q)
{
	flipq_close(q);
	fake_destroy(f);
}

/* Two threads, one after the other, with nothing that could be damaged. */
static void two(uint64_t flags)
{
	struct fake f;
	struct flipq *q = open_queue(&f, flags);

	flipq_submit(q);
	other(submit, q);
	close_queue(&f, q);
}

/* What each may do at a time, or when the queue is as it was after open. */
static void allowed(uint64_t flags)
{
	struct fake f;
	struct flipq *q = open_queue(&f, flags);

	flipq_prep_nop(q, flipq_get_owner(q), 0);
	flipq_submit(q);
	other(serve, q);
	flipq_abort(q);
	other(submit, q);
	close_queue(&f, q);
}

/* Return: what a child that does @what says on stderr; its end in *@status. */
static const char *says(void (*what)(uint64_t flags), uint64_t flags,
			int *status)
{
	static char text[256];
	size_t len = 0;
	ssize_t n;
	int fds[2];
	pid_t pid;

	*status = -1;
	if (pipe(fds))
		return "";
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		signal(SIGABRT, SIG_DFL);
		what(flags);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	text[len] = '\0';
	waitpid(pid, status, 0);
	return text;
}

int main(void)
{
	const uint64_t check = FLIPQ_OPEN_CHECK_THREADS;
	struct flipq *q = NULL;
	struct fake f;
	int status;

	ok(strstr(says(two, check, &status), "open one for each") &&
	   WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
	   "two threads are found");
	ok(!*says(two, 0, &status) && !status, "if that is asked for");
	ok(!*says(allowed, check, &status) && !status,
	   "others may serve, or use it after abort");
	fake_init(&f);
	is(flipq_open_with(&f.sys, &q,
			   &(struct flipq_config){ .flags = 2 }), -EINVAL,
	   "a flag that there is not is EINVAL");
	fake_destroy(&f);
	return tap_end();
}
