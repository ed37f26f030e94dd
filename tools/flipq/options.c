// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flipq.h"
#include "options.h"
#include "writer.h"

enum {
	OPT_HELP = 256,
	OPT_NO_CHECKSUM,
	OPT_NO_SPARSE,
	OPT_LONG,
};

const struct option long_options[] = {
	{ "algorithm", required_argument, NULL, 'a' },
	{ "block", required_argument, NULL, 'b' },
	{ "stdout", no_argument, NULL, 'c' },
	{ "force", no_argument, NULL, 'f' },
	{ "keep", no_argument, NULL, 'k' },
	{ "level", required_argument, NULL, 'l' },
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "threads", required_argument, NULL, 'T' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "workers", required_argument, NULL, 'w' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "no-content-checksum", no_argument, NULL, OPT_NO_CHECKSUM },
	{ "long", optional_argument, NULL, OPT_LONG },
	{ "memory", required_argument, NULL, 'M' },
	{ "no-sparse", no_argument, NULL, OPT_NO_SPARSE },
	{ NULL, 0, NULL, 0 }
};

__attribute__((format(printf, 2, 3)))
static int usage(const struct command *c, const char *format, ...);

static int usage(const struct command *c, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "flipq: %s: %s\nTry 'flipq %s --help'.\n", c->name,
		text, c->name);
	return STATUS_USAGE;
}

/* K, KB, KiB, and so on for M and G: past it, or @text if it is none. */
static const char *unit(const char *text, long *bytes)
{
	static const char letters[] = "KMG";
	const char *letter = *text ? strchr(letters, toupper(*text)) : NULL;

	*bytes = 1;
	if (!letter)
		return text;
	*bytes = 1L << (10 * (letter - letters + 1));
	text++;
	if (*text == 'B')
		return text + 1;
	return strncmp(text, "iB", 2) ? text : text + 2;
}

/* A number from @low to @high, with a unit after it where there are @units. */
static bool number(const char *text, long low, long high, bool units,
		   long *value)
{
	const char *rest;
	char *end;
	long bytes = 1;

	errno = 0;
	*value = strtol(text, &end, 10);
	if (errno || end == text)
		return false;
	rest = units ? unit(end, &bytes) : end;
	if (*rest || *value > high / bytes || *value < 0)
		return false;
	*value *= bytes;
	return *value >= low;
}

static const struct writer *find_writer(const char *name)
{
	const struct writer *const *w;

	for (w = writers; *w; w++)
		if (!strcmp((*w)->name, name))
			return *w;
	return NULL;
}

static int set_number(const struct command *c, int letter, const char *text,
		      struct options *o)
{
	long value;

	switch (letter) {
	case 'b':
		if (!number(text, MIN_BLOCK, MAX_BLOCK, true, &value))
			return usage(c,
				     "block size '%s': expected 1K to 4M, as in 65536, 64K or 4M",
				     text);
		o->block = (uint32_t)value;
		break;
	case 'M':
		if (!number(text, KIB, MAX_WINDOW, true, &value))
			return usage(c,
				     "memory '%s': expected 1K to 2G, as in 512M",
				     text);
		o->window = (uint64_t)value;
		o->memory = true;
		break;
	case OPT_LONG:
		if (!number(text, MIN_WINDOW_LOG, MAX_WINDOW_LOG, false,
			    &value))
			return usage(c, "long '%s': expected %d to %d", text,
				     MIN_WINDOW_LOG, MAX_WINDOW_LOG);
		if (!o->memory)
			o->window = 1ULL << value;
		break;
	case 'l':
		/* What is in between depends on the algorithm. */
		if (!number(text, 1, 65537, false, &value))
			return usage(c,
				     "level '%s': expected a number from 1 on",
				     text);
		o->level = (int)value;
		break;
	default:
		if (!number(text, 1, FLIPQ_MAX_PARTITIONS, false, &value))
			return usage(c, "workers '%s': expected 1 to %d",
				     text, FLIPQ_MAX_PARTITIONS);
		o->workers = (unsigned int)value;
	}
	return OPTIONS_RUN;
}

/* -q and -v, -c and -o: the last one counts. */
static int set(const struct command *c, int letter, const char *value,
	       struct options *o)
{
	switch (letter) {
	case 'a':
		o->format = find_writer(value);
		if (!o->format)
			return usage(c,
				     "algorithm '%s': expected lz4, lz4hc, zstd or gzip",
				     value);
		break;
	case 'c':
		o->to_stdout = true;
		o->output = NULL;
		break;
	case 'f':
		o->force = true;
		break;
	case 'k':
		break;
	case 'o':
		if (!*value)
			return usage(c, "-o: expected a file name");
		o->to_stdout = !strcmp(value, "-");
		o->output = o->to_stdout ? NULL : value;
		break;
	case 'q':
		o->quiet = true;
		o->verbose = false;
		break;
	case 'v':
		o->verbose = true;
		o->quiet = false;
		break;
	case OPT_NO_CHECKSUM:
		o->checksum = false;
		break;
	case OPT_NO_SPARSE:
		o->sparse = false;
		break;
	case OPT_LONG:
		return value ? set_number(c, letter, value, o) : OPTIONS_RUN;
	default:
		return set_number(c, letter, value, o);
	}
	return OPTIONS_RUN;
}

bool options_take(const struct command *c, int letter)
{
	if (letter == OPT_HELP)
		return true;
	/* Long options without a letter go with one that has. */
	if (letter == OPT_NO_CHECKSUM)
		letter = 'b';
	if (letter == OPT_NO_SPARSE)
		letter = 'o';
	if (letter == OPT_LONG)
		letter = 'M';
	if (letter == 'T')
		letter = 'w';
	return strchr(c->letters, letter);
}

static int files(const struct command *c, int argc, char **argv,
		 struct options *o)
{
	if (argc - optind > c->files)
		return usage(c, "unexpected argument '%s': expected %s",
			     argv[optind + c->files],
			     c->files ? "one file" : "none");
	if (optind < argc) {
		if (!*argv[optind])
			return usage(c, "expected a file name, got ''");
		if (strcmp(argv[optind], "-"))
			o->input = argv[optind];
	} else if (c->needs_file) {
		return usage(c, "expected a file, or - for standard input");
	}
	return OPTIONS_RUN;
}

int options_parse(const struct command *c, int argc, char **argv,
		  struct options *o)
{
	int letter, err;

	*o = (struct options) {
		.checksum = true,
		.sparse = true,
		.format = writers[0],
		.window = DEFAULT_WINDOW,
		.block = DEFAULT_BLOCK,
	};
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":a:b:cfkl:M:o:qT:vw:",
				     long_options, NULL)) != -1) {
		if (letter == OPT_HELP) {
			fputs(c->help, stdout);
			return STATUS_OK;
		}
		if (letter == ':')
			return usage(c, "option '%s': expected a value",
				     argv[optind - 1]);
		if (letter == '?' && optopt && optopt < 256)
			return usage(c, "unknown option '-%c'", optopt);
		if (letter == '?')
			return usage(c, "unknown option '%s'",
				     argv[optind - 1]);
		if (!options_take(c, letter))
			return usage(c, "does not take option '%s'",
				     argv[optind - 1]);
		err = set(c, letter, optarg, o);
		if (err != OPTIONS_RUN)
			return err;
	}
	return files(c, argc, argv, o);
}
