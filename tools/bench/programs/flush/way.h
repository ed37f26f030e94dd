/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * way.h - the ways to flush, and the two places where memory may be
 */
#ifndef FLUSH_WAY_H
#define FLUSH_WAY_H

#include <stdint.h>

#include "area.h"
#include "flipq.h"

/**
 * struct place - memory, and who flushes it
 * @where: FLIPQ_IN_ARENA: shared workers; FLIPQ_IN_USER: a pool's threads
 * @q: queue
 * @pool: of @q, or NULL
 * @memory: of the process's own, or NULL
 * @area: what is flushed
 */
struct place {
	enum flipq_where where;
	struct flipq *q;
	struct flipq_pool *pool;
	void *memory;
	struct area area;
};

/**
 * struct sample - a flush, measured
 * @ns: it took
 * @share: of the pages that the busiest server copied, in 1/1000
 * @requests: that servers did
 * @waits: ENTER calls that waited
 * @slept: those that slept
 * @kicks: that reached servers
 * @wakeups: servers that were put back to work
 * @serves: SERVE calls of the pool's threads
 */
struct sample {
	uint64_t ns;
	uint64_t share;
	uint64_t requests;
	uint64_t waits;
	uint64_t slept;
	uint64_t kicks;
	uint64_t wakeups;
	uint64_t serves;
};

/**
 * struct way - a way to flush
 * @name: for the table
 * @run: do it. Return: 0 and in @pages how many were copied, or an errno.
 * @mode: for flipq_flush()
 * @chunk: the same
 */
struct way {
	char name[24];
	int (*run)(const struct place *p, const struct way *way,
		   uint64_t *pages);
	enum flipq_flush_mode mode;
	uint32_t chunk;
};

int way_inline(const struct place *p, const struct way *way, uint64_t *pages);
int way_one(const struct place *p, const struct way *way, uint64_t *pages);
int way_all(const struct place *p, const struct way *way, uint64_t *pages);

int place_open(struct place *p, enum flipq_where where, unsigned int workers,
	       uint64_t pages, uint64_t seed);
void place_close(struct place *p);
int place_flush(struct place *p, const struct way *way, struct sample *s);

#endif /* FLUSH_WAY_H */
