/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * flip.h - the protocol: who owns a slot, who sleeps, who wakes whom
 *
 * Pure: no allocation, no thread, no file. The kernel module and user space
 * (libflipq, stress tests) compile this very text; outside the kernel
 * flip_shim.h supplies the barriers and a few kernel primitives.
 *
 * A partition is up to 64 slots with one submitter and one server. Three words
 * of one bit per slot say whose a slot is. Each word has one writer, which
 * keeps a private shadow and publishes it whole:
 *
 *	fill  by the submitter	fill ^ done = 1: the slot is the server's
 *	done  by the server	done ^ reap = 1: finished, to be collected
 *	reap  by the submitter	fill ^ reap = 1: in use at all
 *
 *	  submitter                               server
 *
 *	  write descriptor, input
 *	  release fill             (A) ------->   acquire fill             (B)
 *	                                          read slot, write result
 *	  acquire done             (D) <-------   release done             (C)
 *	  read result
 *	  release reap             (E)            (poll: acquire reap, then done)
 *
 *	  release fill                            need_wakeup = 1
 *	  full barrier             (F) <------>   full barrier             (G)
 *	  read need_wakeup                        read fill again
 *	  if set: kick                            only if empty: park
 *
 *	  queued: test_and_set     (H) <------>   queued: test_and_clear   (I)
 *	  box: llist_add           (R) <------>   box: llist_del_all       (S)
 *	  only if it was empty:                   need_wakeup = 0
 *	  mailbox: llist_add the box
 *	  wake the thread          (K) <------>   state = sleeping         (J)
 *	                                          read mailbox and stop again
 *	                                          only if empty: schedule
 *
 *	  release waiting          (T)            release done
 *	  full barrier             (L) <------>   full barrier             (M)
 *	  read done again                         acquire waiting          (U)
 *	  only if too few: sleep                  if set and enough: wake
 *
 *	  cancel: fetch_or tags    (P) <------>   xchg tags                (Q)
 *	  kick                                    acquire fill             (B)
 *
 *	  detach = 1                              queued: test_and_clear   (I)
 *	  full barrier, kick       (N) ------->   read detach
 *	                                          queued: test_and_set     (O)
 *	                                          only if it was 0: complete
 *
 * What breaks without each:
 * (A, B) the server reads a descriptor or input that is not written yet.
 * (C, D) the submitter reads a result that is not written yet; and when the
 *	slot is used again, its new input reaches a server that still reads the
 *	old one. This is why the server acquires fill before it *writes*, too.
 * (E) an observer that reads reap and then done sees a slot as collected
 *	whose completion it has not seen: poll reports a result twice.
 * (F, G) store buffering: the submitter reads need_wakeup = 0 while the server
 *	reads the old fill and parks. The request is never served.
 * (H, I) as (F, G), for the node: a kick that finds queued = 1 adds nothing,
 *	so the server's next look at fill has to come after its clear of queued.
 *	No test before the test_and_set: it would be an unordered read.
 * (J, K) as (F, G), for the thread and its mailbox. K is the barrier in
 *	wake_up_process().
 * (L, M) as (F, G), for the waiter. One (M) a turn is enough, because a turn
 *	publishes done once.
 * (N, O) the server acknowledges a detach only when it holds the node: a kick
 *	under way finds queued = 1 and stays away from memory about to be freed.
 * (P, Q) the server compares the tags that it takes with an older fill, finds
 *	no request that they are for, and drops them.
 * (R, S) the worker reads where the box leads to before it takes the nodes; from
 *	then on a kick may put the box into the mailbox again. In the other order
 *	the worker follows a link that is being written, or nobody delivers the
 *	box that the next node lies in.
 *
 * (T, U) the server compares with what an earlier wait was for, and wakes nobody.
 *
 * Capital letters are of the protocol. Those of the engine and the device are
 * small ones; selftests/litmus/README.md has them all.
 *
 * Only the server clears need_wakeup. A kicker that did could clear it after
 * the server parked again, and the next submission would not kick.
 */
#ifndef FLIP_H
#define FLIP_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/llist.h>
#include <linux/types.h>
#if !defined(CONFIG_64BIT) || defined(__BIG_ENDIAN)
#error "flipq needs a 64-bit little-endian machine"
#endif
#else
#include "flip_shim.h"
#if !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "flipq needs a 64-bit little-endian machine"
#endif
#endif

#define FLIP_MAX_SLOTS	64

/* Of need_wakeup: the partition is parked. The other bits say something else. */
#define FLIP_PARKED	1U

/* Bits of the first @slots slots, 1 to 64. A shift by 64 is undefined. */
static inline u64 flip_mask(unsigned int slots)
{
	return ~0ULL >> (FLIP_MAX_SLOTS - slots);
}

static inline u64 flip_bit(unsigned int slot)
{
	return 1ULL << slot;
}

/**
 * flip_next - the next slot of a set, from a rotating cursor
 * @set: slots to choose from, not 0
 * @cursor: where to start, 0 to 63
 *
 * A scan that always starts at slot 0 starves the high slots.
 *
 * Return: the first slot at or after @cursor, else the first one.
 */
static inline unsigned int flip_next(u64 set, unsigned int cursor)
{
	u64 high = set & (~0ULL << cursor);

	return (unsigned int)__builtin_ctzll(high ? high : set);
}

/**
 * struct flip_submitter - the submitter's side of a partition
 * @fill_word: published fill; nobody else writes it
 * @reap_word: published reap; nobody else writes it
 * @done_word: the server's
 * @need_wakeup: the server's
 * @fill: shadow of *@fill_word, ahead of it between flip_stage() and
 *	flip_publish()
 * @reap: shadow of *@reap_word
 * @mask: slots there are
 * @cursor: where the next scan for a completion starts
 */
struct flip_submitter {
	u64 *fill_word;
	u64 *reap_word;
	const u64 *done_word;
	const u32 *need_wakeup;
	u64 fill;
	u64 reap;
	u64 mask;
	unsigned int cursor;
};

/* Slots that may be filled: neither with the server nor to be collected. */
static inline u64 flip_free(const struct flip_submitter *s)
{
	return ~(s->fill ^ s->reap) & s->mask;
}

/* Slots staged, with the server, or to be collected. */
static inline u64 flip_used(const struct flip_submitter *s)
{
	return (s->fill ^ s->reap) & s->mask;
}

/* Hand over @slots with the next flip_publish(). They must be free. */
static inline void flip_stage(struct flip_submitter *s, u64 slots)
{
	s->fill ^= slots;
}

/* Publish all staged slots with one flip of the word. */
static inline void flip_publish(struct flip_submitter *s)
{
	/* (A) pairs with (B): descriptor and input before fill */
	smp_store_release(s->fill_word, s->fill);
}

/* Once after all flip_publish() of a batch, before flip_must_kick(). */
static inline void flip_kick_barrier(void)
{
	/* (F) pairs with (G): fill before need_wakeup, or nobody wakes it */
	smp_mb();
}

/* After flip_kick_barrier(): is the partition parked? */
static inline bool flip_must_kick(const struct flip_submitter *s)
{
	return READ_ONCE(*s->need_wakeup) & FLIP_PARKED;
}

/* Finished slots, whose results may be read now. */
static inline u64 flip_finished(const struct flip_submitter *s)
{
	/* (D) pairs with (C): done before the result, and before reuse */
	u64 done = smp_load_acquire(s->done_word);

	return (done ^ s->reap) & (s->fill ^ s->reap) & s->mask;
}

/* Give back @slots, finished ones whose results were read. */
static inline void flip_collect(struct flip_submitter *s, u64 slots)
{
	s->reap ^= slots;
	/* (E) pairs with the acquire in flip_observe_ready() */
	smp_store_release(s->reap_word, s->reap);
}

/**
 * struct flip_server - the server's side of a partition
 * @fill_word: the submitter's
 * @done_word: published done; nobody else writes it
 * @need_wakeup: published; nobody else writes it
 * @done: shadow of *@done_word, ahead of it during a turn. The published word
 *	is never read back: on some mappings others might have changed it.
 * @mask: slots there are
 * @cursor: where the next turn starts
 */
struct flip_server {
	const u64 *fill_word;
	u64 *done_word;
	u32 *need_wakeup;
	u64 done;
	u64 mask;
	unsigned int cursor;
};

/* Slots that are the server's. Bits above the slot count are ignored. */
static inline u64 flip_pending(const struct flip_server *v)
{
	/* (B) pairs with (A): fill before reading or writing the slot */
	return (smp_load_acquire(v->fill_word) ^ v->done) & v->mask;
}

/* Finish @slot with the next flip_publish_finished(). */
static inline void flip_finish(struct flip_server *v, unsigned int slot)
{
	v->done ^= flip_bit(slot);
	v->cursor = (slot + 1) % FLIP_MAX_SLOTS;
}

/* Publish all finished slots with one flip of the word, once a turn. */
static inline void flip_publish_finished(struct flip_server *v)
{
	/* (C) pairs with (D): result and output before done */
	smp_store_release(v->done_word, v->done);
}

/**
 * flip_park - ask for kicks, as there is nothing to do
 * @v: server's side
 *
 * Return: true if the partition may leave the polling list; false if a request
 * came meanwhile, and the partition goes on.
 */
static inline bool flip_park(struct flip_server *v)
{
	WRITE_ONCE(*v->need_wakeup, FLIP_PARKED);
	/* (G) pairs with (F): need_wakeup before the last look at fill */
	smp_mb();
	if (!flip_pending(v))
		return true;
	WRITE_ONCE(*v->need_wakeup, 0);
	return false;
}

/**
 * struct flip_node - a partition's place in its user's box
 * @link: in the box while @queued is 1; embedded once, used once
 * @queued: bit 0: the node is in, or on its way into, the box
 * @detach: set once, by close
 */
struct flip_node {
	struct llist_node link;
	unsigned long queued;
	int detach;
};

/**
 * struct flip_box - the kicked partitions of one user at a worker
 * @link: in the worker's mailbox; embedded once, used once
 * @nodes: of partitions that the worker did not take yet
 *
 * One for each user, so that what the worker looks at for one of them does not
 * lie behind all that others kicked.
 */
struct flip_box {
	struct llist_node link;
	struct llist_head nodes;
};

/**
 * flip_kick - put a partition's node into its user's box
 * @n: node; the caller holds a reference to its partition
 * @nodes: of the box
 *
 * Return: true if it was empty, and the caller has to flip_deliver() the box.
 */
static inline bool flip_kick(struct flip_node *n, struct llist_head *nodes)
{
	/* (H) pairs with (I): fill before queued; fully ordered */
	if (test_and_set_bit(0, &n->queued))
		return false;
	/* (R) pairs with (S): in the box before the box is delivered */
	return llist_add(&n->link, nodes);
}

/**
 * flip_deliver - put a box into its worker's mailbox
 * @box: box, after flip_kick() returned true for it
 * @mailbox: the worker's
 *
 * The caller then wakes the worker's thread, which contains (K). It does so
 * even where the mailbox was not empty: whoever put the first box there may be
 * held up before it wakes the worker.
 */
static inline void flip_deliver(struct flip_box *box, struct llist_head *mailbox)
{
	/* (R) once more, with the nodes in it; pairs with (S) */
	llist_add(&box->link, mailbox);
}

/**
 * flip_take - the worker takes the nodes of a box that it popped
 * @box: box; its link was read before, as the next kick may write it
 *
 * Return: the nodes.
 */
static inline struct llist_node *flip_take(struct flip_box *box)
{
	/* (S) pairs with (R): the box's link before the nodes; fully ordered */
	return llist_del_all(&box->nodes);
}

/**
 * flip_receive - the worker takes a node that it popped
 * @n: node; its link was read before, as the next kick may write it
 * @v: server's side of the same partition
 *
 * Return: true if the partition is to be polled, false if it is to be detached
 * with flip_acknowledge().
 */
static inline bool flip_receive(struct flip_node *n, struct flip_server *v)
{
	/* (I) pairs with (H) and (N): queued before fill and before detach */
	test_and_clear_bit(0, &n->queued);
	WRITE_ONCE(*v->need_wakeup, 0);
	return !READ_ONCE(n->detach);
}

/* Close: the next receive sees it. A kick must follow. */
static inline void flip_detach(struct flip_node *n)
{
	WRITE_ONCE(n->detach, 1);
	/* (N) pairs with (I) and (M): detach before the wake-ups that follow */
	smp_mb();
}

/**
 * flip_acknowledge - may the worker acknowledge a detach?
 * @n: node that flip_receive() returned false for
 *
 * Return: true if the node is the worker's for good, so that no kick can touch
 * the mailbox any more; false if a kick under way puts it there once again.
 */
static inline bool flip_acknowledge(struct flip_node *n)
{
	/* (O) pairs with (H): from here kicks find queued = 1 */
	return !test_and_set_bit(0, &n->queued);
}

/**
 * struct flip_cancel - requests that somebody wants cancelled
 * @tag: a bit per slot, in the word that its fill bit picks. Two requests that
 *	follow each other in a slot differ in it, so that a late tag does not
 *	hit the next one.
 */
struct flip_cancel {
	atomic64_t tag[2];
};

/* Tag the requests in @slots. A kick must follow. */
static inline void flip_cancel_tag(struct flip_cancel *c, u64 fill, u64 slots)
{
	/* (P) pairs with (Q): fully ordered */
	atomic64_fetch_or((s64)(slots & ~fill), &c->tag[0]);
	atomic64_fetch_or((s64)(slots & fill), &c->tag[1]);
}

/* Is there any tag? After a kick the server sees all that came before it. */
static inline bool flip_cancel_tagged(const struct flip_cancel *c)
{
	return atomic64_read(&c->tag[0]) || atomic64_read(&c->tag[1]);
}

/**
 * flip_cancel_take - the server takes the tags
 * @c: tags
 * @v: server's side
 *
 * Return: slots with a request that has not started and is to be cancelled.
 */
static inline u64 flip_cancel_take(struct flip_cancel *c,
				   const struct flip_server *v)
{
	/* (Q) pairs with (P): tags before fill; fully ordered */
	u64 even = (u64)atomic64_xchg(&c->tag[0], 0);
	u64 odd = (u64)atomic64_xchg(&c->tag[1], 0);
	/* (B) pairs with (A) */
	u64 fill = smp_load_acquire(v->fill_word);

	return ((odd & fill) | (even & ~fill)) & (fill ^ v->done) & v->mask;
}

/* Before @slots are published as finished: drop the tags that came late. */
static inline void flip_cancel_drop(struct flip_cancel *c, u64 slots)
{
	atomic64_andnot((s64)slots, &c->tag[0]);
	atomic64_andnot((s64)slots, &c->tag[1]);
}

/**
 * flip_wait_arm - announce a waiter
 * @waiting: read by servers in flip_wait_armed()
 *
 * Before the call the caller has stored what the servers compare with; after it
 * the caller reads done again.
 */
static inline void flip_wait_arm(int *waiting)
{
	/* (T) pairs with (U): what the servers compare with before waiting */
	smp_store_release(waiting, 1);
	/* (L) pairs with (M): waiting before the last look at done */
	smp_mb();
}

/* Once a turn, after flip_publish_finished(): is there a waiter? */
static inline bool flip_wait_armed(const int *waiting)
{
	/* (M) pairs with (L): done before waiting, or nobody wakes it */
	smp_mb();
	/* (U) pairs with (T): waiting before what to compare with */
	return smp_load_acquire(waiting);
}

/* The wait is over, or not begun. */
static inline void flip_wait_disarm(int *waiting)
{
	WRITE_ONCE(*waiting, 0);
}

/**
 * flip_observe_ready - finished slots, as somebody else sees them
 * @reap_word: the submitter's
 * @done_word: the server's
 * @mask: slots there are
 *
 * Reap first. In the other order one slot may finish and then another one be
 * collected, both between the two loads. Neither would show as finished,
 * although at each moment one of them was.
 */
static inline u64 flip_observe_ready(const u64 *reap_word, const u64 *done_word,
				     u64 mask)
{
	/* pairs with (E) */
	u64 reap = smp_load_acquire(reap_word);

	return (READ_ONCE(*done_word) ^ reap) & mask;
}

/**
 * flip_observe_busy - slots that are the server's, as somebody else sees them
 * @fill_word: the submitter's
 * @done_word: the server's
 * @mask: slots there are
 *
 * Fill first, with acquire. Compared with a done that is older than the fill, a
 * slot that has been handed over again would show as idle.
 */
static inline u64 flip_observe_busy(const u64 *fill_word, const u64 *done_word,
				    u64 mask)
{
	/* pairs with (A) */
	u64 fill = smp_load_acquire(fill_word);

	return (READ_ONCE(*done_word) ^ fill) & mask;
}

/* How many of the slots @flight, collected up to @reap, has @done finished? */
static inline unsigned int flip_count(u64 done, u64 reap, u64 flight)
{
	return (unsigned int)hweight64((done ^ reap) & flight);
}

#endif /* FLIP_H */
