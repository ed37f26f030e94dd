// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_hand.c - a slot that goes back and forth: whoever has it has all that
 * the other one wrote, and is the only one to touch it
 */
#include "stress.h"
#include "tap.h"

#define TIMES	3

struct hand {
	struct stress_part part;
	int input ____cacheline_aligned;
	int output ____cacheline_aligned;
	int bad ____cacheline_aligned;
};

static void prepare(void *objects)
{
	struct hand *h = objects;

	stress_part_init(&h->part, 1, stress_draw(2));
}

static void submit(void *objects)
{
	struct hand *h = objects;
	int i;

	for (i = 1; i <= TIMES; i++) {
		if (flip_free(&h->part.sub) != 1)
			h->bad++;
		h->input = i;
		stress_submit(&h->part, 1);
		if (!STRESS_UNTIL(flip_finished(&h->part.sub) & 1))
			return;
		h->bad += h->output != -i;
		flip_collect(&h->part.sub, 1);
		h->bad += flip_finished(&h->part.sub) ||
			  flip_used(&h->part.sub);
	}
}

static void serve(void *objects)
{
	struct hand *h = objects;
	int i;

	for (i = 1; i <= TIMES; i++) {
		if (!STRESS_UNTIL(flip_pending(&h->part.server) & 1))
			return;
		h->output = -h->input;
		stress_serve(&h->part, 1);
	}
}

static bool good(const void *objects)
{
	const struct hand *h = objects;

	return !h->bad;
}

int main(void)
{
	static const struct stress_meet meet = {
		"submit and serve", sizeof(struct hand), prepare,
		{ submit, serve }, good,
	};

	return stress_meets(&meet, 1);
}
