// SPDX-License-Identifier: GPL-2.0-only
/*
 * fill.c - encoded blocks of one repeated word, kept to be used again
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fill.h"

struct fill *fill_find(struct fill_cache *c, uint64_t word, uint32_t len)
{
	unsigned int i;

	for (i = 0; i < FILL_ENTRIES; i++) {
		struct fill *f = &c->entry[i];

		/* No length: never used. */
		if (!f->len || f->word != word || f->len != len)
			continue;
		f->users++;
		f->used = ++c->clock;
		return f;
	}
	return NULL;
}

struct fill *fill_new(struct fill_cache *c, uint64_t word, uint32_t len)
{
	struct fill *oldest = NULL;
	unsigned int i;

	for (i = 0; i < FILL_ENTRIES; i++) {
		struct fill *f = &c->entry[i];

		if (!f->users && (!oldest || f->used < oldest->used))
			oldest = f;
	}
	if (!oldest)
		return NULL;
	free(oldest->data);
	*oldest = (struct fill) {
		.word = word,
		.len = len,
		.users = 1,
		.used = ++c->clock,
	};
	return oldest;
}

int fill_set(struct fill *f, const struct flipq_event *event, const void *data,
	     uint32_t len)
{
	f->data = malloc(len ? len : 1);
	if (!f->data)
		return -ENOMEM;
	memcpy(f->data, data, len);
	f->event = *event;
	f->ready = true;
	return 0;
}

void fill_expand(uint64_t word, void *dst, uint32_t len)
{
	uint8_t *p = dst;
	uint32_t i;

	for (i = 0; i + sizeof(word) <= len; i += (uint32_t)sizeof(word))
		memcpy(p + i, &word, sizeof(word));
}

void fill_free(struct fill_cache *c)
{
	unsigned int i;

	for (i = 0; i < FILL_ENTRIES; i++)
		free(c->entry[i].data);
}
