/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * own.h - partitions that threads of this process serve
 */
#ifndef SELFTEST_OWN_H
#define SELFTEST_OWN_H

#include <pthread.h>
#include <signal.h>

#include "common.h"

/* As raw_setup(), with @owned owner-served partitions after the others. */
static inline struct flipq_setup own_setup(unsigned int slots,
					   unsigned int shared,
					   unsigned int owned,
					   unsigned int bytes)
{
	struct flipq_setup s = raw_setup(slots, shared, bytes);

	s.owner_partitions = owned;
	return s;
}

/* SERVE; @served may be NULL. */
static inline int own_serve(const struct rawq *q, unsigned int p,
			    unsigned int requests, u64 idle, u64 *served)
{
	struct flipq_serve s = {
		.size = sizeof(s),
		.partition = p,
		.requests = requests,
		.idle = idle,
	};
	int error = raw_ioctl(q->fd, FLIPQ_IOC_SERVE, &s);

	if (served)
		*served = error == -EINTR ? s.resume_served : s.served;
	return error;
}

/* CANCEL @slots of a partition; @cancelled may be NULL. */
static inline int own_cancel(const struct rawq *q, unsigned int p, u64 slots,
			     unsigned int *cancelled)
{
	struct flipq_cancel c = {
		.size = sizeof(c),
		.partition = p,
		.slots = slots,
	};
	int error = raw_ioctl(q->fd, FLIPQ_IOC_CANCEL, &c);

	if (cancelled)
		*cancelled = c.cancelled;
	return error;
}

static inline int own_cancel_all(const struct rawq *q, unsigned int *cancelled)
{
	struct flipq_cancel c = {
		.size = sizeof(c),
		.flags = FLIPQ_CANCEL_ALL,
	};
	int error = raw_ioctl(q->fd, FLIPQ_IOC_CANCEL, &c);

	*cancelled = c.cancelled;
	return error;
}

/**
 * struct own_server - a thread in SERVE
 * @thread: thread
 * @q: queue
 * @partition: which
 * @requests: as for SERVE
 * @idle: as for SERVE
 * @served: what SERVE said
 * @error: what it returned
 */
struct own_server {
	pthread_t thread;
	const struct rawq *q;
	unsigned int partition;
	unsigned int requests;
	u64 idle;
	u64 served;
	int error;
};

static inline void *own_server_run(void *arg)
{
	struct own_server *v = arg;

	v->error = own_serve(v->q, v->partition, v->requests, v->idle,
			     &v->served);
	return NULL;
}

static inline void own_nothing(int sig __attribute__((unused)))
{
}

/* Serve in a thread of its own, until own_stop(). */
static inline int own_start(struct own_server *v, const struct rawq *q,
			    unsigned int p)
{
	const struct sigaction sa = { .sa_handler = own_nothing };

	sigaction(SIGUSR1, &sa, NULL);
	*v = (struct own_server){
		.q = q,
		.partition = p,
		.idle = FLIPQ_TIMEOUT_NONE,
	};
	return -pthread_create(&v->thread, NULL, own_server_run, v);
}

static inline void own_join(struct own_server *v)
{
	pthread_join(v->thread, NULL);
}

/* Interrupt the server until it is gone: a signal may come before its call. */
static inline void own_stop(struct own_server *v)
{
	struct timespec soon;

	do {
		pthread_kill(v->thread, SIGUSR1);
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 20000000;
		if (soon.tv_nsec >= 1000000000) {
			soon.tv_nsec -= 1000000000;
			soon.tv_sec++;
		}
	} while (pthread_timedjoin_np(v->thread, NULL, &soon));
}

/* Wait until @slots of @p have finished, without an ENTER. */
static inline int own_finished(const struct rawq *q, unsigned int p, u64 slots)
{
	u64 end = raw_now() + LONG_TIME;

	while ((flip_finished(&q->side[p]) & slots) != slots) {
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC / 10);
	}
	return 0;
}

/* Hand over NOPs in @slots. */
static inline int own_nops(struct rawq *q, unsigned int p, u64 slots)
{
	u64 left;

	for (left = slots; left; left &= left - 1)
		*raw_desc(q, p, flip_next(left, 0)) =
			(struct flipq_desc){ .opcode = FLIPQ_OP_NOP };
	return raw_submit(q, p, slots);
}

/* NOPs all the way through, by whoever serves. */
static inline int own_pass(struct rawq *q, unsigned int p, u64 slots)
{
	int error = own_nops(q, p, slots);

	if (!error)
		error = own_finished(q, p, slots);
	if (!error)
		flip_collect(&q->side[p], slots);
	return error;
}

/* One request in slot 0 of @p, done by its worker or else by the caller. */
static inline int own_run(struct rawq *q, unsigned int p,
			  const struct flipq_desc *d, struct flipq_result *r)
{
	int error;

	*raw_desc(q, p, 0) = *d;
	error = raw_submit(q, p, 1);
	if (!error && p >= q->setup.partitions)
		error = own_serve(q, p, 1, 0, NULL);
	if (!error)
		error = own_finished(q, p, 1);
	if (error)
		return error;
	*r = *raw_result(q, p, 0);
	flip_collect(&q->side[p], 1);
	return 0;
}

/* The same for its status, or -EPROTO where nothing came of it. */
static inline int own_status(struct rawq *q, unsigned int p,
			     const struct flipq_desc *d)
{
	struct flipq_result r;

	return own_run(q, p, d, &r) ? -EPROTO : r.status;
}

#endif /* SELFTEST_OWN_H */
