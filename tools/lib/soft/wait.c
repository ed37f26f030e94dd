// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * wait.c - who waits for requests, and the servers that wake it
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "soft/soft.h"

/*
 * Sleep on @word, as long as it is @seen, until @end of CLOCK_MONOTONIC. There
 * is an end always: without one the kernel would go on sleeping after a handler
 * with SA_RESTART. Return: 0, -ETIME or -EINTR.
 */
int flipq_soft_sleep(uint32_t *word, uint32_t seen, uint64_t end)
{
	const struct timespec t = {
		.tv_sec = (time_t)(end / 1000000000),
		.tv_nsec = (long)(end % 1000000000),
	};

	if (!syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, &t, NULL,
		     FUTEX_BITSET_MATCH_ANY))
		return 0;
	if (errno == ETIMEDOUT)
		return -ETIME;
	return errno == EINTR ? -EINTR : 0;
}

/* Wake who sleeps on @word, which has changed: there is one at most. */
void flipq_soft_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* How many of the slots that the wait is for have finished? */
static unsigned int finished(const struct soft *s)
{
	unsigned int n, count = 0;

	for (n = 0; n < soft_parts(s); n++) {
		const struct soft_part *p = &s->parts[n];

		count += flip_count(READ_ONCE(*p->server.done_word),
				    READ_ONCE(p->reap), READ_ONCE(p->flight));
	}
	return count;
}

static bool over(const struct soft *s)
{
	return finished(s) >= READ_ONCE(s->minimum);
}

/* A turn has published what it finished: whom does that concern? */
void flipq_soft_published(struct soft *s)
{
	if (flip_wait_armed(&s->waiting) && over(s)) {
		/* (p) pairs with (q): done before the word of the sleeper */
		__atomic_fetch_add(&s->wait_word, 1, __ATOMIC_SEQ_CST);
		flipq_soft_wake(&s->wait_word);
	}
	/* (M) was in flip_wait_armed() and serves who polls, too */
	if (READ_ONCE(s->polled))
		flipq_soft_level(s);
}

/*
 * Make the eventfd say whether there is something to collect. Whoever changes
 * that comes here afterwards, and the last one through the lock sees all.
 */
void flipq_soft_level(struct soft *s)
{
	const uint64_t one = 1;
	uint64_t value;
	bool ready = false;
	unsigned int n;

	pthread_mutex_lock(&s->level);
	for (n = 0; n < soft_parts(s) && !ready; n++) {
		const struct soft_part *p = &s->parts[n];

		ready = flip_observe_ready(&p->sub->reap, &p->comp->done,
					   p->server.mask);
	}
	if (ready != s->raised) {
		ssize_t ret = ready ? write(s->fd, &one, sizeof(one)) :
				      read(s->fd, &value, sizeof(value));

		/* a descriptor that somebody else reads is as it should be */
		(void)ret;
		s->raised = ready;
	}
	pthread_mutex_unlock(&s->level);
}

/* Note what is in flight. */
static void begin(struct soft *s, const struct flipq_enter *e)
{
	const u64 set = e->wait_partitions ? e->wait_partitions : ~0ULL;
	unsigned int minimum = e->minimum, flight = 0, n;

	for (n = 0; n < soft_parts(s); n++) {
		struct soft_part *p = &s->parts[n];
		u64 reap = READ_ONCE(p->sub->reap);
		u64 slots = 0;

		if (set & flip_bit(n))
			slots = (READ_ONCE(p->sub->fill) ^ reap) &
				p->server.mask;
		WRITE_ONCE(p->reap, reap);
		WRITE_ONCE(p->flight, slots);
		flight += hweight64(slots);
	}
	if (!minimum)
		minimum = flight - flight / 2;
	WRITE_ONCE(s->minimum, minimum < flight ? minimum : flight);
	soft_count(&s->waits, 1);
}

static bool spin(const struct soft *s, uint64_t end)
{
	uint64_t now = flipq_now(), stop = now + s->setup.wait_spin_ns;

	if (stop > end)
		stop = end;
	for (; now < stop; now = flipq_now()) {
		if (over(s))
			return true;
		soft_relax();
	}
	return false;
}

static int sleep_until(struct soft *s, uint64_t end)
{
	bool slept = false;
	int ret = 0;

	flip_wait_arm(&s->waiting);
	for (;;) {
		/* (q) pairs with (p): the word before done */
		uint32_t seen = __atomic_load_n(&s->wait_word,
						__ATOMIC_ACQUIRE);

		if (over(s) || ret)
			break;
		slept = true;
		ret = flipq_soft_sleep(&s->wait_word, seen, end);
	}
	flip_wait_disarm(&s->waiting);
	soft_count(&s->sleeping_waits, slept);
	/* what ended the wait does not matter when there is enough */
	return over(s) ? 0 : ret;
}

/* Work rather than wait, until there is enough or nothing left. */
static int serve(struct soft *s, struct soft_part *p, uint64_t end)
{
	if (!flipq_soft_lease(p))
		return -EBUSY;
	soft_count(&p->comp->counters.serves, 1);
	while (!over(s) && flipq_soft_turn(p, ~0U) && flipq_now() < end)
		;
	flipq_soft_lease_end(p);
	return 0;
}

static uint64_t end_of(const struct flipq_enter *e)
{
	if (!(e->flags & FLIPQ_ENTER_ABSTIME))
		return soft_end(e->timeout);
	return e->timeout < SOFT_NEVER ? e->timeout : SOFT_NEVER;
}

int flipq_soft_wait(struct soft *s, struct flipq_enter *e)
{
	uint64_t end = end_of(e);
	int ret = 0;

	/* (j) pairs with (i): alone before what is the waiter's */
	if (__atomic_exchange_n(&s->wait_busy, 1, __ATOMIC_ACQUIRE))
		return -EBUSY;
	begin(s, e);
	if (e->flags & FLIPQ_ENTER_SERVE)
		ret = serve(s, &s->parts[e->serve], end);
	if (!ret && !over(s)) {
		if (!e->timeout)
			ret = -ETIME;
		else if (!spin(s, end))
			ret = sleep_until(s, end);
	}
	e->ready = finished(s);
	/* (i) pairs with (j): what is the waiter's before the next one */
	__atomic_store_n(&s->wait_busy, 0, __ATOMIC_RELEASE);
	return ret;
}
