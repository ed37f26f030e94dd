# SPDX-License-Identifier: LGPL-2.1-or-later
"""libflipq.so.1 as it is: structures, functions and numbers of <flipq.h>.

Each structure is laid out here as the header has it, which the tests compare
with what a C compiler makes of that. Functions with a structure are told its
size, so a later library works with these.
"""

import ctypes
from ctypes import (POINTER, Structure, c_char, c_char_p, c_int, c_int32,
                    c_int64, c_size_t, c_uint, c_uint32, c_uint64, c_void_p)

SONAME = "libflipq.so.1"
# The first that has all of it, and a function that it brought.
SINCE, NEWEST = "LIBFLIPQ_1.1", "flipq_wait_until"

TIMEOUT_NONE = 2 ** 64 - 1
IN_PROCESS = "process:"
DEVICE = "/dev/flipq"

OPEN_CHECK_THREADS = 1
SRC_ARENA, SRC_USER = 0x01, 0x02
DST_ARENA, DST_USER = 0x10, 0x20
CSUM_SHIFT = 8
DETECT_FILL = 0x1000
CSUM_ENCODED = 0x2000
RES_FILLED, RES_INCOMPRESSIBLE = 1, 2
CODEC_DECOMPRESS_ONLY, CODEC_CHECKSUM, CODEC_OWNER = 1, 2, 4
CAP_COMPRESS, CAP_DECOMPRESS, CAP_CHECKSUM = 1, 2, 4
IN_ARENA, IN_USER = 0, 1

# What these are called in C.
C_NAMES = {
    "TIMEOUT_NONE": "FLIPQ_TIMEOUT_NONE",
    "OPEN_CHECK_THREADS": "FLIPQ_OPEN_CHECK_THREADS",
    "SRC_ARENA": "FLIPQ_REQ_SRC_ARENA",
    "SRC_USER": "FLIPQ_REQ_SRC_USER",
    "DST_ARENA": "FLIPQ_REQ_DST_ARENA",
    "DST_USER": "FLIPQ_REQ_DST_USER",
    "DETECT_FILL": "FLIPQ_REQ_DETECT_FILL",
    "CSUM_ENCODED": "FLIPQ_REQ_CSUM_ENCODED",
    "RES_FILLED": "FLIPQ_RES_FILLED",
    "RES_INCOMPRESSIBLE": "FLIPQ_RES_INCOMPRESSIBLE",
    "CODEC_DECOMPRESS_ONLY": "FLIPQ_CODEC_DECOMPRESS_ONLY",
    "CODEC_CHECKSUM": "FLIPQ_CODEC_CHECKSUM",
    "CODEC_OWNER": "FLIPQ_CODEC_OWNER",
    "CAP_COMPRESS": "FLIPQ_CODEC_CAP_COMPRESS",
    "CAP_DECOMPRESS": "FLIPQ_CODEC_CAP_DECOMPRESS",
    "CAP_CHECKSUM": "FLIPQ_CODEC_CAP_CHECKSUM",
    "IN_ARENA": "FLIPQ_IN_ARENA",
    "IN_USER": "FLIPQ_IN_USER",
}


class Codec(Structure):
    """struct flipq_codec, the only one whose size never changes"""

    c_name = "flipq_codec"
    _fields_ = [("algorithm", c_uint32), ("level", c_int32),
                ("flags", c_uint32),
                ("window_log", c_uint32), ("dict_addr", c_uint64),
                ("dict_len", c_uint32), ("reserved", c_uint32 * 9)]


class Config(Structure):
    """struct flipq_config"""

    c_name = "flipq_config"
    _fields_ = [("device", c_char_p), ("slots", c_uint),
                ("partitions", c_uint),
                ("owner_partitions", c_uint), ("in_size", c_uint32),
                ("out_size", c_uint32), ("max_len", c_uint32),
                ("arena_size", c_uint64), ("codecs", POINTER(Codec)),
                ("nr_codecs", c_uint), ("policy", c_uint), ("set_spin", c_int),
                ("worker_spin_ns", c_uint32), ("wait_spin_ns", c_uint32),
                ("shared_only", c_int), ("flags", c_uint64),
                ("fallback", c_int)]


class Event(Structure):
    """struct flipq_event"""

    c_name = "flipq_event"
    _fields_ = [("slot", c_int), ("status", c_int), ("flags", c_uint32),
                ("len", c_uint32), ("csum", c_uint64), ("value", c_uint64),
                ("user_data", c_uint64), ("words", c_uint32)]


class Usage(Structure):
    """struct flipq_usage"""

    c_name = "flipq_usage"
    _fields_ = [(name, c_uint64) for name in
                ("submitted", "batches", "kicks", "waits", "busy")]


class Flush(Structure):
    """struct flipq_flush"""

    c_name = "flipq_flush"
    _fields_ = [("src", c_uint64), ("dst", c_uint64), ("bitmap", c_uint64),
                ("first", c_uint64), ("count", c_uint64),
                ("page_size", c_uint32), ("where", c_uint), ("mode", c_uint),
                ("chunk", c_uint32), ("pages", c_uint64), ("words", c_uint64)]


class PoolConfig(Structure):
    """struct flipq_pool_config"""

    c_name = "flipq_pool_config"
    _fields_ = [("min", c_uint), ("max", c_uint), ("idle_ns", c_uint64)]


class PoolState(Structure):
    """struct flipq_pool_state"""

    c_name = "flipq_pool_state"
    _fields_ = [("threads", c_uint), ("serving", c_uint),
                ("started", c_uint64),
                ("ended", c_uint64), ("requests", c_uint64)]


class Counters(Structure):
    """struct flipq_counters"""

    c_name = "flipq_counters"
    _fields_ = [(name, c_uint64) for name in
                ("requests", "bytes_in", "bytes_out", "filled",
                 "incompressible", "errors", "busy_ns", "turns", "sleeps",
                 "wakeups", "kicks", "waits", "sleeping_waits", "cancelled",
                 "serves", "reserved")]


class Stats(Structure):
    """struct flipq_stats"""

    c_name = "flipq_stats"
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("of", c_uint32),
                ("index", c_uint32), ("cpu", c_uint32), ("reserved0",
                c_uint32), ("counters", Counters)]


class Info(Structure):
    """struct flipq_info"""

    c_name = "flipq_info"
    _fields_ = [(name, c_uint32) for name in
                ("size", "flags", "abi", "max_slots", "max_partitions",
                 "max_slot_size", "max_codecs", "workers",
                 "default_partitions", "max_queues", "max_user_queues",
                 "reserved")] + \
               [(name, c_uint64) for name in
                ("features", "opcodes", "req_flags", "max_workspace",
                 "max_queue_bytes", "max_total_bytes", "queues", "total_bytes",
                 "worker_bytes", "max_user_bytes", "user_queues",
                 "user_bytes")]


class CodecInfo(Structure):
    """struct flipq_codec_info"""

    c_name = "flipq_codec_info"
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("index", c_uint32),
                ("slot_size", c_uint32), ("algorithm", c_uint32),
                ("caps", c_uint32), ("min_level", c_int32),
                ("max_level", c_int32), ("default_level", c_int32),
                ("shared_level", c_int32), ("owner_level", c_int32),
                ("reserved0", c_uint32), ("compress_workspace", c_uint64),
                ("decompress_workspace", c_uint64),
                ("owner_workspace", c_uint64), ("name", c_char * 16),
                ("reserved", c_uint64 * 2)]


class ImageConfig(Structure):
    """struct flipq_image_config"""

    c_name = "flipq_image_config"
    _fields_ = [("device", c_char_p), ("partitions", c_uint),
                ("fallback", c_int), ("base", c_void_p)]


class ImageInfo(Structure):
    """struct flipq_image_info"""

    c_name = "flipq_image_info"
    _fields_ = [("size", c_uint64), ("id", c_uint64), ("blocks", c_uint64),
                ("block", c_uint32), ("checked", c_int), ("based", c_int),
                ("base_id", c_uint64), ("base_size", c_uint64),
                ("own", c_uint64)]


STRUCTS = (Codec, Config, Event, Usage, Flush, PoolConfig, PoolState, Counters,
           Stats, Info, CodecInfo, ImageConfig, ImageInfo)

_QUEUE = c_void_p
_AT = (_QUEUE, c_int, c_uint, c_uint64, c_uint32, c_uint64, c_uint32, c_uint32,
       c_uint64)

# What each function returns and takes.
FUNCTIONS = {
    "flipq_open_sized": (c_int, POINTER(_QUEUE), POINTER(Config), c_size_t),
    "flipq_close": (None, _QUEUE),
    "flipq_fd": (c_int, _QUEUE),
    "flipq_slots": (c_uint, _QUEUE),
    "flipq_partitions": (c_uint, _QUEUE),
    "flipq_owner_partitions": (c_uint, _QUEUE),
    "flipq_stand_ins": (c_uint, _QUEUE),
    "flipq_arena": (c_void_p, _QUEUE),
    "flipq_arena_size": (c_uint64, _QUEUE),
    "flipq_in_process": (c_int, _QUEUE),
    "flipq_get": (c_int, _QUEUE),
    "flipq_get_owner": (c_int, _QUEUE),
    "flipq_get_in": (c_int, _QUEUE, c_uint),
    "flipq_input": (c_void_p, _QUEUE, c_int),
    "flipq_output": (c_void_p, _QUEUE, c_int),
    "flipq_prep_nop": (c_int, _QUEUE, c_int, c_uint64),
    "flipq_prep_compress_at": (c_int, *_AT),
    "flipq_prep_decompress_at": (c_int, *_AT),
    "flipq_prep_copy": (c_int, _QUEUE, c_int, c_uint64, c_uint64, c_uint32,
                        c_uint32, c_uint64),
    "flipq_put": (None, _QUEUE, c_int),
    "flipq_submit": (c_int, _QUEUE),
    "flipq_submit_and_wait_until": (c_int, _QUEUE, c_uint, c_uint64),
    "flipq_wait_until": (c_int, _QUEUE, c_uint, c_uint64),
    "flipq_peek_sized": (c_int, _QUEUE, POINTER(Event), c_size_t),
    "flipq_seen": (None, _QUEUE, c_int),
    "flipq_in_flight": (c_uint, _QUEUE),
    "flipq_serve": (c_int, _QUEUE, c_uint, c_uint, c_uint64),
    "flipq_cancel": (c_int, _QUEUE, c_int),
    "flipq_cancel_all": (c_int, _QUEUE),
    "flipq_abort": (c_int, _QUEUE),
    "flipq_flush_sized": (c_int, _QUEUE, POINTER(Flush), c_size_t),
    "flipq_pool_open_sized": (c_int, POINTER(c_void_p), _QUEUE,
                              POINTER(PoolConfig), c_size_t),
    "flipq_pool_set_sized": (c_int, c_void_p, POINTER(PoolConfig), c_size_t),
    "flipq_pool_state_sized": (None, c_void_p, POINTER(PoolState), c_size_t),
    "flipq_pool_close": (None, c_void_p),
    "flipq_query_info_sized": (c_int, c_char_p, POINTER(Info), c_size_t),
    "flipq_query_codec_sized": (c_int, c_char_p, c_uint, c_uint32,
                                POINTER(CodecInfo), c_size_t),
    "flipq_stats_sized": (c_int, _QUEUE, c_uint, c_uint, POINTER(Stats),
                          c_size_t),
    "flipq_usage_sized": (None, _QUEUE, POINTER(Usage), c_size_t),
    "flipq_open_error": (c_char_p, c_int),
    "flipq_request_error": (c_char_p, c_int),
    "flipq_image_open_sized": (c_int, POINTER(c_void_p), c_int,
                               POINTER(ImageConfig), c_size_t),
    "flipq_image_close": (None, c_void_p),
    "flipq_image_read": (c_int64, c_void_p, c_void_p, c_size_t, c_uint64),
    "flipq_image_look_sized": (c_int, c_int, POINTER(ImageInfo), c_size_t),
    "flipq_image_error": (c_char_p, c_int),
}
# Not of use here: what others are made of, or do for less.
UNUSED = {
    "flipq_prep_compress": "flipq_prep_compress_at",
    "flipq_prep_decompress": "flipq_prep_decompress_at",
    "flipq_prep_raw_sized": "the others, which check",
    "flipq_prep_flush_sized": "flipq_flush_sized",
    "flipq_wait": "flipq_wait_until",
    "flipq_submit_and_wait": "flipq_submit_and_wait_until",
    "flipq_reap_sized": "flipq_peek_sized",
    "flipq_wait_serve": "a pool",
    "flipq_submit_and_serve": "a pool",
    "flipq_query_known": "flipq_query_codec_sized",
    "flipq_image_size": "flipq_image_look_sized",
}


def _load():
    try:
        found = ctypes.CDLL(SONAME)
    except OSError as error:
        raise ImportError(f"{SONAME}: install libflipq ({error})") from error
    if not hasattr(found, NEWEST):
        raise ImportError(f"{SONAME} is older than {SINCE}")
    for name, (returns, *takes) in FUNCTIONS.items():
        function = getattr(found, name)
        function.restype = returns
        function.argtypes = takes
    return found


lib = _load()
