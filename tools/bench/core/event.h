/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - a thread waits until another one says that something happened
 *
 * The waiter: event_reset(), look once more, event_wait(). The other: change
 * what is looked at, event_set(), which is no system call unless somebody
 * sleeps. As QemuEvent, which several of the models are made with.
 */
#ifndef BENCH_EVENT_H
#define BENCH_EVENT_H

#include <stdatomic.h>
#include <stdint.h>

struct event {
	atomic_uint state;
};

void event_reset(struct event *e);
/* Return: how many system calls were made; event_set() makes one to wake. */
unsigned int event_set(struct event *e);
unsigned int event_wait(struct event *e);

#endif /* BENCH_EVENT_H */
