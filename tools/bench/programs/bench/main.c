// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the models side by side, under all conditions asked for
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/csv.h"
#include "core/standard.h"
#include "options.h"
#include "table.h"

#define VERIFIED	512	/* requests, of each model */

/**
 * struct bench - what is under way
 * @o: what the user wants
 * @csv: file for the rounds, or NULL
 * @corpus: inputs of the present size
 * @setting: the present conditions
 * @models: those that can do the present job
 * @results: their rounds
 * @nr: how many
 * @base: index of the one to compare with
 */
struct bench {
	const struct bench_options *o;
	FILE *csv;
	struct corpus corpus;
	struct setting setting;
	const struct model_ops *models[MAX_MODELS];
	struct result results[MAX_MODELS];
	unsigned int nr;
	unsigned int base;
};

static void choose_models(struct bench *b)
{
	unsigned int i;

	b->nr = 0;
	for (i = 0; i < b->o->nr_models; i++) {
		if (!model_can(b->o->models[i], &b->setting.job))
			continue;
		if (i == b->o->base)
			b->base = b->nr;
		b->models[b->nr++] = b->o->models[i];
	}
}

static int init_results(struct bench *b)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < b->nr; i++)
		ret |= result_init(&b->results[i], b->o->rounds);
	return ret;
}

static void free_results(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		result_free(&b->results[i]);
}

/* Also warms up. */
static int verify_all(struct bench *b)
{
	struct sample unused;
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		if (round_verify(b->models[i], &b->setting, &b->corpus,
				 round_few(&b->setting, VERIFIED)) ||
		    round_run(b->models[i], &b->setting, &b->corpus,
			      b->o->ms, &unused))
			return -1;
	return 0;
}

static void write_round(const struct bench *b, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		const struct csv_row row = {
			.setting = &b->setting,
			.model = b->models[i]->name,
			.base = b->models[b->base]->name,
			.round = n + 1,
			.sample = &b->results[i].samples[n],
			.ratio = b->results[i].ratios[n],
		};

		if (b->csv)
			csv_write(b->csv, &row);
	}
}

static int one_round(struct bench *b, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		if (round_run(b->models[i], &b->setting, &b->corpus, b->o->ms,
			      &b->results[i].samples[n]))
			return -1;
	for (i = 0; i < b->nr; i++)
		result_pair(&b->results[i], &b->results[b->base], n);
	write_round(b, n);
	return 0;
}

static int run_rounds(struct bench *b)
{
	unsigned int i;

	if (verify_all(b))
		return -1;
	for (i = 0; i < b->o->rounds; i++)
		if (one_round(b, i))
			return -1;
	table_head(&b->setting, b->models[b->base]->name, &b->corpus);
	for (i = 0; i < b->nr; i++)
		table_row(b->models[i]->name, &b->results[i]);
	printf("\n");
	return 0;
}

/* All models under the present conditions. */
static int run_setting(struct bench *b)
{
	int ret = init_results(b);

	if (ret)
		fprintf(stderr, "bench: no memory for the rounds\n");
	else
		ret = run_rounds(b);
	free_results(b);
	return ret;
}

/* Each value of the lists from the @which'th on, with all of those after it. */
static int sweep(struct bench *b, unsigned int which)
{
	const struct list *const lists[] = {
		&b->o->submitters, &b->o->workers, &b->o->depths,
		&b->o->batches,
	};
	unsigned int *const values[] = {
		&b->setting.submitters, &b->setting.workers,
		&b->setting.depth, &b->setting.batch,
	};
	unsigned int i;

	if (which == sizeof(lists) / sizeof(lists[0]))
		return run_setting(b);
	for (i = 0; i < lists[which]->nr; i++) {
		*values[which] = lists[which]->value[i];
		if (sweep(b, which + 1))
			return -1;
	}
	return 0;
}

/* The size of what is not looked at does not matter: the first one will do. */
static int run_job(struct bench *b, const struct job_ops *ops)
{
	const struct bench_options *o = b->o;
	unsigned int i, sizes = ops->pack ? o->sizes.nr : 1;
	int ret = 0;

	for (i = 0; i < sizes && !ret; i++) {
		b->setting.job = (struct job){
			.ops = ops, .size = o->sizes.value[i], .copy = o->copy,
		};
		choose_models(b);
		ret = corpus_load(&b->corpus, o->image, o->seed,
				  o->sizes.value[i], o->mib << 20);
		if (!ret)
			ret = sweep(b, 0);
		corpus_free(&b->corpus);
	}
	return ret;
}

static int run(struct bench *b)
{
	unsigned int i;
	int ret = 0;

	b->setting.pin = b->o->pin;
	if (b->csv)
		csv_header(b->csv);
	for (i = 0; i < b->o->nr_jobs && !ret; i++)
		ret = run_job(b, b->o->jobs[i]);
	return ret;
}

static int open_csv(struct bench *b)
{
	if (!b->o->csv)
		return 0;
	b->csv = fopen(b->o->csv, "we");
	if (b->csv)
		return 0;
	fprintf(stderr, "bench: --csv %s: %s\n", b->o->csv, strerror(errno));
	return -1;
}

int main(int argc, char **argv)
{
	struct bench_options o;
	struct bench b = { .o = &o };
	enum options_result result;
	int ret;

	standard_begin("bench");
	result = bench_options_read(&o, argc, argv);
	if (result != OPTIONS_RUN)
		return options_status(result);
	if (open_csv(&b))
		return 1;
	ret = run(&b);
	if (b.csv && fclose(b.csv)) {
		fprintf(stderr, "bench: --csv %s: %s\n", o.csv,
			strerror(errno));
		ret = -1;
	}
	return ret ? 1 : 0;
}
