// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan_tree.c - what top makes of a directory in the place of /proc, seen twice: a
 * line on standard input is waited for between
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "scan.h"
#include "top.h"

/* The second look comes so much after the first, whatever the machine does. */
#define INTERVAL	(2 * NS_PER_SECOND)

int main(int argc, char **argv)
{
	struct scan scans[2] = { 0 };
	int proc, i, status = 1;
	struct top t;

	proc = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	if (proc < 0)
		return 2;
	for (i = 0; i < 2; i++) {
		if (scan_take(&scans[i], proc))
			return 1;
		if (!i)
			getchar();
	}
	scans[1].time = scans[0].time + INTERVAL;
	if (!top_make(&t, &scans[0], &scans[1], top_columns)) {
		if (!strcmp(argv[2], "json"))
			top_json(&t);
		else if (!strcmp(argv[2], "metrics"))
			top_metrics(&t);
		else
			top_table(&t, TOP_ALL_ROWS, "\n");
		status = 0;
	}
	top_end(&t);
	scan_end(&scans[0]);
	scan_end(&scans[1]);
	return status;
}
