/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal.h - what the library's files share and nobody else sees
 */
#ifndef FLIPQ_INTERNAL_H
#define FLIPQ_INTERNAL_H

#include <string.h>
#include <time.h>

#include "flip/flip.h"
#include "flipq.h"

#define FLIPQ_EXPORT __attribute__((visibility("default")))

/* Requests in a row to one partition, with FLIPQ_POLICY_BATCH. */
#define FLIPQ_BATCH	8

/**
 * struct flipq_sys - the calls to the operating system
 * @open: as open(2), for reading and writing
 * @ioctl: as ioctl(2)
 * @map: as mmap(2), shared; the address goes to @addr
 * @unmap: as munmap(2)
 * @close: as close(2)
 * @cpus: how many CPUs the calling thread may run on, at least 1
 * @cpu_node: NUMA node of a CPU, -1 where that is not known
 * @this_node: NUMA node of the calling thread, -1 where that is not known
 * @watch: the descriptor is going to be polled; NULL where it may be anyway
 * @collected: results were given back; NULL where that is seen without
 * @leave: a child of fork() closes its parent's queue; NULL where its copy of the
 *	descriptor is all that there is of one
 * @in_process: threads of the process serve, and no device
 *
 * There are two, the device and what stands in for it in the process, and the
 * tests put a kernel of their own behind it. Each returns a negative errno on
 * failure, and is given the table, which may be embedded in something.
 */
struct flipq_sys {
	int (*open)(const struct flipq_sys *sys, const char *path);
	int (*ioctl)(const struct flipq_sys *sys, int fd, unsigned long request,
		     void *arg);
	int (*map)(const struct flipq_sys *sys, int fd, size_t size, int prot,
		   uint64_t offset, void **addr);
	void (*unmap)(const struct flipq_sys *sys, void *addr, size_t size);
	void (*close)(const struct flipq_sys *sys, int fd);
	unsigned int (*cpus)(const struct flipq_sys *sys);
	int (*cpu_node)(const struct flipq_sys *sys, unsigned int cpu);
	int (*this_node)(const struct flipq_sys *sys);
	void (*watch)(const struct flipq_sys *sys);
	void (*collected)(const struct flipq_sys *sys);
	void (*leave)(const struct flipq_sys *sys);
	bool in_process;
};

extern const struct flipq_sys flipq_linux;

/**
 * struct flipq_part - a partition
 * @flip: whose each slot is
 * @got: free slots that flipq_get() gave out, not submitted yet
 * @prepared: those of @got that the next flipq_submit() hands over
 * @ready: finished slots, as last looked at, not peeked at yet
 * @peeked: finished slots that were peeked at, not given back yet
 * @next: where the next search for a free slot starts
 * @base: number of its first slot
 * @node: of its worker's CPU, -1 where that is not known or varies
 * @desc: first descriptor
 * @result: first result
 * @in: first input buffer
 * @out: first output buffer
 */
struct flipq_part {
	struct flip_submitter flip;
	u64 got;
	u64 prepared;
	u64 ready;
	u64 peeked;
	unsigned int next;
	unsigned int base;
	int node;
	unsigned char *desc;
	const unsigned char *result;
	unsigned char *in;
	const unsigned char *out;
};

/**
 * struct flipq_slot - what is looked up by a slot's number
 * @user_data: the request's; a descriptor has no room for it
 * @part: index of its partition
 * @index: which one there
 * @opcode: the request's, as it says what its result is made of
 * @room: bytes that the request may produce
 *
 * A table, because dividing by the number of slots would take longer than all
 * the rest of a call.
 */
struct flipq_slot {
	uint64_t user_data;
	uint8_t part;
	uint8_t index;
	uint8_t opcode;
	uint32_t room;
};

/**
 * struct flipq_group - partitions that a request may go to
 * @set: which
 * @local: those of @set on the node that the submitter was last seen on
 * @part: the one used last
 * @left: requests left of a batch there
 */
struct flipq_group {
	u64 set;
	u64 local;
	unsigned int part;
	unsigned int left;
};

/* What a page of zeros says is 0. */
enum flipq_whose {
	FLIPQ_PARENTS = 0,	/* this is a child */
	FLIPQ_OURS = 1,
	FLIPQ_ONE_THREADS = 2,	/* ours, with FLIPQ_OPEN_CHECK_THREADS */
};

/**
 * struct flipq_guard - a page of its own, zeros in a child of fork()
 * @whose: enum flipq_whose
 * @thread: with FLIPQ_ONE_THREADS, the one that uses the queue; 0 before it does
 */
struct flipq_guard {
	uint32_t whose;
	pid_t thread;
};

struct flipq {
	const struct flipq_sys *sys;
	struct flipq_guard *guard;
	int fd;
	enum flipq_policy policy;
	unsigned int nr_slots;		/* in all */
	unsigned int nr_parts;
	struct flipq_group shared;
	struct flipq_group owner;
	struct flipq_pool *pool;	/* the caller's, for @owner */
	struct flipq_pool *stand_in;	/* the library's own, for @shared */
	unsigned int stand_ins;		/* partitions of @stand_in */
	u64 pooled;			/* those that have a pool */
	unsigned int peek_part;		/* where flipq_peek() is */
	unsigned int in_flight;		/* submitted, not peeked at */
	unsigned int unseen;		/* peeked at, not given back */
	u64 touched;			/* partitions with prepared slots */
	u64 kick;			/* partitions still to be kicked */
	void *sub;
	void *comp;
	void *arena;
	struct flipq_setup setup;
	struct flipq_usage usage;
	struct flipq_slot *slots;
	struct flipq_part parts[];
};

bool flipq_guard_check(const struct flipq *q);

/* Is the queue the parent's? Of what a child has only copies of memory are left. */
static inline bool flipq_inherited(const struct flipq *q)
{
	return q->guard->whose == FLIPQ_PARENTS;
}

/*
 * The same in calls that one thread at a time makes, once for a batch and not for
 * each slot: where the caller wants that checked, another thread's call ends the
 * process.
 */
static inline bool flipq_barred(const struct flipq *q)
{
	return q->guard->whose != FLIPQ_OURS && flipq_guard_check(q);
}

int flipq_guard_open(struct flipq *q, uint64_t flags);
void flipq_guard_close(struct flipq *q);
/* In a child: is the descriptor still the parent's queue? */
bool flipq_guard_has_fd(const struct flipq *q);

int flipq_open_with(const struct flipq_sys *sys, struct flipq **queue,
		    const struct flipq_config *config);
int flipq_open_either(const struct flipq_sys *sys, struct flipq **queue,
		      const struct flipq_config *config);
int flipq_open_device(const struct flipq_sys *sys, const char *device);
int flipq_query_with(const struct flipq_sys *sys, const char *device,
		     unsigned long request, void *arg);
int flipq_check_layout(const struct flipq_setup *setup);

/*
 * From a caller's struct of @size bytes to the library's of @known bytes, and
 * back. Return: 0, or -E2BIG where the caller asks for what is not known.
 */
int flipq_copy_in(void *to, size_t known, const void *from, size_t size);
void flipq_copy_out(void *to, size_t size, const void *from, size_t known);

/* soft/: the same without the device, and the questions that need no queue. */
int flipq_soft_open(struct flipq **queue, const struct flipq_config *config);
int flipq_soft_query(unsigned long request, void *arg);

/* A pool that stands in for the shared workers. */
int flipq_stand_in_open(struct flipq *q);
void flipq_stand_in_close(struct flipq *q);

/*
 * Partitions of *@set, all of them in q->pooled, are to be kicked: see that
 * there are threads. Return: 0 with those left in it that a thread has, which
 * may sleep in the kernel; or why there is no thread at all.
 */
int flipq_pools_wanted(struct flipq *q, u64 *set);

/* A newer kernel's structs may be larger, so they are its stride apart. */
static inline struct flipq_desc *
flipq_desc(const struct flipq *q, const struct flipq_part *p, unsigned int slot)
{
	return (void *)(p->desc + (size_t)slot * q->setup.desc_stride);
}

static inline const struct flipq_result *
flipq_result(const struct flipq *q, const struct flipq_part *p,
	     unsigned int slot)
{
	return (const void *)(p->result + (size_t)slot * q->setup.result_stride);
}

/* Slots of @p that flipq_get() may give out. */
static inline u64 flipq_free(const struct flipq_part *p)
{
	return flip_free(&p->flip) & ~p->got;
}

/* Slots of @p with the server, or finished and not peeked at. */
static inline u64 flipq_flying(const struct flipq_part *p)
{
	return flip_used(&p->flip) & ~p->peeked;
}

/* Is there such a partition, and does the owner serve it? */
static inline bool flipq_owner_served(const struct flipq *q, unsigned int part)
{
	return part < q->nr_parts && (q->owner.set & flip_bit(part));
}

/* CLOCK_MONOTONIC, ns. */
static inline uint64_t flipq_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Results were given back. */
static inline void flipq_collected(const struct flipq *q)
{
	if (q->sys->collected)
		q->sys->collected(q->sys);
}

/* Does this name the queue in the process? */
static inline bool flipq_names_process(const char *device)
{
	return device && !strcmp(device, FLIPQ_IN_PROCESS);
}

/* Is there such a slot? */
static inline bool flipq_valid(const struct flipq *q, int slot)
{
	return slot >= 0 && (unsigned int)slot < q->nr_slots;
}

#endif /* FLIPQ_INTERNAL_H */
