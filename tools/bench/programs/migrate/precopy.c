// SPDX-License-Identifier: GPL-2.0-only
/*
 * precopy.c - one migration: rounds over the dirty pages until few are left
 *
 * A round finds what is dirty and sends it. When what is left would go, at the
 * speed measured, within the downtime allowed, the writers are stopped and it
 * is sent; when the limits are exceeded first, the migration is given up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "precopy.h"
#include "writers.h"

const struct job page_job = {
	.ops = &job_lz4, .size = PAGE_BYTES, .detect = true, .copy = true,
};

/* Speed is measured over at least this time, as short rounds say little. */
#define MEASURE_NS	(100 * NS_PER_MS)

/**
 * struct migration - one under way
 * @began: when
 * @deadline: when it is given up
 * @synced: when the dirty bitmap was read last
 * @pending: bitmap of pages to be sent
 * @left: how many
 * @measured_pages: sent since the speed was measured last
 * @measured_ns: time they took
 * @pages_per_s: speed, 0 as long as it was not measured
 */
struct migration {
	struct region *region;
	const struct model_ops *ops;
	const struct options *options;
	struct model *model;
	struct sink sink;
	struct outcome *outcome;
	uint64_t began;
	uint64_t deadline;
	uint64_t synced;
	uint64_t *pending;
	uint64_t left;
	uint64_t measured_pages;
	uint64_t measured_ns;
	double pages_per_s;
};

static void count_left(struct migration *g)
{
	uint64_t w;

	g->left = 0;
	for (w = 0; w < g->region->words; w++)
		g->left += (uint64_t)__builtin_popcountll(g->pending[w]);
}

static void sync_dirty(struct migration *g, bool writing)
{
	uint64_t dirty = region_sync(g->region, g->pending);
	uint64_t now = now_ns();

	if (writing && g->outcome->syncs && now > g->synced)
		g->outcome->dirty_rate = dirty * NS_PER_S / (now - g->synced);
	g->synced = now;
	g->outcome->syncs++;
	count_left(g);
}

/* A model's result, which goes over the link. */
static void send_result(void *arg, const struct request *r)
{
	struct sink *sink = arg;

	if (r->filled)
		sink_filled(sink, r->tag, r->value);
	else if (r->out_len)
		sink_packed(sink, r->tag, r->out, r->out_len);
	else
		sink_normal(sink, r->tag, r->in);
}

static int send_page(struct migration *g, uint64_t n)
{
	int ret;

	g->pending[n / 64] &= ~(1ULL << n % 64);
	g->left--;
	g->outcome->submitted++;
	ret = g->ops->submit(g->model, region_page(g->region, n), n, 0);
	sink_pace(&g->sink);
	return ret;
}

/* Send what is pending, or some of it if time is up. */
static int send_pending(struct migration *g, uint64_t deadline)
{
	uint64_t began = now_ns(), left = g->left, w;
	int ret = 0;

	for (w = 0; w < g->region->words && !ret; w++) {
		while (g->pending[w] && !ret)
			ret = send_page(g, w * 64 + (uint64_t)
					__builtin_ctzll(g->pending[w]));
		if (now_ns() > deadline)
			break;
	}
	if (!ret)
		ret = g->ops->flush(g->model);
	sink_pace(&g->sink);
	g->measured_pages += left - g->left;
	g->measured_ns += now_ns() - began;
	if (g->measured_ns >= MEASURE_NS || g->pages_per_s <= 0) {
		g->pages_per_s = (double)g->measured_pages *
			(double)NS_PER_S / (double)g->measured_ns;
		g->measured_pages = 0;
		g->measured_ns = 0;
	}
	return ret;
}

static bool fits(const struct migration *g)
{
	return (double)g->left * 1000 <=
		g->pages_per_s * (double)g->options->downtime_ms;
}

/* Rounds with the writers running. Return: 1 to finish, 0 to give up. */
static int rounds(struct migration *g)
{
	uint64_t i;
	int ret;

	for (i = 0; i < g->options->max_iterations; i++) {
		sync_dirty(g, true);
		if (i && fits(g))
			return 1;
		ret = send_pending(g, g->deadline);
		if (ret)
			return ret;
		if (now_ns() > g->deadline)
			break;
	}
	/* The last round may have been enough. */
	if (g->left)
		return 0;
	sync_dirty(g, true);
	return fits(g);
}

static int finish(struct migration *g)
{
	sync_dirty(g, false);
	return send_pending(g, UINT64_MAX);
}

static int run(struct migration *g, uint64_t dirty_rate)
{
	struct outcome *outcome = g->outcome;
	const struct options *o = g->options;
	struct writers *writers;
	uint64_t stopped;
	int ret;

	writers = writers_start(g->region, o->writers, dirty_rate,
				o->seed + 1);
	if (!writers) {
		fprintf(stderr, "migrate: no memory or threads to write\n");
		return -1;
	}
	ret = rounds(g);
	stopped = now_ns();
	outcome->writes = writers_stop(writers);
	outcome->write_ns = now_ns() - g->began - outcome->setup_ns;
	outcome->completed = ret == 1;
	if (outcome->completed)
		ret = finish(g);
	outcome->total_ns = now_ns() - g->began;
	if (outcome->completed)
		outcome->downtime_ns = now_ns() - stopped;
	return ret;
}

/* With the writers stopped: what is left, and is all the rest right? */
static void judge(struct migration *g)
{
	region_sync(g->region, g->pending);
	count_left(g);
	g->outcome->remaining = g->left;
	g->outcome->agree = sink_compare(&g->sink, g->region, g->pending);
	g->outcome->sent = g->sink;
	g->outcome->sent.page = NULL;
}

static int prepare(struct migration *g)
{
	const struct options *o = g->options;

	region_restore(g->region);
	g->pending = calloc(g->region->words, sizeof(*g->pending));
	if (!g->pending || sink_open(&g->sink, g->region->nr,
				     o->bandwidth * 1e6, o->verify_each)) {
		fprintf(stderr, "migrate: no memory for what arrives\n");
		return -1;
	}
	return 0;
}

/* @dirty_rate: pages written per second, whatever @o says of it */
int precopy(struct region *region, const struct model_ops *ops,
	    const struct options *o, uint64_t dirty_rate,
	    struct outcome *outcome)
{
	struct migration g = {
		.region = region, .ops = ops, .options = o, .outcome = outcome,
	};
	struct model_config config = {
		.threads = o->threads, .job = &page_job, .done = send_result,
		.arg = &g.sink,
	};
	uint64_t cpu;
	int ret = prepare(&g);

	if (ret)
		goto out;
	cpu = cpu_ns();
	g.began = now_ns();
	g.deadline = g.began + o->max_seconds * NS_PER_S;
	g.model = ops->start(&config);
	ret = g.model ? 0 : -1;
	if (ret)
		goto out;
	outcome->setup_ns = now_ns() - g.began;
	ret = run(&g, dirty_rate);
	outcome->submitter_ns = cpu_ns() - cpu;
	ops->stop(g.model, &outcome->model);
	if (!ret)
		judge(&g);
out:
	sink_close(&g.sink);
	free(g.pending);
	return ret;
}
