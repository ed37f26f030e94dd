// SPDX-License-Identifier: GPL-2.0-only
/*
 * flip.c - this project's protocol in user space: kmod/flip/flip.h, threads as workers
 *
 * What /dev/flipq does, without the device: a partition per thread, its three
 * words, a batch published with one flip and one full barrier, workers that
 * publish what a turn finished with one more, poll for a while, park and sleep
 * until kicked, and a submitter that polls for a while, then sleeps until each
 * worker has but a batch left. Both poll only where that is of use. With serve
 * the submitter does not sleep there: it hands what nobody else has room for to
 * a partition of its own, and serves that.
 */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/event.h"
#include "core/worker.h"
#include "flip/flip.h"
#include "models/models.h"

#define DEPTH		32
#define BATCH		8
#define TURN_BYTES	(64 << 10)	/* unless a batch is less */
#define SPIN_NS		20000
#define LOOKS		16	/* between two of the clock */

/**
 * struct patience - how long to look for something before sleeping
 * @looks: so far
 * @began: when it was noticed that it takes a while
 * @usual: how long it took of late
 */
struct patience {
	unsigned int looks;
	uint64_t began;
	uint64_t usual;
};

/**
 * struct order - what a request says to the server
 * @in: input
 * @tag: for the empty job
 *
 * As what it says back, it shares its cache line with its neighbours in the
 * batch, and only one side writes there: lines that go to and fro are what an
 * exchange costs. What either side needs besides is in a request of its own.
 */
struct order {
	const void *in;
	uint64_t tag;
};

/**
 * struct answer - what the server says back, as in struct request
 */
struct answer {
	uint64_t value;
	uint32_t out_len;
	bool filled;
};

/**
 * struct part - a partition
 * @fill: the submitter's word
 * @done: the server's word
 * @need_wakeup: the server's; it changes seldom, so it has its own line
 * @node: for the mailbox
 * @mailbox: the worker's, for the only partition it has
 * @kicked: set to wake the worker
 * @order: of each slot, the submitter's
 * @answer: of each slot, the server's
 * @server: the server's side
 * @worker: its thread
 * @patience: of the thread, for requests
 * @model: all of it
 * @work: of each slot, the server's, with the same buffers as those below
 * @sub: the submitter's side, as the rest
 * @reap: its other word
 * @requests: of each slot, the submitter's
 * @next: slot that is tried first
 */
struct part {
	u64 on_line fill;
	u64 on_line done;
	u32 on_line need_wakeup;
	struct flip_node on_line node;
	struct llist_head mailbox;
	struct event kicked;
	struct order on_line order[MAX_DEPTH];
	struct answer on_line answer[MAX_DEPTH];
	struct flip_server on_line server;
	struct worker worker;
	struct patience patience;
	struct model *model;
	struct request work[MAX_DEPTH];
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
 * @patience: of the submitter, for completions
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
	struct patience patience;
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

static void serve_slot(struct part *p, unsigned int slot)
{
	const struct order *order = &p->order[slot];
	struct request *r = &p->work[slot];

	request_set(r, order->in, order->tag, 0);
	worker_handle(&p->worker, r);
	p->answer[slot] = (struct answer){
		.value = r->value, .out_len = r->out_len, .filled = r->filled,
	};
}

/* Return: false if there was nothing to do. */
static bool serve_turn(struct part *p)
{
	struct flip_server *v = &p->server;
	u64 pending = flip_pending(v), left;
	unsigned int n;

	if (!pending)
		return false;
	/* all at once, as each line takes a while to come */
	for (left = pending; left; left &= left - 1)
		__builtin_prefetch(&p->order[__builtin_ctzll(left)]);
	for (n = 0; pending && n < p->model->turn; n++) {
		unsigned int slot = flip_next(pending, v->cursor);

		pending &= ~flip_bit(slot);
		serve_slot(p, slot);
		flip_finish(v, slot);
	}
	flip_publish_finished(v);
	return true;
}

/*
 * Has what is waited for not come for so long that sleeping is better? It costs
 * more than it saves where waits usually take longer than one may spin. The
 * clock is not read before it is likely to take a while.
 */
static bool give_up(struct patience *p)
{
	uint64_t now;

	if (++p->looks % LOOKS)
		return false;
	now = now_ns();
	if (p->looks == LOOKS)
		p->began = now;
	return now - p->began >= SPIN_NS || p->usual >= SPIN_NS;
}

/* What was waited for came. One that took very long does not tell much. */
static void got_it(struct patience *p)
{
	uint64_t took = p->looks < LOOKS ? 0 : now_ns() - p->began;

	if (took > 2 * SPIN_NS)
		took = 2 * SPIN_NS;
	p->usual = (3 * p->usual + took) / 4;
	p->looks = 0;
}

/* Return: whether there is something to do. */
static bool poll_fill(struct part *p)
{
	do {
		if (flip_pending(&p->server))
			return true;
		relax();
	} while (!give_up(&p->patience));
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
		if (serve_turn(p)) {
			wake_submitter(p);
			continue;
		}
		if (!poll_fill(p) && flip_park(&p->server) && !sleep_parked(p))
			break;
		got_it(&p->patience);
	}
}

static struct part *own_part(struct model *m)
{
	return m->serve ? &m->parts[m->nr - 1] : NULL;
}

static void collect_slot(struct model *m, struct part *p, unsigned int slot)
{
	const struct answer *answer = &p->answer[slot];
	struct request *r = &p->requests[slot];

	r->value = answer->value;
	r->out_len = answer->out_len;
	r->filled = answer->filled;
	if (r->copy)
		r->in = r->copy;
	m->config.done(m->config.arg, r);
}

static void collect(struct model *m, struct part *p)
{
	u64 slots = flip_finished(&p->sub), left;

	if (!slots)
		return;
	for (left = slots; left; left &= left - 1)
		__builtin_prefetch(&p->answer[__builtin_ctzll(left)]);
	for (left = slots; left; left &= left - 1)
		collect_slot(m, p, (unsigned int)__builtin_ctzll(left));
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
	flip_kick_barrier();
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

static bool poll_done(struct model *m, unsigned int minimum)
{
	do {
		if (finished(m) >= minimum)
			return true;
		relax();
	} while (!give_up(&m->patience));
	return false;
}

static void sleep_for(struct model *m, unsigned int minimum)
{
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

/* Until most of what is in flight has finished, or all. */
static void wait_for(struct model *m, bool all)
{
	unsigned int n = snapshot(m);
	unsigned int minimum = all ? n : model_minimum(n, m->batch, m->nr);

	if (!poll_done(m, minimum))
		sleep_for(m, minimum);
	got_it(&m->patience);
}

/*
 * The next partition with room, after the present one. What has finished is not
 * looked for before there is need of it, as each look is a line to be fetched.
 */
static struct part *find_room(struct model *m)
{
	unsigned int workers = m->nr - m->serve, i;
	unsigned int n = (unsigned int)(m->part - m->parts);

	for (i = 0; i < workers; i++) {
		struct part *p;

		n = n + 1 < workers ? n + 1 : 0;
		p = &m->parts[n];
		if (hweight64(flip_free(&p->sub)) < m->batch)
			collect(m, p);
		if (flip_free(&p->sub))
			return p;
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
	p->order[slot] = (struct order){ .in = in, .tag = tag };
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
	memcpy(p->work, p->requests, depth * sizeof(*p->work));
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
	m->turn = turn > m->batch ? m->batch : turn + !turn;
	if (!config->job->ops->pack)
		m->turn = m->batch;
}

/* The partition that the caller serves has no thread. */
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
	while (m->nr < c->threads) {
		struct part *p = &m->parts[m->nr];

		init_part(m, p, depth);
		if (!worker_start(&p->worker, c, m->nr++, flip_main, p))
			return false;
	}
	if (!m->serve)
		return true;
	init_part(m, &m->parts[m->nr], depth);
	return worker_be(&m->parts[m->nr++].worker, c->job);
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
	.about = "kmod/flip/flip.h in user space, with threads as workers",
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
