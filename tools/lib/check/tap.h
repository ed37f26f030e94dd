/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tap.h - TAP, for programs without the kselftest harness; what is said about a
 * check that fails stands before it, as the kernel has it
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stdio.h>

/* One test program is one file, so these may live in it. */
static unsigned int tap_run, tap_failed;

static inline void tap_result(bool good, const char *name, const char *file,
			      int line)
{
	if (!good) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	printf("%sok %u - %s\n", good ? "" : "not ", ++tap_run, name);
	fflush(stdout);
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ok(cond, name) tap_result(cond, name, __FILE__, __LINE__)

/* Shows both numbers when they differ. */
#define is(got, want, name)						\
do {									\
	long long got_ = (long long)(got), want_ = (long long)(want);	\
									\
	if (got_ != want_)						\
		printf("# got %lld, want %lld\n", got_, want_);		\
	ok(got_ == want_, name);					\
} while (0)

/* Return: the exit status of the program. */
static inline int tap_end(void)
{
	printf("1..%u\n", tap_run);
	return tap_failed != 0;
}

#endif /* TAP_H */
