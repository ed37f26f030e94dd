# SPDX-License-Identifier: GPL-2.0-only
"""How fast this machine's time stamp counter counts, which a guest's is, too.

A guest that boots on a busy host measures it wrongly, at times by a factor of
six; all its timeouts are wrong then, and its CPUs seem to be stalled.
"""

import ctypes
import mmap
import platform
import time

# rdtsc; shl rdx, 32; or rax, rdx; ret
READ_COUNTER = bytes.fromhex("0f31 48c1e220 4809d0 c3")
SECONDS = 0.05
TRIES = 20


def _sample(read):
    """The counter and the time in ns, taken as close together as we can."""
    samples = []
    for _ in range(TRIES):
        before = time.monotonic_ns()
        count = read()
        after = time.monotonic_ns()
        samples.append((after - before, count, (before + after) // 2))
    _, count, now = min(samples)
    return count, now


def khz():
    """In kHz; None on a machine without such a counter, or one that lets
    nobody run what he wrote.
    """
    if platform.machine() != "x86_64":
        return None
    try:
        memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ |
                           mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError:
        return None
    with memory as page:
        page.write(READ_COUNTER)
        code = ctypes.c_char.from_buffer(page)
        read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(code))
        count, began = _sample(read)
        time.sleep(SECONDS)
        later, now = _sample(read)
        del code
    return (later - count) * 1000000 // (now - began)
