// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * submit.c - hand over what was prepared, and wait for what was handed over
 */
#include <errno.h>

#include "internal.h"

static void publish(struct flipq *q, struct flipq_part *p)
{
	unsigned int n = hweight64(p->prepared);

	flip_stage(&p->flip, p->prepared);
	flip_publish(&p->flip);
	p->got &= ~p->prepared;
	p->prepared = 0;
	q->in_flight += n;
	q->usage.submitted += n;
}

/*
 * Hand over all that was prepared, and note in q->kick who sleeps. Return: how
 * many slots.
 */
static unsigned int hand_over(struct flipq *q)
{
	const uint64_t before = q->usage.submitted;
	u64 set;

	if (!q->touched)
		return 0;
	for (set = q->touched; set; set &= set - 1)
		publish(q, &q->parts[flip_next(set, 0)]);
	/* one barrier for all partitions, then the question to each */
	flip_kick_barrier();
	for (set = q->touched; set; set &= set - 1) {
		unsigned int part = flip_next(set, 0);

		if (flip_must_kick(&q->parts[part].flip))
			q->kick |= flip_bit(part);
	}
	q->touched = 0;
	q->usage.batches++;
	return (unsigned int)(q->usage.submitted - before);
}

/*
 * See that there are threads of the pool for those that are to be kicked, but
 * for @except. What a pool has a thread for, or gets one, needs no other kick
 * unless that thread sleeps in the kernel. Where it fails all is left as it was
 * and tried again with the next call.
 */
static int ask_pool(struct flipq *q, u64 except)
{
	u64 set = q->kick & q->pooled & ~except;
	u64 left = set;
	int ret;

	if (!set)
		return 0;
	ret = flipq_pools_wanted(q, &left);
	if (!ret)
		q->kick &= ~set | left;
	return ret;
}

/*
 * One ENTER: kick whom q->kick names, and wait until @minimum of the slots in
 * use have finished, if that is not 0, serving the partition *@serve meanwhile
 * if that is not NULL. With FLIPQ_ENTER_ABSTIME in @clock, @timeout_ns is a point
 * in time. A kick that failed is tried again with the next ENTER, as
 * nobody else would wake these partitions.
 */
static int enter(struct flipq *q, unsigned int minimum, uint64_t timeout_ns,
		 uint32_t clock, const unsigned int *serve)
{
	struct flipq_enter e = { .size = sizeof(e) };
	int ret;

	if (q->kick) {
		e.flags |= FLIPQ_ENTER_KICK;
		e.kick = q->kick;
		q->usage.kicks++;
	}
	if (minimum) {
		e.flags |= FLIPQ_ENTER_WAIT | clock;
		e.minimum = minimum;
		e.timeout = timeout_ns;
		q->usage.waits++;
	}
	if (serve) {
		e.flags |= FLIPQ_ENTER_SERVE;
		e.serve = *serve;
	}
	ret = q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_ENTER, &e);
	/* these three come from the wait, after the kicks */
	if (!ret || ret == -ETIME || ret == -EINTR || ret == -EBUSY)
		q->kick = 0;
	return ret;
}

/* Requests finished and not peeked at. */
static unsigned int finished(struct flipq *q)
{
	unsigned int count = 0, n;

	for (n = 0; n < q->nr_parts; n++) {
		const struct flipq_part *p = &q->parts[n];

		if (flipq_flying(p))
			count += hweight64(flip_finished(&p->flip) &
					   ~p->peeked);
	}
	return count;
}

static int kick(struct flipq *q)
{
	int ret = ask_pool(q, 0);

	if (ret || !q->kick)
		return ret;
	return enter(q, 0, 0, 0, NULL);
}

static int sleep_for(struct flipq *q, unsigned int minimum, uint64_t timeout_ns,
		     uint32_t clock)
{
	int ret = ask_pool(q, 0);

	return ret ? ret : enter(q, minimum, timeout_ns, clock, NULL);
}

/* What is left of @timeout_ns, which began at @start. */
static uint64_t time_left(uint64_t timeout_ns, uint64_t start)
{
	uint64_t took = flipq_now() - start;

	if (timeout_ns == FLIPQ_TIMEOUT_NONE)
		return timeout_ns;
	return took < timeout_ns ? timeout_ns - took : 0;
}

/* As sleep_for(), but work meanwhile, if nobody else does. */
static int serve_for(struct flipq *q, unsigned int minimum, uint64_t timeout_ns,
		     unsigned int part)
{
	int ret = ask_pool(q, flip_bit(part));
	uint64_t start = flipq_now();

	if (ret)
		return ret;
	ret = enter(q, minimum, timeout_ns, 0, &part);
	/* what is left there is for the pool again, which saw it served */
	if (q->pooled & flip_bit(part) && flipq_flying(&q->parts[part]) &&
	    flip_must_kick(&q->parts[part].flip)) {
		q->kick |= flip_bit(part);
		ask_pool(q, 0);
	}
	/* at once, or after a stop in which another thread came */
	return ret == -EBUSY ? sleep_for(q, minimum,
					 time_left(timeout_ns, start), 0) : ret;
}

static int wait_for(struct flipq *q, unsigned int minimum,
		    uint64_t timeout_ns, uint32_t clock,
		    const unsigned int *serve)
{
	unsigned int have = finished(q);
	int ret;

	if (!minimum)
		minimum = q->in_flight - q->in_flight / 2;
	if (minimum > q->in_flight)
		minimum = q->in_flight;
	if (have >= minimum || !timeout_ns) {
		if (q->kick) {
			ret = kick(q);
			if (ret)
				return ret;
		}
		return have >= minimum ? (int)have : -ETIME;
	}
	/* to the kernel, slots peeked at but not given back are in flight */
	minimum += q->unseen;
	ret = serve ? serve_for(q, minimum, timeout_ns, *serve) :
		      sleep_for(q, minimum, timeout_ns, clock);
	return ret ? ret : (int)finished(q);
}

FLIPQ_EXPORT int flipq_submit(struct flipq *q)
{
	unsigned int n;
	int ret;

	if (flipq_barred(q))
		return -EIO;
	n = hand_over(q);
	if (q->kick) {
		ret = kick(q);
		if (ret)
			return ret;
	}
	return (int)n;
}

FLIPQ_EXPORT int flipq_submit_and_wait(struct flipq *q, unsigned int minimum,
				       uint64_t timeout_ns)
{
	if (flipq_barred(q))
		return -EIO;
	hand_over(q);
	return wait_for(q, minimum, timeout_ns, 0, NULL);
}

FLIPQ_EXPORT int flipq_wait(struct flipq *q, unsigned int minimum,
			    uint64_t timeout_ns)
{
	if (flipq_barred(q))
		return -EIO;
	return wait_for(q, minimum, timeout_ns, 0, NULL);
}

FLIPQ_EXPORT int flipq_submit_and_wait_until(struct flipq *q,
					     unsigned int minimum,
					     uint64_t deadline_ns)
{
	if (flipq_barred(q))
		return -EIO;
	hand_over(q);
	return wait_for(q, minimum, deadline_ns, FLIPQ_ENTER_ABSTIME, NULL);
}

FLIPQ_EXPORT int flipq_wait_until(struct flipq *q, unsigned int minimum,
				  uint64_t deadline_ns)
{
	if (flipq_barred(q))
		return -EIO;
	return wait_for(q, minimum, deadline_ns, FLIPQ_ENTER_ABSTIME, NULL);
}

FLIPQ_EXPORT int flipq_submit_and_serve(struct flipq *q, unsigned int minimum,
					uint64_t timeout_ns,
					unsigned int partition)
{
	if (flipq_barred(q))
		return -EIO;
	if (!flipq_owner_served(q, partition))
		return -EINVAL;
	hand_over(q);
	return wait_for(q, minimum, timeout_ns, 0, &partition);
}

FLIPQ_EXPORT int flipq_wait_serve(struct flipq *q, unsigned int minimum,
				  uint64_t timeout_ns, unsigned int partition)
{
	if (flipq_barred(q))
		return -EIO;
	if (!flipq_owner_served(q, partition))
		return -EINVAL;
	return wait_for(q, minimum, timeout_ns, 0, &partition);
}

FLIPQ_EXPORT unsigned int flipq_in_flight(const struct flipq *q)
{
	return flipq_inherited(q) ? 0 : q->in_flight;
}
