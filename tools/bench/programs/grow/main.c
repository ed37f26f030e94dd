// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - experiments on what flipq costs as there is more of something
 *
 * Each writes CSV to standard output, a line for each round; core/csv.c names
 * the columns, memory.c its own.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/arg.h"
#include "core/standard.h"
#include "grow.h"

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
	const struct arg options[] = {
		{ "--image", .text = &g.image },
		{ "--made-up", .number = &g.seed, .high = UINT64_MAX },
		{ "--mib", .number = &g.mib, .low = 1, .high = 256 },
		{ "--rounds", .small = &g.rounds, .high = 1000 },
		{ "--ms", .number = &g.ms, .low = 1, .high = 60000 },
	};
	const struct args args = {
		.options = options, .nr = sizeof(options) / sizeof(options[0]),
		.usage = usage, .word = "one experiment",
	};
	enum options_result result;

	standard_begin("grow");
	result = args_read(&args, argc, argv);
	if (result != OPTIONS_RUN)
		return options_status(result);
	return run(&g, argv[optind]);
}
