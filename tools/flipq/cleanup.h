/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cleanup.h - what a signal that ends the process takes with it
 */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <signal.h>

/* Around a change and what is said of it below: no signal comes in between. */
void cleanup_hold(sigset_t *old);
void cleanup_release(const sigset_t *old);

/* A file goes: @name, or none for NULL, in the directory @dir. */
void cleanup_remove(int dir, const char *name);

/* A file becomes empty. */
void cleanup_empty(int fd);

/* A process is killed: the one of @pidfd, which waits for what only we can give. */
void cleanup_kill(int pidfd);

/* Nothing from now on. */
void cleanup_forget(void);

/* Do it now. */
void cleanup_run(void);

#endif /* CLEANUP_H */
