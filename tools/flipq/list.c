// SPDX-License-Identifier: GPL-2.0-only
/*
 * list.c - the list command: what is in compressed files, without decoding it
 */
#include <inttypes.h>
#include <string.h>

#include "list_print.h"
#include "message.h"
#include "part.h"
#include "reader.h"
#include "report.h"
#include "source.h"
#include "tool.h"

/* What is looked at between two seeks. */
#define LOOK		(4U * KIB)

/**
 * struct listing - the files being listed
 * @o: what was asked for
 * @print: in which form
 * @source: the file
 * @report: of the source, of no interest
 * @sum: of the file
 * @garbage: follows its last gzip member
 */
struct listing {
	const struct options *o;
	const struct list_printer *print;
	struct source source;
	struct report report;
	struct list_sum sum;
	bool garbage;
};

static const struct list_sum nothing = { .sized = true };

/* What a file says of its size need not be true: no sum of it wraps. */
static void add_plain(struct list_sum *sum, bool sized, uint64_t plain)
{
	if (!sized || __builtin_add_overflow(sum->plain, plain, &sum->plain))
		sum->sized = false;
}

static void add_part(struct list_sum *sum, const struct part *p)
{
	sum->compressed += p->compressed;
	if (part_skipped(p)) {
		sum->skips++;
		return;
	}
	sum->frames++;
	sum->blocks += p->blocks;
	sum->open = sum->open || p->open;
	sum->kinds |= 1U << p->kind;
	sum->checks |= 1U << p->check;
	add_plain(sum, p->sized, p->plain);
}

static void add_file(struct list_sum *sum, const struct list_sum *file)
{
	sum->frames += file->frames;
	sum->skips += file->skips;
	sum->blocks += file->blocks;
	sum->compressed += file->compressed;
	sum->open = sum->open || file->open;
	sum->kinds |= file->kinds;
	sum->checks |= file->checks;
	add_plain(sum, file->sized, file->plain);
}

/* After a gzip member, as decompression has it. */
static int padding(struct listing *l)
{
	struct source *s = &l->source;
	uint64_t offset = s->offset;
	int zeros;

	if (reader_lone_byte(s))
		return source_truncated(s, "gzip member", offset);
	zeros = reader_only_zeros(s);
	if (zeros < 0)
		return -1;
	l->garbage = !zeros;
	if (!l->o->quiet)
		warn(s->name, "trailing %s at offset %" PRIu64 " ignored",
		     zeros ? "zeros" : "garbage", offset);
	return 0;
}

static int pass(struct listing *l, const struct reader *reader)
{
	struct part p = { .offset = l->source.offset };

	if (reader->pass(&l->source, &p))
		return -1;
	p.compressed = l->source.offset - p.offset;
	add_part(&l->sum, &p);
	if (l->o->verbose)
		l->print->part(&p);
	return 0;
}

static int list_part(struct listing *l, const struct reader **reader)
{
	bool padded = *reader && (*reader)->padded;
	const uint8_t *p;
	ssize_t got = source_peek(&l->source, 4, &p);

	if (got < 0)
		return -1;
	*reader = reader_find(p, (size_t)got);
	if (*reader)
		return pass(l, *reader);
	return padded ? padding(l) : reader_unknown(&l->source);
}

static int list_parts(struct listing *l)
{
	const struct reader *reader = NULL;
	struct source *s = &l->source;
	const uint8_t *p;
	ssize_t got;

	if (s->regular)
		s->ahead = LOOK;
	got = source_peek(s, 1, &p);
	if (!got)
		return source_truncated(s, "file", 0);
	while (got > 0 && !l->garbage) {
		if (list_part(l, &reader))
			return -1;
		got = source_peek(s, 1, &p);
	}
	return got < 0 ? -1 : source_ended(s);
}

/*
 * What the table says, if there is one: then the content is what the image has,
 * its base's included.
 */
static void look(struct listing *l)
{
	struct list_sum *sum = &l->sum;

	if (!l->source.regular || flipq_image_look(l->source.fd, &sum->index))
		return;
	sum->indexed = true;
	if (sum->index.based) {
		sum->sized = true;
		sum->plain = sum->index.size;
	}
}

static int list_file(struct listing *l, const char *name)
{
	int err;

	l->sum = nothing;
	l->garbage = false;
	l->print->file(l->o, name);
	err = source_open(&l->source, name, l->o->force, &l->report);
	if (!err) {
		err = list_parts(l);
		if (!err)
			look(l);
		source_close(&l->source);
	}
	l->print->file_end(l->o, name, err ? NULL : &l->sum);
	return err;
}

int cmd_list(const struct options *o)
{
	struct listing l = {
		.o = o,
		.print = o->json ? &list_json : &list_table,
	};
	struct list_sum total = nothing;
	bool failed = false, warned = false;
	unsigned int files = 0;
	size_t i = 0;

	l.print->begin(o);
	/* Without a file, standard input. */
	do {
		const char *name = o->nr_files ? o->files[i] : "-";

		if (list_file(&l, strcmp(name, "-") ? name : NULL)) {
			failed = true;
			continue;
		}
		add_file(&total, &l.sum);
		files++;
		warned = warned || l.garbage;
	} while (++i < o->nr_files);
	l.print->end(o, files, &total);
	if (failed)
		return STATUS_FAILED;
	return warned ? STATUS_WARNED : STATUS_OK;
}
