// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/models.h"
#include "options.h"

enum {
	OPT_MODELS = 256, OPT_IMAGE, OPT_PAGES, OPT_SKIP, OPT_THREADS,
	OPT_WRITERS, OPT_BANDWIDTH, OPT_DIRTY_RATE, OPT_DOWNTIME,
	OPT_MAX_SECONDS, OPT_MAX_ITERATIONS, OPT_SEED, OPT_VERIFY_EACH,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "models", required_argument, NULL, OPT_MODELS },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "pages", required_argument, NULL, OPT_PAGES },
	{ "skip", required_argument, NULL, OPT_SKIP },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "writers", required_argument, NULL, OPT_WRITERS },
	{ "bandwidth", required_argument, NULL, OPT_BANDWIDTH },
	{ "dirty-rate", required_argument, NULL, OPT_DIRTY_RATE },
	{ "downtime", required_argument, NULL, OPT_DOWNTIME },
	{ "max-seconds", required_argument, NULL, OPT_MAX_SECONDS },
	{ "max-iterations", required_argument, NULL, OPT_MAX_ITERATIONS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "verify-each", no_argument, NULL, OPT_VERIFY_EACH },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 }
};

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

static bool set_dirty_rate(struct options *o, const char *text)
{
	static const char what[] = "--dirty-rate";
	char digits[16];
	size_t len = strlen(text);

	o->dirty_percent = 0;
	if (!len || text[len - 1] != '%')
		return arg_number(what, text, 0, 100000000, &o->dirty_rate);
	if (len > sizeof(digits))
		return arg_bad(what, text, "at most 10000%");
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	return arg_number(what, digits, 1, 10000, &o->dirty_percent);
}

static bool set_bandwidth(struct options *o, const char *text)
{
	char *end;

	o->bandwidth = strtod(text, &end);
	if (end != text && !*end && o->bandwidth >= 0.1 && o->bandwidth <= 1e6)
		return true;
	return arg_bad("--bandwidth", text, "MB/s from 0.1 to 1000000");
}

static bool add_model(struct options *o, const char *name)
{
	const struct model_ops *const *m;
	unsigned int i;

	for (i = 0; i < o->nr_models; i++)
		if (!strcmp(o->models[i]->name, name))
			return arg_bad("--models", name, "each model once");
	for (m = known; *m; m++) {
		if (strcmp((*m)->name, name))
			continue;
		o->models[o->nr_models++] = *m;
		return true;
	}
	return arg_bad("--models", name, "classic, ring or flipq, by commas");
}

static bool set_models(struct options *o, const char *text)
{
	char name[64];

	o->nr_models = 0;
	for (;;) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(name))
			return arg_bad("--models", text,
				       "classic, ring or flipq");
		memcpy(name, text, len);
		name[len] = '\0';
		if (!add_model(o, name))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool set(struct options *o, int option, const char *text)
{
	switch (option) {
	case OPT_MODELS:
		return set_models(o, text);
	case OPT_IMAGE:
		o->image = text;
		return true;
	case OPT_PAGES:
		return arg_number("--pages", text, 64, 1 << 24, &o->pages);
	case OPT_SKIP:
		return arg_number("--skip", text, 0, 1ULL << 40, &o->skip);
	case OPT_THREADS:
		return arg_small("--threads", text, MAX_THREADS, &o->threads);
	case OPT_WRITERS:
		return arg_small("--writers", text, MAX_THREADS, &o->writers);
	case OPT_BANDWIDTH:
		return set_bandwidth(o, text);
	case OPT_DIRTY_RATE:
		return set_dirty_rate(o, text);
	case OPT_DOWNTIME:
		return arg_number("--downtime", text, 1, 2000000,
				  &o->downtime_ms);
	case OPT_MAX_SECONDS:
		return arg_number("--max-seconds", text, 1, 86400,
				  &o->max_seconds);
	case OPT_MAX_ITERATIONS:
		return arg_number("--max-iterations", text, 1, 1000000000,
				  &o->max_iterations);
	case OPT_SEED:
		return arg_number("--seed", text, 0, UINT64_MAX, &o->seed);
	case OPT_VERIFY_EACH:
		o->verify_each = true;
		return true;
	default:
		fprintf(stderr, "Try 'migrate --help'.\n");
		return false;
	}
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
	int option;

	set_defaults(o);
	for (;;) {
		option = getopt_long(argc, argv, "", long_options, NULL);
		if (option < 0)
			break;
		if (option == OPT_HELP) {
			fputs(usage, stdout);
			fputs(usage_figures, stdout);
			return OPTIONS_DONE;
		}
		if (!set(o, option, optarg))
			return OPTIONS_BAD;
	}
	if (optind < argc) {
		arg_bad("argument", argv[optind], "options only");
		return OPTIONS_BAD;
	}
	if (o->skip && !o->image) {
		fprintf(stderr, "migrate: --skip: expected --image with it\n");
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}
