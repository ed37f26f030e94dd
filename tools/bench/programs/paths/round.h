/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * round.h - a batch on its way through a queue, each leg in ticks
 */
#ifndef PATHS_ROUND_H
#define PATHS_ROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "flipq.h"

/* Most requests of a batch. */
#define ROUND_MAX	32

/**
 * enum round_server - who serves the queue
 * @ROUND_WORKER: the shared worker, which polls for no longer than it must
 * @ROUND_OWNER: the submitter itself, while it waits
 */
enum round_server { ROUND_WORKER, ROUND_OWNER };

/**
 * struct round - what the legs of a batch took
 * @submit: get slots, prepare, submit
 * @wait: wait for all of it
 * @collect: peek at each and give its slot back
 * @kicked: the worker had to be kicked
 */
struct round {
	uint64_t submit;
	uint64_t wait;
	uint64_t collect;
	bool kicked;
};

/* Describe a request in @slot. Return: 0 or a negative errno. */
typedef int (*round_prepare)(struct flipq *q, int slot);

int round_nop(struct flipq *q, int slot);
int round_byte(struct flipq *q, int slot);
int round_filled(struct flipq *q, int slot);
int round_compress(struct flipq *q, int slot);
int round_copy(struct flipq *q, int slot);

int round_open(struct flipq **q, enum round_server server);
int round_legs(struct flipq *q, round_prepare prepare, unsigned int n,
	       struct round *r);
int round_at_once(struct flipq *q, enum round_server server, unsigned int n,
		  uint64_t *count);

#endif /* PATHS_ROUND_H */
