// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * setup.c - a queue in the process, made from what was asked for
 *
 * Defaults, limits, errors and layout are those of FLIPQ_IOC_SETUP.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "soft/soft.h"

/* As the module's defaults, but that threads do not know who wants their CPU. */
#define SERVE_SPIN_NS	2000
#define WAIT_SPIN_NS	2000
#define MAX_SPIN_NS	1000000000

/* Where map() finds the regions. */
#define SUB_OFFSET	0ULL
#define COMP_OFFSET	(1ULL << 40)
#define ARENA_OFFSET	(1ULL << 41)

static uint32_t round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static bool bad_size(uint32_t size)
{
	return size && (size < FLIPQ_MIN_SLOT_SIZE ||
			size > FLIPQ_MAX_SLOT_SIZE);
}

static int check(const struct flipq_setup *s, uint32_t page)
{
	if (s->slots > FLIPQ_MAX_SLOTS || s->nr_codecs > FLIPQ_MAX_CODECS ||
	    s->partitions > FLIPQ_MAX_PARTITIONS ||
	    s->owner_partitions > FLIPQ_MAX_PARTITIONS - s->partitions)
		return -EINVAL;
	if (bad_size(s->in_size) || bad_size(s->out_size) ||
	    bad_size(s->max_len) || s->arena_size % page)
		return -EINVAL;
	if (s->nr_codecs && !s->max_len && (!s->in_size || !s->out_size))
		return -EINVAL;
	if (s->worker_spin_ns > MAX_SPIN_NS || s->wait_spin_ns > MAX_SPIN_NS)
		return -EINVAL;
	return 0;
}

static int make_codecs(struct soft *s)
{
	const struct flipq_codec *wanted = (const void *)s->setup.codecs;
	uint32_t n;
	int ret;

	for (n = 0; n < s->setup.nr_codecs; n++) {
		ret = flipq_soft_prepare(&s->codecs[n], &wanted[n], s->max_in);
		if (ret)
			return ret;
		ret = flipq_soft_load(s->codecs[n].ops, &s->libs[n]);
		if (ret)
			return ret;
	}
	return 0;
}

/* Buffers of a page or more start on a page, smaller ones on a line. */
static uint32_t place(uint32_t offset, uint32_t size, uint32_t page)
{
	return round_up(offset, size < page ? SOFT_LINE : page);
}

static void lay_out(struct flipq_setup *s, uint32_t page)
{
	s->desc_offset = sizeof(struct flipq_submission);
	s->desc_stride = sizeof(struct flipq_desc);
	s->in_stride = round_up(s->in_size, SOFT_LINE);
	s->in_offset = place(s->desc_offset + s->slots * s->desc_stride,
			     s->in_size, page);
	s->sub_stride = round_up(s->in_offset + s->slots * s->in_stride, page);
	s->result_offset = sizeof(struct flipq_completion);
	s->result_stride = sizeof(struct flipq_result);
	s->out_stride = round_up(s->out_size, SOFT_LINE);
	s->out_offset = place(s->result_offset + s->slots * s->result_stride,
			      s->out_size, page);
	s->comp_stride = round_up(s->out_offset + s->slots * s->out_stride,
				  page);
	s->sub_offset = SUB_OFFSET;
	s->sub_size = (uint64_t)s->sub_stride * s->owner_partitions;
	s->comp_offset = COMP_OFFSET;
	s->comp_size = (uint64_t)s->comp_stride * s->owner_partitions;
	s->arena_offset = ARENA_OFFSET;
}

/* As with the device, a child of the process does not get it. */
static int map_region(uint64_t size, unsigned char **where)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	*where = p;
	return madvise(p, size, MADV_DONTFORK) ? -errno : 0;
}

/*
 * Slots are used in turn, and so is all of their memory: in small pages the first
 * touch, and the translation of addresses, take a fifth of the time of zstd's decoder.
 * Where there are no huge pages it is as it was.
 */
static int map_slots(uint64_t size, unsigned char **where)
{
	int ret = map_region(size, where);

	if (!ret)
		madvise(*where, size, MADV_HUGEPAGE);
	return ret;
}

static int map_regions(struct soft *s)
{
	int ret = map_slots(s->setup.sub_size, &s->sub);

	if (!ret)
		ret = map_slots(s->setup.comp_size, &s->comp);
	if (!ret && s->setup.arena_size)
		ret = map_region(s->setup.arena_size, &s->arena);
	return ret;
}

static int make_part(struct soft *s, unsigned int n)
{
	struct soft_part *p = &s->parts[n];
	uint32_t i;
	int ret;

	p->soft = s;
	p->sub = (void *)(s->sub + (size_t)n * s->setup.sub_stride);
	p->comp = (void *)(s->comp + (size_t)n * s->setup.comp_stride);
	p->server.fill_word = &p->sub->fill;
	p->server.done_word = &p->comp->done;
	p->server.need_wakeup = &p->comp->need_wakeup;
	p->server.mask = flip_mask(s->setup.slots);
	p->comp->need_wakeup = FLIPQ_NEED_WAKEUP;
	if (!s->setup.nr_codecs)
		return 0;
	p->input = malloc(s->max_in);
	p->room = malloc(s->max_out);
	if (!p->input || !p->room)
		return -ENOMEM;
	for (i = 0; i < s->setup.nr_codecs; i++) {
		const struct soft_codec *c = &s->codecs[i];

		ret = c->ops->begin(s->libs[i].calls, c, &p->state[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static int make_parts(struct soft *s)
{
	const size_t size = soft_parts(s) * sizeof(*s->parts);
	unsigned int n;
	int ret = 0;

	s->parts = aligned_alloc(SOFT_LINE, size);
	if (!s->parts)
		return -ENOMEM;
	memset(s->parts, 0, size);
	for (n = 0; n < soft_parts(s) && !ret; n++)
		ret = make_part(s, n);
	return ret;
}

static void free_parts(struct soft *s)
{
	unsigned int n;
	uint32_t i;

	for (n = 0; s->parts && n < soft_parts(s); n++) {
		struct soft_part *p = &s->parts[n];

		for (i = 0; i < s->setup.nr_codecs; i++)
			s->codecs[i].ops->end(s->libs[i].calls, &p->state[i]);
		free(p->input);
		free(p->room);
	}
	free(s->parts);
	s->parts = NULL;
}

static void unmap_region(unsigned char **where, uint64_t size)
{
	if (*where)
		munmap(*where, size);
	*where = NULL;
}

/*
 * Undo a set-up, however far it went. In a child the addresses may be something
 * else's by now, and a thread that was lost may have been in the loader.
 */
void flipq_soft_unmake(struct soft *s)
{
	free_parts(s);
	if (s->left)
		return;
	unmap_region(&s->sub, s->setup.sub_size);
	unmap_region(&s->comp, s->setup.comp_size);
	unmap_region(&s->arena, s->setup.arena_size);
	memset(&s->setup, 0, sizeof(s->setup));
}

static int make(struct soft *s, uint32_t page)
{
	struct flipq_setup *setup = &s->setup;
	int ret;

	s->max_in = larger(setup->in_size, setup->max_len);
	s->max_out = larger(setup->out_size, setup->max_len);
	ret = make_codecs(s);
	if (ret)
		return ret;
	/* for checksums, which do without where nobody asks for them */
	flipq_soft_load(&flipq_soft_crc32, &s->zlib);
	lay_out(setup, page);
	ret = map_regions(s);
	return ret ? ret : make_parts(s);
}

int flipq_soft_setup(struct soft *s, struct flipq_setup *setup)
{
	const uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
	int ret = check(setup, page);

	if (ret)
		return ret;
	/* there is no shared worker: threads of the caller's are asked for */
	if (setup->partitions || !setup->owner_partitions)
		return -EPERM;
	s->setup = *setup;
	if (!setup->slots)
		s->setup.slots = FLIPQ_DEFAULT_SLOTS;
	if (!(setup->flags & FLIPQ_SETUP_SPIN)) {
		s->setup.worker_spin_ns = SERVE_SPIN_NS;
		s->setup.wait_spin_ns = WAIT_SPIN_NS;
	}
	ret = make(s, page);
	if (ret)
		flipq_soft_unmake(s);
	else
		*setup = s->setup;
	return ret;
}
