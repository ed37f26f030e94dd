/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * image.h - pages of a guest's memory from a file, or made up
 */
#ifndef BENCH_IMAGE_H
#define BENCH_IMAGE_H

#include <stdint.h>

#include "core/page.h"

/**
 * struct image - a file of pages
 * @path: its name
 * @fd: of the open file
 * @pages: whole ones that it has
 */
struct image {
	const char *path;
	int fd;
	uint64_t pages;
};

/* Return: 0, or -1 after having said why. */
int image_open(struct image *image, const char *path);
int image_read(const struct image *image, uint8_t *to, uint64_t first,
	       uint64_t nr);
void image_close(const struct image *image);

/* Filled pages, random ones and such as compress; the same for the same seed. */
void pages_make_up(uint8_t *pages, uint64_t nr, uint64_t seed);

#endif /* BENCH_IMAGE_H */
