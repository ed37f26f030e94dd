// SPDX-License-Identifier: GPL-2.0-only
/*
 * progress.c - a line on the terminal that shows how far the work is
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "progress.h"

#define REDRAW_NS	(NS_PER_SECOND / 5)
#define BAR		24U

void progress_start(struct progress *p, uint64_t total, bool quiet)
{
	memset(p, 0, sizeof(*p));
	p->on = !quiet && isatty(STDERR_FILENO);
	if (!p->on)
		return;
	p->total = total;
	p->start = clock_ns(CLOCK_MONOTONIC);
	/* Nothing for a file that is done at once. */
	p->next = p->start + REDRAW_NS;
}

static void draw_bar(uint64_t done, uint64_t total, double rate)
{
	unsigned int i, filled = (unsigned int)((double)BAR * (double)done /
						(double)total);
	uint64_t left = rate > 0 ? (uint64_t)((double)(total - done) / rate) :
				   0;

	fputc('[', stderr);
	for (i = 0; i < BAR; i++)
		fputc(i < filled ? '=' : ' ', stderr);
	fprintf(stderr,
		"] %3.0f %%  %.1f MB/s  %" PRIu64 ":%02" PRIu64 " left",
		100.0 * (double)done / (double)total, rate / 1e6, left / 60,
		left % 60);
}

void progress_update(struct progress *p, uint64_t done)
{
	uint64_t now;
	double rate;

	if (!p->on)
		return;
	now = clock_ns(CLOCK_MONOTONIC);
	if (now < p->next)
		return;
	p->next = now + REDRAW_NS;
	rate = (double)done * (double)NS_PER_SECOND / (double)(now - p->start);
	fputs("\r", stderr);
	if (p->total && done <= p->total)
		draw_bar(done, p->total, rate);
	else
		fprintf(stderr, "%.1f MB  %.1f MB/s", (double)done / 1e6,
			rate / 1e6);
	fputs("\033[K", stderr);
	fflush(stderr);
	p->drawn = true;
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
	p->on = false;
}
