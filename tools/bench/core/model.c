// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - what is said of any model that fails
 */
#include <errno.h>
#include <stdio.h>

#include "core/model.h"

void model_complain(const char *name)
{
	fprintf(stderr, "%s: %s: no memory or no threads\n",
		program_invocation_short_name, name);
}
