/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * behind.h - a thread that writes what was decoded while more is decoded
 *
 * Where decoding is for one thread, to write takes as long as to decode. Without a
 * thread to be had the caller writes.
 */
#ifndef BEHIND_H
#define BEHIND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct output;

/**
 * struct behind - the thread, and what it has to write
 * @out: what it writes to; nobody else does before behind_end()
 * @written: bytes that were written without a thread
 * @thread: is there if @started
 * @lock: for all below
 * @changed: @len or @stop is another
 * @data: the caller's
 * @len: bytes of it, 0 once they are written
 * @err: of a write, a negative errno that there was no message for
 * @stop: no more will come
 * @started: there is a thread
 */
struct behind {
	struct output *out;
	size_t written;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const void *data;
	size_t len;
	int err;
	bool stop;
	bool started;
};

void behind_start(struct behind *b, struct output *out);

/*
 * Write @data: it has to stay as it is until the next call, and what was given
 * before is written then. 0, or -1 after a message.
 */
int behind_write(struct behind *b, const void *data, size_t len);

/* All is written after this; twice is fine. 0, or -1 after a message. */
int behind_end(struct behind *b);

#endif /* BEHIND_H */
