/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu.h - where a test runs: what it sets up is served by that CPU's worker
 */
#ifndef SELFTEST_CPU_H
#define SELFTEST_CPU_H

#include <errno.h>
#include <sched.h>

/* The calling thread, from now on. Return: 0, -EINVAL: there is no such CPU. */
static inline int run_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

#endif /* SELFTEST_CPU_H */
