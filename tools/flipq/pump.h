/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pump.h - blocks go into slots in the order they are read, complete in any
 * order, and come out in the order they went in
 *
 * The input of a block is read straight into its slot and the output written
 * straight from there. A slot is kept until its block was written; a block that
 * a worker found filled gives its slot back at once.
 */
#ifndef PUMP_H
#define PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "fill.h"
#include "flipq.h"

struct output;
struct piece;
struct progress;
struct report;
struct source;

#define PUMP_BATCH	8U	/* slots filled at a time */
#define PUMP_RING	1024U	/* blocks between read and written */

/**
 * struct item - a block, or a mark between blocks
 * @number: counts items
 * @slot: where it is, -1 for nowhere
 * @done: nothing is under way for it
 * @again: was found filled, and is being encoded for the cache
 * @requested: went to a worker
 * @piece: what it is a piece of, the caller's
 * @checks: the caller's
 * @len: bytes of input
 * @offset: in the source, for messages
 * @expect: a checksum or the like, the caller's
 * @size: the caller's
 * @event: how the request ended
 * @fill: what to write instead of the slot's output
 */
struct item {
	uint64_t number;
	int slot;
	bool done;
	bool again;
	bool requested;
	const struct piece *piece;
	uint8_t checks;
	uint32_t len;
	uint64_t offset;
	uint64_t expect;
	uint64_t size;
	struct flipq_event event;
	struct fill *fill;
};

/**
 * struct view - what became of an item
 * @data: encoded bytes of a compressed block, else decoded ones; the input
 *	where it was incompressible or there was no request
 * @len: of @data
 * @event: how the request ended
 */
struct view {
	const uint8_t *data;
	uint32_t len;
	const struct flipq_event *event;
};

/**
 * struct pump - the pipeline
 * @q: queue of @device
 * @device: the pump's once it runs
 * @out: written to after each run of @emit
 * @report: counts go there
 * @progress: drawn after each run of @emit
 * @source: how far we are, for @progress
 * @emit: called for each item in order; adds to @out. 0, or -1 after a message.
 * @ctx: of @emit
 * @ring: items by their number
 * @head: number of the oldest item
 * @tail: number of the next one
 * @total: slots there are
 * @used: slots that items have
 * @granted: slots that may be taken without asking again
 * @staged: prepared since the last submission
 * @hand: how many to prepare before a submission
 * @calm: submissions since one that kicked
 * @kicks: seen so far
 * @flags: of the compression request that follows a hit of the fill detection
 * @fills: cache
 */
struct pump {
	struct flipq *q;
	struct device device;
	struct output *out;
	struct report *report;
	struct progress *progress;
	const struct source *source;
	int (*emit)(void *ctx, const struct item *it, const struct view *v);
	void *ctx;
	struct item ring[PUMP_RING];
	uint64_t head;
	uint64_t tail;
	unsigned int total;
	unsigned int used;
	unsigned int granted;
	unsigned int staged;
	unsigned int hand;
	unsigned int calm;
	uint64_t kicks;
	uint32_t flags;
	struct fill_cache fills;
};

/* Start on @d. Zero *p, and set all up to @ctx, before the first one. */
void pump_start(struct pump *p, const struct device *d);

/* The next item, with a slot. NULL after a message. */
struct item *pump_slot(struct pump *p);

/* The next item, without a slot. It is done. NULL after a message. */
struct item *pump_mark(struct pump *p);

/* How many items pump_slot() can give without waiting, at least 1; -1. */
int pump_reserve(struct pump *p);

/* Give back the newest item, which was not used. */
void pump_drop(struct pump *p, struct item *it);

void *pump_input(const struct pump *p, const struct item *it);

/* Hand @it, with it->len bytes of input, to a worker. 0, or -1. */
int pump_compress(struct pump *p, struct item *it, uint32_t flags);
int pump_decompress(struct pump *p, struct item *it, uint32_t room,
		    uint32_t flags);

/* Its input is its output. */
void pump_pass(struct item *it);

/*
 * Write what is complete before the first item that nobody was asked for yet;
 * @wait: and wait for all that is under way. 0, or -1.
 */
int pump_flush(struct pump *p, bool wait);

/* Write all that is under way. 0, or -1. */
int pump_drain(struct pump *p);

/* Close the queue and count what it did. */
void pump_stop(struct pump *p);

#endif /* PUMP_H */
