// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_submit.c - preparing and handing over: what the kernel gets to see
 */
#include <errno.h>
#include <string.h>

#include "fake.h"
#include "tap.h"

#define SLOTS	8
#define PARTS	2

static struct flipq *open_queue(struct fake *f)
{
	static const struct flipq_codec codecs[2];
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = PARTS, .in_size = 1000,
		.out_size = 2000, .codecs = codecs, .nr_codecs = 2,
		.policy = FLIPQ_POLICY_ROUND_ROBIN,
	};
	struct flipq *q = NULL;

	fake_init(f);
	flipq_open_with(&f->sys, &q, &c);
	return q;
}

static void close_queue(struct fake *f, struct flipq *q)
{
	flipq_close(q);
	fake_destroy(f);
}

static int nop(struct flipq *q)
{
	int slot = flipq_get(q);

	return slot < 0 ? slot : flipq_prep_nop(q, slot, 0);
}

static void test_prepare(void)
{
	struct flipq_desc raw = { .opcode = 9, .reserved0 = 3, .flags = ~0U };
	struct fake f;
	struct flipq *q = open_queue(&f);
	const struct flipq_desc *d;
	int slot = flipq_get(q);

	d = fake_desc(&f, slot);
	is(flipq_prep_compress(q, slot, 1, 1000, 2000,
			       FLIPQ_REQ_CSUM_CRC32, 5), 0, "compress");
	ok(d->opcode == FLIPQ_OP_COMPRESS && d->codec == 1 &&
	   d->flags == FLIPQ_REQ_CSUM_CRC32 && d->src_len == 1000 &&
	   d->dst_len == 2000 && !d->src && !d->dst,
	   "compress: is in the slot");
	is(flipq_prep_decompress(q, slot, 0, 1, 2, 0, 5), 0, "decompress");
	ok(d->opcode == FLIPQ_OP_DECOMPRESS && !d->codec && !d->flags &&
	   d->src_len == 1 && d->dst_len == 2, "decompress: is in the slot");
	is(flipq_prep_raw(q, slot, &raw, 5), 0, "raw");
	ok(!memcmp(d, &raw, sizeof(raw)), "raw: is in the slot unchanged");
	is(flipq_prep_nop(q, slot, 5), 0, "nop");
	memset(&raw, 0, sizeof(raw));
	ok(!memcmp(d, &raw, sizeof(raw)), "nop: leaves nothing behind");

	is(flipq_prep_compress(q, slot, 0, 1001, 2000, 0, 5), -EINVAL,
	   "input longer than its buffer");
	is(flipq_prep_decompress(q, slot, 0, 1000, 2001, 0, 5), -EINVAL,
	   "output longer than its buffer");
	is(flipq_prep_compress(q, slot, 2, 1, 1, 0, 5), -EINVAL,
	   "codec past the last");
	is(flipq_prep_compress(q, slot, 256, 1, 1, 0, 5), -EINVAL,
	   "codec past what a descriptor holds");
	is(flipq_prep_nop(q, slot + 1, 5), -EINVAL, "slot that was not got");
	is(flipq_prep_nop(q, -1, 5), -EINVAL, "negative slot");
	is(flipq_prep_nop(q, SLOTS * PARTS, 5), -EINVAL, "slot past the last");
	is(flipq_submit(q), 1, "hands one over");
	is(flipq_prep_nop(q, slot, 5), -EINVAL, "slot that was submitted");
	close_queue(&f, q);
}

static void test_put(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f);
	int slot;

	flipq_get(q);
	is(flipq_submit(q), 0, "a slot that is only got is not handed over");
	slot = flipq_get(q);
	flipq_prep_nop(q, slot, 0);
	flipq_put(q, slot);
	is(flipq_submit(q), 0, "nor one that was put back");
	is(f.ioctls, 1, "and nobody is told: set-up was the only ioctl");
	is(flipq_prep_nop(q, slot, 0), -EINVAL, "which is not got any more");
	slot = flipq_get(q);
	flipq_prep_nop(q, slot, 0);
	flipq_submit(q);
	flipq_put(q, slot);
	is(fake_run(&f), 1, "put does not touch a submitted slot");
	flipq_put(q, -1);
	flipq_put(q, SLOTS * PARTS);
	is(flipq_in_flight(q), 1, "nor anything out of range");
	close_queue(&f, q);
}

static void test_kick(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f);
	struct flipq_usage usage;
	int i;

	for (i = 0; i < 6; i++)
		nop(q);
	is(flipq_submit(q), 6, "hands over a batch");
	is(f.enters, 1, "with one ENTER");
	ok(f.last.flags == FLIPQ_ENTER_KICK && f.last.kick == 3,
	   "that kicks both partitions");
	fake_receive(&f);
	for (i = 0; i < 6; i++)
		nop(q);
	is(flipq_submit(q), 6, "hands over while they are polled");
	is(f.enters, 1, "without ENTER");
	is(fake_run(&f), 12, "all were served");
	nop(q);
	is(flipq_submit(q), 1, "hands over one");
	is(f.enters, 2, "with one ENTER, as they had parked");
	is(hweight64(f.last.kick), 1, "that kicks one partition");
	is(fake_run(&f), 1, "which was the right one");
	is(flipq_submit(q), 0, "hands over nothing");
	is(f.enters, 2, "without ENTER");
	flipq_usage(q, &usage);
	ok(usage.submitted == 13 && usage.batches == 3 && usage.kicks == 2 &&
	   !usage.waits, "counts what it did");
	close_queue(&f, q);
}

static void test_failed_kick(void)
{
	struct fake f;
	struct flipq *q = open_queue(&f);

	nop(q);
	f.enter_error = -EIO;
	is(flipq_submit(q), -EIO, "says that a kick failed");
	is(flipq_in_flight(q), 1, "of what was handed over");
	f.enter_error = 0;
	is(flipq_submit(q), 0, "with the next call, nothing new");
	is(f.enters, 2, "but the kick again");
	is(fake_run(&f), 1, "so that it is served");
	close_queue(&f, q);
}

int main(void)
{
	test_prepare();
	test_put();
	test_kick();
	test_failed_kick();
	return tap_end();
}
