// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - what is done, with each file of the command line
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "completion.h"
#include "message.h"
#include "names.h"
#include "options.h"
#include "standard.h"
#include "tool.h"
#include "walk.h"

/**
 * struct action - what there is to be done
 * @run: do it
 * @together: for all files at once, not for each
 */
struct action {
	int (*run)(const struct options *o);
	bool together;
};

static const struct action actions[] = {
	[MODE_COMPRESS] = { cmd_compress, false },
	[MODE_DECOMPRESS] = { cmd_decompress, false },
	[MODE_TEST] = { cmd_test, false },
	[MODE_LIST] = { cmd_list, true },
	[MODE_RESTORE] = { cmd_restore, false },
	[MODE_CODECS] = { cmd_codecs, true },
	[MODE_INFO] = { cmd_info, true },
	[MODE_TOP] = { cmd_top, true },
};

/* Text on stdout that could not be written is a failure, too. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		fail("(stdout)", "%s", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}

/* An error counts more than a warning, whatever their numbers are. */
static int worse(int a, int b)
{
	if (a == STATUS_FAILED || b == STATUS_FAILED)
		return STATUS_FAILED;
	return a ? a : b;
}

/* Without a word that says so, it is more likely to be a slip. */
static bool is_slip(const struct options *o)
{
	return o->mode == MODE_COMPRESS && !o->said && !o->force && o->input &&
	       !o->to_stdout && !o->output && is_compressed(o->input, o);
}

static int run_file(struct options *o, const char *name)
{
	o->input = strcmp(name, "-") ? name : NULL;
	if (is_slip(o)) {
		if (!o->quiet)
			warn(name,
			     "is compressed already, by its name: left alone; -d decompresses it, -z compresses it");
		return STATUS_OK;
	}
	if (o->verbose && o->nr_files > 1)
		fprintf(stderr, "file: %s\n", o->input ? name : "(stdin)");
	return actions[o->mode].run(o);
}

static int run_mode(struct options *o)
{
	int status = STATUS_OK;
	size_t i;

	if (actions[o->mode].together)
		return actions[o->mode].run(o);
	if (!o->nr_files)
		return run_file(o, "-");
	for (i = 0; i < o->nr_files; i++)
		status = worse(status, run_file(o, o->files[i]));
	return status;
}

static int run(struct options *o)
{
	struct walk w;
	int status;

	status = walk_files(&w, o);
	/* No standard input in the place of an empty directory. */
	if (w.nr || !o->nr_files) {
		o->files = w.files;
		o->nr_files = w.nr;
		status = worse(status, run_mode(o));
	}
	walk_end(&w);
	return status;
}

/* Links to the program stand for options. */
static void by_name(const char *path, struct options *o)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	bool cat = !strcmp(name, "flipqcat");

	if (!cat && strcmp(name, "unflipq"))
		return;
	o->mode = MODE_DECOMPRESS;
	o->to_stdout = cat;
	o->force = cat;
}

static int help(const char *name)
{
	const struct command *c = name ? find_command(name) : &no_command;

	if (!c) {
		fail("help", "unknown command '%s'", name);
		return STATUS_USAGE;
	}
	print_help(c);
	return STATUS_OK;
}

/* Nobody types what is to be compressed. */
static bool is_lost(int argc, const struct options *o)
{
	return argc < 2 && !o->force && isatty(STDIN_FILENO);
}

int main(int argc, char **argv)
{
	const struct command *c = &no_command, *named;
	struct options o;
	int status;

	standard_occupy();
	options_default(&o);
	by_name(argc ? argv[0] : "", &o);
	if (is_lost(argc, &o)) {
		fputs("flipq: expected a file, or input that is no terminal\n"
		      "Try 'flipq --help'.\n", stderr);
		return STATUS_USAGE;
	}
	argv += !!argc;
	if (*argv && !strcmp(*argv, "completion"))
		return finish(completion_print(argc == 3 ? argv[1] : NULL));
	if (*argv && !strcmp(*argv, "help"))
		return finish(help(argv[1]));
	named = *argv ? find_command(*argv) : NULL;
	if (named) {
		c = named;
		o.mode = c->mode;
		o.said = true;
		argv++;
	}
	status = options_parse(c, argv, &o);
	if (status == OPTIONS_VERSION)
		status = puts("flipq " FLIPQ_VERSION) < 0 ? STATUS_FAILED :
							    STATUS_OK;
	else if (status == OPTIONS_RUN)
		status = run(&o);
	return finish(status);
}
