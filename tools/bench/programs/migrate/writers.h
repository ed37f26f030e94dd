/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writers.h - threads that write to the region, as a running guest does
 */
#ifndef MIGRATE_WRITERS_H
#define MIGRATE_WRITERS_H

#include <stdint.h>

#include "region.h"

struct writers;

struct writers *writers_start(struct region *region, unsigned int threads,
			      uint64_t pages_per_s, uint64_t seed);
uint64_t writers_stop(struct writers *w);

#endif /* MIGRATE_WRITERS_H */
