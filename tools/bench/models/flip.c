// SPDX-License-Identifier: GPL-2.0-only
/*
 * flip.c - the engine of /dev/flipq, without the device
 *
 * kmod/engine as it is, compiled for user space: a thread for each processor, as
 * the kernel's workers are, with partitions that it shares with all other queues
 * of the process, turns, parking and the waits of the submitter. Requests lie in
 * the process's memory and are done by its libraries, in the slot's own buffers.
 * With serve there is a partition more, which the submitter fills when nobody
 * else has room, and serves while it waits.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "core/worker.h"
#include "engine/engine.h"
#include "models/models.h"

#define DEPTH		32
#define BATCH		8
/* As the device does by default, the turns as well. */
#define WORKER_SPIN_NS	20000
#define WAIT_SPIN_NS	2000

static const struct engine_turn_limits limits = {
	.requests = 8, .ns = 50000, .percent = 100,
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
 * @reap: its other one
 * @done: the server's word
 * @need_wakeup: the server's
 * @order: of each slot, the submitter's
 * @answer: of each slot, the server's
 * @job: what the server does
 * @state: its own, for that
 * @work: of each slot, the server's, with the same buffers as those below
 * @sub: the submitter's side, as the rest
 * @requests: of each slot, the submitter's
 * @next: slot that is tried first
 * @worker: given back at the end; NULL where the submitter serves
 */
struct part {
	u64 on_line fill;
	u64 reap;
	u64 on_line done;
	u32 need_wakeup;
	struct order on_line order[MAX_DEPTH];
	struct answer on_line answer[MAX_DEPTH];
	const struct job *job;
	void *state;
	struct request work[MAX_DEPTH];
	struct flip_submitter on_line sub;
	struct request *requests;
	unsigned int next;
	struct engine_worker *worker;
};

/**
 * struct model - a queue
 * @config: what is asked for
 * @queue: the engine's side
 * @batch: requests handed over at once
 * @serve: the last partition is served by the submitter
 * @part: partition that gets the next request
 * @left: requests that it still gets
 * @staged: requests not published yet, all in @part
 * @requests: of all partitions
 * @busy: submissions that found no room
 * @kicks: of workers
 * @pooled: there is a pool for it
 * @nr: partitions
 * @parts: @nr of them
 */
struct model {
	struct model_config config;
	struct engine_queue *queue;
	unsigned int batch;
	bool serve;
	struct part *part;
	unsigned int left;
	unsigned int staged;
	struct request *requests;
	uint64_t busy;
	uint64_t kicks;
	bool pooled;
	unsigned int nr;
	struct part *parts;
};

/* The workers are there while there is a queue. */
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int pool_queues;

/* Threads may run where the one that made them may: here anywhere. */
static int init_pool(void)
{
	cpu_set_t before, all;
	int ret;

	memset(&all, 0xff, sizeof(all));
	pthread_getaffinity_np(pthread_self(), sizeof(before), &before);
	pthread_setaffinity_np(pthread_self(), sizeof(all), &all);
	shim_cpus(min_t(unsigned int, get_nprocs(), MAX_THREADS));
	ret = engine_pool_init("flip", cpu_possible_mask, 0, &limits);
	pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
	return ret;
}

static bool pool_get(void)
{
	bool good;

	pthread_mutex_lock(&pool_lock);
	good = pool_queues || !init_pool();
	pool_queues += good;
	pthread_mutex_unlock(&pool_lock);
	return good;
}

static void pool_put(void)
{
	pthread_mutex_lock(&pool_lock);
	if (!--pool_queues)
		engine_pool_exit();
	pthread_mutex_unlock(&pool_lock);
}

static void handle(struct engine_partition *part, unsigned int slot,
		   void *unused)
{
	struct part *p = part->priv;
	struct request *r = &p->work[slot];

	(void)unused;
	request_set(r, p->order[slot].in, p->order[slot].tag, 0);
	job_handle(p->job, p->state, r);
	p->answer[slot] = (struct answer){
		.value = r->value, .out_len = r->out_len, .filled = r->filled,
	};
}

static const struct engine_ops ops = { .request_handler = handle };

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
	flip_kick_barrier();
	if (p == own_part(m) || !flip_must_kick(&p->sub))
		return;
	m->kicks++;
	engine_queue_kick(m->queue, flip_bit((unsigned int)(p - m->parts)));
}

static unsigned int in_flight(const struct model *m)
{
	unsigned int n = 0, i;

	for (i = 0; i < m->nr; i++)
		n += hweight64(flip_used(&m->parts[i].sub));
	return n;
}

/* Until @minimum of what is in flight have finished. */
static int wait_for(struct model *m, unsigned int minimum)
{
	struct engine_queue *q = m->queue;
	int ret = engine_wait_begin(q, ~0ULL, minimum);

	if (ret)
		return ret;
	if (m->serve)
		engine_serve_wait(q, q->parts[m->nr - 1], &limits, KTIME_MAX);
	ret = engine_wait(q, KTIME_MAX);
	engine_wait_end(q);
	return ret;
}

/*
 * The next partition with room, after the present one; that of the submitter is
 * for what the workers have no room for. What has finished is not looked for
 * before there is need of it, as each look is a line to be fetched.
 */
static struct part *find_room(struct model *m)
{
	unsigned int workers = m->nr - m->serve, i;
	unsigned int n = (unsigned int)(m->part - m->parts);
	struct part *p;

	for (i = 0; i < workers; i++) {
		n = n + 1 < workers ? n + 1 : 0;
		p = &m->parts[n];
		if (hweight64(flip_free(&p->sub)) < m->batch)
			collect(m, p);
		if (flip_free(&p->sub))
			return p;
	}
	p = own_part(m);
	if (p)
		collect(m, p);
	return p && flip_free(&p->sub) ? p : NULL;
}

/* Choose the partition of the next batch; it has room. */
static int choose(struct model *m)
{
	struct part *p = find_room(m);
	int ret = 0;

	m->busy += !p;
	while (!p && !ret) {
		ret = wait_for(m, model_minimum(in_flight(m), m->batch,
						m->nr));
		p = find_room(m);
	}
	if (!p)
		return ret;
	m->left = m->batch;
	m->part = p;
	return 0;
}

static int flip_submit(struct model *m, const void *in, uint64_t tag,
		       uint64_t when)
{
	struct part *p;
	unsigned int slot;
	u64 room;

	if (!m->left) {
		int ret = choose(m);

		if (ret)
			return ret;
	}
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
	int ret;

	publish(m);
	m->left = 0;
	ret = wait_for(m, UINT_MAX);
	for (i = 0; i < m->nr; i++)
		collect(m, &m->parts[i]);
	return ret;
}

/* A kick wakes a worker; a wait that sleeps does so and is woken. */
static void count(const struct model *m, struct model_stats *stats)
{
	const struct engine_queue *q = m->queue;
	struct flipq_counters counters;
	unsigned int i;

	stats->busy = m->busy;
	stats->wakeups = m->kicks + q->sleeping_waits;
	stats->syscalls = stats->wakeups + q->sleeping_waits;
	for (i = 0; i < m->nr && i < MAX_THREADS; i++) {
		engine_counters_read(&counters, &q->parts[i]->counters);
		stats->requests[i] = counters.requests;
		stats->busy_ns[i] = counters.busy_ns;
	}
	stats->workers = i;
}

static void flip_stop(struct model *m, struct model_stats *stats)
{
	unsigned int i;

	if (stats)
		count(m, stats);
	if (m->queue)
		engine_queue_destroy(m->queue);
	for (i = 0; i < m->nr; i++) {
		job_uninit(m->parts[i].job, m->parts[i].state);
		if (m->parts[i].worker)
			engine_pool_put(m->parts[i].worker);
	}
	if (m->pooled)
		pool_put();
	free(m->parts);
	free(m->requests);
	free(m);
}

/* Unless there is no memory @worker is the partition's. */
static bool add_part(struct model *m, unsigned int depth,
		     struct engine_worker *worker)
{
	struct part *p = &m->parts[m->nr];
	const struct engine_words words = {
		.fill = &p->fill, .reap = &p->reap, .done = &p->done,
		.need_wakeup = &p->need_wakeup,
	};

	p->worker = worker;
	p->requests = &m->requests[m->nr * depth];
	memcpy(p->work, p->requests, depth * sizeof(*p->work));
	p->sub = (struct flip_submitter){
		.fill_word = &p->fill, .reap_word = &p->reap,
		.done_word = &p->done, .need_wakeup = &p->need_wakeup,
		.mask = flip_mask(depth),
	};
	p->job = m->config.job;
	m->nr++;
	return job_init(p->job, &p->state) &&
		!engine_queue_add(m->queue, &words, WORKER_SPIN_NS, worker, p);
}

static void pin(const struct model *m, const struct engine_worker *worker)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor(m->config.cpu, worker->cpu + 1), &set);
	pthread_setaffinity_np(worker->task->thread, sizeof(set), &set);
}

static bool add_all(struct model *m, unsigned int depth)
{
	const unsigned int threads = m->config.threads;
	struct engine_worker *workers[MAX_THREADS];
	bool good = true;
	unsigned int i;

	engine_pool_choose(workers, threads);
	for (i = 0; i < threads && good; i++) {
		if (m->config.pin)
			pin(m, workers[i]);
		good = add_part(m, depth, workers[i]);
	}
	for (; i < threads; i++)
		engine_pool_put(workers[i]);
	return good && (!m->serve || add_part(m, depth, NULL));
}

static bool make(struct model *m, const struct model_config *config)
{
	const unsigned int depth = config->depth ? config->depth : DEPTH;
	const unsigned int parts = config->threads + m->serve;

	m->config = *config;
	m->batch = config->batch ? config->batch : BATCH;
	m->parts = alloc_lines(parts * sizeof(*m->parts));
	m->requests = requests_alloc(config->job, parts * depth);
	m->part = m->parts;
	m->pooled = m->parts && m->requests && pool_get();
	if (!m->pooled)
		return false;
	m->queue = engine_queue_create(&ops, &pool_lock, depth, parts,
				       WAIT_SPIN_NS);
	return m->queue && add_all(m, depth);
}

static struct model *start(const struct model_config *config, bool serve)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m) {
		m->serve = serve;
		if (make(m, config))
			return m;
		flip_stop(m, NULL);
	}
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
	.about = "the engine in user space, a thread per processor",
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
