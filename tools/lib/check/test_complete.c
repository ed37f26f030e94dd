// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_complete.c - completions: each once, in a fair order, as the kernel said
 */
#include <errno.h>
#include <string.h>

#include "fake.h"
#include "tap.h"

#define SLOTS	4
#define PARTS	3

static struct flipq *open_on(struct fake *f, unsigned int newer)
{
	static const struct flipq_codec codec;
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = PARTS, .in_size = 64,
		.out_size = 64, .codecs = &codec, .nr_codecs = 1,
		.policy = FLIPQ_POLICY_LEAST_LOADED,
	};
	struct flipq *q = NULL;

	fake_init(f);
	f->newer = newer;
	flipq_open_with(&f->sys, &q, &c);
	return q;
}

static struct flipq *open_queue(struct fake *f)
{
	return open_on(f, 0);
}

static void close_queue(struct fake *f, struct flipq *q)
{
	flipq_close(q);
	fake_destroy(f);
}

static int nop(struct flipq *q, uint64_t user_data)
{
	int slot = flipq_get(q);

	return slot < 0 ? slot : flipq_prep_nop(q, slot, user_data);
}

/* Slots that poll() would report. */
static unsigned int left_for_poll(const struct fake *f)
{
	unsigned int count = 0, n;

	for (n = 0; n < PARTS; n++) {
		const char *sub = (char *)f->sub + n * f->made.sub_stride;
		const struct flipq_submission *words = (const void *)sub;

		count += hweight64(flip_observe_ready(&words->reap,
						      f->parts[n].done,
						      flip_mask(SLOTS)));
	}
	return count;
}

static void test_result(void)
{
	struct flipq_event e;
	struct fake f;
	struct flipq *q = open_queue(&f);
	int slot = flipq_get(q);
	const unsigned char *out;

	is(flipq_peek(q, &e), 0, "nothing yet");
	memset(flipq_input(q, slot), 'a', 10);
	flipq_prep_compress(q, slot, 0, 10, 64, 0, 1ULL << 63);
	flipq_submit(q);
	is(flipq_peek(q, &e), 0, "not finished yet");
	fake_run(&f);
	is(flipq_peek(q, &e), 1, "finished");
	out = flipq_output(q, e.slot);
	ok(e.slot == slot && !e.status && !e.flags && e.len == 10 &&
	   e.csum == 10 * 'a' && !e.value && e.user_data == 1ULL << 63,
	   "reports the result");
	ok(out[0] == fake_code('a') && out[9] == fake_code('a'),
	   "output is there");
	is(flipq_peek(q, &e), 0, "not reported twice");
	is(flipq_in_flight(q), 0, "nothing in flight");
	flipq_seen(q, slot);
	flipq_seen(q, slot);
	flipq_seen(q, -1);
	flipq_seen(q, SLOTS * PARTS);
	is(flipq_peek(q, &e), 0, "giving back twice does nothing");
	ok(!left_for_poll(&f), "nothing is left for poll");
	close_queue(&f, q);
}

/* A kernel whose descriptors and results are larger than those known here. */
static void test_newer(void)
{
	unsigned int n, good = 0;
	struct flipq_event e;
	struct fake f;
	struct flipq *q = open_on(&f, 64);

	for (n = 0; n < SLOTS * PARTS; n++) {
		int slot = flipq_get(q);

		memset(flipq_input(q, slot), 'a', n + 1);
		flipq_prep_compress(q, slot, 0, n + 1, 64, 0, n);
	}
	flipq_submit(q);
	fake_run(&f);
	while (flipq_peek(q, &e))
		good += !e.status && e.len == e.user_data + 1 &&
			e.csum == 'a' * (e.user_data + 1);
	is(good, SLOTS * PARTS, "finds what a newer kernel keeps further apart");
	close_queue(&f, q);
}

static void test_not_peeked(void)
{
	struct flipq_event e;
	struct fake f;
	struct flipq *q = open_queue(&f);
	int slot = flipq_get(q);

	flipq_prep_nop(q, slot, 1);
	flipq_submit(q);
	flipq_seen(q, slot);
	fake_run(&f);
	is(left_for_poll(&f), 1, "a slot cannot be given back in flight");
	flipq_seen(q, slot);
	is(flipq_peek(q, &e), 1, "nor before it was peeked at");
	close_queue(&f, q);
}

static void test_error(void)
{
	struct flipq_desc raw = { .opcode = 99 };
	struct flipq_event e;
	struct fake f;
	struct flipq *q = open_queue(&f);
	struct flipq_result *r;
	int slot = flipq_get(q);

	flipq_prep_raw(q, slot, &raw, 0);
	flipq_submit(q);
	fake_run(&f);
	flipq_peek(q, &e);
	is(e.status, -EINVAL, "reports the kernel's errno");
	flipq_seen(q, e.slot);

	nop(q, 0);
	nop(q, 1);
	flipq_submit(q);
	fake_run(&f);
	for (slot = 0; slot < SLOTS * PARTS; slot++) {
		r = fake_result(&f, slot);
		r->len = 65;
	}
	flipq_peek(q, &e);
	ok(e.status == -EIO && !e.len, "more output than room is an error");
	for (slot = 0; slot < SLOTS * PARTS; slot++) {
		r = fake_result(&f, slot);
		r->len = 64;
		r->status = 1;
	}
	flipq_peek(q, &e);
	ok(e.status == -EIO && !e.len, "so is a positive status");
	close_queue(&f, q);
}

static void test_reap(void)
{
	struct flipq_event e[SLOTS * PARTS];
	struct fake f;
	struct flipq *q = open_queue(&f);
	uint64_t seen = 0;
	int i, n;

	for (i = 0; i < SLOTS * PARTS; i++)
		nop(q, (uint64_t)i);
	flipq_submit(q);
	fake_run(&f);
	is(flipq_reap(q, e, 0), 0, "reaps none");
	is(flipq_reap(q, e, 5), 5, "reaps as many as asked for");
	n = flipq_reap(q, e + 5, SLOTS * PARTS);
	is(n, SLOTS * PARTS - 5, "reaps the rest");
	for (i = 0; i < SLOTS * PARTS; i++)
		seen |= flip_bit((unsigned int)e[i].user_data);
	ok(seen == flip_mask(SLOTS * PARTS), "each one once");
	is(flipq_get(q), -EAGAIN, "slots are not free before they are seen");
	flipq_seen(q, e[3].slot);
	is(flipq_get(q), e[3].slot, "and are then");
	close_queue(&f, q);
}

/* As the server did, from where the last one was: not from slot 0 on. */
static void test_order(void)
{
	struct flipq_event e[SLOTS];
	struct fake f;
	struct flipq *q = open_queue(&f);
	int first = -1, i;

	for (i = 0; i < 2 * PARTS; i++)
		nop(q, 0);
	flipq_submit(q);
	fake_run(&f);
	while (flipq_peek(q, e))
		flipq_seen(q, e->slot);
	/* all slots of partition 0, which get gives out from its third one */
	for (i = 0; i < SLOTS * PARTS; i++) {
		int slot = flipq_get(q);

		if (slot >= SLOTS)
			continue;
		if (first < 0)
			first = slot;
		flipq_prep_nop(q, slot, (uint64_t)slot);
	}
	is(first, 2, "get goes on where it was");
	flipq_submit(q);
	fake_run(&f);
	is(flipq_reap(q, e, SLOTS), SLOTS, "reaps all of the partition");
	ok(e[0].slot == 2 && e[1].slot == 3 && !e[2].slot && e[3].slot == 1,
	   "and goes on where it was, too");
	close_queue(&f, q);
}

/*
 * Every slot busy all the time, one completion taken for each one added. If a
 * scan preferred some slot or partition, another one would wait for ever.
 */
static void test_fair(void)
{
	unsigned int age[SLOTS * PARTS] = { 0 }, oldest = 0, rounds, i;
	unsigned int uses[SLOTS * PARTS] = { 0 }, least = ~0U;
	struct flipq_event e;
	struct fake f;
	struct flipq *q = open_queue(&f);

	while (!nop(q, 0))
		;
	for (rounds = 0; rounds < 10000; rounds++) {
		flipq_submit(q);
		fake_run(&f);
		if (flipq_peek(q, &e) != 1)
			break;
		for (i = 0; i < SLOTS * PARTS; i++)
			age[i]++;
		if (age[e.slot] > oldest)
			oldest = age[e.slot];
		age[e.slot] = 0;
		uses[e.slot]++;
		flipq_seen(q, e.slot);
		nop(q, 0);
	}
	is(rounds, 10000, "never without a completion");
	for (i = 0; i < SLOTS * PARTS; i++)
		if (uses[i] < least)
			least = uses[i];
	ok(oldest <= 2 * SLOTS * PARTS, "no completion waits for two rounds");
	ok(least >= 10000 / (SLOTS * PARTS) / 2,
	   "each slot is used over and over");
	close_queue(&f, q);
}

int main(void)
{
	test_result();
	test_newer();
	test_not_peeked();
	test_error();
	test_reap();
	test_order();
	test_fair();
	return tap_end();
}
