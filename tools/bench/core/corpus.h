/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * corpus.h - what is compressed again and again
 */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H

#include <stdint.h>

/**
 * struct corpus - pieces of a guest's memory
 * @data: one after the other
 * @size: bytes of each
 * @nr: how many
 * @skipped: that were left out, as they are one word repeated
 */
struct corpus {
	uint8_t *data;
	uint32_t size;
	uint64_t nr;
	uint64_t skipped;
};

/*
 * About @bytes in pieces of @size, spread evenly over the file @path or, if that
 * is NULL, made up from @seed. Pages that are filled with one word are left out:
 * whoever compresses memory looks for those first, and they cost next to
 * nothing. Return: 0, or -1 after having said why.
 */
int corpus_load(struct corpus *c, const char *path, uint64_t seed,
		uint32_t size, uint64_t bytes);
void corpus_free(struct corpus *c);

static inline const void *corpus_piece(const struct corpus *c, uint64_t n)
{
	return c->data + n * c->size;
}

#endif /* BENCH_CORPUS_H */
