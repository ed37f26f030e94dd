// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls.c - the ioctls of a queue that is there, with their fields at the edges
 */
#include <poll.h>
#include <signal.h>

#include "fuzz.h"

/* What fuzz_args_map() makes. */
#define ENOUGH (2 * page_size())

/* One of the files, whatever its state. */
struct fuzz_queue *fuzz_pick(struct fuzz_actor *a)
{
	struct fuzz_queue *q = &a->child->q[source_below(&a->in, FUZZ_QUEUES)];
	unsigned int i;

	/* Mostly one with a queue: the others have little to offer. */
	for (i = 0; i < FUZZ_QUEUES; i++) {
		if (q->owner)
			return q;
		if (source_one_in(&a->in, 8))
			break;
		q = q + 1 < a->child->q + FUZZ_QUEUES ? q + 1 : a->child->q;
	}
	return q;
}

/* Was it set up by another process than this one? */
bool fuzz_foreign(const struct fuzz_actor *a, const struct fuzz_queue *q)
{
	return q->owner && q->owner != a->child->pid;
}

/* How large the caller says that its struct is; *@tail is what follows it. */
static u32 claimed_size(struct fuzz_actor *a, size_t size, u8 *tail)
{
	*tail = 0;
	switch (source_below(&a->in, 64)) {
	case 23:
		return (u32)size - 1 - source_below(&a->in, 8);
	case 22:
		return (u32)size + 1 + source_below(&a->in, 64);
	case 21:
		*tail = 1;
		return (u32)size + 1 + source_below(&a->in, 64);
	case 20:
		return (u32)page_size() + source_below(&a->in, 2);
	case 19:
		return (u32)source_edge(&a->in);
	default:
		return (u32)size;
	}
}

/* Overwrite some words of a struct, but for its size, with edges. */
static void spoil(struct fuzz_actor *a, void *arg, size_t size)
{
	unsigned int n = source_below(&a->in, 16);

	for (n = n < 14 ? 0 : n - 13; n; n--) {
		u32 at = 4 + 4 * source_below(&a->in, (u32)size / 4 - 1);
		u64 value = source_edge(&a->in);

		memcpy((u8 *)arg + at, &value, at + 8 <= size && at % 8 == 0 ?
					       8 : 4);
	}
}

/**
 * struct place - where an argument is
 * @at: address
 * @room: bytes that we can write there
 * @ours: nobody else writes there
 */
struct place {
	u8 *at;
	size_t room;
	bool ours;
};

/* Memory of a queue, which scribblers may be writing to. */
static struct place racing(struct fuzz_actor *a)
{
	const struct fuzz_queue *q = fuzz_pick(a);
	u8 *map = READ_ONCE(q->map[source_below(&a->in, 2) * AREA_ARENA]);

	return (struct place){ .at = map ? map : a->args, .room = FUZZ_BYTES };
}

/* Where a struct of @size bytes is to be. */
static struct place place_for(struct fuzz_actor *a, size_t size)
{
	struct place p = { .at = a->args, .room = ENOUGH, .ours = true };

	switch (source_below(&a->in, 64)) {
	case 23:
		p.at += 1 + source_below(&a->in, 16);
		break;
	case 22:
		p.at += ENOUGH - size;
		break;
	case 21:
		p.room = 4 * source_below(&a->in, 16);
		p.at += ENOUGH - p.room;
		p.ours = false;
		break;
	case 20:
		return racing(a);
	case 19:
		return (struct place){
			.at = (u8 *)(uintptr_t)source_edge(&a->in),
		};
	default:
		break;
	}
	return p;
}

/**
 * fuzz_ioctl - a call with a struct that is right, or not quite
 * @a: actor
 * @op: which, for the books
 * @fd: file
 * @cmd: ioctl
 * @arg: struct, the first member being its size; where the call succeeded and
 *	nobody else could write to it, it is what the kernel left there
 * @size: of @arg
 *
 * Return: 0, an errno, or -1 for success with nothing to be seen in @arg.
 */
int fuzz_ioctl(struct fuzz_actor *a, enum fuzz_op op, int fd,
	       unsigned long cmd, void *arg, size_t size)
{
	struct place p;
	u8 tail;
	int error;

	spoil(a, arg, size);
	*(u32 *)arg = claimed_size(a, size, &tail);
	p = place_for(a, size);
	if (p.ours)
		memset(a->args, tail, ENOUGH);
	memcpy(p.at, arg, p.room < size ? p.room : size);
	error = ioctl(fd, cmd, p.at) < 0 ? errno : 0;
	fuzz_note(a->child->shared, op, error);
	if (error)
		return error;
	if (!p.ours)
		return -1;
	memcpy(arg, p.at, size);
	return 0;
}

/* A call on a queue, which another process' queue must refuse. */
static void call_queue(struct fuzz_actor *a, enum fuzz_op op,
		       struct fuzz_queue *q, unsigned long cmd, void *arg,
		       size_t size)
{
	bool foreign = fuzz_foreign(a, q);

	if (fuzz_ioctl(a, op, READ_ONCE(q->fd), cmd, arg, size) <= 0 &&
	    foreign)
		fuzz_fail(a->child->shared, "owner: %s was not refused",
			  fuzz_op_name(op));
}

void fuzz_info(struct fuzz_actor *a)
{
	struct flipq_info info = { 0 };

	fuzz_ioctl(a, OP_INFO, fuzz_pick(a)->fd, FLIPQ_IOC_INFO, &info,
		   sizeof(info));
}

void fuzz_codec(struct fuzz_actor *a)
{
	struct flipq_codec_info info = {
		.index = source_below(&a->in, FLIPQ_ALG_NR + 1),
		.slot_size = source_one_in(&a->in, 2) ?
			     (u32)source_edge(&a->in) : 0,
	};

	fuzz_ioctl(a, OP_CODEC, fuzz_pick(a)->fd, FLIPQ_IOC_CODEC, &info,
		   sizeof(info));
}

/* Some ns, short mostly, as a tick interrupts what has no end. */
static u64 some_time(struct fuzz_actor *a)
{
	switch (source_below(&a->in, 8)) {
	case 7:
		return FLIPQ_TIMEOUT_NONE;
	case 6:
		return source_edge(&a->in);
	case 5:
		return raw_now() + source_number(&a->in, 2);
	case 4:
		return source_below(&a->in, 256) * (MSEC / 64);
	default:
		return source_number(&a->in, 2);
	}
}

static u32 some_partition(struct fuzz_actor *a, const struct fuzz_queue *q)
{
	const u32 nr = q->setup.partitions + q->setup.owner_partitions;

	if (!nr || source_one_in(&a->in, 12))
		return (u32)source_edge(&a->in);
	/* The owner-served ones come last. */
	return source_one_in(&a->in, 2) ? nr - 1 : source_below(&a->in, nr);
}

/* A set of them that are there. */
static u64 some_partitions(struct fuzz_actor *a, const struct fuzz_queue *q)
{
	const u32 nr = q->setup.partitions + q->setup.owner_partitions;

	if (!nr || nr > FLIPQ_MAX_PARTITIONS)
		return source_number(&a->in, 1);
	return ~source_number(&a->in, 1) & flip_mask(nr);
}

void fuzz_enter(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	sigset_t mask;
	struct flipq_enter e = {
		.flags = source_below(&a->in, FLIPQ_ENTER_FLAGS + 1),
		.minimum = source_below(&a->in, 80),
	};

	if (e.flags & FLIPQ_ENTER_KICK)
		e.kick = source_one_in(&a->in, 6) ? source_edge(&a->in) :
			 some_partitions(a, q);
	if (e.flags & FLIPQ_ENTER_SERVE)
		e.serve = some_partition(a, q);
	if (e.flags & FLIPQ_ENTER_WAIT) {
		e.timeout = some_time(a);
		if (e.minimum > 64)
			e.wait_partitions = some_partitions(a, q);
		if (source_one_in(&a->in, 4)) {
			memset(&mask, source_byte(&a->in), sizeof(mask));
			e.sigmask = (uintptr_t)&mask;
			e.sigsetsize = 8;
		}
	} else {
		e.flags &= FLIPQ_ENTER_KICK;
		e.minimum = 0;
		e.serve = 0;
	}
	call_queue(a, OP_ENTER, q, FLIPQ_IOC_ENTER, &e, sizeof(e));
}

void fuzz_stats(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	struct flipq_stats s = {
		.of = source_below(&a->in, FLIPQ_STATS_WORKER + 2),
	};

	if (s.of)
		s.index = some_partition(a, q);
	call_queue(a, OP_STATS, q, FLIPQ_IOC_STATS, &s, sizeof(s));
}

void fuzz_serve(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	struct flipq_serve s = {
		.partition = some_partition(a, q),
		.requests = source_below(&a->in, 10),
		.idle = source_one_in(&a->in, 3) ? some_time(a) : 0,
	};

	call_queue(a, OP_SERVE, q, FLIPQ_IOC_SERVE, &s, sizeof(s));
}

void fuzz_cancel(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	struct flipq_cancel c = {
		.flags = source_below(&a->in, 2),
	};

	if (!c.flags) {
		c.partition = some_partition(a, q);
		c.slots = source_number(&a->in, 8);
		if (!source_one_in(&a->in, 4))
			c.slots &= flip_mask(q->known ? q->setup.slots : 1);
	}
	call_queue(a, OP_CANCEL, q, FLIPQ_IOC_CANCEL, &c, sizeof(c));
}

void fuzz_probe(struct fuzz_actor *a)
{
	struct flipq_probe p = {
		.of = source_below(&a->in, FLIPQ_PROBE_NR + 1),
		.value = source_edge(&a->in),
	};

	fuzz_ioctl(a, OP_PROBE, fuzz_pick(a)->fd, FLIPQ_IOC_PROBE, &p,
		   sizeof(p));
}

/* A number that is not an ioctl of ours. FIOCLEX and the like are the VFS's. */
void fuzz_unknown(struct fuzz_actor *a)
{
	u8 nr = source_byte(&a->in);
	unsigned long cmd = _IOC(source_below(&a->in, 4), FLIPQ_IOC_MAGIC, nr,
				 source_number(&a->in, 1));
	int error;

	if (cmd >= FLIPQ_IOC_INFO && cmd <= FLIPQ_IOC_PROBE)
		return;
	error = ioctl(fuzz_pick(a)->fd, cmd, a->args) < 0 ? errno : 0;
	fuzz_note(a->child->shared, OP_UNKNOWN, error);
	if (error != ENOTTY && error != EBADF)
		fuzz_fail(a->child->shared, "errno: ioctl 0x%lx answers %d",
			  cmd, error);
}

void fuzz_poll(struct fuzz_actor *a)
{
	struct pollfd p = {
		.fd = fuzz_pick(a)->fd,
		.events = (short)source_number(&a->in, 2),
	};

	fuzz_note(a->child->shared, OP_POLL,
		  poll(&p, 1, (int)source_below(&a->in, 16)) < 0 ? errno : 0);
}

void fuzz_fdinfo(struct fuzz_actor *a)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fuzz_pick(a)->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fuzz_note(a->child->shared, OP_FDINFO, errno);
		return;
	}
	fuzz_note(a->child->shared, OP_FDINFO,
		  read(fd, a->args, FUZZ_BYTES) < 0 ? errno : 0);
	close(fd);
}
