// SPDX-License-Identifier: GPL-2.0-only
/*
 * descriptor.c - paths that stand for a descriptor, as /dev/stdout does
 *
 * Such a path is a symlink into /proc/self/fd, and what is there is not what it
 * looks like: to open it is not to use the descriptor, and to rename a file to
 * the path replaces the symlink.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"

#define MAX_LINKS	40

/* @path without its last part, as the kernel sees it. */
static bool real_directory(const char *path, char *real)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (!slash)
		return realpath(".", real);
	snprintf(dir, sizeof(dir), "%.*s/", (int)(slash - path), path);
	return realpath(dir, real);
}

static bool holds_descriptors(const char *dir)
{
	char own[64];
	int pid = (int)getpid();

	snprintf(own, sizeof(own), "/proc/%d/fd", pid);
	if (!strcmp(dir, own))
		return true;
	snprintf(own, sizeof(own), "/proc/%d/task/%d/fd", pid, pid);
	return !strcmp(dir, own);
}

static int number_of(const char *name)
{
	char *end;
	long number = strtol(name, &end, 10);

	return *name && !*end && number >= 0 && number <= INT_MAX ?
	       (int)number : -1;
}

/* Where the symlink @path leads to, put in its place. */
static bool follow(char *path, const char *dir)
{
	char link[PATH_MAX], next[2 * PATH_MAX];
	ssize_t len = readlink(path, link, sizeof(link) - 1);

	if (len < 0)
		return false;
	link[len] = '\0';
	if (*link == '/')
		snprintf(next, sizeof(next), "%s", link);
	else
		snprintf(next, sizeof(next), "%s/%s", dir, link);
	return snprintf(path, PATH_MAX, "%s", next) < PATH_MAX;
}

int descriptor_of(const char *path)
{
	char at[PATH_MAX], dir[PATH_MAX];
	int i;

	if (snprintf(at, sizeof(at), "%s", path) >= PATH_MAX)
		return -1;
	for (i = 0; i < MAX_LINKS && real_directory(at, dir); i++) {
		const char *slash = strrchr(at, '/');

		if (holds_descriptors(dir))
			return number_of(slash ? slash + 1 : at);
		if (!follow(at, dir))
			break;
	}
	return -1;
}
