// SPDX-License-Identifier: GPL-2.0-only
/*
 * setup.c - files of the device, and the queues that they get
 */
#include "fuzz.h"

#define ARENA_PAGES 64

static const u32 sizes[] = {
	64, 65, 100, 1000, 4095, 4096, 4097, 8192, 65536, 0, 1 << 20, 4 << 20,
};

static u32 some_size(struct fuzz_actor *a)
{
	if (source_one_in(&a->in, 24))
		return (u32)source_edge(&a->in);
	/* The small ones mostly: memory is short, and so is the time. */
	return sizes[source_below(&a->in, source_one_in(&a->in, 4) ? 12 : 9)];
}

static void open_queue(struct fuzz_child *c, struct fuzz_queue *q)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	fuzz_note(c->shared, OP_OPEN, fd < 0 ? errno : 0);
	if (fd < 0)
		return;
	if (q->fd >= 0)
		close(q->fd);
	fuzz_forget_maps(c, q);
	q->owner = 0;
	q->known = false;
	memset(&q->setup, 0, sizeof(q->setup));
	WRITE_ONCE(q->fd, fd);
}

void fuzz_open(struct fuzz_actor *a)
{
	open_queue(a->child, &a->child->q[source_below(&a->in, FUZZ_QUEUES)]);
}

/* The mappings stay, and the queue with them. */
void fuzz_close(struct fuzz_actor *a)
{
	struct fuzz_queue *q = &a->child->q[source_below(&a->in, FUZZ_QUEUES)];
	int fd = q->fd;

	if (fd < 0)
		return;
	WRITE_ONCE(q->fd, -1);
	q->owner = 0;
	q->known = false;
	fuzz_note(a->child->shared, OP_CLOSE, close(fd) ? errno : 0);
}

static void some_codecs(struct fuzz_actor *a, struct flipq_codec *codecs,
			u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		codecs[i] = (struct flipq_codec){
			.algorithm = 1 + source_below(&a->in, 5),
		};
		if (source_one_in(&a->in, 16))
			codecs[i].level = (int)source_below(&a->in, 24) - 1;
		if (source_one_in(&a->in, 16))
			codecs[i].flags = source_below(&a->in,
						       FLIPQ_CODEC_FLAGS + 1);
		if (source_one_in(&a->in, 40))
			memcpy((u8 *)&codecs[i] + 4 * source_below(&a->in, 16),
			       &(u32){ (u32)source_edge(&a->in) }, 4);
	}
}

static struct flipq_setup some_setup(struct fuzz_actor *a)
{
	struct flipq_setup s = {
		.slots = source_below(&a->in, FLIPQ_MAX_SLOTS + 1),
		.partitions = source_below(&a->in, 4),
		.owner_partitions = source_below(&a->in, 3),
		.in_size = some_size(a),
		.out_size = some_size(a),
		.nr_codecs = source_below(&a->in, 5),
	};

	if (source_one_in(&a->in, 16))
		s.partitions = source_below(&a->in, FLIPQ_MAX_PARTITIONS + 2);
	if (source_one_in(&a->in, 3))
		s.max_len = some_size(a);
	if (source_one_in(&a->in, 2))
		s.arena_size = page_size() * source_below(&a->in, ARENA_PAGES);
	if (source_one_in(&a->in, 2)) {
		s.flags = FLIPQ_SETUP_SPIN;
		s.worker_spin_ns = (u32)source_number(&a->in, 2);
		s.wait_spin_ns = (u32)source_number(&a->in, 2);
	}
	return s;
}

/* SETUP of @q. Return: as fuzz_ioctl(). */
int fuzz_set_up(struct fuzz_actor *a, struct fuzz_queue *q)
{
	struct flipq_codec codecs[FLIPQ_MAX_CODECS + 1];
	struct flipq_setup s = some_setup(a);
	bool foreign = fuzz_foreign(a, q);
	int ret;

	if (source_one_in(&a->in, 16))
		s.nr_codecs = source_below(&a->in, FLIPQ_MAX_CODECS + 2);
	some_codecs(a, codecs, s.nr_codecs);
	s.codecs = source_one_in(&a->in, 24) ? source_edge(&a->in) :
					       (uintptr_t)codecs;
	ret = fuzz_ioctl(a, OP_SETUP, q->fd, FLIPQ_IOC_SETUP, &s, sizeof(s));
	if (ret > 0)
		return ret;
	if (foreign || q->owner)
		fuzz_fail(a->child->shared, "setup: a second one succeeded");
	q->setup = s;
	q->known = !ret;
	WRITE_ONCE(q->owner, a->child->pid);
	return ret;
}

void fuzz_setup(struct fuzz_actor *a)
{
	struct fuzz_queue *q = &a->child->q[source_below(&a->in, FUZZ_QUEUES)];
	unsigned int area;

	if (q->fd < 0 || (q->owner && !source_one_in(&a->in, 8)))
		open_queue(a->child, q);
	if (fuzz_set_up(a, q) || source_one_in(&a->in, 8))
		return;
	for (area = 0; area < AREAS; area++)
		fuzz_map_plainly(a->child, q, area);
}
