// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_queue.c - kmod/engine/queue.c, detach.c and kick.c: a queue from the
 * first to the last, with workers that know of it and without
 */
#include "rig.h"

static void created(void)
{
	struct rig_queue *rq, *second;

	rig_start(2);
	rq = rig_queue("user", 3, 5, true, 4000);
	second = rig_queue("user", 1, 64, false, 0);
	is(rq->q->nr, 3, "a queue has as many partitions as were added");
	is(rq->q->slots, 5, "with their slots");
	is(second->q->id, rq->q->id + 1, "queues are counted");
	is(rq->q->parts[2]->index, 2, "partitions are, too");
	is(rq->q->parts[2]->server.mask, 0x1f, "each knows its slots");
	is(second->q->parts[0]->server.mask, ~0ULL, "up to 64");
	is(rq->q->parts[0]->inited, 5, "requests are prepared");
	is(rq->q->parts[0]->spin_ns, 4000, "it is told how long to spin");
	is(rq->part[1].need_wakeup, 1, "a partition begins parked");
	ok(rq->q->parts[0]->priv == rq, "and knows its client");
	ok(rq->q->parts[0]->queue_share.parent == &rq->q->parts[0]->tenant->share,
	   "a queue shares its user's time");
	ok(rq->q->parts[0]->share.parent == &rq->q->parts[0]->queue_share,
	   "a partition shares its queue's");
	ok(rq->q->parts[2]->worker == rq->q->parts[0]->worker &&
	   rq->q->parts[2]->share.parent == &rq->q->parts[0]->queue_share,
	   "as does the next one at the same worker");
	ok(rq->q->parts[1]->share.parent == &rq->q->parts[1]->queue_share,
	   "but not one at another worker");
	ok(!second->q->parts[0]->tenant, "without worker there is no user");
	shim_settle();
	is(rq->q->parts[0]->worker->counters.kicks, 0, "nobody was kicked yet");
	rig_queue_end(rq);
	rig_queue_end(second);
	rig_end("queues leave nothing");
}

static void memory_of(unsigned int cpus, unsigned int needed, const char *name)
{
	struct rig_queue *rq = NULL;
	unsigned int nr, failed = 0;

	rig_start(cpus);
	for (nr = 1; nr < 20 && !rq; nr++) {
		shim_fail_allocation(nr);
		rq = rig_queue("user", 2, 8, cpus, 0);
		shim_fail_allocation(0);
		failed += !rq;
	}
	is(failed, needed, name);
	ok(rq, "with enough it is there");
	if (rq) {
		rig_submit(rq, 0, 0x01);
		if (cpus)
			shim_settle();
		rig_queue_end(rq);
	}
	rig_end("lack of memory leaves nothing");
}

static void init_fails(void)
{
	struct rig_queue *rq;
	unsigned int nr, made = 0;

	rig_start(1);
	for (nr = 1; nr <= 16; nr++) {
		rig_fail_init = nr;
		rq = rig_queue("user", 2, 8, true, 0);
		made += !!rq;
	}
	is(made, 0, "a request that cannot be prepared undoes the queue");
	rig_fail_init = 17;
	rq = rig_queue("user", 2, 8, true, 0);
	ok(rq, "when all can be it is there");
	rig_queue_end(rq);
	rig_end("requests that could not be prepared leave nothing");
}

static void init_error(void)
{
	struct engine_words words;
	struct rig_part p = { 0 };
	struct engine_queue *q;

	rig_start(0);
	words = (struct engine_words){ &p.fill, &p.reap, &p.done,
				       &p.need_wakeup };
	q = engine_queue_create(&rig_ops, "user", 8, 2, 123);
	is(q->wait_spin_ns, 123, "a queue knows how long its waits spin");
	rig_fail_init = 3;
	is(engine_queue_add(q, &words, 0, NULL, NULL), -EDOM,
	   "what request_init returned is returned");
	is(q->nr, 0, "the partition is not there");
	is(p.need_wakeup, 0, "its words are untouched");
	rig_fail_init = 0;
	shim_fail_allocation(1);
	is(engine_queue_add(q, &words, 0, NULL, NULL), -ENOMEM,
	   "without memory that is told");
	shim_fail_allocation(2);
	is(engine_queue_add(q, &words, 0, NULL, NULL), -ENOMEM,
	   "as it is without memory for requests");
	shim_fail_allocation(0);
	is(engine_queue_add(q, &words, 0, NULL, NULL), 0, "later it is added");
	engine_queue_free(q);
	rig_end("errors leave nothing");
}

static void handle_nothing(struct engine_partition *part, unsigned int slot,
			   void *request)
{
	(void)part;
	(void)slot;
	(void)request;
}

static void least_ops(void)
{
	const struct engine_ops ops = { .request_handler = handle_nothing };
	struct rig_part p = { 0 };
	const struct engine_words words = { &p.fill, &p.reap, &p.done,
					    &p.need_wakeup };
	struct engine_worker *w;
	struct engine_queue *q;

	rig_start(1);
	engine_pool_choose(&w, 1);
	q = engine_queue_create(&ops, "user", 8, 1, 0);
	is(engine_queue_add(q, &words, 0, w, NULL), 0,
	   "a client need not have more than a handler");
	ok(!q->parts[0]->requests, "nor memory for requests");
	p.fill = 0x0f;
	engine_queue_kick(q, 1);
	shim_settle();
	is(p.done, 0x0f, "its requests are done");
	engine_queue_destroy(q);
	engine_pool_put(w);
	rig_end("a client with a handler leaves nothing");
}

static void kicked(void)
{
	struct rig_queue *rq;

	rig_start(1);
	rq = rig_queue("user", 3, 8, true, 0);
	rig_publish(rq, 0, 1);
	rig_publish(rq, 1, 1);
	rig_publish(rq, 2, 1);
	engine_queue_kick(rq->q, 0);
	shim_settle();
	is(rig_logged(), 0, "who kicks no partition kicks nobody");
	shim_hold();
	engine_queue_kick(rq->q, 0x5);
	is(rq->q->parts[0]->node.queued & rq->q->parts[2]->node.queued, 1,
	   "who kicks some kicks them");
	is(rq->q->parts[1]->node.queued, 0, "and no other");
	engine_kick(rq->q->parts[0]);
	shim_release();
	shim_settle();
	is(rq->q->parts[0]->counters.kicks, 1, "a second kick is as good as one");
	is(rig_count(RIG_HANDLED, NULL), 2, "they are served");
	is(rig_count(RIG_HANDLED, rq->q->parts[1]), 0, "and no other");
	engine_queue_kick(rq->q, 0x2);
	shim_settle();
	is(rig_count(RIG_HANDLED, NULL), 3, "until it is kicked, too");
	rig_queue_end(rq);
	rig_end("kicks leave nothing");
}

static void closed(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_queue *rq;

	rig_start(2);
	rq = rig_queue("user", 2, 8, true, 0);
	rq->gate = &gate;
	rig_limits.requests = 1;
	rig_submit(rq, 0, 0x0f);
	rig_gate_await(&gate);
	ok(!rig_queue_close(rq), "close waits for nobody");
	rig_pause();
	is(__atomic_load_n(&rq->gone, __ATOMIC_ACQUIRE), 0,
	   "a queue is there until its workers let go");
	engine_queue_kick(rq->q, 0x1);
	rig_gate_open(&gate);
	shim_settle();
	is(__atomic_load_n(&rq->gone, __ATOMIC_ACQUIRE), 1,
	   "then it is told once");
	is(rig_count(RIG_HANDLED, NULL), 1, "what has not started is dropped");
	is(rq->q->parts[0]->node.queued, 1, "no kick reaches a worker");
	ok(!rq->q->parts[0]->share.queued && !rq->part[0].worker->nr_polled,
	   "none has it in its lists");
	rig_queue_free(rq);
	rig_end("a closed queue leaves nothing");
}

static void closed_idle(void)
{
	struct rig_queue *rq;

	rig_start(1);
	rq = rig_queue("user", 3, 8, true, 1ULL << 60);
	rig_submit(rq, 0, 0x01);
	rig_submit(rq, 1, 0x01);
	RIG_UNTIL(rig_finished(rq, 0) && rig_finished(rq, 1));
	shim_hold();
	ok(!rig_queue_close(rq), "close a queue that is polled");
	shim_release();
	shim_settle();
	is(__atomic_load_n(&rq->gone, __ATOMIC_ACQUIRE), 1, "it goes");
	rig_queue_free(rq);
	rig_end("a queue that was polled leaves nothing");
}

static void closed_at_owners(void)
{
	struct rig_queue *rq;

	rig_start(0);
	rq = rig_queue("user", 2, 8, false, 0);
	rig_publish(rq, 0, 0x0f);
	ok(rig_queue_close(rq), "a queue that no worker knows is closed at once");
	is(rq->gone, 0, "and nobody is told");
	rig_queue_free(rq);
	rig_end("a queue of owners leaves nothing");
}

static int destroy(void *arg)
{
	struct rig_queue *rq = arg;

	rig_queue_end(rq);
	return 0;
}

static void destroyed(void)
{
	struct rig_gate gate = RIG_GATE;
	struct rig_thread t;
	struct rig_queue *rq;

	rig_start(2);
	rq = rig_queue("user", 4, 8, true, 0);
	rq->gate = &gate;
	rig_limits.requests = 1;
	rig_submit(rq, 0, 0x0f);
	rig_gate_await(&gate);
	rig_go(&t, destroy, rq);
	rig_pause();
	rig_pause();
	ok(!__atomic_load_n(&t.over, __ATOMIC_ACQUIRE),
	   "destruction waits for the request under way");
	rig_gate_open(&gate);
	is(rig_join(&t), 0, "and for nothing else");
	is(rig_count(RIG_HANDLED, NULL), 1, "what has not started is dropped");
	rig_end("a destroyed queue leaves nothing");
}

/* Two in the same share: the parent that the others use goes first. */
static void first_partition_goes(void)
{
	struct rig_queue *rq, *other;

	rig_start(1);
	other = rig_queue("other", 1, 8, true, 0);
	rq = rig_queue("user", 4, 8, true, 1ULL << 60);
	shim_hold();
	rig_submit(rq, 3, 0xff);
	rig_submit(rq, 2, 0xff);
	rig_queue_close(rq);
	rig_submit(other, 0, 0xff);
	shim_release();
	shim_settle();
	is(rq->gone, 1, "a queue goes with all its partitions");
	is(rig_finished(other, 0), 0xff, "others are served beside");
	rig_queue_free(rq);
	rig_queue_end(other);
	rig_end("partitions that go leave nothing");
}

int main(void)
{
	created();
	memory_of(0, 5, "a queue of owners needs its memory");
	memory_of(1, 7, "a queue with workers needs its memory");
	init_fails();
	init_error();
	least_ops();
	kicked();
	closed();
	closed_idle();
	closed_at_owners();
	destroyed();
	first_partition_goes();
	return tap_end();
}
