// SPDX-License-Identifier: GPL-2.0-only
/*
 * pump.c - blocks into slots, in order; out of slots, in the same order
 */
#include <errno.h>
#include <string.h>

#include "message.h"
#include "output.h"
#include "progress.h"
#include "pump.h"
#include "report.h"
#include "source.h"
#include "tool.h"

/* Submissions without a kick after which hand-overs get smaller again. */
#define CALM	32U

/*
 * No more is written at a time: to take a page of the cache for each page of output
 * takes as long as to decode it, and workers run dry that get no block meanwhile.
 */
#define WRITTEN_AT_ONCE	((int64_t)MIB)

static struct item *item_at(struct pump *p, uint64_t number)
{
	return &p->ring[number % PUMP_RING];
}

void pump_start(struct pump *p, const struct device *d)
{
	p->device = *d;
	p->q = d->q;
	p->total = flipq_slots(p->q) * flipq_partitions(p->q);
	p->used = 0;
	p->granted = 0;
	p->staged = 0;
	p->kicks = 0;
	p->calm = 0;
	p->hand = p->total / 2 < PUMP_BATCH ? (p->total + 1) / 2 : PUMP_BATCH;
}

void *pump_input(const struct pump *p, const struct item *it)
{
	return flipq_input(p->q, it->slot);
}

static int bad_request(const struct pump *p, int err)
{
	return fail(p->device.place.name, "a request failed: %s",
		    flipq_request_error(err));
}

static void release(struct pump *p, struct item *it)
{
	if (it->slot < 0)
		return;
	if (it->requested)
		flipq_seen(p->q, it->slot);
	else
		flipq_put(p->q, it->slot);
	it->slot = -1;
	p->used--;
}

/*
 * A kick means that a worker ran dry and went to rest. When that happens over
 * and over they wait for us: larger hand-overs make for fewer system calls,
 * and cost nothing, as nobody is kept from working.
 */
static void adapt(struct pump *p)
{
	struct flipq_usage usage;

	flipq_usage(p->q, &usage);
	if (usage.kicks != p->kicks) {
		p->kicks = usage.kicks;
		p->calm = 0;
		p->hand *= 2;
		if (p->hand > p->total / 2)
			p->hand = (p->total + 1) / 2;
	} else if (++p->calm == CALM) {
		p->calm = 0;
		if (p->hand > PUMP_BATCH)
			p->hand /= 2;
	}
}

static int submit(struct pump *p)
{
	int err = flipq_submit(p->q);

	p->staged = 0;
	if (err < 0)
		return fail(p->device.place.name, "cannot submit: %s",
			    strerror(-err));
	adapt(p);
	return 0;
}

static int stage(struct pump *p, struct item *it, int err)
{
	if (err)
		return bad_request(p, err);
	it->requested = true;
	if (++p->staged >= p->hand)
		return submit(p);
	return 0;
}

static int prep_compress(struct pump *p, struct item *it, uint32_t flags)
{
	return flipq_prep_compress(p->q, it->slot, 0, it->len, it->len, flags,
				   it->number);
}

int pump_compress(struct pump *p, struct item *it, uint32_t flags)
{
	p->flags = flags & ~FLIPQ_REQ_DETECT_FILL;
	return stage(p, it, prep_compress(p, it, flags));
}

int pump_decompress(struct pump *p, struct item *it, uint32_t room,
		    uint32_t flags)
{
	return stage(p, it, flipq_prep_decompress(p->q, it->slot, 0, it->len,
						  room, flags, it->number));
}

void pump_pass(struct item *it)
{
	it->done = true;
}

/* The worker found it filled: share what is encoded, or have it encoded. */
static int refill(struct pump *p, struct item *it)
{
	uint64_t word = it->event.value;

	p->report->filled++;
	release(p, it);
	it->fill = fill_find(&p->fills, word, it->len);
	if (it->fill)
		return 0;
	it->fill = fill_new(&p->fills, word, it->len);
	/* One was given back just now, so one is free. */
	it->slot = flipq_get(p->q);
	if (it->slot < 0)
		return fail(p->device.place.name, "no free slot");
	p->used++;
	it->done = false;
	it->again = true;
	fill_expand(word, pump_input(p, it), it->len);
	it->requested = true;
	p->staged++;
	return prep_compress(p, it, p->flags) ? bad_request(p, -EINVAL) : 0;
}

static struct view slot_view(const struct pump *p, const struct item *it)
{
	bool plain = !it->requested ||
		     it->event.flags & FLIPQ_RES_INCOMPRESSIBLE;

	return (struct view) {
		.data = plain ? flipq_input(p->q, it->slot) :
				flipq_output(p->q, it->slot),
		.len = plain ? it->len : it->event.len,
		.event = &it->event,
	};
}

static int complete(struct pump *p, const struct flipq_event *event)
{
	struct item *it = item_at(p, event->user_data);
	struct view v;

	it->event = *event;
	it->done = true;
	if (event->flags & FLIPQ_RES_FILLED)
		return refill(p, it);
	if (event->flags & FLIPQ_RES_INCOMPRESSIBLE && !it->again)
		p->report->incompressible++;
	if (!it->again || !it->fill)
		return 0;
	if (event->status)
		return bad_request(p, event->status);
	v = slot_view(p, it);
	return fill_set(it->fill, event, v.data, v.len) ?
	       fail("fill cache", "no memory") : 0;
}

static int collect(struct pump *p)
{
	struct flipq_event events[PUMP_BATCH];
	int i, n;

	/* Marks need no queue. */
	if (!p->q)
		return 0;
	while ((n = flipq_reap(p->q, events, PUMP_BATCH)) > 0)
		for (i = 0; i < n; i++)
			if (complete(p, &events[i]))
				return -1;
	return 0;
}

static bool is_ready(const struct item *it)
{
	return it->done && (!it->fill || it->fill->ready);
}

static int emit(struct pump *p, struct item *it)
{
	struct view v = { .event = &it->event };

	if (it->slot >= 0)
		v = slot_view(p, it);
	else if (it->fill)
		v = (struct view) {
			.data = it->fill->data,
			.len = it->fill->event.flags &
			       FLIPQ_RES_INCOMPRESSIBLE ?
			       it->fill->len : it->fill->event.len,
			.event = &it->fill->event,
		};
	return p->emit(p->ctx, it, &v);
}

/* Write some of what is complete at the head. How many items, or -1. */
static int flush(struct pump *p)
{
	uint64_t number = p->head;
	int n = 0;

	while (number < p->tail && is_ready(item_at(p, number)) &&
	       !(n && p->out->gathered >= WRITTEN_AT_ONCE)) {
		if (emit(p, item_at(p, number)))
			return -1;
		number++;
		n++;
	}
	if (!n)
		return 0;
	if (output_flush(p->out))
		return -1;
	for (; p->head < number; p->head++) {
		struct item *it = item_at(p, p->head);

		if (it->fill)
			it->fill->users--;
		release(p, it);
	}
	progress_update(p->progress, p->source->offset);
	return n;
}

/*
 * Sleep until each worker has about one batch left, or half of what is under
 * way if that is less: the longer, the fewer system calls; but a worker that
 * has nothing left goes to rest and costs a kick.
 */
static int sleep_on(struct pump *p)
{
	unsigned int flight = flipq_in_flight(p->q) + p->staged;
	unsigned int left = PUMP_BATCH * flipq_partitions(p->q);
	int err;

	if (left > flight / 2)
		left = flight / 2;
	err = flipq_submit_and_wait(p->q, flight - left, FLIPQ_TIMEOUT_NONE);
	p->staged = 0;
	if (err < 0 && err != -EINTR)
		return fail(p->device.place.name, "cannot wait: %s",
			    strerror(-err));
	return 0;
}

static int advance(struct pump *p)
{
	int n;

	if (collect(p))
		return -1;
	n = flush(p);
	if (n)
		return n < 0 ? -1 : 0;
	return sleep_on(p);
}

static unsigned int ring_room(const struct pump *p)
{
	return PUMP_RING - (unsigned int)(p->tail - p->head);
}

int pump_reserve(struct pump *p)
{
	unsigned int want = p->hand < PUMP_BATCH ? p->hand : PUMP_BATCH;

	if (p->granted)
		return (int)p->granted;
	while (p->total - p->used < want || ring_room(p) < want)
		if (advance(p))
			return -1;
	p->granted = want;
	return (int)want;
}

static struct item *next_item(struct pump *p)
{
	struct item *it = item_at(p, p->tail);

	memset(it, 0, sizeof(*it));
	it->slot = -1;
	it->number = p->tail++;
	return it;
}

struct item *pump_slot(struct pump *p)
{
	struct item *it;
	int slot;

	if (pump_reserve(p) < 0)
		return NULL;
	slot = flipq_get(p->q);
	if (slot < 0) {
		fail(p->device.place.name, "no free slot");
		return NULL;
	}
	p->granted--;
	p->used++;
	it = next_item(p);
	it->slot = slot;
	return it;
}

struct item *pump_mark(struct pump *p)
{
	struct item *it;

	while (ring_room(p) <= p->granted)
		if (advance(p))
			return NULL;
	it = next_item(p);
	it->done = true;
	return it;
}

void pump_drop(struct pump *p, struct item *it)
{
	release(p, it);
	p->tail--;
}

/* Taken, and being filled. */
static bool is_open(const struct item *it)
{
	return !it->done && !it->requested;
}

/* Hand over what is staged, and write all that is complete at the head. */
static int flush_complete(struct pump *p)
{
	int n;

	if ((p->staged && submit(p)) || collect(p))
		return -1;
	do {
		n = flush(p);
	} while (n > 0);
	return n;
}

int pump_flush(struct pump *p, bool wait)
{
	if (!wait)
		return flush_complete(p);
	while (p->head < p->tail && !is_open(item_at(p, p->head)))
		if (advance(p))
			return -1;
	return output_flush(p->out);
}

int pump_drain(struct pump *p)
{
	while (p->head < p->tail)
		if (advance(p))
			return -1;
	return 0;
}

void pump_stop(struct pump *p)
{
	if (p->q) {
		report_queue(p->report, &p->device);
		device_close(&p->device);
	}
	p->q = NULL;
	fill_free(&p->fills);
	memset(&p->fills, 0, sizeof(p->fills));
}
