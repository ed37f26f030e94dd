// SPDX-License-Identifier: LGPL-2.1-or-later
//! libflipq as `<flipq.h>` has it. The crate `flipq` is what is safe to use.
//!
//! Functions with a struct are told its size, so a later library works with these.
//! Of the header's functions this has those that are in the library: what is named
//! `flipq_X()` there is `flipq_X_sized()` here, with `size_of` its struct as the last
//! argument.

#![no_std]
#![allow(non_camel_case_types)]

#[cfg(not(all(target_os = "linux", target_endian = "little", target_pointer_width = "64")))]
compile_error!("flipq is for 64-bit little-endian Linux");

use core::ffi::c_void;

/// `int`, the same on all machines that flipq is for.
pub type c_int = i32;
/// `unsigned int`.
pub type c_uint = u32;
/// A byte of a string of C's.
pub type c_char = u8;

pub const FLIPQ_DEVICE: &[u8] = b"/dev/flipq\0";
pub const FLIPQ_IN_PROCESS: &[u8] = b"process:\0";
pub const FLIPQ_TIMEOUT_NONE: u64 = u64::MAX;

pub const FLIPQ_OPEN_CHECK_THREADS: u64 = 1;

pub const FLIPQ_REQ_SRC_SLOT: u32 = 0x00;
pub const FLIPQ_REQ_SRC_ARENA: u32 = 0x01;
pub const FLIPQ_REQ_SRC_USER: u32 = 0x02;
pub const FLIPQ_REQ_DST_SLOT: u32 = 0x00;
pub const FLIPQ_REQ_DST_ARENA: u32 = 0x10;
pub const FLIPQ_REQ_DST_USER: u32 = 0x20;
pub const FLIPQ_REQ_CSUM_NONE: u32 = 0x0000;
pub const FLIPQ_REQ_CSUM_XXH32: u32 = 0x0100;
pub const FLIPQ_REQ_CSUM_XXH64: u32 = 0x0200;
pub const FLIPQ_REQ_CSUM_CRC32: u32 = 0x0300;
pub const FLIPQ_REQ_DETECT_FILL: u32 = 0x1000;
pub const FLIPQ_REQ_CSUM_ENCODED: u32 = 0x2000;

pub const FLIPQ_RES_FILLED: u32 = 1;
pub const FLIPQ_RES_INCOMPRESSIBLE: u32 = 2;

pub const FLIPQ_ALG_LZ4: u32 = 1;
pub const FLIPQ_ALG_LZ4HC: u32 = 2;
pub const FLIPQ_ALG_LZO: u32 = 3;
pub const FLIPQ_ALG_ZSTD: u32 = 4;
pub const FLIPQ_ALG_DEFLATE: u32 = 5;

pub const FLIPQ_CODEC_DECOMPRESS_ONLY: u32 = 1;
pub const FLIPQ_CODEC_CHECKSUM: u32 = 2;
pub const FLIPQ_CODEC_OWNER: u32 = 4;

pub const FLIPQ_CODEC_CAP_COMPRESS: u32 = 1;
pub const FLIPQ_CODEC_CAP_DECOMPRESS: u32 = 2;
pub const FLIPQ_CODEC_CAP_CHECKSUM: u32 = 4;

pub const FLIPQ_POLICY_BATCH: c_uint = 0;
pub const FLIPQ_POLICY_LEAST_LOADED: c_uint = 1;
pub const FLIPQ_POLICY_ROUND_ROBIN: c_uint = 2;
pub const FLIPQ_POLICY_FILL_FIRST: c_uint = 3;
pub const FLIPQ_POLICY_LOCAL_NODE: c_uint = 4;

pub const FLIPQ_IN_ARENA: c_uint = 0;
pub const FLIPQ_IN_USER: c_uint = 1;
pub const FLIPQ_FLUSH_CHUNKS: c_uint = 0;
pub const FLIPQ_FLUSH_FIXED: c_uint = 1;

pub const FLIPQ_STATS_QUEUE: c_uint = 0;
pub const FLIPQ_STATS_PARTITION: c_uint = 1;
pub const FLIPQ_STATS_WORKER: c_uint = 2;

/// A queue: only the library sees into it.
#[repr(C)]
pub struct flipq {
    opaque: [u8; 0],
}

/// A file of which any part can be read.
#[repr(C)]
pub struct flipq_image {
    opaque: [u8; 0],
}

/// A pool of threads.
#[repr(C)]
pub struct flipq_pool {
    opaque: [u8; 0],
}

/// The only struct whose size never changes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_codec {
    pub algorithm: u32,
    pub level: i32,
    pub flags: u32,
    pub window_log: u32,
    pub dict_addr: u64,
    pub dict_len: u32,
    pub reserved: [u32; 9],
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct flipq_config {
    pub device: *const c_char,
    pub slots: c_uint,
    pub partitions: c_uint,
    pub owner_partitions: c_uint,
    pub in_size: u32,
    pub out_size: u32,
    pub max_len: u32,
    pub arena_size: u64,
    pub codecs: *const flipq_codec,
    pub nr_codecs: c_uint,
    pub policy: c_uint,
    pub set_spin: c_int,
    pub worker_spin_ns: u32,
    pub wait_spin_ns: u32,
    pub shared_only: c_int,
    pub flags: u64,
    pub fallback: c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct flipq_image_config {
    pub device: *const c_char,
    pub partitions: c_uint,
    pub fallback: c_int,
    pub base: *mut flipq_image,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_image_info {
    pub size: u64,
    pub id: u64,
    pub blocks: u64,
    pub block: u32,
    pub checked: c_int,
    pub based: c_int,
    pub base_id: u64,
    pub base_size: u64,
    pub own: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_event {
    pub slot: c_int,
    pub status: c_int,
    pub flags: u32,
    pub len: u32,
    pub csum: u64,
    pub value: u64,
    pub user_data: u64,
    pub words: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_usage {
    pub submitted: u64,
    pub batches: u64,
    pub kicks: u64,
    pub waits: u64,
    pub busy: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_flush {
    pub src: u64,
    pub dst: u64,
    pub bitmap: u64,
    pub first: u64,
    pub count: u64,
    pub page_size: u32,
    /// `where` in C, which is a word of Rust's.
    pub where_: c_uint,
    pub mode: c_uint,
    pub chunk: u32,
    pub pages: u64,
    pub words: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_pool_config {
    pub min: c_uint,
    pub max: c_uint,
    pub idle_ns: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_pool_state {
    pub threads: c_uint,
    pub serving: c_uint,
    pub started: u64,
    pub ended: u64,
    pub requests: u64,
}

/// For `flipq_prep_raw_sized()`. The last member but one is a union in C.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_desc {
    pub opcode: u8,
    pub codec: u8,
    pub reserved0: u16,
    pub flags: u32,
    pub src_len: u32,
    pub dst_len: u32,
    pub src: u64,
    pub dst: u64,
    pub own: [u64; 3],
    pub reserved1: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_counters {
    pub requests: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub filled: u64,
    pub incompressible: u64,
    pub errors: u64,
    pub busy_ns: u64,
    pub turns: u64,
    pub sleeps: u64,
    pub wakeups: u64,
    pub kicks: u64,
    pub waits: u64,
    pub sleeping_waits: u64,
    pub cancelled: u64,
    pub serves: u64,
    pub reserved: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_stats {
    pub size: u32,
    pub flags: u32,
    pub of: u32,
    pub index: u32,
    pub cpu: u32,
    pub reserved0: u32,
    pub counters: flipq_counters,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_info {
    pub size: u32,
    pub flags: u32,
    pub abi: u32,
    pub max_slots: u32,
    pub max_partitions: u32,
    pub max_slot_size: u32,
    pub max_codecs: u32,
    pub workers: u32,
    pub default_partitions: u32,
    pub max_queues: u32,
    pub max_user_queues: u32,
    pub reserved: u32,
    pub features: u64,
    pub opcodes: u64,
    pub req_flags: u64,
    pub max_workspace: u64,
    pub max_queue_bytes: u64,
    pub max_total_bytes: u64,
    pub queues: u64,
    pub total_bytes: u64,
    pub worker_bytes: u64,
    pub max_user_bytes: u64,
    pub user_queues: u64,
    pub user_bytes: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct flipq_codec_info {
    pub size: u32,
    pub flags: u32,
    pub index: u32,
    pub slot_size: u32,
    pub algorithm: u32,
    pub caps: u32,
    pub min_level: i32,
    pub max_level: i32,
    pub default_level: i32,
    pub shared_level: i32,
    pub owner_level: i32,
    pub reserved0: u32,
    pub compress_workspace: u64,
    pub decompress_workspace: u64,
    pub owner_workspace: u64,
    pub name: [c_char; 16],
    pub reserved: [u64; 2],
}

#[rustfmt::skip]
extern "C" {
    pub fn flipq_open_sized(queue: *mut *mut flipq, config: *const flipq_config, size: usize) -> c_int;
    pub fn flipq_close(q: *mut flipq);
    pub fn flipq_fd(q: *const flipq) -> c_int;
    pub fn flipq_slots(q: *const flipq) -> c_uint;
    pub fn flipq_partitions(q: *const flipq) -> c_uint;
    pub fn flipq_owner_partitions(q: *const flipq) -> c_uint;
    pub fn flipq_stand_ins(q: *const flipq) -> c_uint;
    pub fn flipq_arena(q: *const flipq) -> *mut c_void;
    pub fn flipq_arena_size(q: *const flipq) -> u64;
    pub fn flipq_in_process(q: *const flipq) -> c_int;

    pub fn flipq_get(q: *mut flipq) -> c_int;
    pub fn flipq_get_owner(q: *mut flipq) -> c_int;
    pub fn flipq_get_in(q: *mut flipq, partition: c_uint) -> c_int;
    pub fn flipq_input(q: *const flipq, slot: c_int) -> *mut c_void;
    pub fn flipq_output(q: *const flipq, slot: c_int) -> *const c_void;
    pub fn flipq_put(q: *mut flipq, slot: c_int);

    pub fn flipq_prep_nop(q: *mut flipq, slot: c_int, user_data: u64) -> c_int;
    pub fn flipq_prep_compress(q: *mut flipq, slot: c_int, codec: c_uint, src_len: u32, dst_len: u32, flags: u32, user_data: u64) -> c_int;
    pub fn flipq_prep_decompress(q: *mut flipq, slot: c_int, codec: c_uint, src_len: u32, dst_len: u32, flags: u32, user_data: u64) -> c_int;
    pub fn flipq_prep_compress_at(q: *mut flipq, slot: c_int, codec: c_uint, src: u64, src_len: u32, dst: u64, dst_len: u32, flags: u32, user_data: u64) -> c_int;
    pub fn flipq_prep_decompress_at(q: *mut flipq, slot: c_int, codec: c_uint, src: u64, src_len: u32, dst: u64, dst_len: u32, flags: u32, user_data: u64) -> c_int;
    pub fn flipq_prep_copy(q: *mut flipq, slot: c_int, src: u64, dst: u64, len: u32, flags: u32, user_data: u64) -> c_int;
    pub fn flipq_prep_flush_sized(q: *mut flipq, slot: c_int, flush: *const flipq_flush, user_data: u64, size: usize) -> c_int;
    pub fn flipq_prep_raw_sized(q: *mut flipq, slot: c_int, desc: *const flipq_desc, user_data: u64, size: usize) -> c_int;

    pub fn flipq_submit(q: *mut flipq) -> c_int;
    pub fn flipq_submit_and_wait(q: *mut flipq, minimum: c_uint, timeout_ns: u64) -> c_int;
    pub fn flipq_submit_and_wait_until(q: *mut flipq, minimum: c_uint, deadline_ns: u64) -> c_int;
    pub fn flipq_wait(q: *mut flipq, minimum: c_uint, timeout_ns: u64) -> c_int;
    pub fn flipq_wait_until(q: *mut flipq, minimum: c_uint, deadline_ns: u64) -> c_int;
    pub fn flipq_peek_sized(q: *mut flipq, event: *mut flipq_event, size: usize) -> c_int;
    pub fn flipq_reap_sized(q: *mut flipq, events: *mut flipq_event, max: c_uint, size: usize) -> c_int;
    pub fn flipq_seen(q: *mut flipq, slot: c_int);
    pub fn flipq_in_flight(q: *const flipq) -> c_uint;

    pub fn flipq_serve(q: *const flipq, partition: c_uint, requests: c_uint, idle_ns: u64) -> c_int;
    pub fn flipq_wait_serve(q: *mut flipq, minimum: c_uint, timeout_ns: u64, partition: c_uint) -> c_int;
    pub fn flipq_submit_and_serve(q: *mut flipq, minimum: c_uint, timeout_ns: u64, partition: c_uint) -> c_int;

    pub fn flipq_cancel(q: *mut flipq, slot: c_int) -> c_int;
    pub fn flipq_cancel_all(q: *mut flipq) -> c_int;
    pub fn flipq_abort(q: *mut flipq) -> c_int;
    pub fn flipq_flush_sized(q: *mut flipq, flush: *mut flipq_flush, size: usize) -> c_int;

    pub fn flipq_pool_open_sized(pool: *mut *mut flipq_pool, q: *mut flipq, config: *const flipq_pool_config, size: usize) -> c_int;
    pub fn flipq_pool_set_sized(pool: *mut flipq_pool, config: *const flipq_pool_config, size: usize) -> c_int;
    pub fn flipq_pool_state_sized(pool: *mut flipq_pool, state: *mut flipq_pool_state, size: usize);
    pub fn flipq_pool_close(pool: *mut flipq_pool);

    pub fn flipq_query_info_sized(device: *const c_char, info: *mut flipq_info, size: usize) -> c_int;
    pub fn flipq_query_codec_sized(device: *const c_char, index: c_uint, slot_size: u32, info: *mut flipq_codec_info, size: usize) -> c_int;
    pub fn flipq_query_known(device: *const c_char, of: c_uint, value: u64) -> c_int;
    pub fn flipq_stats_sized(q: *const flipq, of: c_uint, index: c_uint, stats: *mut flipq_stats, size: usize) -> c_int;
    pub fn flipq_usage_sized(q: *const flipq, usage: *mut flipq_usage, size: usize);

    pub fn flipq_open_error(error: c_int) -> *const c_char;
    pub fn flipq_request_error(status: c_int) -> *const c_char;

    pub fn flipq_image_open_sized(image: *mut *mut flipq_image, fd: c_int, config: *const flipq_image_config, size: usize) -> c_int;
    pub fn flipq_image_close(image: *mut flipq_image);
    pub fn flipq_image_read(image: *mut flipq_image, buf: *mut c_void, len: usize, offset: u64) -> i64;
    pub fn flipq_image_size(image: *const flipq_image) -> u64;
    pub fn flipq_image_look_sized(fd: c_int, info: *mut flipq_image_info, size: usize) -> c_int;
    pub fn flipq_image_error(error: c_int) -> *const c_char;
}
