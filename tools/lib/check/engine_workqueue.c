// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_workqueue.c - kmod/engine/workqueue.c: a queue whose submitter is in the
 * kernel
 */
#include "engine/workqueue.h"
#include "rig.h"

struct item {
	unsigned int in;
	unsigned int out;
	unsigned int handled;
	unsigned int cancelled;
	unsigned int reaped;
};

static unsigned int prepared, fail_from, reaped;
static struct rig_gate *gate;

static int item_init(struct engine_partition *part, unsigned int slot, void *r)
{
	(void)part;
	(void)slot;
	(void)r;
	if (fail_from && prepared + 1 >= fail_from)
		return -EDOM;
	prepared++;
	return 0;
}

static void item_uninit(struct engine_partition *part, unsigned int slot,
			void *r)
{
	(void)part;
	(void)slot;
	(void)r;
	prepared--;
}

static void item_handler(struct engine_partition *part, unsigned int slot,
			 void *r)
{
	struct item *item = r;
	struct rig_gate *at = READ_ONCE(gate);

	(void)part;
	(void)slot;
	item->out = 2 * item->in;
	item->handled++;
	if (at) {
		pthread_mutex_lock(&at->lock);
		at->inside++;
		pthread_cond_broadcast(&at->cond);
		while (at->shut)
			pthread_cond_wait(&at->cond, &at->lock);
		at->inside--;
		pthread_mutex_unlock(&at->lock);
	}
}

static void item_cancelled(struct engine_partition *part, unsigned int slot,
			   void *r)
{
	struct item *item = r;

	(void)part;
	(void)slot;
	item->cancelled++;
}

static void item_done(struct engine_partition *part, unsigned int slot, void *r)
{
	struct item *item = r;

	(void)part;
	(void)slot;
	item->reaped++;
	reaped++;
}

static struct engine_ops ops = {
	.request_size = sizeof(struct item),
	.request_init = item_init,
	.request_uninit = item_uninit,
	.request_handler = item_handler,
	.request_cancelled = item_cancelled,
	.request_done = item_done,
};

static struct engine_workqueue *wq;

static void start(unsigned int partitions, unsigned int slots)
{
	rig_start(2);
	reaped = 0;
	wq = engine_workqueue_create(&ops, partitions, slots, NULL);
}

static void end(const char *name)
{
	engine_workqueue_destroy(wq);
	is(prepared, 0, "each request was undone");
	rig_end(name);
}

static void bad(void)
{
	struct engine_ops none = ops;
	struct engine_workqueue *got;

	none.request_size = 0;
	rig_start(2);
	got = engine_workqueue_create(&none, 1, 1, NULL);
	is(PTR_ERR(got), -EINVAL, "requests without memory are refused");
	is(PTR_ERR(engine_workqueue_create(&ops, 0, 1, NULL)), -EINVAL,
	   "as are no partitions");
	is(PTR_ERR(engine_workqueue_create(&ops, 65, 1, NULL)), -EINVAL,
	   "too many of them");
	is(PTR_ERR(engine_workqueue_create(&ops, 1, 0, NULL)), -EINVAL,
	   "no slots");
	is(PTR_ERR(engine_workqueue_create(&ops, 1, 65, NULL)), -EINVAL,
	   "and too many of them");
	got = engine_workqueue_create(&ops, 64, 64, NULL);
	ok(!IS_ERR(got), "the most there can be is not");
	engine_workqueue_destroy(got);
	rig_end("what was refused leaves nothing");
}

static void memory(void)
{
	struct engine_workqueue *got = ERR_PTR(-ENOMEM);
	unsigned int nr, failed = 0;

	rig_start(2);
	for (nr = 1; nr < 30 && IS_ERR(got); nr++) {
		shim_fail_allocation(nr);
		got = engine_workqueue_create(&ops, 2, 8, NULL);
		shim_fail_allocation(0);
		failed += IS_ERR(got) && PTR_ERR(got) == -ENOMEM;
	}
	is(failed, 10, "without memory there is no workqueue");
	engine_workqueue_destroy(got);
	fail_from = 12;
	got = engine_workqueue_create(&ops, 2, 8, NULL);
	is(PTR_ERR(got), -EDOM, "what request_init returned is returned");
	is(prepared, 0, "those before it are undone");
	fail_from = 0;
	rig_end("workqueues that failed leave nothing");
}

static void used(void)
{
	struct item *item[16];
	unsigned int i, j, same = 0, wrong = 0;

	start(2, 8);
	for (i = 0; i < 16; i++) {
		item[i] = engine_workqueue_get_request(wq);
		item[i]->in = i;
		for (j = 0; j < i; j++)
			same += item[i] == item[j];
	}
	is(same, 0, "each request is got once");
	ok(!engine_workqueue_get_request(wq), "until none is free");
	ok(item[1] - item[0] > 8 || item[0] - item[1] > 8,
	   "partitions take turns");
	for (i = 0; i < 16; i++)
		engine_workqueue_stage(wq, item[i]);
	shim_settle();
	is(item[0]->handled, 0, "what is staged is not submitted");
	ok(!engine_workqueue_get_request(wq), "nor free");
	engine_workqueue_publish(wq);
	shim_settle();
	is(reaped, 0, "what is published is done, and told of later");
	engine_workqueue_wait(wq);
	for (i = 0; i < 16; i++)
		wrong += item[i]->out != 2 * i || item[i]->handled != 1 ||
			 item[i]->reaped != 1;
	is(wrong, 0, "each is handled and told of once");
	ok(engine_workqueue_get_request(wq), "then they are free");
	end("a workqueue leaves nothing");
}

/* A partition at work is passed over. */
static void busy(void)
{
	struct rig_gate shut = RIG_GATE;
	struct item *item, *more = NULL;
	unsigned int i, got = 0;

	start(2, 4);
	gate = &shut;
	item = engine_workqueue_get_request(wq);
	engine_workqueue_submit(wq, item);
	rig_gate_await(&shut);
	for (i = 0; i < 8; i++) {
		struct item *next = engine_workqueue_get_request(wq);

		more = next ? next : more;
		got += !!next;
	}
	is(got, 7, "all others may be got meanwhile");
	is(reaped, 0, "nobody is told of what is under way");
	rig_gate_open(&shut);
	shim_settle();
	ok(engine_workqueue_get_request(wq) == item, "what is done is free again");
	is(reaped, 1, "once that was told");
	engine_workqueue_submit(wq, more);
	end("busy partitions leave nothing");
}

static void wrong_requests(void)
{
	struct item *item, other;

	start(1, 4);
	item = engine_workqueue_get_request(wq);
	shim_expect_warning(true);
	engine_workqueue_submit(wq, &other);
	engine_workqueue_submit(wq, item + 1);
	engine_workqueue_submit(wq, item + 4);
	engine_workqueue_submit(wq, item - 1);
	is(shim_expect_warning(false), 4, "what is no request is warned of");
	shim_settle();
	is(item[1].handled, 0, "and not submitted");
	engine_workqueue_submit(wq, item);
	engine_workqueue_wait(wq);
	is(item->handled, 1, "what is one is");
	shim_expect_warning(true);
	engine_workqueue_submit(wq, item);
	is(shim_expect_warning(false), 1, "but not twice");
	engine_workqueue_wait(wq);
	is(reaped, 1, "one request in all");
	end("wrong requests leave nothing");
}

static int cancel(void *arg)
{
	return engine_workqueue_cancel(wq, arg);
}

static void cancelled(void)
{
	struct rig_gate shut = RIG_GATE;
	struct item *item[8];
	struct rig_thread t;
	unsigned int i;
	u64 n = 77;

	start(1, 8);
	gate = &shut;
	rig_limits.requests = 1;
	for (i = 0; i < 8; i++) {
		item[i] = engine_workqueue_get_request(wq);
		engine_workqueue_submit(wq, item[i]);
	}
	rig_gate_await(&shut);
	rig_go(&t, cancel, &n);
	rig_await_sleep(&t);
	rig_gate_open(&shut);
	is(rig_join(&t), 0, "cancel all there is");
	is(n, 7, "what has not started is cancelled");
	is(item[0]->handled, 1, "what has is done");
	is(item[5]->cancelled, 1, "what is cancelled is told so");
	is(item[5]->handled, 0, "and not handled");
	engine_workqueue_wait(wq);
	is(reaped, 8, "all are told of in the end");
	ops.request_cancelled = NULL;
	is(engine_workqueue_cancel(wq, &n), -EOPNOTSUPP,
	   "a client that cancels nothing");
	is(n, 0, "has nothing cancelled");
	ops.request_cancelled = item_cancelled;
	end("cancelled requests leave nothing");
}

static int wait_here(void *arg)
{
	(void)arg;
	engine_workqueue_wait(wq);
	return 0;
}

static void waited_for(void)
{
	struct rig_gate shut = RIG_GATE;
	struct rig_thread t;
	struct item *item;

	start(2, 4);
	gate = &shut;
	engine_workqueue_wait(wq);
	ok(true, "with nothing to wait for a wait is over");
	item = engine_workqueue_get_request(wq);
	engine_workqueue_stage(wq, item);
	rig_go(&t, wait_here, NULL);
	rig_gate_await(&shut);
	rig_await_sleep(&t);
	shim_signal(t.task, true);
	rig_pause();
	ok(rig_await_sleep(&t), "no signal ends a wait");
	is(item->reaped, 0, "nor does it tell of what is under way");
	rig_gate_open(&shut);
	rig_join(&t);
	is(item->reaped, 1, "but of what is done, staged ones included");
	end("waits leave nothing");
}

static void silent(void)
{
	struct engine_ops quiet = ops;
	struct item *item;

	quiet.request_done = NULL;
	rig_start(2);
	wq = engine_workqueue_create(&quiet, 1, 2, NULL);
	item = engine_workqueue_get_request(wq);
	engine_workqueue_submit(wq, item);
	engine_workqueue_wait(wq);
	is(item->handled, 1, "a client need not be told");
	ok(engine_workqueue_get_request(wq), "its requests are free all the same");
	end("a client that is told nothing leaves nothing");
}

static void kept_busy(void)
{
	unsigned int i, sum = 0;

	start(2, 16);
	for (i = 0; i < 2000; i++) {
		struct item *item = engine_workqueue_get_request(wq);

		if (!item) {
			engine_workqueue_publish(wq);
			rig_pause();
			i--;
			continue;
		}
		item->in = i;
		if (i % 3)
			engine_workqueue_stage(wq, item);
		else
			engine_workqueue_submit(wq, item);
		sum++;
	}
	engine_workqueue_wait(wq);
	is(reaped, sum, "however many requests: each is told of once");
	end("many requests leave nothing");
}

int main(void)
{
	bad();
	memory();
	used();
	busy();
	gate = NULL;
	wrong_requests();
	cancelled();
	gate = NULL;
	waited_for();
	gate = NULL;
	silent();
	kept_busy();
	return tap_end();
}
