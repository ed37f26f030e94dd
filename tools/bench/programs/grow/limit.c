// SPDX-License-Identifier: GPL-2.0-only
/*
 * limit.c - how near flipq comes to bare loops over the kernel's codecs
 *
 * The loops are those of flipq_limit.ko, over the same pages. They are a model
 * among others here, and what the others are compared with.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/csv.h"
#include "grow.h"
#include "models/models.h"

#define DIRECTORY	"/sys/kernel/debug/flipq_limit/"
#define MODULE		"flipq_limit.ko"
#define VERIFIED	256	/* requests, of each model */

static const struct model_ops *const compared[] = {
	&model_inline, &model_flipq, &model_flipq_serve, &model_flipq_arena,
	&model_flipq_private, &model_flipq_private_serve,
};

static const struct {
	const struct job_ops *job;
	const char *codec;
	uint32_t size;
	unsigned int workers;
} settings[] = {
	{ &job_lz4, "lz4", 4096, 1 },
	{ &job_lz4, "lz4", 4096, 2 },
	{ &job_lz4, "lz4", 65536, 2 },
	{ &job_zstd1, "zstd", 4096, 2 },
	{ &job_zstd1, "zstd", 65536, 2 },
};

#define COMPARED	(sizeof(compared) / sizeof(compared[0]))
#define SETTINGS	(sizeof(settings) / sizeof(settings[0]))

/* In one piece, as the module takes it. */
static int write_whole(const char *path, const void *data, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return grow_complain(MODULE, strerror(errno));
	n = write(fd, data, bytes);
	if (n < 0)
		grow_complain(path, strerror(errno));
	close(fd);
	return n == (ssize_t)bytes ? 0 : -1;
}

static int read_result(struct sample *sample)
{
	FILE *file = fopen(DIRECTORY "run", "re");
	unsigned long long requests, bytes, cpu_ns, wall_ns;
	int n;

	if (!file)
		return grow_complain(MODULE, strerror(errno));
	n = fscanf(file, "%llu %llu %llu %llu", &requests, &bytes, &cpu_ns,
		   &wall_ns);
	fclose(file);
	if (n != 4 || !requests || !wall_ns)
		return grow_complain(MODULE, "not the result expected");
	*sample = (struct sample){
		.requests = requests, .total = requests,
		.seconds = (double)wall_ns / (double)NS_PER_S,
		.usage.kernel_ns = cpu_ns,
	};
	return 0;
}

static int limit_run(const char *codec, const struct setting *s, uint64_t ms,
		     struct sample *sample)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %u %u %llu", codec, s->job.size,
		 s->workers, (unsigned long long)ms);
	if (write_whole(DIRECTORY "run", text, strlen(text)))
		return -1;
	return read_result(sample);
}

static int one_round(const struct grow *g, const char *codec,
		     const struct setting *s, const struct corpus *corpus,
		     unsigned int round)
{
	struct sample limit, sample;
	size_t i;

	if (limit_run(codec, s, g->ms, &limit))
		return -1;
	grow_write(s, "limit", "limit", round, &limit, &limit);
	for (i = 0; i < COMPARED; i++) {
		if (round_run(compared[i], s, corpus, g->ms, &sample))
			return -1;
		grow_write(s, compared[i]->name, "limit", round, &sample,
			   &limit);
	}
	return 0;
}

/* The bare loops' results are thrown away as they come. */
static int verify(const struct setting *s, const struct corpus *corpus)
{
	size_t i;

	for (i = 0; i < COMPARED; i++)
		if (round_verify(compared[i], s, corpus,
				 round_few(s, VERIFIED)))
			return -1;
	return 0;
}

static int all_rounds(const struct grow *g, const char *codec,
		      const struct setting *s)
{
	struct corpus corpus;
	unsigned int i;
	int ret;

	if (grow_corpus(g, &corpus, s->job.size))
		return -1;
	ret = write_whole(DIRECTORY "corpus", corpus.data,
			  corpus.nr * corpus.size);
	if (!ret)
		ret = verify(s, &corpus);
	for (i = 0; i < g->rounds && !ret; i++)
		ret = one_round(g, codec, s, &corpus, i + 1);
	corpus_free(&corpus);
	return ret;
}

int grow_limit(const struct grow *g)
{
	size_t i;

	csv_header(stdout);
	for (i = 0; i < SETTINGS; i++) {
		const struct setting s = {
			.job = { .ops = settings[i].job,
				 .size = settings[i].size },
			.workers = settings[i].workers, .depth = MAX_DEPTH,
			.batch = 8, .submitters = 1,
		};

		if (all_rounds(g, settings[i].codec, &s))
			return -1;
	}
	return 0;
}
