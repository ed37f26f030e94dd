/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list_print.h - what is in files, as a table and for programs
 */
#ifndef LIST_PRINT_H
#define LIST_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "flipq.h"

struct options;
struct part;

/**
 * struct list_sum - of the frames of a file, or of all files
 * @frames: and members
 * @skips: skippable frames, which are not among @frames
 * @blocks: in the frames; gzip does not say
 * @compressed: bytes, skippable frames included
 * @sized: @plain is known
 * @plain: bytes of the content
 * @open: there may be more members, and so more of the content, than was found
 * @kinds: of frames: bits, by enum part_kind
 * @checks: the same by enum part_check
 * @indexed: @index is there, of one file
 * @index: what its table says
 */
struct list_sum {
	uint64_t frames;
	uint64_t skips;
	uint64_t blocks;
	uint64_t compressed;
	bool sized;
	uint64_t plain;
	bool open;
	unsigned int kinds;
	unsigned int checks;
	bool indexed;
	struct flipq_image_info index;
};

/**
 * struct list_printer - a form of the list
 * @begin: before all files
 * @file: before one; @name NULL for standard input
 * @part: a frame of it
 * @file_end: of which this is the sum; NULL if something is wrong with it
 * @end: after all; @files are right, and have this @total
 */
struct list_printer {
	void (*begin)(const struct options *o);
	void (*file)(const struct options *o, const char *name);
	void (*part)(const struct part *p);
	void (*file_end)(const struct options *o, const char *name,
			 const struct list_sum *sum);
	void (*end)(const struct options *o, unsigned int files,
		    const struct list_sum *total);
};

extern const struct list_printer list_table;
extern const struct list_printer list_json;

#endif /* LIST_PRINT_H */
