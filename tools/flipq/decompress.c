// SPDX-License-Identifier: GPL-2.0-only
/*
 * decompress.c - the decompress and test commands: find out what the input is,
 * frame by frame, and check and write what comes out
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "message.h"
#include "names.h"
#include "output.h"
#include "progress.h"
#include "reader.h"
#include "report.h"
#include "source.h"
#include "tool.h"

#define PASSED_AT_ONCE	(256U * KIB)

/**
 * struct job - a decompression under way
 * @r: what the readers of the formats see
 * @source: encoded data
 * @out: decoded data
 * @pump: pipeline
 * @progress: on the terminal
 * @report: counters
 */
struct job {
	struct reading r;
	struct source source;
	struct output out;
	struct pump pump;
	struct progress progress;
	struct report report;
};

static int emit(void *ctx, const struct item *it, const struct view *v)
{
	struct reading *r = ctx;
	int status = v->event->status;

	if (status && it->piece->again)
		return it->piece->again(r, it);
	if (status)
		return item_corrupt(r, it, flipq_request_error(status));
	return it->piece->emit(r, it, v);
}

/*
 * After a gzip member. gzip, too, takes what is no member for no part of the
 * file, and says so by its status.
 */
static int padding(struct reading *r)
{
	uint64_t offset = r->source->offset;
	int zeros;

	if (reader_lone_byte(r->source))
		return truncated(r, "gzip member", offset);
	zeros = reader_only_zeros(r->source);
	if (zeros < 0 || pump_drain(r->pump))
		return -1;
	r->garbage = !zeros;
	if (!r->o->quiet)
		warn(r->source->name,
		     "trailing %s at offset %" PRIu64 " ignored",
		     zeros ? "zeros" : "garbage", offset);
	return 0;
}

/* As zcat -f and zstdcat do it. */
static bool passes(const struct reading *r)
{
	const struct options *o = r->o;

	return o->mode == MODE_DECOMPRESS && o->force && !r->source->offset &&
	       (o->to_stdout || (!o->output && !o->input));
}

/* What is not compressed, as it is: it may come slowly. */
static int pass_through(struct reading *r)
{
	const uint8_t *p;
	ssize_t got;

	while ((got = source_peek_some(r->source, PASSED_AT_ONCE, &p)) > 0) {
		if (output_add(r->out, p, (size_t)got) || output_flush(r->out))
			return -1;
		source_skip(r->source, (size_t)got);
	}
	return got < 0 ? -1 : 0;
}

static int unknown(struct reading *r, bool padded)
{
	if (passes(r))
		return pass_through(r);
	if (padded)
		return padding(r);
	if (pump_drain(r->pump))
		return -1;
	return reader_unknown(r->source);
}

/* One frame or member, or what is none. @reader: of the one before. */
static int read_part(struct reading *r, const struct reader **reader)
{
	bool padded = *reader && (*reader)->padded;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, 4, &p);

	if (got < 0)
		return -1;
	*reader = reader_find(p, (size_t)got);
	return *reader ? (*reader)->read(r) : unknown(r, padded);
}

static int run(struct reading *r)
{
	const struct reader *reader = NULL;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, 1, &p);

	if (!got)
		return passes(r) ? source_ended(r->source) :
				   truncated(r, "file", 0);
	while (got > 0 && !r->garbage) {
		if (read_part(r, &reader))
			return -1;
		got = source_peek(r->source, 1, &p);
	}
	if (got < 0 || pump_drain(r->pump))
		return -1;
	return source_ended(r->source);
}

static int open_output(struct job *j)
{
	const struct options *o = j->r.o;
	char *path;
	int err;

	if (o->output)
		return output_open(&j->out, o->output, o->force,
				   &j->source.stat, &j->report);
	if (o->to_stdout || !o->input)
		return output_stdout(&j->out, &j->source.stat, &j->report);
	path = plain_name(o->input, o);
	if (!path)
		return -1;
	err = output_open(&j->out, path, o->force, &j->source.stat, &j->report);
	free(path);
	return err;
}

static int flush(void *ctx, bool pause)
{
	return pump_flush(ctx, pause);
}

static void start(struct job *j)
{
	if (j->r.o->sparse)
		output_sparse(&j->out);
	j->r.source = &j->source;
	j->r.out = &j->out;
	j->r.pump = &j->pump;
	j->r.report = &j->report;
	xxh32_init(&j->r.content);
	j->pump.out = &j->out;
	j->pump.report = &j->report;
	j->pump.progress = &j->progress;
	j->pump.source = &j->source;
	j->pump.emit = emit;
	j->pump.ctx = &j->r;
	source_on_pause(&j->source, flush, &j->pump);
	progress_start(&j->progress, j->source.size, j->r.o->quiet);
}

static int finish(struct job *j)
{
	const struct options *o = j->r.o;
	struct stat *like = o->input ? &j->source.stat : NULL;
	int err;

	start(j);
	err = o->range || o->base ? image_read(&j->r) : run(&j->r);
	progress_end(&j->progress);
	if (j->r.o->input && j->r.o->remove && !j->r.garbage)
		output_replaces(&j->out, &j->source, j->r.o->quiet);
	if (!err)
		err = output_commit(&j->out, like);
	pump_stop(&j->pump);
	output_close(&j->out);
	if (!err && j->r.o->verbose)
		report_print(&j->report, j->report.bytes_out,
			     j->report.bytes_in);
	return err;
}

static int decode(const struct options *o, bool nowhere)
{
	struct job *j = calloc(1, sizeof(*j));
	int err;

	if (!j) {
		fail("decompress", "no memory");
		return STATUS_FAILED;
	}
	j->r.o = o;
	report_start(&j->report);
	err = source_open(&j->source, o->input, o->force, &j->report);
	if (!err) {
		if (nowhere)
			output_nowhere(&j->out, &j->report);
		else
			err = open_output(j);
		if (!err)
			err = finish(j);
		source_close(&j->source);
	}
	if (err)
		err = STATUS_FAILED;
	else
		err = j->r.garbage ? STATUS_WARNED : STATUS_OK;
	free(j);
	return err;
}

int cmd_decompress(const struct options *o)
{
	return decode(o, false);
}

int cmd_test(const struct options *o)
{
	return decode(o, true);
}
