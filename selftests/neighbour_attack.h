/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * neighbour_attack.h - what users do to each other
 *
 * Each runs in a process of its own until it is told to end or is killed, with
 * partitions of the same worker.
 */
#ifndef SELFTEST_NEIGHBOUR_ATTACK_H
#define SELFTEST_NEIGHBOUR_ATTACK_H

#include <poll.h>
#include <sched.h>

#include "neighbour_data.h"
#include "neighbour_process.h"
#include "own.h"

static inline bool nb_stopped(const struct nb_shared *s)
{
	return READ_ONCE(s->stop);
}

static inline struct flipq_setup nb_setup(const struct nb_plan *p)
{
	struct flipq_setup s = raw_setup(p->slots, p->partitions, p->bytes);

	s.flags |= FLIPQ_SETUP_SPIN;
	s.worker_spin_ns = p->spin;
	return s;
}

static inline struct flipq_codec nb_codec(const struct nb_plan *p)
{
	return (struct flipq_codec){
		.algorithm = p->algorithm,
		.level = p->level,
	};
}

/* A queue of the worker that all are after. */
static inline int nb_open(struct rawq *q, const struct nb_plan *p)
{
	const struct flipq_codec c = nb_codec(p);
	struct flipq_setup s = nb_setup(p);
	int error;

	if (p->algorithm)
		raw_codecs(&s, &c, 1);
	run_on(NB_WORKER_CPU);
	error = raw_open(q, &s);
	run_on(NB_OTHER_CPU);
	return error;
}

/* Each slot gets something to do that can be done again and again. */
static inline void nb_prepare(const struct rawq *q, const struct nb_plan *plan,
			      const u8 *data)
{
	const struct flipq_desc d = {
		.opcode = FLIPQ_OP_COMPRESS,
		.src_len = plan->bytes,
		.dst_len = plan->bytes,
	};
	unsigned int p, slot;

	for (p = 0; p < plan->partitions; p++) {
		for (slot = 0; slot < plan->slots; slot++) {
			memcpy(raw_in(q, p, slot), data, plan->bytes);
			*raw_desc(q, p, slot) = d;
		}
	}
}

/* Hand over all that is free, and kick once where that is asked for. */
static inline int nb_refill(struct rawq *q)
{
	u64 kick = 0;
	unsigned int p;

	for (p = 0; p < q->setup.partitions; p++) {
		struct flip_submitter *side = &q->side[p];

		flip_collect(side, flip_finished(side));
		flip_stage(side, flip_free(side));
		flip_publish(side);
	}
	flip_kick_barrier();
	for (p = 0; p < q->setup.partitions; p++)
		if (flip_must_kick(&q->side[p]))
			kick |= flip_bit(p);
	return kick ? raw_kick(q, kick) : 0;
}

static inline struct rawq *nb_busy_open(const struct nb_plan *p,
					struct nb_shared *s)
{
	struct rawq *q = calloc(p->queues, sizeof(*q));
	u8 *data = malloc(p->bytes);
	unsigned int i;
	int error = q && data ? 0 : -ENOMEM;

	if (data)
		nb_fill(data, p->bytes, NB_ATTACKER, 4, 1);
	for (i = 0; i < p->queues && !error; i++) {
		error = nb_open(&q[i], p);
		if (!error)
			nb_prepare(&q[i], p, data);
	}
	free(data);
	if (error) {
		WRITE_ONCE(s->ready, error);
		return NULL;
	}
	return q;
}

/* All slots of all partitions are always at work. */
static inline int nb_busy(const struct nb_plan *p, struct nb_shared *s)
{
	struct rawq *q = nb_busy_open(p, s);
	unsigned int i;
	int error = 0;

	if (!q)
		return s->ready;
	while (!nb_stopped(s) && !error) {
		for (i = 0; i < p->queues && !error; i++)
			error = nb_refill(&q[i]);
		WRITE_ONCE(s->ready, 1);
		raw_sleep(p->sleep);
	}
	for (i = 0; i < p->queues; i++)
		s->foreign += nb_foreign(q[i].comp, q[i].setup.comp_size);
	return error;
}

#define NB_SUB_UIDS	3

/* Which users there are in the caller's namespace was written by the test. */
static inline bool nb_mapped(void)
{
	int fd = open("/proc/self/uid_map", O_RDONLY);
	char byte;
	bool mapped;

	if (fd < 0)
		return false;
	mapped = read(fd, &byte, 1) == 1;
	close(fd);
	return mapped;
}

/* nb_busy() as many users, all in a namespace that one of them made. */
static inline int nb_namespace(const struct nb_plan *p, struct nb_shared *s)
{
	struct nb_plan plan = *p;
	struct nb_crowd crowd = { .nr = 0 };
	unsigned int i;
	int error = unshare(CLONE_NEWUSER) ? -errno : 0;

	plan.attack = nb_busy;
	if (!error)
		WRITE_ONCE(s->ready, 1);
	while (!error && !nb_mapped() && !nb_stopped(s))
		raw_sleep(MSEC);
	for (i = 0; i < NB_SUB_UIDS && !error; i++)
		error = nb_add(&crowd, &plan, i + 1);
	WRITE_ONCE(s->made, crowd.nr);
	while (!error && !nb_stopped(s))
		raw_sleep(10 * MSEC);
	s->foreign = nb_stop(&crowd);
	return error;
}

/* The longest spin that is taken. */
static inline int nb_idle_open(const struct nb_plan *p, u32 *spin)
{
	int error, fd = raw_device();

	if (fd < 0)
		return fd;
	do {
		struct nb_plan plan = *p;
		struct flipq_setup s;

		plan.spin = *spin;
		s = nb_setup(&plan);
		error = raw_ioctl(fd, FLIPQ_IOC_SETUP, &s);
		if (error == -EINVAL)
			*spin /= 2;
	} while (error == -EINVAL && *spin);
	if (!error)
		return fd;
	close(fd);
	return error;
}

static inline int nb_kick_fd(int fd, unsigned int partitions)
{
	struct flipq_enter e = {
		.size = sizeof(e),
		.flags = FLIPQ_ENTER_KICK,
		.kick = flip_mask(partitions),
	};

	return raw_ioctl(fd, FLIPQ_IOC_ENTER, &e);
}

/*
 * As many queues as are wanted, or as one user may have. They are neither
 * mapped nor used.
 */
static inline int nb_idle_queues(const struct nb_plan *p, struct nb_shared *s,
				 int *fds)
{
	u32 spin = p->spin;
	unsigned int i;

	run_on(NB_WORKER_CPU);
	for (i = 0; i < p->queues; i++) {
		fds[i] = nb_idle_open(p, &spin);
		if (fds[i] < 0)
			break;
	}
	run_on(NB_OTHER_CPU);
	WRITE_ONCE(s->made, (u64)i * p->partitions);
	return i ? (int)i : fds[0];
}

/* Empty partitions that are polled as long as can be, all kicked at once. */
static inline int nb_idle(const struct nb_plan *p, struct nb_shared *s)
{
	int *fds = calloc(p->queues, sizeof(*fds));
	int i, nr = fds ? nb_idle_queues(p, s, fds) : -ENOMEM;

	while (nr > 0 && !nb_stopped(s)) {
		for (i = 0; i < nr; i++)
			nb_kick_fd(fds[i], p->partitions);
		WRITE_ONCE(s->ready, 1);
		WRITE_ONCE(s->rounds, s->rounds + 1);
		raw_sleep(p->sleep);
	}
	return nr < 0 ? nr : 0;
}

/* Queues that do nothing, whose process is to be killed. */
static inline int nb_leaver(const struct nb_plan *p, struct nb_shared *s)
{
	int *fds = calloc(p->queues, sizeof(*fds));
	int nr = fds ? nb_idle_queues(p, s, fds) : -ENOMEM;

	if (nr > 0)
		WRITE_ONCE(s->ready, 1);
	while (nr > 0 && !nb_stopped(s))
		raw_sleep(10 * MSEC);
	return nr < 0 ? nr : 0;
}

/* Processes that come, set up queues and are killed. */
static inline int nb_leavers(const struct nb_plan *p, struct nb_shared *s)
{
	struct nb_plan plan = *p;
	struct nb_process one;
	int error = 0;

	plan.attack = nb_leaver;
	WRITE_ONCE(s->ready, 1);
	while (!error && !nb_stopped(s)) {
		error = nb_start(&one, &plan, getuid());
		nb_kill(&one);
		/* The limit: those before are not free yet. */
		if (error == -EMFILE || error == -EDQUOT)
			error = 0;
		WRITE_ONCE(s->rounds, s->rounds + 1);
		raw_sleep(p->sleep);
	}
	return error;
}

/* Set up, hand over all slots, close at once; and again. */
static inline int nb_storm(const struct nb_plan *p, struct nb_shared *s)
{
	u8 *data = malloc(p->bytes);
	struct rawq *q = malloc(sizeof(*q));
	int error = data && q ? 0 : -ENOMEM;

	if (data)
		nb_fill(data, p->bytes, NB_ATTACKER, 4, 1);
	while (!error && !nb_stopped(s)) {
		int refused = nb_open(q, p);

		WRITE_ONCE(s->ready, 1);
		if (refused) {
			/* A limit: what it had is not free yet. */
			WRITE_ONCE(s->made, s->made + 1);
			raw_sleep(MSEC);
			continue;
		}
		nb_prepare(q, p, data);
		error = nb_refill(q);
		raw_close(q);
		WRITE_ONCE(s->rounds, s->rounds + 1);
	}
	free(data);
	free(q);
	return error;
}

/* Kick, cancel and poll as fast as that goes. */
static inline int nb_calls(const struct nb_plan *p, struct nb_shared *s)
{
	struct rawq *q = nb_busy_open(p, s);
	unsigned int i, cancelled;
	int error = 0;

	if (!q)
		return s->ready;
	while (!nb_stopped(s) && !error) {
		for (i = 0; i < p->queues && !error; i++) {
			struct pollfd pfd = { .fd = q[i].fd, .events = POLLIN };

			error = nb_refill(&q[i]);
			if (!error)
				error = nb_kick_fd(q[i].fd, p->partitions);
			if (!error)
				error = own_cancel_all(&q[i], &cancelled);
			if (!error && poll(&pfd, 1, 0) < 0)
				error = -errno;
		}
		WRITE_ONCE(s->ready, 1);
		WRITE_ONCE(s->rounds, s->rounds + 1);
	}
	return error;
}

/* Kicks of partitions that have nothing to do. */
static inline int nb_kicks(const struct nb_plan *p, struct nb_shared *s)
{
	int *fds = calloc(p->queues, sizeof(*fds));
	int i, nr = fds ? nb_idle_queues(p, s, fds) : -ENOMEM;

	while (nr > 0 && !nb_stopped(s)) {
		for (i = 0; i < nr; i++)
			nb_kick_fd(fds[i], p->partitions);
		WRITE_ONCE(s->ready, 1);
		WRITE_ONCE(s->rounds, s->rounds + 1);
	}
	return nr < 0 ? nr : 0;
}

/* The least literals for a code of their length, and bits that follow it. */
static const struct {
	u32 base;
	u8 bits;
	u8 code;
} nb_lengths[] = {
	{ 32, 3, 22 }, { 40, 3, 23 }, { 48, 4, 24 }, { 64, 6, 25 },
	{ 128, 7, 26 }, { 256, 8, 27 }, { 512, 9, 28 }, { 1024, 10, 29 },
	{ 2048, 11, 30 },
};

/*
 * A zstd frame of one block: @literals raw ones, 32 to 4095, and a match of 3
 * bytes. A decoder may copy more of the literals' buffer than these.
 */
static inline u32 nb_frame(u8 *to, u32 literals)
{
	u32 n = 0, total = literals + 3, block, bits, i, k = 0;
	u8 *header;

	while (k + 1 < ARRAY_SIZE(nb_lengths) &&
	       nb_lengths[k + 1].base <= literals)
		k++;
	/* a window of 8 KiB: a block that is larger is refused by newer kernels */
	memcpy(to, "\x28\xb5\x2f\xfd\x80\x18", 6);
	for (n = 6, i = 0; i < 4; i++)
		to[n++] = (u8)(total >> 8 * i);
	header = to + n;
	n += 3;
	/* literals: raw, 12 bits of size */
	to[n++] = (u8)(1 << 2 | (literals & 15) << 4);
	to[n++] = (u8)(literals >> 4);
	memset(to + n, NB_ATTACKER, literals);
	n += literals;
	/* one sequence, each of its three codes repeated without end */
	to[n++] = 1;
	to[n++] = 0x54;
	to[n++] = nb_lengths[k].code;
	to[n++] = 0;
	to[n++] = 0;
	bits = 1U << nb_lengths[k].bits | (literals - nb_lengths[k].base);
	for (; bits; bits >>= 8)
		to[n++] = (u8)bits;
	block = 1 | 2 << 1 | (n - (u32)(header + 3 - to)) << 3;
	for (i = 0; i < 3; i++)
		header[i] = (u8)(block >> 8 * i);
	return n;
}

static inline int nb_read_one(struct rawq *q, u32 literals, u64 *foreign)
{
	const struct flipq_desc d = {
		.opcode = FLIPQ_OP_DECOMPRESS,
		.src_len = nb_frame(raw_in(q, 0, 0), literals),
		.dst_len = q->setup.out_size,
	};
	struct flipq_result r = { 0 };
	int slot;

	slot = raw_run(q, &d, &r);
	if (slot < 0)
		return slot;
	*foreign += nb_foreign(raw_out(q, 0, (unsigned int)slot),
			       q->setup.out_size);
	return r.status || r.len != literals + 3 ? -EPROTO : 0;
}

/* Read what decoders leave behind one's own results. One slot. */
static inline int nb_reader(const struct nb_plan *p, struct nb_shared *s)
{
	struct rawq q;
	u32 literals;
	int error = nb_open(&q, p);

	if (!error)
		WRITE_ONCE(s->ready, 1);
	while (!error && !nb_stopped(s)) {
		for (literals = 33; literals < 2100 && !error; literals += 32)
			error = nb_read_one(&q, literals, &s->foreign);
		WRITE_ONCE(s->rounds, s->rounds + 1);
		raw_sleep(p->sleep);
	}
	return error;
}

#endif /* SELFTEST_NEIGHBOUR_ATTACK_H */
