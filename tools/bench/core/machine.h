/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h - is this a processor, or does TCG make one up?
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>

/* On a processor that TCG makes up? */
bool machine_emulated(void);

/* "emulated" then, "native" otherwise */
const char *machine_where(void);

#endif /* BENCH_MACHINE_H */
