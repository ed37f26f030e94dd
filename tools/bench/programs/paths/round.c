// SPDX-License-Identifier: GPL-2.0-only
/*
 * round.c - a batch on its way through a queue, each leg in ticks
 */
#include <errno.h>
#include <string.h>

#include "../../../../selftests/data.h"
#include "core/machine.h"
#include "core/ticks.h"
#include "round.h"

/* The arena holds a page of zeros and one of text. */
#define PAGE		4096U
#define ZEROS_AT	0
#define TEXT_AT		PAGE
#define ARENA		(2 * PAGE)

int round_nop(struct flipq *q, int slot)
{
	return flipq_prep_nop(q, slot, 0);
}

static int prepare_compress(struct flipq *q, int slot, uint64_t src,
			    uint32_t len, uint32_t flags)
{
	return flipq_prep_compress_at(q, slot, 0, src, len, 0, PAGE,
				      flags | FLIPQ_REQ_SRC_ARENA, 0);
}

/* A single byte cannot shrink, so no codec is called. */
int round_byte(struct flipq *q, int slot)
{
	return prepare_compress(q, slot, TEXT_AT, 1, 0);
}

int round_filled(struct flipq *q, int slot)
{
	return prepare_compress(q, slot, ZEROS_AT, PAGE, FLIPQ_REQ_DETECT_FILL);
}

int round_compress(struct flipq *q, int slot)
{
	return prepare_compress(q, slot, TEXT_AT, PAGE, 0);
}

int round_copy(struct flipq *q, int slot)
{
	return flipq_prep_copy(q, slot, TEXT_AT, 0, PAGE, FLIPQ_REQ_SRC_ARENA,
			       0);
}

/* Open a queue of one partition. Return: 0 or a negative errno. */
int round_open(struct flipq **q, enum round_server server)
{
	const struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };
	const struct flipq_config config = {
		.slots = ROUND_MAX,
		.partitions = server == ROUND_WORKER,
		.owner_partitions = server == ROUND_OWNER,
		.in_size = PAGE,
		.out_size = PAGE,
		.arena_size = machine_pages(ARENA),
		.codecs = &lz4,
		.nr_codecs = 1,
		.set_spin = 1,
	};
	int error = flipq_open(q, &config);

	if (!error)
		data_text((u8 *)flipq_arena(*q) + TEXT_AT, PAGE, 1);
	return error;
}

static int prepare_all(struct flipq *q, round_prepare prepare, unsigned int n)
{
	int error = 0;

	while (n-- && !error) {
		int slot = flipq_get(q);

		error = slot < 0 ? slot : prepare(q, slot);
	}
	return error;
}

/* Return: 0, -EIO if not all @n are there, or what one of them failed with. */
static int collect_all(struct flipq *q, unsigned int n)
{
	struct flipq_event event;

	while (n--) {
		if (!flipq_peek(q, &event))
			return -EIO;
		flipq_seen(q, event.slot);
		if (event.status)
			return event.status;
	}
	return 0;
}

static uint64_t kicks_of(const struct flipq *q)
{
	struct flipq_usage usage;

	flipq_usage(q, &usage);
	return usage.kicks;
}

/**
 * round_legs - one batch, leg by leg
 * @q: queue that a worker serves
 * @prepare: describes a request
 * @n: requests, at most ROUND_MAX
 * @r: filled in
 *
 * Return: 0 or a negative errno.
 */
int round_legs(struct flipq *q, round_prepare prepare, unsigned int n,
	       struct round *r)
{
	const uint64_t kicks = kicks_of(q);
	uint64_t start = ticks(), submitted, waited;
	int ret = prepare_all(q, prepare, n);

	if (!ret)
		ret = flipq_submit(q);
	submitted = ticks();
	if (ret < 0)
		return ret;
	ret = flipq_wait(q, n, FLIPQ_TIMEOUT_NONE);
	waited = ticks();
	if (ret < 0)
		return ret;
	ret = collect_all(q, n);
	r->collect = ticks() - waited;
	r->wait = waited - submitted;
	r->submit = submitted - start;
	r->kicked = kicks_of(q) != kicks;
	return ret;
}

/**
 * round_at_once - submit and wait in one call
 * @q: queue
 * @server: who serves it
 * @n: NOPs, at most ROUND_MAX
 * @count: out: what that call took
 *
 * Return: 0 or a negative errno.
 */
int round_at_once(struct flipq *q, enum round_server server, unsigned int n,
		  uint64_t *count)
{
	int ret = prepare_all(q, round_nop, n);
	uint64_t start = ticks();

	if (ret)
		return ret;
	if (server == ROUND_OWNER)
		ret = flipq_submit_and_serve(q, n, FLIPQ_TIMEOUT_NONE, 0);
	else
		ret = flipq_submit_and_wait(q, n, FLIPQ_TIMEOUT_NONE);
	*count = ticks() - start;
	return ret < 0 ? ret : collect_all(q, n);
}
