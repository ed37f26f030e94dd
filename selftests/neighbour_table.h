/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * neighbour_table.h - what all tests have seen, as one table
 *
 * Each test is a process of its own, so the rows are in memory that all share.
 */
#ifndef SELFTEST_NEIGHBOUR_TABLE_H
#define SELFTEST_NEIGHBOUR_TABLE_H

#include <stdarg.h>
#include <stdio.h>

#include "neighbour_client.h"

#define NB_ROWS		40
#define NB_LINE		160

struct nb_table {
	unsigned int rows;
	unsigned int notes;
	char row[NB_ROWS][NB_LINE];
	char note[NB_ROWS][NB_LINE];
};

static struct nb_table *nb_table;

/* Hundredths of an equal share of @all among @users. */
static inline u64 nb_share_of(const struct nb_seen *s, unsigned int users,
			      u64 all)
{
	return all ? s->work.mine * users * 100 / all : 0;
}

static inline void nb_row(const char *name, unsigned int users, u64 share,
			  const struct nb_seen *s)
{
	const unsigned int middle = s->rounds / 2;
	const unsigned int last = s->rounds ? s->rounds - 1 : 0;
	char *to;

	if (nb_table->rows == NB_ROWS)
		return;
	to = nb_table->row[nb_table->rows++];
	snprintf(to, NB_LINE,
		 "%-26s %5u %3llu.%02llu %4llu %4llu %5llu %5llu.%02llu %5llu.%02llu %7llu %6llu %7llu",
		 name, users, share / 100, share % 100, s->turns[middle],
		 s->turns[last], s->requests[last], s->wait[middle] / 1000,
		 s->wait[middle] / 10 % 100, s->wait[last] / 1000,
		 s->wait[last] / 10 % 100, s->done, s->errors,
		 s->foreign);
	printf("# %s\n", to);
	fflush(stdout);
}

static inline __attribute__((format(printf, 1, 2))) void
nb_note(const char *format, ...)
{
	va_list list;
	char *to;

	if (nb_table->notes == NB_ROWS)
		return;
	to = nb_table->note[nb_table->notes++];
	va_start(list, format);
	vsnprintf(to, NB_LINE, format, list);
	va_end(list);
	printf("# %s\n", to);
	fflush(stdout);
}

static inline void nb_table_print(void)
{
	unsigned int i;

	if (!nb_table->rows)
		return;
	printf("# %-26s %5s %6s %9s %5s %17s %7s %6s %7s\n", "", "", "share",
	       "turns", "reqs", "wait, ms", "", "", "foreign");
	printf("# %-26s %5s %6s %4s %4s %5s %8s %8s %7s %6s %7s\n", "beside",
	       "users", "of 1/n", "half", "most", "most", "half", "most",
	       "results", "errors", "bytes");
	for (i = 0; i < nb_table->rows; i++)
		printf("# %s\n", nb_table->row[i]);
	for (i = 0; i < nb_table->notes; i++)
		printf("# %s\n", nb_table->note[i]);
	fflush(stdout);
}

#endif /* SELFTEST_NEIGHBOUR_TABLE_H */
