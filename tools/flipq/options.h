/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the command line, read by the table of options
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "table.h"
#include "tool.h"

/* What options_parse() returns to go on with. */
#define OPTIONS_RUN	(-1)
#define OPTIONS_VERSION	(-2)

/*
 * The arguments after the command, up to a NULL; their order changes. They change
 * @o, which has what the command and the name of the program stand for.
 * OPTIONS_VERSION if that is asked for, OPTIONS_RUN, or the status to exit with
 * after a message or the help.
 */
int options_parse(const struct command *c, char **argv, struct options *o);

/* What is not said on the command line. */
void options_default(struct options *o);

#endif /* OPTIONS_H */
