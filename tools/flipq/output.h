/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - pieces of the output, gathered and written
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "target.h"

#define OUTPUT_IOVS	512
#define OUTPUT_SCRATCH	8192

struct report;
struct source;
struct stat;

/**
 * struct output - an output
 * @fd: open descriptor, -1 for nowhere
 * @name: for messages
 * @target: the file, where it is one
 * @sparse: pages of zeros become holes
 * @at: bytes written, holes included
 * @iov: gathered pieces
 * @nr: how many
 * @gathered: bytes of them
 * @scratch: copies of pieces that do not stay where they are
 * @used: bytes of @scratch
 * @report: written bytes and time are counted there
 * @input: file to remove once the output is complete, NULL for none
 * @quiet: no warning if it cannot be
 */
struct output {
	int fd;
	const char *name;
	struct target target;
	bool sparse;
	int64_t at;
	struct iovec iov[OUTPUT_IOVS];
	unsigned int nr;
	int64_t gathered;
	uint8_t scratch[OUTPUT_SCRATCH];
	size_t used;
	struct report *report;
	const struct source *input;
	bool quiet;
};

/*
 * All that can fail return 0, or -1 after a message. @input: what must not be
 * written to.
 */
int output_open(struct output *o, const char *path, bool force,
		const struct stat *input, struct report *report);

/* Write pages of zeros as holes where that is possible. */
void output_sparse(struct output *o);

/*
 * Take the place of a file, which output_commit() removes; not if the output is no
 * file itself. @quiet: without a warning where it must be kept.
 */
void output_replaces(struct output *o, const struct source *input, bool quiet);

int output_stdout(struct output *o, const struct stat *input,
		  struct report *report);
void output_nowhere(struct output *o, struct report *report);

/* Gather @len bytes that stay where they are until output_flush(). */
int output_add(struct output *o, const void *data, size_t len);

/* Gather a copy of a few bytes. */
int output_copy(struct output *o, const void *data, size_t len);

/* Write what was gathered. */
int output_flush(struct output *o);

/*
 * Write @data by any thread, while nobody else writes and nothing is gathered. The
 * caller's thread has it counted. 0 or a negative errno, for output_result().
 */
int output_put(struct output *o, const void *data, size_t len);
void output_count(struct output *o, size_t len);

/* 0, or -1 after a message about @err, a negative errno. */
int output_result(const struct output *o, int err);

/* Replace the first bytes, of a file that was fresh. */
int output_patch(struct output *o, const void *data, size_t len);

/*
 * Flush, take over owner, mode and times from @like if not NULL, and name. After
 * it, standard output is still there for the next one.
 */
int output_commit(struct output *o, const struct stat *like);

/* Close. Without a commit before, no file stays. */
void output_close(struct output *o);

#endif /* OUTPUT_H */
