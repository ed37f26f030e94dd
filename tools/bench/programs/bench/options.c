// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line of bench
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/page.h"
#include "models/models.h"
#include "options.h"

enum {
	OPT_MODELS = 256, OPT_BASE, OPT_JOB, OPT_SIZE, OPT_WORKERS, OPT_DEPTH,
	OPT_BATCH, OPT_SUBMITTERS, OPT_ROUNDS, OPT_MS, OPT_IMAGE, OPT_MADE_UP,
	OPT_MIB, OPT_COPY, OPT_PIN, OPT_CSV, OPT_LIST, OPT_HELP,
};

static const struct option long_options[] = {
	{ "models", required_argument, NULL, OPT_MODELS },
	{ "base", required_argument, NULL, OPT_BASE },
	{ "job", required_argument, NULL, OPT_JOB },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "depth", required_argument, NULL, OPT_DEPTH },
	{ "batch", required_argument, NULL, OPT_BATCH },
	{ "submitters", required_argument, NULL, OPT_SUBMITTERS },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "ms", required_argument, NULL, OPT_MS },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "made-up", required_argument, NULL, OPT_MADE_UP },
	{ "mib", required_argument, NULL, OPT_MIB },
	{ "copy", no_argument, NULL, OPT_COPY },
	{ "pin", no_argument, NULL, OPT_PIN },
	{ "csv", required_argument, NULL, OPT_CSV },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 }
};

static const char usage[] =
"usage: bench --image FILE|--made-up SEED [OPTION]...\n"
"The same requests through one model after the other, round by round, so that\n"
"what else the machine does meets them all; each is compared with the base\n"
"model of the same round. LIST is numbers by commas; all combinations are run.\n"
"\n"
"  --image FILE       memory of a guest, as tools/vm/guest writes it\n"
"  --made-up SEED     inputs made up instead\n"
"  --mib N            of inputs, spread over FILE; those that are one word\n"
"                     repeated are left out (default 32)\n"
"  --models NAMES     by commas, see --list (default: all that work here)\n"
"  --base NAME        to compare with (default: the first)\n"
"  --job NAMES        of empty, copy, lz4 and zstd1 (default lz4)\n"
"  --size LIST        of inputs, multiples of 4096 (default 4096)\n"
"  --workers LIST     threads per model; flipq: partitions (default 2)\n"
"  --depth LIST       requests in flight per worker (default 32)\n"
"  --batch LIST       requests handed over at once (default 8)\n"
"  --submitters LIST  threads, each with a model of its own (default 1)\n"
"  --copy             models copy inputs first, as those of a running guest\n"
"                     may change; flipq does so in any case\n"
"  --pin              threads stay on processors: the first submitter on the\n"
"                     first, its workers on those after it, in turn\n"
"  --rounds N         of each model (default 7), after one to warm up\n"
"  --ms N             of each round (default 200)\n"
"  --csv FILE         gets a line for each round; core/csv.c names its columns\n"
"  --list             the models, and what they are\n"
"\n"
"Each model's results are unpacked and compared before it is measured. The exit\n"
"status is 0 if all were right, 1 if not or on an error, 2 for bad arguments.\n";

/* The next of @text's names, into @name. Return: the rest, NULL: no more. */
static const char *next_name(const char *text, char *name, size_t size)
{
	size_t len = strcspn(text, ",");

	snprintf(name, size, "%.*s", (int)len, text);
	return text[len] ? text + len + 1 : NULL;
}

static bool set_list(struct list *list, const char *what, const char *text,
		     unsigned int high)
{
	char name[32];

	for (list->nr = 0; text; list->nr++) {
		if (list->nr == MAX_LIST)
			return arg_bad(what, text, "at most 16 numbers");
		text = next_name(text, name, sizeof(name));
		if (!arg_small(what, name, high, &list->value[list->nr]))
			return false;
	}
	return true;
}

static bool set_sizes(struct list *sizes, const char *text)
{
	unsigned int i;

	if (!set_list(sizes, "--size", text, 1 << 20))
		return false;
	for (i = 0; i < sizes->nr; i++)
		if (sizes->value[i] % PAGE_BYTES)
			return arg_bad("--size", text, "multiples of 4096");
	return true;
}

static bool add_model(struct bench_options *o, const char *name)
{
	const struct model_ops *m = model_find(name);
	char expected[128];
	const char *needs;
	unsigned int i;

	if (!m)
		return arg_bad("--models", name, "names that --list shows");
	for (i = 0; i < o->nr_models; i++)
		if (o->models[i] == m)
			return arg_bad("--models", name, "each model once");
	needs = model_needs(m);
	if (needs) {
		snprintf(expected, sizeof(expected),
			 "a model that works on this machine: it needs %s",
			 needs);
		return arg_bad("--models", name, expected);
	}
	o->models[o->nr_models++] = m;
	return true;
}

static bool set_models(struct bench_options *o, const char *text)
{
	char name[64];

	for (o->nr_models = 0; text; ) {
		text = next_name(text, name, sizeof(name));
		if (!add_model(o, name))
			return false;
	}
	return true;
}

static bool add_job(struct bench_options *o, const char *name)
{
	const struct job_ops *const *j;

	for (j = jobs; *j; j++)
		if (!strcmp((*j)->name, name))
			break;
	if (!*j || o->nr_jobs == MAX_LIST)
		return arg_bad("--job", name,
			       "empty, copy, lz4 or zstd1, by commas");
	o->jobs[o->nr_jobs++] = *j;
	return true;
}

static bool set_jobs(struct bench_options *o, const char *text)
{
	char name[64];

	for (o->nr_jobs = 0; text; ) {
		text = next_name(text, name, sizeof(name));
		if (!add_job(o, name))
			return false;
	}
	return true;
}

static enum options_result list_models(void)
{
	const struct model_ops *const *m;

	for (m = models; *m; m++) {
		const char *needs = model_needs(*m);

		printf("%-20s%s", (*m)->name, (*m)->about);
		if (needs)
			printf(" (not here: it needs %s)", needs);
		printf("\n");
	}
	return OPTIONS_DONE;
}

static enum options_result help(void)
{
	fputs(usage, stdout);
	return OPTIONS_DONE;
}

static bool set(struct bench_options *o, int option, const char *text)
{
	switch (option) {
	case OPT_MODELS:
		return set_models(o, text);
	case OPT_JOB:
		return set_jobs(o, text);
	case OPT_SIZE:
		return set_sizes(&o->sizes, text);
	case OPT_WORKERS:
		return set_list(&o->workers, "--workers", text, MAX_THREADS);
	case OPT_DEPTH:
		return set_list(&o->depths, "--depth", text, MAX_DEPTH);
	case OPT_BATCH:
		return set_list(&o->batches, "--batch", text, MAX_DEPTH);
	case OPT_SUBMITTERS:
		return set_list(&o->submitters, "--submitters", text, 64);
	case OPT_ROUNDS:
		return arg_small("--rounds", text, 1000, &o->rounds);
	case OPT_MS:
		return arg_number("--ms", text, 1, 3600000, &o->ms);
	case OPT_IMAGE:
		o->image = text;
		return true;
	case OPT_MADE_UP:
		o->made_up = true;
		return arg_number("--made-up", text, 0, UINT64_MAX, &o->seed);
	case OPT_MIB:
		return arg_number("--mib", text, 1, 4096, &o->mib);
	case OPT_COPY:
		o->copy = true;
		return true;
	case OPT_PIN:
		o->pin = true;
		return true;
	case OPT_CSV:
		o->csv = text;
		return true;
	default:
		fprintf(stderr, "Try 'bench --help'.\n");
		return false;
	}
}

static void set_defaults(struct bench_options *o)
{
	const struct list one = { 1, { 1 } };

	*o = (struct bench_options){
		.jobs = { &job_lz4 }, .nr_jobs = 1, .sizes = one,
		.workers = one, .depths = one, .batches = one,
		.submitters = one, .rounds = 7, .ms = 200, .mib = 32,
	};
	o->sizes.value[0] = PAGE_BYTES;
	o->workers.value[0] = 2;
	o->depths.value[0] = 32;
	o->batches.value[0] = 8;
}

static void add_usable_models(struct bench_options *o)
{
	const struct model_ops *const *m;

	for (m = models; *m; m++)
		if (!model_needs(*m))
			o->models[o->nr_models++] = *m;
}

static bool find_base(struct bench_options *o, const char *name)
{
	for (o->base = 0; name && o->base < o->nr_models; o->base++)
		if (!strcmp(o->models[o->base]->name, name))
			return true;
	return !name || arg_bad("--base", name, "one of the models compared");
}

static bool can_all(const struct model_ops *m, const struct bench_options *o)
{
	unsigned int i, j;

	for (i = 0; i < o->nr_jobs; i++) {
		for (j = 0; j < o->sizes.nr; j++) {
			const struct job job = {
				.ops = o->jobs[i], .size = o->sizes.value[j],
			};

			if (!model_can(m, &job))
				return false;
		}
	}
	return true;
}

/* Without inputs that somebody vouches for there is nothing to compare. */
static bool complete(struct bench_options *o, const char *base)
{
	if (!o->nr_models)
		add_usable_models(o);
	if (!find_base(o, base))
		return false;
	if (!can_all(o->models[o->base], o))
		return arg_bad("--base", o->models[o->base]->name,
			       "a model that can do each --job and --size");
	if (!o->image == !o->made_up)
		return arg_bad("inputs", o->image ? "both" : "none",
			       "--image FILE or --made-up SEED");
	return true;
}

enum options_result bench_options_read(struct bench_options *o, int argc,
				       char **argv)
{
	const char *base = NULL;
	int option;

	set_defaults(o);
	for (;;) {
		option = getopt_long(argc, argv, "", long_options, NULL);
		if (option < 0)
			break;
		if (option == OPT_HELP)
			return help();
		if (option == OPT_LIST)
			return list_models();
		if (option == OPT_BASE)
			base = optarg;
		else if (!set(o, option, optarg))
			return OPTIONS_BAD;
	}
	if (optind < argc) {
		arg_bad("argument", argv[optind], "options only");
		return OPTIONS_BAD;
	}
	return complete(o, base) ? OPTIONS_RUN : OPTIONS_BAD;
}
