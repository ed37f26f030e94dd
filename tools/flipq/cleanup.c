// SPDX-License-Identifier: GPL-2.0-only
/*
 * cleanup.c - what a signal that ends the process takes with it
 */
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

static volatile sig_atomic_t directory = -1;
static volatile sig_atomic_t file = -1;
static volatile sig_atomic_t process = -1;
static const char *volatile victim;

/* Those that do not end a process, or cannot be caught. */
static const int harmless[] = { SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGURG,
				SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU };

#define NR_HARMLESS (sizeof(harmless) / sizeof(harmless[0]))

static bool ends_process(int signal)
{
	size_t i;

	for (i = 0; i < NR_HARMLESS; i++)
		if (harmless[i] == signal)
			return false;
	return true;
}

void cleanup_run(void)
{
	const char *name = victim;

	if (name)
		unlinkat(directory, name, 0);
	if (process >= 0)
		syscall(SYS_pidfd_send_signal, (int)process, SIGKILL, NULL, 0);
	/* Best effort: there is no other way to say that it is not whole. */
	if (file >= 0 && ftruncate(file, 0))
		return;
}

static void on_signal(int signal)
{
	cleanup_run();
	/* The handler was reset when it was called. */
	raise(signal);
}

/* What the parent made us ignore stays ignored. */
static void catch_signals(void)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = (int)SA_RESETHAND,
	};
	struct sigaction old;
	int signal;

	for (signal = 1; signal <= SIGRTMAX; signal++) {
		if (!ends_process(signal) || sigaction(signal, NULL, &old) ||
		    old.sa_flags & SA_SIGINFO || old.sa_handler != SIG_DFL)
			continue;
		sigaction(signal, &action, NULL);
	}
}

void cleanup_hold(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, old);
}

void cleanup_release(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

void cleanup_remove(int dir, const char *name)
{
	catch_signals();
	directory = dir;
	victim = name;
}

void cleanup_empty(int fd)
{
	catch_signals();
	file = fd;
}

void cleanup_kill(int pidfd)
{
	catch_signals();
	process = pidfd;
}

void cleanup_forget(void)
{
	victim = NULL;
	process = -1;
	file = -1;
}
