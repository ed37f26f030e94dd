// SPDX-License-Identifier: GPL-2.0-only
/*
 * list_json.c - what is in files, for programs: one document of JSON
 *
 * It is written while the files are read, however many frames they have: what is
 * known of a file only at its end comes at the end of its object.
 */
#include <inttypes.h>
#include <stdio.h>

#include "list_print.h"
#include "list_words.h"
#include "text.h"
#include "tool.h"

/* What is between this and what was written before it in the same list. */
static const char *between_files;
static const char *between_parts;

static void number(const char *key, uint64_t value)
{
	printf(", \"%s\": %" PRIu64, key, value);
}

static void number_or_null(const char *key, uint64_t value, bool known)
{
	if (known)
		number(key, value);
	else
		printf(", \"%s\": null", key);
}

static void flag(const char *key, bool value)
{
	printf(", \"%s\": %s", key, value ? "true" : "false");
}

static void string(const char *key, const char *value)
{
	printf(", \"%s\": ", key);
	text_quote(value);
}

/* Empty ones are not there. */
static void text(const char *key, const char *value)
{
	if (*value)
		string(key, value);
}

static void ratio(bool sized, uint64_t plain, uint64_t compressed)
{
	double value = list_ratio(sized, plain, compressed);

	if (value < 0)
		printf(", \"ratio\": null");
	else
		printf(", \"ratio\": %.3f", value);
}

static void begin(const struct options *o)
{
	(void)o;
	printf("{\"version\": 1, \"files\": [");
	between_files = "";
}

static void file(const struct options *o, const char *name)
{
	printf("%s\n{\"name\": ", between_files);
	between_files = ",";
	between_parts = "";
	if (name)
		text_quote(name);
	else
		printf("null");
	if (o->verbose)
		printf(", \"frame_list\": [");
}

static void part(const struct part *p)
{
	static const struct list_form keys = {
		.number = number,
		.flag = flag,
		.word = text,
		.text = text,
	};
	bool blocks = p->kind != PART_GZIP && !part_skipped(p);

	printf("%s\n {\"offset\": %" PRIu64, between_parts, p->offset);
	between_parts = ",";
	string("format", part_kinds[p->kind]);
	number("compressed", p->compressed);
	number_or_null("uncompressed", p->plain, p->sized);
	ratio(p->sized, p->plain, p->compressed);
	flag("exact", !p->open);
	number_or_null("blocks", p->blocks, blocks);
	number_or_null("window", p->window, p->window);
	string("check", part_checks[p->check]);
	list_header(p, &keys);
	printf("}");
}

static void formats(unsigned int kinds)
{
	const char *between = "";
	unsigned int i;

	printf(", \"formats\": [");
	for (i = 0; i < NR_PART_KINDS; i++) {
		if (!(kinds >> i & 1))
			continue;
		printf("%s\"%s\"", between, part_kinds[i]);
		between = ", ";
	}
	printf("]");
}

static void checks(unsigned int bits)
{
	const char *word = list_word(bits, part_checks);

	if (word || bits)
		string("check", word ? word : "mixed");
	else
		printf(", \"check\": null");
}

static void print_sum(const struct list_sum *sum)
{
	formats(sum->kinds);
	number("frames", sum->frames);
	number("skippable_frames", sum->skips);
	number_or_null("blocks", sum->blocks, !(sum->kinds >> PART_GZIP & 1));
	number("compressed", sum->compressed);
	number_or_null("uncompressed", sum->plain, sum->sized);
	ratio(sum->sized, sum->plain, sum->compressed);
	flag("exact", !sum->open);
	checks(sum->checks);
}

/* A number of 64 bits is more than programs read as one. */
static void id(const char *key, uint64_t value)
{
	printf(", \"%s\": \"%016" PRIx64 "\"", key, value);
}

static void print_index(const struct flipq_image_info *i)
{
	printf(", \"index\": {\"blocks\": %" PRIu64, i->blocks);
	number("block_size", i->block);
	flag("checksums", i->checked);
	id("id", i->id);
	number("own", i->own);
	if (i->based) {
		printf(", \"base\": {\"size\": %" PRIu64, i->base_size);
		id("id", i->base_id);
		printf("}");
	} else {
		printf(", \"base\": null");
	}
	printf("}");
}

static void file_end(const struct options *o, const char *name,
		     const struct list_sum *sum)
{
	(void)name;
	if (o->verbose)
		printf("]");
	flag("ok", sum);
	if (sum)
		print_sum(sum);
	if (sum && sum->indexed)
		print_index(&sum->index);
	else if (sum)
		printf(", \"index\": null");
	printf("}");
}

static void end(const struct options *o, unsigned int files,
		const struct list_sum *total)
{
	(void)o;
	printf("\n], \"total\": {\"files\": %u", files);
	print_sum(total);
	printf("}}\n");
}

const struct list_printer list_json = {
	.begin = begin,
	.file = file,
	.part = part,
	.file_end = file_end,
	.end = end,
};
