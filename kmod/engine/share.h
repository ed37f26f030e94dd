/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * share.h - whose turn it is: a worker's time in equal shares
 *
 * Shares form a tree: users below a worker, queues below a user, partitions
 * below a queue. Each has a virtual time, that is, how much of the worker's time
 * it took. Among those with work the one that took least goes next, at each
 * level: so users share the worker, whatever number of queues and partitions
 * they have, and what one of them does with its share is its own affair.
 *
 * A share without work does not save up the time that it does not use: when it
 * has work again it is at most ENGINE_SHARE_CREDIT_NS behind the others. That
 * is enough to be next, and to make up for pauses between two batches; and it
 * bounds how long it may then keep the others waiting.
 *
 * All of it is the worker's own. Pure: time comes from the caller.
 */
#ifndef FLIP_SHARE_H
#define FLIP_SHARE_H

#include <linux/rbtree.h>
#include <linux/types.h>

#include "compat.h"

#define ENGINE_SHARE_CREDIT_NS	10000000

/**
 * struct engine_share - one of those who share what their parent gets
 * @node: among its parent's @children, while @queued
 * @parent: NULL for the worker itself
 * @children: those with work, by @vtime
 * @vtime: time it took, ns
 * @floor: @vtime of the child that is next, or was: it never falls
 * @queued: it has work
 * @held: it has work of its own, beside that of its children
 */
struct engine_share {
	struct rb_node node;
	struct engine_share *parent;
	struct rb_root_cached children;
	u64 vtime;
	u64 floor;
	bool queued;
	bool held;
};

/* Prepare a share that has no work. */
static inline void engine_share_init(struct engine_share *s,
				     struct engine_share *parent)
{
	*s = (struct engine_share){ .parent = parent };
	s->children = RB_ROOT_CACHED;
}

static inline struct engine_share *engine_share_of(struct rb_node *node)
{
	return rb_entry(node, struct engine_share, node);
}

static inline bool engine_share_less(struct rb_node *a, const struct rb_node *b)
{
	return engine_share_of(a)->vtime <
	       rb_entry(b, struct engine_share, node)->vtime;
}

/* Which child is next; NULL if none has work. */
static inline struct engine_share *engine_share_first(struct engine_share *s)
{
	struct rb_node *first = rb_first_cached(&s->children);

	return first ? engine_share_of(first) : NULL;
}

/* Which share without children is next below @s; @s itself if none has work. */
static inline struct engine_share *engine_share_leaf(struct engine_share *s)
{
	struct engine_share *child;

	while ((child = engine_share_first(s)))
		s = child;
	return s;
}

static inline void engine_share_insert(struct engine_share *s)
{
	rb_add_cached(&s->node, &s->parent->children, engine_share_less);
	s->queued = true;
}

static inline void engine_share_erase(struct engine_share *s)
{
	rb_erase_cached(&s->node, &s->parent->children);
	s->queued = false;
}

/**
 * engine_share_add - a share has work
 * @s: share; nothing happens if it had some already
 *
 * Its parent has work then, too.
 */
static inline void engine_share_add(struct engine_share *s)
{
	for (; s->parent && !s->queued; s = s->parent) {
		u64 floor = s->parent->floor;

		if (floor > s->vtime + ENGINE_SHARE_CREDIT_NS)
			s->vtime = floor - ENGINE_SHARE_CREDIT_NS;
		engine_share_insert(s);
	}
}

/**
 * engine_share_del - a share has no more work
 * @s: share that is queued and not held
 *
 * A parent that is left without children has no more work then, either, unless
 * it is held.
 */
static inline void engine_share_del(struct engine_share *s)
{
	do {
		engine_share_erase(s);
		s = s->parent;
	} while (s->parent && !s->held && !engine_share_first(s));
}

/* Keep the order among its siblings after its virtual time grew. */
static inline void engine_share_sort(struct engine_share *s)
{
	struct rb_node *next = rb_next(&s->node);

	if (!next || s->vtime < engine_share_of(next)->vtime)
		return;
	engine_share_erase(s);
	engine_share_insert(s);
}

/**
 * engine_share_charge - a share took some time
 * @s: share, with or without work left
 * @ns: how much; 0 is taken for 1, so that shares take turns however coarse the
 *	clock is
 *
 * All its parents took that time, too.
 */
static inline void engine_share_charge(struct engine_share *s, u64 ns)
{
	struct engine_share *first;

	if (!ns)
		ns = 1;
	for (; s->parent; s = s->parent) {
		s->vtime += ns;
		if (s->queued)
			engine_share_sort(s);
		/* Where no child has work the last one that had some counts. */
		first = engine_share_first(s->parent);
		if (!first)
			first = s;
		if (first->vtime > s->parent->floor)
			s->parent->floor = first->vtime;
	}
}

/**
 * engine_share_alone - is a share the only one with work?
 * @s: share that is queued
 *
 * Return: true if no other share below the worker has any.
 */
static inline bool engine_share_alone(const struct engine_share *s)
{
	for (; s->parent; s = s->parent)
		if (s->node.rb_left || s->node.rb_right || rb_parent(&s->node))
			return false;
	return true;
}

#endif /* FLIP_SHARE_H */
