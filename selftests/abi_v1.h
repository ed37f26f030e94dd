/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * abi_v1.h - uapi/linux/flipq.h as it was in version 1, for old_abi.c
 *
 * Never to be changed, whatever becomes of the other: programs that were compiled
 * with it are out there.
 */
#ifndef SELFTEST_ABI_V1_H
#define SELFTEST_ABI_V1_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define V1_ABI_VERSION	1

#define V1_MAX_SLOTS		64
#define V1_DEFAULT_SLOTS	32
#define V1_MAX_PARTITIONS	64
#define V1_MAX_CODECS	16
#define V1_MIN_SLOT_SIZE	64
#define V1_MAX_SLOT_SIZE	(4U << 20)

enum v1_opcode {
	V1_OP_NOP = 0,
	V1_OP_COMPRESS = 1,
	V1_OP_DECOMPRESS = 2,
	V1_OP_COPY = 3,
	V1_OP_FLUSH = 4,
	V1_OP_NR
};

enum v1_place {
	V1_PLACE_SLOT = 0,
	V1_PLACE_ARENA = 1,
	V1_PLACE_USER = 2,
	V1_PLACE_REGION = 3,
};

enum v1_csum {
	V1_CSUM_NONE = 0,
	V1_CSUM_XXH32 = 1,
	V1_CSUM_XXH64 = 2,
	V1_CSUM_CRC32 = 3,
};

#define V1_REQ_KINDS(src, dst, csum)	((src) | (dst) << 4 | (csum) << 8)

#define V1_REQ_SRC_MASK	0x0000000fU
#define V1_REQ_SRC_SLOT	0x00000000U
#define V1_REQ_SRC_ARENA	0x00000001U
#define V1_REQ_SRC_USER	0x00000002U
#define V1_REQ_SRC_REGION	0x00000003U
#define V1_REQ_DST_MASK	0x000000f0U
#define V1_REQ_DST_SLOT	0x00000000U
#define V1_REQ_DST_ARENA	0x00000010U
#define V1_REQ_DST_USER	0x00000020U
#define V1_REQ_DST_REGION	0x00000030U

#define V1_REQ_CSUM_MASK	0x00000f00U
#define V1_REQ_CSUM_NONE	0x00000000U
#define V1_REQ_CSUM_XXH32	0x00000100U
#define V1_REQ_CSUM_XXH64	0x00000200U
#define V1_REQ_CSUM_CRC32	0x00000300U

#define V1_REQ_DETECT_FILL	0x00001000U
#define V1_REQ_CSUM_ENCODED	0x00002000U
#define V1_REQ_FLAGS		0x00003fffU

#define V1_MIN_PAGE_SIZE	64
#define V1_MAX_FLUSH		(4U << 20)

struct v1_desc_flush {
	__aligned_u64 bitmap;
	__aligned_u64 first;
	__u32 count;
	__u32 reserved;
};

struct v1_desc {
	__u8 opcode;
	__u8 codec;
	__u16 reserved0;
	__u32 flags;
	__u32 src_len;
	__u32 dst_len;
	__aligned_u64 src;
	__aligned_u64 dst;
	union {
		struct v1_desc_flush flush;
		__aligned_u64 own[3];
	};
	__aligned_u64 reserved1;
};

#define V1_RES_FILLED	0x00000001U
#define V1_RES_INCOMPRESSIBLE 0x00000002U

enum v1_status {
	V1_STATUS_OK = 0,
	V1_STATUS_ENOMEM = -12,
	V1_STATUS_EFAULT = -14,
	V1_STATUS_EINVAL = -22,
	V1_STATUS_ENOSPC = -28,
	V1_STATUS_EBADMSG = -74,
	V1_STATUS_EOPNOTSUPP = -95,
	V1_STATUS_ECANCELED = -125,
};

struct v1_result_flush {
	__u32 pages;
	__u32 words;
};

struct v1_result {
	__s32 status;
	__u32 flags;
	__u32 len;
	__u32 reserved;
	__aligned_u64 csum;
	union {
		__aligned_u64 filled;
		struct v1_result_flush flush;
		__aligned_u64 own;
	};
};

struct v1_submission {
	__aligned_u64 fill;
	__aligned_u64 pad0[7];
	__aligned_u64 reap;
	__aligned_u64 pad1[7];
};

struct v1_counters {
	__aligned_u64 requests;
	__aligned_u64 bytes_in;
	__aligned_u64 bytes_out;
	__aligned_u64 filled;
	__aligned_u64 incompressible;
	__aligned_u64 errors;
	__aligned_u64 busy_ns;
	__aligned_u64 turns;
	__aligned_u64 sleeps;
	__aligned_u64 wakeups;
	__aligned_u64 kicks;
	__aligned_u64 waits;
	__aligned_u64 sleeping_waits;
	__aligned_u64 cancelled;
	__aligned_u64 serves;
	__aligned_u64 reserved;
};

#define V1_NEED_WAKEUP	0x00000001U

struct v1_completion {
	__aligned_u64 done;
	__u32 need_wakeup;
	__u32 reserved;
	__aligned_u64 pad[14];
	struct v1_counters counters;
};

enum v1_algorithm {
	V1_ALG_LZ4 = 1,
	V1_ALG_LZ4HC = 2,
	V1_ALG_LZO = 3,
	V1_ALG_ZSTD = 4,
	V1_ALG_DEFLATE = 5,
	V1_ALG_NR
};

#define V1_CODEC_DECOMPRESS_ONLY 0x00000001U
#define V1_CODEC_CHECKSUM	0x00000002U
#define V1_CODEC_OWNER	0x00000004U
#define V1_CODEC_FLAGS	0x00000007U

struct v1_codec {
	__u32 algorithm;
	__s32 level;
	__u32 flags;
	__u32 window_log;
	__aligned_u64 dict_addr;
	__u32 dict_len;
	__u32 reserved[9];
};

#define V1_FEATURE_ARENA	0x0000000000000001ULL
#define V1_FEATURE_SERVE	0x0000000000000002ULL
#define V1_FEATURE_CANCEL	0x0000000000000004ULL

#define V1_INFO_HIDDEN	(~0ULL)

struct v1_info {
	__u32 size;
	__u32 flags;
	__u32 abi;
	__u32 max_slots;
	__u32 max_partitions;
	__u32 max_slot_size;
	__u32 max_codecs;
	__u32 workers;
	__u32 default_partitions;
	__u32 max_queues;
	__u32 max_user_queues;
	__u32 reserved;
	__aligned_u64 features;
	__aligned_u64 opcodes;
	__aligned_u64 req_flags;
	__aligned_u64 max_workspace;
	__aligned_u64 max_queue_bytes;
	__aligned_u64 max_total_bytes;
	__aligned_u64 queues;
	__aligned_u64 total_bytes;
	__aligned_u64 worker_bytes;
	__aligned_u64 max_user_bytes;
	__aligned_u64 user_queues;
	__aligned_u64 user_bytes;
};

#define V1_CODEC_CAP_COMPRESS   0x00000001U
#define V1_CODEC_CAP_DECOMPRESS 0x00000002U
#define V1_CODEC_CAP_CHECKSUM   0x00000004U

#define V1_CODEC_NAME_LEN	16

struct v1_codec_info {
	__u32 size;
	__u32 flags;
	__u32 index;
	__u32 slot_size;
	__u32 algorithm;
	__u32 caps;
	__s32 min_level;
	__s32 max_level;
	__s32 default_level;
	__s32 shared_level;
	__s32 owner_level;
	__u32 reserved0;
	__aligned_u64 compress_workspace;
	__aligned_u64 decompress_workspace;
	__aligned_u64 owner_workspace;
	char name[V1_CODEC_NAME_LEN];
	__aligned_u64 reserved[2];
};

#define V1_SETUP_SPIN	0x00000001U
#define V1_SETUP_FLAGS	0x00000001U

struct v1_setup {
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

#define V1_ENTER_KICK	0x00000001U
#define V1_ENTER_WAIT	0x00000002U
#define V1_ENTER_ABSTIME	0x00000004U
#define V1_ENTER_SERVE	0x00000008U
#define V1_ENTER_FLAGS	0x0000000fU

#define V1_TIMEOUT_NONE	(~0ULL)

struct v1_enter {
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

enum v1_stats_of {
	V1_STATS_QUEUE = 0,
	V1_STATS_PARTITION = 1,
	V1_STATS_WORKER = 2,
};

struct v1_stats {
	__u32 size;
	__u32 flags;
	__u32 of;
	__u32 index;
	__u32 cpu;
	__u32 reserved0;
	struct v1_counters counters;
};

struct v1_serve {
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

#define V1_CANCEL_ALL	0x00000001U
#define V1_CANCEL_FLAGS	0x00000001U

struct v1_cancel {
	__u32 size;
	__u32 flags;
	__aligned_u64 slots;
	__u32 partition;
	__u32 cancelled;
	__aligned_u64 reserved[2];
};

enum v1_probe_of {
	V1_PROBE_OPCODE = 0,
	V1_PROBE_SRC = 1,
	V1_PROBE_DST = 2,
	V1_PROBE_CSUM = 3,
	V1_PROBE_ALGORITHM = 4,
	V1_PROBE_REQ_FLAGS = 5,
	V1_PROBE_CODEC_FLAGS = 6,
	V1_PROBE_SETUP_FLAGS = 7,
	V1_PROBE_ENTER_FLAGS = 8,
	V1_PROBE_CANCEL_FLAGS = 9,
	V1_PROBE_FEATURES = 10,
	V1_PROBE_NR
};

struct v1_probe {
	__u32 size;
	__u32 flags;
	__aligned_u64 value;
	__u32 of;
	__u32 known;
	__aligned_u64 reserved[2];
};

#define V1_IOC_MAGIC		0xF1

#define V1_IOC_INFO		_IO(V1_IOC_MAGIC, 0x40)
#define V1_IOC_CODEC		_IO(V1_IOC_MAGIC, 0x41)
#define V1_IOC_SETUP		_IO(V1_IOC_MAGIC, 0x42)
#define V1_IOC_ENTER		_IO(V1_IOC_MAGIC, 0x43)
#define V1_IOC_STATS		_IO(V1_IOC_MAGIC, 0x44)
#define V1_IOC_SERVE		_IO(V1_IOC_MAGIC, 0x45)
#define V1_IOC_CANCEL	_IO(V1_IOC_MAGIC, 0x46)
#define V1_IOC_PROBE		_IO(V1_IOC_MAGIC, 0x47)

#endif /* SELFTEST_ABI_V1_H */
