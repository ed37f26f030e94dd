/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reading.h - a file being read, and what the readers of all formats need
 */
#ifndef READING_H
#define READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "xxh32.h"

struct item;
struct options;
struct output;
struct pump;
struct report;
struct source;
struct view;

/**
 * struct reading - a file being read
 * @o: what was asked for
 * @source: encoded data
 * @out: decoded data
 * @pump: pipeline
 * @report: counters
 * @have: what the queue is good for; @have.in_size is 0 while there is none
 * @content: checksum of the LZ4 frame that is being written
 * @produced: bytes of the same
 * @garbage: follows the last gzip member, and was ignored
 */
struct reading {
	const struct options *o;
	struct source *source;
	struct output *out;
	struct pump *pump;
	struct report *report;
	struct queue_need have;
	struct xxh32 content;
	uint64_t produced;
	bool garbage;
};

/* All return 0, or -1 after a message. */

/* A queue for @algorithm and requests of these sizes. */
int reading_queue(struct reading *r, uint32_t algorithm, uint32_t in_size,
		  uint32_t out_size);

/*
 * What is wrong with the input, said once all that was read before is written.
 * @part is what it is called in messages: "LZ4 block", at an offset.
 */
int corrupt(const struct reading *r, const char *part, uint64_t offset,
	    const char *why);
int truncated(const struct reading *r, const char *part, uint64_t offset);

/*
 * The same of what was decoded, named and placed by its item, once all that was
 * added to the output is written.
 */
int item_corrupt(const struct reading *r, const struct item *it,
		 const char *why);

/* Write bytes that were decoded here, after all that was added before. */
int reading_write(struct reading *r, const void *data, size_t len);

#endif /* READING_H */
