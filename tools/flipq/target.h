/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target.h - a file to be written: there whole, or not at all
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>

struct stat;

/**
 * struct target - a file to be written
 * @fd: to write to, -1 once it is closed
 * @path: as the user has it
 * @dir: descriptor of the directory where it will be
 * @base: its name there
 * @temp: its name until it is complete; empty where it has none
 * @force: replace a file of that name
 * @fresh: it is a file, and was empty at first
 * @in_place: it is written where it is: a device, a FIFO, a descriptor, or what
 *	cannot be replaced
 */
struct target {
	int fd;
	char *path;
	int dir;
	const char *base;
	char temp[32];
	bool force;
	bool fresh;
	bool in_place;
};

/*
 * @input: what must not be written to, NULL for none. All that can be known of
 * the name, the directory and the file system is known here. 0, or -1 after a
 * message.
 */
int target_open(struct target *t, const char *path, bool force,
		const struct stat *input);

/* Take over owner, mode and times from @like if not NULL, and name. 0 or -1. */
int target_commit(struct target *t, const struct stat *like);

/* Without a commit before, nothing stays. */
void target_close(struct target *t);

/* Is it one file or disk under two names? */
bool same_file(const struct stat *a, const struct stat *b);

#endif /* TARGET_H */
