// SPDX-License-Identifier: GPL-2.0-only
/*
 * heavy.c - latencies of a light queue beside a heavy one
 *
 * The light one has a page compressed with LZ4 at a time. The heavy one keeps
 * all slots of all shared workers full, at levels as high as these take, with
 * the input that takes longest: how long one request takes must not depend on
 * which one it is. Three models in each round: the heavy queue with one request
 * at a time, whose latencies say how long that is; the light queue alone; and
 * beside the other.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/csv.h"
#include "flipq.h"
#include "grow.h"

#define SLOTS		8
#define TRIED		64	/* inputs, in search of the slowest */
#define LZ4HC_LEVEL	12
#define LZ4HC_SIZE	65536
#define ZSTD_SIZE	4096	/* more takes the highest level too long */

/**
 * struct client - who uses a queue
 * @q: the queue
 * @job: what the results are unpacked with
 * @corpus: what is compressed
 * @piece: the next one
 * @scratch: room for one
 * @stop: for a busy one: end
 * @error: of a busy one
 */
struct client {
	struct flipq *q;
	const struct job_ops *job;
	const struct corpus *corpus;
	uint64_t piece;
	void *scratch;
	atomic_bool stop;
	int error;
};

static int client_open(struct client *c, const struct job_ops *job,
		       const struct flipq_codec *codec,
		       const struct corpus *corpus)
{
	const struct flipq_config config = {
		.slots = SLOTS, .in_size = corpus->size,
		.out_size = corpus->size, .codecs = codec, .nr_codecs = 1,
	};
	int ret = flipq_open(&c->q, &config);

	c->job = job;
	c->corpus = corpus;
	c->scratch = malloc(corpus->size);
	if (ret)
		return grow_complain(FLIPQ_DEVICE, flipq_open_error(ret));
	return c->scratch ? 0 : grow_complain("results", "no memory");
}

static void client_close(struct client *c)
{
	flipq_close(c->q);
	free(c->scratch);
}

/* Return: the slot of the next request, prepared, or a negative errno. */
static int prepare(struct client *c)
{
	int slot = flipq_get(c->q);
	int ret;

	if (slot < 0)
		return slot;
	c->piece = (c->piece + 1) % c->corpus->nr;
	memcpy(flipq_input(c->q, slot), corpus_piece(c->corpus, c->piece),
	       c->corpus->size);
	ret = flipq_prep_compress(c->q, slot, 0, c->corpus->size,
				  c->corpus->size, 0, 0);
	return ret ? ret : slot;
}

static bool right(const struct client *c, const struct flipq_event *e)
{
	if (e->status)
		return false;
	if (e->flags & FLIPQ_RES_INCOMPRESSIBLE)
		return true;
	return c->job->unpack(flipq_output(c->q, e->slot), e->len, c->scratch,
			      c->corpus->size) &&
		!memcmp(c->scratch, corpus_piece(c->corpus, c->piece),
			c->corpus->size);
}

/* The time from submission to completion; 0: failed, said why. */
static uint64_t time_one(struct client *c)
{
	struct flipq_event e;
	uint64_t began;

	if (prepare(c) < 0)
		return (uint64_t)grow_complain("prepare", "no slot") + 1;
	began = now_ns();
	if (flipq_submit_and_wait(c->q, 1, FLIPQ_TIMEOUT_NONE) != 1)
		return (uint64_t)grow_complain("wait", "not one result") + 1;
	began = now_ns() - began;
	if (flipq_peek(c->q, &e) != 1 || !right(c, &e))
		return (uint64_t)grow_complain("a result", "is wrong") + 1;
	flipq_seen(c->q, e.slot);
	return began;
}

/* Make @one, which has a single piece, the corpus of a client. */
static int keep_slowest(struct client *c, struct corpus *one)
{
	const uint64_t nr = c->corpus->nr < TRIED ? c->corpus->nr : TRIED;
	const uint8_t *slowest = NULL;
	uint64_t i, ns, most = 0;

	for (i = 0; i < nr; i++) {
		ns = time_one(c);
		if (!ns)
			return -1;
		if (ns > most) {
			most = ns;
			slowest = corpus_piece(c->corpus, c->piece);
		}
	}
	*one = (struct corpus){
		.data = (uint8_t *)slowest, .size = c->corpus->size, .nr = 1,
	};
	c->corpus = one;
	return 0;
}

static int one_at_a_time(struct client *c, uint64_t ms, struct sample *s)
{
	const uint64_t began = now_ns(), end = began + ms * NS_PER_MS;
	struct usage before;
	uint64_t ns;

	*s = (struct sample){ 0 };
	usage_begin(&before);
	do {
		ns = time_one(c);
		if (!ns)
			return -1;
		latencies_add(&s->latencies, ns);
		s->requests++;
	} while (now_ns() < end);
	usage_end(&s->usage, &before);
	s->total = s->requests;
	s->seconds = (double)(now_ns() - began) / (double)NS_PER_S;
	return 0;
}

static int collect(struct client *c)
{
	struct flipq_event e;

	while (flipq_peek(c->q, &e) == 1) {
		if (e.status)
			return e.status;
		flipq_seen(c->q, e.slot);
	}
	return 0;
}

/* Keep all slots full. */
static void *keep_busy(void *arg)
{
	struct client *c = arg;
	int ret = 0;

	while (!atomic_load(&c->stop) && ret >= 0) {
		while (prepare(c) >= 0)
			;
		ret = flipq_submit_and_wait(c->q, 1, FLIPQ_TIMEOUT_NONE);
		if (ret >= 0)
			ret = collect(c);
	}
	c->error = ret < 0 ? ret : flipq_abort(c->q);
	return NULL;
}

static int beside(struct client *light, struct client *heavy, uint64_t ms,
		  struct sample *s)
{
	pthread_t thread;
	int ret;

	atomic_store(&heavy->stop, false);
	if (pthread_create(&thread, NULL, keep_busy, heavy))
		return grow_complain("thread", "cannot make one");
	ret = one_at_a_time(light, ms, s);
	atomic_store(&heavy->stop, true);
	pthread_join(thread, NULL);
	if (heavy->error < 0)
		return grow_complain("heavy queue",
				     flipq_request_error(heavy->error));
	return ret;
}

static int one_round(const struct grow *g, struct client *light,
		     struct client *heavy, const struct job_ops *job,
		     unsigned int round)
{
	struct setting s = {
		.job = { .ops = job, .size = heavy->corpus->size },
		.workers = flipq_partitions(heavy->q),
		.depth = 1, .batch = 1, .submitters = 1,
	};
	struct sample heavy_alone, alone, both;

	if (one_at_a_time(heavy, g->ms, &heavy_alone) ||
	    one_at_a_time(light, g->ms, &alone) ||
	    beside(light, heavy, g->ms, &both))
		return -1;
	grow_write(&s, "heavy", "heavy", round, &heavy_alone, &heavy_alone);
	grow_write(&s, "light-alone", "light-alone", round, &alone, &alone);
	grow_write(&s, "light-beside", "light-alone", round, &both, &alone);
	return 0;
}

/* @job: its name is for the table, and it unpacks. */
static int with_codec(const struct grow *g, const struct corpus *small,
		      const struct corpus *large, const struct job_ops *job,
		      const struct flipq_codec *codec)
{
	const struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };
	struct client light = { 0 }, heavy = { 0 };
	struct corpus one;
	unsigned int i;
	int ret;

	ret = client_open(&light, &job_lz4, &lz4, small);
	if (!ret)
		ret = client_open(&heavy, job, codec, large);
	if (!ret)
		ret = keep_slowest(&heavy, &one);
	for (i = 0; i < g->rounds && !ret; i++)
		ret = one_round(g, &light, &heavy, job, i + 1);
	client_close(&light);
	client_close(&heavy);
	return ret;
}

/* The highest level of zstd that shared workers take. Return: 0 for none. */
static int zstd_highest(void)
{
	struct flipq_codec_info info;
	unsigned int i;

	for (i = 0; !flipq_query_codec(NULL, i, ZSTD_SIZE, &info); i++)
		if (info.algorithm == FLIPQ_ALG_ZSTD)
			return info.shared_level;
	return 0;
}

static int each_codec(const struct grow *g, const struct corpus *small,
		      const struct corpus *large)
{
	const int zstd_level = zstd_highest();
	const struct flipq_codec lz4hc = {
		.algorithm = FLIPQ_ALG_LZ4HC, .level = LZ4HC_LEVEL,
	}, zstd = {
		.algorithm = FLIPQ_ALG_ZSTD, .level = zstd_level,
	};
	const struct job_ops lz4hc_job = {
		.name = "lz4hc-12", .unpack = job_lz4.unpack,
	};
	struct job_ops zstd_job = { .unpack = job_zstd1.unpack };
	char name[32];

	snprintf(name, sizeof(name), "zstd-%d", zstd_level);
	zstd_job.name = name;
	if (with_codec(g, small, large, &lz4hc_job, &lz4hc))
		return -1;
	return with_codec(g, small, small, &zstd_job, &zstd);
}

int grow_heavy(const struct grow *g)
{
	struct corpus small, large;
	int ret;

	if (grow_corpus(g, &small, 4096))
		return -1;
	csv_header(stdout);
	ret = grow_corpus(g, &large, LZ4HC_SIZE);
	if (!ret) {
		ret = each_codec(g, &small, &large);
		corpus_free(&large);
	}
	corpus_free(&small);
	return ret;
}
