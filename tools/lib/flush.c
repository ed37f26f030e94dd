// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * flush.c - copy the dirty pages of a range on all partitions at once
 *
 * A partition has one server at a time, so requests that share a word of the
 * bitmap are safe as long as they go to the same one.
 */
#include <errno.h>

#include "internal.h"

#define WORD_PAGES	64

/*
 * Chunks for each partition, and how many it has at a time. They are dealt out
 * like cards, which evens out dirty pages in one corner as well as asking who
 * has finished would, and nobody need be woken for it. Where each has a single
 * range, one server copies the whole corner. Measured with two servers, speed
 * against single ranges: 1.0 to 1.1 for pages anywhere, 1.6 to 1.9 for those in
 * a corner (tools/bench/programs/flush, table in tools/doc/benchmarks.md).
 */
#define CHUNKS		16

/* For how long others are trusted to serve before the caller looks again. */
#define PATIENCE_NS	10000000

/**
 * struct lane - what one partition has to do
 * @next: page that its next request starts with
 * @end: page after its last
 * @flying: requests handed over to it
 */
struct lane {
	uint64_t next;
	uint64_t end;
	unsigned int flying;
};

/**
 * struct run - a flush under way
 * @q: queue
 * @f: what was asked for
 * @set: partitions that take part
 * @rest: pages from here on no partition has got yet
 * @end: page after the last
 * @chunk: pages that a partition gets at a time, whole words
 * @piece: pages of one request, at most
 * @depth: requests that a partition has at a time, at most
 * @flying: requests in all
 * @served: partition that the caller served last
 * @error: 0, or why nothing more is handed out
 * @lanes: by partition
 */
struct run {
	struct flipq *q;
	struct flipq_flush *f;
	u64 set;
	uint64_t rest;
	uint64_t end;
	uint64_t chunk;
	uint64_t piece;
	unsigned int depth;
	unsigned int flying;
	unsigned int served;
	int error;
	struct lane lanes[FLIPQ_MAX_PARTITIONS];
};

/* The end of the multiple of @unit with @page in it, but at most @end. */
static uint64_t end_of(uint64_t page, uint64_t unit, uint64_t end)
{
	uint64_t left = unit - page % unit;

	return end - page > left ? page + left : end;
}

static uint64_t words_of(const struct run *r)
{
	return (r->end - 1) / WORD_PAGES - r->rest / WORD_PAGES + 1;
}

/* Give each partition its share of the words, the first ones one more. */
static void plan_fixed(struct run *r)
{
	const uint64_t parts = hweight64(r->set), words = words_of(r);
	uint64_t more = words % parts;
	u64 set;

	r->depth = r->q->setup.slots;
	for (set = r->set; set && r->rest < r->end; set &= set - 1) {
		struct lane *lane = &r->lanes[flip_next(set, 0)];
		uint64_t share = words / parts + (more > 0);
		uint64_t first = r->rest / WORD_PAGES * WORD_PAGES;

		more -= more > 0;
		lane->next = r->rest;
		lane->end = r->end;
		if ((r->end - first) / WORD_PAGES >= share)
			lane->end = first + share * WORD_PAGES;
		r->rest = lane->end;
	}
}

static void plan_chunks(struct run *r, uint64_t max_pages)
{
	const uint64_t all = hweight64(r->set) * CHUNKS;

	r->depth = CHUNKS;
	r->chunk = (words_of(r) + all - 1) / all * WORD_PAGES;
	if (r->chunk > max_pages)
		r->chunk = max_pages / WORD_PAGES * WORD_PAGES;
	if (r->f->chunk)
		r->chunk = r->f->chunk;
	if (!r->chunk)
		r->chunk = WORD_PAGES;
	if (r->piece > r->chunk)
		r->piece = r->chunk;
}

static int check(const struct flipq *q, const struct flipq_flush *f)
{
	if (flipq_barred(q))
		return -EIO;
	if (f->page_size < FLIPQ_MIN_PAGE_SIZE ||
	    f->page_size > FLIPQ_MAX_FLUSH ||
	    f->page_size & (f->page_size - 1) || f->bitmap % sizeof(u64) ||
	    f->chunk % WORD_PAGES ||
	    f->first + f->count < f->first ||
	    (f->where != FLIPQ_IN_ARENA && f->where != FLIPQ_IN_USER) ||
	    (f->mode != FLIPQ_FLUSH_CHUNKS && f->mode != FLIPQ_FLUSH_FIXED))
		return -EINVAL;
	if (f->where == FLIPQ_IN_USER && !q->owner.set)
		return -EOPNOTSUPP;
	if (q->in_flight || q->touched)
		return -EBUSY;
	return 0;
}

static void plan(struct run *r)
{
	const struct flipq *q = r->q;

	r->set = q->shared.set;
	if (r->f->where == FLIPQ_IN_USER || !r->set)
		r->set = q->owner.set;
	r->rest = r->f->first;
	r->end = r->f->first + r->f->count;
	r->piece = FLIPQ_MAX_FLUSH / r->f->page_size;
	if (r->f->mode == FLIPQ_FLUSH_FIXED)
		plan_fixed(r);
	else
		plan_chunks(r, r->piece);
}

/* One more request for @part. Return: whether there was one, or an errno. */
static int hand_out_one(struct run *r, unsigned int part)
{
	struct lane *lane = &r->lanes[part];
	struct flipq_flush f = *r->f;
	uint64_t end;
	int slot, ret;

	if (lane->flying == r->depth)
		return 0;
	if (lane->next == lane->end && r->rest < r->end) {
		lane->next = r->rest;
		lane->end = end_of(r->rest, r->chunk, r->end);
		r->rest = lane->end;
	}
	if (lane->next == lane->end)
		return 0;
	slot = flipq_get_in(r->q, part);
	/* there will be one again when a request has come back */
	if (slot == -EAGAIN && lane->flying)
		return 0;
	if (slot < 0)
		return slot;
	end = end_of(lane->next, r->piece, lane->end);
	f.first = lane->next;
	f.count = end - lane->next;
	ret = flipq_prep_flush(r->q, slot, &f, 0);
	if (ret) {
		flipq_put(r->q, slot);
		return ret;
	}
	lane->next = end;
	lane->flying++;
	r->flying++;
	return 1;
}

static void hand_out(struct run *r)
{
	bool more = true;

	/* one for each in turn, so that few chunks are spread, too */
	while (more && !r->error) {
		u64 set;

		more = false;
		for (set = r->set; set && !r->error; set &= set - 1) {
			int ret = hand_out_one(r, flip_next(set, 0));

			more |= ret > 0;
			if (ret < 0)
				r->error = ret;
		}
	}
}

/* The next partition that has something to do. */
static unsigned int next_served(struct run *r)
{
	u64 set, busy = 0;

	for (set = r->set; set; set &= set - 1) {
		unsigned int part = flip_next(set, 0);

		if (r->lanes[part].flying)
			busy |= flip_bit(part);
	}
	r->served = flip_next(busy, (r->served + 1) % FLIPQ_MAX_PARTITIONS);
	return r->served;
}

static bool all_handed_out(const struct run *r)
{
	u64 set;

	for (set = r->set; set; set &= set - 1) {
		const struct lane *lane = &r->lanes[flip_next(set, 0)];

		if (lane->next != lane->end)
			return false;
	}
	return r->rest == r->end;
}

static int let_work(struct run *r)
{
	struct flipq *q = r->q;
	unsigned int part;
	int ret;

	if (q->pool || !(r->set & q->owner.set)) {
		/* more in time that no partition runs dry, or no more at all */
		ret = flipq_submit_and_wait(q, all_handed_out(r) ? ~0U :
					    (r->depth + 1) / 2,
					    FLIPQ_TIMEOUT_NONE);
	} else {
		part = next_served(r);
		ret = flipq_submit_and_serve(q, r->lanes[part].flying,
					     PATIENCE_NS, part);
	}
	/* what names the caller's memory is not left behind for a signal */
	return ret == -EINTR || ret == -ETIME ? 0 : ret;
}

static void collect(struct run *r)
{
	struct flipq_event e;

	while (flipq_peek(r->q, &e)) {
		r->f->pages += e.value;
		r->f->words += e.words;
		r->lanes[r->q->slots[e.slot].part].flying--;
		r->flying--;
		if (e.status && !r->error)
			r->error = e.status;
		flipq_seen(r->q, e.slot);
	}
}

static int do_flush(struct flipq *q, struct flipq_flush *flush)
{
	struct run r = { .q = q, .f = flush };
	int ret = check(q, flush);

	flush->pages = 0;
	flush->words = 0;
	if (ret || !flush->count)
		return ret;
	plan(&r);
	for (hand_out(&r); r.flying; hand_out(&r)) {
		ret = let_work(&r);
		if (ret < 0) {
			/* without cancelled ones: why is known already */
			r.error = r.error ? r.error : ret;
			ret = flipq_cancel_all(q);
		}
		collect(&r);
		if (ret < 0)
			break;
	}
	return r.error;
}

FLIPQ_EXPORT int flipq_flush_sized(struct flipq *q, struct flipq_flush *flush,
				   size_t size)
{
	struct flipq_flush f;
	int ret = flipq_copy_in(&f, sizeof(f), flush, size);

	if (ret)
		return ret;
	ret = do_flush(q, &f);
	flipq_copy_out(flush, size, &f, sizeof(f));
	return ret;
}
