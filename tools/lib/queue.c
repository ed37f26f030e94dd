// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * queue.c - a queue's life: open, set up, map, close
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

/* Partitions where nobody says how many, as the kernel has it. */
#define DEFAULT_MAX	8

/*
 * Shared workers are not for this process: ask for partitions that its own
 * threads serve instead. The caller sees no difference but that.
 */
static int ask_stand_in(struct flipq *q)
{
	struct flipq_setup *s = &q->setup;
	unsigned int parts = s->partitions;

	if (!parts) {
		parts = q->sys->cpus(q->sys);
		if (parts > DEFAULT_MAX)
			parts = DEFAULT_MAX;
	}
	s->partitions = 0;
	s->owner_partitions += parts;
	q->stand_ins = parts;
	return q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_SETUP, s);
}

static int ask_setup(struct flipq *q, const struct flipq_config *config)
{
	struct flipq_setup *s = &q->setup;
	int ret;

	s->size = sizeof(*s);
	s->slots = config->slots;
	s->partitions = config->partitions;
	s->owner_partitions = config->owner_partitions;
	s->in_size = config->in_size;
	s->out_size = config->out_size;
	s->max_len = config->max_len;
	s->arena_size = config->arena_size;
	s->nr_codecs = config->nr_codecs;
	s->codecs = (uintptr_t)config->codecs;
	if (config->set_spin) {
		s->flags = FLIPQ_SETUP_SPIN;
		s->worker_spin_ns = config->worker_spin_ns;
		s->wait_spin_ns = config->wait_spin_ns;
	}
	ret = q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_SETUP, s);
	if (ret == -EPERM && !config->shared_only)
		ret = ask_stand_in(q);
	/* ENOENT is the missing device's, an unknown algorithm must not be */
	if (ret == -ENOENT)
		return -EOPNOTSUPP;
	if (ret)
		return ret;
	/* not for the kernel to change; prepare and peek rely on them */
	s->in_size = config->in_size;
	s->out_size = config->out_size;
	s->max_len = config->max_len;
	s->arena_size = config->arena_size;
	s->nr_codecs = config->nr_codecs;
	if (s->owner_partitions != config->owner_partitions + q->stand_ins ||
	    (q->stand_ins && s->partitions))
		return -EPROTO;
	return flipq_check_layout(s);
}

static int map_regions(struct flipq *q)
{
	const struct flipq_setup *s = &q->setup;
	int ret;

	ret = q->sys->map(q->sys, q->fd, s->sub_size, PROT_READ | PROT_WRITE,
			  s->sub_offset, &q->sub);
	if (ret)
		return ret;
	ret = q->sys->map(q->sys, q->fd, s->comp_size, PROT_READ,
			  s->comp_offset, &q->comp);
	if (ret || !s->arena_size)
		return ret;
	return q->sys->map(q->sys, q->fd, s->arena_size, PROT_READ | PROT_WRITE,
			   s->arena_offset, &q->arena);
}

static void init_part(struct flipq *q, unsigned int n)
{
	const struct flipq_setup *s = &q->setup;
	unsigned char *sub = (unsigned char *)q->sub + (size_t)n * s->sub_stride;
	const unsigned char *comp =
		(const unsigned char *)q->comp + (size_t)n * s->comp_stride;
	struct flipq_submission *words = (void *)sub;
	const struct flipq_completion *server = (const void *)comp;
	struct flipq_part *p = &q->parts[n];
	unsigned int i;

	p->flip.fill_word = &words->fill;
	p->flip.reap_word = &words->reap;
	p->flip.done_word = &server->done;
	p->flip.need_wakeup = &server->need_wakeup;
	p->flip.mask = flip_mask(s->slots);
	p->desc = sub + s->desc_offset;
	p->result = comp + s->result_offset;
	p->in = sub + s->in_offset;
	p->out = comp + s->out_offset;
	p->base = n * s->slots;
	p->node = -1;
	for (i = 0; i < s->slots; i++) {
		q->slots[p->base + i].part = (uint8_t)n;
		q->slots[p->base + i].index = (uint8_t)i;
	}
	if (n < s->partitions + q->stand_ins)
		q->shared.set |= flip_bit(n);
	else
		q->owner.set |= flip_bit(n);
}

/* Only a policy that uses the nodes pays for finding them out. */
static int find_nodes(struct flipq *q)
{
	u64 set;

	if (q->policy != FLIPQ_POLICY_LOCAL_NODE)
		return 0;
	for (set = q->shared.set; set; set &= set - 1) {
		unsigned int part = flip_next(set, 0);
		struct flipq_stats stats;
		int ret = flipq_stats(q, FLIPQ_STATS_PARTITION, part, &stats);

		if (ret)
			return ret;
		q->parts[part].node = q->sys->cpu_node(q->sys, stats.cpu);
	}
	return 0;
}

/* The partitions and the table of slots, now that their number is known. */
static struct flipq *grow(struct flipq *q)
{
	const unsigned int parts =
		q->setup.partitions + q->setup.owner_partitions;
	const unsigned int slots = parts * q->setup.slots;
	struct flipq *grown;

	grown = realloc(q, sizeof(*q) + parts * sizeof(q->parts[0]));
	if (!grown)
		return NULL;
	memset(grown->parts, 0, parts * sizeof(grown->parts[0]));
	grown->nr_parts = parts;
	grown->nr_slots = slots;
	return grown;
}

int flipq_open_with(const struct flipq_sys *sys, struct flipq **queue,
		    const struct flipq_config *config)
{
	struct flipq *q, *grown;
	unsigned int n;
	int ret;

	*queue = NULL;
	if ((unsigned int)config->policy > FLIPQ_POLICY_LOCAL_NODE ||
	    config->flags & ~FLIPQ_OPEN_CHECK_THREADS ||
	    (config->nr_codecs && !config->codecs))
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->sys = sys;
	q->policy = config->policy;
	ret = flipq_guard_open(q, config->flags);
	if (ret) {
		free(q);
		return ret;
	}
	q->fd = flipq_open_device(sys, config->device);
	if (q->fd < 0) {
		ret = q->fd;
		goto fail;
	}
	ret = ask_setup(q, config);
	if (ret)
		goto fail;
	ret = -ENOMEM;
	grown = grow(q);
	if (!grown)
		goto fail;
	q = grown;
	q->slots = calloc(q->nr_slots, sizeof(*q->slots));
	if (!q->slots)
		goto fail;
	ret = map_regions(q);
	if (ret)
		goto fail;
	for (n = 0; n < q->nr_parts; n++)
		init_part(q, n);
	ret = find_nodes(q);
	if (!ret && q->stand_ins)
		ret = flipq_stand_in_open(q);
	if (ret)
		goto fail;
	*queue = q;
	return 0;
fail:
	flipq_close(q);
	return ret;
}

/*
 * Is there no device to be used, as far as @err tells? Its limits, and what it
 * does not take, are not a reason to do without.
 */
static bool no_device(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
	case -EISDIR:
	case -ENXIO:
	case -EACCES:
	case -ENOSYS:
	case -ENOTTY:
	case -ENODEV:
	case -EPROTO:
	case -E2BIG:
		return true;
	default:
		return false;
	}
}

/* By @sys, the device, or in the process where the caller says so. */
int flipq_open_either(const struct flipq_sys *sys, struct flipq **queue,
		      const struct flipq_config *config)
{
	int ret;

	if (flipq_names_process(config->device))
		return flipq_soft_open(queue, config);
	ret = flipq_open_with(sys, queue, config);
	if (config->fallback && no_device(ret))
		ret = flipq_soft_open(queue, config);
	return ret;
}

FLIPQ_EXPORT int flipq_open_sized(struct flipq **queue,
				  const struct flipq_config *config,
				  size_t size)
{
	struct flipq_config c;
	int ret = flipq_copy_in(&c, sizeof(c), config, size);

	*queue = NULL;
	return ret ? ret : flipq_open_either(&flipq_linux, queue, &c);
}

static void unmap_regions(const struct flipq *q)
{
	if (q->arena)
		q->sys->unmap(q->sys, q->arena, q->setup.arena_size);
	if (q->comp)
		q->sys->unmap(q->sys, q->comp, q->setup.comp_size);
	if (q->sub)
		q->sys->unmap(q->sys, q->sub, q->setup.sub_size);
}

FLIPQ_EXPORT void flipq_close(struct flipq *q)
{
	bool inherited;

	if (!q)
		return;
	inherited = flipq_inherited(q);
	flipq_stand_in_close(q);
	/* a child has none of them, and may have its own memory there */
	if (!inherited)
		unmap_regions(q);
	if (inherited && q->sys->leave)
		q->sys->leave(q->sys);
	else if (q->fd >= 0 && (!inherited || flipq_guard_has_fd(q)))
		q->sys->close(q->sys, q->fd);
	flipq_guard_close(q);
	free(q->slots);
	free(q);
}

FLIPQ_EXPORT int flipq_fd(const struct flipq *q)
{
	if (flipq_inherited(q))
		return -EIO;
	if (q->sys->watch)
		q->sys->watch(q->sys);
	return q->fd;
}

FLIPQ_EXPORT int flipq_in_process(const struct flipq *q)
{
	return q->sys->in_process;
}

FLIPQ_EXPORT unsigned int flipq_slots(const struct flipq *q)
{
	return q->setup.slots;
}

FLIPQ_EXPORT unsigned int flipq_partitions(const struct flipq *q)
{
	return q->nr_parts;
}

FLIPQ_EXPORT unsigned int flipq_owner_partitions(const struct flipq *q)
{
	return q->setup.owner_partitions - q->stand_ins;
}

FLIPQ_EXPORT unsigned int flipq_stand_ins(const struct flipq *q)
{
	return q->stand_ins;
}

FLIPQ_EXPORT void *flipq_arena(const struct flipq *q)
{
	return flipq_inherited(q) ? NULL : q->arena;
}

FLIPQ_EXPORT uint64_t flipq_arena_size(const struct flipq *q)
{
	return flipq_inherited(q) ? 0 : q->setup.arena_size;
}

FLIPQ_EXPORT void *flipq_input(const struct flipq *q, int slot)
{
	const struct flipq_slot *s;

	if (flipq_inherited(q) || !flipq_valid(q, slot) || !q->setup.in_size)
		return NULL;
	s = &q->slots[slot];
	return q->parts[s->part].in + (size_t)s->index * q->setup.in_stride;
}

FLIPQ_EXPORT const void *flipq_output(const struct flipq *q, int slot)
{
	const struct flipq_slot *s;

	if (flipq_inherited(q) || !flipq_valid(q, slot) || !q->setup.out_size)
		return NULL;
	s = &q->slots[slot];
	return q->parts[s->part].out + (size_t)s->index * q->setup.out_stride;
}
