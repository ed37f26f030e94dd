/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rbtree.h - the kernel's rbtree, as far as share.h uses it
 *
 * Only what that header needs. The tree is not balanced: it is a heap on
 * random priorities (a treap), which keeps the order, also of equal nodes, and
 * is about as deep. Each tree knows its leftmost node, as the kernel's cached
 * one.
 */
#ifndef ENGINE_USER_RBTREE_H
#define ENGINE_USER_RBTREE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

typedef __u64 u64;

struct rb_node {
	struct rb_node *rb_parent_;
	struct rb_node *rb_left;
	struct rb_node *rb_right;
	unsigned int rb_priority;
};

struct rb_root_cached {
	struct rb_node *root;
	struct rb_node *leftmost;
};

#define RB_ROOT_CACHED	((struct rb_root_cached){ NULL, NULL })

#define rb_entry(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#define rb_parent(node)		((node)->rb_parent_)
#define rb_first_cached(tree)	((tree)->leftmost)

/* Put @new where @old is, below @old's parent. */
static inline void rb_shim_replace(struct rb_root_cached *tree,
				   const struct rb_node *old,
				   struct rb_node *new)
{
	struct rb_node *parent = old->rb_parent_;

	if (!parent)
		tree->root = new;
	else if (parent->rb_left == old)
		parent->rb_left = new;
	else
		parent->rb_right = new;
	if (new)
		new->rb_parent_ = parent;
}

/* A child takes its parent's place, and the parent goes below it. */
static inline void rb_shim_rotate(struct rb_root_cached *tree,
				  struct rb_node *child)
{
	struct rb_node *parent = child->rb_parent_, *moved;

	rb_shim_replace(tree, parent, child);
	if (parent->rb_left == child) {
		moved = child->rb_right;
		child->rb_right = parent;
		parent->rb_left = moved;
	} else {
		moved = child->rb_left;
		child->rb_left = parent;
		parent->rb_right = moved;
	}
	parent->rb_parent_ = child;
	if (moved)
		moved->rb_parent_ = parent;
}

/* The next node in order, or NULL. */
static inline struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *next = node->rb_right;

	if (next) {
		while (next->rb_left)
			next = next->rb_left;
		return next;
	}
	while (node->rb_parent_ && node == node->rb_parent_->rb_right)
		node = node->rb_parent_;
	return node->rb_parent_;
}

#define COMPAT_HAVE_RB_ADD_CACHED

/* Add a node, behind those that are equal. */
static inline void rb_add_cached(struct rb_node *node,
				 struct rb_root_cached *tree,
				 bool (*less)(struct rb_node *,
					      const struct rb_node *))
{
	static _Thread_local unsigned int seed = 1;
	struct rb_node **link = &tree->root, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	seed = seed * 1103515245 + 12345;
	*node = (struct rb_node){ .rb_parent_ = parent,
				  .rb_priority = seed >> 8 };
	*link = node;
	if (leftmost)
		tree->leftmost = node;
	while (node->rb_parent_ &&
	       node->rb_parent_->rb_priority > node->rb_priority)
		rb_shim_rotate(tree, node);
}

/* Take a node out. What it says of the tree is stale then, as the kernel's. */
static inline void rb_erase_cached(struct rb_node *node,
				   struct rb_root_cached *tree)
{
	if (tree->leftmost == node)
		tree->leftmost = rb_next(node);
	while (node->rb_left && node->rb_right)
		rb_shim_rotate(tree, node->rb_left->rb_priority <
			       node->rb_right->rb_priority ?
			       node->rb_left : node->rb_right);
	rb_shim_replace(tree, node,
			node->rb_left ? node->rb_left : node->rb_right);
}

#endif /* ENGINE_USER_RBTREE_H */
