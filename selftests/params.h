/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * params.h - module parameters, changed for a test and put back after it
 */
#ifndef SELFTEST_PARAMS_H
#define SELFTEST_PARAMS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "types.h"

#define PARAM_TEXT 256

struct param {
	char path[PARAM_TEXT];
	char saved[PARAM_TEXT];
};

static inline int param_write(const struct param *p, const char *text)
{
	int fd = open(p->path, O_WRONLY);
	ssize_t n;
	int error;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	error = n < 0 ? -errno : 0;
	close(fd);
	return error;
}

static inline int param_set(const struct param *p, u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", value);
	return param_write(p, text);
}

/* Find the parameter and remember its value. */
static inline int param_open(struct param *p, const char *name)
{
	ssize_t n;
	int fd;

	snprintf(p->path, sizeof(p->path), "/sys/module/flipq/parameters/%s",
		 name);
	fd = open(p->path, O_RDONLY);
	if (fd < 0)
		return -errno;
	n = read(fd, p->saved, sizeof(p->saved) - 1);
	close(fd);
	if (n < 0)
		return -errno;
	p->saved[n] = '\0';
	return 0;
}

static inline int param_restore(const struct param *p)
{
	return param_write(p, p->saved);
}

#endif /* SELFTEST_PARAMS_H */
