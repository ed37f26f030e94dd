// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_cancel.c - a cancel reaches the request that it was meant for, also when
 * it comes while the request is served, and never the next one in its slot
 */
#include "stress.h"
#include "tap.h"

#define TIMES	8

struct cancel {
	struct stress_part part;
	struct flip_cancel tags;
	bool wanted[TIMES] ____cacheline_aligned;
	unsigned int bad;
	bool result;			/* cancelled */
	int descriptor ____cacheline_aligned;
	u64 taken ____cacheline_aligned;
	int got;
};

/* Nothing submitted yet. */
static void prepare(void *objects)
{
	struct cancel *c = objects;

	stress_part_init(&c->part, 2, stress_draw(2));
}

static void prepare_submitted(void *objects)
{
	struct cancel *c = objects;

	prepare(c);
	stress_submit(&c->part, 3);
}

static void submit_and_cancel(void *objects)
{
	struct cancel *c = objects;

	stress_submit(&c->part, 3);
	flip_cancel_tag(&c->tags, c->part.sub.fill, 3);
}

static void submit(void *objects)
{
	struct cancel *c = objects;

	c->descriptor = 1;
	stress_submit(&c->part, 1);
}

static void cancel_first(void *objects)
{
	struct cancel *c = objects;

	flip_cancel_tag(&c->tags, READ_ONCE(c->part.fill), 1);
}

static void cancel_second(void *objects)
{
	struct cancel *c = objects;

	flip_cancel_tag(&c->tags, READ_ONCE(c->part.fill), 2);
}

static void take(void *objects)
{
	struct cancel *c = objects;

	c->taken = flip_cancel_take(&c->tags, &c->part.server);
}

static void take_and_read(void *objects)
{
	struct cancel *c = objects;

	take(c);
	if (c->taken)
		c->got = c->descriptor;
}

static bool good_read(const void *objects)
{
	const struct cancel *c = objects;

	return !c->taken || (c->taken == 1 && c->got);
}

/* What was not taken at first is there to be taken, and nothing is twice. */
static bool good_take(const void *objects)
{
	struct cancel c = *(const struct cancel *)objects;
	u64 late;

	c.part.server.fill_word = &c.part.fill;
	late = flip_cancel_take(&c.tags, &c.part.server);
	return (c.taken | late) == 3 && !(c.taken & late) &&
	       !flip_cancel_tagged(&c.tags);
}

/* One slot again and again; the cancel may come at any time until reuse. */
static void reuse(void *objects)
{
	struct cancel *c = objects;
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		c->wanted[i] = !stress_draw(3);
		stress_submit(&c->part, 1);
		if (c->wanted[i] && stress_draw(2))
			flip_cancel_tag(&c->tags, c->part.sub.fill, 1);
		if (!STRESS_UNTIL(flip_finished(&c->part.sub)))
			return;
		/* too late: a cancel that this time must come to nothing */
		if (c->wanted[i] && stress_draw(2))
			flip_cancel_tag(&c->tags, c->part.sub.fill, 1);
		c->bad += c->result && !c->wanted[i];
		flip_collect(&c->part.sub, 1);
	}
}

/* As the module's turn. Return: whether there was something to do. */
static bool turn(struct cancel *c)
{
	bool tagged = flip_cancel_tagged(&c->tags);
	u64 cancelled = 0, pending;

	if (tagged)
		cancelled = flip_cancel_take(&c->tags, &c->part.server);
	pending = flip_pending(&c->part.server);
	if (!pending)
		return false;
	c->result = cancelled & 1;
	if (flip_cancel_tagged(&c->tags))
		flip_cancel_drop(&c->tags, pending);
	stress_serve(&c->part, pending);
	return true;
}

static void serve(void *objects)
{
	struct cancel *c = objects;
	unsigned int i;

	for (i = 0; i < TIMES; i++)
		if (!STRESS_UNTIL(turn(c)))
			return;
}

static bool good_reuse(const void *objects)
{
	const struct cancel *c = objects;

	return !c->bad;
}

int main(void)
{
	static const struct stress_meet meets[] = {
		{ "submit, cancel and take", sizeof(struct cancel), prepare,
		  { submit_and_cancel, take }, good_take },
		{ "cancel, cancel and take", sizeof(struct cancel),
		  prepare_submitted, { cancel_first, cancel_second, take },
		  good_take },
		{ "cancel what somebody else submits", sizeof(struct cancel),
		  prepare, { submit, cancel_first, take_and_read }, good_read },
		{ "cancel and use the slot again", sizeof(struct cancel),
		  prepare, { reuse, serve }, good_reuse },
	};

	return stress_meets(meets, ARRAY_SIZE(meets));
}
