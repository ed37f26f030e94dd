// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - which reader is for what comes next in a file, and what comes if
 * none is
 */
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "formats.h"
#include "message.h"
#include "reader.h"
#include "source.h"
#include "tool.h"

/* What may begin at any place of the input. */
static const struct reader *const readers[] = {
	&reader_lz4, &reader_lz4_legacy, &reader_zstd, &reader_gzip,
	&reader_skippable, &reader_based, NULL
};

const struct reader *reader_find(const uint8_t *p, size_t len)
{
	const struct reader *const *reader;
	uint8_t bytes[4] = { 0 };
	uint32_t magic;

	/* Zeros stand for what is missing: they are in no magic number. */
	memcpy(bytes, p, len);
	magic = get_le32(bytes);
	for (reader = readers; *reader; reader++)
		if ((magic & (*reader)->mask) == (*reader)->magic)
			return *reader;
	return NULL;
}

int reader_only_zeros(struct source *s)
{
	const uint8_t *p;
	ssize_t got, i;

	while ((got = source_peek(s, DEFAULT_BLOCK, &p)) > 0) {
		for (i = 0; i < got; i++)
			if (p[i])
				return 0;
		source_skip(s, (size_t)got);
	}
	return got < 0 ? -1 : 1;
}

bool reader_lone_byte(struct source *s)
{
	const uint8_t *p;

	return source_peek(s, 2, &p) == 1 && *p == GZIP_ID1;
}

int reader_unknown(const struct source *s)
{
	if (!s->offset)
		return fail(s->name,
			    "unknown format at offset 0: expected an LZ4 frame, a zstd frame or gzip");
	return fail(s->name, "trailing garbage at offset %" PRIu64, s->offset);
}
