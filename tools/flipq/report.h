/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - what a run did, counted, and printed by -v
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "flipq.h"

/**
 * struct report - counters of one run
 * @bytes_in: read
 * @bytes_out: written
 * @requests: handed to workers
 * @kicks: system calls that kicked
 * @waits: system calls that waited
 * @filled: blocks found to be one repeated word
 * @incompressible: blocks that did not shrink
 * @fallback: blocks, frames or members decoded in this process
 * @partitions: of the queue, the largest number where several were opened
 * @own: they were served by threads of this process
 * @barred: as shared workers are not for this user
 * @place: where the queue was
 * @share: requests per partition
 * @wall_start: ns
 * @cpu_start: CPU time of the thread, ns
 * @aside: CPU time of I/O and content checksum, ns
 * @mark: start of the piece of @aside under way
 */
struct report {
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint64_t requests;
	uint64_t kicks;
	uint64_t waits;
	uint64_t filled;
	uint64_t incompressible;
	uint64_t fallback;
	unsigned int partitions;
	bool own;
	bool barred;
	struct place place;
	uint64_t share[FLIPQ_MAX_PARTITIONS];
	uint64_t wall_start;
	uint64_t cpu_start;
	uint64_t aside;
	uint64_t mark;
};

void report_start(struct report *r);

/* Around I/O and content checksums: not the submitter's own work. */
void report_aside(struct report *r);
void report_resume(struct report *r);

/* Add the counters of a queue that is about to be closed. */
void report_queue(struct report *r, const struct device *d);

/* @compressed and @plain: bytes on either side. */
void report_print(const struct report *r, uint64_t plain, uint64_t compressed);

#endif /* REPORT_H */
