/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * flipq: a lockless queue into the kernel's compressors.
 *
 * DOC: the manual
 *
 * A process opens /dev/flipq, asks for a queue with FLIPQ_IOC_SETUP and maps
 * the regions that the call reports:
 *
 *   the submission region (PROT_READ | PROT_WRITE): the submitter's two flip
 *   words, the request descriptors and the input buffers;
 *   the completion region (PROT_READ only, mprotect cannot change that): the
 *   server's flip word, need_wakeup, the results, the counters and the output
 *   buffers;
 *   the arena (PROT_READ | PROT_WRITE), if one was asked for: memory in which
 *   requests name source and destination by offset.
 *
 * The first two hold one chunk per partition, its stride apart; the offsets inside
 * a chunk are reported by FLIPQ_IOC_SETUP too and are never to be computed by
 * the user. A partition has up to 64 slots and one bit per slot in each of
 * three 64-bit words:
 *
 *   fill   written by the submitter   fill ^ done: the slot is the server's
 *   done   written by the server      done ^ reap: finished, not collected yet
 *   reap   written by the submitter   fill ^ reap: in use at all
 *
 * To submit: write the descriptor and the input of a slot whose three bits are
 * equal, flip its fill bit with a store-release, then, once per batch, execute
 * a full barrier and read need_wakeup of each partition that was touched; where
 * FLIPQ_NEED_WAKEUP is set, FLIPQ_IOC_ENTER with FLIPQ_ENTER_KICK. To collect:
 * read done with a load-acquire, read the result and the output, flip the reap
 * bit with a store-release. kmod/flip/flip.h is the reference, and libflipq wraps all of it.
 *
 * A partition is served by a shared worker, a kernel thread on a CPU of the
 * pool, or, if set-up asked for it, by threads of the queue's owner that lend
 * themselves with FLIPQ_IOC_SERVE, one at a time. Shared workers touch only
 * memory of the queue. Owner-served partitions come last, take larger and slower
 * codecs, and their requests may name addresses of the owner's.
 *
 * One thread at a time submits to a queue; more threads open more queues. A
 * queue belongs to the address space that set it up: from any other one (after
 * fork, or through a passed descriptor) ioctl and mmap fail with EIO.
 *
 * Every ioctl takes a struct whose first member is its size as the caller knows
 * it. A smaller struct than the kernel's is read as if zeros followed. A larger
 * one is accepted when all bytes past the kernel's are zero (E2BIG otherwise).
 * The kernel writes back at most the caller's size. Undefined flags must be
 * zero, and so must reserved members and those that are only an answer ("out"):
 * a struct that was answered is to be cleared before it is used again. One whose
 * call was interrupted (EINTR) may be used again as it is.
 *
 * errno, for all calls:
 *   ENOTTY      not a flipq ioctl, or one from a 32-bit process
 *   EINVAL      a flag or value that is not defined, a member that is not 0 and
 *               is reserved or only an answer, a size
 *               smaller than the first version of the struct
 *   E2BIG       a larger struct with non-zero bytes past those that are known
 *   EFAULT      a pointer that cannot be read; or not be written, though the
 *               call has done what it was for
 *   EIO         called from another address space than the queue's
 *   ENXIO       the queue has not been set up yet
 *   EOPNOTSUPP  defined, but not offered by this kernel or configuration
 * Further ones are with each call.
 *
 * 64-bit little-endian processes only. A queue cannot be resized, shared by
 * several processes, or checkpointed.
 */
#ifndef _UAPI_LINUX_FLIPQ_H
#define _UAPI_LINUX_FLIPQ_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FLIPQ_ABI_VERSION	1

#define FLIPQ_MAX_SLOTS		64		/* per partition: bits of a word */
#define FLIPQ_DEFAULT_SLOTS	32
#define FLIPQ_MAX_PARTITIONS	64		/* bits of a kick mask */
#define FLIPQ_MAX_CODECS	16		/* per queue */
#define FLIPQ_MIN_SLOT_SIZE	64
#define FLIPQ_MAX_SLOT_SIZE	(4U << 20)

/*
 * What a request asks for. FLUSH copies the pages whose bits are set in a dirty
 * bitmap, and clears the bits. Pages are src_len bytes, page N is at src + N *
 * src_len and goes to dst + N * src_len, and its bit is bit N % 64 of word N / 64
 * of the bitmap. All three addresses are in the arena, or all are the owner's.
 * Nobody else may write the words of the bitmap that the range touches meanwhile.
 */
enum flipq_opcode {
	FLIPQ_OP_NOP = 0,	/* touch nothing; all other members are zero */
	FLIPQ_OP_COMPRESS = 1,	/* with the queue's codec */
	FLIPQ_OP_DECOMPRESS = 2, /* the output must fit in dst_len bytes */
	FLIPQ_OP_COPY = 3,
	FLIPQ_OP_FLUSH = 4,
	FLIPQ_OP_NR		/* that this header knows */
};

/* What the address of a source or destination is. */
enum flipq_place {
	FLIPQ_PLACE_SLOT = 0,	/* an offset in the slot's own buffer */
	FLIPQ_PLACE_ARENA = 1,	/* an offset in the arena */
	FLIPQ_PLACE_USER = 2,	/* an address, on owner-served partitions only */
	FLIPQ_PLACE_REGION = 3,	/* reserved for an offset in a registered
				 * region, named by its index: -EOPNOTSUPP
				 */
};

enum flipq_csum {
	FLIPQ_CSUM_NONE = 0,
	FLIPQ_CSUM_XXH32 = 1,	/* seed 0 */
	FLIPQ_CSUM_XXH64 = 2,	/* seed 0 */
	FLIPQ_CSUM_CRC32 = 3,	/* IEEE, as gzip and zlib have it */
};

/*
 * Request flags. The lowest are three numbers of 4 bits each: enum flipq_place
 * of the source, of the destination, and enum flipq_csum.
 */
#define FLIPQ_REQ_KINDS(src, dst, csum)	((src) | (dst) << 4 | (csum) << 8)

#define FLIPQ_REQ_SRC_MASK	0x0000000fU
#define FLIPQ_REQ_SRC_SLOT	0x00000000U
#define FLIPQ_REQ_SRC_ARENA	0x00000001U
#define FLIPQ_REQ_SRC_USER	0x00000002U
#define FLIPQ_REQ_SRC_REGION	0x00000003U	/* reserved */
#define FLIPQ_REQ_DST_MASK	0x000000f0U
#define FLIPQ_REQ_DST_SLOT	0x00000000U
#define FLIPQ_REQ_DST_ARENA	0x00000010U
#define FLIPQ_REQ_DST_USER	0x00000020U
#define FLIPQ_REQ_DST_REGION	0x00000030U	/* reserved */
/*
 * The checksum is over the uncompressed bytes. With FLIPQ_REQ_CSUM_ENCODED it
 * is over the encoded bytes instead; for an input that did not shrink these are
 * the uncompressed bytes, as the caller will store those; for one that was found
 * to be filled there are none, and the checksum is 0.
 */
#define FLIPQ_REQ_CSUM_MASK	0x00000f00U
#define FLIPQ_REQ_CSUM_NONE	0x00000000U
#define FLIPQ_REQ_CSUM_XXH32	0x00000100U
#define FLIPQ_REQ_CSUM_XXH64	0x00000200U
#define FLIPQ_REQ_CSUM_CRC32	0x00000300U
/*
 * Look first whether the input is one 64-bit word repeated, and if so complete
 * with FLIPQ_RES_FILLED instead of compressing. An input whose length is zero
 * or no multiple of 8 is never found to be filled. COMPRESS only.
 */
#define FLIPQ_REQ_DETECT_FILL	0x00001000U
#define FLIPQ_REQ_CSUM_ENCODED	0x00002000U
#define FLIPQ_REQ_FLAGS		0x00003fffU

/* FLUSH: bytes of a page, a power of two; and of all pages of a request */
#define FLIPQ_MIN_PAGE_SIZE	64
#define FLIPQ_MAX_FLUSH		(4U << 20)

/**
 * struct flipq_desc_flush - what only FLUSH has
 * @bitmap: of the bitmap: offset in the arena or address, a multiple of 8
 * @first: first page of the range
 * @count: pages of the range, at most 4 MiB of them
 * @reserved: 0
 */
struct flipq_desc_flush {
	__aligned_u64 bitmap;
	__aligned_u64 first;
	__u32 count;
	__u32 reserved;
};

/**
 * struct flipq_desc - one request, written by the submitter
 * @opcode: enum flipq_opcode
 * @codec: index into the array of codecs given to FLIPQ_IOC_SETUP; 0 for
 *	opcodes that use none
 * @reserved0: 0
 * @flags: FLIPQ_REQ_*
 * @src_len: bytes of input, at most the queue's input size; FLUSH: bytes of a
 *	page, a power of two of at least 64
 * @dst_len: room for output, at most the queue's output size. COMPRESS never
 *	produces more than @src_len - 1 bytes, so more room than that is
 *	allowed, but of no use. COPY: at least @src_len. FLUSH: 0.
 * @src: of the input: offset in the slot's input buffer or in the arena, or
 *	address
 * @dst: of the output: offset in the slot's output buffer or in the arena, or
 *	address
 * @flush: FLUSH
 * @own: the members of any one opcode; 0 for opcodes that have none
 * @reserved1: 0
 *
 * In the submission region, one per slot. The kernel copies it once, then checks
 * the copy.
 */
struct flipq_desc {
	__u8 opcode;
	__u8 codec;
	__u16 reserved0;
	__u32 flags;
	__u32 src_len;
	__u32 dst_len;
	__aligned_u64 src;
	__aligned_u64 dst;
	union {
		struct flipq_desc_flush flush;
		__aligned_u64 own[3];
	};
	__aligned_u64 reserved1;
};

/* struct flipq_result.flags */
#define FLIPQ_RES_FILLED	0x00000001U	/* one word repeated: @filled */
#define FLIPQ_RES_INCOMPRESSIBLE 0x00000002U	/* no output: store it raw */

/**
 * enum flipq_status - what a request may end with: 0 or a negative errno
 * @FLIPQ_STATUS_OK: done
 * @FLIPQ_STATUS_ENOMEM: the codec's workspace is too small for this input
 *	(COMPRESS, zstd; not known to happen)
 * @FLIPQ_STATUS_EFAULT: a user address that cannot be read or written
 * @FLIPQ_STATUS_EINVAL: unknown opcode, undefined flag, codec index out of
 *	range, non-zero reserved member, or a source or destination out of range
 * @FLIPQ_STATUS_ENOSPC: the output would shrink, but does not fit in dst_len
 *	bytes (COMPRESS), or does not fit in dst_len bytes (DECOMPRESS, where the
 *	codec can tell)
 * @FLIPQ_STATUS_EBADMSG: corrupt or truncated input of DECOMPRESS
 * @FLIPQ_STATUS_EOPNOTSUPP: the codec cannot do this direction, or not on a
 *	partition of a shared worker, or a user address on such a partition, or a
 *	stream that is too slow to decompress there (see below), or a registered
 *	region
 * @FLIPQ_STATUS_ECANCELED: cancelled before it started
 */
enum flipq_status {
	FLIPQ_STATUS_OK = 0,
	FLIPQ_STATUS_ENOMEM = -12,
	FLIPQ_STATUS_EFAULT = -14,
	FLIPQ_STATUS_EINVAL = -22,
	FLIPQ_STATUS_ENOSPC = -28,
	FLIPQ_STATUS_EBADMSG = -74,
	FLIPQ_STATUS_EOPNOTSUPP = -95,
	FLIPQ_STATUS_ECANCELED = -125,
};

/**
 * struct flipq_result_flush - what only FLUSH answers
 * @pages: that were copied
 * @words: of the bitmap that were looked at
 */
struct flipq_result_flush {
	__u32 pages;
	__u32 words;
};

/**
 * struct flipq_result - what became of a request, written by the server
 * @status: enum flipq_status
 * @flags: FLIPQ_RES_*
 * @len: bytes of output, 0 with FLIPQ_RES_FILLED, FLIPQ_RES_INCOMPRESSIBLE or
 *	an error other than FLUSH's -EFAULT; FLUSH: bytes copied
 * @reserved: 0
 * @csum: the checksum asked for, zero-extended; 0 where none was asked for
 * @filled: COMPRESS: the repeated word with FLIPQ_RES_FILLED, else 0
 * @flush: FLUSH
 * @own: the member of any one opcode; 0 for opcodes that have none
 *
 * DECOMPRESS on a partition of a shared worker: -EOPNOTSUPP is also for what
 * would hold the worker, for which others wait, longer than about 0.1 s: a zstd
 * frame whose blocks define more than 32768 tables, a deflate stream of more
 * than 196608 blocks, where one with tables of its own counts as 16. What was
 * compressed at once has a hundredth of that; streams that are flushed after
 * every 500 bytes or more are within it at any size. Owner-served partitions
 * take all.
 *
 * In the completion region, one per slot. Valid from the flip
 * of the slot's done bit until the next flip of its fill bit.
 *
 * COMPRESS and DECOMPRESS write their output when it is complete, and exactly
 * @len bytes of it: the rest of the destination is as it was, and after an error
 * all of it. Only where the destination is a user address, and for COPY and
 * FLUSH, -EFAULT may leave a part of the output there, or zeros for what could
 * not be read.
 */
struct flipq_result {
	__s32 status;
	__u32 flags;
	__u32 len;
	__u32 reserved;
	__aligned_u64 csum;
	union {
		__aligned_u64 filled;
		struct flipq_result_flush flush;
		__aligned_u64 own;
	};
};

/**
 * struct flipq_submission - a partition's words that the submitter writes
 *
 * At the start of each chunk of the submission region. The two words are on lines
 * of their own, as the server polls @fill.
 */
struct flipq_submission {
	__aligned_u64 fill;	/* bit flipped: the slot is the server's */
	__aligned_u64 pad0[7];
	__aligned_u64 reap;	/* bit flipped: the result was collected */
	__aligned_u64 pad1[7];
};

/**
 * struct flipq_counters - what was done, ever growing
 *
 * Of a partition, of a queue (its partitions added up) or of a worker.
 */
struct flipq_counters {
	__aligned_u64 requests;		/* completed, errors included */
	__aligned_u64 bytes_in;		/* of those completed with status 0 */
	__aligned_u64 bytes_out;	/* of the same */
	__aligned_u64 filled;		/* with FLIPQ_RES_FILLED */
	__aligned_u64 incompressible;	/* with FLIPQ_RES_INCOMPRESSIBLE */
	__aligned_u64 errors;		/* with a status other than 0 */
	__aligned_u64 busy_ns;		/* time spent on requests */
	__aligned_u64 turns;		/* with at least one request */
	__aligned_u64 sleeps;		/* partition: parked; worker: slept */
	__aligned_u64 wakeups;		/* the reverse */
	__aligned_u64 kicks;		/* that reached it */
	__aligned_u64 waits;		/* queue: ENTER calls that waited, those
					 * made again included
					 */
	__aligned_u64 sleeping_waits;	/* queue: those of @waits that slept */
	__aligned_u64 cancelled;	/* those of @errors */
	__aligned_u64 serves;		/* SERVE calls and waits that served,
					 * those made again included
					 */
	__aligned_u64 reserved;		/* 0 */
};

/* struct flipq_completion.need_wakeup: the partition is parked */
#define FLIPQ_NEED_WAKEUP	0x00000001U

/**
 * struct flipq_completion - a partition's words that the server writes
 * @done: bit flipped: the slot's request is finished
 * @need_wakeup: FLIPQ_NEED_WAKEUP while a kick is needed. The other bits are the
 *	kernel's to use, and to be ignored.
 * @reserved: 0
 * @pad: to 128 bytes
 * @counters: of this partition; @waits and @sleeping_waits stay 0
 *
 * At the start of each chunk of the completion region.
 */
struct flipq_completion {
	__aligned_u64 done;
	__u32 need_wakeup;
	__u32 reserved;
	__aligned_u64 pad[14];
	struct flipq_counters counters;
};

enum flipq_algorithm {
	FLIPQ_ALG_LZ4 = 1,	/* LZ4 block; level: acceleration, 1 to 65537 */
	FLIPQ_ALG_LZ4HC = 2,	/* LZ4 block; level 1 to 16, default 9 */
	FLIPQ_ALG_LZO = 3,	/* LZO1X-1; level 1 only */
	FLIPQ_ALG_ZSTD = 4,	/* one zstd frame; level 1 to 22, default 3 */
	FLIPQ_ALG_DEFLATE = 5,	/* raw deflate (RFC 1951), one final stream;
				 * level 1 to 9, default 6
				 */
	FLIPQ_ALG_NR		/* that this header knows */
};

/* struct flipq_codec.flags */
#define FLIPQ_CODEC_DECOMPRESS_ONLY 0x00000001U	/* no compression workspace */
#define FLIPQ_CODEC_CHECKSUM	0x00000002U	/* zstd: put one in the frame */
#define FLIPQ_CODEC_OWNER	0x00000004U	/* owner-served partitions only */
#define FLIPQ_CODEC_FLAGS	0x00000007U

/**
 * struct flipq_codec - a codec that a queue will use
 * @algorithm: enum flipq_algorithm
 * @level: 0 for the algorithm's default
 * @flags: FLIPQ_CODEC_*. With FLIPQ_CODEC_OWNER the limits of the shared
 *	workers do not apply, but that of owner-served partitions does: a
 *	request that could take longer than about 1 s (struct
 *	flipq_codec_info.owner_level)
 * @window_log: 0 (reserved for larger windows)
 * @dict_addr: 0 (reserved for dictionaries)
 * @dict_len: 0
 * @reserved: 0
 */
struct flipq_codec {
	__u32 algorithm;
	__s32 level;
	__u32 flags;
	__u32 window_log;
	__aligned_u64 dict_addr;
	__u32 dict_len;
	__u32 reserved[9];
};

/* struct flipq_info.features */
#define FLIPQ_FEATURE_ARENA	0x0000000000000001ULL	/* arena_size */
#define FLIPQ_FEATURE_SERVE	0x0000000000000002ULL	/* FLIPQ_IOC_SERVE */
#define FLIPQ_FEATURE_CANCEL	0x0000000000000004ULL	/* FLIPQ_IOC_CANCEL */

/* struct flipq_info: in place of what is not for this caller */
#define FLIPQ_INFO_HIDDEN	(~0ULL)

/**
 * struct flipq_info - FLIPQ_IOC_INFO: what this kernel offers
 * @size: in: of this struct
 * @flags: in: 0
 *
 * Works before set-up and from any address space. What all users have, that is
 * @queues, @total_bytes and @worker_bytes, is told to callers with CAP_SYS_ADMIN
 * in the initial user namespace; others see FLIPQ_INFO_HIDDEN.
 *
 * A user is a uid of the initial user namespace. Callers in another user
 * namespace are, whatever their uids, the one who made it, or rather the
 * outermost one that it is in; where that was root, and more than one uid is
 * mapped, all callers in it are one user of their own.
 */
struct flipq_info {
	__u32 size;
	__u32 flags;
	__u32 abi;			/* FLIPQ_ABI_VERSION */
	__u32 max_slots;		/* per partition */
	__u32 max_partitions;		/* per queue */
	__u32 max_slot_size;		/* bytes, of input and of output */
	__u32 max_codecs;		/* per queue */
	__u32 workers;			/* shared ones there are */
	__u32 default_partitions;	/* what SETUP would choose for the
					 * caller, 0 where shared workers are
					 * not for it (parameter shared_gid)
					 */
	__u32 max_queues;		/* in all */
	__u32 max_user_queues;		/* per user */
	__u32 reserved;			/* 0 */
	__aligned_u64 features;		/* FLIPQ_FEATURE_* */
	__aligned_u64 opcodes;		/* bit N: opcode N is known */
	__aligned_u64 req_flags;	/* known, but for the numbers there */
	__aligned_u64 max_workspace;	/* largest of a shared worker, bytes */
	__aligned_u64 max_queue_bytes;	/* of one queue */
	__aligned_u64 max_total_bytes;	/* of all queues */
	__aligned_u64 queues;		/* at present, in all */
	__aligned_u64 total_bytes;	/* at present, of all queues */
	__aligned_u64 worker_bytes;	/* at present, buffers and workspaces
					 * of all shared workers
					 */
	__aligned_u64 max_user_bytes;	/* of all queues of one user */
	__aligned_u64 user_queues;	/* at present, the caller's */
	__aligned_u64 user_bytes;	/* at present, of these */
};

/* struct flipq_codec_info.caps. LZO is without the first on some kernels. */
#define FLIPQ_CODEC_CAP_COMPRESS   0x00000001U
#define FLIPQ_CODEC_CAP_DECOMPRESS 0x00000002U
#define FLIPQ_CODEC_CAP_CHECKSUM   0x00000004U	/* FLIPQ_CODEC_CHECKSUM */

#define FLIPQ_CODEC_NAME_LEN	16

/**
 * struct flipq_codec_info - FLIPQ_IOC_CODEC: one codec
 *
 * Works before set-up and from any address space. Levels and workspaces are for
 * slots of @slot_size bytes. errno: ENOENT: no codec of this number; ENOMEM: no
 * memory to find the workspaces with.
 */
struct flipq_codec_info {
	__u32 size;			/* in: of this struct */
	__u32 flags;			/* in: 0 */
	__u32 index;			/* in: which codec, from 0 on */
	__u32 slot_size;		/* in: of input, 0 for 65536; out: that */
	__u32 algorithm;		/* enum flipq_algorithm */
	__u32 caps;			/* FLIPQ_CODEC_CAP_* */
	__s32 min_level;
	__s32 max_level;
	__s32 default_level;		/* what level 0 stands for */
	__s32 shared_level;		/* highest that shared workers take;
					 * below @min_level where none
					 */
	__s32 owner_level;		/* the same of owner-served partitions,
					 * with FLIPQ_CODEC_OWNER
					 */
	__u32 reserved0;		/* 0 */
	__aligned_u64 compress_workspace;   /* per worker, at @shared_level */
	__aligned_u64 decompress_workspace; /* per worker */
	__aligned_u64 owner_workspace;	/* to compress with, per owner-served
					 * partition, at @owner_level
					 */
	char name[FLIPQ_CODEC_NAME_LEN]; /* as the tool has it, with a NUL */
	__aligned_u64 reserved[2];	/* 0 */
};

/* struct flipq_setup.flags */
#define FLIPQ_SETUP_SPIN	0x00000001U	/* the two spin budgets are set */
#define FLIPQ_SETUP_FLAGS	0x00000001U

/**
 * struct flipq_setup - FLIPQ_IOC_SETUP: make the queue
 * @size: in: of this struct
 * @flags: in: FLIPQ_SETUP_*
 * @slots: in: per partition, 1 to 64, 0 for 32; out: what was made
 * @partitions: in: 1 to 64; 0 for one per worker that runs on a CPU which the
 *	caller may use, at most 8, but none if there are owner-served ones;
 *	out: what was made
 * @owner_partitions: in: how many more there are that the owner serves; they
 *	are numbered after the others, and 64 is the limit of all
 * @in_size: in: bytes of a slot's input buffer, 64 to 4 MiB; 0 for none
 * @out_size: in: the same of its output buffer
 * @max_len: in: longest input or output of a request that names it in the
 *	arena or by a user address, 64 to 4 MiB; 0 for @in_size or @out_size
 * @worker_spin_ns: in, with FLIPQ_SETUP_SPIN: how long an idle partition is
 *	polled before it parks, at most 1 s; 0 for not at all; out: what was
 *	made of it, at most the parameter max_spin_ns
 * @wait_spin_ns: in, with FLIPQ_SETUP_SPIN: how long a wait polls before it
 *	sleeps, at most 1 s; out: what was made
 * @codecs: in: address of an array of struct flipq_codec
 * @arena_size: in: bytes of the arena, a multiple of the page size; 0 for none
 * @nr_codecs: in: entries at @codecs, at most 16
 * @reserved0: 0
 * @sub_offset: out: mmap offset of the submission region
 * @sub_size: out: its size, to be mapped whole
 * @comp_offset: out: mmap offset of the completion region
 * @comp_size: out: its size, to be mapped whole
 * @sub_stride: out: from one partition's submission chunk to the next
 * @comp_stride: out: the same for completion chunks
 * @desc_offset: out: of the descriptors, in a submission chunk
 * @desc_stride: out: from one descriptor to the next; where it is more than the
 *	caller's struct flipq_desc, the rest stays 0
 * @in_offset: out: of the first input buffer, in a submission chunk
 * @in_stride: out: from one input buffer to the next
 * @result_offset: out: of the results, in a completion chunk
 * @result_stride: out: from one result to the next
 * @out_offset: out: of the first output buffer, in a completion chunk
 * @out_stride: out: from one output buffer to the next
 * @arena_offset: out: mmap offset of the arena
 * @reserved: 0
 *
 * All memory of the queue is allocated here, and charged to the caller's memory
 * cgroup. errno: EINVAL: a value out of range, or a level that the algorithm
 * does not have; ENOENT: unknown algorithm; EOPNOTSUPP: a codec too large or
 * too slow for the shared workers at this slot size, or with FLIPQ_CODEC_OWNER
 * too slow for anybody (see shared_level and owner_level of FLIPQ_IOC_CODEC),
 * or one that does not compress here (caps); EBUSY: set up already; EPERM:
 * partitions of shared workers, which are not for this caller (parameter
 * shared_gid); EMFILE: the user's limit of queues; ENFILE: the limit of queues
 * in all; EDQUOT: the limit of bytes, of a queue, of the user or in all;
 * ENOMEM: no memory, or the limit of a worker's buffers; ENODEV: no worker.
 * On error nothing is left behind and the call may be tried again. Of several
 * calls at the same time one makes the queue, and the others get EBUSY.
 * What a closed queue holds of the limits is given back when its workers have let
 * go of it, soon after. A call that meets a limit meanwhile waits for that, where
 * the queue is of the same user.
 */
struct flipq_setup {
	__u32 size;
	__u32 flags;
	__u32 slots;
	__u32 partitions;
	__u32 owner_partitions;
	__u32 in_size;
	__u32 out_size;
	__u32 max_len;
	__u32 worker_spin_ns;
	__u32 wait_spin_ns;
	__aligned_u64 codecs;
	__aligned_u64 arena_size;
	__u32 nr_codecs;
	__u32 reserved0;
	__aligned_u64 sub_offset;
	__aligned_u64 sub_size;
	__aligned_u64 comp_offset;
	__aligned_u64 comp_size;
	__u32 sub_stride;
	__u32 comp_stride;
	__u32 desc_offset;
	__u32 desc_stride;
	__u32 in_offset;
	__u32 in_stride;
	__u32 result_offset;
	__u32 result_stride;
	__u32 out_offset;
	__u32 out_stride;
	__aligned_u64 arena_offset;
	__aligned_u64 reserved[2];
};

/* struct flipq_enter.flags */
#define FLIPQ_ENTER_KICK	0x00000001U	/* wake the partitions of @kick */
#define FLIPQ_ENTER_WAIT	0x00000002U	/* then wait for @minimum */
#define FLIPQ_ENTER_ABSTIME	0x00000004U	/* @timeout is a point in time */
#define FLIPQ_ENTER_SERVE	0x00000008U	/* serve @serve meanwhile */
#define FLIPQ_ENTER_FLAGS	0x0000000fU

#define FLIPQ_TIMEOUT_NONE	(~0ULL)		/* wait without end */

/**
 * struct flipq_enter - FLIPQ_IOC_ENTER: kick and/or wait
 * @size: in: of this struct
 * @flags: in: FLIPQ_ENTER_*
 * @kick: in: bit N: kick partition N; only with FLIPQ_ENTER_KICK. Bits beyond
 *	the partitions are EINVAL.
 * @wait_partitions: in: bit N: the slots of partition N are waited for; 0 for
 *	those of all partitions. Bits beyond the partitions are EINVAL.
 * @minimum: in: return when this many of the slots in flight at the call have
 *	completed, those not yet collected included; clamped to what is in
 *	flight; 0 for half of that, rounded up
 * @serve: in, with FLIPQ_ENTER_SERVE: owner-served partition whose requests
 *	the caller does while it waits, as FLIPQ_IOC_SERVE would; else 0
 * @timeout: in: ns of CLOCK_MONOTONIC, from now or, with FLIPQ_ENTER_ABSTIME,
 *	the point in time; 0 for no waiting, FLIPQ_TIMEOUT_NONE for no limit
 * @sigmask: in: address of a signal mask for the wait, as for ppoll; 0 for none
 * @resume: in: 0, or what an interrupted call left here; out: with EINTR and a
 *	relative timeout the point in time when that is over, else 0. Not with
 *	FLIPQ_ENTER_ABSTIME.
 * @sigsetsize: in: the size of the mask, 8; 0 without @sigmask
 * @ready: out: how many of those had completed at return
 * @reserved: 0
 *
 * With no flags it does nothing but check. Members that no flag calls for must
 * be zero. errno: EBUSY: another thread waits on this queue, or serves the
 * partition @serve (the kicks were done); ETIME: timed out below the minimum;
 * EINTR: the handler of a signal ran first. @ready is written also with ETIME,
 * and left 0 with EINTR.
 *
 * What runs no handler of the caller's does not end a wait: a stop and its end,
 * a debugger, the freezer of a cgroup or of a suspend, io_uring. The kernel
 * makes the call again, as it is in the struct; it kicks again, finds what has
 * finished meanwhile, and with @resume waits for what is left of its timeout.
 * Another thread that has come meanwhile makes that EBUSY. After EINTR the
 * caller may do the same with the struct as it is, or set @resume to 0 for the
 * whole timeout once more. Points in time are those of the caller's time
 * namespace.
 */
struct flipq_enter {
	__u32 size;
	__u32 flags;
	__aligned_u64 kick;
	__aligned_u64 wait_partitions;
	__u32 minimum;
	__u32 serve;
	__aligned_u64 timeout;
	__aligned_u64 sigmask;
	__aligned_u64 resume;
	__u32 sigsetsize;
	__u32 ready;
	__aligned_u64 reserved;
};

/* Whose counters. */
enum flipq_stats_of {
	FLIPQ_STATS_QUEUE = 0,		/* all partitions added up */
	FLIPQ_STATS_PARTITION = 1,	/* one partition of this queue */
	FLIPQ_STATS_WORKER = 2,		/* one shared worker, counted from 0 */
};

/**
 * struct flipq_stats - FLIPQ_IOC_STATS: read counters
 * @size: in: of this struct
 * @flags: in: 0
 * @of: in: enum flipq_stats_of
 * @index: in: which partition or worker, 0 for a queue (ENOENT past the last)
 * @cpu: out: the CPU of the worker (worker) or of the worker that serves the
 *	partition (partition); ~0 for a queue or an owner-served partition
 * @reserved0: 0
 * @counters: out
 *
 * A snapshot: counters of one moment need not agree with each other. errno:
 * EPERM: counters of a worker, which tell what other users do, for a caller
 * without CAP_SYS_ADMIN in the initial user namespace.
 */
struct flipq_stats {
	__u32 size;
	__u32 flags;
	__u32 of;
	__u32 index;
	__u32 cpu;
	__u32 reserved0;
	struct flipq_counters counters;
};

/**
 * struct flipq_serve - FLIPQ_IOC_SERVE: be the server of a partition
 * @size: in: of this struct
 * @flags: in: 0
 * @partition: in: an owner-served partition
 * @requests: in: return after so many requests; 0 for no limit
 * @idle: in: return after so many ns without any; 0 when there is none,
 *	FLIPQ_TIMEOUT_NONE for no limit
 * @resume_served: in: 0, or what an interrupted call left here; out: with EINTR
 *	the requests that were done, else 0
 * @resume_idle: in: 0, or what an interrupted call left here; out: with EINTR
 *	the point in time when @idle is over, where there was nothing to do;
 *	else 0
 * @served: out: requests that were done, those before an interruption included
 * @reserved: 0
 *
 * The caller's thread does the work, under its own limits, scheduling and
 * signals, and with its own memory. errno: EBUSY: another thread serves it;
 * EINVAL: not an owner-served partition; EINTR: the handler of a signal ran.
 * @served is written with EBUSY as well, and left 0 with EINTR, where
 * @resume_served has it. The request under way is always finished.
 *
 * What runs no handler does not end the call, as with FLIPQ_IOC_ENTER: the
 * kernel makes it again, and with the two @resume members it goes on with what
 * is left of @requests and of @idle. Meanwhile the partition has no server, and
 * one that comes then makes it EBUSY. After EINTR the caller may do the same
 * with the struct as it is, or set both to 0 for a call of its own.
 *
 * With no server need_wakeup is 1. A call that returns because it was idle has
 * looked at fill after it said so, thus nothing is left behind unkicked; one
 * that returns for another reason may leave requests for the next server.
 */
struct flipq_serve {
	__u32 size;
	__u32 flags;
	__u32 partition;
	__u32 requests;
	__aligned_u64 idle;
	__aligned_u64 resume_served;
	__aligned_u64 resume_idle;
	__aligned_u64 served;
	__aligned_u64 reserved;
};

/* struct flipq_cancel.flags */
#define FLIPQ_CANCEL_ALL	0x00000001U	/* all slots of all partitions */
#define FLIPQ_CANCEL_FLAGS	0x00000001U

/**
 * struct flipq_cancel - FLIPQ_IOC_CANCEL: cancel what has not started
 * @size: in: of this struct
 * @flags: in: FLIPQ_CANCEL_*
 * @slots: in: bit N: slot N, without FLIPQ_CANCEL_ALL; bits beyond the slots
 *	are EINVAL
 * @partition: in: which, without FLIPQ_CANCEL_ALL
 * @cancelled: out: how many requests complete with -ECANCELED
 * @reserved: 0
 *
 * A request that has started completes as if nothing had happened. When the
 * call returns all cancelled ones have completed; results are collected as
 * always. To be called by the submitter, or while it does not submit: a slot
 * that is used again meanwhile may be cancelled, too. errno: EINTR: the caller
 * was killed.
 */
struct flipq_cancel {
	__u32 size;
	__u32 flags;
	__aligned_u64 slots;
	__u32 partition;
	__u32 cancelled;
	__aligned_u64 reserved[2];
};

/* What a question is about. */
enum flipq_probe_of {
	FLIPQ_PROBE_OPCODE = 0,		/* enum flipq_opcode */
	FLIPQ_PROBE_SRC = 1,		/* enum flipq_place, of a source */
	FLIPQ_PROBE_DST = 2,		/* the same of a destination */
	FLIPQ_PROBE_CSUM = 3,		/* enum flipq_csum */
	FLIPQ_PROBE_ALGORITHM = 4,	/* one that this kernel has */
	FLIPQ_PROBE_REQ_FLAGS = 5,	/* FLIPQ_REQ_*, but for numbers */
	FLIPQ_PROBE_CODEC_FLAGS = 6,	/* FLIPQ_CODEC_* */
	FLIPQ_PROBE_SETUP_FLAGS = 7,	/* FLIPQ_SETUP_* */
	FLIPQ_PROBE_ENTER_FLAGS = 8,	/* FLIPQ_ENTER_* */
	FLIPQ_PROBE_CANCEL_FLAGS = 9,	/* FLIPQ_CANCEL_* */
	FLIPQ_PROBE_FEATURES = 10,	/* FLIPQ_FEATURE_* */
	FLIPQ_PROBE_NR			/* that this header knows */
};

/**
 * struct flipq_probe - FLIPQ_IOC_PROBE: is there such a value, or flag?
 * @size: in: of this struct
 * @flags: in: 0
 * @value: in: a number, or one or more flags
 * @of: in: enum flipq_probe_of
 * @known: out: 1 if the number, or each of the flags, is known to this kernel,
 *	else 0; 0 also where @of is not known, or no flag was named
 * @reserved: 0
 *
 * Works before set-up and from any address space.
 */
struct flipq_probe {
	__u32 size;
	__u32 flags;
	__aligned_u64 value;
	__u32 of;
	__u32 known;
	__aligned_u64 reserved[2];
};

#define FLIPQ_IOC_MAGIC		0xF1

#define FLIPQ_IOC_INFO		_IO(FLIPQ_IOC_MAGIC, 0x40)
#define FLIPQ_IOC_CODEC		_IO(FLIPQ_IOC_MAGIC, 0x41)
#define FLIPQ_IOC_SETUP		_IO(FLIPQ_IOC_MAGIC, 0x42)
#define FLIPQ_IOC_ENTER		_IO(FLIPQ_IOC_MAGIC, 0x43)
#define FLIPQ_IOC_STATS		_IO(FLIPQ_IOC_MAGIC, 0x44)
#define FLIPQ_IOC_SERVE		_IO(FLIPQ_IOC_MAGIC, 0x45)
#define FLIPQ_IOC_CANCEL	_IO(FLIPQ_IOC_MAGIC, 0x46)
#define FLIPQ_IOC_PROBE		_IO(FLIPQ_IOC_MAGIC, 0x47)

#endif /* _UAPI_LINUX_FLIPQ_H */
