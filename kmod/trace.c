// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - where the tracepoints are, for all who have one
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
