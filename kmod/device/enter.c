// SPDX-License-Identifier: GPL-2.0-only
/*
 * enter.c - FLIPQ_IOC_ENTER, SERVE and CANCEL: what a queue's owner has done
 */
#include <linux/sched/signal.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include "device/call.h"

/* How far the caller's CLOCK_MONOTONIC is ahead, in a time namespace. */
static ktime_t flipq_clock_offset(void)
{
	struct timespec64 t = {};

	timens_add_monotonic(&t);
	return timespec64_to_ktime(t);
}

/* A point in time that the user gave, as ktime_get() counts; 0 for one past. */
static ktime_t flipq_clock_from_user(u64 time)
{
	ktime_t offset = flipq_clock_offset();

	if (time > KTIME_MAX)
		return KTIME_MAX;
	if (offset < 0)
		return ktime_add_safe(time, -offset);
	return max_t(s64, time - offset, 0);
}

/* The reverse; 0 for KTIME_MAX, which is no point in time. */
static u64 flipq_clock_to_user(ktime_t time)
{
	if (time == KTIME_MAX)
		return 0;
	return time + flipq_clock_offset();
}

static ktime_t flipq_deadline(const struct flipq_enter *e)
{
	if (!e->timeout)
		return 0;
	if (e->timeout > KTIME_MAX)
		return KTIME_MAX;
	if (e->flags & FLIPQ_ENTER_ABSTIME)
		return flipq_clock_from_user(e->timeout);
	if (e->resume)
		return flipq_clock_from_user(e->resume);
	return ktime_add_safe(ktime_get(), e->timeout);
}

/* What a call that was interrupted has to know when it is made again. */
static u64 flipq_enter_resume(const struct flipq_enter *e, ktime_t deadline)
{
	if (e->flags & FLIPQ_ENTER_ABSTIME)
		return 0;
	return flipq_clock_to_user(deadline);
}

/*
 * A signal without a handler, a stop, a debugger, the freezer and task work all
 * look the same here, and after them the call is made again by itself; with a
 * handler the caller gets EINTR. A restart block would do that without a word
 * in the user's memory, but it has to outlive the module.
 */
static long flipq_restart(long err)
{
	return err == -EINTR ? -ERESTARTNOHAND : err;
}

static int flipq_check_enter(const struct flipq_enter *e,
			     const struct flipq_queue *fq)
{
	if (e->kick && !(e->flags & FLIPQ_ENTER_KICK))
		return -EINVAL;
	if ((e->kick | e->wait_partitions) & ~flip_mask(fq->nr))
		return -EINVAL;
	if (e->flags & FLIPQ_ENTER_SERVE ? !flipq_owner_served(fq, e->serve) :
					   e->serve)
		return -EINVAL;
	if (e->resume && (!(e->flags & FLIPQ_ENTER_WAIT) ||
			  (e->flags & FLIPQ_ENTER_ABSTIME)))
		return -EINVAL;
	if (!(e->flags & FLIPQ_ENTER_WAIT) &&
	    (e->minimum || e->timeout || e->sigmask || e->wait_partitions ||
	     (e->flags & (FLIPQ_ENTER_ABSTIME | FLIPQ_ENTER_SERVE))))
		return -EINVAL;
	if (e->sigsetsize != (e->sigmask ? sizeof(sigset_t) : 0))
		return -EINVAL;
	return 0;
}

static int flipq_wait(struct flipq_queue *fq, struct flipq_enter *e,
		      ktime_t deadline)
{
	struct engine_queue *q = fq->queue;
	u64 partitions = flip_mask(fq->nr);
	int err;

	/* Masked once more, for a CPU that runs ahead of the check. */
	if (e->wait_partitions)
		partitions &= e->wait_partitions;
	err = engine_wait_begin(q, partitions, e->minimum);
	if (err)
		return err;
	if (e->flags & FLIPQ_ENTER_SERVE)
		err = engine_serve_wait(q, q->parts[flipq_index(fq, e->serve)],
					&flipq_turn_limits, deadline);
	if (!err)
		err = engine_wait(q, deadline);
	e->ready = engine_wait_end(q);
	return err;
}

/*
 * A wait under another signal mask, as ppoll() does it: where a signal ended
 * the wait, the old mask comes back only after its handler was chosen.
 */
static int flipq_wait_masked(struct flipq_queue *fq, struct flipq_enter *e,
			     ktime_t deadline)
{
	sigset_t mask, old;
	int err;

	if (copy_from_user(&mask, u64_to_user_ptr(e->sigmask), sizeof(mask)))
		return -EFAULT;
	sigdelsetmask(&mask, sigmask(SIGKILL) | sigmask(SIGSTOP));
	sigprocmask(SIG_SETMASK, &mask, &old);
	err = flipq_wait(fq, e, deadline);
	if (err == -EINTR) {
		current->saved_sigmask = old;
		set_restore_sigmask();
	} else {
		sigprocmask(SIG_SETMASK, &old, NULL);
	}
	return err;
}

/*
 * Who was interrupted finds its struct as it gave it, but for where to go on
 * from: the same struct is a call once more.
 */
static long flipq_enter_wait(struct flipq_queue *fq, struct flipq_enter *e)
{
	ktime_t deadline = flipq_deadline(e);
	int err;

	if (e->sigmask)
		err = flipq_wait_masked(fq, e, deadline);
	else
		err = flipq_wait(fq, e, deadline);
	e->resume = 0;
	if (err == -EINTR) {
		e->resume = flipq_enter_resume(e, deadline);
		e->ready = 0;
	}
	return flipq_restart(err);
}

/* Kick and/or wait. */
long flipq_call_enter(struct flipq_call *call)
{
	struct flipq_enter *e = &call->arg.enter;
	struct flipq_queue *fq = call->queue;
	int err = flipq_check_enter(e, fq);

	if (err)
		return err;
	/* The mask is for a CPU that runs ahead of the check, too. */
	engine_queue_kick(fq->queue, e->kick & flip_mask(fq->nr));
	if (!(e->flags & FLIPQ_ENTER_WAIT))
		return 0;
	call->answer = true;
	return flipq_enter_wait(fq, e);
}

/* Be the server of a partition. */
long flipq_call_serve(struct flipq_call *call)
{
	struct flipq_serve *s = &call->arg.serve;
	struct flipq_queue *fq = call->queue;
	u64 served = s->resume_served;
	ktime_t idle_end = 0;
	long err;

	if (!flipq_owner_served(fq, s->partition))
		return -EINVAL;
	if (s->resume_idle)
		idle_end = flipq_clock_from_user(s->resume_idle);
	call->answer = true;
	err = engine_serve(fq->queue->parts[flipq_index(fq, s->partition)],
			   &flipq_turn_limits, s->requests, s->idle, &idle_end,
			   &served);
	/* As with a wait: what was interrupted can be a call once more. */
	if (err == -EINTR) {
		s->resume_served = served;
		s->resume_idle = idle_end ? flipq_clock_to_user(idle_end) : 0;
	} else {
		s->served = served;
		s->resume_served = 0;
		s->resume_idle = 0;
	}
	return flipq_restart(err);
}

/* Which slots of which partition? Return: 0 or -EINVAL. */
static int flipq_cancel_slots(const struct flipq_queue *fq,
			      const struct flipq_cancel *c, u64 *slots)
{
	u64 all = flip_mask(fq->setup.slots);
	unsigned int i;

	if (c->flags & FLIPQ_CANCEL_ALL) {
		if (c->partition || c->slots)
			return -EINVAL;
		for (i = 0; i < fq->nr; i++)
			slots[i] = all;
		return 0;
	}
	if (c->partition >= fq->nr || (c->slots & ~all))
		return -EINVAL;
	slots[flipq_index(fq, c->partition)] = c->slots;
	return 0;
}

/* Cancel what has not started. */
long flipq_call_cancel(struct flipq_call *call)
{
	u64 slots[FLIPQ_MAX_PARTITIONS] = {};
	u64 cancelled;
	int err = flipq_cancel_slots(call->queue, &call->arg.cancel, slots);

	if (err)
		return err;
	call->answer = true;
	err = engine_queue_cancel(call->queue->queue, slots, &cancelled);
	call->arg.cancel.cancelled = cancelled;
	return err;
}
