/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refusal.h - calls and requests that are refused, as rows: a good one with a
 * member or two that have another value
 */
#ifndef SELFTEST_REFUSAL_H
#define SELFTEST_REFUSAL_H

#include <stddef.h>
#include <string.h>

#include "types.h"

/**
 * struct change - a member that has another value
 * @at: where it is
 * @size: its size, 0 for no change
 * @value: value
 */
struct change {
	size_t at;
	size_t size;
	u64 value;
};

/* Of a struct at NULL, as in CHANGE((*(struct flipq_setup *)NULL).slots, 1). */
#define CHANGE(member, number) {					\
	.at = (size_t)&(member),					\
	.size = sizeof(member),						\
	.value = (number),						\
}

/**
 * struct refusal - a call or a request that is refused
 * @what: in words
 * @error: how; 0 for one that is not, as a row among others
 * @change: what is wrong with it
 */
struct refusal {
	const char *what;
	int error;
	struct change change[3];
};

/* Make a good @arg what @r says. */
static inline void refusal_make(const struct refusal *r, void *arg)
{
	size_t i;

	/* The lowest bytes come first, or flip.h would not compile. */
	for (i = 0; i < sizeof(r->change) / sizeof(r->change[0]); i++)
		memcpy((u8 *)arg + r->change[i].at, &r->change[i].value,
		       r->change[i].size);
}

#endif /* SELFTEST_REFUSAL_H */
