// SPDX-License-Identifier: GPL-2.0-only
/*
 * flipq.c - the model of this project: slots, batches, and the kernel's workers
 *
 * Pages are copied into slots and handed over eight at a time. With no slot
 * free the migration thread waits until half of them are drained. Workers are
 * told apart by the difference of their counters, so nobody else should use the
 * device meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flipq.h"
#include "model.h"

#define BATCH		8
#define EVENTS		32

struct model {
	const struct region *region;
	struct sink *sink;
	struct flipq *q;
	unsigned int prepared;
	uint64_t busy;
	struct model_stats before;
};

static int complain(const char *what, int error)
{
	fprintf(stderr, "migrate: flipq: %s: %s\n", what, strerror(-error));
	return error;
}

static void read_workers(const struct model *m, struct model_stats *stats)
{
	struct flipq_stats one;
	unsigned int i;

	for (i = 0; i < MAX_THREADS; i++) {
		if (flipq_stats(m->q, FLIPQ_STATS_WORKER, i, &one))
			break;
		stats->requests[i] = one.counters.requests;
		stats->busy_ns[i] = one.counters.busy_ns;
	}
	stats->workers = i;
}

static int send_event(struct model *m, const struct flipq_event *e)
{
	if (e->status) {
		fprintf(stderr, "migrate: flipq: a request failed: %s\n",
			flipq_request_error(e->status));
		return e->status;
	}
	if (e->flags & FLIPQ_RES_FILLED)
		sink_filled(m->sink, e->user_data, e->value);
	else if (e->flags & FLIPQ_RES_INCOMPRESSIBLE)
		sink_normal(m->sink, e->user_data, flipq_input(m->q, e->slot));
	else
		sink_packed(m->sink, e->user_data,
			    flipq_output(m->q, e->slot), e->len);
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
			ret = send_event(m, &events[i]);
			if (ret)
				return ret;
			flipq_seen(m->q, events[i].slot);
		}
	}
}

/* Hand over what is prepared, wait for @minimum (0: half), send that. */
static int wait_for(struct model *m, unsigned int minimum)
{
	int ret;

	m->prepared = 0;
	do {
		ret = flipq_submit_and_wait(m->q, minimum, FLIPQ_TIMEOUT_NONE);
	} while (ret == -EINTR);
	if (ret < 0)
		return complain("waiting", ret);
	return collect(m);
}

static int get_slot(struct model *m)
{
	int slot = flipq_get(m->q);
	int ret;

	if (slot != -EAGAIN)
		return slot;
	m->busy++;
	do {
		ret = wait_for(m, 0);
		if (ret)
			return ret;
		slot = flipq_get(m->q);
	} while (slot == -EAGAIN);
	return slot;
}

static int flip_submit(struct model *m, uint64_t n)
{
	int slot = get_slot(m);
	int ret;

	if (slot < 0)
		return slot;
	memcpy(flipq_input(m->q, slot), region_page(m->region, n), PAGE_BYTES);
	ret = flipq_prep_compress(m->q, slot, 0, PAGE_BYTES, PAGE_BYTES,
				  FLIPQ_REQ_DETECT_FILL, n);
	if (ret)
		return complain("preparing", ret);
	if (++m->prepared < BATCH)
		return 0;
	m->prepared = 0;
	ret = flipq_submit(m->q);
	return ret < 0 ? complain("submitting", ret) : 0;
}

static int flip_flush(struct model *m)
{
	int ret = wait_for(m, ~0U);

	return ret ? ret : collect(m);
}

static void flip_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	if (stats) {
		read_workers(m, stats);
		for (i = 0; i < stats->workers; i++) {
			stats->requests[i] -= m->before.requests[i];
			stats->busy_ns[i] -= m->before.busy_ns[i];
		}
		stats->busy = m->busy;
	}
	flipq_close(m->q);
	free(m);
}

static struct model *flip_start(const struct region *region, struct sink *sink,
				unsigned int threads)
{
	struct flipq_codec codec = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_config config = {
		.partitions = threads,
		.in_size = PAGE_BYTES,
		.out_size = PAGE_BYTES,
		.codecs = &codec,
		.nr_codecs = 1,
	};
	struct model *m = calloc(1, sizeof(*m));
	int ret;

	if (!m) {
		complain("start", -ENOMEM);
		return NULL;
	}
	m->region = region;
	m->sink = sink;
	ret = flipq_open(&m->q, &config);
	if (ret) {
		fprintf(stderr, "migrate: flipq: %s: %s\n", FLIPQ_DEVICE,
			flipq_open_error(ret));
		free(m);
		return NULL;
	}
	read_workers(m, &m->before);
	return m;
}

const struct model_ops model_flipq = {
	.name = "flipq",
	.start = flip_start,
	.submit = flip_submit,
	.flush = flip_flush,
	.stop = flip_stop,
};
