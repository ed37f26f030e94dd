/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * index.h - the table of an image that is being written, and what it takes from
 * its base
 */
#ifndef INDEX_H
#define INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats.h"

struct output;

/* What is the base's or not is so many bytes. */
#define INDEX_PAGE	4096U

/**
 * struct index - what is to be written behind the frames
 * @entries: of the table, as they will be in the file
 * @nr: how many
 * @room: for how many there is memory
 * @runs: pages in turn: the base's, own ones
 * @nr_runs: how many
 * @run_room: for how many there is memory
 * @size: of the content so far
 * @head: what comes before the first frame
 * @head_len: bytes of it, 0 without a base
 */
struct index {
	uint8_t *entries;
	size_t nr;
	size_t room;
	uint32_t *runs;
	size_t nr_runs;
	size_t run_room;
	uint64_t size;
	uint8_t head[BASED_HEAD];
	size_t head_len;
};

/* All that can fail return 0, or -1 after a message. */

/* Of what has a base: write what comes first. */
int index_begin(struct index *x, struct output *out, uint64_t base_id,
		uint64_t base_size);

/* A frame of @packed bytes, with @plain bytes of content and their checksum. */
int index_add(struct index *x, uint64_t packed, uint32_t plain, uint64_t sum);

/* A page is the base's, or own; the last one may be shorter than others. */
int index_page(struct index *x, bool own, uint32_t len);

/* Write it. */
int index_end(struct index *x, struct output *out);

void index_free(struct index *x);

#endif /* INDEX_H */
