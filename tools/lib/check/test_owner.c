// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_owner.c - owner-served partitions, the arena, and taking back
 */
#include <errno.h>
#include <string.h>

#include "fake.h"
#include "tap.h"

#define SLOTS	8
#define SHARED	2
#define OWNER	2
#define PARTS	(SHARED + OWNER)
#define NONE	FLIPQ_TIMEOUT_NONE

static const struct flipq_codec codec;

static struct flipq *open_queue(struct fake *f, unsigned int shared)
{
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = shared, .owner_partitions = OWNER,
		.in_size = 100, .out_size = 200, .max_len = 5000,
		.arena_size = 1 << 16, .codecs = &codec, .nr_codecs = 1,
	};
	struct flipq *q = NULL;

	fake_init(f);
	if (flipq_open_with(&f->sys, &q, &c))
		printf("# open failed\n");
	return q;
}

static void close_queue(struct fake *f, struct flipq *q)
{
	flipq_close(q);
	fake_destroy(f);
}

static void test_get(void)
{
	struct flipq_usage usage;
	struct fake f;
	struct flipq *q = open_queue(&f, SHARED);
	int n, slot;

	is(flipq_partitions(q), PARTS, "counts all partitions");
	is(flipq_owner_partitions(q), OWNER, "and those of the owner");
	ok(f.made.max_len == 5000 && f.made.arena_size == 1 << 16,
	   "asks for lengths and an arena");
	ok(flipq_arena(q) == f.arena && flipq_arena_size(q) == 1 << 16,
	   "has the arena");
	for (n = 0; (slot = flipq_get(q)) >= 0; n++)
		if (slot >= SHARED * SLOTS)
			break;
	ok(n == SHARED * SLOTS && slot == -EAGAIN, "get: shared ones only");
	is(flipq_get_in(q, SHARED + 1) / SLOTS, SHARED + 1, "get: this one");
	for (n = 0; (slot = flipq_get_owner(q)) >= SHARED * SLOTS; n++)
		;
	ok(n == OWNER * SLOTS - 1 && slot == -EAGAIN, "get: the owner's");
	is(flipq_get_in(q, 0), -EAGAIN, "get: this one is full");
	is(flipq_get_in(q, PARTS), -EINVAL, "get: there is no such one");
	flipq_usage(q, &usage);
	is(usage.busy, 3, "counts each that was full");
	ok(f.unmaps == 0, "keeps its mappings");
	flipq_close(q);
	is(f.unmaps, 3, "unmaps the arena, too");
	fake_destroy(&f);

	q = open_queue(&f, 0);
	is(flipq_partitions(q), OWNER, "there may be the owner's alone");
	ok(flipq_get(q) >= 0, "get takes these then");
	close_queue(&f, q);
}

static void test_none(void)
{
	const struct flipq_config c = { .partitions = 1 };
	struct flipq *q = NULL;
	struct fake f;

	fake_init(&f);
	flipq_open_with(&f.sys, &q, &c);
	ok(!flipq_arena(q) && !flipq_arena_size(q), "no arena");
	is(flipq_get_owner(q), -EINVAL, "no owner-served partition to get");
	is(flipq_wait_serve(q, 1, NONE, 0), -EINVAL, "nor to serve and wait");
	is(flipq_submit_and_serve(q, 1, NONE, 1), -EINVAL, "nor past the end");
	is(flipq_serve(q, 0, 0, 0), -EINVAL, "nor to serve");
	close_queue(&f, q);
}

static void test_prepare(void)
{
	const uint32_t at = FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_USER;
	struct flipq_flush flush = {
		.src = 1, .dst = 2, .bitmap = 8, .first = 3, .count = 4,
		.page_size = 64, .where = FLIPQ_IN_USER,
	};
	struct fake f;
	struct flipq *q = open_queue(&f, SHARED);
	int slot = flipq_get_owner(q);
	const struct flipq_desc *d = fake_desc(&f, slot);

	is(flipq_prep_compress_at(q, slot, 0, 77, 5000, 88, 4999, at, 1), 0,
	   "compress at");
	ok(d->opcode == FLIPQ_OP_COMPRESS && d->flags == at && d->src == 77 &&
	   d->dst == 88 && d->src_len == 5000 && d->dst_len == 4999,
	   "is in the slot");
	is(flipq_prep_decompress_at(q, slot, 0, 7, 9, 8, 10, at, 1), 0,
	   "decompress at");
	ok(d->opcode == FLIPQ_OP_DECOMPRESS && d->flags == at && d->src == 7 &&
	   d->dst == 8 && d->src_len == 9 && d->dst_len == 10,
	   "is in the slot");
	is(flipq_prep_compress_at(q, slot, 0, 0, 5001, 0, 1, at, 1), -EINVAL,
	   "too long a source");
	is(flipq_prep_decompress_at(q, slot, 0, 0, 1, 0, 5001, at, 1), -EINVAL,
	   "too long a destination");
	is(flipq_prep_compress_at(q, slot, 1, 0, 1, 0, 1, at, 1), -EINVAL,
	   "no such codec");
	is(flipq_prep_compress_at(q, slot, 0, 90, 10, 190, 10, 0, 1), 0,
	   "in the slot's own buffers");
	is(flipq_prep_compress_at(q, slot, 0, 91, 10, 0, 10, 0, 1), -EINVAL,
	   "past the input buffer");
	is(flipq_prep_compress_at(q, slot, 0, 0, 10, 191, 10, 0, 1), -EINVAL,
	   "past the output buffer");
	is(flipq_prep_compress_at(q, slot, 0, ~0ULL, 10, 0, 10, 0, 1), -EINVAL,
	   "around the end of all numbers");
	is(flipq_prep_copy(q, slot, 5, 6, 7, at, 1), 0, "copy");
	ok(d->opcode == FLIPQ_OP_COPY && d->src == 5 && d->dst == 6 &&
	   d->src_len == 7 && d->dst_len == 7 && d->flags == at,
	   "is in the slot");
	is(flipq_prep_flush(q, slot, &flush, 1), 0, "flush");
	ok(d->opcode == FLIPQ_OP_FLUSH && d->src == 1 && d->dst == 2 &&
	   d->flush.bitmap == 8 && d->flush.first == 3 &&
	   d->flush.count == 4 &&
	   d->src_len == 64 && !d->dst_len &&
	   d->flags == (FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER),
	   "is in the slot");
	flush.count = FLIPQ_MAX_FLUSH / 64 + 1;
	is(flipq_prep_flush(q, slot, &flush, 1), -EINVAL, "too much to flush");
	flush.page_size = 0;
	is(flipq_prep_flush(q, slot, &flush, 1), -EINVAL, "pages of nothing");
	close_queue(&f, q);
}

/* Submit @n requests to partition @part. */
static void submit_nops(struct flipq *q, unsigned int part, int n)
{
	while (n--)
		flipq_prep_nop(q, flipq_get_in(q, part), 0);
	flipq_submit(q);
}

/* A stop is over, and another thread is the server. */
static void test_taken(void)
{
	const uint64_t second = 1000000000;
	struct fake f;
	struct flipq *q = open_queue(&f, SHARED);

	submit_nops(q, 3, 5);
	f.taken_served = 2;
	is(flipq_serve(q, 3, 0, NONE), 2, "what was served counts");
	f.taken_served = 0;
	f.taken_after = second / 50;
	is(flipq_wait_serve(q, 5, second, 3), -ETIME, "only waits then");
	ok(f.last.flags == FLIPQ_ENTER_WAIT &&
	   f.last.timeout <= second - second / 50,
	   "for what is left of the time");
	is(flipq_wait_serve(q, 5, NONE, 3), -ETIME, "or without a limit");
	is(f.last.timeout, NONE, "if there was none");
	is(flipq_wait_serve(q, 5, second / 100, 3), -ETIME, "or not at all");
	is(f.last.timeout, 0, "if nothing is left");
	close_queue(&f, q);
}

static void test_serve(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f, SHARED);

	submit_nops(q, 2, 5);
	is(flipq_serve(q, 2, 3, 0), 3, "serves as many as it should");
	is(flipq_serve(q, 2, 0, 0), 2, "and what is left");
	is(flipq_serve(q, 2, 0, 1000), 0, "and then nothing");
	is(flipq_serve(q, 1, 0, 0), -EINVAL, "but no shared one");
	is(flipq_wait(q, 5, NONE), 5, "all have finished");
	fake_lease(&f, 2);
	is(flipq_serve(q, 2, 0, 0), -EBUSY, "nor one that has a server");
	fake_lease_end(&f, 2);

	flipq_abort(q);
	submit_nops(q, 3, 5);
	f.enters = 0;
	is(flipq_wait_serve(q, 5, NONE, 3), 5, "waits and serves");
	ok(f.enters == 1 && f.last.flags ==
	   (FLIPQ_ENTER_WAIT | FLIPQ_ENTER_SERVE) && f.last.serve == 3,
	   "with one ENTER");
	is(flipq_wait_serve(q, 5, NONE, 3), 5, "is done already");
	is(f.enters, 1, "without ENTER");
	flipq_prep_nop(q, flipq_get_in(q, 3), 0);
	is(flipq_submit_and_serve(q, 6, NONE, 3), 6, "submits and serves");
	is(f.enters, 2, "with one ENTER");

	/* somebody else serves it: the wait is an ordinary one */
	flipq_abort(q);
	f.serve_in_wait = true;
	submit_nops(q, 0, 1);
	fake_lease(&f, 3);
	f.enters = 0;
	is(flipq_wait_serve(q, 1, NONE, 3), 1, "waits where another serves");
	ok(f.enters == 2 && f.last.flags == FLIPQ_ENTER_WAIT, "without SERVE");
	fake_lease_end(&f, 3);
	close_queue(&f, q);
}

static void test_cancel(void)
{
	struct flipq_event e;
	struct fake f;
	struct flipq *q = open_queue(&f, SHARED);
	int slot, i, cancelled = 0;

	is(flipq_cancel(q, -1) | flipq_cancel(q, SLOTS * PARTS), -EINVAL,
	   "cancel: there is no such slot");
	slot = flipq_get(q);
	is(flipq_cancel(q, slot), 0, "cancel: nothing was submitted");
	is(flipq_cancel_all(q), 0, "cancel: nor anywhere else");
	is(f.cancels, 0, "without a system call");
	flipq_prep_nop(q, slot, 9);
	flipq_submit(q);
	is(flipq_cancel(q, slot), 1, "cancel: one");
	is(flipq_cancel(q, slot), 0, "cancel: not once more");
	ok(flipq_peek(q, &e) == 1 && e.status == -ECANCELED && e.slot == slot &&
	   e.user_data == 9, "cancel: it completes");
	flipq_seen(q, slot);

	submit_nops(q, 0, 3);
	submit_nops(q, 3, 4);
	fake_turn(&f, 0, 1);
	is(flipq_cancel_all(q), 6, "cancel: all that has not started");
	for (i = 0; flipq_peek(q, &e); i++) {
		cancelled += e.status == -ECANCELED;
		flipq_seen(q, e.slot);
	}
	ok(i == 7 && cancelled == 6, "cancel: each completes once");
	close_queue(&f, q);
}

static void test_abort(void)
{
	struct flipq_event e;
	struct fake f;
	struct flipq *q = open_queue(&f, SHARED);
	int n;

	is(flipq_abort(q), 0, "abort: nothing");
	submit_nops(q, 0, 3);
	submit_nops(q, 2, 3);
	fake_turn(&f, 0, 2);
	flipq_peek(q, &e);
	flipq_get(q);
	flipq_prep_nop(q, flipq_get_owner(q), 0);
	is(flipq_abort(q), 4, "abort: counts what it cancelled");
	is(flipq_in_flight(q), 0, "abort: nothing is in flight");
	is(flipq_peek(q, &e), 0, "abort: nothing is reported");
	flipq_seen(q, e.slot);
	is(flipq_submit(q), 0, "abort: nothing is prepared");
	for (n = 0; flipq_get(q) >= 0; n++)
		;
	while (flipq_get_owner(q) >= 0)
		n++;
	is(n, SLOTS * PARTS, "abort: every slot is free");
	for (n = 0; n < SLOTS * PARTS; n++)
		flipq_prep_nop(q, n, (uint64_t)n);
	flipq_submit(q);
	for (n = 0; n < PARTS; n++)
		fake_turn(&f, (unsigned int)n, SLOTS);
	for (n = 0; flipq_peek(q, &e) && e.user_data == (uint64_t)e.slot; n++)
		;
	is(n, SLOTS * PARTS, "abort: and works as before");
	close_queue(&f, q);
}

int main(void)
{
	test_get();
	test_none();
	test_prepare();
	test_serve();
	test_taken();
	test_cancel();
	test_abort();
	return tap_end();
}
