/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h - is this a processor, or does TCG make one up? How many are there,
 * and how large are their pages?
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* On a processor that TCG makes up? */
bool machine_emulated(void);

/* "emulated" then, "native" otherwise */
const char *machine_where(void);

/* Processors that are online, or @most if there are more */
unsigned int machine_cpus(unsigned int most);

/* Bytes of a page that memory is mapped by: 4, 16 or 64 KiB */
size_t machine_page(void);

/* @bytes in whole pages */
size_t machine_pages(size_t bytes);

#endif /* BENCH_MACHINE_H */
