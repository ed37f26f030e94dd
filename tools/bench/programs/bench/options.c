// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line of bench
 */
#include <stdio.h>
#include <string.h>

#include "core/page.h"
#include "models/models.h"
#include "options.h"

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

static bool set_list(const struct arg *arg, const char *text)
{
	struct list *list = arg->at;
	char name[32];

	for (list->nr = 0; text; list->nr++) {
		if (list->nr == MAX_LIST)
			return arg_bad(arg->name, text, "at most 16 numbers");
		text = arg_next(text, name, sizeof(name));
		if (!arg_small(arg->name, name, arg->high,
			       &list->value[list->nr]))
			return false;
	}
	return true;
}

static bool set_sizes(const struct arg *arg, const char *text)
{
	const struct list *sizes = arg->at;
	unsigned int i;

	if (!set_list(arg, text))
		return false;
	for (i = 0; i < sizes->nr; i++)
		if (sizes->value[i] % PAGE_BYTES)
			return arg_bad(arg->name, text, "multiples of 4096");
	return true;
}

static bool add_model(struct bench_options *o, const char *what,
		      const char *name)
{
	const struct model_ops *m = model_find(name);
	char expected[128];
	const char *needs;
	unsigned int i;

	if (!m)
		return arg_bad(what, name, "names that --list shows");
	for (i = 0; i < o->nr_models; i++)
		if (o->models[i] == m)
			return arg_bad(what, name, "each model once");
	needs = model_needs(m);
	if (needs) {
		snprintf(expected, sizeof(expected),
			 "a model that works on this machine: it needs %s",
			 needs);
		return arg_bad(what, name, expected);
	}
	o->models[o->nr_models++] = m;
	return true;
}

static bool set_models(const struct arg *arg, const char *text)
{
	struct bench_options *o = arg->at;
	char name[64];

	for (o->nr_models = 0; text; ) {
		text = arg_next(text, name, sizeof(name));
		if (!add_model(o, arg->name, name))
			return false;
	}
	return true;
}

static bool add_job(struct bench_options *o, const char *what,
		    const char *name)
{
	const struct job_ops *const *j;

	for (j = jobs; *j; j++)
		if (!strcmp((*j)->name, name))
			break;
	if (!*j || o->nr_jobs == MAX_LIST)
		return arg_bad(what, name,
			       "empty, copy, lz4 or zstd1, by commas");
	o->jobs[o->nr_jobs++] = *j;
	return true;
}

static bool set_jobs(const struct arg *arg, const char *text)
{
	struct bench_options *o = arg->at;
	char name[64];

	for (o->nr_jobs = 0; text; ) {
		text = arg_next(text, name, sizeof(name));
		if (!add_job(o, arg->name, name))
			return false;
	}
	return true;
}

static bool set_made_up(const struct arg *arg, const char *text)
{
	struct bench_options *o = arg->at;

	o->made_up = true;
	return arg_number(arg->name, text, 0, UINT64_MAX, &o->seed);
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

static bool find_base(struct bench_options *o)
{
	const char *name = o->base_name;

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
static bool complete(struct bench_options *o)
{
	if (!o->nr_models)
		add_usable_models(o);
	if (!find_base(o))
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
	const struct arg options[] = {
		{ "--models", .set = set_models, .at = o },
		{ "--base", .text = &o->base_name },
		{ "--job", .set = set_jobs, .at = o },
		{ "--size", .set = set_sizes, .at = &o->sizes,
		  .high = 1 << 20 },
		{ "--workers", .set = set_list, .at = &o->workers,
		  .high = MAX_THREADS },
		{ "--depth", .set = set_list, .at = &o->depths,
		  .high = MAX_DEPTH },
		{ "--batch", .set = set_list, .at = &o->batches,
		  .high = MAX_DEPTH },
		{ "--submitters", .set = set_list, .at = &o->submitters,
		  .high = 64 },
		{ "--rounds", .small = &o->rounds, .high = 1000 },
		{ "--ms", .number = &o->ms, .low = 1, .high = 3600000 },
		{ "--image", .text = &o->image },
		{ "--made-up", .set = set_made_up, .at = o },
		{ "--mib", .number = &o->mib, .low = 1, .high = 4096 },
		{ "--copy", .flag = &o->copy },
		{ "--pin", .flag = &o->pin },
		{ "--csv", .text = &o->csv },
		{ "--list", .flag = &o->list },
	};
	const struct args args = {
		.options = options, .nr = sizeof(options) / sizeof(options[0]),
		.usage = usage,
	};
	enum options_result result;

	set_defaults(o);
	result = args_read(&args, argc, argv);
	if (result != OPTIONS_RUN)
		return result;
	if (o->list)
		return list_models();
	return complete(o) ? OPTIONS_RUN : OPTIONS_BAD;
}
