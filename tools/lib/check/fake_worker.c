// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fake_worker.c - a kernel for the tests: the worker, called or as a thread
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake.h"

/* As the module's default. */
#define TURN	8

/* An address in the arena or the process's, by the lowest of the flags. */
static unsigned char *place(const struct fake *f, uint32_t where, uint64_t addr)
{
	if ((where & FLIPQ_REQ_SRC_MASK) == FLIPQ_REQ_SRC_ARENA)
		return f->arena + addr;
	return (unsigned char *)(uintptr_t)addr;
}

static void note_word(struct fake *f, unsigned int part, u64 word)
{
	unsigned char had = READ_ONCE(f->words[word]);

	if (had && had != part + 1)
		WRITE_ONCE(f->words_shared, true);
	WRITE_ONCE(f->words[word], (unsigned char)(part + 1));
}

/* As the module does it, but for a page that cannot be written if a test says. */
static void flush(struct fake *f, unsigned int part, const struct flipq_desc *d,
		  struct flipq_result *r)
{
	u64 *bitmap = (void *)place(f, d->flags, d->flush.bitmap);
	u64 page, last = ~0ULL;

	f->flushes[part]++;
	if ((u64)d->flush.count * d->src_len > FLIPQ_MAX_FLUSH) {
		r->status = -EINVAL;
		return;
	}
	for (page = d->flush.first;
	     page < d->flush.first + d->flush.count; page++) {
		r->flush.words += page / 64 != last;
		last = page / 64;
		note_word(f, part, last);
		if (!(bitmap[last] & flip_bit(page % 64)))
			continue;
		if (page == f->bad_page) {
			r->status = -EFAULT;
			return;
		}
		memcpy(place(f, d->flags, d->dst + page * d->src_len),
		       place(f, d->flags, d->src + page * d->src_len),
		       d->src_len);
		/* plain, so that ThreadSanitizer sees who shares a word */
		bitmap[last] &= ~flip_bit(page % 64);
		r->flush.pages++;
		r->len += d->src_len;
	}
}

static void handle(struct fake *f, struct fake_part *p, unsigned int slot)
{
	const unsigned char *in = p->in + (size_t)slot * f->made.in_stride;
	unsigned char *out = p->out + (size_t)slot * f->made.out_stride;
	struct flipq_desc d = *fake_part_desc(f, p, slot);
	struct flipq_result r = { 0 };
	uint32_t i;

	switch (d.opcode) {
	case FLIPQ_OP_NOP:
		break;
	case FAKE_OP_SLOW:
		nanosleep(&(struct timespec){ .tv_nsec = FAKE_SLOW_NS }, NULL);
		break;
	case FLIPQ_OP_COPY:
		memcpy(place(f, d.flags >> 4, d.dst),
		       place(f, d.flags, d.src), d.src_len);
		r.len = d.src_len;
		break;
	case FLIPQ_OP_FLUSH:
		flush(f, (unsigned int)(p - f->parts), &d, &r);
		break;
	case FLIPQ_OP_COMPRESS:
	case FLIPQ_OP_DECOMPRESS:
		if (d.src_len > d.dst_len) {
			r.status = -ENOSPC;
			break;
		}
		for (i = 0; i < d.src_len; i++) {
			out[i] = fake_code(in[i]);
			r.csum += in[i];
		}
		r.len = d.src_len;
		break;
	default:
		r.status = -EINVAL;
	}
	*fake_part_result(f, p, slot) = r;
}

unsigned int fake_turn(struct fake *f, unsigned int part, unsigned int max)
{
	struct fake_part *p = &f->parts[part];
	unsigned int n;
	u64 pending;

	pthread_mutex_lock(&p->lock);
	pending = flip_pending(&p->server);
	for (n = 0; pending && n < max; n++) {
		unsigned int slot = flip_next(pending, p->server.cursor);

		handle(f, p, slot);
		flip_finish(&p->server, slot);
		pending &= ~flip_bit(slot);
	}
	if (n)
		flip_publish_finished(&p->server);
	pthread_mutex_unlock(&p->lock);
	return n;
}

bool fake_park(struct fake *f, unsigned int part)
{
	struct fake_part *p = &f->parts[part];
	bool parked;

	pthread_mutex_lock(&p->lock);
	parked = flip_park(&p->server);
	pthread_mutex_unlock(&p->lock);
	return parked;
}

void fake_receive(struct fake *f)
{
	struct llist_node *node = llist_del_all(&f->mailbox);

	while (node) {
		struct fake_part *p =
			(void *)((char *)node -
				 offsetof(struct fake_part, node.link));

		/* the next pointer first: a kick may write it after receive */
		node = READ_ONCE(node->next);
		p->active = flip_receive(&p->node, &p->server);
	}
}

void fake_wake_waiter(struct fake *f)
{
	if (!flip_wait_armed(&f->waiting) ||
	    fake_count_done(f) < READ_ONCE(f->minimum))
		return;
	/* only the waiter disarms: this might hit the wait after this one */
	pthread_mutex_lock(&f->lock);
	f->woken = true;
	pthread_cond_broadcast(&f->cond);
	pthread_mutex_unlock(&f->lock);
}

/* Poll for a time that differs, so that parking meets every moment. */
static bool await(struct fake *f, struct fake_part *p)
{
	unsigned int n;

	if (!f->spin)
		return false;
	f->seed = f->seed * 1103515245 + 12345;
	for (n = (f->seed >> 16) % f->spin; n; n--)
		if (flip_pending(&p->server))
			return true;
	return false;
}

/* One round over the active partitions. Return: how many are still active. */
static unsigned int round_of(struct fake *f, unsigned int *served)
{
	unsigned int active = 0, n;

	fake_receive(f);
	for (n = 0; n < f->made.partitions; n++) {
		struct fake_part *p = &f->parts[n];
		unsigned int turn;

		if (!p->active)
			continue;
		turn = fake_turn(f, n, TURN);
		*served += turn;
		if (turn && f->threaded)
			fake_wake_waiter(f);
		if (!turn && !await(f, p) && fake_park(f, n))
			p->active = false;
		else
			active++;
	}
	return active;
}

unsigned int fake_run(struct fake *f)
{
	unsigned int served = 0;

	while (round_of(f, &served))
		;
	return served;
}

static void *worker(void *arg)
{
	struct fake *f = arg;
	unsigned int served = 0, spin;
	bool stop = false;

	while (!stop) {
		while (round_of(f, &served))
			;
		/* look at the mailbox for a while, as sleeping takes long */
		for (spin = 0; spin < f->spin; spin++)
			if (READ_ONCE(f->mailbox.first))
				break;
		if (spin < f->spin)
			continue;
		pthread_mutex_lock(&f->lock);
		while (!f->awake && !f->stop)
			pthread_cond_wait(&f->cond, &f->lock);
		f->awake = false;
		stop = f->stop;
		pthread_mutex_unlock(&f->lock);
	}
	return NULL;
}

void fake_start(struct fake *f)
{
	f->threaded = true;
	if (pthread_create(&f->thread, NULL, worker, f))
		abort();
}

void fake_stop(struct fake *f)
{
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_broadcast(&f->cond);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	f->threaded = false;
}
