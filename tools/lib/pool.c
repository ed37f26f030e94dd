// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * pool.c - threads that serve the owner-served partitions, as many as needed
 *
 * A thread takes a partition that has work and no server, serves it in the
 * kernel for a while, and looks again. Idle threads sleep here, not there, so
 * that no signal is needed to reach them, and few threads serve many
 * partitions.
 *
 * No submission is overlooked. The kernel sets need_wakeup when a thread leaves
 * it, and then the thread looks at fill, under the lock. The submitter changes
 * fill, reads need_wakeup, and if that is set takes the lock. So the thread
 * sees the request, or the submitter finds the partition without a thread. All
 * looks and all changes of who serves what are under the lock.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"

/* How long a thread stays with a partition that has nothing to do any more. */
#define LINGER_NS	1000000

/* How long until a partition that somebody else serves is looked at again. */
#define RETRY_NS	1000000

/*
 * Serve for about this long before looking at other partitions, and at the
 * pool.
 */
#define TURN_NS		1000000
#define TURN_MAX	64

/* How long threads that stand in for shared workers stay without work. */
#define STAND_IN_NS	1000000000

/* More stands for no limit. */
#define IDLE_MAX	0x1000000000000000ULL

/**
 * struct member - a thread, or room for one
 * @pool: its pool
 * @thread: to be joined
 * @used: @thread is one
 * @ended: which is on its way out and touches nothing any more
 */
struct member {
	struct flipq_pool *pool;
	pthread_t thread;
	bool used;
	bool ended;
};

/**
 * struct flipq_pool - a pool; all but @q and @set is under @lock
 * @q: queue
 * @set: partitions that it serves
 * @lock: for the rest
 * @work: threads without work sleep here
 * @config: limits
 * @state: counters
 * @served: partitions that a thread has
 * @foreign: partitions that somebody else was found to serve
 * @next: where the next search for a partition starts
 * @stop: all threads end
 * @members: of which @state.threads are alive
 */
struct flipq_pool {
	struct flipq *q;
	u64 set;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct flipq_pool_config config;
	struct flipq_pool_state state;
	u64 served;
	u64 foreign;
	unsigned int next;
	bool stop;
	struct member members[FLIPQ_MAX_PARTITIONS];
};

/* Partitions with work that no thread of the pool is about. */
static u64 unserved(const struct flipq_pool *p)
{
	u64 set, found = 0;

	for (set = p->set & ~p->served; set; set &= set - 1) {
		unsigned int part = flip_next(set, 0);
		const struct flip_submitter *s = &p->q->parts[part].flip;

		if (flip_observe_busy(s->fill_word, s->done_word, s->mask))
			found |= flip_bit(part);
	}
	return found;
}

/* Sleep until woken. Return: ETIMEDOUT after @ns. */
static int sleep_ns(struct flipq_pool *p, uint64_t ns)
{
	uint64_t end = flipq_now() + ns;
	const struct timespec t = {
		.tv_sec = (time_t)(end / 1000000000),
		.tv_nsec = (long)(end % 1000000000),
	};

	return pthread_cond_timedwait(&p->work, &p->lock, &t);
}

/* There is nothing to do. Return: whether to look again, or else to end. */
static bool rest(struct flipq_pool *p)
{
	if (p->foreign) {
		sleep_ns(p, RETRY_NS);
		p->foreign = 0;
		return true;
	}
	if (p->state.threads <= p->config.min || p->config.idle_ns > IDLE_MAX) {
		pthread_cond_wait(&p->work, &p->lock);
		return true;
	}
	/*
	 * what came just now is still for this thread, as the submitter counted
	 * on it
	 */
	return sleep_ns(p, p->config.idle_ns) != ETIMEDOUT || unserved(p) ||
	       p->state.threads <= p->config.min;
}

/* So many requests next time that it takes about TURN_NS. */
static unsigned int adapt(unsigned int turn, uint64_t took_ns)
{
	if (took_ns > TURN_NS)
		return turn > 1 ? turn / 2 : 1;
	return turn < TURN_MAX ? turn * 2 : turn;
}

/* Be the server of @part for a turn of *@turn requests. */
static void serve(struct flipq_pool *p, unsigned int part, unsigned int *turn)
{
	const unsigned int parts = hweight64(p->set);
	uint64_t start, linger = 0;
	int done;

	p->served |= flip_bit(part);
	p->state.serving++;
	/* with fewer threads another partition may need this one */
	if (p->state.threads >= parts)
		linger = LINGER_NS;
	pthread_mutex_unlock(&p->lock);
	start = flipq_now();
	done = flipq_serve(p->q, part, *turn, linger);
	if (done == (int)*turn)
		*turn = adapt(*turn, flipq_now() - start);
	pthread_mutex_lock(&p->lock);
	p->state.serving--;
	p->served &= ~flip_bit(part);
	if (done >= 0)
		p->state.requests += (uint64_t)done;
	else if (done != -EINTR)
		p->foreign |= flip_bit(part);
}

static void *run(void *arg)
{
	struct member *m = arg;
	struct flipq_pool *p = m->pool;
	unsigned int turn = 1;

	pthread_mutex_lock(&p->lock);
	/*
	 * A thread that ends because there are too many leaves its work to
	 * others, which know of it: all that slept were woken when the limit
	 * fell, and none sleeps again as long as there are too many.
	 */
	while (!p->stop && p->state.threads <= p->config.max) {
		u64 set = unserved(p) & ~p->foreign;

		if (set) {
			unsigned int part = flip_next(set, p->next);

			p->next = (part + 1) % FLIPQ_MAX_PARTITIONS;
			/* one who sleeps may help with the others */
			if (set & ~flip_bit(part))
				pthread_cond_signal(&p->work);
			serve(p, part, &turn);
		} else if (!rest(p)) {
			break;
		}
	}
	p->state.threads--;
	p->state.ended++;
	m->ended = true;
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* One more thread. There is room, as there are fewer than partitions. */
static int start(struct flipq_pool *p)
{
	struct member *m = p->members;
	sigset_t all, old;
	int ret;

	while (m->used && !m->ended)
		m++;
	if (m->used)
		pthread_join(m->thread, NULL);
	m->pool = p;
	m->used = false;
	m->ended = false;
	/* the process's signals are for the threads that know of them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&m->thread, NULL, run, m);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		return -ret;
	m->used = true;
	p->state.threads++;
	p->state.started++;
	return 0;
}

static int start_min(struct flipq_pool *p)
{
	int ret = 0;

	while (!ret && p->state.threads < p->config.min)
		ret = start(p);
	return ret;
}

/* As flipq_pools_wanted(), of one pool. */
static int wanted(struct flipq_pool *p, u64 *set)
{
	unsigned int need, seekers;
	int ret = 0;

	pthread_mutex_lock(&p->lock);
	p->foreign &= ~*set;
	need = hweight64(unserved(p));
	/* those that will look at the partitions before they sleep or end */
	seekers = p->state.threads - p->state.serving;
	for (; seekers < need && p->state.threads < p->config.max; seekers++) {
		ret = start(p);
		if (ret)
			break;
	}
	for (; need && seekers; need--, seekers--)
		pthread_cond_signal(&p->work);
	/* any thread comes by sooner or later */
	if (p->state.threads) {
		*set &= p->served;
		ret = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return ret;
}

int flipq_pools_wanted(struct flipq *q, u64 *set)
{
	struct flipq_pool *const pools[] = { q->pool, q->stand_in };
	u64 left = 0;
	size_t i;

	for (i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		u64 part = pools[i] ? *set & pools[i]->set : 0;
		int ret = part ? wanted(pools[i], &part) : 0;

		if (ret)
			return ret;
		left |= part;
	}
	*set = left;
	return 0;
}

/* Put defaults into @config. Return: whether it makes sense for @set. */
static bool limits(u64 set, struct flipq_pool_config *config)
{
	const unsigned int parts = hweight64(set);

	if (!config->max)
		config->max = parts;
	return parts && config->max <= parts && config->min <= config->max;
}

/*
 * A child has neither the threads of the pool, nor one that would unlock its
 * lock or leave its condition. The memory is what is left of it.
 */
static bool gone(const struct flipq_pool *p)
{
	return flipq_inherited(p->q);
}

/* End the pool's threads. */
static void end(struct flipq_pool *pool)
{
	unsigned int n;

	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (n = 0; n < FLIPQ_MAX_PARTITIONS; n++)
		if (pool->members[n].used)
			pthread_join(pool->members[n].thread, NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
}

/* Close the pool *@where. */
static void close_pool(struct flipq_pool **where)
{
	struct flipq_pool *pool = *where;

	if (!gone(pool))
		end(pool);
	pool->q->pooled &= ~pool->set;
	*where = NULL;
	free(pool);
}

/* Make the pool *@where of @q, for the partitions of @set. */
static int open_pool(struct flipq_pool **where, struct flipq *q, u64 set,
		     const struct flipq_pool_config *config)
{
	pthread_condattr_t attr;
	struct flipq_pool *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->q = q;
	p->set = set;
	p->config = *config;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->work, &attr);
	pthread_condattr_destroy(&attr);
	*where = p;
	q->pooled |= set;
	pthread_mutex_lock(&p->lock);
	ret = start_min(p);
	pthread_mutex_unlock(&p->lock);
	if (ret)
		close_pool(where);
	return ret;
}

FLIPQ_EXPORT int flipq_pool_open_sized(struct flipq_pool **pool,
				       struct flipq *q,
				       const struct flipq_pool_config *config,
				       size_t size)
{
	struct flipq_pool_config c;
	int ret = flipq_copy_in(&c, sizeof(c), config, size);

	*pool = NULL;
	if (ret)
		return ret;
	if (flipq_barred(q))
		return -EIO;
	if (!limits(q->owner.set, &c))
		return -EINVAL;
	if (q->pool)
		return -EBUSY;
	ret = open_pool(&q->pool, q, q->owner.set, &c);
	*pool = q->pool;
	return ret;
}

int flipq_stand_in_open(struct flipq *q)
{
	struct flipq_pool_config config = {
		.max = hweight64(q->shared.set),
		.idle_ns = STAND_IN_NS,
	};
	const unsigned int cpus = q->sys->cpus(q->sys);

	/* as there is a worker for each CPU, whatever there is of partitions */
	if (q->sys->in_process && cpus < config.max)
		config.max = cpus;
	return open_pool(&q->stand_in, q, q->shared.set, &config);
}

FLIPQ_EXPORT int flipq_pool_set_sized(struct flipq_pool *pool,
				      const struct flipq_pool_config *config,
				      size_t size)
{
	struct flipq_pool_config c;
	int ret = flipq_copy_in(&c, sizeof(c), config, size);

	if (ret)
		return ret;
	if (gone(pool))
		return -EIO;
	if (!limits(pool->set, &c))
		return -EINVAL;
	pthread_mutex_lock(&pool->lock);
	pool->config = c;
	ret = start_min(pool);
	/* some are too many and end, the others look at the limits anew */
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	return ret;
}

FLIPQ_EXPORT void flipq_pool_state_sized(struct flipq_pool *pool,
					 struct flipq_pool_state *state,
					 size_t size)
{
	static const struct flipq_pool_state none;

	if (gone(pool)) {
		flipq_copy_out(state, size, &none, sizeof(none));
		return;
	}
	pthread_mutex_lock(&pool->lock);
	flipq_copy_out(state, size, &pool->state, sizeof(pool->state));
	pthread_mutex_unlock(&pool->lock);
}

FLIPQ_EXPORT void flipq_pool_close(struct flipq_pool *pool)
{
	if (pool)
		close_pool(&pool->q->pool);
}

void flipq_stand_in_close(struct flipq *q)
{
	if (q->stand_in)
		close_pool(&q->stand_in);
}
