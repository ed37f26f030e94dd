// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe.c - a client of the workqueue that notes how it is treated
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "test.h"

enum probe_state {
	PROBE_FRESH = 1,
	PROBE_SUBMITTED,
	PROBE_HANDLED,
	PROBE_CANCELLED,
};

static struct probe_count *probe_count(struct probe *p, unsigned int part,
				       unsigned int slot)
{
	return &p->counts[part * p->slots + slot];
}

/* Who is called is told the same place each time. */
static struct probe_count *probe_enter(struct engine_partition *part,
				       unsigned int slot,
				       const struct probe_request *r)
{
	struct probe *p = part->priv;

	expect(r->part == part->index);
	expect(r->slot == slot);
	return probe_count(p, part->index, slot);
}

static u64 probe_input(u64 serial, unsigned int word)
{
	return hash_64(serial * PROBE_WORDS + word + 1, 64);
}

static u64 probe_answer(u64 input)
{
	return ~input * 3;
}

static int probe_init(struct engine_partition *part, unsigned int slot,
		      void *request)
{
	struct probe *p = part->priv;
	struct probe_request *r = request;

	expect(r->state == 0);
	if (p->inits++ == p->fail_at)
		return PROBE_FAILS;
	p->parts[part->index] = part;
	r->state = PROBE_FRESH;
	r->part = part->index;
	r->slot = slot;
	probe_count(p, part->index, slot)->init++;
	return 0;
}

static void probe_uninit(struct engine_partition *part, unsigned int slot,
			 void *request)
{
	struct probe_request *r = request;

	probe_enter(part, slot, r)->uninit++;
	expect(r->state == PROBE_FRESH);
	r->state = 0;
}

static void probe_handler(struct engine_partition *part, unsigned int slot,
			  void *request)
{
	struct probe *p = part->priv;
	struct probe_request *r = request;
	struct probe_count *c = probe_enter(part, slot, r);
	unsigned int i;

	expect(current != p->submitter);
	expect(r->state == PROBE_SUBMITTED);
	/* Others read it while this runs. */
	WRITE_ONCE(c->handler, c->handler + 1);
	while (READ_ONCE(p->closed) & BIT_ULL(part->index))
		usleep_range(20, 50);
	for (i = 0; i < PROBE_WORDS; i++)
		r->data[i] = probe_answer(r->data[i]);
	r->state = PROBE_HANDLED;
}

static void probe_cancelled(struct engine_partition *part, unsigned int slot,
			    void *request)
{
	struct probe_request *r = request;

	probe_enter(part, slot, r)->cancelled++;
	expect(r->state == PROBE_SUBMITTED);
	r->state = PROBE_CANCELLED;
}

static void probe_done(struct engine_partition *part, unsigned int slot,
		       void *request)
{
	struct probe *p = part->priv;
	struct probe_request *r = request;
	unsigned int i;

	probe_enter(part, slot, r)->done++;
	expect(current == p->submitter);
	expect(r->state == PROBE_HANDLED || r->state == PROBE_CANCELLED);
	for (i = 0; i < PROBE_WORDS; i++) {
		u64 data = probe_input(r->serial, i);

		if (r->state == PROBE_HANDLED)
			data = probe_answer(data);
		expect(r->data[i] == data);
	}
	if (p->seen && expect(r->serial < p->serials))
		expect(!__test_and_set_bit(r->serial, p->seen));
	r->state = PROBE_FRESH;
	p->done++;
}

const struct engine_ops probe_ops = {
	.request_size = sizeof(struct probe_request),
	.request_init = probe_init,
	.request_uninit = probe_uninit,
	.request_handler = probe_handler,
	.request_cancelled = probe_cancelled,
	.request_done = probe_done,
};

/* Return: a probe, NULL without memory, which fails the test. */
struct probe *probe_alloc(unsigned int partitions, unsigned int slots)
{
	struct probe *p;

	p = kvzalloc(struct_size(p, counts, partitions * slots), GFP_KERNEL);
	if (!expect(p))
		return NULL;
	p->partitions = partitions;
	p->slots = slots;
	p->submitter = current;
	p->fail_at = UINT_MAX;
	return p;
}

void probe_free(struct probe *p)
{
	kvfree(p);
}

/* Return: its workqueue; NULL fails the test. */
struct engine_workqueue *probe_create(struct probe *p)
{
	struct engine_workqueue *wq;

	wq = engine_workqueue_create(&probe_ops, p->partitions, p->slots, p);
	return expect(!IS_ERR(wq)) ? wq : NULL;
}

/* Make a request that was got into the next one. */
void probe_fill(struct probe *p, void *request)
{
	struct probe_request *r = request;
	unsigned int i;

	expect(r->state == PROBE_FRESH);
	r->state = PROBE_SUBMITTED;
	r->serial = p->submitted++;
	for (i = 0; i < PROBE_WORDS; i++)
		r->data[i] = probe_input(r->serial, i);
	probe_count(p, r->part, r->slot)->submit++;
}

/* Get and submit one request. Return: false if all are in use. */
bool probe_submit(struct probe *p, struct engine_workqueue *wq)
{
	void *request = engine_workqueue_get_request(wq);

	if (!request)
		return false;
	probe_fill(p, request);
	engine_workqueue_submit(wq, request);
	return true;
}

/* Get and stage at most so many. Return: how many it were. */
unsigned int probe_stage(struct probe *p, struct engine_workqueue *wq,
			 unsigned int most)
{
	unsigned int n;

	for (n = 0; n < most; n++) {
		void *request = engine_workqueue_get_request(wq);

		if (!request)
			break;
		probe_fill(p, request);
		engine_workqueue_stage(wq, request);
	}
	return n;
}

/* Handlers wait from now on. */
void probe_close(struct probe *p)
{
	WRITE_ONCE(p->closed, U64_MAX);
}

void probe_open(struct probe *p)
{
	WRITE_ONCE(p->closed, 0);
}

/* Requests whose handler was called. */
u64 probe_started(const struct probe *p)
{
	unsigned int i;
	u64 n = 0;

	for (i = 0; i < p->partitions * p->slots; i++)
		n += READ_ONCE(p->counts[i].handler);
	return n;
}

/* Wait until so many handlers were called. Return: false: it takes too long. */
bool probe_wait_started(const struct probe *p, u64 n)
{
	unsigned long end = jiffies + 30 * HZ;

	while (probe_started(p) < n && time_before(jiffies, end))
		usleep_range(50, 100);
	return probe_started(p) >= n;
}

/* Destroy the workqueue: each op was called as often as promised. */
void probe_destroy(struct probe *p, struct engine_workqueue *wq)
{
	unsigned int i;

	engine_workqueue_destroy(wq);
	for (i = 0; i < p->partitions * p->slots; i++) {
		const struct probe_count *c = &p->counts[i];

		expect(c->init == 1);
		expect(c->uninit == 1);
		expect(c->handler + c->cancelled == c->submit);
		expect(c->done == c->submit);
	}
	expect(p->done == p->submitted);
}
