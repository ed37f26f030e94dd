// SPDX-License-Identifier: GPL-2.0-only
/*
 * based_read.c - images that have a base: read by their table, and not from the
 * first byte to the last
 */
#include "formats.h"
#include "part.h"
#include "reader.h"
#include "source.h"

static int read_based(struct reading *r)
{
	return corrupt(r, "image", r->source->offset,
		       "holds only what differs from a base: expected --base with that");
}

const struct reader reader_based = {
	.magic = BASED_MAGIC,
	.mask = 0xffffffffU,
	.read = read_based,
	.pass = part_based,
};
