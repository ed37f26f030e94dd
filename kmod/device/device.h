/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.h - what the files of /dev/flipq share: a queue's memory, its codecs,
 * its limits
 */
#ifndef FLIPQ_DEVICE_H
#define FLIPQ_DEVICE_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include <linux/flipq.h>

#include "codec/codec.h"
#include "engine/engine.h"

/**
 * struct flipq_params - module parameters that set-up reads
 * @worker_spin_ns: default of struct flipq_setup
 * @wait_spin_ns: default of struct flipq_setup
 * @max_spin_ns: that a worker polls an empty partition, whatever is asked for
 * @shared_gid: group whose members may use shared workers, -1 for anybody
 * @max_queues: in all
 * @max_user_queues: per user
 * @max_queue_bytes: regions of one queue
 * @max_user_bytes: regions of all queues of a user
 * @max_total_bytes: regions of all queues
 * @max_workspace: largest codec workspace of a worker, bytes
 * @max_worker_bytes: all buffers of one worker
 */
struct flipq_params {
	unsigned int worker_spin_ns;
	unsigned int wait_spin_ns;
	unsigned int max_spin_ns;
	gid_t shared_gid;
	unsigned int max_queues;
	unsigned int max_user_queues;
	unsigned long max_queue_bytes;
	unsigned long max_user_bytes;
	unsigned long max_total_bytes;
	unsigned long max_workspace;
	unsigned long max_worker_bytes;
};

extern struct flipq_params flipq_params;
extern struct engine_turn_limits flipq_turn_limits;

/* limits.c */
struct flipq_user;

/**
 * struct flipq_charge - what a queue holds of the limits
 * @user: whose queue it is, NULL for nothing charged
 * @bytes: of its regions
 * @closed: it is closed, and not freed yet
 */
struct flipq_charge {
	struct flipq_user *user;
	u64 bytes;
	bool closed;
};

/**
 * struct flipq_freed - how many queues have been freed
 * @user: of the caller
 * @total: in all
 */
struct flipq_freed {
	unsigned long user;
	unsigned long total;
};

/**
 * struct flipq_charged - what is charged at present
 * @user_queues: of the caller
 * @user_bytes: of the caller
 * @queues: in all
 * @bytes: in all
 */
struct flipq_charged {
	u64 user_queues;
	u64 user_bytes;
	u64 queues;
	u64 bytes;
};

int flipq_charge(struct flipq_charge *charge, u64 bytes);
void flipq_charge_closed(struct flipq_charge *charge);
void flipq_uncharge(struct flipq_charge *charge);
void flipq_charged(struct flipq_charged *c);
void flipq_freed(struct flipq_freed *freed);
bool flipq_wait_freed(const struct flipq_freed *before);
bool flipq_may_share(void);
void flipq_limits_exit(void);

/* region.c */

/**
 * struct flipq_region - pages that the kernel and one process share
 * @pages: @nr of them
 * @nr: how many there are, and room for
 * @size: bytes
 * @addr: where the kernel sees them
 */
struct flipq_region {
	struct page **pages;
	unsigned long nr;
	u64 size;
	void *addr;
};

int flipq_region_init(struct flipq_region *r, u64 size);
int flipq_region_populate(struct flipq_region *r, u64 bytes, int node);
int flipq_region_map(struct flipq_region *r);
void flipq_region_free(struct flipq_region *r);

/* scratch.c */
struct flipq_scratch;

int flipq_scratch_init(void);
void flipq_scratch_exit(void);
struct flipq_scratch *flipq_scratch_own(size_t size);
struct flipq_scratch *flipq_scratch_get(const struct engine_worker *w,
					unsigned int kind, size_t size);
void flipq_scratch_put(struct flipq_scratch *s);
void *flipq_scratch_mem(const struct flipq_scratch *s);
u64 flipq_scratch_total(void);

/* Kinds of scratch memory: copies of input and output, or a workspace. */
#define FLIPQ_SCRATCH_INPUT	0
#define FLIPQ_SCRATCH_OUTPUT	0x100

/* request.c */

/**
 * struct flipq_shape - where things are in a queue's memory, all constant
 * @in_size: of a slot's input buffer
 * @out_size: of a slot's output buffer
 * @max_in: longest input of any request
 * @max_out: longest output of any request
 * @bounce: bytes of an owner-served partition's input scratch memory, not 0
 * @in_offset: of the first input buffer
 * @in_stride: from one to the next
 * @out_offset: of the first output buffer
 * @out_stride: from one to the next
 * @desc_offset: of the descriptors
 * @result_offset: of the results
 * @arena: the arena as the kernel sees it, NULL for none
 * @arena_size: of it
 * @nr_codecs: entries of @codecs
 * @codecs: as prepared
 */
struct flipq_shape {
	u32 in_size;
	u32 out_size;
	u32 max_in;
	u32 max_out;
	u32 bounce;
	u32 in_offset;
	u32 in_stride;
	u32 out_offset;
	u32 out_stride;
	u32 desc_offset;
	u32 result_offset;
	void *arena;
	u64 arena_size;
	unsigned int nr_codecs;
	struct codec_params codecs[FLIPQ_MAX_CODECS];
};

/**
 * struct flipq_partition - what the device knows of a partition
 * @shape: of its queue
 * @sub: its submission chunk, which the user may write at any time
 * @comp: its completion chunk, which the user can only read
 * @worker: who serves it, NULL for the owner's threads
 * @input: where input is copied to before a codec sees it
 * @output: where a codec's output goes before the user sees it; NULL without
 *	codecs
 * @workspace: by codec index
 */
struct flipq_partition {
	const struct flipq_shape *shape;
	const void *sub;
	void *comp;
	struct engine_worker *worker;
	struct flipq_scratch *input;
	struct flipq_scratch *output;
	struct flipq_scratch *workspace[FLIPQ_MAX_CODECS];
};

struct flipq_op;

/**
 * struct flipq_job - a request under way
 * @part: its partition
 * @slot: its slot
 * @op: what it asks for, NULL where that is not known
 * @src: where its input is for the kernel, NULL for the user address in @desc;
 *	like the two that follow, found by its check
 * @dst: where its output goes, likewise
 * @room: where a codec may write as much as @desc has room for, and nobody sees
 * @desc: the kernel's copy of the descriptor
 * @res: what became of it
 */
struct flipq_job {
	const struct flipq_partition *part;
	unsigned int slot;
	const struct flipq_op *op;
	const void *src;
	void *dst;
	u8 *room;
	struct flipq_desc desc;
	struct flipq_result res;
};

extern const struct engine_ops flipq_ops;

/* op.c */

/**
 * struct flipq_op - what there is to know of an opcode
 * @flags: request flags that it knows
 * @codec: it uses a codec; others name none
 * @own: it has members of its own in the descriptor; for others these are 0
 * @partial: it may fail half-way; its result then says what was done until then.
 *	As much as it has written it has read.
 * @check: is the rest of the descriptor right? Finds source, destination, room.
 * @run: does it, after the check; 0 or the request's status. NULL for nothing
 *	to do
 */
struct flipq_op {
	u32 flags;
	bool codec;
	bool own;
	bool partial;
	int (*check)(struct flipq_job *job);
	int (*run)(struct flipq_job *job);
};

const struct flipq_op *flipq_op_of(unsigned int opcode);
int flipq_op_run(struct flipq_job *job);

/* check.c */
int flipq_check_nop(struct flipq_job *job);
int flipq_check_codec(struct flipq_job *job);
int flipq_check_copy(struct flipq_job *job);
int flipq_check_flush(struct flipq_job *job);

/* place.c */
const u8 *flipq_fetch(const struct flipq_job *job);
int flipq_store(const struct flipq_job *job, u32 len);
int flipq_copy(const struct flipq_partition *part, void *dst, u64 dst_addr,
	       const void *src, u64 src_addr, u32 len);

/* transcode.c */
int flipq_compress(struct flipq_job *job);
int flipq_decompress(struct flipq_job *job);

/* flush.c */
int flipq_flush(struct flipq_job *job);

/* setup.c */

/* The longest spin that a parameter or a user may ask for. */
#define FLIPQ_MAX_SPIN_NS	1000000000

/**
 * struct flipq_queue - what set-up makes
 * @mm: address space of its owner, held as an identity only
 * @queue: the engine's part
 * @shape: its geometry and codecs
 * @setup: as reported to the user
 * @sub: submission region
 * @comp: completion region
 * @arena: arena, all zero for none
 * @charge: of the limits
 * @closed: called when it has ended
 * @closed_arg: for it
 * @nr: entries of @parts
 * @parts: partitions
 */
struct flipq_queue {
	struct mm_struct *mm;
	struct engine_queue *queue;
	struct flipq_shape shape;
	struct flipq_setup setup;
	struct flipq_region sub;
	struct flipq_region comp;
	struct flipq_region arena;
	struct flipq_charge charge;
	void (*closed)(void *arg);
	void *closed_arg;
	unsigned int nr;
	struct flipq_partition parts[];
};

unsigned int flipq_default_partitions(void);
struct flipq_queue *flipq_queue_setup(struct flipq_setup *s,
				      wait_queue_head_t *poll_wq);
void flipq_queue_free(struct flipq_queue *fq);
void flipq_queue_close(struct flipq_queue *fq, void (*closed)(void *arg),
		       void *arg);

/* chardev.c */
int flipq_device_register(void);
void flipq_device_unregister(void);

#endif /* FLIPQ_DEVICE_H */
