/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job.h - what is done to a request, by whatever thread a model has for it
 */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_LINE	64

/**
 * struct request - something to be done, and what became of it
 * @in: input; once handled, what the result is of: @copy, if the job makes one
 * @tag: the submitter's
 * @when: the submitter's, a time or 0
 * @in_len: bytes of @in
 * @room: bytes of @out
 * @out: where a result may go
 * @copy: room for a copy of @in, or NULL
 * @value: @filled: the repeated word; empty job: as job_answer() has it
 * @out_len: bytes of the result; 0: there is none, or it did not shrink
 * @filled: the input is one word repeated, and was not worked on
 *
 * The model's, as are its buffers. One cache line.
 */
struct request {
	const void *in;
	uint64_t tag;
	uint64_t when;
	uint32_t in_len;
	uint32_t room;
	void *out;
	void *copy;
	uint64_t value;
	uint32_t out_len;
	bool filled;
};

/**
 * struct job_ops - a kind of job
 * @name: as the user gives it
 * @init: what each thread needs for itself. NULL: no memory.
 * @uninit: free that
 * @pack: Return: bytes written to @out, 0 if they would not be fewer
 * @unpack: Return: whether @in is that of @out_len bytes, which are in @out now
 *
 * All NULL: nothing is done.
 */
struct job_ops {
	const char *name;
	void *(*init)(void);
	void (*uninit)(void *state);
	uint32_t (*pack)(void *state, const void *in, uint32_t len, void *out,
			 uint32_t room);
	bool (*unpack)(const void *in, uint32_t len, void *out,
		       uint32_t out_len);
};

extern const struct job_ops job_empty;
extern const struct job_ops job_copy;
extern const struct job_ops job_lz4;
extern const struct job_ops job_zstd1;
extern const struct job_ops *const jobs[];	/* all, then NULL */

/**
 * struct job - what is to be done
 * @ops: kind
 * @size: bytes of each input
 * @detect: look first whether it is filled, as migration does
 * @copy: work on a copy, as the input may change meanwhile
 */
struct job {
	const struct job_ops *ops;
	uint32_t size;
	bool detect;
	bool copy;
};

/* What a thread needs for itself. Return: false for no memory. */
bool job_init(const struct job *job, void **state);
void job_uninit(const struct job *job, void *state);

bool job_filled(const void *in, uint32_t len, uint64_t *value);
/* Is it but handing over? */
bool job_empty_only(const struct job *job);
void job_work(const struct job *job, void *state, struct request *r);

/* Is the result of a request whose input was @in right? @scratch: @job->size. */
bool job_right(const struct job *job, const struct request *r, const void *in,
	       void *scratch);

/* What an empty request is answered with, so that it cannot be forgotten. */
static inline uint64_t job_answer(uint64_t tag)
{
	return ~tag;
}

/* Give a request what the next submission is about. */
static inline void request_set(struct request *r, const void *in, uint64_t tag,
			       uint64_t when)
{
	r->in = in;
	r->tag = tag;
	r->when = when;
}

/* Do what the job is. */
static inline void job_handle(const struct job *job, void *state,
			      struct request *r)
{
	if (job->ops->pack)
		job_work(job, state, r);
	else
		r->value = job_answer(r->tag);
}

/*
 * Memory that starts a cache line and holds zeros, and @nr requests with their
 * buffers. NULL: none. Both are given back with free().
 */
void *alloc_lines(size_t bytes);
struct request *requests_alloc(const struct job *job, unsigned int nr);

#endif /* BENCH_JOB_H */
