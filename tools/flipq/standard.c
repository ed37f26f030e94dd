// SPDX-License-Identifier: GPL-2.0-only
/*
 * standard.c - descriptors 0 to 2, which a caller may have closed
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "standard.h"
#include "tool.h"

static bool closed[STDERR_FILENO + 1];

void standard_occupy(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		closed[fd] = true;
		/*
		 * Not /dev/null, which need not be there, and which
		 * /dev/stdin would then be good for.
		 */
		if (open("/", O_PATH) != fd)
			_exit(STATUS_FAILED);
	}
}

bool standard_closed(int fd)
{
	return fd <= STDERR_FILENO && closed[fd];
}
