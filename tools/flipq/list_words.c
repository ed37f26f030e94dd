// SPDX-License-Identifier: GPL-2.0-only
/*
 * list_words.c - the words of a list, the same in a table and for programs
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "list_words.h"

const char *const part_kinds[NR_PART_KINDS] = {
	[PART_LZ4] = "lz4",
	[PART_LZ4_LEGACY] = "lz4-legacy",
	[PART_ZSTD] = "zstd",
	[PART_GZIP] = "gzip",
	[PART_SKIPPABLE] = "skippable",
	[PART_BASED] = "based",
};

const char *const part_checks[NR_PART_CHECKS] = {
	[CHECK_NONE] = "none",
	[CHECK_XXH32] = "XXH32",
	[CHECK_XXH64] = "XXH64",
	[CHECK_CRC32] = "CRC32",
	[CHECK_BLOCKS] = "blocks",
};

const char *list_word(unsigned int bits, const char *const *words)
{
	unsigned int i = 0;

	if (!bits || bits & (bits - 1))
		return NULL;
	while (!(bits >> i & 1))
		i++;
	return words[i];
}

double list_ratio(bool sized, uint64_t plain, uint64_t compressed)
{
	return sized && compressed ? (double)plain / (double)compressed : -1;
}

static void checksum(const struct part *p, const struct list_form *form)
{
	char text[9];

	/* Without a size there was no trailer of gzip either. */
	if (p->check == CHECK_NONE || p->check == CHECK_BLOCKS ||
	    (p->open && !p->sized))
		return;
	snprintf(text, sizeof(text), "%08" PRIx32, p->checksum);
	form->word("checksum", text);
}

static void dictionary(const struct part *p, const struct list_form *form)
{
	if (p->has_dictionary)
		form->number("dictionary", p->dictionary);
}

static void gzip_time(const struct part *p, const struct list_form *form)
{
	time_t seconds = (time_t)p->time;
	char text[32] = "";
	struct tm at;

	if (p->time && gmtime_r(&seconds, &at))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &at);
	form->word("time", text);
}

void list_header(const struct part *p, const struct list_form *form)
{
	checksum(p, form);
	switch (p->kind) {
	case PART_LZ4:
		form->number("block_size", p->max_block);
		form->flag("linked", p->linked);
		form->flag("block_checksums", p->block_checks);
		dictionary(p, form);
		break;
	case PART_ZSTD:
		form->flag("single_segment", p->single);
		dictionary(p, form);
		break;
	case PART_GZIP:
		form->flag("has_length", p->has_length);
		form->number("system", p->system);
		gzip_time(p, form);
		form->text("file_name", p->name);
		form->text("comment", p->comment);
		break;
	case PART_SKIPPABLE:
		form->number("variant", p->variant);
		break;
	default:
		break;
	}
}
