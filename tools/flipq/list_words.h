/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list_words.h - the words of a list, the same in a table and for programs
 */
#ifndef LIST_WORDS_H
#define LIST_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "part.h"

struct list_sum;

extern const char *const part_kinds[NR_PART_KINDS];
extern const char *const part_checks[NR_PART_CHECKS];

/* The one of @words whose bit alone is in @bits; NULL for none or several. */
const char *list_word(unsigned int bits, const char *const *words);

/* Bytes of content for each compressed one; negative if that is not known. */
double list_ratio(bool sized, uint64_t plain, uint64_t compressed);

/**
 * struct list_form - how a field of a header is written
 * @number: with its name
 * @flag: the same
 * @word: the same; empty if there is none
 * @text: as a word, of any bytes
 */
struct list_form {
	void (*number)(const char *key, uint64_t value);
	void (*flag)(const char *key, bool value);
	void (*word)(const char *key, const char *value);
	void (*text)(const char *key, const char *value);
};

/* The fields of the header that only some formats have. */
void list_header(const struct part *p, const struct list_form *form);

#endif /* LIST_WORDS_H */
