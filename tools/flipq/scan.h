/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scan.h - the queues that there are, from what /proc tells of each process
 */
#ifndef SCAN_H
#define SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is told of a queue: lines "flipq-NAME:" of fdinfo, in this order. */
enum figure {
	FIGURE_PARTITIONS,
	FIGURE_SLOTS,
	FIGURE_BYTES,
	/* Those from here on only grow. */
	FIGURE_REQUESTS,
	FIGURE_BYTES_IN,
	FIGURE_BYTES_OUT,
	FIGURE_ERRORS,
	FIGURE_BUSY,
	FIGURE_SLEEPS,
	FIGURE_KICKS,
	FIGURE_WAITS,
	FIGURE_NR
};

/* Room for the kernel's name of a process, its end included. */
#define SCAN_NAME	64

/**
 * struct scanned - a queue
 * @id: the module's number for it, no two queues have the same
 * @pid: process that has it, the first of several
 * @uid: whose process that is
 * @name: of the process, any bytes
 * @figures: by enum figure; 0 where the kernel does not tell
 */
struct scanned {
	uint32_t id;
	pid_t pid;
	uid_t uid;
	char name[SCAN_NAME];
	uint64_t figures[FIGURE_NR];
};

/**
 * struct scan - all of them at one time
 * @queues: ascending by @id
 * @nr: how many
 * @room: for so many
 * @time: of CLOCK_MONOTONIC, ns
 */
struct scan {
	struct scanned *queues;
	size_t nr;
	size_t room;
	uint64_t time;
};

/*
 * Look into @proc, a descriptor of /proc, in place of what was in @s, which is zero
 * or an older scan. What is not for this user, or ends meanwhile, is left out.
 * Returns 0 or a negative errno.
 */
int scan_take(struct scan *s, int proc);
void scan_end(struct scan *s);

/* The queue with this number, NULL if there is none. */
const struct scanned *scan_find(const struct scan *s, uint32_t id);

#endif /* SCAN_H */
