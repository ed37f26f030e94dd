// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_make.c - what the queues do: rates from two looks at them, in order
 */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "top.h"

const struct top_column top_columns[] = {
	{ "requests", 'r', FIGURE_REQUESTS },
	{ "in", 'i', FIGURE_BYTES_IN },
	{ "out", 'o', FIGURE_BYTES_OUT },
	{ "busy", 'b', FIGURE_BUSY },
	{ "parks", 'p', FIGURE_SLEEPS },
	{ "kicks", 'k', FIGURE_KICKS },
};

const size_t top_nr_columns = sizeof(top_columns) / sizeof(top_columns[0]);

/*
 * A queue that was not there before has done all of it since. So has one whose
 * counters are below what they were: another module's, with the same number.
 */
static void make_row(struct top_row *row, const struct scanned *before,
		     double seconds)
{
	const uint64_t *now = row->now->figures;
	int i;

	if (before && before->figures[FIGURE_REQUESTS] > now[FIGURE_REQUESTS])
		before = NULL;
	for (i = FIGURE_REQUESTS; i < FIGURE_NR; i++) {
		uint64_t old = before ? before->figures[i] : 0;

		/* The kernel adds them up while they grow. */
		if (old > now[i])
			old = now[i];
		row->rates[i] = (double)(now[i] - old) / seconds;
	}
}

/* Of equal ones the older queue first. */
static int compare(const void *a, const void *b, void *sort)
{
	const struct top_column *column = sort;
	const struct top_row *x = a, *y = b;
	double first = x->rates[column->figure];
	double second = y->rates[column->figure];

	if (first > second)
		return -1;
	if (first < second)
		return 1;
	return x->now->id < y->now->id ? -1 : 1;
}

static int compare_users(const void *a, const void *b)
{
	const uid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int count_users(struct top *t)
{
	uid_t *users = malloc((t->nr + 1) * sizeof(*users));
	size_t i;

	if (!users)
		return -ENOMEM;
	for (i = 0; i < t->nr; i++)
		users[i] = t->rows[i].now->uid;
	qsort(users, t->nr, sizeof(*users), compare_users);
	for (i = 0; i < t->nr; i++)
		t->users += !i || users[i] != users[i - 1];
	free(users);
	return 0;
}

int top_make(struct top *t, const struct scan *before, const struct scan *now,
	     const struct top_column *sort)
{
	struct top_column column = *sort;
	size_t i;

	*t = (struct top) {
		.rows = calloc(now->nr + 1, sizeof(*t->rows)),
		.nr = now->nr,
		.seconds = (double)(now->time - before->time) /
			   (double)NS_PER_SECOND,
	};
	if (!t->rows)
		return -ENOMEM;
	for (i = 0; i < t->nr; i++) {
		t->rows[i].now = &now->queues[i];
		if (now->time > before->time)
			make_row(&t->rows[i],
				 scan_find(before, now->queues[i].id),
				 t->seconds);
	}
	qsort_r(t->rows, t->nr, sizeof(*t->rows), compare, &column);
	return count_users(t);
}

void top_end(struct top *t)
{
	free(t->rows);
	*t = (struct top) { 0 };
}

double top_ratio(const struct scanned *q)
{
	if (!q->figures[FIGURE_BYTES_OUT])
		return -1;
	return (double)q->figures[FIGURE_BYTES_IN] /
	       (double)q->figures[FIGURE_BYTES_OUT];
}
