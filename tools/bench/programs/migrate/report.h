/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - what is printed of migrations
 */
#ifndef MIGRATE_REPORT_H
#define MIGRATE_REPORT_H

#include "precopy.h"

void report(const struct options *o, unsigned int model,
	    const struct outcome *outcome);
void report_table(const struct options *o, const struct outcome *outcomes);

#endif /* MIGRATE_REPORT_H */
