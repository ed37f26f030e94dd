/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.h - what the queues do, and the forms in which it is shown
 */
#ifndef TOP_H
#define TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan.h"

/* Rows of a table of any length. */
#define TOP_ALL_ROWS	SIZE_MAX

/**
 * struct top_row - a queue
 * @now: as it was found
 * @rates: what was added per second to those of @now's figures that grow
 */
struct top_row {
	const struct scanned *now;
	double rates[FIGURE_NR];
};

/**
 * struct top - all queues that this user may see
 * @rows: in the order to be shown
 * @nr: how many
 * @users: whose they are
 * @workers: shared ones
 * @knows_hidden: the kernel says how many queues there are
 * @hidden: those that are not among @rows, if so
 * @seconds: that the rates are of
 */
struct top {
	struct top_row *rows;
	size_t nr;
	size_t users;
	uint32_t workers;
	bool knows_hidden;
	uint64_t hidden;
	double seconds;
};

/* What the table is sorted by: the column's name, and the key that chooses it. */
struct top_column {
	const char *name;
	char key;
	enum figure figure;
};

extern const struct top_column top_columns[];
extern const size_t top_nr_columns;

/*
 * The rates since @before of what is in @now, whose queues @t refers to, the largest
 * by @sort first. Returns 0 or -ENOMEM.
 */
int top_make(struct top *t, const struct scan *before, const struct scan *now,
	     const struct top_column *sort);
void top_end(struct top *t);

/* Input per byte of output, -1 if there was none. */
double top_ratio(const struct scanned *q);

/* To standard output. @max_rows: of the table; @newline: ends each line */
void top_table(const struct top *t, size_t max_rows, const char *newline);
void top_json(const struct top *t);
void top_metrics(const struct top *t);

#endif /* TOP_H */
