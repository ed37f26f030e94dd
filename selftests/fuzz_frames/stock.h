/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stock.h - what the libraries of the formats' authors make of a file
 */
#ifndef STOCK_H
#define STOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "types.h"

/* More than this is not decoded, and only what came before compared. */
#define OUTPUT_LIMIT	(24U << 20)

/* Windows of 2 GiB, which the tool allows, would take all the time there is. */
#define WINDOW_LOG	23

enum verdict { STOCK_ACCEPTS, STOCK_REFUSES, STOCK_STOPPED };

/**
 * struct decoded - decoded bytes
 * @data: of OUTPUT_LIMIT bytes
 * @len: bytes of it
 * @excused: there is a part that the tool may refuse where others do not
 */
struct decoded {
	u8 *data;
	size_t len;
	bool excused;
};

enum verdict stock_decode(const u8 *in, size_t len, struct decoded *out);

#endif /* STOCK_H */
