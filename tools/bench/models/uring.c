// SPDX-License-Identifier: GPL-2.0-only
/*
 * uring.c - io_uring with requests that do nothing, through liburing
 *
 * IORING_OP_NOP, so only the cost of handing over and of collecting: the kernel
 * has no compressor there. At their best: submissions in batches of at least 32
 * and completions collected as many as there are; plain with
 * IORING_SETUP_SINGLE_ISSUER and COOP_TASKRUN where the kernel has them, and
 * one call that submits a batch, as NOPs are complete when it returns; with
 * SQPOLL the submitter spins for completions and makes no call at all. There is
 * one such ring, whatever the number of threads.
 */
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/worker.h"
#include "models/models.h"

#define RING	128
#define BATCH	32
#define IDLE_MS	1000	/* until the kernel's thread sleeps */

/**
 * struct model - a ring
 * @batch: requests handed over at once
 * @free: requests that are
 * @prepared: requests not handed over yet
 * @polled: a thread of the kernel's looks for submissions
 */
struct model {
	struct model_config config;
	struct io_uring ring;
	bool open;
	bool polled;
	unsigned int batch;
	unsigned int prepared;
	struct request *requests;
	struct request *free[RING];
	unsigned int nr_free;
	uint64_t handled;
	uint64_t busy;
	uint64_t syscalls;
};

static int hand_over(struct model *m)
{
	int ret;

	m->prepared = 0;
	if (!m->polled || *m->ring.sq.kflags & IORING_SQ_NEED_WAKEUP)
		m->syscalls++;
	ret = io_uring_submit(&m->ring);
	if (ret >= 0)
		return 0;
	fprintf(stderr, "%s: io_uring: submitting: %s\n",
		program_invocation_short_name, strerror(-ret));
	return ret;
}

static void collect(struct model *m)
{
	struct io_uring_cqe *cqes[RING];
	unsigned int n = io_uring_peek_batch_cqe(&m->ring, cqes, RING), i;

	for (i = 0; i < n; i++) {
		struct request *r = io_uring_cqe_get_data(cqes[i]);

		if (!cqes[i]->res)
			r->value = job_answer(r->tag);
		m->config.done(m->config.arg, r);
		m->free[m->nr_free++] = r;
	}
	io_uring_cq_advance(&m->ring, n);
	m->handled += n;
}

/* At least @n requests are to be free. */
static int wait_for(struct model *m, unsigned int n)
{
	int ret = m->prepared ? hand_over(m) : 0;

	if (ret)
		return ret;
	for (collect(m); m->nr_free < n; collect(m))
		relax();
	return 0;
}

/* The polling thread completes entries before it gives back their places. */
static struct io_uring_sqe *get_sqe(struct model *m)
{
	struct io_uring_sqe *sqe;

	for (;;) {
		sqe = io_uring_get_sqe(&m->ring);
		if (sqe)
			return sqe;
		relax();
	}
}

static int uring_submit(struct model *m, const void *in, uint64_t tag,
			uint64_t when)
{
	struct io_uring_sqe *sqe;
	struct request *r;
	int ret;

	if (!m->nr_free) {
		m->busy++;
		ret = wait_for(m, 1);
		if (ret)
			return ret;
	}
	r = m->free[--m->nr_free];
	request_set(r, in, tag, when);
	sqe = get_sqe(m);
	io_uring_prep_nop(sqe);
	io_uring_sqe_set_data(sqe, r);
	return ++m->prepared < m->batch ? 0 : hand_over(m);
}

static int uring_flush(struct model *m)
{
	return wait_for(m, RING);
}

static void uring_stop(struct model *m, struct model_stats *stats)
{
	if (stats) {
		stats->busy = m->busy;
		stats->syscalls = m->syscalls;
		stats->workers = 1;
		stats->requests[0] = m->handled;
	}
	if (m->open)
		io_uring_queue_exit(&m->ring);
	free(m->requests);
	free(m);
}

/* With what is best, or what an older kernel has. */
static int open_ring(struct model *m)
{
	struct io_uring_params best = {
		.flags = IORING_SETUP_SINGLE_ISSUER,
		.sq_thread_idle = IDLE_MS,
	};
	struct io_uring_params plain = { .sq_thread_idle = IDLE_MS };
	int ret;

	best.flags |= m->polled ? IORING_SETUP_SQPOLL :
		IORING_SETUP_COOP_TASKRUN;
	plain.flags = m->polled ? IORING_SETUP_SQPOLL : 0;
	if (m->polled && m->config.pin) {
		best.flags |= IORING_SETUP_SQ_AFF;
		best.sq_thread_cpu = processor(m->config.cpu, 1);
		plain.flags |= IORING_SETUP_SQ_AFF;
		plain.sq_thread_cpu = best.sq_thread_cpu;
	}
	ret = io_uring_queue_init_params(2 * RING, &m->ring, &best);
	if (ret == -EINVAL)
		ret = io_uring_queue_init_params(2 * RING, &m->ring, &plain);
	m->open = !ret;
	return ret;
}

static struct model *start(const struct model_config *config, bool polled)
{
	struct model *m = calloc(1, sizeof(*m));
	int ret = -ENOMEM;

	if (!m)
		goto fail;
	m->config = *config;
	m->polled = polled;
	m->batch = config->batch > BATCH ? config->batch : BATCH;
	m->requests = requests_alloc(config->job, RING);
	if (!m->requests)
		goto stop;
	for (; m->nr_free < RING; m->nr_free++)
		m->free[m->nr_free] = &m->requests[m->nr_free];
	ret = open_ring(m);
	if (!ret)
		return m;
stop:
	uring_stop(m, NULL);
fail:
	fprintf(stderr, "%s: io_uring: %s\n", program_invocation_short_name,
		strerror(-ret));
	return NULL;
}

static struct model *start_plain(const struct model_config *config)
{
	return start(config, false);
}

static struct model *start_polled(const struct model_config *config)
{
	return start(config, true);
}

static const char *needs(void)
{
	struct io_uring ring;

	if (io_uring_queue_init(1, &ring, 0))
		return "io_uring";
	io_uring_queue_exit(&ring);
	return NULL;
}

const struct model_ops model_uring = {
	.name = "uring",
	.about = "io_uring NOPs, a call for each batch",
	.needs = needs,
	.can = job_empty_only,
	.start = start_plain,
	.submit = uring_submit,
	.flush = uring_flush,
	.stop = uring_stop,
};

const struct model_ops model_sqpoll = {
	.name = "sqpoll",
	.about = "io_uring NOPs, a thread of the kernel polls for them",
	.needs = needs,
	.can = job_empty_only,
	.start = start_polled,
	.submit = uring_submit,
	.flush = uring_flush,
	.stop = uring_stop,
};
