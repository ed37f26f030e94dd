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

#include "bytes.h"
#include "formats.h"
#include "message.h"
#include "output.h"
#include "progress.h"
#include "reader.h"
#include "report.h"
#include "source.h"
#include "tool.h"

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

int corrupt(const struct reading *r, const char *part, uint64_t offset,
	    const char *why)
{
	return fail(r->source->name, "corrupt %s at offset %" PRIu64 ": %s",
		    part, offset, why);
}

int truncated(const struct reading *r, const char *part, uint64_t offset)
{
	return fail(r->source->name,
		    "truncated %s at offset %" PRIu64 ": unexpected end of input",
		    part, offset);
}

int reading_write(struct reading *r, const void *data, size_t len)
{
	return output_add(r->out, data, len) || output_flush(r->out) ? -1 : 0;
}

/*
 * How many blocks the rest of the input may hold, if they shrank to a sixteenth
 * at best. More of them only find fewer slots than they could use.
 */
static uint64_t blocks_left(const struct reading *r, uint32_t size)
{
	if (!r->source->regular || r->source->size < r->source->offset)
		return 0;
	return 2 + (r->source->size - r->source->offset) * 16 / size;
}

/* Some room more than asked for, so that the next, larger one fits, too. */
static uint32_t roomy(uint32_t size)
{
	uint32_t room = DEFAULT_BLOCK;

	while (room < size)
		room *= 2;
	return room;
}

int reading_queue(struct reading *r, uint32_t algorithm, uint32_t in_size,
		  uint32_t out_size)
{
	struct queue_need *have = &r->have;
	struct device d;

	if (have->codec.algorithm == algorithm && have->in_size >= in_size &&
	    have->out_size >= out_size)
		return 0;
	if (pump_drain(r->pump))
		return -1;
	pump_stop(r->pump);
	if (have->codec.algorithm != algorithm)
		*have = (struct queue_need) { 0 };
	/* A block that did not shrink is a little longer than its content. */
	if (in_size <= out_size + out_size / 16 + KIB)
		in_size = out_size;
	have->codec.algorithm = algorithm;
	have->codec.flags = FLIPQ_CODEC_DECOMPRESS_ONLY;
	have->workers = r->o->workers;
	if (have->out_size < out_size)
		have->out_size = roomy(out_size);
	if (have->in_size < in_size)
		have->in_size = roomy(in_size);
	if (algorithm != FLIPQ_ALG_LZ4 && have->in_size == have->out_size)
		have->in_size += have->out_size / 16 + KIB;
	if (have->in_size > MAX_BLOCK)
		have->in_size = MAX_BLOCK;
	have->blocks = blocks_left(r, have->out_size);
	if (device_open(&d, have))
		return -1;
	pump_start(r->pump, &d);
	return 0;
}

void lz4_sum(struct reading *r, const void *data, size_t len, bool checksum)
{
	r->produced += len;
	if (!checksum)
		return;
	report_aside(r->report);
	xxh32_update(&r->content, data, len);
	report_resume(r->report);
}

const char *part_name(const struct item *it)
{
	static const char *const names[] = {
		[PIECE_LZ4] = "LZ4 block",
		[PIECE_LZ4_END] = "LZ4 frame",
		[PIECE_ZSTD] = "zstd frame",
		[PIECE_GZIP] = "gzip member",
	};

	return names[it->kind];
}

int lz4_end(struct reading *r, const struct item *it)
{
	uint32_t checksum = xxh32_digest(&r->content);
	uint64_t size = r->produced;

	xxh32_init(&r->content);
	r->produced = 0;
	if (it->checks & CHECK_SIZE && size != it->size)
		return corrupt(r, part_name(it), it->offset,
			       "content size differs");
	if (it->checks & CHECK_CONTENT && checksum != it->expect)
		return corrupt(r, part_name(it), it->offset,
			       "content checksum differs");
	return 0;
}

static int emit_lz4(struct reading *r, const struct item *it,
		    const struct view *v)
{
	uint64_t checksum = v->event->csum;

	if (it->checks & CHECK_BLOCK) {
		if (!it->requested)
			checksum = xxh32(v->data, v->len);
		if (checksum != it->expect)
			return corrupt(r, part_name(it), it->offset,
				       "checksum differs");
	}
	lz4_sum(r, v->data, v->len, it->checks & SUM_CONTENT);
	return output_add(r->out, v->data, v->len);
}

static int emit(void *ctx, const struct item *it, const struct view *v)
{
	struct reading *r = ctx;

	if (it->kind == PIECE_LZ4_END)
		return lz4_end(r, it);
	if (v->event->status == -EOPNOTSUPP)
		return fallback_piece(r, it, pump_input(r->pump, it));
	if (v->event->status)
		return corrupt(r, part_name(it), it->offset,
			       flipq_request_error(v->event->status));
	if (it->kind == PIECE_LZ4)
		return emit_lz4(r, it, v);
	if (v->len != it->size)
		return corrupt(r, part_name(it), it->offset,
			       "content size differs");
	if (it->kind == PIECE_GZIP && v->event->csum != it->expect)
		return corrupt(r, part_name(it), it->offset,
			       "checksum differs");
	return output_add(r->out, v->data, v->len);
}

static int skip_frame(struct reading *r)
{
	uint64_t offset = r->source->offset;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, 8, &p);
	uint64_t left;

	if (got < 0)
		return -1;
	if (got < 8)
		return truncated(r, "skippable frame", offset);
	left = 8 + (uint64_t)get_le32(p + 4);
	while (left) {
		size_t n = left < DEFAULT_BLOCK ? (size_t)left : DEFAULT_BLOCK;

		got = source_peek(r->source, n, &p);
		if (got < 0)
			return -1;
		if (!got)
			return truncated(r, "skippable frame", offset);
		source_skip(r->source, (size_t)got);
		left -= (uint64_t)got;
	}
	return 0;
}

/* Tapes and disks pad with zeros. 1 if nothing else follows, 0, or -1. */
static int only_zeros(struct reading *r)
{
	const uint8_t *p;
	ssize_t got, i;

	while ((got = source_peek(r->source, DEFAULT_BLOCK, &p)) > 0) {
		for (i = 0; i < got; i++)
			if (p[i])
				return 0;
		source_skip(r->source, (size_t)got);
	}
	return got < 0 ? -1 : 1;
}

static int unknown(struct reading *r, bool after_gzip)
{
	uint64_t offset = r->source->offset;
	int zeros;

	if (!offset)
		return fail(r->source->name,
			    "unknown format at offset 0: expected an LZ4 frame, a zstd frame or gzip");
	zeros = after_gzip ? only_zeros(r) : 0;
	if (zeros < 0)
		return -1;
	if (!zeros)
		return fail(r->source->name,
			    "trailing garbage at offset %" PRIu64, offset);
	if (!r->o->quiet)
		warn(r->source->name,
		     "trailing zeros at offset %" PRIu64 " ignored", offset);
	return 0;
}

/* One frame or member, or what is none. */
static int read_part(struct reading *r, bool *gzip)
{
	bool after_gzip = *gzip;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, 4, &p);
	uint32_t magic;

	if (got < 0)
		return -1;
	*gzip = got >= 2 && p[0] == GZIP_ID1 && p[1] == GZIP_ID2;
	if (*gzip)
		return gzip_read_member(r);
	magic = got < 4 ? 0 : get_le32(p);
	if (magic == LZ4_MAGIC)
		return lz4_read_frame(r);
	if (magic == LZ4_LEGACY_MAGIC)
		return lz4_read_legacy(r);
	if (magic == ZSTD_FRAME_MAGIC)
		return zstd_read_frame(r);
	if ((magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC)
		return skip_frame(r);
	return unknown(r, after_gzip);
}

static int run(struct reading *r)
{
	bool gzip = false;
	const uint8_t *p;
	ssize_t got = source_peek(r->source, 1, &p);

	if (!got)
		return truncated(r, "file", 0);
	while (got > 0) {
		if (read_part(r, &gzip))
			return -1;
		got = source_peek(r->source, 1, &p);
	}
	return got < 0 ? -1 : pump_drain(r->pump);
}

/* FILE for FILE.lz4 and the like, NULL after a message. */
static char *strip_suffix(const char *path)
{
	static const char *const suffixes[] = { ".lz4", ".zst", ".gz" };
	size_t len = strlen(path), i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && path[len - n - 1] != '/' &&
		    !strcmp(path + len - n, suffixes[i]))
			return strndup(path, len - n);
	}
	fail(path, "name ends neither with .lz4 nor .zst nor .gz; -o gives another");
	return NULL;
}

static int open_output(struct job *j)
{
	const struct options *o = j->r.o;
	char *path;
	int err;

	if (o->output)
		return output_open(&j->out, o->output, o->force, &j->report);
	if (o->to_stdout || !o->input) {
		output_stdout(&j->out, &j->report);
		return 0;
	}
	path = strip_suffix(o->input);
	if (!path)
		return -1;
	err = output_open(&j->out, path, o->force, &j->report);
	free(path);
	return err;
}

static void start(struct job *j)
{
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
	progress_start(&j->progress, j->source.size, j->r.o->quiet);
}

static int finish(struct job *j)
{
	struct stat *like = j->r.o->input ? &j->source.stat : NULL;
	int err;

	start(j);
	err = run(&j->r);
	progress_end(&j->progress);
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
	err = source_open(&j->source, o->input, &j->report);
	if (!err) {
		if (nowhere)
			output_nowhere(&j->out, &j->report);
		else
			err = open_output(j);
		if (!err)
			err = finish(j);
		source_close(&j->source);
	}
	free(j);
	return err ? STATUS_FAILED : STATUS_OK;
}

int cmd_decompress(const struct options *o)
{
	return decode(o, false);
}

int cmd_test(const struct options *o)
{
	return decode(o, true);
}
