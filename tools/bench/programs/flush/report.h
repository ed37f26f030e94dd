/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - what the rounds amount to
 */
#ifndef FLUSH_REPORT_H
#define FLUSH_REPORT_H

#include "options.h"

/* @samples: those of the first way, round by round, then of the next */
void report(const struct flush_options *o, const char *title,
	    const struct sample *samples);

#endif /* FLUSH_REPORT_H */
