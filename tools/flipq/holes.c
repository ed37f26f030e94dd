// SPDX-License-Identifier: GPL-2.0-only
/*
 * holes.c - where a file that is read has no data
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holes.h"

#define DISK_BLOCK	512	/* of st_blocks */

void holes_start(struct holes *h, const struct stat *is)
{
	/* Others have none to look for. */
	h->on = S_ISREG(is->st_mode) &&
		is->st_blocks < is->st_size / DISK_BLOCK;
	h->data = -1;
}

/* The end of the hole at @at; @at if it is none, -1 if nobody knows. */
static int64_t hole_end(int fd, int64_t at)
{
	int64_t data = lseek(fd, at, SEEK_DATA);
	struct stat now;

	if (data >= 0)
		return data;
	/* No data from here on. */
	if (errno == ENXIO && !fstat(fd, &now))
		return now.st_size > at ? now.st_size : at;
	return -1;
}

uint64_t holes_here(struct holes *h, int fd)
{
	int64_t at, end;

	if (!h->on)
		return 0;
	at = lseek(fd, 0, SEEK_CUR);
	if (at < h->data)
		return 0;
	end = hole_end(fd, at);
	if (end == at)
		h->data = lseek(fd, at, SEEK_HOLE);
	/* Where these two calls went to. */
	if (lseek(fd, at, SEEK_SET) < 0 || end < 0)
		h->on = false;
	return end > at ? (uint64_t)(end - at) : 0;
}
