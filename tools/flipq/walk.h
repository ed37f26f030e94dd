/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * walk.h - which files the arguments stand for
 */
#ifndef WALK_H
#define WALK_H

#include <stddef.h>

#include "tool.h"

/**
 * struct walk - files to work on
 * @o: what is done with them
 * @files: names, - for standard input
 * @nr: how many
 * @room: for how many there is memory
 */
struct walk {
	const struct options *o;
	char **files;
	size_t nr;
	size_t room;
};

/*
 * Those that @o names, and with -r those in its directories: all before the first
 * is worked on, as there will be more then. STATUS_OK, or STATUS_FAILED after a
 * message; there may be some then, too.
 */
int walk_files(struct walk *w, const struct options *o);
void walk_end(struct walk *w);

#endif /* WALK_H */
