/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h - the ABI in numbers: where each member of each struct is, how large
 * a struct is, and what each value is
 *
 * By hand, as offsetof() of the header would agree with whatever becomes of it.
 * The module is built with it, and so is the test of the ABI. From the first
 * release on a row is never changed, but for the size of a call's struct, which
 * may grow at its end; members and values are added.
 */
#ifndef FLIPQ_LAYOUT_H
#define FLIPQ_LAYOUT_H

#include <linux/flipq.h>

#define FLIPQ_SIZE(type, bytes)						\
	static_assert(sizeof(struct type) == (bytes), #type)
#define FLIPQ_AT(type, member, offset)					\
	static_assert(offsetof(struct type, member) == (offset),	\
		      #type "." #member)
#define FLIPQ_IS(name, value)						\
	static_assert((name) == (value), #name)

FLIPQ_SIZE(flipq_desc_flush, 24);
FLIPQ_AT(flipq_desc_flush, bitmap, 0);
FLIPQ_AT(flipq_desc_flush, first, 8);
FLIPQ_AT(flipq_desc_flush, count, 16);
FLIPQ_AT(flipq_desc_flush, reserved, 20);

FLIPQ_SIZE(flipq_desc, 64);
FLIPQ_AT(flipq_desc, opcode, 0);
FLIPQ_AT(flipq_desc, codec, 1);
FLIPQ_AT(flipq_desc, reserved0, 2);
FLIPQ_AT(flipq_desc, flags, 4);
FLIPQ_AT(flipq_desc, src_len, 8);
FLIPQ_AT(flipq_desc, dst_len, 12);
FLIPQ_AT(flipq_desc, src, 16);
FLIPQ_AT(flipq_desc, dst, 24);
FLIPQ_AT(flipq_desc, flush, 32);
FLIPQ_AT(flipq_desc, own, 32);
FLIPQ_AT(flipq_desc, reserved1, 56);

FLIPQ_SIZE(flipq_result_flush, 8);
FLIPQ_AT(flipq_result_flush, pages, 0);
FLIPQ_AT(flipq_result_flush, words, 4);

FLIPQ_SIZE(flipq_result, 32);
FLIPQ_AT(flipq_result, status, 0);
FLIPQ_AT(flipq_result, flags, 4);
FLIPQ_AT(flipq_result, len, 8);
FLIPQ_AT(flipq_result, reserved, 12);
FLIPQ_AT(flipq_result, csum, 16);
FLIPQ_AT(flipq_result, filled, 24);
FLIPQ_AT(flipq_result, flush, 24);
FLIPQ_AT(flipq_result, own, 24);

FLIPQ_SIZE(flipq_submission, 128);
FLIPQ_AT(flipq_submission, fill, 0);
FLIPQ_AT(flipq_submission, pad0, 8);
FLIPQ_AT(flipq_submission, reap, 64);
FLIPQ_AT(flipq_submission, pad1, 72);

FLIPQ_SIZE(flipq_counters, 128);
FLIPQ_AT(flipq_counters, requests, 0);
FLIPQ_AT(flipq_counters, bytes_in, 8);
FLIPQ_AT(flipq_counters, bytes_out, 16);
FLIPQ_AT(flipq_counters, filled, 24);
FLIPQ_AT(flipq_counters, incompressible, 32);
FLIPQ_AT(flipq_counters, errors, 40);
FLIPQ_AT(flipq_counters, busy_ns, 48);
FLIPQ_AT(flipq_counters, turns, 56);
FLIPQ_AT(flipq_counters, sleeps, 64);
FLIPQ_AT(flipq_counters, wakeups, 72);
FLIPQ_AT(flipq_counters, kicks, 80);
FLIPQ_AT(flipq_counters, waits, 88);
FLIPQ_AT(flipq_counters, sleeping_waits, 96);
FLIPQ_AT(flipq_counters, cancelled, 104);
FLIPQ_AT(flipq_counters, serves, 112);
FLIPQ_AT(flipq_counters, reserved, 120);

FLIPQ_SIZE(flipq_completion, 256);
FLIPQ_AT(flipq_completion, done, 0);
FLIPQ_AT(flipq_completion, need_wakeup, 8);
FLIPQ_AT(flipq_completion, reserved, 12);
FLIPQ_AT(flipq_completion, pad, 16);
FLIPQ_AT(flipq_completion, counters, 128);

FLIPQ_SIZE(flipq_codec, 64);
FLIPQ_AT(flipq_codec, algorithm, 0);
FLIPQ_AT(flipq_codec, level, 4);
FLIPQ_AT(flipq_codec, flags, 8);
FLIPQ_AT(flipq_codec, window_log, 12);
FLIPQ_AT(flipq_codec, dict_addr, 16);
FLIPQ_AT(flipq_codec, dict_len, 24);
FLIPQ_AT(flipq_codec, reserved, 28);

FLIPQ_SIZE(flipq_info, 144);
FLIPQ_AT(flipq_info, size, 0);
FLIPQ_AT(flipq_info, flags, 4);
FLIPQ_AT(flipq_info, abi, 8);
FLIPQ_AT(flipq_info, max_slots, 12);
FLIPQ_AT(flipq_info, max_partitions, 16);
FLIPQ_AT(flipq_info, max_slot_size, 20);
FLIPQ_AT(flipq_info, max_codecs, 24);
FLIPQ_AT(flipq_info, workers, 28);
FLIPQ_AT(flipq_info, default_partitions, 32);
FLIPQ_AT(flipq_info, max_queues, 36);
FLIPQ_AT(flipq_info, max_user_queues, 40);
FLIPQ_AT(flipq_info, reserved, 44);
FLIPQ_AT(flipq_info, features, 48);
FLIPQ_AT(flipq_info, opcodes, 56);
FLIPQ_AT(flipq_info, req_flags, 64);
FLIPQ_AT(flipq_info, max_workspace, 72);
FLIPQ_AT(flipq_info, max_queue_bytes, 80);
FLIPQ_AT(flipq_info, max_total_bytes, 88);
FLIPQ_AT(flipq_info, queues, 96);
FLIPQ_AT(flipq_info, total_bytes, 104);
FLIPQ_AT(flipq_info, worker_bytes, 112);
FLIPQ_AT(flipq_info, max_user_bytes, 120);
FLIPQ_AT(flipq_info, user_queues, 128);
FLIPQ_AT(flipq_info, user_bytes, 136);

FLIPQ_SIZE(flipq_codec_info, 104);
FLIPQ_AT(flipq_codec_info, size, 0);
FLIPQ_AT(flipq_codec_info, flags, 4);
FLIPQ_AT(flipq_codec_info, index, 8);
FLIPQ_AT(flipq_codec_info, slot_size, 12);
FLIPQ_AT(flipq_codec_info, algorithm, 16);
FLIPQ_AT(flipq_codec_info, caps, 20);
FLIPQ_AT(flipq_codec_info, min_level, 24);
FLIPQ_AT(flipq_codec_info, max_level, 28);
FLIPQ_AT(flipq_codec_info, default_level, 32);
FLIPQ_AT(flipq_codec_info, shared_level, 36);
FLIPQ_AT(flipq_codec_info, owner_level, 40);
FLIPQ_AT(flipq_codec_info, reserved0, 44);
FLIPQ_AT(flipq_codec_info, compress_workspace, 48);
FLIPQ_AT(flipq_codec_info, decompress_workspace, 56);
FLIPQ_AT(flipq_codec_info, owner_workspace, 64);
FLIPQ_AT(flipq_codec_info, name, 72);
FLIPQ_AT(flipq_codec_info, reserved, 88);

FLIPQ_SIZE(flipq_setup, 160);
FLIPQ_AT(flipq_setup, size, 0);
FLIPQ_AT(flipq_setup, flags, 4);
FLIPQ_AT(flipq_setup, slots, 8);
FLIPQ_AT(flipq_setup, partitions, 12);
FLIPQ_AT(flipq_setup, owner_partitions, 16);
FLIPQ_AT(flipq_setup, in_size, 20);
FLIPQ_AT(flipq_setup, out_size, 24);
FLIPQ_AT(flipq_setup, max_len, 28);
FLIPQ_AT(flipq_setup, worker_spin_ns, 32);
FLIPQ_AT(flipq_setup, wait_spin_ns, 36);
FLIPQ_AT(flipq_setup, codecs, 40);
FLIPQ_AT(flipq_setup, arena_size, 48);
FLIPQ_AT(flipq_setup, nr_codecs, 56);
FLIPQ_AT(flipq_setup, reserved0, 60);
FLIPQ_AT(flipq_setup, sub_offset, 64);
FLIPQ_AT(flipq_setup, sub_size, 72);
FLIPQ_AT(flipq_setup, comp_offset, 80);
FLIPQ_AT(flipq_setup, comp_size, 88);
FLIPQ_AT(flipq_setup, sub_stride, 96);
FLIPQ_AT(flipq_setup, comp_stride, 100);
FLIPQ_AT(flipq_setup, desc_offset, 104);
FLIPQ_AT(flipq_setup, desc_stride, 108);
FLIPQ_AT(flipq_setup, in_offset, 112);
FLIPQ_AT(flipq_setup, in_stride, 116);
FLIPQ_AT(flipq_setup, result_offset, 120);
FLIPQ_AT(flipq_setup, result_stride, 124);
FLIPQ_AT(flipq_setup, out_offset, 128);
FLIPQ_AT(flipq_setup, out_stride, 132);
FLIPQ_AT(flipq_setup, arena_offset, 136);
FLIPQ_AT(flipq_setup, reserved, 144);

FLIPQ_SIZE(flipq_enter, 72);
FLIPQ_AT(flipq_enter, size, 0);
FLIPQ_AT(flipq_enter, flags, 4);
FLIPQ_AT(flipq_enter, kick, 8);
FLIPQ_AT(flipq_enter, wait_partitions, 16);
FLIPQ_AT(flipq_enter, minimum, 24);
FLIPQ_AT(flipq_enter, serve, 28);
FLIPQ_AT(flipq_enter, timeout, 32);
FLIPQ_AT(flipq_enter, sigmask, 40);
FLIPQ_AT(flipq_enter, resume, 48);
FLIPQ_AT(flipq_enter, sigsetsize, 56);
FLIPQ_AT(flipq_enter, ready, 60);
FLIPQ_AT(flipq_enter, reserved, 64);

FLIPQ_SIZE(flipq_stats, 152);
FLIPQ_AT(flipq_stats, size, 0);
FLIPQ_AT(flipq_stats, flags, 4);
FLIPQ_AT(flipq_stats, of, 8);
FLIPQ_AT(flipq_stats, index, 12);
FLIPQ_AT(flipq_stats, cpu, 16);
FLIPQ_AT(flipq_stats, reserved0, 20);
FLIPQ_AT(flipq_stats, counters, 24);

FLIPQ_SIZE(flipq_serve, 56);
FLIPQ_AT(flipq_serve, size, 0);
FLIPQ_AT(flipq_serve, flags, 4);
FLIPQ_AT(flipq_serve, partition, 8);
FLIPQ_AT(flipq_serve, requests, 12);
FLIPQ_AT(flipq_serve, idle, 16);
FLIPQ_AT(flipq_serve, resume_served, 24);
FLIPQ_AT(flipq_serve, resume_idle, 32);
FLIPQ_AT(flipq_serve, served, 40);
FLIPQ_AT(flipq_serve, reserved, 48);

FLIPQ_SIZE(flipq_cancel, 40);
FLIPQ_AT(flipq_cancel, size, 0);
FLIPQ_AT(flipq_cancel, flags, 4);
FLIPQ_AT(flipq_cancel, slots, 8);
FLIPQ_AT(flipq_cancel, partition, 16);
FLIPQ_AT(flipq_cancel, cancelled, 20);
FLIPQ_AT(flipq_cancel, reserved, 24);

FLIPQ_SIZE(flipq_probe, 40);
FLIPQ_AT(flipq_probe, size, 0);
FLIPQ_AT(flipq_probe, flags, 4);
FLIPQ_AT(flipq_probe, value, 8);
FLIPQ_AT(flipq_probe, of, 16);
FLIPQ_AT(flipq_probe, known, 20);
FLIPQ_AT(flipq_probe, reserved, 24);

FLIPQ_IS(FLIPQ_OP_NOP, 0);
FLIPQ_IS(FLIPQ_OP_COMPRESS, 1);
FLIPQ_IS(FLIPQ_OP_DECOMPRESS, 2);
FLIPQ_IS(FLIPQ_OP_COPY, 3);
FLIPQ_IS(FLIPQ_OP_FLUSH, 4);
FLIPQ_IS(FLIPQ_PLACE_SLOT, 0);
FLIPQ_IS(FLIPQ_PLACE_ARENA, 1);
FLIPQ_IS(FLIPQ_PLACE_USER, 2);
FLIPQ_IS(FLIPQ_PLACE_REGION, 3);
FLIPQ_IS(FLIPQ_CSUM_NONE, 0);
FLIPQ_IS(FLIPQ_CSUM_XXH32, 1);
FLIPQ_IS(FLIPQ_CSUM_XXH64, 2);
FLIPQ_IS(FLIPQ_CSUM_CRC32, 3);
FLIPQ_IS(FLIPQ_STATUS_OK, 0);
FLIPQ_IS(FLIPQ_STATUS_ENOMEM, -12);
FLIPQ_IS(FLIPQ_STATUS_EFAULT, -14);
FLIPQ_IS(FLIPQ_STATUS_EINVAL, -22);
FLIPQ_IS(FLIPQ_STATUS_ENOSPC, -28);
FLIPQ_IS(FLIPQ_STATUS_EBADMSG, -74);
FLIPQ_IS(FLIPQ_STATUS_EOPNOTSUPP, -95);
FLIPQ_IS(FLIPQ_STATUS_ECANCELED, -125);
FLIPQ_IS(FLIPQ_ALG_LZ4, 1);
FLIPQ_IS(FLIPQ_ALG_LZ4HC, 2);
FLIPQ_IS(FLIPQ_ALG_LZO, 3);
FLIPQ_IS(FLIPQ_ALG_ZSTD, 4);
FLIPQ_IS(FLIPQ_ALG_DEFLATE, 5);
FLIPQ_IS(FLIPQ_STATS_QUEUE, 0);
FLIPQ_IS(FLIPQ_STATS_PARTITION, 1);
FLIPQ_IS(FLIPQ_STATS_WORKER, 2);
FLIPQ_IS(FLIPQ_PROBE_OPCODE, 0);
FLIPQ_IS(FLIPQ_PROBE_SRC, 1);
FLIPQ_IS(FLIPQ_PROBE_DST, 2);
FLIPQ_IS(FLIPQ_PROBE_CSUM, 3);
FLIPQ_IS(FLIPQ_PROBE_ALGORITHM, 4);
FLIPQ_IS(FLIPQ_PROBE_REQ_FLAGS, 5);
FLIPQ_IS(FLIPQ_PROBE_CODEC_FLAGS, 6);
FLIPQ_IS(FLIPQ_PROBE_SETUP_FLAGS, 7);
FLIPQ_IS(FLIPQ_PROBE_ENTER_FLAGS, 8);
FLIPQ_IS(FLIPQ_PROBE_CANCEL_FLAGS, 9);
FLIPQ_IS(FLIPQ_PROBE_FEATURES, 10);

FLIPQ_IS(FLIPQ_ABI_VERSION, 0x1);
FLIPQ_IS(FLIPQ_MAX_SLOTS, 0x40);
FLIPQ_IS(FLIPQ_DEFAULT_SLOTS, 0x20);
FLIPQ_IS(FLIPQ_MAX_PARTITIONS, 0x40);
FLIPQ_IS(FLIPQ_MAX_CODECS, 0x10);
FLIPQ_IS(FLIPQ_MIN_SLOT_SIZE, 0x40);
FLIPQ_IS(FLIPQ_MAX_SLOT_SIZE, 0x400000);
FLIPQ_IS(FLIPQ_REQ_SRC_MASK, 0xf);
FLIPQ_IS(FLIPQ_REQ_SRC_SLOT, 0x0);
FLIPQ_IS(FLIPQ_REQ_SRC_ARENA, 0x1);
FLIPQ_IS(FLIPQ_REQ_SRC_USER, 0x2);
FLIPQ_IS(FLIPQ_REQ_SRC_REGION, 0x3);
FLIPQ_IS(FLIPQ_REQ_DST_MASK, 0xf0);
FLIPQ_IS(FLIPQ_REQ_DST_SLOT, 0x0);
FLIPQ_IS(FLIPQ_REQ_DST_ARENA, 0x10);
FLIPQ_IS(FLIPQ_REQ_DST_USER, 0x20);
FLIPQ_IS(FLIPQ_REQ_DST_REGION, 0x30);
FLIPQ_IS(FLIPQ_REQ_CSUM_MASK, 0xf00);
FLIPQ_IS(FLIPQ_REQ_CSUM_NONE, 0x0);
FLIPQ_IS(FLIPQ_REQ_CSUM_XXH32, 0x100);
FLIPQ_IS(FLIPQ_REQ_CSUM_XXH64, 0x200);
FLIPQ_IS(FLIPQ_REQ_CSUM_CRC32, 0x300);
FLIPQ_IS(FLIPQ_REQ_DETECT_FILL, 0x1000);
FLIPQ_IS(FLIPQ_REQ_CSUM_ENCODED, 0x2000);
FLIPQ_IS(FLIPQ_MIN_PAGE_SIZE, 0x40);
FLIPQ_IS(FLIPQ_MAX_FLUSH, 0x400000);
FLIPQ_IS(FLIPQ_RES_FILLED, 0x1);
FLIPQ_IS(FLIPQ_RES_INCOMPRESSIBLE, 0x2);
FLIPQ_IS(FLIPQ_NEED_WAKEUP, 0x1);
FLIPQ_IS(FLIPQ_CODEC_DECOMPRESS_ONLY, 0x1);
FLIPQ_IS(FLIPQ_CODEC_CHECKSUM, 0x2);
FLIPQ_IS(FLIPQ_CODEC_OWNER, 0x4);
FLIPQ_IS(FLIPQ_FEATURE_ARENA, 0x1);
FLIPQ_IS(FLIPQ_FEATURE_SERVE, 0x2);
FLIPQ_IS(FLIPQ_FEATURE_CANCEL, 0x4);
FLIPQ_IS(FLIPQ_INFO_HIDDEN, 0xffffffffffffffff);
FLIPQ_IS(FLIPQ_CODEC_CAP_COMPRESS, 0x1);
FLIPQ_IS(FLIPQ_CODEC_CAP_DECOMPRESS, 0x2);
FLIPQ_IS(FLIPQ_CODEC_CAP_CHECKSUM, 0x4);
FLIPQ_IS(FLIPQ_CODEC_NAME_LEN, 0x10);
FLIPQ_IS(FLIPQ_SETUP_SPIN, 0x1);
FLIPQ_IS(FLIPQ_ENTER_KICK, 0x1);
FLIPQ_IS(FLIPQ_ENTER_WAIT, 0x2);
FLIPQ_IS(FLIPQ_ENTER_ABSTIME, 0x4);
FLIPQ_IS(FLIPQ_ENTER_SERVE, 0x8);
FLIPQ_IS(FLIPQ_TIMEOUT_NONE, 0xffffffffffffffff);
FLIPQ_IS(FLIPQ_CANCEL_ALL, 0x1);
FLIPQ_IS(FLIPQ_IOC_INFO, 0xf140);
FLIPQ_IS(FLIPQ_IOC_CODEC, 0xf141);
FLIPQ_IS(FLIPQ_IOC_SETUP, 0xf142);
FLIPQ_IS(FLIPQ_IOC_ENTER, 0xf143);
FLIPQ_IS(FLIPQ_IOC_STATS, 0xf144);
FLIPQ_IS(FLIPQ_IOC_SERVE, 0xf145);
FLIPQ_IS(FLIPQ_IOC_CANCEL, 0xf146);
FLIPQ_IS(FLIPQ_IOC_PROBE, 0xf147);

#endif /* FLIPQ_LAYOUT_H */
