/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stress.h - threads that meet in kmod/flip/flip.h at random moments
 *
 * Tests of the header itself: no library, no lock, nothing else that could
 * order what the header has to order. To be included before flip.h.
 */
#ifndef STRESS_H
#define STRESS_H

#include <stdbool.h>
#include <stddef.h>

void stress_point(void);

#define FLIP_POINT() stress_point()

#include "flip/flip.h"

#define STRESS_ROLES	3

/* As the kernel's; with the line that processors fetch along. */
#define ____cacheline_aligned	__attribute__((aligned(128)))

/**
 * struct stress_part - a partition: its words, and both sides
 */
struct stress_part {
	u64 fill ____cacheline_aligned;
	u64 reap ____cacheline_aligned;
	u64 done ____cacheline_aligned;
	u32 need_wakeup ____cacheline_aligned;
	struct flip_submitter sub ____cacheline_aligned;
	struct flip_server server ____cacheline_aligned;
};

/* All slots free, and @generation requests served in each of them before. */
void stress_part_init(struct stress_part *p, unsigned int slots,
		      unsigned int generation);
/* Hand over @slots. */
void stress_submit(struct stress_part *p, u64 slots);
/* Serve and publish @slots. */
void stress_serve(struct stress_part *p, u64 slots);

/**
 * struct stress_meet - what each thread does whenever they meet
 * @name: what is tested
 * @size: of the objects that they meet over, fresh each time and zero but for
 *	what @init does
 * @init: prepare the objects
 * @role: what the threads do at the same time
 * @good: whether what they saw fits together, when both are through
 */
struct stress_meet {
	const char *name;
	size_t size;
	void (*init)(void *objects);

	void (*role[STRESS_ROLES])(void *objects);
	bool (*good)(const void *objects);
};

/*
 * One test for each of @meets, until one goes wrong. Bounded, unless the
 * environment's STRESS_SECONDS asks for so much processor time for each.
 * Return: the exit status of the program.
 */
int stress_meets(const struct stress_meet *meets, size_t n);

/* Repeatable, and each thread's own. */
unsigned int stress_draw(unsigned int below);

/* Between two looks at what another thread does. Return: false to give up. */
bool stress_wait(unsigned int *looks);

/* Wait for another thread. Gives whether what was waited for came. */
#define STRESS_UNTIL(cond)						\
({									\
	unsigned int looks_ = 0;					\
	bool come_;							\
									\
	while (!(come_ = (cond)) && stress_wait(&looks_))		\
		;							\
	come_;								\
})

#endif /* STRESS_H */
