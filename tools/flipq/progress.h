/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.h - a line on the terminal that shows how far the work is
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct progress - the line
 * @on: a terminal is there and it was not forbidden
 * @drawn: there is something to wipe out
 * @total: bytes of input, 0 where unknown
 * @start: ns
 * @next: when to draw again, ns
 */
struct progress {
	bool on;
	bool drawn;
	uint64_t total;
	uint64_t start;
	uint64_t next;
};

void progress_start(struct progress *p, uint64_t total, bool quiet);
void progress_update(struct progress *p, uint64_t done);
void progress_end(struct progress *p);

#endif /* PROGRESS_H */
