// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - a client's memory: which pages it was given, and how it gets others
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "memory.h"
#include "message.h"

/* Since Linux 6.6, and newer than many systems' headers. */
#ifndef UFFDIO_POISON
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};

#define UFFDIO_POISON	_IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif

#define WORD_BITS	64

static const struct mapping *mapping_of(const struct memory *m, size_t map)
{
	return &m->c->maps.at[map];
}

static uint64_t pages_of(const struct mapping *map)
{
	return map->size / map->page;
}

static struct uffdio_range range_of(const struct memory *m, size_t map,
				    uint64_t page, uint64_t nr)
{
	const struct mapping *at = mapping_of(m, map);

	return (struct uffdio_range){
		.start = at->base + page * at->page,
		.len = nr * at->page,
	};
}

static bool is_given(const struct memory *m, size_t map, uint64_t page)
{
	return m->given[map][page / WORD_BITS] >> page % WORD_BITS & 1;
}

static void mark_given(struct memory *m, size_t map, uint64_t page)
{
	if (is_given(m, map, page))
		return;
	m->given[map][page / WORD_BITS] |= 1ULL << page % WORD_BITS;
	m->left--;
}

static int call(const struct memory *m, unsigned long request, void *arg)
{
	return ioctl(m->c->uffd, request, arg) ? -errno : 0;
}

int memory_wake(const struct memory *m, size_t map, uint64_t page)
{
	struct uffdio_range range = range_of(m, map, page, 1);

	return call(m, UFFDIO_WAKE, &range);
}

/* Nothing that a client may pass here but a userfaultfd wakes anybody. */
static int check_descriptor(const struct memory *m)
{
	int err = memory_wake(m, 0, 0), flags;

	if (err == -ESRCH)
		return 0;
	if (err)
		return fail(m->c->name,
			    "expected a userfaultfd after UFFDIO_API with the mappings, got a descriptor that does not wake: %s",
			    strerror(-err));
	flags = fcntl(m->c->uffd, F_GETFL);
	if (flags < 0 || fcntl(m->c->uffd, F_SETFL, flags | O_NONBLOCK))
		return fail(m->c->name, "userfaultfd: %s", strerror(errno));
	return 0;
}

int memory_open(struct memory *m, const struct client *c)
{
	uint64_t largest = 0;
	size_t i;

	*m = (struct memory){ .c = c };
	for (i = 0; i < c->maps.nr; i++) {
		const struct mapping *map = &c->maps.at[i];
		uint64_t words = (pages_of(map) + WORD_BITS - 1) / WORD_BITS;

		m->given[i] = calloc(words, sizeof(uint64_t));
		if (!m->given[i])
			return fail(c->name, "no memory");
		m->left += pages_of(map);
		if (largest < map->page)
			largest = map->page;
	}
	m->zeros = calloc(1, largest);
	if (!m->zeros)
		return fail(c->name, "no memory");
	return check_descriptor(m);
}

void memory_close(struct memory *m)
{
	size_t i;

	for (i = 0; i < MAX_MAPPINGS; i++)
		free(m->given[i]);
	free(m->zeros);
}

bool memory_wants(const struct memory *m, const struct span *s)
{
	uint64_t i;

	for (i = 0; i < s->nr; i++)
		if (!is_given(m, s->map, s->page + i))
			return true;
	return false;
}

/* *@done: pages that were, also when it fails. */
static int copy(const struct memory *m, const struct span *s, const void *from,
		uint64_t *done)
{
	struct uffdio_range range = range_of(m, s->map, s->page, s->nr);
	struct uffdio_copy c = {
		.dst = range.start,
		.src = (uintptr_t)from,
		.len = range.len,
	};
	int err = call(m, UFFDIO_COPY, &c);

	*done = 0;
	if (!err || (err == -EAGAIN && c.copy > 0))
		*done = (uint64_t)c.copy / mapping_of(m, s->map)->page;
	return *done ? 0 : err;
}

/* One that the kernel refuses on its own account: who waits for it looks again. */
static bool is_settled(struct memory *m, const struct span *s, int err)
{
	/* There already, by whomever; or not mapped any more. */
	if (err != -EEXIST && err != -ENOENT)
		return false;
	mark_given(m, s->map, s->page);
	memory_wake(m, s->map, s->page);
	return true;
}

/* Pages of which none was given. */
static int give_run(struct memory *m, struct span run, const uint8_t *from)
{
	uint64_t page = mapping_of(m, run.map)->page, done, i;
	uint64_t end = run.page + run.nr;
	int err;

	while (run.page < end) {
		err = copy(m, &run, from, &done);
		if (err == -ENOENT && run.nr > 1) {
			/* More than one mapping of the kernel's, or a hole. */
			run.nr = 1;
			continue;
		}
		if (err && !is_settled(m, &run, err))
			return err;
		for (i = 0; i < done; i++)
			mark_given(m, run.map, run.page + i);
		done += !!err;
		run.page += done;
		from += done * page;
		run.nr = err == -ENOENT ? 1 : end - run.page;
	}
	return 0;
}

int memory_give(struct memory *m, const struct span *s, const void *from)
{
	uint64_t page = mapping_of(m, s->map)->page, i = 0;
	int err = 0;

	while (i < s->nr && !err) {
		struct span run = { .map = s->map, .page = s->page + i };

		for (; i < s->nr && !is_given(m, s->map, s->page + i); i++)
			run.nr++;
		err = give_run(m, run, (const uint8_t *)from +
			       (run.page - s->page) * page);
		while (i < s->nr && is_given(m, s->map, s->page + i))
			i++;
	}
	return err;
}

int memory_zero(struct memory *m, size_t map, uint64_t page)
{
	const struct span s = { map, page, 1 };
	uint64_t done;
	int err = copy(m, &s, m->zeros, &done);

	return err && is_settled(m, &s, err) ? 0 : err;
}

int memory_poison(struct memory *m, size_t map, uint64_t page)
{
	const struct span s = { map, page, 1 };
	struct uffdio_poison p = { .range = range_of(m, map, page, 1) };
	int err = call(m, UFFDIO_POISON, &p);

	if (!err)
		mark_given(m, map, page);
	return err && is_settled(m, &s, err) ? 0 : err;
}

int memory_leave(struct memory *m)
{
	int err = 0;
	size_t i;

	for (i = 0; i < m->c->maps.nr && !err; i++) {
		struct uffdio_range range =
			range_of(m, i, 0, pages_of(mapping_of(m, i)));

		err = call(m, UFFDIO_UNREGISTER, &range);
	}
	return err;
}

/* The kernel looks at that first, and only then finds nothing to copy to. */
bool memory_changes(const struct memory *m)
{
	const struct span s = { 0, 0, 1 };
	uint64_t done;

	return copy(m, &s, m->zeros, &done) == -EAGAIN;
}

void memory_drop(struct memory *m, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < m->c->maps.nr; i++) {
		const struct mapping *map = mapping_of(m, i);
		uint64_t from = start > map->base ? start - map->base : 0;
		uint64_t to = end > map->base ? end - map->base : 0;

		if (to > map->size)
			to = map->size;
		for (; from < to; from += map->page)
			mark_given(m, i, from / map->page);
	}
}
