/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * corpus.h - inputs that are worth to be tried again, or changed
 *
 * A file holds one input per line, in hexadecimal digits.
 */
#ifndef FUZZ_CORPUS_H
#define FUZZ_CORPUS_H

#include "source.h"

#define CORPUS_MAX 1024

struct corpus_input {
	size_t len;
	u8 data[SOURCE_ROOM];
};

/**
 * struct corpus - inputs
 * @nr: how many
 * @input: they
 */
struct corpus {
	u32 nr;
	struct corpus_input input[CORPUS_MAX];
};

int corpus_read(struct corpus *c, const char *path);
void corpus_add(struct corpus *c, const u8 *data, size_t len);
int corpus_append(const char *path, const u8 *data, size_t len);
size_t corpus_draw(const struct corpus *c, u64 *random, u8 *data);

#endif /* FUZZ_CORPUS_H */
