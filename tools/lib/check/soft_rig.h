/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * soft_rig.h - what the tests of queues in the process share
 */
#ifndef SOFT_RIG_H
#define SOFT_RIG_H

#include <flipq.h>

#define NONE	FLIPQ_TIMEOUT_NONE

/* A queue in the process. NULL with the reason on standard output. */
static inline struct flipq *soft_queue(struct flipq_config config)
{
	struct flipq *q;
	int ret;

	config.device = FLIPQ_IN_PROCESS;
	ret = flipq_open(&q, &config);
	if (ret)
		printf("# %d: %s\n", ret, flipq_open_error(ret));
	return q;
}

/* Submit what was prepared, wait for it, and report one completion. */
static inline struct flipq_event soft_result(struct flipq *q)
{
	struct flipq_event e = { .status = 1 };

	flipq_submit_and_wait(q, 1, NONE);
	if (flipq_peek(q, &e))
		flipq_seen(q, e.slot);
	return e;
}

/* Bytes that compress to about a half, of another kind for each @seed. */
static inline void soft_fill(unsigned char *p, size_t len, unsigned int seed)
{
	unsigned int x = seed * 2654435761U + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		/* every other 16 bytes were there before */
		p[i] = i / 16 % 2 && i >= 48 ? p[i - 48] :
					       (unsigned char)(x >> 24);
	}
}

/* Bytes that do not. */
static inline void soft_noise(unsigned char *p, size_t len, unsigned int seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = (unsigned char)(x >> 32);
	}
}

#endif /* SOFT_RIG_H */
