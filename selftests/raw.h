/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * raw.h - a queue through nothing but ioctl, mmap and the flip words
 *
 * For tests of the kernel's side: what they do wrong must not be caught by a
 * library first. Functions return 0 or a negative errno and print nothing.
 */
#ifndef SELFTEST_RAW_H
#define SELFTEST_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/flipq.h>

#include "types.h"

#define DEVICE		"/dev/flipq"
#define SECOND		1000000000ULL
#define MSEC		1000000ULL
/* Nothing that works takes this long, even in an emulated machine. */
#define LONG_TIME	(100 * SECOND)
/* A queue that was closed is freed sooner, unless something holds it. */
#define QUIET_TIME	(2 * SECOND)

#define NO_DEVICE	"no " DEVICE ": flipq.ko is not loaded"
#define NO_COMPRESSION	"this kernel does not compress with it"

/*
 * Bytes of a page, by which memory is mapped and protected: 4, 16 or 64 KiB. A
 * payload of 4096 bytes is no page.
 */
static inline size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* At the start of a test or of a fixture's set-up. */
static inline bool no_device(void)
{
	return access(DEVICE, F_OK);
}

/**
 * struct rawq - a queue that was set up and mapped
 * @fd: the device
 * @setup: as the kernel answered
 * @sub: submission region
 * @comp: completion region, read-only
 * @arena: the arena, NULL where none was asked for
 * @side: the submitter's shadows, one per partition
 */
struct rawq {
	int fd;
	struct flipq_setup setup;
	u8 *sub;
	const u8 *comp;
	u8 *arena;
	struct flip_submitter side[FLIPQ_MAX_PARTITIONS];
};

static inline int raw_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

static inline int raw_device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A request for @slots slots of @bytes in each of @partitions partitions. */
static inline struct flipq_setup raw_setup(unsigned int slots,
					   unsigned int partitions,
					   unsigned int bytes)
{
	struct flipq_setup s = {
		.size = sizeof(s),
		.slots = slots,
		.partitions = partitions,
		.in_size = bytes,
		.out_size = bytes,
	};

	return s;
}

static inline void raw_codecs(struct flipq_setup *s,
			      const struct flipq_codec *codecs, unsigned int nr)
{
	s->codecs = (uintptr_t)codecs;
	s->nr_codecs = nr;
}

/*
 * Does this kernel compress with @algorithm? Some only decompress LZO. Yes, too,
 * where there is no answer: what depends on it then says why.
 */
static inline bool raw_compresses(u32 algorithm)
{
	struct flipq_codec_info info;
	bool there = true;
	int fd = raw_device();
	u32 i = 0;

	do {
		info = (struct flipq_codec_info){
			.size = sizeof(info), .index = i++,
		};
		if (raw_ioctl(fd, FLIPQ_IOC_CODEC, &info))
			break;
		if (info.algorithm == algorithm)
			there = info.caps & FLIPQ_CODEC_CAP_COMPRESS;
	} while (info.algorithm != algorithm);
	close(fd);
	return there;
}

/* What this kernel only decompresses is asked for like that. */
static inline void raw_offered(struct flipq_codec *codecs, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!raw_compresses(codecs[i].algorithm))
			codecs[i].flags |= FLIPQ_CODEC_DECOMPRESS_ONLY;
	}
}

/* Park at once when idle, so that a request stays until it is kicked. */
static inline void raw_no_spin(struct flipq_setup *s)
{
	s->flags |= FLIPQ_SETUP_SPIN;
}

static inline struct flipq_submission *raw_submission(const struct rawq *q,
						      unsigned int p)
{
	return (void *)(q->sub + (size_t)p * q->setup.sub_stride);
}

static inline const struct flipq_completion *
raw_completion(const struct rawq *q, unsigned int p)
{
	return (const void *)(q->comp + (size_t)p * q->setup.comp_stride);
}

static inline struct flipq_desc *raw_desc(const struct rawq *q, unsigned int p,
					  unsigned int slot)
{
	u8 *chunk = (u8 *)raw_submission(q, p);

	return (void *)(chunk + q->setup.desc_offset +
			(size_t)slot * q->setup.desc_stride);
}

static inline u8 *raw_in(const struct rawq *q, unsigned int p,
			 unsigned int slot)
{
	return (u8 *)raw_submission(q, p) + q->setup.in_offset +
		(size_t)slot * q->setup.in_stride;
}

static inline const struct flipq_result *
raw_result(const struct rawq *q, unsigned int p, unsigned int slot)
{
	const u8 *chunk = (const u8 *)raw_completion(q, p);

	return (const void *)(chunk + q->setup.result_offset +
			      (size_t)slot * q->setup.result_stride);
}

static inline const u8 *raw_out(const struct rawq *q, unsigned int p,
				unsigned int slot)
{
	return (const u8 *)raw_completion(q, p) + q->setup.out_offset +
		(size_t)slot * q->setup.out_stride;
}

/* Map the arena, if there is one. */
static inline int raw_map_arena(struct rawq *q)
{
	const struct flipq_setup *s = &q->setup;
	void *arena;

	q->arena = NULL;
	if (!s->arena_size)
		return 0;
	arena = mmap(NULL, s->arena_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     q->fd, (off_t)s->arena_offset);
	if (arena == MAP_FAILED)
		return -errno;
	q->arena = arena;
	return 0;
}

/* Map the regions of a queue that was set up on q->fd. */
static inline int raw_map(struct rawq *q)
{
	const struct flipq_setup *s = &q->setup;
	unsigned int p;
	void *sub, *comp;

	sub = mmap(NULL, s->sub_size, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd,
		   (off_t)s->sub_offset);
	if (sub == MAP_FAILED)
		return -errno;
	comp = mmap(NULL, s->comp_size, PROT_READ, MAP_SHARED, q->fd,
		    (off_t)s->comp_offset);
	if (comp == MAP_FAILED) {
		int error = -errno;

		munmap(sub, s->sub_size);
		return error;
	}
	q->sub = sub;
	q->comp = comp;
	for (p = 0; p < s->partitions + s->owner_partitions; p++) {
		struct flipq_submission *w = raw_submission(q, p);
		const struct flipq_completion *c = raw_completion(q, p);

		q->side[p] = (struct flip_submitter) {
			.fill_word = (u64 *)&w->fill,
			.reap_word = (u64 *)&w->reap,
			.done_word = (const u64 *)&c->done,
			.need_wakeup = &c->need_wakeup,
			.mask = flip_mask(s->slots),
		};
	}
	return raw_map_arena(q);
}

static inline int raw_unmap(struct rawq *q)
{
	if (q->arena && munmap(q->arena, q->setup.arena_size))
		return -errno;
	if (munmap(q->sub, q->setup.sub_size) ||
	    munmap((void *)(uintptr_t)q->comp, q->setup.comp_size))
		return -errno;
	return 0;
}

static inline int raw_open(struct rawq *q, const struct flipq_setup *setup)
{
	int error;

	memset(q, 0, sizeof(*q));
	q->setup = *setup;
	q->fd = raw_device();
	if (q->fd < 0)
		return q->fd;
	error = raw_ioctl(q->fd, FLIPQ_IOC_SETUP, &q->setup);
	if (!error)
		error = raw_map(q);
	if (error)
		close(q->fd);
	return error;
}

static inline void raw_close(struct rawq *q)
{
	raw_unmap(q);
	close(q->fd);
}

/* ENTER; @ready may be NULL. */
static inline int raw_enter(const struct rawq *q, unsigned int flags,
			    u64 kick, unsigned int minimum,
			    u64 timeout, unsigned int *ready)
{
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = flags,
		.kick = kick,
		.minimum = minimum,
		.timeout = timeout,
	};
	int error = raw_ioctl(q->fd, FLIPQ_IOC_ENTER, &e);

	if (ready)
		*ready = e.ready;
	return error;
}

static inline int raw_kick(const struct rawq *q, u64 partitions)
{
	return raw_enter(q, FLIPQ_ENTER_KICK, partitions, 0, 0, NULL);
}

static inline int raw_wait(const struct rawq *q, unsigned int minimum,
			   u64 timeout, unsigned int *ready)
{
	return raw_enter(q, FLIPQ_ENTER_WAIT, 0, minimum, timeout, ready);
}

/* Hand over @slots, whose descriptors are written, without a kick. */
static inline void raw_publish(struct rawq *q, unsigned int p, u64 slots)
{
	flip_stage(&q->side[p], slots);
	flip_publish(&q->side[p]);
	flip_kick_barrier();
}

/* The same, with a kick where one is asked for. */
static inline int raw_submit(struct rawq *q, unsigned int p, u64 slots)
{
	raw_publish(q, p, slots);
	if (!flip_must_kick(&q->side[p]))
		return 0;
	return raw_kick(q, 1ULL << p);
}

static inline unsigned int number_from(const char *variable)
{
	const char *s = getenv(variable);
	long n = s ? strtol(s, NULL, 10) : 1;

	return n < 1 ? 1 : (unsigned int)n;
}

/* How much longer loops are to run than they do by default. */
static inline unsigned int scale(void)
{
	return number_from("FLIPQ_TEST_SCALE");
}

/* How many times as long the kernel takes for everything, as a debug kernel. */
static inline unsigned int slow(void)
{
	return number_from("FLIPQ_SLOW");
}

static inline u64 raw_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * SECOND + (u64)t.tv_nsec;
}

static inline void raw_sleep(u64 ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(ns / SECOND),
		.tv_nsec = (long)(ns % SECOND),
	};

	nanosleep(&t, NULL);
}

/* Until the partition asks for kicks: from then on nothing is served. */
static inline int raw_parked(const struct rawq *q, unsigned int p)
{
	u64 end = raw_now() + LONG_TIME;

	while (!flip_must_kick(&q->side[p])) {
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC);
	}
	return 0;
}

/*
 * One request in the lowest free slot of partition 0, whose input is there
 * already. The result is copied; the output is at raw_out(q, 0, slot) until the
 * next request. Returns the slot.
 */
static inline int raw_run(struct rawq *q, const struct flipq_desc *desc,
			  struct flipq_result *result)
{
	unsigned int slot = flip_next(flip_free(&q->side[0]), 0);
	int error;

	*raw_desc(q, 0, slot) = *desc;
	error = raw_submit(q, 0, flip_bit(slot));
	if (error)
		return error;
	error = raw_wait(q, 1, LONG_TIME, NULL);
	if (error)
		return error;
	if (flip_finished(&q->side[0]) != flip_bit(slot))
		return -EPROTO;
	*result = *raw_result(q, 0, slot);
	flip_collect(&q->side[0], flip_bit(slot));
	return (int)slot;
}

/* A NOP all the way through: is the queue alive? */
static inline int raw_alive(struct rawq *q)
{
	struct flipq_desc nop = { .opcode = FLIPQ_OP_NOP };
	struct flipq_result r = { 0 };
	int slot = raw_run(q, &nop, &r);

	return slot < 0 ? slot : r.status;
}

static inline int raw_info(struct flipq_info *info)
{
	int fd = raw_device();
	int error;

	if (fd < 0)
		return fd;
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	error = raw_ioctl(fd, FLIPQ_IOC_INFO, info);
	close(fd);
	return error;
}

/*
 * What there is once nothing is left of queues that were closed meanwhile: their
 * workers let go of them soon, not at once. As much as @before, or what is left
 * after a long time.
 */
static inline int raw_settle(const struct flipq_info *before,
			     struct flipq_info *after)
{
	u64 end = raw_now() + LONG_TIME;
	int error = raw_info(after);

	while (!error && raw_now() < end &&
	       (after->queues > before->queues ||
		after->total_bytes > before->total_bytes ||
		after->worker_bytes > before->worker_bytes)) {
		raw_sleep(MSEC);
		error = raw_info(after);
	}
	return error;
}

static inline bool raw_same(const struct flipq_info *a,
			    const struct flipq_info *b)
{
	return a->queues == b->queues && a->total_bytes == b->total_bytes &&
		a->worker_bytes == b->worker_bytes;
}

/*
 * What there is before a test does something, for raw_settle() to compare with:
 * queues that were closed before, by this test or another, do not count any
 * more. @held: so many queues are the caller's own. Where there are others as
 * well they are somebody else's, once nothing has changed for QUIET_TIME.
 */
static inline int raw_quiet(unsigned int held, struct flipq_info *info)
{
	u64 end = raw_now() + LONG_TIME, since = raw_now();
	struct flipq_info last;
	int error = raw_info(info);

	while (!error && info->queues != held && raw_now() < end &&
	       raw_now() - since < QUIET_TIME * slow()) {
		last = *info;
		raw_sleep(MSEC);
		error = raw_info(info);
		if (!raw_same(info, &last))
			since = raw_now();
	}
	return error;
}

static inline int raw_stats(const struct rawq *q, enum flipq_stats_of of,
			    unsigned int index, struct flipq_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	stats->of = of;
	stats->index = index;
	return raw_ioctl(q->fd, FLIPQ_IOC_STATS, stats);
}

#endif /* SELFTEST_RAW_H */
