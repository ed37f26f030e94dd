// SPDX-License-Identifier: GPL-2.0-only
/*
 * flip.c - this project's protocol in user space: kmod/flip.h, threads as workers
 *
 * What /dev/flipq does, without the device: a partition per thread, its three
 * words, a batch published with one flip and one full barrier, workers that
 * publish what a turn finished with one more, poll for a while, park and sleep
 * until kicked, and a submitter that polls for a while, then sleeps until half
 * of what is in flight has finished. With serve it does not sleep there: it
 * hands what nobody else has room for to a partition of its own, and serves it.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "event.h"
#include "flip.h"
#include "worker.h"

#define DEPTH		32
#define BATCH		8
#define TURN		8	/* requests of a turn, or so many bytes: */
#define TURN_BYTES	(64 << 10)
#define WORKER_SPIN_NS	5000
#define WAIT_SPIN_NS	2000
#define LOOKS		16	/* between two of the clock */

/**
 * struct part - a partition
 * @fill: the submitter's word
 * @done: the server's word
 * @need_wakeup: the server's
 * @node: for the mailbox
 * @mailbox: the worker's, for the only partition it has
 * @kicked: set to wake the worker
 * @server: the server's side
 * @worker: its thread
 * @model: all of it
 * @sub: the submitter's side, as the rest
 * @reap: its other word
 * @requests: the slots
 * @next: slot that is tried first
 */
struct part {
	u64 on_line fill;
	u64 on_line done;
	u32 need_wakeup;
	struct flip_node on_line node;
	struct llist_head mailbox;
	struct event kicked;
	struct flip_server on_line server;
	struct worker worker;
	struct model *model;
	struct flip_submitter on_line sub;
	u64 reap;
	struct request *requests;
	unsigned int next;
};

/**
 * struct model - a queue
 * @waiting: the submitter waits
 * @minimum: it waits for so many
 * @flight: of each partition, slots that count
 * @reaped: of each partition, reap when the wait began
 * @woken: set to wake the submitter
 * @quit: workers are to end
 * @turn: requests of a turn
 * @batch: requests handed over at once
 * @serve: the last partition is served by the submitter
 * @part: partition that gets the next request
 * @left: requests that it still gets
 * @staged: requests not published yet, all in @part
 */
struct model {
	int on_line waiting;
	unsigned int minimum;
	u64 flight[MAX_THREADS + 1];
	u64 reaped[MAX_THREADS + 1];
	struct event on_line woken;
	bool on_line quit;
	unsigned int turn;
	struct model_config on_line config;
	unsigned int batch;
	bool serve;
	struct part *part;
	unsigned int left;
	unsigned int staged;
	struct request *requests;
	uint64_t busy;
	uint64_t syscalls;
	uint64_t wakeups;
	unsigned int nr;
	struct part *parts;
};

/* How many of those waited for are finished. */
static unsigned int finished(const struct model *m)
{
	unsigned int n = 0, i;

	for (i = 0; i < m->nr; i++)
		n += flip_count(READ_ONCE(m->parts[i].done),
				READ_ONCE(m->reaped[i]),
				READ_ONCE(m->flight[i]));
	return n;
}

static void wake_submitter(struct part *p)
{
	struct model *m = p->model;
	unsigned int woken;

	if (!flip_wait_armed(&m->waiting) ||
	    finished(m) < READ_ONCE(m->minimum))
		return;
	woken = event_set(&m->woken);
	p->worker.syscalls += woken;
	p->worker.wakeups += woken;
}

/* Return: false if there was nothing to do. */
static bool serve_turn(struct part *p)
{
	struct flip_server *v = &p->server;
	u64 pending = flip_pending(v);
	unsigned int n;

	if (!pending)
		return false;
	for (n = 0; pending && n < p->model->turn; n++) {
		unsigned int slot = flip_next(pending, v->cursor);

		pending &= ~flip_bit(slot);
		worker_handle(&p->worker, &p->requests[slot]);
		flip_finish(v, slot);
	}
	flip_publish_finished(v);
	return true;
}

/*
 * Look for a while. Return: whether there is something to do. The clock is not
 * read before it is likely to take longer.
 */
static bool poll_fill(struct part *p)
{
	uint64_t now, end = 0;
	unsigned int i;

	do {
		for (i = 0; i < LOOKS; i++) {
			if (flip_pending(&p->server))
				return true;
			relax();
		}
		now = now_ns();
		end = end ? end : now + WORKER_SPIN_NS;
	} while (now < end);
	return false;
}

/* Until somebody kicks. Return: false to end. */
static bool sleep_parked(struct part *p)
{
	for (;;) {
		event_reset(&p->kicked);
		if (READ_ONCE(p->model->quit))
			return false;
		if (llist_del_all(&p->mailbox))
			return flip_receive(&p->node, &p->server);
		p->worker.syscalls += event_wait(&p->kicked);
	}
}

static void flip_main(void *arg)
{
	struct part *p = arg;

	for (;;) {
		if (serve_turn(p))
			wake_submitter(p);
		else if (!poll_fill(p) && flip_park(&p->server) &&
			 !sleep_parked(p))
			break;
	}
}

static struct part *own_part(struct model *m)
{
	return m->serve ? &m->parts[m->nr - 1] : NULL;
}

static void collect(struct model *m, struct part *p)
{
	u64 slots = flip_finished(&p->sub), left;

	if (!slots)
		return;
	for (left = slots; left; left &= left - 1)
		m->config.done(m->config.arg,
			       &p->requests[__builtin_ctzll(left)]);
	flip_collect(&p->sub, slots);
}

/* Hand over what is staged. */
static void publish(struct model *m)
{
	struct part *p = m->part;

	if (!m->staged)
		return;
	m->staged = 0;
	m->left = 0;
	flip_publish(&p->sub);
	if (p == own_part(m)) {
		while (serve_turn(p))
			collect(m, p);
		return;
	}
	flip_publish_done();
	if (flip_must_kick(&p->sub) && flip_kick(&p->node, &p->mailbox)) {
		unsigned int woken = event_set(&p->kicked);

		m->syscalls += woken;
		m->wakeups += woken;
	}
}

/* What is waited for. Return: how many are in flight. */
static unsigned int snapshot(struct model *m)
{
	unsigned int n = 0, i;

	for (i = 0; i < m->nr; i++) {
		const struct flip_submitter *s = &m->parts[i].sub;

		WRITE_ONCE(m->reaped[i], s->reap);
		WRITE_ONCE(m->flight[i], flip_used(s));
		n += hweight64(flip_used(s));
	}
	return n;
}

static bool poll_done(const struct model *m, unsigned int minimum)
{
	uint64_t now, end = 0;
	unsigned int i;

	do {
		for (i = 0; i < LOOKS; i++) {
			if (finished(m) >= minimum)
				return true;
			relax();
		}
		now = now_ns();
		end = end ? end : now + WAIT_SPIN_NS;
	} while (now < end);
	return false;
}

/* Until half of what is in flight has finished, or all. */
static void wait_for(struct model *m, bool all)
{
	unsigned int n = snapshot(m);
	unsigned int minimum = all ? n : (n + 1) / 2;

	if (poll_done(m, minimum))
		return;
	WRITE_ONCE(m->minimum, minimum);
	for (;;) {
		event_reset(&m->woken);
		flip_wait_arm(&m->waiting);
		if (finished(m) >= minimum)
			break;
		m->syscalls += event_wait(&m->woken);
	}
	flip_wait_disarm(&m->waiting);
}

/* The next partition with room, after the present one. */
static struct part *find_room(struct model *m)
{
	unsigned int workers = m->nr - m->serve, i;
	unsigned int n = (unsigned int)(m->part - m->parts);

	for (i = 0; i < workers; i++) {
		n = n + 1 < workers ? n + 1 : 0;
		collect(m, &m->parts[n]);
		if (flip_free(&m->parts[n].sub))
			return &m->parts[n];
	}
	return NULL;
}

/* Choose the partition of the next batch; it has room. */
static void choose(struct model *m)
{
	struct part *p = find_room(m);

	m->left = m->batch;
	m->busy += !p;
	if (!p && m->serve) {
		p = own_part(m);
		m->left = 1;
	}
	while (!p) {
		wait_for(m, false);
		p = find_room(m);
	}
	m->part = p;
}

static int flip_submit(struct model *m, const void *in, uint64_t tag,
		       uint64_t when)
{
	struct part *p;
	unsigned int slot;
	u64 room;

	if (!m->left)
		choose(m);
	p = m->part;
	room = flip_free(&p->sub);
	slot = flip_next(room, p->next);
	p->next = (slot + 1) % FLIP_MAX_SLOTS;
	request_set(&p->requests[slot], in, tag, when);
	flip_stage(&p->sub, flip_bit(slot));
	m->staged++;
	if (!--m->left || room == flip_bit(slot))
		publish(m);
	return 0;
}

static int flip_flush(struct model *m)
{
	unsigned int i;

	publish(m);
	m->left = 0;
	wait_for(m, true);
	for (i = 0; i < m->nr; i++)
		collect(m, &m->parts[i]);
	return 0;
}

static void flip_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	WRITE_ONCE(m->quit, true);
	for (i = 0; i < m->nr; i++) {
		if (m->parts[i].worker.started)
			event_set(&m->parts[i].kicked);
		worker_join(&m->parts[i].worker);
		worker_count(&m->parts[i].worker, stats);
	}
	if (stats) {
		stats->busy = m->busy;
		stats->syscalls += m->syscalls;
		stats->wakeups += m->wakeups;
	}
	free(m->parts);
	free(m->requests);
	free(m);
}

static void init_part(struct model *m, struct part *p, unsigned int depth)
{
	p->model = m;
	p->requests = &m->requests[(p - m->parts) * depth];
	p->sub = (struct flip_submitter){
		.fill_word = &p->fill, .reap_word = &p->reap,
		.done_word = &p->done, .need_wakeup = &p->need_wakeup,
		.mask = flip_mask(depth),
	};
	p->server = (struct flip_server){
		.fill_word = &p->fill, .done_word = &p->done,
		.need_wakeup = &p->need_wakeup, .mask = flip_mask(depth),
	};
}

static void set_up(struct model *m, const struct model_config *config)
{
	unsigned int turn = TURN_BYTES / config->job->size;

	m->config = *config;
	m->batch = config->batch ? config->batch : BATCH;
	m->turn = turn > TURN ? TURN : turn + !turn;
}

/* Its own partition is served by the caller, and has no thread. */
static bool make(struct model *m)
{
	const struct model_config *c = &m->config;
	const unsigned int depth = c->depth ? c->depth : DEPTH;
	const unsigned int parts = c->threads + m->serve;

	m->parts = alloc_lines(parts * sizeof(*m->parts));
	m->requests = requests_alloc(c->job, parts * depth);
	if (!m->parts || !m->requests)
		return false;
	m->part = m->parts;
	while (m->nr < parts) {
		struct part *p = &m->parts[m->nr++];

		init_part(m, p, depth);
		if (!(m->nr > c->threads ? worker_be(&p->worker, c->job) :
		      worker_start(&p->worker, c->job, flip_main, p)))
			return false;
	}
	return true;
}

static struct model *start(const struct model_config *config, bool serve)
{
	struct model *m = alloc_lines(sizeof(*m));

	if (!m)
		goto fail;
	set_up(m, config);
	m->serve = serve;
	if (make(m))
		return m;
	flip_stop(m, NULL);
fail:
	model_complain("flip");
	return NULL;
}

static struct model *start_plain(const struct model_config *config)
{
	return start(config, false);
}

static struct model *start_serve(const struct model_config *config)
{
	return start(config, true);
}

const struct model_ops model_flip = {
	.name = "flip",
	.about = "kmod/flip.h in user space, with threads as workers",
	.start = start_plain,
	.submit = flip_submit,
	.flush = flip_flush,
	.stop = flip_stop,
};

const struct model_ops model_flip_serve = {
	.name = "flip-serve",
	.about = "the same, and the submitter serves instead of sleeping",
	.start = start_serve,
	.submit = flip_submit,
	.flush = flip_flush,
	.stop = flip_stop,
};
