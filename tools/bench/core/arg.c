// SPDX-License-Identifier: GPL-2.0-only
/*
 * arg.c - the command line: options by a table, numbers in a range, complaints
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arg.h"

#define FIRST	256	/* what getopt_long() says of the first option */

bool arg_bad(const char *what, const char *value, const char *expected)
{
	const char *name = program_invocation_short_name;

	fprintf(stderr, "%s: %s '%s': expected %s\nTry '%s --help'.\n", name,
		what, value, expected, name);
	return false;
}

bool arg_number(const char *what, const char *text, uint64_t low,
		uint64_t high, uint64_t *value)
{
	char expected[80], *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && !errno && n >= low &&
	    n <= high) {
		*value = n;
		return true;
	}
	snprintf(expected, sizeof(expected), "a number from %llu to %llu",
		 (unsigned long long)low, (unsigned long long)high);
	return arg_bad(what, text, expected);
}

bool arg_small(const char *what, const char *text, uint64_t high,
	       unsigned int *value)
{
	uint64_t n;

	if (!arg_number(what, text, 1, high, &n))
		return false;
	*value = (unsigned int)n;
	return true;
}

const char *arg_next(const char *text, char *part, size_t size)
{
	size_t len = strcspn(text, ",");

	snprintf(part, size, "%.*s", len < size ? (int)len : 0, text);
	return text[len] ? text + len + 1 : NULL;
}

static bool take(const struct arg *arg, const char *text)
{
	if (arg->number)
		return arg_number(arg->name, text, arg->low, arg->high,
				  arg->number);
	if (arg->small)
		return arg_small(arg->name, text, arg->high, arg->small);
	if (arg->set)
		return arg->set(arg, text);
	if (arg->text)
		*arg->text = text;
	else
		*arg->flag = true;
	return true;
}

/* As getopt_long() wants them; --help is the last. */
static void make_options(const struct args *args, struct option *options)
{
	size_t i;

	for (i = 0; i < args->nr; i++) {
		const struct arg *arg = &args->options[i];

		options[i] = (struct option){
			.name = arg->name + 2,
			.has_arg = arg->flag ?
				no_argument : required_argument,
			.val = (int)(FIRST + i),
		};
	}
	options[i] = (struct option){
		.name = "help", .has_arg = no_argument, .val = (int)(FIRST + i),
	};
}

static enum options_result help(const struct args *args)
{
	fputs(args->usage, stdout);
	if (args->more)
		fputs(args->more, stdout);
	return OPTIONS_DONE;
}

static enum options_result check_words(const struct args *args, int nr,
				       char **words)
{
	if (nr == (args->word ? 1 : 0))
		return OPTIONS_RUN;
	if (args->word)
		arg_bad("arguments", nr ? words[1] : "", args->word);
	else
		arg_bad("argument", words[0], "options only");
	return OPTIONS_BAD;
}

enum options_result args_read(const struct args *args, int argc, char **argv)
{
	struct option options[ARGS_MAX + 2] = { 0 };
	const struct arg *arg;
	int option;

	if (args->nr > ARGS_MAX)
		abort();
	make_options(args, options);
	for (;;) {
		option = getopt_long(argc, argv, "", options, NULL);
		if (option < 0)
			break;
		if (option < FIRST) {
			fprintf(stderr, "Try '%s --help'.\n",
				program_invocation_short_name);
			return OPTIONS_BAD;
		}
		arg = &args->options[option - FIRST];
		if (arg == &args->options[args->nr])
			return help(args);
		if (!take(arg, optarg))
			return OPTIONS_BAD;
	}
	return check_words(args, argc - optind, argv + optind);
}

int options_status(enum options_result result)
{
	return result == OPTIONS_DONE ? 0 : 2;
}
