/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * standard.h - descriptors 0 to 2, which a caller may have closed
 */
#ifndef STANDARD_H
#define STANDARD_H

#include <stdbool.h>

/*
 * Before anything is opened: what we open must not become standard output or
 * error, or messages go into it. What was closed stays of no use: to read or
 * write it fails with EBADF.
 */
void standard_occupy(void);

/* Was it closed when we were started? */
bool standard_closed(int fd);

#endif /* STANDARD_H */
