/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * holes.h - where a file that is read has no data
 */
#ifndef HOLES_H
#define HOLES_H

#include <stdbool.h>
#include <stdint.h>

struct stat;

/**
 * struct holes - what is known of a file
 * @on: there may be some
 * @data: there are data from where it was read last to here
 */
struct holes {
	bool on;
	int64_t data;
};

/* For the file @is. */
void holes_start(struct holes *h, const struct stat *is);

/* Bytes of the hole where @fd stands; 0 in data, at the end, or if nobody knows. */
uint64_t holes_here(struct holes *h, int fd);

#endif /* HOLES_H */
