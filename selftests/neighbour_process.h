/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * neighbour_process.h - processes of other users
 */
#ifndef SELFTEST_NEIGHBOUR_PROCESS_H
#define SELFTEST_NEIGHBOUR_PROCESS_H

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cpu.h"
#include "raw.h"

#define NB_MAX_CROWD	20
/* Whose worker all are after, and where all of them run themselves. */
#define NB_WORKER_CPU	0
#define NB_OTHER_CPU	1

/**
 * struct nb_shared - what a process and the test tell each other
 * @ready: 1: it is at it; a negative errno: it could not
 * @stop: it is to end
 * @made: partitions, queues or whatever it was to make
 * @rounds: of what it does, so far
 * @foreign: bytes it has seen that are not its own
 */
struct nb_shared {
	int ready;
	int stop;
	u64 made;
	u64 rounds;
	u64 foreign;
};

/**
 * struct nb_plan - what a process does
 * @attack: this; returns 0 or a negative errno
 * @queues: how many
 * @partitions: of each
 * @slots: of each of these
 * @bytes: of each of these
 * @algorithm: of the requests
 * @level: of that
 * @spin: ns that its empty partitions are polled
 * @sleep: ns between two rounds
 */
struct nb_plan {
	int (*attack)(const struct nb_plan *p, struct nb_shared *s);
	unsigned int queues;
	unsigned int partitions;
	unsigned int slots;
	unsigned int bytes;
	u32 algorithm;
	int level;
	u32 spin;
	u64 sleep;
};

struct nb_process {
	pid_t pid;
	struct nb_shared *shared;
};

/**
 * struct nb_crowd - all processes of a test
 * @nr: how many
 * @processes: these
 */
struct nb_crowd {
	unsigned int nr;
	struct nb_process processes[NB_MAX_CROWD];
};

static inline void *nb_share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static inline int nb_child(const struct nb_plan *plan, struct nb_shared *s,
			   uid_t uid)
{
	const struct rlimit files = { .rlim_cur = 8192, .rlim_max = 8192 };
	int error = 0;

	/* A process that another one of these made is no root. */
	setrlimit(RLIMIT_NOFILE, &files);
	if (setuid(uid))
		error = -errno;
	/* Only now: a change of the user forgets it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!error)
		error = plan->attack(plan, s);
	if (error)
		WRITE_ONCE(s->ready, error);
	return !!error;
}

/* Return: 0, or why it could not do what it was to do. */
static inline int nb_ready(const struct nb_process *p)
{
	u64 end = raw_now() + LONG_TIME;

	while (!READ_ONCE(p->shared->ready)) {
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC);
	}
	return p->shared->ready < 0 ? p->shared->ready : 0;
}

/* A process of @uid, which is at it when this returns. */
static inline int nb_start(struct nb_process *p, const struct nb_plan *plan,
			   uid_t uid)
{
	memset(p, 0, sizeof(*p));
	p->shared = nb_share(sizeof(*p->shared));
	if (!p->shared)
		return -ENOMEM;
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (!p->pid)
		_exit(nb_child(plan, p->shared, uid));
	return nb_ready(p);
}

/* Return: how long it took to be gone, in ns. */
static inline u64 nb_kill(struct nb_process *p)
{
	u64 start = raw_now();

	if (p->pid <= 0)
		return 0;
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	munmap(p->shared, sizeof(*p->shared));
	return raw_now() - start;
}

static inline int nb_add(struct nb_crowd *c, const struct nb_plan *plan,
			 uid_t uid)
{
	return nb_start(&c->processes[c->nr++], plan, uid);
}

/* Let all of them end. Return: the bytes that were not their own. */
static inline u64 nb_stop(struct nb_crowd *c)
{
	u64 foreign = 0;
	unsigned int i;

	for (i = 0; i < c->nr; i++)
		WRITE_ONCE(c->processes[i].shared->stop, 1);
	for (i = 0; i < c->nr; i++) {
		struct nb_process *p = &c->processes[i];

		waitpid(p->pid, NULL, 0);
		foreign += p->shared->foreign;
		munmap(p->shared, sizeof(*p->shared));
	}
	c->nr = 0;
	return foreign;
}

#endif /* SELFTEST_NEIGHBOUR_PROCESS_H */
