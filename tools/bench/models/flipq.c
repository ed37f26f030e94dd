// SPDX-License-Identifier: GPL-2.0-only
/*
 * flipq.c - the models of this project: /dev/flipq through libflipq
 *
 * Requests are handed over a batch at a time. With no slot free the submitter
 * waits until each worker has but a batch left: later than the library does
 * unasked, which saves system calls, and soon enough for the workers. Who
 * serves, and where the inputs are:
 *
 *	flipq			the shared workers; copied into slots
 *	flipq-serve		they, and the submitter a partition of its own
 *				instead of sleeping; the same
 *	flipq-arena		the shared workers; in the arena from the start, as
 *				the memory of a guest may be
 *	flipq-private		a pool of threads of this process; anywhere in its
 *				memory
 *	flipq-private-serve	they, and the submitter likewise; the same
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/machine.h"
#include "flipq.h"
#include "models/models.h"

#define BATCH		8
#define EVENTS		32

/**
 * struct way - what the models differ in
 * @source: FLIPQ_REQ_SRC_*: where inputs are
 * @private: threads of this process serve
 * @serves: the submitter serves the last partition while it waits
 */
struct way {
	uint32_t source;
	bool private;
	bool serves;
};

/**
 * struct model - a queue
 * @config: what is asked for
 * @way: which of the models it is
 * @q: the queue
 * @pool: private: threads that serve it
 * @requests: one per slot
 * @batch: requests handed over at once
 * @prepared: requests not handed over yet
 * @busy: submissions that found no free slot
 * @syscalls: ENTER calls
 * @usage: the library's, when @syscalls was brought up to date
 */
struct model {
	struct model_config config;
	const struct way *way;
	struct flipq *q;
	struct flipq_pool *pool;
	struct request *requests;
	unsigned int batch;
	unsigned int prepared;
	uint64_t busy;
	uint64_t syscalls;
	struct flipq_usage usage;
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "%s: flipq: %s: %s\n", program_invocation_short_name,
		what, why);
	return -1;
}

/* After a call of the library's: an ENTER may kick, wait, or do both. */
static void count_enters(struct model *m)
{
	const struct flipq_usage before = m->usage;
	uint64_t kicks, waits;

	flipq_usage(m->q, &m->usage);
	kicks = m->usage.kicks - before.kicks;
	waits = m->usage.waits - before.waits;
	m->syscalls += kicks > waits ? kicks : waits;
}

static int finish(struct model *m, const struct flipq_event *e)
{
	struct request *r = &m->requests[e->slot];

	if (e->status) {
		complain("a request failed", flipq_request_error(e->status));
		return e->status;
	}
	if (m->way->source == FLIPQ_REQ_SRC_SLOT)
		r->in = flipq_input(m->q, e->slot);
	r->filled = e->flags & FLIPQ_RES_FILLED;
	r->value = e->value;
	r->out_len = e->len;
	if (!m->config.job->ops->pack)
		r->value = job_answer(r->tag);
	m->config.done(m->config.arg, r);
	flipq_seen(m->q, e->slot);
	return 0;
}

static int collect(struct model *m)
{
	struct flipq_event events[EVENTS];
	int i, n, ret;

	for (;;) {
		n = flipq_reap(m->q, events, EVENTS);
		if (n <= 0)
			return n;
		for (i = 0; i < n; i++) {
			ret = finish(m, &events[i]);
			if (ret)
				return ret;
		}
	}
}

static unsigned int last(const struct model *m)
{
	return flipq_partitions(m->q) - 1;
}

static int enter(struct model *m, unsigned int minimum)
{
	int ret;

	if (m->way->serves)
		ret = flipq_submit_and_serve(m->q, minimum, FLIPQ_TIMEOUT_NONE,
					     last(m));
	else
		ret = flipq_submit_and_wait(m->q, minimum, FLIPQ_TIMEOUT_NONE);
	count_enters(m);
	return ret;
}

static int hand_over(struct model *m)
{
	int ret = flipq_submit(m->q);

	count_enters(m);
	return ret;
}

/* Hand over what is prepared, wait for @minimum of all, collect that. */
static int wait_for(struct model *m, unsigned int minimum)
{
	int ret;

	m->prepared = 0;
	do {
		ret = enter(m, minimum);
	} while (ret == -EINTR);
	if (ret < 0) {
		complain("waiting", strerror(-ret));
		return ret;
	}
	return collect(m);
}

/* Those of the shared workers first, then what the submitter serves. */
static int try_slot(struct model *m)
{
	int slot = flipq_get(m->q);

	return slot == -EAGAIN && m->way->serves ? flipq_get_in(m->q, last(m)) :
		slot;
}

static int get_slot(struct model *m)
{
	int slot = try_slot(m);
	int ret;

	if (slot != -EAGAIN)
		return slot;
	m->busy++;
	do {
		ret = wait_for(m, model_minimum(flipq_in_flight(m->q),
						m->batch,
						flipq_partitions(m->q)));
		if (ret)
			return ret;
		slot = try_slot(m);
	} while (slot == -EAGAIN);
	return slot;
}

/* Have the input where the request will say that it is. Return: where. */
static uint64_t place(const struct model *m, int slot, const void *in)
{
	switch (m->way->source) {
	case FLIPQ_REQ_SRC_SLOT:
		memcpy(flipq_input(m->q, slot), in, m->config.job->size);
		return 0;
	case FLIPQ_REQ_SRC_ARENA:
		return (uint64_t)((const uint8_t *)in - m->config.corpus->data);
	default:
		return (uintptr_t)in;
	}
}

static int prepare(struct model *m, int slot, const void *in)
{
	const struct job *job = m->config.job;
	uint64_t src;

	if (!job->ops->pack)
		return flipq_prep_nop(m->q, slot, 0);
	src = place(m, slot, in);
	if (job->ops == &job_copy)
		return flipq_prep_copy(m->q, slot, src, 0, job->size,
				       m->way->source, 0);
	return flipq_prep_compress_at(m->q, slot, 0, src, job->size, 0,
				      job->size, m->way->source |
				      (job->detect ? FLIPQ_REQ_DETECT_FILL : 0),
				      0);
}

static int flipq_model_submit(struct model *m, const void *in, uint64_t tag,
			      uint64_t when)
{
	int slot = get_slot(m);
	int ret;

	if (slot < 0)
		return slot;
	request_set(&m->requests[slot], in, tag, when);
	ret = prepare(m, slot, in);
	if (!ret && ++m->prepared < m->batch)
		return 0;
	m->prepared = 0;
	if (!ret)
		ret = hand_over(m);
	if (ret < 0)
		complain("submitting", strerror(-ret));
	return ret < 0 ? ret : 0;
}

static int flipq_model_flush(struct model *m)
{
	int ret = wait_for(m, ~0U);

	return ret ? ret : collect(m);
}

/* SERVE calls, less the ENTER calls of the submitter that serve. */
static uint64_t pool_calls(const struct model *m,
			   const struct flipq_counters *counters)
{
	uint64_t own = m->way->serves ? m->usage.waits : 0;

	return m->pool && counters->serves > own ? counters->serves - own : 0;
}

static void count(const struct model *m, struct model_stats *stats)
{
	struct flipq_stats one;
	unsigned int i;

	stats->busy = m->busy;
	stats->syscalls = m->syscalls;
	if (!flipq_stats(m->q, FLIPQ_STATS_QUEUE, 0, &one)) {
		stats->syscalls += pool_calls(m, &one.counters);
		stats->wakeups = one.counters.wakeups +
			one.counters.sleeping_waits;
	}
	for (i = 0; i < flipq_partitions(m->q) && i < MAX_THREADS; i++) {
		if (flipq_stats(m->q, FLIPQ_STATS_PARTITION, i, &one))
			break;
		stats->requests[i] = one.counters.requests;
		stats->busy_ns[i] = one.counters.busy_ns;
	}
	stats->workers = i;
}

static void flipq_model_stop(struct model *m, struct model_stats *stats)
{
	if (stats)
		count(m, stats);
	flipq_pool_close(m->pool);
	flipq_close(m->q);
	free(m->requests);
	free(m);
}

static struct flipq_config shape(const struct model *m)
{
	const struct model_config *config = &m->config;
	const bool slots = m->way->source == FLIPQ_REQ_SRC_SLOT;
	const uint32_t size = config->job->ops->pack ? config->job->size : 0;
	struct flipq_config c = {
		.slots = config->depth,
		.partitions = m->way->private ? 0 : config->threads,
		.owner_partitions = (m->way->private ? config->threads : 0) +
			m->way->serves,
		.in_size = slots ? size : 0,
		.out_size = size,
		.max_len = slots ? 0 : size,
	};

	if (size && m->way->source == FLIPQ_REQ_SRC_ARENA)
		c.arena_size = machine_pages(config->corpus->nr * size);
	return c;
}

static int open_queue(struct model *m)
{
	const struct job *job = m->config.job;
	const struct flipq_codec codec = {
		.algorithm = job->ops == &job_zstd1 ? FLIPQ_ALG_ZSTD :
			FLIPQ_ALG_LZ4,
		.level = 1,
	};
	struct flipq_config c = shape(m);
	int ret;

	c.codecs = &codec;
	c.nr_codecs = job->ops->pack && job->ops != &job_copy;
	ret = flipq_open(&m->q, &c);
	if (ret)
		return complain(FLIPQ_DEVICE, flipq_open_error(ret));
	if (c.arena_size)
		memcpy(flipq_arena(m->q), m->config.corpus->data,
		       m->config.corpus->nr * job->size);
	return 0;
}

static int open_pool(struct model *m)
{
	const struct flipq_pool_config pool = {
		.min = m->config.threads, .max = m->config.threads,
		.idle_ns = FLIPQ_TIMEOUT_NONE,
	};
	int ret = m->way->private ? flipq_pool_open(&m->pool, m->q, &pool) : 0;

	return ret ? complain("threads", strerror(-ret)) : 0;
}

static bool make_requests(struct model *m)
{
	const unsigned int slots = flipq_slots(m->q) * flipq_partitions(m->q);
	unsigned int i;

	m->requests = alloc_lines(slots * sizeof(*m->requests));
	for (i = 0; m->requests && i < slots; i++) {
		struct request *r = &m->requests[i];

		r->in_len = m->config.job->size;
		r->room = r->in_len;
		r->out = (void *)flipq_output(m->q, (int)i);
	}
	return m->requests;
}

static struct model *start(const struct model_config *config,
			   const struct way *way)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m) {
		model_complain("flipq");
		return NULL;
	}
	m->config = *config;
	m->way = way;
	m->batch = config->batch ? config->batch : BATCH;
	if (open_queue(m) || open_pool(m))
		goto fail;
	if (make_requests(m))
		return m;
	model_complain("flipq");
fail:
	flipq_model_stop(m, NULL);
	return NULL;
}

static const char *needs(void)
{
	return access(FLIPQ_DEVICE, R_OK | W_OK) ? FLIPQ_DEVICE : NULL;
}

static struct model *start_shared(const struct model_config *config)
{
	static const struct way way = { .source = FLIPQ_REQ_SRC_SLOT };

	return start(config, &way);
}

static struct model *start_serve(const struct model_config *config)
{
	static const struct way way = {
		.source = FLIPQ_REQ_SRC_SLOT, .serves = true,
	};

	return start(config, &way);
}

static struct model *start_arena(const struct model_config *config)
{
	static const struct way way = { .source = FLIPQ_REQ_SRC_ARENA };

	return start(config, &way);
}

static struct model *start_private(const struct model_config *config)
{
	static const struct way way = {
		.source = FLIPQ_REQ_SRC_USER, .private = true,
	};

	return start(config, &way);
}

static struct model *start_private_serve(const struct model_config *config)
{
	static const struct way way = {
		.source = FLIPQ_REQ_SRC_USER, .private = true, .serves = true,
	};

	return start(config, &way);
}

const struct model_ops model_flipq = {
	.name = "flipq",
	.about = "/dev/flipq, shared workers",
	.needs = needs,
	.start = start_shared,
	.submit = flipq_model_submit,
	.flush = flipq_model_flush,
	.stop = flipq_model_stop,
};

const struct model_ops model_flipq_serve = {
	.name = "flipq-serve",
	.about = "the same, and the submitter serves instead of sleeping",
	.needs = needs,
	.start = start_serve,
	.submit = flipq_model_submit,
	.flush = flipq_model_flush,
	.stop = flipq_model_stop,
};

const struct model_ops model_flipq_arena = {
	.name = "flipq-arena",
	.about = "/dev/flipq, shared workers, inputs in the arena",
	.needs = needs,
	.start = start_arena,
	.submit = flipq_model_submit,
	.flush = flipq_model_flush,
	.stop = flipq_model_stop,
};

const struct model_ops model_flipq_private = {
	.name = "flipq-private",
	.about = "/dev/flipq, threads of the process, inputs anywhere",
	.needs = needs,
	.start = start_private,
	.submit = flipq_model_submit,
	.flush = flipq_model_flush,
	.stop = flipq_model_stop,
};

const struct model_ops model_flipq_private_serve = {
	.name = "flipq-private-serve",
	.about = "the same, and the submitter serves instead of sleeping",
	.needs = needs,
	.start = start_private_serve,
	.submit = flipq_model_submit,
	.flush = flipq_model_flush,
	.stop = flipq_model_stop,
};
