// SPDX-License-Identifier: GPL-2.0-only
/*
 * names.c - names of files, compressed and not
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "names.h"
#include "writer.h"

/* Of what no other tool reads. */
#define BASED_SUFFIX	".fqi"

/* What compressed files end with, in either case, and what takes its place. */
static const struct {
	const char *end;
	const char *plain;
} suffixes[] = {
	{ ".lz4", "" },
	{ ".zst", "" },
	{ ".gz", "" },
	{ BASED_SUFFIX, "" },
	{ ".tlz4", ".tar" },
	{ ".tzst", ".tar" },
	{ ".tgz", ".tar" },
};

#define NR_SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

/* The length of @path without @end; 0 if it does not end so, or is nothing else. */
static size_t without(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	if (len <= n || path[len - n - 1] == '/' ||
	    strcasecmp(path + len - n, end))
		return 0;
	return len - n;
}

/* The length of @path without its suffix, and what comes in its place. */
static size_t strip(const char *path, const struct options *o,
		    const char **plain)
{
	size_t i, len = o->suffix ? without(path, o->suffix) : 0;

	*plain = "";
	for (i = 0; !len && i < NR_SUFFIXES; i++) {
		len = without(path, suffixes[i].end);
		*plain = suffixes[i].plain;
	}
	return len;
}

bool is_compressed(const char *path, const struct options *o)
{
	const char *plain;

	return strip(path, o, &plain);
}

static char *join(const char *path, size_t len, const char *end)
{
	char *name;

	if (asprintf(&name, "%.*s%s", (int)len, path, end) >= 0)
		return name;
	fail(path, "no memory");
	return NULL;
}

char *compressed_name(const char *path, const struct options *o)
{
	const char *end = o->base ? BASED_SUFFIX : o->format->suffix;

	return join(path, strlen(path), o->suffix ? o->suffix : end);
}

char *plain_name(const char *path, const struct options *o)
{
	const char *plain;
	size_t len = strip(path, o, &plain);

	if (len)
		return join(path, len, plain);
	fail(path,
	     "name ends neither with .lz4 nor .zst nor .gz; -o gives another, -S another suffix");
	return NULL;
}

static char *if_there(const char *path, const char *end)
{
	char *name = join(path, strlen(path), end);

	if (name && !access(name, F_OK))
		return name;
	free(name);
	return NULL;
}

char *find_compressed(const char *path, const struct options *o)
{
	char *name = o->suffix ? if_there(path, o->suffix) : NULL;
	size_t i;

	for (i = 0; !name && i < NR_SUFFIXES; i++)
		if (!*suffixes[i].plain)
			name = if_there(path, suffixes[i].end);
	return name;
}
