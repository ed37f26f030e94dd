// SPDX-License-Identifier: GPL-2.0-only
/*
 * list_table.c - what is in files, as a table
 */
#include <inttypes.h>
#include <stdio.h>

#include "list_print.h"
#include "list_words.h"
#include "text.h"
#include "tool.h"

/* The file, and whether frames of it were printed. */
static const char *file_name;
static bool frames_follow;

/* A number; "-" if it is not known, and @after if it may be more. */
static void number(int width, uint64_t value, bool known, const char *after)
{
	char text[24] = "-";

	if (known)
		snprintf(text, sizeof(text), "%" PRIu64 "%s", value, after);
	printf("%*s  ", width, text);
}

static void title(void)
{
	printf("%7s  %5s  %-10s  %14s  %14s  %9s  %-6s  %s\n", "Frames",
	       "Skips", "Format", "Compressed", "Uncompressed", "Ratio",
	       "Check", "Name");
}

static const char *word(unsigned int bits, const char *const *words)
{
	const char *one = list_word(bits, words);

	if (one)
		return one;
	return bits ? "mixed" : "-";
}

static void row(const struct list_sum *sum)
{
	double ratio = list_ratio(sum->sized, sum->plain, sum->compressed);

	number(7, sum->frames, true, sum->open ? "+" : "");
	number(5, sum->skips, true, "");
	printf("%-10s  ", word(sum->kinds, part_kinds));
	number(14, sum->compressed, true, "");
	number(14, sum->plain, sum->sized, "");
	if (ratio < 0)
		printf("%9s  ", "-");
	else
		printf("%9.3f  ", ratio);
	printf("%-6s  ", word(sum->checks, part_checks));
}

static void begin(const struct options *o)
{
	if (!o->quiet && !o->verbose)
		title();
}

static void print_name(const char *name)
{
	text_print(name ? name : "(stdin)");
}

/* Before the first frame of a file, whose name it is. */
static void frames_title(void)
{
	print_name(file_name);
	printf("\n%14s  %-10s  %14s  %14s  %9s  %10s  %-6s  %s\n", "Offset",
	       "Format", "Compressed", "Uncompressed", "Blocks", "Window",
	       "Check", "Header");
}

static void file(const struct options *o, const char *name)
{
	(void)o;
	file_name = name;
	frames_follow = false;
}

static void header_number(const char *key, uint64_t value)
{
	printf(" %s=%" PRIu64, key, value);
}

static void header_flag(const char *key, bool value)
{
	if (value)
		printf(" %s", key);
}

static void header_word(const char *key, const char *value)
{
	if (*value)
		printf(" %s=%s", key, value);
}

static void header_text(const char *key, const char *value)
{
	if (!*value)
		return;
	printf(" %s=", key);
	text_quote(value);
}

static void part(const struct part *p)
{
	static const struct list_form words = {
		.number = header_number,
		.flag = header_flag,
		.word = header_word,
		.text = header_text,
	};
	bool blocks = p->kind != PART_GZIP && !part_skipped(p);

	if (!frames_follow)
		frames_title();
	frames_follow = true;
	number(14, p->offset, true, "");
	printf("%-10s  ", part_kinds[p->kind]);
	number(14, p->compressed, true, "");
	number(14, p->plain, p->sized, "");
	number(9, p->blocks, blocks, "");
	number(10, p->window, p->window, "");
	printf("%-6s ", part_checks[p->check]);
	list_header(p, &words);
	putchar('\n');
}

/* Of an image. */
static void print_index(const struct flipq_image_info *i)
{
	printf("index: %" PRIu64 " blocks of up to %" PRIu32 " bytes, id %016" PRIx64,
	       i->blocks, i->block, i->id);
	if (i->based)
		printf("; %" PRIu64 " bytes of its own, base of %" PRIu64 " bytes, id %016" PRIx64,
		       i->own, i->base_size, i->base_id);
	putchar('\n');
}

static void file_end(const struct options *o, const char *name,
		     const struct list_sum *sum)
{
	if (sum) {
		if (o->verbose)
			title();
		row(sum);
		print_name(name);
		putchar('\n');
		if (o->verbose && sum->indexed)
			print_index(&sum->index);
	}
	if (frames_follow)
		putchar('\n');
}

static void end(const struct options *o, unsigned int files,
		const struct list_sum *total)
{
	if (o->quiet || o->nr_files < 2)
		return;
	if (o->verbose)
		title();
	else
		puts("------------------------------------------------------------");
	row(total);
	printf("%u %s\n", files, files == 1 ? "file" : "files");
}

const struct list_printer list_table = {
	.begin = begin,
	.file = file,
	.part = part,
	.file_end = file_end,
	.end = end,
};
