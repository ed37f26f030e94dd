/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * flip_shim.h - the kernel primitives that kmod/flip/flip.h uses, in user space
 *
 * Only what that header needs, with the kernel's ordering. READ_ONCE() and
 * WRITE_ONCE() are relaxed atomics rather than volatile accesses, which is the
 * same code, but tells ThreadSanitizer that they are meant.
 */
#ifndef FLIP_SHIM_H
#define FLIP_SHIM_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#if defined(__SANITIZE_THREAD__)
#define FLIP_SHIM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FLIP_SHIM_TSAN 1
#endif
#endif

/* Before each access. Stress tests put their random delays here. */
#ifndef FLIP_POINT
#define FLIP_POINT() ((void)0)
#endif

#define READ_ONCE(x) (FLIP_POINT(), __atomic_load_n(&(x), __ATOMIC_RELAXED))
#define WRITE_ONCE(x, val) \
	(FLIP_POINT(), __atomic_store_n(&(x), (val), __ATOMIC_RELAXED))
/* as the kernel's: for objects that other threads read or write meanwhile */
#define smp_load_acquire(p) (FLIP_POINT(), __atomic_load_n(p, __ATOMIC_ACQUIRE))
/* likewise */
#define smp_store_release(p, val) \
	(FLIP_POINT(), __atomic_store_n(p, val, __ATOMIC_RELEASE))

/* orders all accesses before it against all after it, stores and loads too */
static inline void smp_mb(void)
{
#ifdef FLIP_SHIM_TSAN
	/*
	 * ThreadSanitizer does not know fences. A read-modify-write is a full
	 * barrier on x86, where it runs; on a variable of this call's own, as a
	 * shared one would order threads that nothing else orders, and hide
	 * the very races that are looked for.
	 */
	int dummy = 0;

	__atomic_fetch_add(&dummy, 1, __ATOMIC_SEQ_CST);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

static inline unsigned int hweight64(u64 word)
{
	return (unsigned int)__builtin_popcountll(word);
}

/*
 * The kernel's are full barriers, also for accesses that are not atomic, which
 * a seq_cst operation of C11 is not; hence the two fences. Only the first word
 * of a bitmap is ever used.
 */
static inline bool test_and_set_bit(unsigned int nr, unsigned long *word)
{
	unsigned long old;

	FLIP_POINT();
	/* orders what the caller did before, against the bit */
	smp_mb();
	old = __atomic_fetch_or(word, 1UL << nr, __ATOMIC_SEQ_CST);
	/* orders the bit against what the caller does next */
	smp_mb();
	return old & (1UL << nr);
}

static inline bool test_and_clear_bit(unsigned int nr, unsigned long *word)
{
	unsigned long old;

	FLIP_POINT();
	/* orders what the caller did before, against the bit */
	smp_mb();
	old = __atomic_fetch_and(word, ~(1UL << nr), __ATOMIC_SEQ_CST);
	/* orders the bit against what the caller does next */
	smp_mb();
	return old & (1UL << nr);
}

struct flip_atomic64 {
	s64 counter;
};

#define atomic64_t struct flip_atomic64

/* relaxed, as the kernel's */
static inline s64 atomic64_read(const atomic64_t *v)
{
	return READ_ONCE(v->counter);
}

/* The kernel's that return a value are full barriers, see above. */
static inline s64 atomic64_xchg(atomic64_t *v, s64 val)
{
	s64 old;

	FLIP_POINT();
	/* orders what the caller did before, against the exchange */
	smp_mb();
	old = __atomic_exchange_n(&v->counter, val, __ATOMIC_SEQ_CST);
	/* orders the exchange against what the caller does next */
	smp_mb();
	return old;
}

static inline s64 atomic64_fetch_or(s64 val, atomic64_t *v)
{
	s64 old;

	FLIP_POINT();
	/* orders what the caller did before, against the change */
	smp_mb();
	old = __atomic_fetch_or(&v->counter, val, __ATOMIC_SEQ_CST);
	/* orders the change against what the caller does next */
	smp_mb();
	return old;
}

/* relaxed, as the kernel's that return nothing */
static inline void atomic64_andnot(s64 val, atomic64_t *v)
{
	FLIP_POINT();
	__atomic_fetch_and(&v->counter, ~val, __ATOMIC_RELAXED);
}

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

/* Return: true if the list was empty. */
static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	struct llist_node *first = READ_ONCE(head->first);

	do {
		WRITE_ONCE(node->next, first);
	} while (!__atomic_compare_exchange_n(&head->first, &first, node, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return !first;
}

/* Return: all nodes, the latest first. */
static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return __atomic_exchange_n(&head->first, NULL, __ATOMIC_SEQ_CST);
}

#endif /* FLIP_SHIM_H */
