// SPDX-License-Identifier: GPL-2.0-only
/*
 * message.c - errors and warnings, as a line on stderr
 */
#include <stdarg.h>
#include <stdio.h>

#include "message.h"

__attribute__((format(printf, 2, 0)))
static void say(const char *name, const char *format, va_list args)
{
	fprintf(stderr, "flipq: %s: ", name);
	vfprintf(stderr, format, args);
	fputs("\n", stderr);
}

int fail(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(name, format, args);
	va_end(args);
	return -1;
}

void warn(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(name, format, args);
	va_end(args);
}
