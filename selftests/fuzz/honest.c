// SPDX-License-Identifier: GPL-2.0-only
/*
 * honest.c - a queue beside the hostile ones, whose every result is checked
 */
#include "../load.h"
#include "fuzz.h"

#define SLOTS		16
#define PARTITIONS	2
#define BATCH		50

/* The honest process. Return: its exit status. */
int fuzz_honest(struct fuzz_honest *h, u64 seed)
{
	struct load l;
	int error = load_open(&l, SLOTS, PARTITIONS, FUZZ_PAGE,
			      FLIPQ_POLICY_BATCH, seed);

	if (error) {
		snprintf(h->why, sizeof(h->why), "cannot open a queue: %s",
			 strerror(-error));
		return 1;
	}
	while (!error && !READ_ONCE(h->stop)) {
		error = load_run(&l, BATCH);
		WRITE_ONCE(h->submitted, l.submitted);
		WRITE_ONCE(h->checked, l.checked);
	}
	if (error)
		snprintf(h->why, sizeof(h->why), "slot %d: %s", l.slot,
			 l.why ? l.why : strerror(-error));
	load_close(&l);
	return error ? 1 : 0;
}
