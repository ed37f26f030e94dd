// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - regions mapped, unmapped, protected and moved, as far as may be
 *
 * Regions go to places of their own in a window far below where the kernel puts
 * mappings by itself: what is unmapped there stays a hole, and whoever still
 * writes to it hits nobody.
 */
#include "fuzz.h"

#define WINDOW		(1ULL << 40)
#define PLACE		(1ULL << 32)
#define AREA_PLACES	(FUZZ_QUEUES * 4)
#define ARGS_PLACES	(FUZZ_THREADS + 1)
#define SPARE_PLACE	(AREA_PLACES + ARGS_PLACES)

/* Place @number of the window, 4 GiB. */
u8 *fuzz_window(unsigned int number)
{
	return (u8 *)(uintptr_t)(WINDOW + number * PLACE);
}

static u8 *area_place(const struct fuzz_child *c, const struct fuzz_queue *q,
		      enum fuzz_area area)
{
	return fuzz_window((unsigned int)(q - c->q) * 4 + area);
}

/* Two pages for arguments; what follows them is never mapped. */
u8 *fuzz_args_map(unsigned int number)
{
	u8 *at = mmap(fuzz_window(AREA_PLACES + number % ARGS_PLACES),
		      2 * page_size(), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE,
		      -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

size_t fuzz_area_size(const struct fuzz_queue *q, enum fuzz_area area)
{
	const u64 size[AREAS] = {
		[AREA_SUB] = q->setup.sub_size,
		[AREA_COMP] = q->setup.comp_size,
		[AREA_ARENA] = q->setup.arena_size,
	};

	return size[area];
}

static u64 area_offset(const struct fuzz_queue *q, enum fuzz_area area)
{
	const u64 offset[AREAS] = {
		[AREA_SUB] = q->setup.sub_offset,
		[AREA_COMP] = q->setup.comp_offset,
		[AREA_ARENA] = q->setup.arena_offset,
	};

	return offset[area];
}

/* Map a region as it should be, if it is there. */
void fuzz_map_plainly(struct fuzz_child *c, struct fuzz_queue *q,
		      enum fuzz_area area)
{
	size_t size = fuzz_area_size(q, area);
	int prot = area == AREA_COMP ? PROT_READ : PROT_READ | PROT_WRITE;
	void *at;

	if (!size || !q->known)
		return;
	at = mmap(area_place(c, q, area), size, prot, MAP_SHARED | MAP_FIXED,
		  q->fd, (off_t)area_offset(q, area));
	fuzz_note(c->shared, OP_MMAP, at == MAP_FAILED ? errno : 0);
	if (at != MAP_FAILED)
		WRITE_ONCE(q->map[area], at);
}

/* The file is another one from now on. */
void fuzz_forget_maps(struct fuzz_child *c, struct fuzz_queue *q)
{
	unsigned int area;

	for (area = 0; area < AREAS; area++) {
		if (!q->map[area])
			continue;
		WRITE_ONCE(q->map[area], NULL);
		munmap(area_place(c, q, area), fuzz_area_size(q, area));
	}
}

/* What was asked for, and granted: is it what may be? */
static void judge_map(struct fuzz_actor *a, const struct fuzz_queue *q,
		      u64 offset, size_t size, int prot, int flags)
{
	struct fuzz_shared *shared = a->child->shared;
	unsigned int area;

	if (fuzz_foreign(a, q))
		fuzz_fail(shared, "owner: another process' queue was mapped");
	if (prot & PROT_EXEC)
		fuzz_fail(shared, "mmap: executable");
	if ((flags & MAP_TYPE) == MAP_PRIVATE)
		fuzz_fail(shared, "mmap: private");
	for (area = 0; q->known && area < AREAS; area++)
		if (offset == area_offset(q, area) &&
		    ((size + page_size() - 1) & ~(page_size() - 1)) !=
		    fuzz_area_size(q, area))
			fuzz_fail(shared, "mmap: %zu bytes of area %u", size,
				  area);
	if (q->known && offset == area_offset(q, AREA_COMP) &&
	    (prot & PROT_WRITE))
		fuzz_fail(shared, "mmap: completion region writable");
}

void fuzz_mmap(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	enum fuzz_area area = source_below(&a->in, AREAS);
	u64 offset = area_offset(q, area);
	size_t size = fuzz_area_size(q, area);
	int prot = PROT_READ, flags = MAP_SHARED;
	u8 *place = area_place(a->child, q, area);
	void *at;

	if (area != AREA_COMP)
		prot |= PROT_WRITE;
	if (source_one_in(&a->in, 4))
		prot = (int)source_below(&a->in, 8);
	if (source_one_in(&a->in, 8))
		flags = (int)source_below(&a->in, 4);
	if (source_one_in(&a->in, 8)) {
		offset = source_edge(&a->in) & ~(page_size() - 1);
		place = fuzz_window(SPARE_PLACE);
	}
	if (source_one_in(&a->in, 6))
		size = source_edge(&a->in) % PLACE;
	at = mmap(place, size, prot, flags | MAP_FIXED, q->fd, (off_t)offset);
	fuzz_note(a->child->shared, OP_MMAP, at == MAP_FAILED ? errno : 0);
	if (at == MAP_FAILED)
		return;
	judge_map(a, q, offset, size, prot, flags);
	if (q->known && place != fuzz_window(SPARE_PLACE))
		WRITE_ONCE(q->map[area], at);
}

/* A stretch of the region, pages mostly. */
static void some_stretch(struct fuzz_actor *a, struct fuzz_queue **q,
			 enum fuzz_area *area, u8 **at, size_t *size)
{
	size_t pages;

	*q = fuzz_pick(a);
	*area = source_below(&a->in, AREAS);
	*at = area_place(a->child, *q, *area);
	*size = fuzz_area_size(*q, *area);
	pages = *size / page_size();
	if (!pages || source_one_in(&a->in, 2))
		return;
	pages = source_below(&a->in, (u32)pages);
	*at += pages * page_size();
	*size -= pages * page_size();
	if (source_one_in(&a->in, 2))
		*size = page_size();
	if (source_one_in(&a->in, 12))
		*size = source_edge(&a->in) % PLACE;
	if (source_one_in(&a->in, 20))
		*at += 1 + source_byte(&a->in);
}

void fuzz_munmap(struct fuzz_actor *a)
{
	struct fuzz_queue *q;
	enum fuzz_area area;
	size_t size;
	u8 *at;

	some_stretch(a, &q, &area, &at, &size);
	fuzz_note(a->child->shared, OP_MUNMAP, munmap(at, size) ? errno : 0);
	if (size >= fuzz_area_size(q, area))
		WRITE_ONCE(q->map[area], NULL);
}

void fuzz_mprotect(struct fuzz_actor *a)
{
	int prot = (int)source_below(&a->in, 8);
	struct fuzz_queue *q;
	enum fuzz_area area;
	size_t size;
	int error;
	u8 *at;

	some_stretch(a, &q, &area, &at, &size);
	error = mprotect(at, size, prot) ? errno : 0;
	fuzz_note(a->child->shared, OP_MPROTECT, error);
	if (error || !size)
		return;
	if (prot & PROT_EXEC)
		fuzz_fail(a->child->shared, "mprotect: executable");
	if ((prot & PROT_WRITE) && area == AREA_COMP)
		fuzz_fail(a->child->shared,
			  "mprotect: completion region writable");
}

/* Only to shrink where it is may succeed. */
void fuzz_mremap(struct fuzz_actor *a)
{
	u8 *other = fuzz_window(SPARE_PLACE);
	int flags = (int)source_below(&a->in, 8);
	struct fuzz_queue *q;
	enum fuzz_area area;
	size_t size, new;
	u8 *at, *to;

	some_stretch(a, &q, &area, &at, &size);
	new = size;
	if (source_one_in(&a->in, 2))
		new += page_size();
	if (source_one_in(&a->in, 6))
		size = 0;
	if (source_one_in(&a->in, 6))
		new = source_edge(&a->in) % PLACE;
	to = mremap(at, size, new, flags, other);
	fuzz_note(a->child->shared, OP_MREMAP, to == MAP_FAILED ? errno : 0);
	if (to != MAP_FAILED && (to != at || new > size + page_size() - 1))
		fuzz_fail(a->child->shared, "mremap: moved or grew");
}

/* Not those that poison memory: they mean to break the machine. */
void fuzz_madvise(struct fuzz_actor *a)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK,
		MADV_DOFORK, MADV_MERGEABLE, MADV_HUGEPAGE, MADV_DONTDUMP,
		MADV_DODUMP, MADV_WIPEONFORK, MADV_COLD, MADV_PAGEOUT,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	int advice = advices[source_below(&a->in, ARRAY_SIZE(advices))];
	struct fuzz_queue *q;
	enum fuzz_area area;
	size_t size;
	u8 *at;

	some_stretch(a, &q, &area, &at, &size);
	fuzz_note(a->child->shared, OP_MADVISE,
		  madvise(at, size, advice) ? errno : 0);
}
