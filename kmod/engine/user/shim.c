// SPDX-License-Identifier: GPL-2.0-only
/*
 * shim.c - threads, sleep and wake-up, memory, CPUs: the kernel below the engine
 */
#include <malloc.h>

#include "shim.h"

/* threads */

/* Guards which kthreads there are, and which of them rest. */
static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_cond = PTHREAD_COND_INITIALIZER;
static struct task_struct *kthreads;
static bool held;

static _Thread_local struct task_struct *me;
static _Thread_local struct task_struct own;

/* No store of the state is under way. */
#define NOTHING_STORED	UINT_MAX

static void init_task(struct task_struct *t)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->cond, &attr);
	pthread_condattr_destroy(&attr);
	t->cpus_ptr = &shim_possible;
	t->expires = KTIME_MAX;
	t->stored = NOTHING_STORED;
}

/**
 * shim_current - the thread that calls
 *
 * Return: what it is to others, for as long as it lives.
 */
struct task_struct *shim_current(void)
{
	if (!me) {
		init_task(&own);
		me = &own;
	}
	return me;
}

/**
 * shim_store_state - what the calling thread says of its state, others see
 */
void shim_store_state(void)
{
	struct task_struct *t = current;

	if (t->stored != NOTHING_STORED)
		WRITE_ONCE(t->state, t->stored);
	t->stored = NOTHING_STORED;
}

/**
 * shim_runs - does the calling thread say so?
 *
 * Return: false for one of the kernel's that is about to sleep.
 */
bool shim_runs(void)
{
	const struct task_struct *t = current;
	unsigned int state = t->stored != NOTHING_STORED ? t->stored :
							   READ_ONCE(t->state);

	return !t->kthread || state == TASK_RUNNING;
}

/* While the clock stands: what it shows. */
static u64 stands_at;

u64 local_clock(void)
{
	u64 at = __atomic_load_n(&stands_at, __ATOMIC_RELAXED);
	struct timespec now;

	if (at)
		return at;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/**
 * shim_stop_clock - from now on time goes by only where a program says so
 *
 * And by SHIM_RELAX_NS at each cpu_relax(), so that no spinning is without end.
 */
void shim_stop_clock(void)
{
	__atomic_store_n(&stands_at, local_clock(), __ATOMIC_RELAXED);
}

/**
 * shim_run_clock - the end of that
 */
void shim_run_clock(void)
{
	__atomic_store_n(&stands_at, 0, __ATOMIC_RELAXED);
}

/**
 * shim_skip - let time go by on a clock that stands
 * @ns: how much
 */
void shim_skip(u64 ns)
{
	__atomic_fetch_add(&stands_at, ns, __ATOMIC_RELAXED);
}

void cpu_relax(void)
{
	if (__atomic_load_n(&stands_at, __ATOMIC_RELAXED))
		shim_skip(SHIM_RELAX_NS);
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

ktime_t ktime_get(void)
{
	return (ktime_t)local_clock();
}

/* Begin or end to rest, which a kthread does not end while all are held. */
static void rest(struct task_struct *t, bool resting)
{
	pthread_mutex_lock(&all);
	while (!resting && held && t->kthread)
		pthread_cond_wait(&all_cond, &all);
	t->resting = resting;
	if (resting)
		pthread_cond_broadcast(&all_cond);
	pthread_mutex_unlock(&all);
}

/**
 * shim_pause - a point where the calling kthread may be held
 */
void shim_pause(void)
{
	struct task_struct *t = current;

	if (!READ_ONCE(held) || !t->kthread)
		return;
	rest(t, true);
	rest(t, false);
}

/* Who has slept long enough is about to leave schedule(). */
static bool sleeps(const struct task_struct *t)
{
	return t->resting && READ_ONCE(t->expires) > ktime_get();
}

/**
 * shim_sleeps - is a thread in schedule()?
 * @t: thread
 *
 * Return: whether it is, or is one of the kernel's and held.
 */
bool shim_sleeps(const struct task_struct *t)
{
	bool resting;

	pthread_mutex_lock(&all);
	resting = sleeps(t);
	pthread_mutex_unlock(&all);
	return resting;
}

static bool all_rest(void)
{
	const struct task_struct *t;

	for (t = kthreads; t; t = t->next)
		if (!t->resting)
			return false;
	return true;
}

static bool all_sleep(void)
{
	const struct task_struct *t;

	for (t = kthreads; t; t = t->next)
		if (!sleeps(t) || READ_ONCE(t->state) == TASK_RUNNING)
			return false;
	return true;
}

/**
 * shim_hold - keep all kthreads from going on
 *
 * Returns when each of them rests: between two steps, or asleep. None leaves
 * schedule() or a pause before shim_release(), whatever wakes it. What the
 * caller does meanwhile to what is theirs they do not notice.
 */
void shim_hold(void)
{
	pthread_mutex_lock(&all);
	WRITE_ONCE(held, true);
	while (!all_rest())
		pthread_cond_wait(&all_cond, &all);
	pthread_mutex_unlock(&all);
}

/**
 * shim_release - let kthreads go on
 */
void shim_release(void)
{
	pthread_mutex_lock(&all);
	WRITE_ONCE(held, false);
	pthread_cond_broadcast(&all_cond);
	pthread_mutex_unlock(&all);
}

int wake_up_process(struct task_struct *t)
{
	bool slept;

	/* what the caller did before, against the state: (K) */
	smp_mb();
	pthread_mutex_lock(&t->lock);
	slept = READ_ONCE(t->state) != TASK_RUNNING;
	if (slept) {
		WRITE_ONCE(t->state, TASK_RUNNING);
		pthread_cond_signal(&t->cond);
	}
	pthread_mutex_unlock(&t->lock);
	return slept;
}

static bool may_sleep(const struct task_struct *t)
{
	unsigned int state = READ_ONCE(t->state);

	return state != TASK_RUNNING && !signal_pending_state(state, t);
}

/*
 * Sleep for a while, until @expires at most. Where the clock stands that is a
 * point on another clock: look again soon. Return: whether that is over.
 */
static bool doze(struct task_struct *t, ktime_t expires)
{
	bool stands = __atomic_load_n(&stands_at, __ATOMIC_RELAXED);
	struct timespec end;

	if (expires <= ktime_get())
		return true;
	if (stands) {
		clock_gettime(CLOCK_MONOTONIC, &end);
		expires = end.tv_sec * 1000000000 + end.tv_nsec + 50000;
	}
	end.tv_sec = expires / 1000000000;
	end.tv_nsec = expires % 1000000000;
	return pthread_cond_timedwait(&t->cond, &t->lock, &end) && !stands;
}

int schedule_hrtimeout_range_clock(const ktime_t *expires, u64 slack, int mode,
				   int clock)
{
	struct task_struct *t = current;
	bool err = false;

	(void)slack;
	(void)mode;
	(void)clock;
	WRITE_ONCE(t->expires, expires ? *expires : KTIME_MAX);
	shim_store_state();
	rest(t, true);
	pthread_mutex_lock(&t->lock);
	while (may_sleep(t) && !err) {
		if (expires)
			err = doze(t, *expires);
		else
			pthread_cond_wait(&t->cond, &t->lock);
	}
	WRITE_ONCE(t->state, TASK_RUNNING);
	pthread_mutex_unlock(&t->lock);
	t->stored = NOTHING_STORED;
	rest(t, false);
	WRITE_ONCE(t->expires, KTIME_MAX);
	return err ? 0 : -EINTR;
}

void schedule(void)
{
	schedule_hrtimeout_range_clock(NULL, 0, HRTIMER_MODE_ABS,
				       CLOCK_MONOTONIC);
}

static void *run_kthread(void *arg)
{
	struct task_struct *t = arg;

	me = t;
	pthread_mutex_lock(&t->lock);
	while (READ_ONCE(t->state) != TASK_RUNNING)
		pthread_cond_wait(&t->cond, &t->lock);
	pthread_mutex_unlock(&t->lock);
	rest(t, false);
	t->fn(t->data);
	rest(t, true);
	return NULL;
}

struct task_struct *kthread_create_on_node(int (*fn)(void *data), void *data,
					   int node, const char *format, ...)
{
	struct task_struct *t = shim_alloc(sizeof(*t));

	(void)node;
	(void)format;
	if (!t)
		return ERR_PTR(-ENOMEM);
	init_task(t);
	t->state = TASK_UNINTERRUPTIBLE;
	t->kthread = true;
	t->resting = true;
	t->fn = fn;
	t->data = data;
	if (pthread_create(&t->thread, NULL, run_kthread, t)) {
		shim_free(t);
		return ERR_PTR(-EAGAIN);
	}
	pthread_mutex_lock(&all);
	t->next = kthreads;
	kthreads = t;
	pthread_mutex_unlock(&all);
	return t;
}

int kthread_stop(struct task_struct *t)
{
	struct task_struct **link = &kthreads;

	WRITE_ONCE(t->stop, true);
	wake_up_process(t);
	pthread_join(t->thread, NULL);
	pthread_mutex_lock(&all);
	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	pthread_mutex_unlock(&all);
	shim_free(t);
	return 0;
}

bool kthread_should_stop(void)
{
	return READ_ONCE(current->stop);
}

void set_cpus_allowed_ptr(struct task_struct *t, const struct cpumask *mask)
{
	WRITE_ONCE(t->cpus_ptr, mask);
}

/**
 * shim_signal - send a thread a signal
 * @t: thread
 * @fatal: it is one that kills
 */
void shim_signal(struct task_struct *t, bool fatal)
{
	pthread_mutex_lock(&t->lock);
	WRITE_ONCE(t->signal, true);
	if (fatal)
		WRITE_ONCE(t->killed, true);
	pthread_cond_signal(&t->cond);
	pthread_mutex_unlock(&t->lock);
}

/**
 * shim_no_signal - a thread has handled its signals
 * @t: thread
 */
void shim_no_signal(struct task_struct *t)
{
	WRITE_ONCE(t->signal, false);
	WRITE_ONCE(t->killed, false);
}

/* wait queues and completions */

void init_waitqueue_head(wait_queue_head_t *wq)
{
	pthread_mutex_init(&wq->lock, NULL);
	INIT_LIST_HEAD(&wq->entries);
	wq->nr = 0;
}

void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait,
		     unsigned int state)
{
	pthread_mutex_lock(&wq->lock);
	if (list_empty(&wait->list)) {
		list_add_tail(&wait->list, &wq->entries);
		WRITE_ONCE(wq->nr, wq->nr + 1);
	}
	set_current_state(state);
	pthread_mutex_unlock(&wq->lock);
}

static void leave(wait_queue_head_t *wq, struct wait_queue_entry *wait)
{
	if (list_empty(&wait->list))
		return;
	list_del_init(&wait->list);
	WRITE_ONCE(wq->nr, wq->nr - 1);
}

void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait)
{
	set_current_state(TASK_RUNNING);
	pthread_mutex_lock(&wq->lock);
	leave(wq, wait);
	pthread_mutex_unlock(&wq->lock);
}

void wake_up(wait_queue_head_t *wq)
{
	struct wait_queue_entry *wait, *next;

	pthread_mutex_lock(&wq->lock);
	list_for_each_entry_safe(wait, next, &wq->entries, list) {
		struct task_struct *t = wait->task;

		leave(wq, wait);
		wake_up_process(t);
	}
	pthread_mutex_unlock(&wq->lock);
}

void complete(struct completion *c)
{
	pthread_mutex_lock(&c->m);
	c->done = true;
	pthread_cond_signal(&c->cond);
	pthread_mutex_unlock(&c->m);
}

void wait_for_completion(struct completion *c)
{
	pthread_mutex_lock(&c->m);
	while (!c->done)
		pthread_cond_wait(&c->cond, &c->m);
	pthread_mutex_unlock(&c->m);
}

/* work items */

/**
 * struct workqueue_struct - work items and the thread that does them
 * @lock: guards all
 * @cond: something came
 * @first: of those to be done
 * @stop: end when all is done
 * @thread: that does them
 */
struct workqueue_struct {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct work_struct *first;
	bool stop;
	pthread_t thread;
};

/* queued, or being done */
static unsigned int works;

static void *run_works(void *arg)
{
	struct workqueue_struct *wq = arg;
	struct work_struct *work;

	pthread_mutex_lock(&wq->lock);
	while (wq->first || !wq->stop) {
		work = wq->first;
		if (!work) {
			pthread_cond_wait(&wq->cond, &wq->lock);
			continue;
		}
		wq->first = work->next;
		pthread_mutex_unlock(&wq->lock);
		/* it may free the work item */
		work->fn(work);
		__atomic_fetch_sub(&works, 1, __ATOMIC_RELEASE);
		pthread_mutex_lock(&wq->lock);
	}
	pthread_mutex_unlock(&wq->lock);
	return NULL;
}

struct workqueue_struct *alloc_workqueue(const char *format, int flags,
					 int active, ...)
{
	struct workqueue_struct *wq = shim_alloc(sizeof(*wq));

	(void)format;
	(void)flags;
	(void)active;
	if (!wq)
		return NULL;
	pthread_mutex_init(&wq->lock, NULL);
	pthread_cond_init(&wq->cond, NULL);
	if (pthread_create(&wq->thread, NULL, run_works, wq)) {
		shim_free(wq);
		return NULL;
	}
	return wq;
}

void queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	__atomic_fetch_add(&works, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&wq->lock);
	work->next = wq->first;
	wq->first = work;
	pthread_cond_signal(&wq->cond);
	pthread_mutex_unlock(&wq->lock);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	pthread_mutex_lock(&wq->lock);
	wq->stop = true;
	pthread_cond_signal(&wq->cond);
	pthread_mutex_unlock(&wq->lock);
	pthread_join(wq->thread, NULL);
	shim_free(wq);
}

/**
 * shim_settle - wait until there is nothing left to do
 *
 * That is, until all kthreads sleep and no work item is left. Kthreads must not
 * be held, and nobody else may give them anything to do.
 */
void shim_settle(void)
{
	const struct timespec pause = { .tv_nsec = 20000 };
	bool settled = false;

	while (!settled) {
		pthread_mutex_lock(&all);
		settled = all_sleep();
		pthread_mutex_unlock(&all);
		if (__atomic_load_n(&works, __ATOMIC_ACQUIRE))
			settled = false;
		if (!settled)
			nanosleep(&pause, NULL);
	}
}

/* memory */

static unsigned int fail_in, allocated;

/**
 * shim_fail_allocation - let an allocation fail
 * @nr: which from now on, 1 for the next one; 0 for none
 */
void shim_fail_allocation(unsigned int nr)
{
	__atomic_store_n(&fail_in, nr, __ATOMIC_RELAXED);
}

static bool allocation_fails(void)
{
	unsigned int nr = __atomic_load_n(&fail_in, __ATOMIC_RELAXED);

	while (nr)
		if (__atomic_compare_exchange_n(&fail_in, &nr, nr - 1, false,
						__ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return nr == 1;
	return false;
}

/**
 * shim_alloc - zeroed memory on a cache line of its own
 * @size: bytes
 *
 * Return: the memory, for shim_free(), or NULL.
 */
void *shim_alloc(size_t size)
{
	void *p;

	if (allocation_fails())
		return NULL;
	p = aligned_alloc(64, (size + 127) & ~(size_t)63);
	if (!p)
		return NULL;
	/* what lies behind it is no use to anybody */
	memset(p, 0x6b, malloc_usable_size(p));
	memset(p, 0, size);
	__atomic_fetch_add(&allocated, 1, __ATOMIC_RELAXED);
	return p;
}

/**
 * shim_free - free memory, and make what is in it useless
 * @p: from shim_alloc(), or NULL
 */
void shim_free(void *p)
{
	if (!p)
		return;
	__atomic_fetch_sub(&allocated, 1, __ATOMIC_RELAXED);
	memset(p, 0x6b, malloc_usable_size(p));
	free(p);
}

/**
 * shim_allocated - how much memory is not freed yet
 *
 * Return: how many pieces.
 */
unsigned int shim_allocated(void)
{
	return __atomic_load_n(&allocated, __ATOMIC_RELAXED);
}

static unsigned int warnings, expected;
static bool expecting;

/* Something happened that must not. */
void shim_warn(const char *what)
{
	if (__atomic_load_n(&expecting, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&expected, 1, __ATOMIC_RELAXED);
		return;
	}
	fprintf(stderr, "WARNING: %s\n", what);
	__atomic_fetch_add(&warnings, 1, __ATOMIC_RELAXED);
}

/**
 * shim_warnings - how often something happened that must not
 *
 * Return: how many WARN_ON_ONCE() were true so far.
 */
unsigned int shim_warnings(void)
{
	return __atomic_load_n(&warnings, __ATOMIC_RELAXED);
}

/**
 * shim_expect_warning - from now on what must not happen may, or no longer
 * @may: it may
 *
 * Return: how often it happened since it may.
 */
unsigned int shim_expect_warning(bool may)
{
	__atomic_store_n(&expecting, may, __ATOMIC_RELAXED);
	return __atomic_exchange_n(&expected, 0, __ATOMIC_RELAXED);
}

/* CPUs */

unsigned int shim_nr_cpus = 2;
struct cpumask shim_possible = { 3 };

static unsigned long online = ~0UL;
static struct {
	int (*online)(unsigned int cpu);
	int (*offline)(unsigned int cpu);
	enum cpuhp_state state;
	int err;
} hotplug;

const struct cpumask *cpumask_of(unsigned int cpu)
{
	static struct cpumask single[64];

	WRITE_ONCE(single[cpu].bits, 1UL << cpu);
	return &single[cpu];
}

/**
 * shim_cpus - say how many CPUs there are, before anybody asks
 * @nr: 1 to 64; 2 unless said otherwise
 */
void shim_cpus(unsigned int nr)
{
	shim_nr_cpus = nr;
	shim_possible.bits = flip_mask(nr);
}

int cpuhp_setup_state(enum cpuhp_state state, const char *name,
		      int (*up)(unsigned int cpu), int (*down)(unsigned int cpu))
{
	unsigned int cpu;
	int err = 0;

	(void)name;
	if (hotplug.err)
		return hotplug.err;
	hotplug.online = up;
	hotplug.offline = down;
	for (cpu = 0; cpu < nr_cpu_ids && !err; cpu++)
		if (online >> cpu & 1)
			err = up(cpu);
	hotplug.state = state + 1;
	return err ? err : (int)hotplug.state;
}

void cpuhp_remove_state_nocalls(enum cpuhp_state state)
{
	WARN_ON_ONCE(state != hotplug.state);
	hotplug.online = NULL;
	hotplug.offline = NULL;
}

/**
 * shim_fail_hotplug - let nobody ask to be told of CPUs
 * @err: why not, 0 to let them
 */
void shim_fail_hotplug(int err)
{
	hotplug.err = err;
}

/**
 * shim_cpu_online - a CPU comes
 * @cpu: CPU
 *
 * Return: what the one who asked to be told says.
 */
int shim_cpu_online(unsigned int cpu)
{
	online |= 1UL << cpu;
	return hotplug.online ? hotplug.online(cpu) : 0;
}

/**
 * shim_cpu_offline - a CPU goes
 * @cpu: CPU
 *
 * Return: what the one who asked to be told says.
 */
int shim_cpu_offline(unsigned int cpu)
{
	online &= ~(1UL << cpu);
	return hotplug.offline ? hotplug.offline(cpu) : 0;
}
