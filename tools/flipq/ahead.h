/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ahead.h - which pages come next while nobody waits for one
 */
#ifndef AHEAD_H
#define AHEAD_H

#include <stdbool.h>

#include "memory.h"

/* As many faults are followed; of older ones the pages come in their turn. */
#define MAX_TRAILS	16

/**
 * struct ahead - what follows the last faults, the youngest first, then all
 * @nr: of @trails
 * @trails: what is left of them, the youngest last
 * @all: where the walk through everything is
 */
struct ahead {
	unsigned int nr;
	struct span trails[MAX_TRAILS];
	struct span all;
};

/* A page was asked for: @after is what follows it. */
void ahead_note(struct ahead *a, const struct span *after);

/*
 * The pages that are next, from one mapping, and none of them behind a multiple of
 * @bytes of the image; false if there are none. They stay next until
 * ahead_done() says so.
 */
bool ahead_next(struct ahead *a, const struct memory *m, uint64_t bytes,
		struct span *next);
void ahead_done(struct ahead *a, const struct span *done);

#endif /* AHEAD_H */
