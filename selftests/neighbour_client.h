/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * neighbour_client.h - two users who do nobody any harm
 *
 * One keeps all of its slots at work and looks at each result; the other asks
 * for next to nothing now and then, and sees how long that takes.
 */
#ifndef SELFTEST_NEIGHBOUR_CLIENT_H
#define SELFTEST_NEIGHBOUR_CLIENT_H

#include "neighbour_data.h"
#include "neighbour_process.h"
#include "neighbour_trace.h"
#include "stock.h"

#define NB_CLIENT_UID	1001
#define NB_LIGHT_UID	1002
#define NB_CLIENT_SLOTS	64
#define NB_CLIENT_BYTES	8192U
#define NB_CLIENT_STEP	(60 * MSEC)
#define NB_MIN_ROUNDS	3
#define NB_MAX_ROUNDS	1024
/* Longer than it was to be, where they are kept from their CPU. */
#define NB_LONGEST	8

/**
 * struct nb_work - what a worker did
 * @time: ns that passed
 * @mine: ns that it spent on requests of the client
 * @all: ns that it spent on requests
 */
struct nb_work {
	u64 time;
	u64 mine;
	u64 all;
};

/**
 * struct nb_client - the user who is always at work
 * @q: queue of one partition
 * @plain: what it compresses
 * @secret: what it decompresses
 * @packed: the same by another implementation
 * @packed_len: bytes of it
 * @room: to unpack results in
 * @done: results so far
 * @errors: those that were wrong
 * @last: when it looked last, and what the worker had done then
 * @had: time in which it had requests with the worker all the time, and what
 *	the worker did then
 */
struct nb_client {
	struct rawq q;
	u8 plain[NB_CLIENT_BYTES];
	u8 secret[NB_CLIENT_BYTES];
	u8 packed[NB_CLIENT_BYTES];
	u32 packed_len;
	u8 room[NB_CLIENT_BYTES];
	u64 done;
	u64 errors;
	struct nb_work last;
	struct nb_work had;
};

/**
 * struct nb_seen - what the two saw beside others
 * @work: what the first had of its worker while it could have had more
 * @rounds: requests of the second
 * @wait: us from the kick to the moment when the worker began it
 * @requests: of all others that were begun first
 * @turns: of all others that were begun first
 * @done: results of the first
 * @errors: those that were wrong, and requests that failed
 * @foreign: bytes of theirs that others have seen
 */
struct nb_seen {
	struct nb_work work;
	unsigned int rounds;
	u64 wait[NB_MAX_ROUNDS];
	u64 requests[NB_MAX_ROUNDS];
	u64 turns[NB_MAX_ROUNDS];
	u64 done;
	u64 errors;
	u64 foreign;
};

/* As @uid, which is whom the kernel takes the queue to belong to. */
static inline int nb_open_as(struct rawq *q, const struct flipq_setup *s,
			     uid_t uid)
{
	int error, back;

	if (setresuid(uid, (uid_t)-1, (uid_t)-1))
		return -errno;
	error = raw_open(q, s);
	back = setresuid(0, (uid_t)-1, (uid_t)-1) ? -errno : 0;
	return error ? error : back;
}

static inline int nb_light_open(struct rawq *q)
{
	struct flipq_setup s = raw_setup(1, 1, 0);
	int error;

	raw_no_spin(&s);
	run_on(NB_WORKER_CPU);
	error = nb_open_as(q, &s, NB_LIGHT_UID);
	run_on(NB_OTHER_CPU);
	return error;
}

/* Slots compress and decompress in turn, the same each time. */
static inline void nb_client_prepare(struct nb_client *c)
{
	const struct flipq_desc pack = {
		.opcode = FLIPQ_OP_COMPRESS,
		.src_len = NB_CLIENT_BYTES,
		.dst_len = NB_CLIENT_BYTES,
	};
	const struct flipq_desc unpack = {
		.opcode = FLIPQ_OP_DECOMPRESS,
		.codec = 1,
		.src_len = c->packed_len,
		.dst_len = NB_CLIENT_BYTES,
	};
	unsigned int slot;

	for (slot = 0; slot < NB_CLIENT_SLOTS; slot++) {
		bool odd = slot % 2;

		memcpy(raw_in(&c->q, 0, slot), odd ? c->packed : c->plain,
		       odd ? c->packed_len : NB_CLIENT_BYTES);
		*raw_desc(&c->q, 0, slot) = odd ? unpack : pack;
	}
}

static inline int nb_client_open(struct nb_client *c)
{
	static const struct flipq_codec codecs[] = {
		{ .algorithm = FLIPQ_ALG_LZ4HC, .level = 9 },
		{ .algorithm = FLIPQ_ALG_ZSTD, .level = 1 },
	};
	struct flipq_setup s = raw_setup(NB_CLIENT_SLOTS, 1, NB_CLIENT_BYTES);
	long n;
	int error;

	memset(c, 0, sizeof(*c));
	nb_fill(c->plain, sizeof(c->plain), NB_HONEST, 4, 3);
	nb_fill(c->secret, sizeof(c->secret), NB_HONEST, NB_RANGE, 4);
	n = stock_pack(FLIPQ_ALG_ZSTD, c->secret, sizeof(c->secret), c->packed,
		       sizeof(c->packed));
	if (n <= 0)
		return -EINVAL;
	c->packed_len = (u32)n;
	raw_codecs(&s, codecs, 2);
	run_on(NB_WORKER_CPU);
	error = nb_open_as(&c->q, &s, NB_CLIENT_UID);
	run_on(NB_OTHER_CPU);
	if (!error)
		nb_client_prepare(c);
	return error;
}

static inline bool nb_client_right(struct nb_client *c, unsigned int slot)
{
	const struct flipq_result *r = raw_result(&c->q, 0, slot);
	const u8 *out = raw_out(&c->q, 0, slot);

	if (r->status || r->flags)
		return false;
	if (slot % 2)
		return r->len == NB_CLIENT_BYTES &&
		       !memcmp(out, c->secret, NB_CLIENT_BYTES);
	return stock_unpack(FLIPQ_ALG_LZ4HC, out, r->len, c->room,
			    NB_CLIENT_BYTES) == NB_CLIENT_BYTES &&
	       !memcmp(c->room, c->plain, NB_CLIENT_BYTES);
}

static inline void nb_client_collect(struct nb_client *c)
{
	u64 finished = flip_finished(&c->q.side[0]), left;

	for (left = finished; left; left &= left - 1) {
		if (!nb_client_right(c, flip_next(left, 0)))
			c->errors++;
		c->done++;
	}
	flip_collect(&c->q.side[0], finished);
}

static inline int nb_client_look(const struct nb_client *c, struct nb_work *w)
{
	struct flipq_stats stats;
	int error = raw_stats(&c->q, FLIPQ_STATS_WORKER, 0, &stats);

	w->time = raw_now();
	w->mine = READ_ONCE(raw_completion(&c->q, 0)->counters.busy_ns);
	w->all = stats.counters.busy_ns;
	return error;
}

/*
 * Add what the worker did since the last look, unless it could have done no more
 * for us: where all requests are finished we were late, and it was not unfair.
 */
static inline int nb_client_account(struct nb_client *c)
{
	struct nb_work now;
	int error = nb_client_look(c, &now);

	if (flip_finished(&c->q.side[0]) != c->q.side[0].mask) {
		c->had.time += now.time - c->last.time;
		c->had.mine += now.mine - c->last.mine;
		c->had.all += now.all - c->last.all;
	}
	c->last = now;
	return error;
}

/* At work for so long. All slots are handed over when this returns. */
static inline int nb_client_work(struct nb_client *c, u64 ns)
{
	u64 end = raw_now() + ns;
	int error;

	do {
		error = raw_submit(&c->q, 0, flip_free(&c->q.side[0]));
		if (!error)
			error = raw_wait(&c->q, 0, NB_CLIENT_STEP / 4, NULL);
		if (error && error != -ETIME)
			return error;
		error = nb_client_account(c);
		nb_client_collect(c);
	} while (!error && raw_now() < end);
	return error ? error :
		       raw_submit(&c->q, 0, flip_free(&c->q.side[0]));
}

/* One NOP of the light user, and what its worker did first. */
static inline int nb_light(struct rawq *q, const struct nb_trace *trace,
			   struct nb_seen *seen)
{
	const struct flipq_desc nop = { .opcode = FLIPQ_OP_NOP };
	struct flipq_result r = { 0 };
	struct nb_before before;
	int error = raw_parked(q, 0);
	unsigned int i = seen->rounds;

	if (error || i == NB_MAX_ROUNDS)
		return error;
	error = nb_trace_switch(trace, true);
	if (error)
		return error;
	error = raw_run(q, &nop, &r);
	nb_trace_switch(trace, false);
	if (error < 0 || r.status)
		return error < 0 ? error : r.status;
	error = nb_trace_read(trace, &before);
	if (error)
		return error;
	seen->wait[i] = before.begun - before.kicked;
	seen->requests[i] = before.requests;
	seen->turns[i] = before.turns;
	seen->rounds++;
	return 0;
}

static inline int nb_ascending(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static inline void nb_sort(struct nb_seen *seen)
{
	qsort(seen->wait, seen->rounds, sizeof(u64), nb_ascending);
	qsort(seen->requests, seen->rounds, sizeof(u64), nb_ascending);
	qsort(seen->turns, seen->rounds, sizeof(u64), nb_ascending);
}

static inline bool nb_seen_enough(const struct nb_client *c,
				  const struct nb_seen *seen, u64 ns, u64 start)
{
	return (c->had.time >= ns && seen->rounds >= NB_MIN_ROUNDS) ||
	       raw_now() - start >= NB_LONGEST * ns;
}

/* Both at work, for so long in which the first has always something to do. */
static inline int nb_watch(struct nb_client *c, struct rawq *light,
			   const struct nb_trace *trace, u64 ns,
			   struct nb_seen *seen)
{
	int error = nb_client_work(c, NB_CLIENT_STEP);
	u64 start = raw_now(), done = c->done;

	memset(seen, 0, sizeof(*seen));
	memset(&c->had, 0, sizeof(c->had));
	while (!error && !nb_seen_enough(c, seen, ns, start)) {
		error = nb_client_work(c, NB_CLIENT_STEP);
		if (!error)
			error = nb_light(light, trace, seen);
	}
	seen->work = c->had;
	seen->done = c->done - done;
	seen->errors = c->errors;
	nb_sort(seen);
	return error;
}

#endif /* SELFTEST_NEIGHBOUR_CLIENT_H */
