// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_table.c - what the queues do, for people
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

#include "clock.h"
#include "text.h"
#include "top.h"

static void print_user(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		printf(" %-8.8s", user->pw_name);
	else
		printf(" %-8u", (unsigned int)uid);
}

/* In at most six characters. */
static void print_amount(double value)
{
	static const char units[] = " KMGTPE";
	const char *unit = units;

	while (value >= 1000 && unit[1]) {
		value /= 1000;
		unit++;
	}
	if (unit == units)
		printf(" %6.0f", value);
	else
		printf(" %5.1f%c", value, *unit);
}

static void print_row(const struct top_row *row)
{
	const struct scanned *q = row->now;
	double ratio = top_ratio(q);

	printf("%6" PRIu32 " %7d", q->id, (int)q->pid);
	print_user(q->uid);
	printf(" %4" PRIu64, q->figures[FIGURE_PARTITIONS]);
	print_amount(row->rates[FIGURE_REQUESTS]);
	print_amount(row->rates[FIGURE_BYTES_IN]);
	print_amount(row->rates[FIGURE_BYTES_OUT]);
	if (ratio < 0)
		printf(" %6s", "-");
	else
		printf(" %6.2f", ratio);
	printf(" %5.0f",
	       100 * row->rates[FIGURE_BUSY] / (double)NS_PER_SECOND);
	print_amount(row->rates[FIGURE_SLEEPS]);
	print_amount(row->rates[FIGURE_KICKS]);
	putchar(' ');
	text_print(q->name);
}

void top_table(const struct top *t, size_t max_rows, const char *newline)
{
	size_t i;

	printf("queues: %zu", t->nr);
	if (t->knows_hidden && t->hidden)
		printf(" (and %" PRIu64 " hidden)", t->hidden);
	printf(", users: %zu, workers: %" PRIu32 ", seconds: %.2f%s", t->users,
	       t->workers, t->seconds, newline);
	printf("%6s %7s %-8s %4s %6s %6s %6s %6s %5s %6s %6s %s%s", "QUEUE",
	       "PID", "USER", "PART", "REQ/s", "IN/s", "OUT/s", "RATIO",
	       "BUSY%", "PARK/s", "KICK/s", "NAME", newline);
	for (i = 0; i < t->nr && i < max_rows; i++) {
		print_row(&t->rows[i]);
		fputs(newline, stdout);
	}
}
