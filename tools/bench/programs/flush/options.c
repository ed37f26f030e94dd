// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line of flush
 */
#include <stdio.h>

#include "options.h"

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

static bool add_chunks(struct flush_options *o, const char *name,
		       const char *text)
{
	struct way way = { .run = way_all, .mode = FLIPQ_FLUSH_CHUNKS };
	char title[sizeof(way.name)] = "chunks";
	uint64_t pages;

	if (!arg_number(name, text, 0, 1 << 30, &pages))
		return false;
	if (pages % 64)
		return arg_bad(name, text, "a multiple of 64");
	if (o->nr_ways == MAX_WAYS)
		return arg_bad(name, text, "fewer sizes");
	way.chunk = (uint32_t)pages;
	if (pages)
		snprintf(title, sizeof(title), "chunks of %u", way.chunk);
	add_way(o, title, way);
	return true;
}

static bool set_chunks(const struct arg *arg, const char *text)
{
	struct flush_options *o = arg->at;
	char one[16];

	for (add_fixed_ways(o); text; ) {
		text = arg_next(text, one, sizeof(one));
		if (!add_chunks(o, arg->name, one))
			return false;
	}
	return true;
}

enum options_result flush_options_read(struct flush_options *o, int argc,
				       char **argv)
{
	const struct arg options[] = {
		{ "--pages", .number = &o->pages, .low = 64, .high = 1 << 24 },
		{ "--dirty", .small = &o->dirty, .high = 100 },
		{ "--rounds", .small = &o->rounds, .high = MAX_ROUNDS },
		{ "--workers", .small = &o->workers,
		  .high = FLIPQ_MAX_PARTITIONS },
		{ "--chunk", .set = set_chunks, .at = o },
		{ "--seed", .number = &o->seed, .high = UINT64_MAX },
	};
	const struct args args = {
		.options = options, .nr = sizeof(options) / sizeof(options[0]),
		.usage = usage,
	};

	*o = (struct flush_options){
		.pages = 8192, .dirty = 25, .rounds = 9, .workers = 2,
		.seed = 1,
	};
	add_fixed_ways(o);
	add_chunks(o, "", "0");
	return args_read(&args, argc, argv);
}
