// SPDX-License-Identifier: GPL-2.0-only
/*
 * trap.c - what is not mapped any more ends an action, and not the process
 */
#include <setjmp.h>
#include <signal.h>
#include <time.h>

#include "fuzz.h"

#define TICK_NS 10000000

/* A signal handler has nothing else to find the thread's place by. */
static __thread sigjmp_buf place;
static __thread volatile bool armed;

static void on_fault(int sig)
{
	if (armed)
		siglongjmp(place, 1);
	signal(sig, SIG_DFL);
}

static void on_tick(int sig __attribute__((unused)))
{
}

/* Handlers for faults, and for ticks that interrupt endless waits. */
void fuzz_trap_init(void)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sa = (struct sigaction){ .sa_handler = on_tick };
	sigaction(SIGALRM, &sa, NULL);
	fuzz_tick();
}

/* Tick this thread: neither children nor other threads inherit it. */
void fuzz_tick(void)
{
	const struct itimerspec every = {
		.it_interval.tv_nsec = TICK_NS,
		.it_value.tv_nsec = TICK_NS,
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGALRM,
	};
	timer_t timer;

	event._sigev_un._tid = gettid();
	if (!timer_create(CLOCK_MONOTONIC, &event, &timer))
		timer_settime(timer, 0, &every, NULL);
}

/* Return: whether @act came to its end. */
bool fuzz_guarded(void (*act)(struct fuzz_actor *a), struct fuzz_actor *a)
{
	bool whole = false;

	if (!sigsetjmp(place, 1)) {
		armed = true;
		act(a);
		whole = true;
	}
	armed = false;
	return whole;
}
