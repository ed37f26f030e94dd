/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crowd.h - queues with nothing to do
 */
#ifndef GROW_CROWD_H
#define GROW_CROWD_H

#include "flipq.h"

/**
 * struct crowd - idle queues
 * @queues: each of them
 * @nr: how many
 * @room: how many there can be
 */
struct crowd {
	struct flipq **queues;
	unsigned int nr;
	unsigned int room;
};

/* Room for @room. Return: 0, or -1 after having said what was wrong. */
int crowd_init(struct crowd *c, unsigned int room);
/* Open more, until there are @nr, each as @config says; returns likewise. */
int crowd_grow(struct crowd *c, unsigned int nr,
	       const struct flipq_config *config);
void crowd_close(struct crowd *c);
void crowd_free(struct crowd *c);

#endif /* GROW_CROWD_H */
