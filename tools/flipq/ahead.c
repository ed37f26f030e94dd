// SPDX-License-Identifier: GPL-2.0-only
/*
 * ahead.c - which pages come next while nobody waits for one
 */
#include <string.h>

#include "ahead.h"

static void skip(struct span *s, uint64_t nr)
{
	s->page += nr;
	s->nr -= nr;
}

/* The oldest makes room: it was longest without a fault. */
void ahead_note(struct ahead *a, const struct span *after)
{
	if (!after->nr)
		return;
	if (a->nr == MAX_TRAILS) {
		a->nr--;
		memmove(a->trails, a->trails + 1, a->nr * sizeof(*after));
	}
	a->trails[a->nr++] = *after;
}

/* The beginning of @s, up to where a block of the image ends, at least a page. */
static struct span piece(const struct span *s, const struct mapping *map,
			 uint64_t bytes)
{
	uint64_t at = map->offset + s->page * map->page;
	uint64_t nr = (bytes - at % bytes) / map->page;
	struct span first = *s;

	if (!nr)
		nr = 1;
	if (first.nr > nr)
		first.nr = nr;
	return first;
}

/* What is left of the youngest trail that has pages, or of everything. */
static struct span *current(struct ahead *a, const struct memory *m)
{
	const struct mappings *maps = &m->c->maps;

	while (a->nr && !a->trails[a->nr - 1].nr)
		a->nr--;
	if (a->nr)
		return &a->trails[a->nr - 1];
	if (!a->all.nr && !a->all.page)
		a->all.nr = maps->at[0].size / maps->at[0].page;
	while (!a->all.nr && a->all.map + 1 < maps->nr) {
		a->all.map++;
		a->all.page = 0;
		a->all.nr = maps->at[a->all.map].size /
			    maps->at[a->all.map].page;
	}
	return &a->all;
}

bool ahead_next(struct ahead *a, const struct memory *m, uint64_t bytes,
		struct span *next)
{
	for (;;) {
		struct span *s = current(a, m);

		if (!s->nr)
			return false;
		*next = piece(s, &m->c->maps.at[s->map], bytes);
		if (memory_wants(m, next))
			return true;
		skip(s, next->nr);
	}
}

void ahead_done(struct ahead *a, const struct span *done)
{
	struct span *s = a->nr ? &a->trails[a->nr - 1] : &a->all;

	skip(s, done->nr);
}
