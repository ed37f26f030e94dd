/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - the one table of options: the command line, its help and its
 * completion are made from it
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "tool.h"

/* Who takes an option: the commands, and a command line without one. */
enum taker {
	ALONE = 1,
	COMPRESS = 2,
	DECOMPRESS = 4,
	TEST = 8,
	LIST = 16,
	QUERY = 32,
	TOP = 64,
	RESTORE = 128,
};

#define CODING		(ALONE | COMPRESS | DECOMPRESS)
#define READING		(CODING | TEST)
#define FILES		(READING | LIST)
#define WORKING		(READING | RESTORE)
#define EVERY		(FILES | QUERY | TOP | RESTORE)

/* What comes after an option. */
enum value {
	VALUE_NONE,
	VALUE_FORMAT,
	VALUE_FILE,
	VALUE_OTHER,
	VALUE_OPTIONAL,
};

/* Options that have no letter. */
enum {
	OPT_FIRST = 256,
	OPT_JSON,
	OPT_METRICS,
	OPT_LEVEL,
	OPT_FAST,
	OPT_BEST,
	OPT_CHECKSUM,
	OPT_NO_CHECKSUM,
	OPT_SPARSE,
	OPT_INDEX,
	OPT_BASE,
	OPT_OFFSET,
	OPT_LENGTH,
	OPT_NO_SPARSE,
	OPT_LONG,
	OPT_DEVICE,
	OPT_NO_DEVICE,
	OPT_RM,
	OPT_SOCKET,
	OPT_ON_ERROR,
	OPT_IGNORED,
};

/* Stands for all digits: -9, -19. */
#define OPT_DIGIT	'0'

/**
 * struct row - an option
 * @key: its letter, or one of the above; several rows may have the same
 * @name: after --, NULL for none
 * @value: what comes after it
 * @label: what the help calls that
 * @takers: who takes it
 * @help: what the help says; NULL for what is there for the habit only
 */
struct row {
	int key;
	const char *name;
	enum value value;
	const char *label;
	unsigned int takers;
	const char *help;
};

/* In the order of the help. */
extern const struct row table[];
extern const size_t table_rows;

static inline bool has_letter(const struct row *r)
{
	return r->key < OPT_FIRST && r->key != OPT_DIGIT;
}

/**
 * struct command - one of the tool's commands, or none
 * @name: first argument; empty where there is none
 * @taker: as which it takes options
 * @mode: what is done, if no option says another
 * @files: it takes file arguments
 * @needs_file: one must be there
 * @intro: the help before the options
 */
struct command {
	const char *name;
	enum taker taker;
	enum mode mode;
	bool files;
	bool needs_file;
	const char *intro;
};

extern const struct command commands[];
extern const size_t nr_commands;
extern const struct command no_command;

const struct command *find_command(const char *name);

/* The help of a command, to standard output. */
void print_help(const struct command *c);

#endif /* TABLE_H */
