/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.h - a client's memory: which pages it was given, and how it gets others
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

/**
 * struct memory - a client's memory
 * @c: whose
 * @given: for each mapping a bit for each page that is not to come out of the
 *	image any more: it did, or the client has dropped or unmapped it
 * @left: pages that are to come
 * @zeros: a page of them, of the largest size
 */
struct memory {
	const struct client *c;
	uint64_t *given[MAX_MAPPINGS];
	uint64_t left;
	void *zeros;
};

/**
 * struct span - pages of one mapping
 * @map: index of the mapping
 * @page: the first
 * @nr: how many
 */
struct span {
	size_t map;
	uint64_t page;
	uint64_t nr;
};

/* 0, or -1 after a message. */
int memory_open(struct memory *m, const struct client *c);
void memory_close(struct memory *m);

/* Is any page of it to come out of the image? */
bool memory_wants(const struct memory *m, const struct span *s);

/*
 * The five below: 0; -EAGAIN: the client changes its memory, and the event that
 * says how must be read first; -ESRCH: it has no memory any more; others as the
 * kernel has them.
 */

/* Give it those that are to come, of the content @from of all. */
int memory_give(struct memory *m, const struct span *s, const void *from);

/* A page that was given is not there: it was dropped. It has become zero, as then. */
int memory_zero(struct memory *m, size_t map, uint64_t page);

/* To touch the page is SIGBUS; -EINVAL if the kernel is too old for that. */
int memory_poison(struct memory *m, size_t map, uint64_t page);

/* Who waits for the page looks again. */
int memory_wake(const struct memory *m, size_t map, uint64_t page);

/* All is there: the client does without us from now on. */
int memory_leave(struct memory *m);

/* After that: is an event still to come, or to be read? */
bool memory_changes(const struct memory *m);

/* What the client dropped or unmapped, from @start to @end. */
void memory_drop(struct memory *m, uint64_t start, uint64_t end);

#endif /* MEMORY_H */
