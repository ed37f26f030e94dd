// SPDX-License-Identifier: GPL-2.0-only
/*
 * job.c - what is done to a request, by whatever thread a model has for it
 */
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "core/job.h"

static void *lz4_init(void)
{
	return malloc(sizeof(LZ4_stream_t));
}

static uint32_t lz4_pack(void *state, const void *in, uint32_t len, void *out,
			 uint32_t room)
{
	int n = LZ4_compress_fast_extState(state, in, out, (int)len, (int)room,
					   1);

	return n > 0 ? (uint32_t)n : 0;
}

static bool lz4_unpack(const void *in, uint32_t len, void *out,
		       uint32_t out_len)
{
	return LZ4_decompress_safe(in, out, (int)len, (int)out_len) ==
		(int)out_len;
}

static void *zstd_init(void)
{
	return ZSTD_createCCtx();
}

static void zstd_uninit(void *state)
{
	ZSTD_freeCCtx(state);
}

static uint32_t zstd_pack(void *state, const void *in, uint32_t len, void *out,
			  uint32_t room)
{
	size_t n = ZSTD_compressCCtx(state, out, room, in, len, 1);

	return ZSTD_isError(n) ? 0 : (uint32_t)n;
}

static bool zstd_unpack(const void *in, uint32_t len, void *out,
			uint32_t out_len)
{
	return ZSTD_decompress(out, out_len, in, len) == out_len;
}

static uint32_t copy_pack(void *state, const void *in, uint32_t len, void *out,
			  uint32_t room)
{
	(void)state;
	(void)room;
	memcpy(out, in, len);
	return len;
}

static bool copy_unpack(const void *in, uint32_t len, void *out,
			uint32_t out_len)
{
	memcpy(out, in, len);
	return len == out_len;
}

const struct job_ops job_empty = { .name = "empty" };

const struct job_ops job_copy = {
	.name = "copy", .pack = copy_pack, .unpack = copy_unpack,
};

const struct job_ops job_lz4 = {
	.name = "lz4", .init = lz4_init, .uninit = free,
	.pack = lz4_pack, .unpack = lz4_unpack,
};

const struct job_ops job_zstd1 = {
	.name = "zstd1", .init = zstd_init, .uninit = zstd_uninit,
	.pack = zstd_pack, .unpack = zstd_unpack,
};

const struct job_ops *const jobs[] = {
	&job_empty, &job_copy, &job_lz4, &job_zstd1, NULL
};

bool job_init(const struct job *job, void **state)
{
	*state = NULL;
	if (!job->ops->init)
		return true;
	*state = job->ops->init();
	return *state;
}

void job_uninit(const struct job *job, void *state)
{
	if (state)
		job->ops->uninit(state);
}

/* One 64-bit word repeated, as the kernel's workers define it. */
bool job_filled(const void *in, uint32_t len, uint64_t *value)
{
	memcpy(value, in, sizeof(*value));
	return !memcmp(in, (const char *)in + sizeof(*value),
		       len - sizeof(*value));
}

bool job_empty_only(const struct job *job)
{
	return !job->ops->pack;
}

void job_work(const struct job *job, void *state, struct request *r)
{
	if (job->copy) {
		/* what changes meanwhile cannot be unpacked by anybody */
		memcpy(r->copy, r->in, r->in_len);
		r->in = r->copy;
	}
	r->filled = job->detect && job_filled(r->in, r->in_len, &r->value);
	r->out_len = r->filled ? 0 : job->ops->pack(state, r->in, r->in_len,
						    r->out, r->room);
}

bool job_right(const struct job *job, const struct request *r, const void *in,
	       void *scratch)
{
	uint64_t value;

	if (!job->ops->pack)
		return r->value == job_answer(r->tag);
	if (r->filled)
		return job_filled(in, job->size, &value) && value == r->value;
	if (!r->out_len)
		return !memcmp(r->in, in, job->size);
	return job->ops->unpack(r->out, r->out_len, scratch, job->size) &&
		!memcmp(scratch, in, job->size);
}

void *alloc_lines(size_t bytes)
{
	void *p;

	bytes = (bytes + 2 * CACHE_LINE - 1) & ~(2UL * CACHE_LINE - 1);
	p = aligned_alloc(2 * CACHE_LINE, bytes);
	return p ? memset(p, 0, bytes) : NULL;
}

/*
 * What does not shrink has no result, so no more room than that is needed; but
 * a copy does not shrink.
 */
struct request *requests_alloc(const struct job *job, unsigned int nr)
{
	size_t buffer = job->ops->pack ? job->size : 0;
	size_t each = buffer * (job->copy ? 2 : 1);
	struct request *requests = alloc_lines(nr * (sizeof(*requests) + each));
	char *memory = (char *)(requests + nr);
	unsigned int i;

	for (i = 0; requests && i < nr; i++, memory += each) {
		struct request *r = &requests[i];

		r->in_len = job->size;
		r->room = job->ops->unpack == copy_unpack ? job->size :
			job->size - 1;
		r->out = memory;
		if (job->copy)
			r->copy = memory + buffer;
	}
	return requests;
}
