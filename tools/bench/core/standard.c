// SPDX-License-Identifier: GPL-2.0-only
/*
 * standard.c - standard input, output and error, which a caller may have closed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/standard.h"

static const char *program;

static void check_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return;
	fprintf(stderr, "%s: standard output: %s\n", program, strerror(errno));
	_exit(1);
}

void standard_begin(const char *name)
{
	int fd;

	/* In the place of what was closed, one that is of no use. */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/", O_PATH) != fd)
			_exit(1);
	program = name;
	atexit(check_output);
}
