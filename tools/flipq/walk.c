// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk.c - which files the arguments stand for
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "names.h"
#include "walk.h"

static int walk_directory(struct walk *w, const char *path);

static int make_room(struct walk *w)
{
	size_t room = 2 * w->room + 16;
	char **files = realloc(w->files, room * sizeof(*files));

	if (!files)
		return -1;
	w->files = files;
	w->room = room;
	return 0;
}

static int add(struct walk *w, const char *path)
{
	if (w->nr == w->room && make_room(w))
		return fail(path, "no memory");
	w->files[w->nr] = strdup(path);
	if (!w->files[w->nr])
		return fail(path, "no memory");
	w->nr++;
	return 0;
}

/*
 * In a directory, only what can be meant: neither symlinks nor what has the
 * suffix already, or has none to take away.
 */
static int walk_entry(struct walk *w, const char *path)
{
	bool wanted = w->o->mode == MODE_COMPRESS ? !is_compressed(path, w->o) :
						    is_compressed(path, w->o);
	struct stat is;

	if (lstat(path, &is))
		return fail(path, "%s", strerror(errno));
	if (S_ISDIR(is.st_mode))
		return walk_directory(w, path);
	if (!S_ISREG(is.st_mode) || !wanted)
		return 0;
	return add(w, path);
}

static int no_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

/* Goes on after an error, and returns it. */
static int walk_directory(struct walk *w, const char *path)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	struct dirent **entries;
	int i, n = scandir(path, &entries, no_dots, alphasort), err = 0;
	char *name;

	if (n < 0)
		return fail(path, "%s", strerror(errno));
	for (i = 0; i < n; i++) {
		if (asprintf(&name, "%s%s%s", path, slash,
			     entries[i]->d_name) < 0) {
			err = fail(path, "no memory");
		} else {
			err |= walk_entry(w, name);
			free(name);
		}
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int walk_argument(struct walk *w, const char *path)
{
	bool reads = w->o->mode != MODE_COMPRESS;
	char *name = NULL;
	struct stat is;
	int err;

	if (!strcmp(path, "-"))
		return add(w, path);
	if (stat(path, &is)) {
		if (reads && errno == ENOENT)
			name = find_compressed(path, w->o);
	} else if (S_ISDIR(is.st_mode) && w->o->recursive) {
		return walk_directory(w, path);
	}
	err = add(w, name ? name : path);
	free(name);
	return err;
}

int walk_files(struct walk *w, const struct options *o)
{
	size_t i;
	int err = 0;

	*w = (struct walk) { .o = o };
	for (i = 0; i < o->nr_files; i++)
		err |= walk_argument(w, o->files[i]);
	return err ? STATUS_FAILED : STATUS_OK;
}

void walk_end(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->nr; i++)
		free(w->files[i]);
	free(w->files);
	*w = (struct walk) { 0 };
}
