// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flip_sides.c - what each side makes of the words, by itself: the sets of
 * slots, their order, and what is not a slot
 */
#include <string.h>

#include "stress.h"
#include "tap.h"

#define TIMES	200000

static void test_mask(void)
{
	bool good = true;
	unsigned int n;
	u64 mask = 0;

	for (n = 1; n <= FLIP_MAX_SLOTS; n++) {
		mask |= flip_bit(n - 1);
		good = good && flip_mask(n) == mask;
	}
	ok(good, "a mask has a bit per slot");
	is(flip_next(0x8000000000000101, 0), 0, "the first slot");
	is(flip_next(0x8000000000000101, 1), 8, "the first one from a cursor");
	is(flip_next(0x8000000000000101, 9), 63, "the last slot");
	is(flip_next(0x101, 63), 0, "round at the end");
}

static void test_foreign_bits(void)
{
	struct flip_cancel tags = { 0 };
	struct stress_part p = { 0 };

	stress_part_init(&p, 3, 0);
	is(flip_free(&p.sub), 7, "all slots are free at first");
	stress_submit(&p, 1);
	p.fill ^= ~7ULL;
	is(flip_pending(&p.server), 1, "bits above the slots are not pending");
	flip_cancel_tag(&tags, p.fill, ~0ULL);
	is(flip_cancel_take(&tags, &p.server), 1, "and cannot be cancelled");
	is(flip_observe_busy(&p.fill, &p.done, p.sub.mask), 1, "nor busy");
	p.done ^= ~7ULL;
	is(flip_observe_ready(&p.reap, &p.done, p.sub.mask), 0, "nor ready");
	p.sub.fill = ~0ULL;
	is(flip_finished(&p.sub), 0, "nor finished");
	is(flip_used(&p.sub), 7, "nor in use");
	is(flip_free(&p.sub), 0, "nor free");
}

/* The other bits of need_wakeup are for what there may be one day. */
static void test_parked_bit(void)
{
	struct stress_part p = { 0 };

	stress_part_init(&p, 1, 0);
	p.need_wakeup = ~FLIP_PARKED;
	ok(!flip_must_kick(&p.sub), "other bits ask for no kick");
	p.need_wakeup = ~0U;
	ok(flip_must_kick(&p.sub), "and do not hide the one that does");
}

static void test_shadows(void)
{
	struct stress_part p = { 0 };

	stress_part_init(&p, 4, 0);
	stress_submit(&p, 7);
	stress_serve(&p, 1);
	stress_serve(&p, 2);
	is(p.done, 3, "what is finished adds up");
	is(flip_finished(&p.sub), 3, "and is there to be collected");
	is(flip_free(&p.sub), 8, "but not free before it is");
	flip_collect(&p.sub, 1);
	is(p.reap, 1, "what is collected is published");
	is(flip_finished(&p.sub), 2, "and is not finished any more");
	p.done = ~p.done;
	is(flip_finished(&p.sub), 4, "only slots in use can be finished");
	is(flip_pending(&p.server), 4, "the server goes by its shadow");
	is(flip_count(0x35, 0x11, 0xf), 1, "only what is in flight counts");
}

static void test_cancel(void)
{
	struct flip_cancel tags = { 0 };
	struct stress_part p = { 0 };

	stress_part_init(&p, 4, 0);
	/* slot 0 is in its second generation, slot 1 in its first */
	stress_submit(&p, 1);
	stress_serve(&p, 1);
	flip_collect(&p.sub, 1);
	stress_submit(&p, 3);
	flip_cancel_tag(&tags, ~p.fill, 3);
	ok(flip_cancel_tagged(&tags), "tags of either generation show");
	is(flip_cancel_take(&tags, &p.server), 0, "none for the other one");
	ok(!flip_cancel_tagged(&tags), "and none is left");
	flip_cancel_tag(&tags, p.fill, 1);
	ok(flip_cancel_tagged(&tags), "an even tag shows");
	is(flip_cancel_take(&tags, &p.server), 1, "and is taken");
	flip_cancel_tag(&tags, p.fill, 2);
	ok(flip_cancel_tagged(&tags), "an odd tag shows");
	is(flip_cancel_take(&tags, &p.server), 2, "and is taken");
	flip_cancel_tag(&tags, p.fill, 4);
	is(flip_cancel_take(&tags, &p.server), 0, "only what is the server's");
	flip_cancel_tag(&tags, p.fill, 3);
	flip_cancel_tag(&tags, ~p.fill, 3);
	flip_cancel_drop(&tags, 1);
	is(atomic64_read(&tags.tag[0]), 2, "an even tag is dropped");
	is(atomic64_read(&tags.tag[1]), 2, "an odd tag is dropped");
}

/* A slot waits for each of the others once, however fast they come again. */
static void test_turns(unsigned int slots)
{
	unsigned int waited[FLIP_MAX_SLOTS] = { 0 }, worst = 0, n;
	struct stress_part p = { 0 };

	stress_part_init(&p, slots, 0);
	for (n = 0; n < TIMES; n++) {
		unsigned int slot, i;
		u64 pending;

		stress_submit(&p, flip_free(&p.sub));
		pending = flip_pending(&p.server);
		slot = flip_next(pending, p.server.cursor);
		for (i = 0; i < slots; i++)
			waited[i]++;
		if (waited[slot] > worst)
			worst = waited[slot];
		waited[slot] = 0;
		stress_serve(&p, flip_bit(slot));
		flip_collect(&p.sub, flip_finished(&p.sub));
	}
	is(worst, slots, "no slot waits longer than a round");
}

int main(void)
{
	test_mask();
	test_foreign_bits();
	test_parked_bit();
	test_shadows();
	test_cancel();
	test_turns(64);
	test_turns(3);
	return tap_end();
}
