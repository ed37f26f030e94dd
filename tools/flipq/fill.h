/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fill.h - encoded blocks of one repeated word, kept to be used again
 *
 * A worker that finds a block filled with one word only says so. What such a
 * block becomes in the file depends on nothing but the word and the length, so
 * it is encoded once.
 */
#ifndef FILL_H
#define FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "flipq.h"

#define FILL_ENTRIES	32

/**
 * struct fill - one entry
 * @word: repeated
 * @len: bytes of the plain block
 * @ready: encoded; until then its request is under way
 * @users: blocks that wait for it or are to be written from it
 * @used: time of last use, for replacement
 * @data: encoded bytes, or plain ones with FLIPQ_RES_INCOMPRESSIBLE
 * @event: how the request ended
 */
struct fill {
	uint64_t word;
	uint32_t len;
	bool ready;
	unsigned int users;
	uint64_t used;
	uint8_t *data;
	struct flipq_event event;
};

struct fill_cache {
	struct fill entry[FILL_ENTRIES];
	uint64_t clock;
};

/* The entry of @word and @len, with one more user; NULL if there is none. */
struct fill *fill_find(struct fill_cache *c, uint64_t word, uint32_t len);

/* A new entry with one user, not ready; NULL if all are in use. */
struct fill *fill_new(struct fill_cache *c, uint64_t word, uint32_t len);

/* Make it ready from a completion and its data. 0 or a negative errno. */
int fill_set(struct fill *f, const struct flipq_event *event, const void *data,
	     uint32_t len);

/* Write the plain block. */
void fill_expand(uint64_t word, void *dst, uint32_t len);

void fill_free(struct fill_cache *c);

#endif /* FILL_H */
