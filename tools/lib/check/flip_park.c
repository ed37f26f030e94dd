// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_park.c - a request that is handed over while its partition parks: the
 * server sees it, or the submitter has to kick
 */
#include "stress.h"
#include "tap.h"

struct park {
	struct stress_part part;
	int descriptor ____cacheline_aligned;
	bool kicks ____cacheline_aligned;
	bool parked ____cacheline_aligned;
	int got;
};

static void prepare(void *objects)
{
	struct park *p = objects;

	stress_part_init(&p->part, 1, stress_draw(2));
}

static void submit(void *objects)
{
	struct park *p = objects;

	p->descriptor = 1;
	stress_submit(&p->part, 1);
	flip_kick_barrier();
	p->kicks = flip_must_kick(&p->part.sub);
}

static void park(void *objects)
{
	struct park *p = objects;

	p->parked = flip_park(&p->part.server);
	if (!p->parked)
		p->got = p->descriptor;
}

static bool good(const void *objects)
{
	const struct park *p = objects;

	return (p->parked ? p->kicks : p->got) &&
	       p->part.need_wakeup == p->parked;
}

int main(void)
{
	static const struct stress_meet meet = {
		"submit and park", sizeof(struct park), prepare,
		{ submit, park }, good,
	};

	return stress_meets(&meet, 1);
}
