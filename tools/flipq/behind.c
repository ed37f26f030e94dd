// SPDX-License-Identifier: GPL-2.0-only
/*
 * behind.c - a thread that writes what was decoded while more is decoded
 */
#include <signal.h>

#include "behind.h"
#include "output.h"
#include "tool.h"

/* A thread is not worth its while for less. */
#define ALONE	(256U * KIB)

static void *run(void *arg)
{
	struct behind *b = arg;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		int err;

		while (!b->len && !b->stop)
			pthread_cond_wait(&b->changed, &b->lock);
		if (!b->len)
			break;
		pthread_mutex_unlock(&b->lock);
		err = output_put(b->out, b->data, b->len);
		pthread_mutex_lock(&b->lock);
		if (!b->err)
			b->err = err;
		b->len = 0;
		pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* Where there is no thread to be had the caller goes on to write. */
static void start(struct behind *b)
{
	sigset_t others, old;

	/* Signals are for the main thread, but for those that a write gives. */
	sigfillset(&others);
	sigdelset(&others, SIGPIPE);
	sigdelset(&others, SIGXFSZ);
	pthread_sigmask(SIG_SETMASK, &others, &old);
	b->started = !pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void behind_start(struct behind *b, struct output *out)
{
	*b = (struct behind) {
		.out = out,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
}

static int hand_over(struct behind *b, const void *data, size_t len)
{
	int err;

	pthread_mutex_lock(&b->lock);
	while (b->len)
		pthread_cond_wait(&b->changed, &b->lock);
	err = b->err;
	b->err = 0;
	if (!err) {
		b->data = data;
		b->len = len;
		pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return output_result(b->out, err);
}

int behind_write(struct behind *b, const void *data, size_t len)
{
	if (!b->started && b->written >= ALONE && b->out->fd >= 0) {
		b->written = 0;
		start(b);
	}
	if (b->started) {
		output_count(b->out, len);
		return hand_over(b, data, len);
	}
	b->written += len;
	return output_add(b->out, data, len) || output_flush(b->out) ? -1 : 0;
}

int behind_end(struct behind *b)
{
	int err;

	if (b->started) {
		pthread_mutex_lock(&b->lock);
		b->stop = true;
		pthread_cond_signal(&b->changed);
		pthread_mutex_unlock(&b->lock);
		pthread_join(b->thread, NULL);
		b->started = false;
	}
	err = b->err;
	b->err = 0;
	return output_result(b->out, err);
}
