/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arg.h - the command line: options by a table, numbers in a range, complaints
 */
#ifndef BENCH_ARG_H
#define BENCH_ARG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_BAD };

/**
 * struct arg - an option, and where its value goes
 * @name: as the user gives it, with its dashes
 * @number: gets a number from @low to @high
 * @small: gets a number from 1 to @high
 * @text: gets the value as it is
 * @flag: becomes true; there is no value
 * @set: does what else there is to do. Return: false after having said what is
 *	wrong.
 * @at: for @set
 * @low: least number
 * @high: greatest number
 *
 * One of the first five is not NULL.
 */
struct arg {
	const char *name;
	uint64_t *number;
	unsigned int *small;
	const char **text;
	bool *flag;
	bool (*set)(const struct arg *arg, const char *text);
	void *at;
	uint64_t low;
	uint64_t high;
};

/**
 * struct args - the command line of a program
 * @options: but for --help, which all have
 * @nr: how many
 * @usage: for --help
 * @more: after that, or NULL
 * @word: what the one argument that is no option is; NULL: there is none
 */
struct args {
	const struct arg *options;
	size_t nr;
	const char *usage;
	const char *more;
	const char *word;
};

#define ARGS_MAX	32

/*
 * Read all; what the user does not give is left as it is. Return: OPTIONS_DONE if
 * help was wanted and given. With @args->word that is @argv[optind] afterwards.
 */
enum options_result args_read(const struct args *args, int argc, char **argv);

/* The status of a program that is not to run. */
int options_status(enum options_result result);

/*
 * The next part of @text, which has commas between them; one that does not fit
 * is left empty. Return: the rest, NULL: no more.
 */
const char *arg_next(const char *text, char *part, size_t size);

/* Name the argument on stderr. Return: false. */
bool arg_bad(const char *what, const char *value, const char *expected);

/* @text as a number from @low to @high. Return: false after having said why. */
bool arg_number(const char *what, const char *text, uint64_t low,
		uint64_t high, uint64_t *value);
bool arg_small(const char *what, const char *text, uint64_t high,
	       unsigned int *value);

#endif /* BENCH_ARG_H */
