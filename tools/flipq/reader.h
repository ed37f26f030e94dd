/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.h - how a file format is read: blocks to the workers where a slot can
 * hold them, to the libraries where not
 */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pump.h"
#include "reading.h"

struct part;

/**
 * struct reader - a kind of frame or member
 * @magic: the first four bytes of one, little-endian
 * @mask: which bits of them tell
 * @padded: zeros may follow up to the end of the file
 * @read: read one, whose magic number was seen. 0, or -1 after a message.
 * @pass: the same, but only see what it is and where it ends
 */
struct reader {
	uint32_t magic;
	uint32_t mask;
	bool padded;
	int (*read)(struct reading *r);
	int (*pass)(struct source *s, struct part *p);
};

/**
 * struct piece - what a reader puts into the pump as one item
 * @name: in messages
 * @emit: check and write what became of one, in the order of the output
 * @again: decode and write in this process what a worker did not: it was too
 *	slow for one, or is damaged, and then what comes before the damage is
 *	written; NULL where nothing does
 *
 * Both return 0, or -1 after a message.
 */
struct piece {
	const char *name;
	int (*emit)(struct reading *r, const struct item *it,
		    const struct view *v);
	int (*again)(struct reading *r, const struct item *it);
};

extern const struct reader reader_lz4;
extern const struct reader reader_lz4_legacy;
extern const struct reader reader_zstd;
extern const struct reader reader_gzip;
extern const struct reader reader_skippable;
extern const struct reader reader_based;

/* By the first bytes, at most four. NULL if nobody knows them. */
const struct reader *reader_find(const uint8_t *p, size_t len);

/* Tapes and disks pad with zeros. 1 if nothing else follows, 0, or -1. */
int reader_only_zeros(struct source *s);

/* The first byte of a gzip member, and nothing else? */
bool reader_lone_byte(struct source *s);

/* Say that nobody knows what comes next. -1. */
int reader_unknown(const struct source *s);

#endif /* READER_H */
