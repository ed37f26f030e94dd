/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fallback.h - decoding by libzstd and zlib, in this process
 */
#ifndef FALLBACK_H
#define FALLBACK_H

#include <stdbool.h>

struct item;
struct reading;

/* All write what they decode, at once. They return 0, or -1 after a message. */

/* A frame or member as a stream. @count: count it as fallback. */
int fallback_zstd(struct reading *r, bool count);
int fallback_gzip(struct reading *r, bool count);

/* One whose encoded bytes are in the slot of @it: struct piece.again */
int fallback_zstd_item(struct reading *r, const struct item *it);
int fallback_gzip_item(struct reading *r, const struct item *it);

#endif /* FALLBACK_H */
