/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flush_report.h - what the rounds amount to
 */
#ifndef BENCH_FLUSH_REPORT_H
#define BENCH_FLUSH_REPORT_H

#include "flush_options.h"

/* @samples: those of the first way, round by round, then of the next */
void report(const struct flush_options *o, const char *title,
	    const struct sample *samples);

#endif /* BENCH_FLUSH_REPORT_H */
