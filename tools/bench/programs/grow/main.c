// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - experiments on what flipq costs as there is more of something
 *
 * Each writes CSV to standard output, a line for each round; core/csv.c names
 * the columns, memory.c its own.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/arg.h"
#include "grow.h"

enum {
	OPT_IMAGE = 256, OPT_MADE_UP, OPT_MIB, OPT_ROUNDS, OPT_MS, OPT_HELP,
};

static const struct option long_options[] = {
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "made-up", required_argument, NULL, OPT_MADE_UP },
	{ "mib", required_argument, NULL, OPT_MIB },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "ms", required_argument, NULL, OPT_MS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 }
};

static const char usage[] =
"usage: grow EXPERIMENT [OPTION]...\n"
"CSV on what flipq costs as there is more of something. EXPERIMENT is\n"
"\n"
"  idle      a busy queue beside 0, 10, 100 and 1000 idle ones\n"
"  limit     the queue, and bare loops over the kernel's codecs in threads that\n"
"            share nothing; needs flipq_limit.ko\n"
"  heavy     latencies of a light queue beside one with the highest levels\n"
"  memory    of an idle queue, and of a worker\n"
"\n"
"  --image FILE    memory of a guest, as tools/vm/guest writes it\n"
"  --made-up SEED  inputs made up instead (default: 1)\n"
"  --mib N         of inputs (default 16)\n"
"  --rounds N      of each kind (default 7)\n"
"  --ms N          of each round (default 200)\n";

static const struct {
	const char *name;
	int (*run)(const struct grow *g);
} experiments[] = {
	{ "idle", grow_idle },
	{ "limit", grow_limit },
	{ "heavy", grow_heavy },
	{ "memory", grow_memory },
};

#define EXPERIMENTS (sizeof(experiments) / sizeof(experiments[0]))

static bool set(struct grow *g, int option, const char *text)
{
	switch (option) {
	case OPT_IMAGE:
		g->image = text;
		return true;
	case OPT_MADE_UP:
		return arg_number("--made-up", text, 0, UINT64_MAX, &g->seed);
	case OPT_MIB:
		return arg_number("--mib", text, 1, 256, &g->mib);
	case OPT_ROUNDS:
		return arg_small("--rounds", text, 1000, &g->rounds);
	case OPT_MS:
		return arg_number("--ms", text, 1, 60000, &g->ms);
	default:
		fprintf(stderr, "Try 'grow --help'.\n");
		return false;
	}
}

static enum options_result read_options(struct grow *g, int argc, char **argv)
{
	int option;

	for (;;) {
		option = getopt_long(argc, argv, "", long_options, NULL);
		if (option < 0)
			break;
		if (option == OPT_HELP) {
			fputs(usage, stdout);
			return OPTIONS_DONE;
		}
		if (!set(g, option, optarg))
			return OPTIONS_BAD;
	}
	if (argc - optind == 1)
		return OPTIONS_RUN;
	arg_bad("arguments", argc == optind ? "" : argv[optind + 1],
		"one experiment");
	return OPTIONS_BAD;
}

static int run(const struct grow *g, const char *name)
{
	size_t i;

	for (i = 0; i < EXPERIMENTS; i++)
		if (!strcmp(experiments[i].name, name))
			return experiments[i].run(g) ? 1 : 0;
	arg_bad("experiment", name, "idle, limit, heavy or memory");
	return 2;
}

int main(int argc, char **argv)
{
	struct grow g = { .seed = 1, .mib = 16, .rounds = 7, .ms = 200 };
	int status;

	switch (read_options(&g, argc, argv)) {
	case OPTIONS_DONE:
		return 0;
	case OPTIONS_BAD:
		return 2;
	default:
		break;
	}
	status = run(&g, argv[optind]);
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	return -grow_complain("standard output", strerror(errno));
}
