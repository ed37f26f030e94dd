/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink.h - the other end: a link of limited bandwidth and who receives there
 */
#ifndef MIGRATE_SINK_H
#define MIGRATE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "region.h"

/* A page's header on the link: its number and kind, and the length. */
#define SINK_HEADER	12

struct sink_page;

/**
 * struct sink - what was sent, and what arrived
 * @bytes: sent in all
 * @filled: pages sent as one repeated word
 * @normal: pages sent as they are
 * @packed: pages sent compressed
 * @packed_bytes: of those, without headers
 * @bad: pages that could not be unpacked
 * @each: unpack each page when it arrives, not only the last of each number
 * @rate: bytes per second of the link
 * @tokens: bytes that may be sent now; below 0: too much was sent
 * @depth: most that @tokens may become
 * @refilled: when @tokens was last brought up to date
 * @nr: pages there are
 * @page: the last that arrived of each page
 */
struct sink {
	uint64_t bytes;
	uint64_t filled;
	uint64_t normal;
	uint64_t packed;
	uint64_t packed_bytes;
	uint64_t bad;
	bool each;
	double rate;
	double tokens;
	double depth;
	uint64_t refilled;
	uint64_t nr;
	struct sink_page *page;
};

int sink_open(struct sink *s, uint64_t nr, double rate, bool each);
void sink_filled(struct sink *s, uint64_t n, uint64_t value);
void sink_normal(struct sink *s, uint64_t n, const void *data);
void sink_packed(struct sink *s, uint64_t n, const void *data, uint32_t len);
void sink_pace(struct sink *s);
uint64_t sink_compare(struct sink *s, const struct region *r,
		      const uint64_t *pending);
void sink_close(struct sink *s);

#endif /* MIGRATE_SINK_H */
