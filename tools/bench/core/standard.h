/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * standard.h - standard input, output and error, which a caller may have closed
 */
#ifndef BENCH_STANDARD_H
#define BENCH_STANDARD_H

/*
 * Before anything else: no file or device that is opened becomes one of them, and
 * gets what is printed; and a program @name whose output could not be written ends
 * with a message and status 1.
 */
void standard_begin(const char *name);

#endif /* BENCH_STANDARD_H */
