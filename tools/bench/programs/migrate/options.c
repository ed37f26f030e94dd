// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/models.h"
#include "options.h"

static const struct model_ops *const known[] = {
	&model_classic, &model_ring, &model_flipq, NULL
};

static const char usage[] =
"usage: migrate [OPTION]...\n"
"Pre-copy migration of memory that is being written to, with its pages\n"
"compressed by LZ4 in one model after the other, under the same conditions.\n"
"\n"
"  --models LIST        of classic, ring and flipq (default: all three):\n"
"      classic  QEMU up to 3.0: threads, one request each, locks, conditions\n"
"      ring     the lockless rings proposed in 2018, one per thread\n"
"      flipq    /dev/flipq\n"
"  --threads N          that compress; flipq: partitions (default 2)\n"
"  --image FILE         pages of a guest (default: made up from the seed)\n"
"  --skip PAGES         of FILE, before the first that is used (default 0)\n"
"  --pages N            of the region (default 4096)\n"
"  --writers N          threads that write (default 1)\n"
"  --dirty-rate N[%]    pages per second that they write, or percent of what\n"
"                       one thread can compress, measured first (default 1000)\n"
"  --bandwidth MB/s     of the link (default 100)\n"
"  --downtime MS        allowed (default 100)\n"
"  --max-seconds N      then the migration is given up (default 60)\n"
"  --max-iterations N   the same (default 1000)\n"
"  --seed N             of all that is drawn at random (default 1)\n"
"  --verify-each        unpack each page as it arrives, in the time of the\n"
"                       migration thread, not only the last of each number\n"
"\n"
"What arrived is compared with the source in any case; of a migration that was\n"
"given up, the pages that were not written since. The exit status is 0 if all\n"
"agree, finished or not, 1 if not or on an error, 2 for bad arguments.\n"
"\n";

static const char usage_figures[] =
"Figures are those of QEMU's 'info migrate', except: busy rate is submissions\n"
"that found no room, per page submitted to be compressed; reduced size what\n"
"compression saved; compression rate the size before divided by the one after.\n"
"CPU is the time of a thread, in percent of the total time; for workers of\n"
"flipq the time they spent on requests, as the kernel counts it.\n"
"\n"
"A setting in which classic does not finish and flipq does, on two CPUs:\n"
"  tools/vm/run -d DIR -- migrate --image /mnt/0/ram.img --pages 16384 \\\n"
"      --dirty-rate 60% --bandwidth 1000 --max-seconds 20\n"
"where DIR is that of the file that tools/vm/guest names. On other machines\n"
"the percentage must be between what the two can do: '--dirty-rate 0' shows the\n"
"pages sent per second of each.\n";

static bool set_dirty_rate(const struct arg *arg, const char *text)
{
	struct options *o = arg->at;
	char digits[16];
	size_t len = strlen(text);

	o->dirty_percent = 0;
	if (!len || text[len - 1] != '%')
		return arg_number(arg->name, text, 0, 100000000,
				  &o->dirty_rate);
	if (len > sizeof(digits))
		return arg_bad(arg->name, text, "at most 10000%");
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	return arg_number(arg->name, digits, 1, 10000, &o->dirty_percent);
}

static bool set_bandwidth(const struct arg *arg, const char *text)
{
	struct options *o = arg->at;
	char *end;

	o->bandwidth = strtod(text, &end);
	if (end != text && !*end && o->bandwidth >= 0.1 && o->bandwidth <= 1e6)
		return true;
	return arg_bad(arg->name, text, "MB/s from 0.1 to 1000000");
}

static bool add_model(struct options *o, const char *what,
		      const char *name)
{
	const struct model_ops *const *m;
	unsigned int i;

	for (i = 0; i < o->nr_models; i++)
		if (!strcmp(o->models[i]->name, name))
			return arg_bad(what, name, "each model once");
	for (m = known; *m; m++) {
		if (strcmp((*m)->name, name))
			continue;
		o->models[o->nr_models++] = *m;
		return true;
	}
	return arg_bad(what, name, "classic, ring or flipq, by commas");
}

static bool set_models(const struct arg *arg, const char *text)
{
	struct options *o = arg->at;
	char name[64];

	for (o->nr_models = 0; text; ) {
		text = arg_next(text, name, sizeof(name));
		if (!add_model(o, arg->name, name))
			return false;
	}
	return true;
}

static void set_defaults(struct options *o)
{
	*o = (struct options){
		.models = { &model_classic, &model_ring, &model_flipq },
		.nr_models = 3,
		.pages = 4096,
		.threads = 2,
		.writers = 1,
		.bandwidth = 100,
		.dirty_rate = 1000,
		.downtime_ms = 100,
		.max_seconds = 60,
		.max_iterations = 1000,
		.seed = 1,
	};
}

enum options_result options_read(struct options *o, int argc, char **argv)
{
	const struct arg options[] = {
		{ "--models", .set = set_models, .at = o },
		{ "--image", .text = &o->image },
		{ "--pages", .number = &o->pages, .low = 64, .high = 1 << 24 },
		{ "--skip", .number = &o->skip, .high = 1ULL << 40 },
		{ "--threads", .small = &o->threads, .high = MAX_THREADS },
		{ "--writers", .small = &o->writers, .high = MAX_THREADS },
		{ "--bandwidth", .set = set_bandwidth, .at = o },
		{ "--dirty-rate", .set = set_dirty_rate, .at = o },
		{ "--downtime", .number = &o->downtime_ms, .low = 1,
		  .high = 2000000 },
		{ "--max-seconds", .number = &o->max_seconds, .low = 1,
		  .high = 86400 },
		{ "--max-iterations", .number = &o->max_iterations, .low = 1,
		  .high = 1000000000 },
		{ "--seed", .number = &o->seed, .high = UINT64_MAX },
		{ "--verify-each", .flag = &o->verify_each },
	};
	const struct args args = {
		.options = options, .nr = sizeof(options) / sizeof(options[0]),
		.usage = usage, .more = usage_figures,
	};
	enum options_result result;

	set_defaults(o);
	result = args_read(&args, argc, argv);
	if (result != OPTIONS_RUN || !o->skip || o->image)
		return result;
	fprintf(stderr, "migrate: --skip: expected --image with it\n");
	return OPTIONS_BAD;
}
