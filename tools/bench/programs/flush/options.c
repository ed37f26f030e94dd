// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line of flush
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

enum {
	OPT_PAGES = 256, OPT_DIRTY, OPT_ROUNDS, OPT_WORKERS, OPT_CHUNK,
	OPT_SEED, OPT_HELP,
};

static const struct option long_options[] = {
	{ "pages", required_argument, NULL, OPT_PAGES },
	{ "dirty", required_argument, NULL, OPT_DIRTY },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 }
};

static const char usage[] =
"usage: flush [OPTION]...\n"
"Copies the dirty pages of a memory with flipq_flush() and without it: in the\n"
"queue's arena by shared workers, and in the process's memory by its own\n"
"threads; with the dirty pages anywhere, at the start, and at the end.\n"
"\n"
"  --pages N        of 4 KiB (default 8192)\n"
"  --dirty PERCENT  of them (default 25)\n"
"  --workers N      partitions, each with a server (default 2)\n"
"  --chunk LIST     pages of a chunk, whole words of 64; 0 is what the library\n"
"                   chooses (default 0)\n"
"  --rounds N       each does one flush in each way, in turn (default 9)\n"
"  --seed N         of all that is drawn at random (default 1)\n"
"\n"
"Ways: inline, one thread without a queue; 'one server', one partition; 'fixed',\n"
"a range for each server; 'chunks', handed out as servers finish.\n"
"\n"
"Each line has medians over all rounds. 'x inline' and 'x fixed' say how many\n"
"times as fast as these two in the same round, with the lowest and the highest\n"
"of all rounds. 'share' is what the busiest server copied, in percent of all: how\n"
"even the division is, whatever else the machine does. Then counts of one flush,\n"
"as the kernel has them: requests, ENTER calls that waited and\n"
"those that slept, kicks that reached servers, servers that were put back to\n"
"work, SERVE calls.\n"
"\n"
"After each flush all of the memory is compared: what was dirty was copied,\n"
"nothing else was, no page is dirty, and as many were reported. The exit status\n"
"is 0 if so, 1 if not or on an error, 2 for bad arguments.\n";

static void add_way(struct flush_options *o, const char *name, struct way way)
{
	snprintf(way.name, sizeof(way.name), "%s", name);
	o->ways[o->nr_ways++] = way;
}

static void add_fixed_ways(struct flush_options *o)
{
	o->nr_ways = 0;
	add_way(o, "inline", (struct way){ .run = way_inline });
	add_way(o, "fixed", (struct way){
		.run = way_all, .mode = FLIPQ_FLUSH_FIXED });
	add_way(o, "one server", (struct way){ .run = way_one });
}

static bool add_chunks(struct flush_options *o, const char *text)
{
	struct way way = { .run = way_all, .mode = FLIPQ_FLUSH_CHUNKS };
	char name[sizeof(way.name)] = "chunks";
	uint64_t pages;

	if (!arg_number("--chunk", text, 0, 1 << 30, &pages))
		return false;
	if (pages % 64)
		return arg_bad("--chunk", text, "a multiple of 64");
	if (o->nr_ways == MAX_WAYS)
		return arg_bad("--chunk", text, "fewer sizes");
	way.chunk = (uint32_t)pages;
	if (pages)
		snprintf(name, sizeof(name), "chunks of %u", way.chunk);
	add_way(o, name, way);
	return true;
}

static bool set_chunks(struct flush_options *o, const char *text)
{
	char one[16];

	add_fixed_ways(o);
	for (;;) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(one))
			return arg_bad("--chunk", text, "numbers, by commas");
		memcpy(one, text, len);
		one[len] = '\0';
		if (!add_chunks(o, one))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool set(struct flush_options *o, int option, const char *text)
{
	switch (option) {
	case OPT_PAGES:
		return arg_number("--pages", text, 64, 1 << 24, &o->pages);
	case OPT_DIRTY:
		return arg_small("--dirty", text, 100, &o->dirty);
	case OPT_ROUNDS:
		return arg_small("--rounds", text, MAX_ROUNDS, &o->rounds);
	case OPT_WORKERS:
		return arg_small("--workers", text, FLIPQ_MAX_PARTITIONS,
				 &o->workers);
	case OPT_CHUNK:
		return set_chunks(o, text);
	case OPT_SEED:
		return arg_number("--seed", text, 0, UINT64_MAX, &o->seed);
	default:
		fprintf(stderr, "Try 'flush --help'.\n");
		return false;
	}
}

enum options_result flush_options_read(struct flush_options *o, int argc,
				       char **argv)
{
	int option;

	*o = (struct flush_options){
		.pages = 8192, .dirty = 25, .rounds = 9, .workers = 2,
		.seed = 1,
	};
	set_chunks(o, "0");
	for (;;) {
		option = getopt_long(argc, argv, "", long_options, NULL);
		if (option < 0)
			break;
		if (option == OPT_HELP) {
			fputs(usage, stdout);
			return OPTIONS_DONE;
		}
		if (!set(o, option, optarg))
			return OPTIONS_BAD;
	}
	if (optind == argc)
		return OPTIONS_RUN;
	arg_bad("argument", argv[optind], "options only");
	return OPTIONS_BAD;
}
