// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fake_serve.c - a kernel for the tests: the owner's threads as servers, and
 * cancelling
 */
#include <errno.h>
#include <time.h>

#include "fake.h"

/* As the module's default. */
#define TURN	8

static bool owner_served(const struct fake *f, unsigned int part)
{
	return part >= f->made.partitions && part < f->nr_parts;
}

static bool lease(struct fake *f, unsigned int part)
{
	struct fake_part *p = &f->parts[part];
	bool got;

	pthread_mutex_lock(&f->lock);
	got = !p->leased;
	if (got)
		p->serves++;
	else
		p->refused++;
	p->leased = true;
	pthread_mutex_unlock(&f->lock);
	if (got)
		WRITE_ONCE(*p->server.need_wakeup, 0);
	return got;
}

static void lease_end(struct fake *f, unsigned int part)
{
	struct fake_part *p = &f->parts[part];

	WRITE_ONCE(*p->server.need_wakeup, 1);
	pthread_mutex_lock(&f->lock);
	p->leased = false;
	pthread_mutex_unlock(&f->lock);
	/* need_wakeup before the caller's look at fill, as the module has it */
	smp_mb();
}

/* Return: whether there is something to do, before @end. */
static bool idle(struct fake *f, unsigned int part, const struct timespec *end)
{
	bool come = false;
	int ret = 0;

	pthread_mutex_lock(&f->lock);
	while (!ret) {
		come = !fake_park(f, part);
		if (come)
			break;
		ret = pthread_cond_timedwait(&f->cond, &f->lock, end);
	}
	pthread_mutex_unlock(&f->lock);
	/* one last look, as the module's */
	return come || !fake_park(f, part);
}

static struct timespec deadline(uint64_t ns)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (ns > 1000000000000ULL)
		ns = 1000000000000ULL;
	ns += (uint64_t)t.tv_nsec;
	t.tv_sec += (time_t)(ns / 1000000000);
	t.tv_nsec = (long)(ns % 1000000000);
	return t;
}

int fake_serve(struct fake *f, struct flipq_serve *s)
{
	if (s->size != sizeof(*s) || s->flags || s->served ||
	    !owner_served(f, s->partition))
		return -EINVAL;
	s->served = s->resume_served;
	if (f->taken_served) {
		s->served = f->taken_served;
		return -EBUSY;
	}
	if (!lease(f, s->partition))
		return -EBUSY;
	while (!s->requests || s->served < s->requests) {
		uint64_t left = s->requests - s->served;
		unsigned int n, most = TURN;
		struct timespec end;

		if (s->requests && left < TURN)
			most = (unsigned int)left;
		n = fake_turn(f, s->partition, most);
		s->served += n;
		if (n) {
			fake_wake_waiter(f);
			continue;
		}
		end = deadline(s->idle);
		if (!idle(f, s->partition, &end))
			break;
	}
	lease_end(f, s->partition);
	return 0;
}

int fake_wait_serve(struct fake *f, unsigned int part)
{
	const struct timespec late = { .tv_nsec = (long)f->taken_after };

	if (!owner_served(f, part))
		return -EINVAL;
	if (f->taken_after) {
		nanosleep(&late, NULL);
		return -EBUSY;
	}
	if (!lease(f, part))
		return -EBUSY;
	while (fake_count_done(f) < f->minimum && fake_turn(f, part, TURN))
		;
	lease_end(f, part);
	return 0;
}

static unsigned int cancel_part(struct fake *f, unsigned int part, u64 slots)
{
	struct fake_part *p = &f->parts[part];
	unsigned int n = 0;
	u64 set;

	/* between two turns nothing has started */
	pthread_mutex_lock(&p->lock);
	for (set = flip_pending(&p->server) & slots; set; set &= set - 1) {
		unsigned int slot = flip_next(set, 0);

		*fake_part_result(f, p, slot) =
			(struct flipq_result){ .status = -ECANCELED };
		flip_finish(&p->server, slot);
		n++;
	}
	flip_publish_finished(&p->server);
	pthread_mutex_unlock(&p->lock);
	fake_wake_waiter(f);
	return n;
}

int fake_cancel(struct fake *f, struct flipq_cancel *c)
{
	unsigned int n;

	f->cancels++;
	if (c->size != sizeof(*c) || c->flags & ~FLIPQ_CANCEL_ALL ||
	    (c->flags && (c->partition || c->slots)) ||
	    c->partition >= f->nr_parts || c->slots & ~flip_mask(f->made.slots))
		return -EINVAL;
	c->cancelled = 0;
	if (!c->flags)
		c->cancelled = cancel_part(f, c->partition, c->slots);
	for (n = 0; c->flags && n < f->nr_parts; n++)
		c->cancelled += cancel_part(f, n, ~0ULL);
	return 0;
}
