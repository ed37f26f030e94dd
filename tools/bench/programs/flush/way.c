// SPDX-License-Identifier: GPL-2.0-only
/*
 * way.c - flush inline, by one server, or by all of them
 */
#include <errno.h>
#include <string.h>

#include "way.h"

static struct flipq_flush whole(const struct place *p)
{
	const struct area *a = &p->area;
	struct flipq_flush f = {
		.src = (uintptr_t)a->src,
		.dst = (uintptr_t)a->dst,
		.bitmap = (uintptr_t)a->bitmap,
		.count = a->nr,
		.page_size = PAGE_BYTES,
		.where = p->where,
	};

	if (p->where == FLIPQ_IN_ARENA) {
		f.dst -= f.src;
		f.bitmap -= f.src;
		f.src = 0;
	}
	return f;
}

/* What a program does that has no threads: scan and copy. */
int way_inline(const struct place *p, const struct way *way, uint64_t *pages)
{
	const struct area *a = &p->area;
	uint64_t w, dirty;

	(void)way;
	for (w = 0; w < a->words; w++) {
		dirty = a->bitmap[w];
		if (!dirty)
			continue;
		for (; dirty; dirty &= dirty - 1) {
			uint64_t n = w * 64 + (uint64_t)__builtin_ctzll(dirty);

			memcpy(a->dst + n * PAGE_BYTES, a->src + n * PAGE_BYTES,
			       PAGE_BYTES);
			++*pages;
		}
		a->bitmap[w] = 0;
	}
	return 0;
}

static int one_request(const struct place *p, const struct flipq_flush *f,
		       uint64_t *pages)
{
	int slot = flipq_get_in(p->q, 0);
	struct flipq_event e;
	int ret;

	if (slot < 0)
		return slot;
	ret = flipq_prep_flush(p->q, slot, f, 0);
	if (ret)
		return ret;
	do {
		ret = flipq_submit_and_wait(p->q, 1, FLIPQ_TIMEOUT_NONE);
	} while (ret == -EINTR);
	if (ret < 0)
		return ret;
	if (!flipq_peek(p->q, &e))
		return -EIO;
	flipq_seen(p->q, e.slot);
	*pages += e.value;
	return e.status;
}

/* One server in the largest requests: what more servers are worth. */
int way_one(const struct place *p, const struct way *way, uint64_t *pages)
{
	struct flipq_flush f = whole(p);
	const uint64_t end = f.count;
	int ret = 0;

	(void)way;
	for (; f.first < end && !ret; f.first += f.count) {
		f.count = FLIPQ_MAX_FLUSH / PAGE_BYTES;
		if (f.count > end - f.first)
			f.count = end - f.first;
		ret = one_request(p, &f, pages);
	}
	return ret;
}

int way_all(const struct place *p, const struct way *way, uint64_t *pages)
{
	struct flipq_flush f = whole(p);
	int ret;

	f.mode = way->mode;
	f.chunk = way->chunk;
	ret = flipq_flush(p->q, &f);
	*pages = f.pages;
	return ret;
}
