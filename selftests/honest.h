/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * honest.h - a process with a load, for a test that does harm beside it
 *
 * It counts in memory that it shares with the test, so that what a process did
 * before it was killed is known, too.
 */
#ifndef SELFTEST_HONEST_H
#define SELFTEST_HONEST_H

#include <stdio.h>

#include "load.h"

#define HONEST_BATCH	50
#define HONEST_TEXT	128

/**
 * struct honest - what the process and the test tell each other
 * @stop: it is to end
 * @submitted: requests, so far
 * @checked: results that were right, so far
 * @why: what went wrong, or ""
 */
struct honest {
	int stop;
	u64 submitted;
	u64 checked;
	char why[HONEST_TEXT];
};

static inline void honest_say(struct honest *h, const struct load *l, int error)
{
	snprintf(h->why, sizeof(h->why), "slot %d: %s", l->slot,
		 l->why ? l->why : strerror(-error));
}

/* In a process of its own. Return: its exit status. */
static inline int honest_run(struct honest *h,
			     const struct flipq_config *config, u64 seed)
{
	const u64 submitted = h->submitted, checked = h->checked;
	struct load l;
	int error = load_open_config(&l, config, seed);

	while (!error && !READ_ONCE(h->stop)) {
		error = load_run(&l, HONEST_BATCH);
		WRITE_ONCE(h->submitted, submitted + l.submitted);
		WRITE_ONCE(h->checked, checked + l.checked);
	}
	if (error)
		honest_say(h, &l, error);
	load_close(&l);
	return error ? 1 : 0;
}

#endif /* SELFTEST_HONEST_H */
