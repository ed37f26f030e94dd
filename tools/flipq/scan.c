// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan.c - the queues that there are, from what /proc tells of each process
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "scan.h"

/* All of an fdinfo, or of a status as far as the uid. */
#define TEXT_ROOM	4096

static const char *const names[FIGURE_NR] = {
	[FIGURE_PARTITIONS] = "partitions",
	[FIGURE_SLOTS] = "slots",
	[FIGURE_BYTES] = "bytes",
	[FIGURE_REQUESTS] = "requests",
	[FIGURE_BYTES_IN] = "bytes-in",
	[FIGURE_BYTES_OUT] = "bytes-out",
	[FIGURE_ERRORS] = "errors",
	[FIGURE_BUSY] = "busy-ns",
	[FIGURE_SLEEPS] = "sleeps",
	[FIGURE_KICKS] = "kicks",
	[FIGURE_WAITS] = "waits",
};

static bool read_text(int dir, const char *path, char *text)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, TEXT_ROOM - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

/* The number behind "KEY:" at the start of a line. */
static bool find_number(const char *text, const char *key, uint64_t *value)
{
	size_t len = strlen(key);

	while (text) {
		if (!strncmp(text, key, len) && text[len] == ':') {
			*value = strtoull(text + len + 1, NULL, 10);
			return true;
		}
		text = strchr(text, '\n');
		text += !!text;
	}
	return false;
}

static bool parse_queue(const char *text, struct scanned *q)
{
	char key[32];
	uint64_t id;
	int i;

	if (!find_number(text, "flipq-queue", &id))
		return false;
	q->id = (uint32_t)id;
	for (i = 0; i < FIGURE_NR; i++) {
		snprintf(key, sizeof(key), "flipq-%s", names[i]);
		q->figures[i] = 0;
		find_number(text, key, &q->figures[i]);
	}
	return true;
}

/* Whose process, and its name. */
static bool read_process(int process, struct scanned *q)
{
	char text[TEXT_ROOM];
	uint64_t uid;

	if (!read_text(process, "status", text) ||
	    !find_number(text, "Uid", &uid) ||
	    !read_text(process, "comm", text))
		return false;
	text[strcspn(text, "\n")] = '\0';
	q->uid = (uid_t)uid;
	snprintf(q->name, sizeof(q->name), "%.*s", SCAN_NAME - 1, text);
	return true;
}

static int add(struct scan *s, const struct scanned *q)
{
	size_t room = s->room ? 2 * s->room : 16;
	struct scanned *more;

	if (s->nr == s->room) {
		more = realloc(s->queues, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->queues = more;
		s->room = room;
	}
	s->queues[s->nr++] = *q;
	return 0;
}

/* Sockets, pipes and the like have no path, and most descriptors are such. */
static bool has_path(int process, const char *number)
{
	char path[sizeof("fd/") + 16], target;

	snprintf(path, sizeof(path), "fd/%.15s", number);
	return readlinkat(process, path, &target, 1) == 1 && target == '/';
}

static int scan_descriptor(struct scan *s, int process, const char *number,
			   struct scanned *q)
{
	char path[sizeof("fdinfo/") + 16], text[TEXT_ROOM];

	if (!isdigit((unsigned char)*number) || !has_path(process, number))
		return 0;
	snprintf(path, sizeof(path), "fdinfo/%.15s", number);
	if (!read_text(process, path, text) || !parse_queue(text, q) ||
	    !read_process(process, q))
		return 0;
	return add(s, q);
}

static DIR *open_dir(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static int scan_process(struct scan *s, int proc, const char *number)
{
	struct scanned q = { .pid = (pid_t)strtol(number, NULL, 10) };
	const struct dirent *entry;
	int process, err = 0;
	DIR *dir;

	/* One descriptor for all, lest another process get the number. */
	process = openat(proc, number, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return 0;
	dir = open_dir(process, "fd");
	while (dir && !err && (entry = readdir(dir)))
		err = scan_descriptor(s, process, entry->d_name, &q);
	if (dir)
		closedir(dir);
	close(process);
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct scanned *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* A queue that several processes have, or several descriptors, is there once. */
static void sort(struct scan *s)
{
	size_t i, kept = 0;

	if (s->nr)
		qsort(s->queues, s->nr, sizeof(*s->queues), compare);
	for (i = 0; i < s->nr; i++)
		if (!kept || s->queues[kept - 1].id != s->queues[i].id)
			s->queues[kept++] = s->queues[i];
	s->nr = kept;
}

int scan_take(struct scan *s, int proc)
{
	const struct dirent *entry;
	DIR *dir = open_dir(proc, ".");
	int err = 0;

	if (!dir)
		return -errno;
	s->nr = 0;
	s->time = clock_ns(CLOCK_MONOTONIC);
	while (!err && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			err = scan_process(s, proc, entry->d_name);
	closedir(dir);
	sort(s);
	return err;
}

void scan_end(struct scan *s)
{
	free(s->queues);
	*s = (struct scan) { 0 };
}

const struct scanned *scan_find(const struct scan *s, uint32_t id)
{
	size_t i;

	for (i = 0; i < s->nr && s->queues[i].id <= id; i++)
		if (s->queues[i].id == id)
			return &s->queues[i];
	return NULL;
}
