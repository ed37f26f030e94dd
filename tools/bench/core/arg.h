/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arg.h - arguments of the command line: numbers in a range, and complaints
 */
#ifndef BENCH_ARG_H
#define BENCH_ARG_H

#include <stdbool.h>
#include <stdint.h>

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_BAD };

/* Name the argument on stderr. Return: false. */
bool arg_bad(const char *what, const char *value, const char *expected);

/* @text as a number from @low to @high. Return: false after having said why. */
bool arg_number(const char *what, const char *text, uint64_t low,
		uint64_t high, uint64_t *value);
bool arg_small(const char *what, const char *text, uint64_t high,
	       unsigned int *value);

#endif /* BENCH_ARG_H */
