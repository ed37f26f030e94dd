// SPDX-License-Identifier: GPL-2.0-only
/*
 * compress.c - the compress command: blocks of the input through the workers
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "device.h"
#include "index.h"
#include "message.h"
#include "names.h"
#include "output.h"
#include "progress.h"
#include "pump.h"
#include "report.h"
#include "source.h"
#include "tool.h"
#include "writer.h"

/* With a base, so much is compared at a time. */
#define COMPARED	(8U * MIB)

/* Lower half of the XXH64 of nothing. */
#define EMPTY_SUM	0x51d8e999U

const struct writer *const writers[] = {
	&writer_lz4, &writer_lz4hc, &writer_zstd, &writer_gzip, NULL
};

/**
 * struct job - a compression under way
 * @o: what was asked for, with smaller blocks where these are too large
 * @source: plain data
 * @out: the file
 * @w: format state
 * @pump: pipeline
 * @progress: on the terminal
 * @report: counters
 * @index: with --index, of the blocks
 * @base: with --base
 * @fresh: with --base: what was read
 * @old: with --base: what the base has there
 * @changed: with --base: the block that is being filled, NULL for none
 */
struct job {
	struct options o;
	struct source source;
	struct output out;
	struct writing w;
	struct pump pump;
	struct index index;
	struct base base;
	uint8_t *fresh;
	uint8_t *old;
	struct item *changed;
	struct progress progress;
	struct report report;
};

/* Halve the blocks until they are taken at @level, by our own threads. */
static int shrink_block(struct options *o, const struct place *place, int level)
{
	uint32_t asked = o->block;
	struct flipq_codec_info info;

	do {
		if (o->block / 2 < MIN_BLOCK)
			return fail(o->format->name,
				    "level %d: not taken at any block size",
				    level);
		o->block /= 2;
		if (device_codec(place, o->format->algorithm, o->block, &info))
			return -1;
	} while (level > info.owner_level);
	if (!o->quiet)
		warn(o->format->name,
		     "level %d: blocks of %u bytes, as it is not taken for %u (see flipq codecs)",
		     level, o->block, asked);
	return 0;
}

/*
 * The level, and who does it: what is too large or too slow for the shared
 * workers, threads of our own do; what could take these too long for one
 * request, they do in smaller blocks.
 */
static int choose_level(struct options *o, const struct place *place,
			int *level, bool *own)
{
	const struct writer *f = o->format;
	struct flipq_codec_info info;

	if (device_codec(place, f->algorithm, o->block, &info))
		return -1;
	*level = o->level ? o->level : info.default_level;
	if (*level < info.min_level || *level > info.max_level)
		return fail(f->name, "level %d: expected %d to %d", *level,
			    info.min_level, info.max_level);
	*own = *level > info.shared_level;
	/* The default is a wish, not an order. */
	if (*own && !o->level && info.shared_level >= info.min_level) {
		*level = info.shared_level;
		*own = false;
	}
	return *level > info.owner_level ? shrink_block(o, place, *level) : 0;
}

static int open_queue(struct job *j, struct device *d)
{
	struct options *o = &j->o;
	struct queue_need need = {
		.codec.algorithm = o->format->algorithm,
		.workers = o->workers,
	};
	struct flipq_info info;

	if (device_find(o->device, &need.place, &info) ||
	    choose_level(o, &need.place, &need.codec.level, &need.own))
		return -1;
	need.in_size = o->block;
	need.out_size = o->block;
	need.blocks = (j->source.size + o->block - 1) / o->block;
	if (o->format->codec_checksum && o->checksum)
		need.codec.flags |= FLIPQ_CODEC_CHECKSUM;
	if (need.own)
		need.codec.flags |= FLIPQ_CODEC_OWNER;
	return device_open(d, &need);
}

static int emit(void *ctx, const struct item *it, const struct view *v)
{
	struct job *j = ctx;
	uint64_t before;

	if (v->event->status)
		return fail(j->pump.device.place.name,
			    "cannot compress a block: %s",
			    flipq_request_error(v->event->status));
	j->w.blocks++;
	j->w.sum = (uint32_t)it->expect;
	before = j->report.bytes_out;
	if (j->o.format->block(&j->w, v, it->len))
		return -1;
	return j->o.index ? index_add(&j->index, j->report.bytes_out - before,
				      it->len, v->event->csum) : 0;
}

/*
 * The serial checksum, while the bytes are still in the cache: of the content, or
 * of each block that has a frame of its own.
 */
static void sum_content(struct job *j, struct item *const *items,
			unsigned int nr)
{
	unsigned int i;

	if (!j->o.format->serial || !j->w.checksum)
		return;
	report_aside(&j->report);
	for (i = 0; i < nr; i++) {
		const void *data = pump_input(&j->pump, items[i]);

		if (j->o.index)
			items[i]->expect = xxh32(data, items[i]->len);
		else
			xxh32_update(&j->w.content, data, items[i]->len);
	}
	report_resume(&j->report);
}

/* Slots for the next blocks, as many as are granted at once. */
static int take_slots(struct job *j, struct item **items, struct iovec *iov)
{
	int i, nr = pump_reserve(&j->pump);

	for (i = 0; i < nr; i++) {
		items[i] = pump_slot(&j->pump);
		if (!items[i])
			return -1;
		iov[i].iov_base = pump_input(&j->pump, items[i]);
		iov[i].iov_len = j->o.block;
	}
	return nr;
}

static int send_blocks(struct job *j, struct item *const *items,
		       unsigned int nr)
{
	uint32_t flags = j->o.format->checksum_flags | FLIPQ_REQ_DETECT_FILL;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (pump_compress(&j->pump, items[i], flags))
			return -1;
	return 0;
}

/* One batch of blocks. 1 if there may be more, 0 at the end, -1. */
static int step(struct job *j)
{
	struct item *items[PUMP_BATCH];
	struct iovec iov[PUMP_BATCH];
	uint64_t offset = j->source.offset;
	int slots = take_slots(j, items, iov);
	unsigned int i, nr = 0;
	ssize_t got;

	if (slots < 0)
		return -1;
	got = source_fill(&j->source, iov, (unsigned int)slots);
	if (got < 0)
		return -1;
	for (; got; nr++) {
		uint32_t n = got < (ssize_t)j->o.block ? (uint32_t)got :
			     j->o.block;

		items[nr]->len = n;
		items[nr]->offset = offset;
		offset += n;
		got -= (ssize_t)n;
	}
	for (i = (unsigned int)slots; i > nr; i--)
		pump_drop(&j->pump, items[i - 1]);
	sum_content(j, items, nr);
	if (send_blocks(j, items, nr))
		return -1;
	/* Whoever is at the other end of a pipe may wait for them. */
	if (j->source.paused && pump_flush(&j->pump, true))
		return -1;
	return !j->source.eof;
}

/* The block that is being filled is full, or the last one. */
static int send_changed(struct job *j)
{
	struct item *it = j->changed;

	j->changed = NULL;
	if (!it)
		return 0;
	sum_content(j, &it, 1);
	return send_blocks(j, &it, 1);
}

/* A page that is not the base's. */
static int add_changed(struct job *j, const uint8_t *page, uint32_t len)
{
	struct item *it = j->changed;

	if (!it) {
		it = pump_slot(&j->pump);
		if (!it)
			return -1;
		it->offset = j->source.offset;
		j->changed = it;
	}
	memcpy((uint8_t *)pump_input(&j->pump, it) + it->len, page, len);
	it->len += len;
	return j->o.block - it->len < INDEX_PAGE ? send_changed(j) : 0;
}

/* Pages of the input, of which the base has @old bytes at the same place. */
static int compare(struct job *j, size_t len, size_t old)
{
	size_t at, n;
	bool own;

	for (at = 0; at < len; at += n) {
		n = len - at < INDEX_PAGE ? len - at : INDEX_PAGE;
		own = n < INDEX_PAGE || at + n > old ||
		      memcmp(j->fresh + at, j->old + at, n);
		if (index_page(&j->index, own, (uint32_t)n) ||
		    (own && add_changed(j, j->fresh + at, (uint32_t)n)))
			return -1;
	}
	return 0;
}

/* The same as step(), of what differs from the base. */
static int step_changed(struct job *j)
{
	struct iovec iov = { .iov_base = j->fresh, .iov_len = COMPARED };
	uint64_t offset = j->index.size;
	ssize_t got = source_fill(&j->source, &iov, 1);
	size_t n = 0, old = 0;

	/* A pipe that pauses: pages are whole, but for the last. */
	while (got >= 0) {
		n += (size_t)got;
		if (n == COMPARED || j->source.eof)
			break;
		iov = (struct iovec) { j->fresh + n, COMPARED - n };
		got = source_fill(&j->source, &iov, 1);
	}
	if (got < 0 || base_read(&j->base, j->old, n, offset, &old) ||
	    compare(j, n, old))
		return -1;
	if (!j->source.eof)
		return 1;
	return send_changed(j);
}

/*
 * Files grow and shrink, and those of /proc and /sys have a size that is made
 * up: what was read is what there is.
 */
static int check_size(struct job *j)
{
	uint64_t asked = j->w.size;

	if (!j->w.sized || asked == j->source.offset)
		return 0;
	j->w.size = j->source.offset;
	if (!j->o.quiet && source_changed(&j->source))
		warn(j->source.name,
		     "its size changed from %llu to %llu bytes while it was read",
		     (unsigned long long)asked,
		     (unsigned long long)j->w.size);
	return j->o.format->resize(&j->w);
}

static int begin(struct job *j)
{
	if (j->o.base && index_begin(&j->index, &j->out, j->base.info.id,
				     j->base.info.size))
		return -1;
	return j->o.format->begin(&j->w);
}

static int end(struct job *j)
{
	uint64_t before = j->report.bytes_out;

	/* With a base there need not be any frame. */
	if (!j->o.base && j->o.format->end(&j->w))
		return -1;
	if (!j->o.index)
		return 0;
	if (j->report.bytes_out > before &&
	    index_add(&j->index, j->report.bytes_out - before, 0, EMPTY_SUM))
		return -1;
	return index_end(&j->index, &j->out);
}

static int run(struct job *j)
{
	int more;

	if (begin(j))
		return -1;
	do {
		more = j->o.base ? step_changed(j) : step(j);
		if (more < 0)
			return -1;
	} while (more);
	if (pump_drain(&j->pump) || source_ended(&j->source) || check_size(j))
		return -1;
	return end(j);
}

static int open_output(struct job *j)
{
	const struct options *o = &j->o;
	char *path;
	int err;

	if (o->to_stdout || (!o->output && !o->input)) {
		if (isatty(STDOUT_FILENO) && !o->force)
			return fail("(stdout)",
				    "is a terminal; -f writes to it");
		return output_stdout(&j->out, &j->source.stat, &j->report);
	}
	if (o->output)
		return output_open(&j->out, o->output, o->force,
				   &j->source.stat, &j->report);
	path = compressed_name(o->input, o);
	if (!path)
		return -1;
	err = output_open(&j->out, path, o->force, &j->source.stat, &j->report);
	free(path);
	return err;
}

static int open_base(struct job *j)
{
	if (!j->o.base)
		return 0;
	j->fresh = malloc(COMPARED);
	j->old = malloc(COMPARED);
	if (!j->fresh || !j->old)
		return fail("compress", "no memory");
	return base_open(&j->base, &j->o);
}

static int flush(void *ctx, bool pause)
{
	return pump_flush(ctx, pause);
}

static void start(struct job *j, const struct device *d)
{
	j->w.out = &j->out;
	j->w.block = j->o.block;
	j->w.checksum = j->o.checksum;
	/* Not where it could not be written twice, if it changes. */
	j->w.sized = j->source.regular && j->out.target.fresh &&
		     j->o.format->resize;
	j->w.size = j->source.size;
	xxh32_init(&j->w.content);
	j->pump.out = &j->out;
	j->pump.report = &j->report;
	j->pump.progress = &j->progress;
	j->pump.source = &j->source;
	j->pump.emit = emit;
	j->pump.ctx = j;
	pump_start(&j->pump, d);
	if (j->o.input && j->o.remove)
		output_replaces(&j->out, &j->source, j->o.quiet);
	source_on_pause(&j->source, flush, &j->pump);
	progress_start(&j->progress, j->source.size, j->o.quiet);
}

static int finish(struct job *j)
{
	struct stat *like = j->o.input ? &j->source.stat : NULL;
	int err = run(j);

	progress_end(&j->progress);
	if (!err)
		err = output_commit(&j->out, like);
	pump_stop(&j->pump);
	output_close(&j->out);
	if (!err && j->o.verbose)
		report_print(&j->report, j->report.bytes_in,
			     j->report.bytes_out);
	return err;
}

int cmd_compress(const struct options *o)
{
	struct job *j = calloc(1, sizeof(*j));
	struct device d = { 0 };
	int err;

	if (!j)
		return fail("compress", "no memory") ? STATUS_FAILED : 0;
	j->o = *o;
	report_start(&j->report);
	err = source_open(&j->source, o->input, o->force, &j->report);
	if (!err) {
		j->source.holes.on &= o->sparse;
		err = open_base(j);
		if (!err)
			err = open_queue(j, &d);
		if (!err)
			err = open_output(j);
		if (!err) {
			start(j, &d);
			err = finish(j);
		} else {
			device_close(&d);
		}
		base_close(&j->base);
		source_close(&j->source);
	}
	index_free(&j->index);
	free(j->fresh);
	free(j->old);
	free(j);
	return err ? STATUS_FAILED : STATUS_OK;
}
