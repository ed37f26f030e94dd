/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names.h - names of files, compressed and not
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>

#include "tool.h"

/* Does @path end as a compressed file does? */
bool is_compressed(const char *path, const struct options *o);

/*
 * What @path is called when it is compressed, and when it is not: to be freed.
 * NULL after a message.
 */
char *compressed_name(const char *path, const struct options *o);
char *plain_name(const char *path, const struct options *o);

/*
 * That of a compressed file that the user has called @path, without its suffix,
 * to be freed; NULL if there is none.
 */
char *find_compressed(const char *path, const struct options *o);

#endif /* NAMES_H */
