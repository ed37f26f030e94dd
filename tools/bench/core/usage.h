/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usage.h - what threads used so far, those of the kernel included
 */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdint.h>

/**
 * struct usage - so far, or in a time
 * @cpu_ns: processor time of all threads of this process
 * @kernel_ns: processor time of flipq's workers in the kernel
 * @sleeps: voluntary context switches of both
 * @preempted: involuntary ones
 */
struct usage {
	uint64_t cpu_ns;
	uint64_t kernel_ns;
	uint64_t sleeps;
	uint64_t preempted;
};

void usage_begin(struct usage *u);
/* What was used since usage_begin() filled in @before. */
void usage_end(struct usage *u, const struct usage *before);

#endif /* BENCH_USAGE_H */
