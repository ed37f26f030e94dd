// SPDX-License-Identifier: GPL-2.0-only
/*
 * look.c - what the kernel publishes must hold whatever the user does: nobody
 * else writes there
 */
#include "fuzz.h"

#define RESULT_FLAGS (FLIPQ_RES_FILLED | FLIPQ_RES_INCOMPRESSIBLE)
/* Of larger memory as much, anywhere in it. */
#define STRINGS_ROOM (256U << 10)

static bool status_is_documented(int status)
{
	/* All of them: without a default the compiler sees to that. */
	switch ((enum flipq_status)status) {
	case FLIPQ_STATUS_OK:
	case FLIPQ_STATUS_ENOMEM:
	case FLIPQ_STATUS_EFAULT:
	case FLIPQ_STATUS_EINVAL:
	case FLIPQ_STATUS_ENOSPC:
	case FLIPQ_STATUS_EBADMSG:
	case FLIPQ_STATUS_EOPNOTSUPP:
	case FLIPQ_STATUS_ECANCELED:
		return true;
	}
	return false;
}

static u32 longest(const struct flipq_setup *s)
{
	u32 max = s->max_len > s->out_size ? s->max_len : s->out_size;

	return max > FLIPQ_MAX_FLUSH ? max : FLIPQ_MAX_FLUSH;
}

static void look_at_result(struct fuzz_child *c, const struct flipq_setup *s,
			   const struct flipq_result *r)
{
	int status = READ_ONCE(r->status);
	u32 flags = READ_ONCE(r->flags);
	u32 len = READ_ONCE(r->len);

	if (!status_is_documented(status))
		fuzz_fail(c->shared, "errno: a result's status is %d", status);
	if (flags & ~RESULT_FLAGS)
		fuzz_fail(c->shared, "result: flags 0x%x", flags);
	if (len > longest(s))
		fuzz_fail(c->shared, "result: len %u", len);
}

/* Between an output buffer and the next nothing is ever written. */
static void look_behind_output(struct fuzz_child *c,
			       const struct flipq_setup *s, const u8 *out)
{
	u32 i;

	for (i = s->out_size; i < s->out_stride; i++)
		if (READ_ONCE(out[i]))
			fuzz_fail(c->shared, "output: byte %u of %u is %u", i,
				  s->out_size, out[i]);
}

static void look_at_words(struct fuzz_child *c, const struct flipq_setup *s,
			  const struct flipq_completion *w)
{
	u64 done = READ_ONCE(w->done);
	u32 need = READ_ONCE(w->need_wakeup);
	unsigned int i;

	if (done & ~flip_mask(s->slots))
		fuzz_fail(c->shared, "done: %llx with %u slots", done,
			  s->slots);
	if (need > 1 || READ_ONCE(w->reserved))
		fuzz_fail(c->shared, "need_wakeup: %u", need);
	for (i = 0; i < ARRAY_SIZE(w->pad); i++)
		if (READ_ONCE(w->pad[i]))
			fuzz_fail(c->shared, "pad: %u was written", i);
}

static void look_at_partition(struct fuzz_child *c,
			      const struct fuzz_queue *q, u32 p)
{
	const struct flipq_setup *s = &q->setup;
	const u8 *chunk = READ_ONCE(q->map[AREA_COMP]);
	u32 slot;

	if (!chunk)
		return;
	chunk += (size_t)p * s->comp_stride;
	look_at_words(c, s, (const void *)chunk);
	for (slot = 0; slot < s->slots; slot++) {
		look_at_result(c, s, (const void *)(chunk + s->result_offset +
				     (size_t)slot * s->result_stride));
		look_behind_output(c, s, chunk + s->out_offset +
				   (size_t)slot * s->out_stride);
	}
}

/* Nothing of the honest queue's is in @size bytes at @at, or in a part. */
static void look_for_strings(struct fuzz_child *c, const u8 *at, size_t size)
{
	unsigned int n;

	if (!at)
		return;
	if (size > STRINGS_ROOM) {
		at += rnd(&c->main.random) % (size - STRINGS_ROOM + 1);
		size = STRINGS_ROOM;
	}
	n = fuzz_strings_in(at, size);
	if (n)
		fuzz_fail(c->shared, "foreign: %u strings of the honest queue",
			  n);
	__atomic_fetch_add(&c->shared->looked, size, __ATOMIC_RELAXED);
}

static void look_at_memory(struct fuzz_child *c, const struct fuzz_queue *q)
{
	look_for_strings(c, READ_ONCE(q->map[AREA_COMP]), q->setup.comp_size);
	look_for_strings(c, READ_ONCE(q->map[AREA_ARENA]),
			 q->setup.arena_size);
}

static void look_at_queues(struct fuzz_actor *a)
{
	struct fuzz_child *c = a->child;
	unsigned int i;
	u32 p;

	look_for_strings(c, a->args, 2 * page_size());

	for (i = 0; i < FUZZ_QUEUES; i++) {
		const struct fuzz_queue *q = &c->q[i];

		for (p = 0; q->known && p < q->setup.partitions +
		     q->setup.owner_partitions; p++)
			look_at_partition(c, q, p);
		if (q->known)
			look_at_memory(c, q);
	}
}

/* Look at what the kernel writes to: is it sound, and is it the user's own? */
void fuzz_look(struct fuzz_child *c)
{
	fuzz_guarded(look_at_queues, &c->main);
}
