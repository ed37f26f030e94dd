// SPDX-License-Identifier: GPL-2.0-only
/*
 * inline.c - libflipq's interface without the device, to test the tool
 *
 * Requests are served only when somebody waits, half of them at a time and in
 * random order, so that the tool meets every kind of reordering.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "flipq.h"
#include "inline_codec.h"

#define PARTITIONS	2U
#define SHARED_LZ4HC	9
#define SHARED_ZSTD	12
/* Of larger blocks than these the owner's threads do not take all levels. */
#define OWNER_BLOCK	(1U << 20)
#define OWNER_LZ4HC	12
#define OWNER_ZSTD	19

enum state { FREE, GOT, STAGED, FLIGHT, FINISHED, PEEKED };

struct slot {
	enum state state;
	struct flipq_desc desc;
	struct flipq_result result;
	uint64_t user_data;
	uint8_t *in;
	uint8_t *out;
};

struct flipq_pool {
	struct flipq *q;
};

struct flipq {
	struct flipq_config config;
	struct flipq_pool pool;
	unsigned int partitions;
	struct flipq_codec codec;
	unsigned int total;
	unsigned int seed;
	struct slot *slot;
	struct flipq_usage usage;
	uint64_t served[FLIPQ_MAX_PARTITIONS];
};

/* Codecs that the shared workers do not take are marked, and only those. */
static bool is_placed(const struct flipq_config *config)
{
	const struct flipq_codec *c = config->codecs;
	bool own = (c->algorithm == FLIPQ_ALG_LZ4HC &&
		    c->level > SHARED_LZ4HC) ||
		   (c->algorithm == FLIPQ_ALG_ZSTD && c->level > SHARED_ZSTD);

	if (own && config->in_size > OWNER_BLOCK &&
	    c->level > (c->algorithm == FLIPQ_ALG_ZSTD ? OWNER_ZSTD :
			OWNER_LZ4HC))
		return false;
	if (own != !!(c->flags & FLIPQ_CODEC_OWNER))
		return false;
	/* Whatever it is, where shared workers are not for this user. */
	own = own || getenv("FLIPQ_BARRED");
	return own == !!config->owner_partitions &&
	       !(own && config->partitions);
}

int flipq_open_sized(struct flipq **queue, const struct flipq_config *config,
		     size_t size)
{
	struct flipq *q = calloc(1, sizeof(*q));
	unsigned int i;

	if (size != sizeof(*config) || !is_placed(config))
		abort();
	q->config = *config;
	q->partitions = config->owner_partitions ? config->owner_partitions :
						   PARTITIONS;
	q->codec = config->codecs[0];
	q->total = config->slots * q->partitions;
	q->slot = calloc(q->total, sizeof(*q->slot));
	for (i = 0; i < q->total; i++) {
		q->slot[i].in = malloc(config->in_size);
		q->slot[i].out = malloc(config->out_size);
	}
	*queue = q;
	return 0;
}

void flipq_close(struct flipq *q)
{
	unsigned int i;

	if (q->pool.q)
		abort();
	for (i = 0; i < q->total; i++) {
		free(q->slot[i].in);
		free(q->slot[i].out);
	}
	free(q->slot);
	free(q);
}

/* It is told of a device, and that is where it goes. */
int flipq_in_process(const struct flipq *q)
{
	(void)q;
	return 0;
}

unsigned int flipq_slots(const struct flipq *q)
{
	return q->config.slots;
}

unsigned int flipq_partitions(const struct flipq *q)
{
	return q->partitions;
}

unsigned int flipq_owner_partitions(const struct flipq *q)
{
	return q->config.owner_partitions;
}

int flipq_pool_open_sized(struct flipq_pool **pool, struct flipq *q,
			  const struct flipq_pool_config *config, size_t size)
{
	if (size != sizeof(*config) ||
	    !q->config.owner_partitions || q->pool.q ||
	    config->min > q->config.owner_partitions)
		abort();
	q->pool.q = q;
	*pool = &q->pool;
	return 0;
}

void flipq_pool_close(struct flipq_pool *pool)
{
	pool->q = NULL;
}

static unsigned int count(const struct flipq *q, enum state state)
{
	unsigned int i, n = 0;

	for (i = 0; i < q->total; i++)
		n += q->slot[i].state == state;
	return n;
}

/* A slot in @state, any of them. */
static int pick(struct flipq *q, enum state state)
{
	unsigned int i, at = (unsigned int)rand_r(&q->seed);

	for (i = 0; i < q->total; i++)
		if (q->slot[(at + i) % q->total].state == state)
			return (int)((at + i) % q->total);
	return -EAGAIN;
}

int flipq_get(struct flipq *q)
{
	int slot = pick(q, FREE);

	if (slot >= 0)
		q->slot[slot].state = GOT;
	return slot;
}

void flipq_put(struct flipq *q, int slot)
{
	if (q->slot[slot].state != GOT)
		abort();
	q->slot[slot].state = FREE;
}

void *flipq_input(const struct flipq *q, int slot)
{
	return q->slot[slot].in;
}

const void *flipq_output(const struct flipq *q, int slot)
{
	return q->slot[slot].out;
}

static int prep(struct flipq *q, int slot, uint8_t opcode, uint32_t src_len,
		uint32_t dst_len, uint32_t flags, uint64_t user_data)
{
	struct slot *s = &q->slot[slot];

	if (s->state != GOT || src_len > q->config.in_size ||
	    dst_len > q->config.out_size || flags & ~FLIPQ_REQ_FLAGS)
		abort();
	s->state = STAGED;
	s->desc = (struct flipq_desc) {
		.opcode = opcode,
		.flags = flags,
		.src_len = src_len,
		.dst_len = dst_len,
	};
	s->user_data = user_data;
	return 0;
}

int flipq_prep_compress(struct flipq *q, int slot, unsigned int codec,
			uint32_t src_len, uint32_t dst_len, uint32_t flags,
			uint64_t user_data)
{
	(void)codec;
	return prep(q, slot, FLIPQ_OP_COMPRESS, src_len, dst_len, flags,
		    user_data);
}

int flipq_prep_decompress(struct flipq *q, int slot, unsigned int codec,
			  uint32_t src_len, uint32_t dst_len, uint32_t flags,
			  uint64_t user_data)
{
	(void)codec;
	return prep(q, slot, FLIPQ_OP_DECOMPRESS, src_len, dst_len, flags,
		    user_data);
}

int flipq_submit(struct flipq *q)
{
	int slot, n = 0;

	while ((slot = pick(q, STAGED)) >= 0) {
		q->slot[slot].state = FLIGHT;
		n++;
	}
	q->usage.submitted += (uint64_t)n;
	q->usage.kicks += !!n;
	return n;
}

static void serve(struct flipq *q, int slot)
{
	struct slot *s = &q->slot[slot];

	inline_serve(&q->codec, &s->desc, s->in, s->out, &s->result);
	s->state = FINISHED;
	q->served[(unsigned int)slot / q->config.slots]++;
}

int flipq_submit_and_wait(struct flipq *q, unsigned int minimum,
			  uint64_t timeout_ns)
{
	unsigned int n;

	(void)timeout_ns;
	/* Nobody would ever do it. */
	if (q->config.owner_partitions && !q->pool.q)
		abort();
	flipq_submit(q);
	n = count(q, FLIGHT);
	/* Waiting for nothing: the tool would never come back from it. */
	if (!n && !count(q, FINISHED))
		abort();
	q->usage.waits++;
	for (n = minimum ? minimum : (n + 1) / 2; n && count(q, FLIGHT); n--)
		serve(q, pick(q, FLIGHT));
	return (int)count(q, FINISHED);
}

unsigned int flipq_in_flight(const struct flipq *q)
{
	return count(q, FLIGHT) + count(q, FINISHED);
}

int flipq_reap_sized(struct flipq *q, struct flipq_event *events,
		     unsigned int max, size_t size)
{
	unsigned int n;
	int slot;

	if (size != sizeof(*events))
		abort();

	for (n = 0; n < max && (slot = pick(q, FINISHED)) >= 0; n++) {
		struct slot *s = &q->slot[slot];

		s->state = PEEKED;
		events[n] = (struct flipq_event) {
			.slot = slot,
			.status = s->result.status,
			.flags = s->result.flags,
			.len = s->result.len,
			.csum = s->result.csum,
			.value = s->result.filled,
			.user_data = s->user_data,
		};
	}
	return (int)n;
}

/* For when a wait failed, which it does not here. */
int flipq_abort(struct flipq *q)
{
	(void)q;
	abort();
}

void flipq_seen(struct flipq *q, int slot)
{
	if (q->slot[slot].state != PEEKED)
		abort();
	q->slot[slot].state = FREE;
}

int flipq_query_info_sized(const char *device, struct flipq_info *info,
			   size_t size)
{
	(void)device;
	memset(info, 0, size);
	info->abi = FLIPQ_ABI_VERSION;
	info->workers = PARTITIONS;
	info->default_partitions = PARTITIONS;
	if (getenv("FLIPQ_BARRED")) {
		info->default_partitions = 0;
		info->queues = FLIPQ_INFO_HIDDEN;
	}
	return 0;
}

int flipq_query_codec_sized(const char *device, unsigned int index,
			    uint32_t slot_size, struct flipq_codec_info *info,
			    size_t size)
{
	static const struct flipq_codec_info known[] = {
		{ .algorithm = FLIPQ_ALG_LZ4, .min_level = 1,
		  .max_level = 65537, .default_level = 1,
		  .shared_level = 65537, .name = "lz4" },
		{ .algorithm = FLIPQ_ALG_LZ4HC, .min_level = 1,
		  .max_level = 16, .default_level = 9,
		  .shared_level = SHARED_LZ4HC,
		  .name = "lz4hc" },
		{ .algorithm = FLIPQ_ALG_ZSTD, .min_level = 1, .max_level = 22,
		  .default_level = 3, .shared_level = SHARED_ZSTD, .name = "zstd" },
		{ .algorithm = FLIPQ_ALG_DEFLATE, .min_level = 1,
		  .max_level = 9, .default_level = 6, .shared_level = 9,
		  .name = "deflate" },
		/* As some kernels have it: no level at all. */
		{ .algorithm = FLIPQ_ALG_LZO, .min_level = 1, .max_level = 1,
		  .default_level = 1, .name = "lzo" },
	};

	if (size != sizeof(*info))
		abort();
	(void)device;
	if (index >= sizeof(known) / sizeof(known[0]))
		return -ENOENT;
	*info = known[index];
	if (!info->shared_level) {
		info->caps = FLIPQ_CODEC_CAP_DECOMPRESS;
		return 0;
	}
	info->caps = FLIPQ_CODEC_CAP_COMPRESS | FLIPQ_CODEC_CAP_DECOMPRESS;
	info->owner_level = info->max_level;
	if (slot_size > OWNER_BLOCK && index == 1)
		info->owner_level = OWNER_LZ4HC;
	if (slot_size > OWNER_BLOCK && index == 2)
		info->owner_level = OWNER_ZSTD;
	return 0;
}

int flipq_stats_sized(const struct flipq *q, enum flipq_stats_of of,
		      unsigned int index, struct flipq_stats *stats,
		      size_t size)
{
	(void)of;
	memset(stats, 0, size);
	stats->counters.requests = q->served[index];
	return 0;
}

void flipq_usage_sized(const struct flipq *q, struct flipq_usage *usage,
		       size_t size)
{
	if (size != sizeof(*usage))
		abort();
	*usage = q->usage;
}

const char *flipq_open_error(int error)
{
	return strerror(-error);
}

const char *flipq_request_error(int status)
{
	return strerror(-status);
}
