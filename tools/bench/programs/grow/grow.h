/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grow.h - experiments on what flipq costs as there is more of something
 */
#ifndef GROW_GROW_H
#define GROW_GROW_H

#include "core/lane.h"

/**
 * struct grow - what the user wants
 * @image: file with a guest's memory, or NULL
 * @seed: for inputs made up, where there is none
 * @mib: of inputs
 * @rounds: of each kind
 * @ms: of a round
 */
struct grow {
	const char *image;
	uint64_t seed;
	uint64_t mib;
	unsigned int rounds;
	uint64_t ms;
};

/* One experiment each. Return: 0, or -1 after having said what was wrong. */
int grow_idle(const struct grow *g);
int grow_limit(const struct grow *g);
int grow_heavy(const struct grow *g);
int grow_memory(const struct grow *g);

/* Inputs of @size. Return: 0, or -1 after having said why there are none. */
int grow_corpus(const struct grow *g, struct corpus *c, uint32_t size);

/* Write a line of CSV, with the ratio of the rates of @sample and @base. */
void grow_write(const struct setting *setting, const char *model,
		const char *base_name, unsigned int round,
		const struct sample *sample, const struct sample *base);

/* Return: -1, after having said that. */
int grow_complain(const char *what, const char *why);

#endif /* GROW_GROW_H */
