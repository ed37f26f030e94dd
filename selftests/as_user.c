// SPDX-License-Identifier: GPL-2.0
/*
 * as_user.c - runs a program as another user, where the shell has nothing for that
 *
 *	as_user UID COMMAND [ARGUMENT]...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uid_t uid;

	if (argc < 3) {
		fputs("usage: as_user UID COMMAND [ARGUMENT]...\n", stderr);
		return 2;
	}
	uid = (uid_t)strtoul(argv[1], NULL, 10);
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid)) {
		fprintf(stderr, "as_user: uid %s: %s\n", argv[1],
			strerror(errno));
		return 1;
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "as_user: %s: %s\n", argv[2], strerror(errno));
	return 1;
}
