/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libflipq - a process's queue into the kernel's compressors
 *
 * The life of a queue:
 *
 *	flipq_open()				set up and mapped
 *	  flipq_get()				a free slot
 *	  flipq_input()				write the data there
 *	  flipq_prep_compress()			describe the request
 *	  flipq_submit()			hand over all that was prepared
 *	  flipq_wait()				sleep until enough have finished
 *	  flipq_peek(), flipq_output()		a completion and its data
 *	  flipq_seen()				give the slot back
 *	flipq_close()
 *
 * One thread at a time uses a queue; threads open one each. Others may lend
 * themselves with flipq_serve() meanwhile. Only the calls that open something
 * allocate. Only a pool, or what stands in for shared workers (see below), starts
 * threads. There is no global state.
 *
 * A queue is the process's that opened it, and no child's of fork(). There all
 * calls that can fail return -EIO, pointers are NULL, nothing is in flight or has
 * finished, and flipq_close() and flipq_pool_close() free what the child has of it,
 * whatever the parent's threads were doing (libflipq(3), Fork).
 *
 * Functions that can fail return a negative errno. <linux/flipq.h> has the
 * kernel's side: the meaning of flags, limits and errno values.
 *
 * What grows. Structs get members at their end, enums values, flags bits, and
 * functions other errno values to return; nothing that is there changes or goes
 * (libflipq(3), VERSIONS). So zero a struct before its members are set, take
 * no value for the last one, and expect any negative errno.
 *
 * A program and the library may know a struct at different sizes. Each function
 * with such a struct is told the caller's: flipq_X_sized() is in the library, and
 * flipq_X() here, which names the size that the program is compiled with. Where
 * the caller's struct is smaller, what it lacks is taken as zero, or not written.
 * Where it is larger, what the library does not know must be zero, -E2BIG else,
 * or is filled in as zero. Those that reach the library without this header, by
 * dlsym() or from another language, name the size themselves. Of fixed size is
 * struct flipq_codec, as it is in an array; its reserved members are its room.
 */
#ifndef FLIPQ_H
#define FLIPQ_H

#include <stddef.h>
#include <stdint.h>

#include <linux/flipq.h>

#ifdef __cplusplus
extern "C" {
/* a function and a struct may share a name, which -Wshadow dislikes in C++ */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif

#define FLIPQ_DEVICE "/dev/flipq"

/* In place of a device's path: the queue is served in the process. */
#define FLIPQ_IN_PROCESS "process:"

struct flipq;

/**
 * enum flipq_policy - which partition flipq_get() takes a slot of
 * @FLIPQ_POLICY_BATCH: stay with one partition for eight requests, then take
 *	the next; each worker gets few, large hand-overs (the default)
 * @FLIPQ_POLICY_LEAST_LOADED: the one with the fewest slots in use
 * @FLIPQ_POLICY_ROUND_ROBIN: the next one at each request
 * @FLIPQ_POLICY_FILL_FIRST: the first one that has a free slot; a light load
 *	keeps to few workers, or to few threads of a pool
 * @FLIPQ_POLICY_LOCAL_NODE: as FLIPQ_POLICY_BATCH, among the partitions whose
 *	worker's CPU is on the NUMA node that the caller runs on; the others
 *	when these are full. Without NUMA all are local.
 *
 * Each skips partitions that are full.
 */
enum flipq_policy {
	FLIPQ_POLICY_BATCH = 0,
	FLIPQ_POLICY_LEAST_LOADED = 1,
	FLIPQ_POLICY_ROUND_ROBIN = 2,
	FLIPQ_POLICY_FILL_FIRST = 3,
	FLIPQ_POLICY_LOCAL_NODE = 4,
};

/*
 * Does one thread use the queue? The first that uses it after flipq_open(), or
 * after flipq_abort(), is the one. If another hands over, waits, cancels, flushes or
 * opens a pool, a line on stderr names both and the process ends with abort(). For
 * tests of programs: each of these calls makes a system call more.
 */
#define FLIPQ_OPEN_CHECK_THREADS 0x0000000000000001ULL

/**
 * struct flipq_config - what queue to open; zero everything, then fill in
 * @device: path, NULL for FLIPQ_DEVICE
 * @slots: per partition, 1 to 64, 0 for the kernel's default
 * @partitions: 0 for one per shared worker on the CPUs of the caller, at most
 *	8, but for none if there are owner-served ones
 * @owner_partitions: how many more there are that the process's own threads
 *	serve; they come last
 * @in_size: bytes of a slot's input buffer
 * @out_size: bytes of a slot's output buffer
 * @max_len: longest input or output in the arena or at an address of the
 *	process's; 0 for @in_size or @out_size
 * @arena_size: bytes of the arena, a multiple of the page size; 0 for none
 * @codecs: codecs that requests name by index
 * @nr_codecs: how many
 * @policy: enum flipq_policy
 * @set_spin: non-zero: the next two are meant, else the kernel's defaults
 * @worker_spin_ns: how long an idle partition is polled
 * @wait_spin_ns: how long a wait polls before it sleeps
 * @shared_only: non-zero: fail with -EPERM where shared workers are not for the
 *	caller. Zero: threads that the library makes stand in for them.
 * @flags: FLIPQ_OPEN_*
 * @fallback: non-zero: where there is no device that can be used, the queue is
 *	served in the process (see below). Zero: the device, or an error.
 */
struct flipq_config {
	const char *device;
	unsigned int slots;
	unsigned int partitions;
	unsigned int owner_partitions;
	uint32_t in_size;
	uint32_t out_size;
	uint32_t max_len;
	uint64_t arena_size;
	const struct flipq_codec *codecs;
	unsigned int nr_codecs;
	enum flipq_policy policy;
	int set_spin;
	uint32_t worker_spin_ns;
	uint32_t wait_spin_ns;
	int shared_only;
	uint64_t flags;
	int fallback;
};

/**
 * struct flipq_event - a completion
 * @slot: which slot, to be given back with flipq_seen()
 * @status: 0 or a negative errno, see struct flipq_result
 * @flags: FLIPQ_RES_*
 * @len: bytes of output; FLUSH: bytes copied
 * @csum: checksum asked for
 * @value: repeated word, with FLIPQ_RES_FILLED; FLUSH: pages copied
 * @user_data: as given when the request was prepared
 * @words: FLUSH: words of the bitmap that were looked at
 */
struct flipq_event {
	int slot;
	int status;
	uint32_t flags;
	uint32_t len;
	uint64_t csum;
	uint64_t value;
	uint64_t user_data;
	uint32_t words;
};

/**
 * struct flipq_usage - what the library did on a queue
 * @submitted: requests handed over
 * @batches: flipq_submit() calls that handed over something
 * @kicks: ENTER calls that kicked
 * @waits: ENTER calls that waited
 * @busy: calls of flipq_get() and its relatives that found no free slot
 */
struct flipq_usage {
	uint64_t submitted;
	uint64_t batches;
	uint64_t kicks;
	uint64_t waits;
	uint64_t busy;
};

/**
 * enum flipq_where - where the addresses of a flush are
 * @FLIPQ_IN_ARENA: they are offsets in the arena
 * @FLIPQ_IN_USER: they are the process's; owner-served partitions only
 */
enum flipq_where {
	FLIPQ_IN_ARENA = 0,
	FLIPQ_IN_USER = 1,
};

/**
 * enum flipq_flush_mode - how the work of flipq_flush() is divided
 * @FLIPQ_FLUSH_CHUNKS: small chunks: partitions get them in turn, and more as
 *	they finish theirs (the default). Dirty pages in one corner still give
 *	work to all
 * @FLIPQ_FLUSH_FIXED: one range for each partition
 *
 * Either way no two servers share a word of the bitmap.
 */
enum flipq_flush_mode {
	FLIPQ_FLUSH_CHUNKS = 0,
	FLIPQ_FLUSH_FIXED = 1,
};

/**
 * struct flipq_flush - dirty pages to be copied, see FLIPQ_OP_FLUSH
 * @src: of page 0
 * @dst: where page 0 goes
 * @bitmap: of the dirty bitmap, a multiple of 8
 * @first: first page of the range
 * @count: pages of the range, copied where their bit is set
 * @page_size: bytes, a power of two from 64 to 4 MiB
 * @where: enum flipq_where, for @src, @dst and @bitmap
 * @mode: enum flipq_flush_mode
 * @chunk: FLIPQ_FLUSH_CHUNKS: pages of a chunk, a multiple of 64; 0 for what
 *	suits most
 * @pages: out: copied
 * @words: out: of the bitmap, looked at
 */
struct flipq_flush {
	uint64_t src;
	uint64_t dst;
	uint64_t bitmap;
	uint64_t first;
	uint64_t count;
	uint32_t page_size;
	enum flipq_where where;
	enum flipq_flush_mode mode;
	uint32_t chunk;
	uint64_t pages;
	uint64_t words;
};

/*
 * Opening. flipq_slots() is per partition, as in struct flipq_config: the numbers
 * of slots are below flipq_slots() * flipq_partitions(). That counts all
 * partitions; the last flipq_owner_partitions() of them are owner-served.
 *
 * The administrator may keep shared workers from a user (parameter shared_gid
 * of the module). Then threads of the process stand in for them, each made when
 * there is work and ended after a second without any; flipq_stand_ins() counts
 * their partitions, and is 0 where shared workers serve. Nothing else differs:
 * they are no owner-served ones to any of these functions. They take no signals,
 * and end with flipq_close().
 *
 * With @fallback the library does without the device where that is not loaded,
 * not for the caller, not a device of flipq's or of another version, or has no
 * worker (ENOENT, ENOTDIR, EISDIR, ENXIO, EACCES, ENOSYS, ENOTTY, EPROTO, E2BIG,
 * ENODEV); with FLIPQ_IN_PROCESS as the device, always. Then threads of the
 * process stand in for shared workers, as above, and so many at most as it may use
 * CPUs; and liblz4, libzstd and zlib for the kernel's codecs. These are looked for
 * when the queue is opened: -ELIBACC where one is not installed. All calls,
 * limits and results are the same otherwise, but for LZO, which there is none of
 * (-EOPNOTSUPP), and for bytes that another version of a codec makes.
 * flipq_in_process() is 1 for such a queue, and 0 for one of the device.
 *
 * flipq_fd() is for poll(), which reports POLLIN while a result is there that
 * was not given back yet. flipq_arena() is NULL where there is none.
 */
int flipq_open_sized(struct flipq **queue, const struct flipq_config *config,
		     size_t size);

static inline int flipq_open(struct flipq **queue,
			     const struct flipq_config *config)
{
	return flipq_open_sized(queue, config, sizeof(*config));
}

void flipq_close(struct flipq *q);
int flipq_fd(const struct flipq *q);
unsigned int flipq_slots(const struct flipq *q);
unsigned int flipq_partitions(const struct flipq *q);
unsigned int flipq_owner_partitions(const struct flipq *q);
unsigned int flipq_stand_ins(const struct flipq *q);
void *flipq_arena(const struct flipq *q);
uint64_t flipq_arena_size(const struct flipq *q);
int flipq_in_process(const struct flipq *q);

/*
 * A slot and its buffers. Slots are numbered from 0 over all partitions.
 * flipq_get() takes one of a shared worker's partitions, or of the owner-served
 * ones if there are no others; flipq_get_owner() takes one of an owner-served
 * partition, as codecs with FLIPQ_CODEC_OWNER and user addresses need it;
 * flipq_get_in() takes one of @partition. They fail with -EAGAIN when no slot
 * is free there, and with -EINVAL where there is no such partition. A buffer is
 * NULL for a slot number out of range, and where its size was set up as 0.
 */
int flipq_get(struct flipq *q);
int flipq_get_owner(struct flipq *q);
int flipq_get_in(struct flipq *q, unsigned int partition);
void *flipq_input(const struct flipq *q, int slot);
const void *flipq_output(const struct flipq *q, int slot);

/*
 * Preparing. A prepared slot is handed over by the next flipq_submit(); one
 * that is got but will not be prepared is given back with flipq_put(). All of
 * these functions fail with -EINVAL if the slot was not got, or was submitted
 * since; the codec ones also for a codec or a length that the queue was not set
 * up for. Those with @src and @dst take offsets, or addresses as integers, and
 * in @flags FLIPQ_REQ_SRC_* and FLIPQ_REQ_DST_* that say of what.
 * flipq_prep_flush() makes one request of a struct flipq_flush, whatever its
 * mode; -EINVAL for more than FLIPQ_MAX_FLUSH bytes of pages. flipq_prep_raw()
 * leaves all to the kernel.
 */
int flipq_prep_nop(struct flipq *q, int slot, uint64_t user_data);
int flipq_prep_compress(struct flipq *q, int slot, unsigned int codec,
			uint32_t src_len, uint32_t dst_len, uint32_t flags,
			uint64_t user_data);
int flipq_prep_decompress(struct flipq *q, int slot, unsigned int codec,
			  uint32_t src_len, uint32_t dst_len, uint32_t flags,
			  uint64_t user_data);
int flipq_prep_compress_at(struct flipq *q, int slot, unsigned int codec,
			   uint64_t src, uint32_t src_len, uint64_t dst,
			   uint32_t dst_len, uint32_t flags,
			   uint64_t user_data);
int flipq_prep_decompress_at(struct flipq *q, int slot, unsigned int codec,
			     uint64_t src, uint32_t src_len, uint64_t dst,
			     uint32_t dst_len, uint32_t flags,
			     uint64_t user_data);
int flipq_prep_copy(struct flipq *q, int slot, uint64_t src, uint64_t dst,
		    uint32_t len, uint32_t flags, uint64_t user_data);

int flipq_prep_flush_sized(struct flipq *q, int slot,
			   const struct flipq_flush *flush, uint64_t user_data,
			   size_t size);

static inline int flipq_prep_flush(struct flipq *q, int slot,
				   const struct flipq_flush *flush,
				   uint64_t user_data)
{
	return flipq_prep_flush_sized(q, slot, flush, user_data,
				      sizeof(*flush));
}

int flipq_prep_raw_sized(struct flipq *q, int slot,
			 const struct flipq_desc *desc, uint64_t user_data,
			 size_t size);

static inline int flipq_prep_raw(struct flipq *q, int slot,
				 const struct flipq_desc *desc,
				 uint64_t user_data)
{
	return flipq_prep_raw_sized(q, slot, desc, user_data, sizeof(*desc));
}

void flipq_put(struct flipq *q, int slot);

/*
 * Handing over. flipq_submit() returns how many requests it handed over, and
 * kicks only where a server asked for it. It fails only if the kick fails: the
 * requests were handed over all the same, and the next call kicks again.
 * flipq_submit_and_wait() does the same and then what flipq_wait() does, with
 * one system call for both or none, and returns what flipq_wait() returns.
 */
int flipq_submit(struct flipq *q);
int flipq_submit_and_wait(struct flipq *q, unsigned int minimum,
			  uint64_t timeout_ns);

/*
 * Completions. flipq_peek() returns 1 and fills in @event, or 0 if there is
 * none; the same one is not reported twice. flipq_reap() does the same for up
 * to @max at once and returns how many. Each slot is then given back with
 * flipq_seen(), after its output was used. flipq_in_flight() counts what was
 * submitted and not yet peeked at.
 */
int flipq_peek_sized(struct flipq *q, struct flipq_event *event, size_t size);

static inline int flipq_peek(struct flipq *q, struct flipq_event *event)
{
	return flipq_peek_sized(q, event, sizeof(*event));
}

int flipq_reap_sized(struct flipq *q, struct flipq_event *events,
		     unsigned int max, size_t size);

static inline int flipq_reap(struct flipq *q, struct flipq_event *events,
			     unsigned int max)
{
	return flipq_reap_sized(q, events, max, sizeof(*events));
}

void flipq_seen(struct flipq *q, int slot);
unsigned int flipq_in_flight(const struct flipq *q);

/*
 * Waiting until @minimum of the requests in flight have finished, 0 for half of
 * them, rounded up; more than there are stands for all. In flight are those
 * that flipq_in_flight() counts, so a completion that was peeked at and not
 * given back does not end a wait. Returns how many have finished (0 if nothing
 * is in flight), -ETIME, or -EINTR if the handler of a signal ran: a process
 * without handlers never sees that, as a stop, a debugger or the freezer end no
 * wait.
 * @timeout_ns: counted from now, interruptions included; 0 for no waiting,
 * FLIPQ_TIMEOUT_NONE for no limit. No system call is made when enough have
 * finished already.
 */
int flipq_wait(struct flipq *q, unsigned int minimum, uint64_t timeout_ns);

/*
 * The same, until a point in time: @deadline_ns of CLOCK_MONOTONIC, 0 for no
 * waiting, FLIPQ_TIMEOUT_NONE for no limit. After -EINTR they may be called again
 * as they were.
 */
int flipq_wait_until(struct flipq *q, unsigned int minimum,
		     uint64_t deadline_ns);
int flipq_submit_and_wait_until(struct flipq *q, unsigned int minimum,
				uint64_t deadline_ns);

/*
 * Serving. An owner-served partition waits until a thread of the process lends
 * itself: the thread becomes its server, and its time, memory and limits do the
 * work. One thread at a time serves a partition.
 *
 * flipq_serve() may be called by any thread, also while another one uses the
 * queue. It returns the number of requests that it did, after @requests of them
 * (0 for no limit) or after @idle_ns without any (0: as soon as there is none,
 * FLIPQ_TIMEOUT_NONE: never); -EBUSY if another thread serves @partition,
 * -EINVAL if it is not owner-served, -EINTR if the handler of a signal ran. Where
 * some had been done by then their number is returned instead.
 *
 * flipq_wait_serve() and flipq_submit_and_serve() wait as flipq_wait() and
 * flipq_submit_and_wait() do, and serve @partition meanwhile. Where another
 * thread serves it already they only wait.
 */
int flipq_serve(const struct flipq *q, unsigned int partition,
		unsigned int requests, uint64_t idle_ns);
int flipq_wait_serve(struct flipq *q, unsigned int minimum, uint64_t timeout_ns,
		     unsigned int partition);
int flipq_submit_and_serve(struct flipq *q, unsigned int minimum,
			   uint64_t timeout_ns, unsigned int partition);

/*
 * Taking back. flipq_cancel() and flipq_cancel_all() cancel what was submitted
 * and has not started, and return how many requests that were. Those complete
 * with -ECANCELED, the others as if nothing had happened, and all completions
 * are collected as always.
 *
 * flipq_abort() leaves the queue as it was after flipq_open(): it forgets what
 * was got and prepared, cancels, waits for what had started, and drops all
 * completions; no slot is in use any more. It returns how many requests were
 * cancelled. A request that is under way on an owner-served partition ends only
 * when its server has finished it.
 */
int flipq_cancel(struct flipq *q, int slot);
int flipq_cancel_all(struct flipq *q);
int flipq_abort(struct flipq *q);

/*
 * Flushing: the pages of @flush whose dirty bits are set are copied by all
 * workers at once and their bits cleared. In the arena the shared workers do
 * it, or the owner's threads if there are none; with FLIPQ_IN_USER the owner's
 * threads do. Where nothing serves an owner-served partition the caller does.
 *
 * Returns 0 with @pages and @words filled in. -EBUSY: something is in flight or
 * prepared; -EINVAL: addresses, range, page size or chunk; -EOPNOTSUPP: FLIPQ_IN_USER
 * without owner-served partitions; -EAGAIN: a partition has no free slot;
 * -EFAULT: an address that cannot be read or written. After an error @pages and
 * @words say what was done; pages not copied are still dirty.
 */
int flipq_flush_sized(struct flipq *q, struct flipq_flush *flush, size_t size);

static inline int flipq_flush(struct flipq *q, struct flipq_flush *flush)
{
	return flipq_flush_sized(q, flush, sizeof(*flush));
}

/*
 * A pool of threads that serve the owner-served partitions of a queue, each the
 * next one that has work and no server. They are made when something is
 * submitted to such a partition and no thread is there to do it, and end when
 * they have had nothing to do for a while. They take no signals.
 */
struct flipq_pool;

/**
 * struct flipq_pool_config - how many threads a pool has
 * @min: this many are made at once and never end
 * @max: this many at most; 0 for one per owner-served partition, which is the
 *	limit
 * @idle_ns: how long one of the others stays without work;
 *	FLIPQ_TIMEOUT_NONE for ever
 */
struct flipq_pool_config {
	unsigned int min;
	unsigned int max;
	uint64_t idle_ns;
};

/**
 * struct flipq_pool_state - a pool, as it is now
 * @threads: how many there are
 * @serving: of these, at work on a partition
 * @started: threads that were made since the pool was opened
 * @ended: threads that ended
 * @requests: done by the pool, counted when the turn that did them ends
 */
struct flipq_pool_state {
	unsigned int threads;
	unsigned int serving;
	uint64_t started;
	uint64_t ended;
	uint64_t requests;
};

/*
 * One pool per queue, -EBUSY for a second one; -EINVAL without owner-served
 * partitions, or for limits out of order; -EAGAIN, -ENOMEM where threads cannot
 * be made. flipq_pool_open() and flipq_pool_close() are for the thread that
 * uses the queue, the other two for any. flipq_pool_set() has the same errno
 * values and changes nothing if it fails for a limit. Where there are more
 * threads than the new maximum, some end after the request that they are doing,
 * and the others do what these leave.
 *
 * flipq_pool_close() before flipq_close(). It ends the threads, after the
 * requests that they are doing, and leaves what has not started where it is:
 * wait for it first, or flipq_abort(). Where the pool has no thread and none
 * can be made, a submission fails with that error, as it does when a kick
 * fails.
 */
int flipq_pool_open_sized(struct flipq_pool **pool, struct flipq *q,
			  const struct flipq_pool_config *config, size_t size);

static inline int flipq_pool_open(struct flipq_pool **pool, struct flipq *q,
				  const struct flipq_pool_config *config)
{
	return flipq_pool_open_sized(pool, q, config, sizeof(*config));
}

int flipq_pool_set_sized(struct flipq_pool *pool,
			 const struct flipq_pool_config *config, size_t size);

static inline int flipq_pool_set(struct flipq_pool *pool,
				 const struct flipq_pool_config *config)
{
	return flipq_pool_set_sized(pool, config, sizeof(*config));
}

void flipq_pool_state_sized(struct flipq_pool *pool,
			    struct flipq_pool_state *state, size_t size);

static inline void flipq_pool_state(struct flipq_pool *pool,
				    struct flipq_pool_state *state)
{
	flipq_pool_state_sized(pool, state, sizeof(*state));
}

void flipq_pool_close(struct flipq_pool *pool);

/*
 * Questions. With @device NULL for FLIPQ_DEVICE, or FLIPQ_IN_PROCESS. flipq_query_known() returns 1
 * if the number @value, or each of the flags in it, is known, else 0.
 */
int flipq_query_info_sized(const char *device, struct flipq_info *info,
			   size_t size);

static inline int flipq_query_info(const char *device, struct flipq_info *info)
{
	return flipq_query_info_sized(device, info, sizeof(*info));
}

int flipq_query_codec_sized(const char *device, unsigned int index,
			    uint32_t slot_size, struct flipq_codec_info *info,
			    size_t size);

static inline int flipq_query_codec(const char *device, unsigned int index,
				    uint32_t slot_size,
				    struct flipq_codec_info *info)
{
	return flipq_query_codec_sized(device, index, slot_size, info,
				       sizeof(*info));
}

int flipq_query_known(const char *device, enum flipq_probe_of of,
		      uint64_t value);

int flipq_stats_sized(const struct flipq *q, enum flipq_stats_of of,
		      unsigned int index, struct flipq_stats *stats,
		      size_t size);

static inline int flipq_stats(const struct flipq *q, enum flipq_stats_of of,
			      unsigned int index, struct flipq_stats *stats)
{
	return flipq_stats_sized(q, of, index, stats, sizeof(*stats));
}

void flipq_usage_sized(const struct flipq *q, struct flipq_usage *usage,
		       size_t size);

static inline void flipq_usage(const struct flipq *q, struct flipq_usage *usage)
{
	flipq_usage_sized(q, usage, sizeof(*usage));
}

/*
 * What a negative errno from flipq_open() or of a request means, in words, and
 * what to do about it. flipq_open() fails with -EOPNOTSUPP, not -ENOENT, for an
 * algorithm that the kernel does not know.
 */
const char *flipq_open_error(int error);
const char *flipq_request_error(int status);

/*
 * Images: files of which any part can be read, written by flipq compress --index.
 * Their blocks are zstd frames, or LZ4 frames of one block, behind which a table
 * says how long each is, in zstd's seekable format (flipq(1), Images).
 */
struct flipq_image;

/**
 * struct flipq_image_config - how to read an image; zero it first
 * @device: as in struct flipq_config
 * @partitions: as in struct flipq_config
 * @fallback: as in struct flipq_config
 * @base: the image that this one was made of with --base, and which must outlive
 *	it; NULL for none
 */
struct flipq_image_config {
	const char *device;
	unsigned int partitions;
	int fallback;
	struct flipq_image *base;
};

/**
 * struct flipq_image_info - what an image says of itself
 * @size: bytes of its content
 * @id: what a base is known by: of its table
 * @blocks: how many it has of its own
 * @block: bytes of the content of the largest
 * @checked: non-zero: the table has a checksum of each block
 * @based: non-zero: it takes from a base what it has not itself
 * @base_id: the base's @id
 * @base_size: the base's @size
 * @own: bytes of @size that it has itself
 */
struct flipq_image_info {
	uint64_t size;
	uint64_t id;
	uint64_t blocks;
	uint32_t block;
	int checked;
	int based;
	uint64_t base_id;
	uint64_t base_size;
	uint64_t own;
};

/*
 * flipq_image_open() reads the table of the file at @fd, which stays the caller's
 * and open, and may be at any place. It opens a queue for the blocks, so one thread
 * at a time uses an image, and a child of fork() cannot. Fails as flipq_open() does, or
 * with -ENODATA: no table; -EBADMSG: table or file are damaged or cut off; -EFBIG: a
 * block of more than FLIPQ_MAX_SLOT_SIZE; -EAFNOSUPPORT: frames that are of neither
 * format, or an LZ4 frame that is not as --index writes it; -ENOMEDIUM: it takes a
 * base, and there is none in @config; -EMEDIUMTYPE: that base is another one.
 *
 * flipq_image_read() reads @len bytes of the content from @offset on, with all
 * workers, and returns how many that were: fewer only at the end. Fails as pread()
 * and flipq_wait() do, or with -EBADMSG: a block is damaged, or is not that of the
 * table. The bytes in @buf are of no use then.
 *
 * flipq_image_look() fills in @info without a queue or a base; its errno values are
 * those of flipq_image_open(). flipq_image_error() says in words what either means.
 */
int flipq_image_open_sized(struct flipq_image **image, int fd,
			   const struct flipq_image_config *config,
			   size_t size);

static inline int flipq_image_open(struct flipq_image **image, int fd,
				   const struct flipq_image_config *config)
{
	return flipq_image_open_sized(image, fd, config, sizeof(*config));
}

void flipq_image_close(struct flipq_image *image);
int64_t flipq_image_read(struct flipq_image *image, void *buf, size_t len,
			 uint64_t offset);
int flipq_image_look_sized(int fd, struct flipq_image_info *info, size_t size);

static inline int flipq_image_look(int fd, struct flipq_image_info *info)
{
	return flipq_image_look_sized(fd, info, sizeof(*info));
}

uint64_t flipq_image_size(const struct flipq_image *image);
const char *flipq_image_error(int error);

#ifdef __cplusplus
#pragma GCC diagnostic pop
}
#endif

#endif /* FLIPQ_H */
