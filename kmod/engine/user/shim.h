/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shim.h - as much of the kernel as the engine uses, for user space
 *
 * With this directory before the system's headers (-I kmod/engine/user) the
 * files of kmod/engine compile as they are: kthreads are threads, a wake-up is a
 * condition variable, the allocator is malloc(). What a program needs to play the
 * kernel (which CPUs there are, who gets a signal, when memory is short, when
 * kthreads run at all) is at the end.
 *
 * Barriers, READ_ONCE() and its like come from flip_shim.h.
 */
#ifndef ENGINE_USER_SHIM_H
#define ENGINE_USER_SHIM_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/types.h>

#include "flip/flip.h"

/* what the compiler and kernel.h have */

#define ____cacheline_aligned_in_smp	__attribute__((aligned(64)))
#define BIT_ULL(n)		(1ULL << (n))
#define U32_MAX			UINT32_MAX
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#define struct_size(p, member, n) \
	(sizeof(*(p)) + sizeof(*(p)->member) * (size_t)(n))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define pr_warn(...)		fprintf(stderr, __VA_ARGS__)
#define WARN_ON_ONCE(cond)	({ bool w_ = (cond); if (w_) shim_warn(#cond); w_; })
#define IS_ERR(p)		((uintptr_t)(p) >= (uintptr_t)-4095)
#define PTR_ERR(p)		((long)(p))
#define ERR_PTR(err)		((void *)(long)(err))
#define ERR_CAST(p)		((void *)(p))

static inline u64 div_u64(u64 n, u32 d)
{
	return n / d;
}

static inline unsigned int __ffs64(u64 word)
{
	return (unsigned int)__builtin_ctzll(word);
}

static inline unsigned int hash_ptr(const void *p, unsigned int bits)
{
	return (unsigned int)(((uintptr_t)p * 0x61c8864680b583ebULL) >>
			      (64 - bits));
}

void shim_warn(const char *what);

/* atomic.h, bitops.h: what flip.h does not need */

typedef struct {
	int counter;
} atomic_t;

#define ATOMIC_INIT(n)		{ (n) }
#define atomic_set(v, n)	WRITE_ONCE((v)->counter, n)
#define atomic_read(v)		READ_ONCE((v)->counter)

static inline void atomic_inc(atomic_t *v)
{
	__atomic_fetch_add(&v->counter, 1, __ATOMIC_RELAXED);
}

static inline int atomic_inc_return(atomic_t *v)
{
	return __atomic_add_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	return !__atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline bool test_and_set_bit_lock(unsigned int nr, unsigned long *word)
{
	FLIP_POINT();
	return __atomic_fetch_or(word, 1UL << nr, __ATOMIC_ACQUIRE) &
	       (1UL << nr);
}

static inline void clear_bit_unlock(unsigned int nr, unsigned long *word)
{
	FLIP_POINT();
	__atomic_fetch_and(word, ~(1UL << nr), __ATOMIC_RELEASE);
}

#define smp_mb__after_atomic()	smp_mb()
/* a full one, as ThreadSanitizer does not know fences, see smp_mb() */
#define smp_rmb()		smp_mb()

/* list.h, llist.h */

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

#define LIST_HEAD(name)		struct list_head name = { &(name), &(name) }
#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_for_each_entry(pos, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member), \
	     n = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = n, n = list_entry(n->member.next, __typeof__(*n), member))

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add(struct list_head *new, struct list_head *head)
{
	new->next = head->next;
	new->prev = head;
	head->next->prev = new;
	head->next = new;
}

static inline void list_add_tail(struct list_head *new, struct list_head *head)
{
	list_add(new, head->prev);
}

static inline void list_del_init(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	INIT_LIST_HEAD(entry);
}

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define hlist_entry_safe(ptr, type, member) \
	({ struct hlist_node *p_ = (ptr); \
	   p_ ? container_of(p_, type, member) : NULL; })
#define hlist_for_each_entry(pos, head, member) \
	for (pos = hlist_entry_safe((head)->first, __typeof__(*pos), member); \
	     pos; \
	     pos = hlist_entry_safe(pos->member.next, __typeof__(*pos), member))
#define hlist_for_each_entry_safe(pos, n, head, member) \
	for (pos = hlist_entry_safe((head)->first, __typeof__(*pos), member); \
	     pos && ({ n = pos->member.next; 1; }); \
	     pos = hlist_entry_safe(n, __typeof__(*pos), member))

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *head)
{
	n->next = head->first;
	if (head->first)
		head->first->pprev = &n->next;
	head->first = n;
	n->pprev = &head->first;
}

static inline void hlist_del(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
}

#define llist_entry(ptr, type, member)	container_of(ptr, type, member)
/* The next one is read before the body, which may give the node away. */
#define llist_for_each_entry_safe(pos, n, node, member) \
	for (struct llist_node *i_ = (node), *n_ = NULL; \
	     i_ && ({ n_ = READ_ONCE(i_->next); (void)n; \
		      pos = llist_entry(i_, __typeof__(*pos), member); 1; }); \
	     i_ = n_)

static inline void init_llist_head(struct llist_head *head)
{
	head->first = NULL;
}

static inline bool llist_empty(const struct llist_head *head)
{
	return !READ_ONCE(head->first);
}

/* cpumask.h, cpuhotplug.h: at most 64 CPUs */

struct cpumask {
	unsigned long bits;
};

#define nr_cpu_ids	shim_nr_cpus
#define cpu_possible_mask	(&shim_possible)
#define for_each_cpu(cpu, mask) \
	for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++) \
		if (cpumask_test_cpu(cpu, mask))

extern unsigned int shim_nr_cpus;
extern struct cpumask shim_possible;

static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *m)
{
	return m->bits >> cpu & 1;
}

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *m)
{
	m->bits |= 1UL << cpu;
}

static inline void cpumask_clear_cpu(unsigned int cpu, struct cpumask *m)
{
	m->bits &= ~(1UL << cpu);
}

static inline void cpumask_clear(struct cpumask *m)
{
	m->bits = 0;
}

static inline bool cpumask_empty(const struct cpumask *m)
{
	return !m->bits;
}

static inline void cpumask_copy(struct cpumask *to, const struct cpumask *from)
{
	*to = *from;
}

const struct cpumask *cpumask_of(unsigned int cpu);

enum cpuhp_state {
	CPUHP_AP_ONLINE_DYN = 1,
};

int cpuhp_setup_state(enum cpuhp_state state, const char *name,
		      int (*online)(unsigned int cpu),
		      int (*offline)(unsigned int cpu));
void cpuhp_remove_state_nocalls(enum cpuhp_state state);

static inline int cpu_to_node(unsigned int cpu)
{
	(void)cpu;
	return 0;
}

/* gfp.h, slab.h, mm.h */

typedef unsigned int gfp_t;

#define GFP_KERNEL		0u
#define GFP_KERNEL_ACCOUNT	0u
#define __GFP_RETRY_MAYFAIL	0u
#define __GFP_NOWARN		0u
#define NUMA_NO_NODE		(-1)

void *shim_alloc(size_t size);
void shim_free(void *p);

#define kzalloc(size, gfp)		((void)(gfp), shim_alloc(size))
#define kzalloc_node(size, gfp, node)	((void)(node), kzalloc(size, gfp))
#define kcalloc(n, size, gfp)		kzalloc((size_t)(n) * (size), gfp)
#define kvcalloc(n, size, gfp)		kcalloc(n, size, gfp)
#define kfree(p)			shim_free(p)
#define kvfree(p)			shim_free(p)

struct vm_area_struct {
	unsigned long vm_flags;
};

/* mutex.h, completion.h */

struct mutex {
	pthread_mutex_t m;
	bool held;
};

#define __MUTEX_INITIALIZER(name)	{ PTHREAD_MUTEX_INITIALIZER, false }
#define DEFINE_MUTEX(name)	struct mutex name = __MUTEX_INITIALIZER(name)
#define mutex_init(lock)	pthread_mutex_init(&(lock)->m, NULL)
#define mutex_destroy(lock)	pthread_mutex_destroy(&(lock)->m)

static inline void mutex_lock(struct mutex *lock)
{
	pthread_mutex_lock(&lock->m);
	lock->held = true;
}

static inline void mutex_unlock(struct mutex *lock)
{
	WARN_ON_ONCE(!lock->held);
	lock->held = false;
	pthread_mutex_unlock(&lock->m);
}

struct completion {
	pthread_mutex_t m;
	pthread_cond_t cond;
	bool done;
};

#define DECLARE_COMPLETION_ONSTACK(name) \
	struct completion name = { PTHREAD_MUTEX_INITIALIZER, \
				   PTHREAD_COND_INITIALIZER, false }

void complete(struct completion *c);
void wait_for_completion(struct completion *c);

/* sched.h, hrtimer.h, kthread.h */

#define TASK_RUNNING		0x0000
#define TASK_INTERRUPTIBLE	0x0001
#define TASK_UNINTERRUPTIBLE	0x0002
#define TASK_WAKEKILL		0x0100
#define TASK_NOLOAD		0x0400
#define TASK_IDLE		(TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_KILLABLE		(TASK_UNINTERRUPTIBLE | TASK_WAKEKILL)

typedef s64 ktime_t;

#define KTIME_MAX		INT64_MAX
#define HRTIMER_MODE_ABS	0
#define ktime_add_ns(kt, ns)	((kt) + (s64)(ns))
#define ktime_before(a, b)	((a) < (b))

static inline ktime_t ktime_add_safe(ktime_t a, u64 b)
{
	return b > (u64)(KTIME_MAX - a) ? KTIME_MAX : a + (s64)b;
}

/**
 * struct task_struct - a thread, one of the kernel's or of a program
 * @state: TASK_*
 * @stored: the same, as the thread itself has it
 * @signal: one is pending
 * @killed: a fatal one is
 * @stop: kthread_stop() was called
 * @kthread: it is one of the kernel's
 * @resting: it is in schedule(), or held; under the lock of all holds
 * @expires: when a sleep ends, KTIME_MAX for never
 * @next: of all kthreads; under the same
 * @lock: guards a sleep against a wake-up in between
 * @cond: it sleeps here
 * @cpus_ptr: where it may run
 * @thread: of a kthread
 * @fn: what a kthread does
 * @data: for it
 */
struct task_struct {
	unsigned int state;
	unsigned int stored;
	bool signal;
	bool killed;
	bool stop;
	bool kthread;
	bool resting;
	ktime_t expires;
	struct task_struct *next;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	const struct cpumask *cpus_ptr;
	pthread_t thread;
	int (*fn)(void *data);
	void *data;
};

#define current		shim_current()

struct task_struct *shim_current(void);
void shim_store_state(void);

/* A store is seen by others at the next barrier, as a processor may have it. */
#define __set_current_state(s)	(current->stored = (s), FLIP_POINT())
#define set_current_state(s) \
	do { \
		__set_current_state(s); \
		shim_store_state(); \
		smp_mb(); \
	} while (0)

static inline bool signal_pending(const struct task_struct *t)
{
	return READ_ONCE(t->signal) || READ_ONCE(t->killed);
}

static inline bool signal_pending_state(unsigned int state,
					const struct task_struct *t)
{
	return (state & TASK_INTERRUPTIBLE && signal_pending(t)) ||
	       (state & TASK_WAKEKILL && READ_ONCE(t->killed));
}

u64 local_clock(void);
ktime_t ktime_get(void);
int wake_up_process(struct task_struct *t);
void schedule(void);
int schedule_hrtimeout_range_clock(const ktime_t *expires, u64 slack, int mode,
				   int clock);
#define schedule_hrtimeout(expires, mode) \
	schedule_hrtimeout_range_clock(expires, 0, mode, CLOCK_MONOTONIC)

/* Preemption is the host's affair: there is always time to go on. */
#define need_resched()			false
#define cond_resched_tasks_rcu_qs()	shim_pause()

void cpu_relax(void);

struct task_struct *kthread_create_on_node(int (*fn)(void *data), void *data,
					   int node, const char *format, ...);
int kthread_stop(struct task_struct *t);
bool kthread_should_stop(void);
void set_cpus_allowed_ptr(struct task_struct *t, const struct cpumask *mask);

static inline void kthread_bind(struct task_struct *t, unsigned int cpu)
{
	set_cpus_allowed_ptr(t, cpumask_of(cpu));
}

static inline void sched_set_normal(struct task_struct *t, int nice)
{
	(void)t;
	(void)nice;
}

static inline int mutex_lock_killable(struct mutex *lock)
{
	if (READ_ONCE(current->killed))
		return -EINTR;
	mutex_lock(lock);
	return 0;
}

/* wait.h, poll.h */

/**
 * struct wait_queue_head - where threads wait
 * @lock: guards @entries
 * @entries: threads, each once
 * @nr: how many, for waitqueue_active(), which takes no lock
 */
typedef struct wait_queue_head {
	pthread_mutex_t lock;
	struct list_head entries;
	unsigned int nr;
} wait_queue_head_t;

struct wait_queue_entry {
	struct list_head list;
	struct task_struct *task;
};

#define DEFINE_WAIT(name) \
	struct wait_queue_entry name = { \
		.list = { &(name).list, &(name).list }, .task = current }

#define EPOLLIN		0x001
#define EPOLLRDNORM	0x040

void init_waitqueue_head(wait_queue_head_t *wq);
void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait,
		     unsigned int state);
void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait);
void wake_up(wait_queue_head_t *wq);

#define wake_up_poll(wq, events)	wake_up(wq)

static inline bool waitqueue_active(const wait_queue_head_t *wq)
{
	return READ_ONCE(wq->nr);
}

#define wait_event_killable(wq, cond) \
	({ \
		DEFINE_WAIT(wait_); \
		int err_ = 0; \
		\
		for (;;) { \
			prepare_to_wait(&(wq), &wait_, TASK_KILLABLE); \
			if (cond) \
				break; \
			if (READ_ONCE(current->killed)) { \
				err_ = -ERESTART; \
				break; \
			} \
			schedule(); \
		} \
		finish_wait(&(wq), &wait_); \
		err_; \
	})

/* workqueue.h */

struct work_struct {
	void (*fn)(struct work_struct *work);
	struct work_struct *next;
};

#define WQ_UNBOUND		0
#define INIT_WORK(work, func) \
	do { \
		(work)->fn = (func); \
		(work)->next = NULL; \
	} while (0)

struct workqueue_struct *alloc_workqueue(const char *format, int flags,
					 int active, ...);
void queue_work(struct workqueue_struct *wq, struct work_struct *work);
void destroy_workqueue(struct workqueue_struct *wq);

/* for programs that play the kernel */

#define SHIM_RELAX_NS	1000

void shim_cpus(unsigned int nr);
int shim_cpu_online(unsigned int cpu);
int shim_cpu_offline(unsigned int cpu);
void shim_fail_hotplug(int err);
void shim_signal(struct task_struct *t, bool fatal);
void shim_no_signal(struct task_struct *t);
void shim_fail_allocation(unsigned int nr);
unsigned int shim_allocated(void);
unsigned int shim_warnings(void);
unsigned int shim_expect_warning(bool may);
void shim_stop_clock(void);
void shim_run_clock(void);
void shim_skip(u64 ns);
bool shim_runs(void);
bool shim_sleeps(const struct task_struct *t);
void shim_hold(void);
void shim_release(void);
void shim_settle(void);
void shim_pause(void);

#endif /* ENGINE_USER_SHIM_H */
