/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mappings.h - which memory of a client is where in an image
 */
#ifndef MAPPINGS_H
#define MAPPINGS_H

#include <stddef.h>
#include <stdint.h>

/* A guest has a handful, one for each of its memory slots. */
#define MAX_MAPPINGS	64

/**
 * struct mapping - memory whose content is a part of the image
 * @base: address in the client
 * @size: bytes
 * @offset: in the image
 * @page: bytes of its pages
 */
struct mapping {
	uint64_t base;
	uint64_t size;
	uint64_t offset;
	uint64_t page;
};

/**
 * struct mappings - all of a client's
 * @nr: how many
 * @at: each
 */
struct mappings {
	size_t nr;
	struct mapping at[MAX_MAPPINGS];
};

/*
 * Read them from the @len bytes at @text, as Firecracker sends them: a JSON array
 * of objects of numbers. 0, -EAGAIN if it is cut off and may go on, or -1 after a
 * message about the client @name.
 */
int mappings_read(struct mappings *maps, const char *text, size_t len,
		  const char *name);

/* Can they be, with an image of @size bytes? 0, or -1 after a message. */
int mappings_check(const struct mappings *maps, uint64_t size,
		   const char *name);

/* The one that has @address; NULL for none. */
const struct mapping *mappings_find(const struct mappings *maps,
				    uint64_t address);

#endif /* MAPPINGS_H */
