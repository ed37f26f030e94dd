/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the command line
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <getopt.h>

#include "tool.h"

/**
 * struct command - one of the tool's commands
 * @name: first argument
 * @letters: options it takes
 * @files: file arguments it takes: 0 or 1
 * @needs_file: one must be there
 * @run: do it
 * @help: text of --help
 */
struct command {
	const char *name;
	const char *letters;
	int files;
	bool needs_file;
	int (*run)(const struct options *o);
	const char *help;
};

/* What options_parse() returns to go on with. */
#define OPTIONS_RUN	(-1)

/* All options; which of them a command takes, by its val. */
extern const struct option long_options[];
bool options_take(const struct command *c, int letter);

/* OPTIONS_RUN, or the status to exit with after a message or --help. */
int options_parse(const struct command *c, int argc, char **argv,
		  struct options *o);

#endif /* OPTIONS_H */
