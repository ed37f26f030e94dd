// SPDX-License-Identifier: GPL-2.0-only
/*
 * scratch.c - what a worker's codecs write to: workspaces, and the copies of
 * input and output
 *
 * Only the worker's own thread touches its scratch memory, and nothing in it is
 * of use after a request, so all partitions of a worker share it. But what a
 * request leaves there is its user's secret: nothing is copied from it to a
 * user but what that user's own request has just written.
 *
 * It is made by the first set-up that needs it and goes with the last queue that
 * does. A set-up that needs more of a kind gets a larger one beside the old.
 * Sizes are powers of two, so all of a kind are less than twice the largest: a
 * user that asks for size after size cannot use up what a worker may have.
 */
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "device/device.h"

/**
 * struct flipq_scratch - a piece of scratch memory
 * @own: of an owner-served partition; @list, @kind and @cpu are not used then
 * @list: of its worker
 * @kind: FLIPQ_SCRATCH_INPUT, FLIPQ_SCRATCH_OUTPUT or enum flipq_algorithm
 * @cpu: of its worker
 * @users: partitions that hold it
 * @size: bytes
 * @mem: the memory
 */
struct flipq_scratch {
	bool own;
	struct list_head list;
	unsigned int kind;
	unsigned int cpu;
	unsigned int users;
	size_t size;
	void *mem;
};

/**
 * struct flipq_scratch_worker - the scratch memory of one worker
 * @list: all pieces
 * @bytes: of all pieces
 */
struct flipq_scratch_worker {
	struct list_head list;
	size_t bytes;
};

static DEFINE_MUTEX(lock);
static struct flipq_scratch_worker *workers;

/* Return: 0 or -ENOMEM. */
int flipq_scratch_init(void)
{
	unsigned int cpu;

	workers = kcalloc(nr_cpu_ids, sizeof(*workers), GFP_KERNEL);
	if (!workers)
		return -ENOMEM;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		INIT_LIST_HEAD(&workers[cpu].list);
	return 0;
}

/* No queue is left, so no scratch memory either. */
void flipq_scratch_exit(void)
{
	kfree(workers);
}

static struct flipq_scratch *flipq_scratch_find(unsigned int cpu,
						unsigned int kind, size_t size)
{
	struct flipq_scratch *s;

	list_for_each_entry(s, &workers[cpu].list, list)
		if (s->kind == kind && s->size >= size)
			return s;
	return NULL;
}

static struct flipq_scratch *flipq_scratch_new(const struct engine_worker *w,
					       unsigned int kind, size_t size)
{
	struct flipq_scratch_worker *sw = &workers[w->cpu];
	struct flipq_scratch *s;

	if (sw->bytes + size > READ_ONCE(flipq_params.max_worker_bytes))
		return NULL;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return NULL;
	s->mem = kvmalloc_node(size, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
			       w->node);
	if (!s->mem) {
		kfree(s);
		return NULL;
	}
	s->kind = kind;
	s->cpu = w->cpu;
	s->size = size;
	sw->bytes += size;
	list_add(&s->list, &sw->list);
	return s;
}

/**
 * flipq_scratch_get - hold scratch memory of a worker
 * @w: worker
 * @kind: FLIPQ_SCRATCH_INPUT, FLIPQ_SCRATCH_OUTPUT or enum flipq_algorithm
 * @size: bytes, at least 1
 *
 * Return: the memory, or NULL: none left, the worker's limit, or killed.
 */
struct flipq_scratch *flipq_scratch_get(const struct engine_worker *w,
					unsigned int kind, size_t size)
{
	struct flipq_scratch *s;

	size = roundup_pow_of_two(max_t(size_t, size, PAGE_SIZE));
	/* Who holds it may be about to reclaim memory. */
	if (mutex_lock_killable(&lock))
		return NULL;
	s = flipq_scratch_find(w->cpu, kind, size);
	if (!s)
		s = flipq_scratch_new(w, kind, size);
	if (s)
		s->users++;
	mutex_unlock(&lock);
	return s;
}

/**
 * flipq_scratch_own - scratch memory of one owner-served partition
 * @size: bytes, at least 1
 *
 * It is charged to the caller, not to a worker.
 *
 * Return: the memory, or NULL.
 */
struct flipq_scratch *flipq_scratch_own(size_t size)
{
	struct flipq_scratch *s = kzalloc(sizeof(*s), ENGINE_GFP);

	if (!s)
		return NULL;
	s->mem = kvmalloc(size, ENGINE_GFP | __GFP_ZERO);
	if (!s->mem) {
		kfree(s);
		return NULL;
	}
	s->own = true;
	s->users = 1;
	s->size = size;
	return s;
}

/* Let go of it. NULL is fine. */
void flipq_scratch_put(struct flipq_scratch *s)
{
	if (!s)
		return;
	mutex_lock(&lock);
	if (!--s->users) {
		if (!s->own) {
			workers[s->cpu].bytes -= s->size;
			list_del(&s->list);
		}
		kvfree(s->mem);
		kfree(s);
	}
	mutex_unlock(&lock);
}

/* Where it is; NULL for none. */
void *flipq_scratch_mem(const struct flipq_scratch *s)
{
	return s ? s->mem : NULL;
}

/* Bytes of all workers. */
u64 flipq_scratch_total(void)
{
	unsigned int cpu;
	u64 bytes = 0;

	mutex_lock(&lock);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		bytes += workers[cpu].bytes;
	mutex_unlock(&lock);
	return bytes;
}
