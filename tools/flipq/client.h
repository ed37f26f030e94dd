/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * client.h - who has its page faults answered: how it comes, and how it ends
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "mappings.h"

/**
 * struct client - a process whose memory is not there yet
 * @name: of the socket, in messages
 * @pidfd: the process; readable once it has ended
 * @uffd: its userfaultfd, -1 for none yet
 * @maps: its memory
 */
struct client {
	const char *name;
	int pidfd;
	int uffd;
	struct mappings maps;
};

/*
 * Wait at the Unix socket @path for one process to connect, and take from it
 * descriptor and mappings. 0, or -1 after a message: then c->uffd tells whether
 * somebody waits for answers already.
 */
int client_wait(struct client *c, const char *path);

/* SIGKILL: there is no other end for who waits for a page that cannot come. */
void client_kill(const struct client *c);

void client_close(struct client *c);

#endif /* CLIENT_H */
