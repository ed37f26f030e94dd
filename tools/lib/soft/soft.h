/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * soft.h - what stands in for the device in the process itself
 *
 * A queue in the process is the same memory, the same words and the same calls
 * as one of the device, by another implementation of struct flipq_sys. All its
 * partitions are owner-served: the library's pool stands in for shared workers,
 * as it does where these are barred, so that there is no thread in here.
 */
#ifndef FLIPQ_SOFT_H
#define FLIPQ_SOFT_H

#include <pthread.h>

#include "internal.h"

struct soft;

/* What a codec's library keeps from one call to the next. */
struct soft_state {
	void *pack;
	void *unpack;
};

/**
 * struct soft_codec - a codec as a queue set it up; immutable then
 * @ops: the algorithm
 * @level: never 0
 * @flags: FLIPQ_CODEC_*
 * @in_size: largest input of a request
 */
struct soft_codec {
	const struct soft_ops *ops;
	int level;
	uint32_t flags;
	uint32_t in_size;
};

/* From @level on, and up to the next: the largest input that is taken. */
struct soft_limit {
	int level;
	uint32_t size;
};

/**
 * struct soft_ops - an algorithm, with a library of its own
 * @name: as the tool has it
 * @soname: of the library, which is looked for when a queue is made
 * @symbols: its functions, in the order of the codec's own struct; ends with NULL
 * @algorithm: enum flipq_algorithm
 * @flags: FLIPQ_CODEC_* that it has
 * @caps: FLIPQ_CODEC_CAP_*
 * @min_level: lowest level
 * @max_level: highest level
 * @default_level: what 0 stands for
 * @shared: largest inputs that the device's shared workers take, by level
 * @owner: the same of owner-served partitions; both end at the highest level
 * @begin: make @state; 0 or -ENOMEM
 * @end: free what @begin made, however far it got
 * @pack: the bytes written to @dst, at most @room, or -ENOSPC, -ENOMEM, -EINVAL
 * @unpack: the same, or -EBADMSG
 * @pack_size: bytes that @begin, or the first @pack, takes to compress with
 *
 * @lib is the struct of the library's functions.
 */
struct soft_ops {
	const char *name;
	const char *soname;
	const char *const *symbols;
	uint32_t algorithm;
	uint32_t flags;
	uint32_t caps;
	int min_level;
	int max_level;
	int default_level;
	const struct soft_limit *shared;
	const struct soft_limit *owner;
	int (*begin)(const void *lib, const struct soft_codec *c,
		     struct soft_state *state);
	void (*end)(const void *lib, struct soft_state *state);
	int (*pack)(const void *lib, const struct soft_codec *c,
		    struct soft_state *state, const void *src, uint32_t len,
		    void *dst, uint32_t room);
	int (*unpack)(const void *lib, struct soft_state *state,
		      const void *src, uint32_t len, void *dst, uint32_t room);
	uint64_t (*pack_size)(const void *lib);
};

extern const struct soft_ops flipq_soft_lz4;
extern const struct soft_ops flipq_soft_lz4hc;
extern const struct soft_ops flipq_soft_zstd;
extern const struct soft_ops flipq_soft_deflate;

/* Most functions that a codec takes of its library. */
#define SOFT_SYMBOLS	12

/* Of the cache: partitions share none. */
#define SOFT_LINE	64U

/* Bytes, in the tables of limits. */
#define MIB(n)		((uint32_t)(n) << 20)
#define KIB(n)		((uint32_t)(n) << 10)

/**
 * struct soft_lib - a library that was looked for
 * @there: it was found
 * @calls: its functions
 */
struct soft_lib {
	bool there;
	void *calls[SOFT_SYMBOLS];
};

/**
 * struct soft_part - a partition, as its server sees it
 * @soft: its queue
 * @server: the server's side; the lease's
 * @cancel: what somebody wants cancelled
 * @sub: chunk of the submission region
 * @comp: chunk of the completion region
 * @reap: as the waiter saw it
 * @flight: slots that the waiter waits for
 * @lease: 1 while somebody is the server
 * @wake: changes with each kick; an idle server sleeps on it
 * @seq: odd during a turn, and changes when a lease ends; a canceller sleeps on
 *	it
 * @input: private copy of what is at an address of the program's choice; the
 *	lease's, as the next two are
 * @room: where a codec writes
 * @state: by codec of the queue
 */
struct soft_part {
	struct soft *soft;
	struct flip_server server;
	struct flip_cancel cancel;
	struct flipq_submission *sub;
	struct flipq_completion *comp;
	u64 reap;
	u64 flight;
	uint32_t lease;
	uint32_t wake;
	uint32_t seq;
	unsigned char *input;
	unsigned char *room;
	struct soft_state state[FLIPQ_MAX_CODECS];
} __attribute__((aligned(SOFT_LINE)));

/**
 * struct soft - a queue in the process
 * @sys: first: the table is the queue
 * @refs: who made it, and the library's open queue
 * @left: a child closes it, which has no threads and none of the regions
 * @fd: an eventfd, readable while there is something to collect
 * @polled: somebody may poll @fd, so that it has to be kept up
 * @level: for @raised, and @fd
 * @raised: @fd is readable
 * @setup: as it was made; @setup.slots is 0 before
 * @max_in: longest input of a request that names it elsewhere than in the slot
 * @max_out: the same of its output
 * @sub: submission region
 * @comp: completion region
 * @arena: NULL without
 * @codecs: by index
 * @libs: by index of a codec
 * @zlib: for checksums
 * @parts: partitions
 * @wait_busy: somebody waits
 * @waiting: and sleeps
 * @wait_word: which changes when that is over
 * @minimum: what the wait is for
 * @cancelling: somebody sleeps on a partition's sequence
 * @cancel_lock: one cancels at a time
 * @waits: calls that waited
 * @sleeping_waits: those that slept
 */
struct soft {
	struct flipq_sys sys;
	int refs;
	bool left;
	int fd;
	int polled;
	pthread_mutex_t level;
	bool raised;
	struct flipq_setup setup;
	uint32_t max_in;
	uint32_t max_out;
	unsigned char *sub;
	unsigned char *comp;
	unsigned char *arena;
	struct soft_codec codecs[FLIPQ_MAX_CODECS];
	struct soft_lib libs[FLIPQ_MAX_CODECS];
	struct soft_lib zlib;
	struct soft_part *parts;
	int wait_busy;
	int waiting;
	uint32_t wait_word;
	unsigned int minimum;
	int cancelling;
	pthread_mutex_t cancel_lock;
	__u64 waits;
	__u64 sleeping_waits;
};

static inline unsigned int soft_parts(const struct soft *s)
{
	return s->setup.owner_partitions;
}

/* Some more of a counter that one thread at a time changes and others read. */
static inline void soft_count(__u64 *counter, uint64_t n)
{
	if (n)
		WRITE_ONCE(*counter, *counter + n);
}

/* setup.c */
int flipq_soft_setup(struct soft *s, struct flipq_setup *setup);
void flipq_soft_unmake(struct soft *s);

/* offer.c */
int flipq_soft_query(unsigned long request, void *arg);
int flipq_soft_stats(const struct soft *s, struct flipq_stats *stats);

/* codec.c */
int flipq_soft_load(const struct soft_ops *ops, struct soft_lib *lib);
int flipq_soft_dlopen(const struct soft_ops *ops, void **calls);
const struct soft_ops *flipq_soft_codec(unsigned int index);
int flipq_soft_prepare(struct soft_codec *c, const struct flipq_codec *wanted,
		       uint32_t in_size);
int flipq_soft_highest(const struct soft_ops *ops,
		       const struct soft_limit *limits, uint32_t in_size);

/* checksum.c */
bool flipq_soft_can_sum(const struct soft *s, uint32_t kind);
uint64_t flipq_soft_sum(const struct soft *s, uint32_t kind, const void *data,
			uint32_t len);
uint32_t flipq_xxh32(const void *data, size_t len);
uint64_t flipq_xxh64(const void *data, size_t len);
extern const struct soft_ops flipq_soft_crc32;

/* request.c */
void flipq_soft_run(struct soft_part *p, unsigned int slot);
void flipq_soft_cancelled(struct soft_part *p, unsigned int slot);

/* pages.c */
int flipq_soft_copy(void *dst, const void *src, size_t len, bool user);
int flipq_soft_flush(const struct flipq_desc *d, unsigned char *arena,
		     uint64_t arena_size, struct flipq_result *res);

/* turn.c */
bool flipq_soft_lease(struct soft_part *p);
void flipq_soft_lease_end(struct soft_part *p);
unsigned int flipq_soft_turn(struct soft_part *p, unsigned int requests);
int flipq_soft_serve(struct soft_part *p, struct flipq_serve *serve);
void flipq_soft_kick(struct soft_part *p);

/* wait.c */
int flipq_soft_sleep(uint32_t *word, uint32_t seen, uint64_t end);
void flipq_soft_wake(uint32_t *word);
void flipq_soft_published(struct soft *s);
int flipq_soft_wait(struct soft *s, struct flipq_enter *e);
void flipq_soft_level(struct soft *s);

/* tags.c */
int flipq_soft_cancel(struct soft *s, struct flipq_cancel *c);

/* A point in time that does not come: what an endless sleep ends at. */
#define SOFT_NEVER	0x3fffffffffffffffULL

/* So long from now. */
static inline uint64_t soft_end(uint64_t ns)
{
	return ns < SOFT_NEVER / 2 ? flipq_now() + ns : SOFT_NEVER;
}

static inline void soft_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

#endif /* FLIPQ_SOFT_H */
