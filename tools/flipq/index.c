// SPDX-License-Identifier: GPL-2.0-only
/*
 * index.c - the table of an image that is being written: zstd's seekable format,
 * in a skippable frame, which LZ4's tools pass over as zstd's do
 */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "formats.h"
#include "index.h"
#include "message.h"
#include "output.h"
#include "xxh32.h"

#define ENTRY		12U
#define MAX_ENTRIES	0x8000000U
#define FOOT		9U

static void *grow(void *p, size_t nr, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 1024;

	if (nr < *room)
		return p;
	p = realloc(p, more * size);
	if (p)
		*room = more;
	else
		fail("index", "no memory");
	return p;
}

int index_begin(struct index *x, struct output *out, uint64_t base_id,
		uint64_t base_size)
{
	uint8_t *p = x->head;

	p = put_le(p, BASED_MAGIC, 4);
	p = put_le(p, INDEX_PAGE, 4);
	p = put_le(p, base_id, 8);
	p = put_le(p, base_size, 8);
	x->head_len = (size_t)(p - x->head);
	return output_copy(out, x->head, x->head_len);
}

int index_add(struct index *x, uint64_t packed, uint32_t plain, uint64_t sum)
{
	uint8_t *p = grow(x->entries, x->nr, &x->room, ENTRY);

	if (!p)
		return -1;
	x->entries = p;
	if (x->nr == MAX_ENTRIES)
		return fail("index",
			    "more than %u blocks: expected larger ones (-b)",
			    MAX_ENTRIES);
	p += x->nr++ * ENTRY;
	p = put_le(p, packed, 4);
	p = put_le(p, plain, 4);
	put_le(p, sum, 4);
	return 0;
}

/* Runs alternate, and the first one is the base's. */
int index_page(struct index *x, bool own, uint32_t len)
{
	uint32_t *runs;

	x->size += len;
	while (!x->nr_runs || (x->nr_runs & 1) == own ||
	       x->runs[x->nr_runs - 1] == UINT32_MAX) {
		runs = grow(x->runs, x->nr_runs, &x->run_room, sizeof(*runs));
		if (!runs)
			return -1;
		x->runs = runs;
		x->runs[x->nr_runs++] = 0;
	}
	x->runs[x->nr_runs - 1]++;
	return 0;
}

static int skippable(struct output *out, unsigned int variant, uint64_t len)
{
	uint8_t head[8];

	if (len > UINT32_MAX)
		return fail("index", "more than 4 GiB");
	put_le(put_le(head, SKIPPABLE_MAGIC + variant, 4), len, 4);
	return output_copy(out, head, sizeof(head));
}

/* What the checksum is over is in one piece for it. */
static int write_runs(const struct index *x, struct output *out)
{
	size_t i, len = 8 + 4 * x->nr_runs + 4;
	uint8_t *bytes = malloc(x->head_len + len), *p;
	int err;

	if (!bytes)
		return fail("index", "no memory");
	memcpy(bytes, x->head, x->head_len);
	p = put_le(bytes + x->head_len, x->size, 8);
	for (i = 0; i < x->nr_runs; i++)
		p = put_le(p, x->runs[i], 4);
	put_le(p, xxh32(bytes, (size_t)(p - bytes)), 4);
	err = skippable(out, RUNS_VARIANT, len) ||
	      output_add(out, bytes + x->head_len, len) ||
	      output_flush(out) ? -1 : 0;
	free(bytes);
	return err;
}

int index_end(struct index *x, struct output *out)
{
	uint8_t foot[FOOT], *p = foot;
	size_t len = x->nr * ENTRY;

	if (x->head_len && write_runs(x, out))
		return -1;
	p = put_le(p, x->nr, 4);
	*p++ = TABLE_CHECKED;
	put_le(p, TABLE_SEEKABLE, 4);
	if (skippable(out, TABLE_VARIANT, len + FOOT) ||
	    output_add(out, x->entries, len) ||
	    output_copy(out, foot, FOOT))
		return -1;
	return output_flush(out);
}

void index_free(struct index *x)
{
	free(x->entries);
	free(x->runs);
}
