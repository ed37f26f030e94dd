// SPDX-License-Identifier: GPL-2.0-only
/*
 * arg.c - arguments of the command line: numbers in a range, and complaints
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arg.h"

bool arg_bad(const char *what, const char *value, const char *expected)
{
	const char *name = program_invocation_short_name;

	fprintf(stderr, "%s: %s '%s': expected %s\nTry '%s --help'.\n", name,
		what, value, expected, name);
	return false;
}

bool arg_number(const char *what, const char *text, uint64_t low,
		uint64_t high, uint64_t *value)
{
	char expected[80], *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && !errno && n >= low &&
	    n <= high) {
		*value = n;
		return true;
	}
	snprintf(expected, sizeof(expected), "a number from %llu to %llu",
		 (unsigned long long)low, (unsigned long long)high);
	return arg_bad(what, text, expected);
}

bool arg_small(const char *what, const char *text, uint64_t high,
	       unsigned int *value)
{
	uint64_t n;

	if (!arg_number(what, text, 1, high, &n))
		return false;
	*value = (unsigned int)n;
	return true;
}
