# SPDX-License-Identifier: LGPL-2.1-or-later
"""A queue, and a pool of threads that serve it."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
import weakref
from ctypes import byref, c_uint, c_void_p, sizeof
from typing import Any, Dict, Iterable, Iterator, List, Optional, Union

from . import _library as c
from ._errors import Closed, call_error, checked, open_error
from ._library import lib
from ._memory import Handle, Lent, Use, keep_for_ever
from ._numbers import (Algorithm, Codec, FlushMode, Policy, StatsOf,
                       codec_structs, exact, filled_in, nanoseconds)
from ._slot import Completion, Slot, forget

_kept: List[Dict[int, List[Lent]]] = []
_queues: "weakref.WeakSet[Queue]" = weakref.WeakSet()


def _end(used, handle, lent, pools):
    """Nobody uses the queue any more: take back what was lent to it. In a
    child of fork() the library knows that nothing of it is there.
    """
    try:
        with used:
            taken = _take_back(handle, pools)
    except RuntimeError:
        # at exit, and a daemon's: it goes on for as long as the process does
        keep_for_ever(handle)
        taken = False
    if not taken:
        # a server may have it still: better never than too early
        _kept.append(lent.copy())
        lent.clear()
    for some in lent.values():
        for one in some:
            one.give_back()
    lent.clear()


def _take_back(handle, pools):
    for pool in pools:
        lib.flipq_pool_close(pool)
    pools.clear()
    while True:
        result = lib.flipq_abort(handle)
        if result != -errno.EINTR:
            return result >= 0 or result == -errno.EIO


def _open(config):
    handle = Handle()
    result = lib.flipq_open_sized(byref(handle), byref(config),
                                  sizeof(config))
    if result:
        raise open_error(result)
    return handle


class Pool:
    """Threads of the library's that serve a queue's owner-served
    partitions."""

    def __init__(self, queue: "Queue", pointer: c_void_p):
        self._queue = queue
        self._pointer: Optional[c_void_p] = pointer
        self._lock = threading.Lock()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_):
        self.close()

    def set(self, minimum: int = 0, maximum: int = 0,
            idle: Optional[float] = 1.0) -> None:
        """Other limits; any thread may call this."""
        config = filled_in(c.PoolConfig(), min=minimum, max=maximum,
                           idle_ns=nanoseconds(idle))
        with self._open() as pointer:
            checked(lib.flipq_pool_set_sized(pointer, byref(config),
                                             sizeof(config)))

    def state(self) -> Dict[str, int]:
        """Its counters; any thread may call this."""
        state = c.PoolState()
        with self._open() as pointer:
            lib.flipq_pool_state_sized(pointer, byref(state), sizeof(state))
        return {name: getattr(state, name) for name, _ in state._fields_}

    def close(self) -> None:
        """End the threads after the requests that they are doing."""
        with self._lock:
            if self._pointer is not None:
                self._queue.pool_closed(self._pointer)
            self._pointer = None

    def forked(self):
        """Who held the lock is not here."""
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def _open(self):
        with self._lock:
            if self._pointer is None:
                raise Closed("the pool was closed")
            yield self._pointer


class Queue:
    """A queue into the kernel's compressors, or with `fallback` into those of
    user space where there is no device.

    `codecs` is a name (lz4, lz4hc, lzo, zstd, deflate), a Codec, or a sequence
    of these. The other arguments are those of struct flipq_config, times in
    seconds; `out_size` is `in_size` if nothing is said. A `device` is a path
    or IN_PROCESS.

    One thread at a time uses a queue, and another one that does is told so by
    RuntimeError; threads open one each. A child of fork() opens its own, too.
    Calls that wait let other threads run. A queue is a context manager; what
    is in flight at its end is cancelled.

        with Queue("zstd", fallback=True) as queue:
            slot = queue.get()
            slot.write(bytes(4096))
            slot.compress()
            queue.submit_and_wait()
            for done in queue.completions():
                print(done.check().length)
    """

    def __init__(self, codecs: Union[str, Codec, Iterable[Union[str, Codec]]]
                 = "lz4", *, in_size: int = 65536,
                 out_size: Optional[int] = None, slots: int = 0,
                 partitions: int = 0, owner_partitions: int = 0,
                 max_len: int = 0, arena_size: int = 0,
                 policy: Policy = Policy.BATCH,
                 spin: Optional["tuple[float, float]"] = None,
                 shared_only: bool = False, check_threads: bool = False,
                 fallback: bool = False,
                 device: Union[None, str, "os.PathLike[str]"] = None):
        structs = codec_structs(codecs)
        out_size = in_size if out_size is None else out_size
        config = filled_in(
            c.Config(),
            device=None if device is None else os.fsencode(device),
            slots=slots, partitions=partitions,
            owner_partitions=owner_partitions, in_size=in_size,
            out_size=out_size, max_len=max_len, arena_size=arena_size,
            codecs=structs, nr_codecs=len(structs), policy=policy,
            shared_only=shared_only, fallback=fallback,
            flags=c.OPEN_CHECK_THREADS * check_threads)
        if spin is not None:
            config.set_spin = 1
            worker, wait = map(nanoseconds, spin)
            filled_in(config, worker_spin_ns=worker, wait_spin_ns=wait)
        self.in_size = in_size
        self.out_size = out_size
        self.codecs = tuple(
            Codec(Algorithm(one.algorithm), one.level,
                  bool(one.flags & c.CODEC_DECOMPRESS_ONLY),
                  bool(one.flags & c.CODEC_CHECKSUM),
                  bool(one.flags & c.CODEC_OWNER), one.window_log)
            for one in structs)
        pointer = _open(config)
        self.used = Use(pointer)
        self.slots: int = lib.flipq_slots(pointer)
        self.partitions: int = lib.flipq_partitions(pointer)
        self.owner_partitions: int = lib.flipq_owner_partitions(pointer)
        self.stand_ins: int = lib.flipq_stand_ins(pointer)
        self.in_process = bool(lib.flipq_in_process(pointer))
        self._slots: Dict[int, Slot] = {}
        self._prepared: List[Slot] = []
        self._inputs: Dict[int, memoryview] = {}
        self._outputs: Dict[int, memoryview] = {}
        self._arena: Optional[memoryview] = None
        self._lent: Dict[int, List[Lent]] = {}
        self._pools: List[c_void_p] = []
        self._pool: Optional["weakref.ref[Pool]"] = None
        # also at exit, before what was lent goes
        self._ender = weakref.finalize(self, _end, self.used, pointer,
                                       self._lent, self._pools)
        _queues.add(self)

    def __repr__(self):
        if self.used.handle is None:
            return "<flipq.Queue, closed>"
        where = "in the process" if self.in_process else "of the device"
        return f"<flipq.Queue {where}, {self.partitions} partitions of " \
            f"{self.slots} slots>"

    def __enter__(self) -> "Queue":
        with self.used:
            return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Cancel what has not started, wait for what has, and give all back.
        Views of slots and of the arena are of no use any more, and those that
        were cut from them keep the memory, but nothing else.
        """
        if self.used.handle is None:
            return
        pool = self._pool and self._pool()
        if pool:
            pool.close()
        with self.used:
            self._ender()
            self._forget()
            self.used.handle = None

    # slots

    def get(self, *, owner: bool = False, partition: Optional[int] = None
            ) -> Optional[Slot]:
        """A free slot, or None: of a shared worker's partition, with `owner`
        of an owner-served one.
        """
        with self.used as pointer:
            if partition is not None:
                index = lib.flipq_get_in(
                    pointer, exact(c_uint, partition, "partition"))
            elif owner:
                index = lib.flipq_get_owner(pointer)
            else:
                index = lib.flipq_get(pointer)
            if index == -errno.EAGAIN:
                return None
            checked(index)
            base = self._inputs.get(index)
            if base is None and self.in_size:
                address = lib.flipq_input(pointer, index)
                if not address:
                    raise call_error(-errno.EIO)
                base = pointer.view(address, self.in_size)
                self._inputs[index] = base
            slot = Slot(self, index, base)
            self._slots[index] = slot
            return slot

    def submit(self) -> int:
        """Hand over all that was prepared, and say how many that were."""
        with self.used as pointer:
            return checked(self._hand_over(lib.flipq_submit, pointer))

    def wait(self, minimum: int = 1, timeout: Optional[float] = None) -> int:
        """Wait until so many of the requests in flight have finished (HALF or
        ALL of them, too) and say how many have. Timeout is raised if that
        takes longer; handlers of signals run meanwhile.
        """
        with self.used as pointer:
            return self._wait(lib.flipq_wait_until, pointer, minimum, timeout)

    def submit_and_wait(self, minimum: int = 1,
                        timeout: Optional[float] = None) -> int:
        """submit(), then wait(), in one system call or none."""
        with self.used as pointer:
            return self._wait(
                lambda *arguments: self._hand_over(
                    lib.flipq_submit_and_wait_until, *arguments),
                pointer, minimum, timeout)

    def peek(self) -> Optional[Completion]:
        """A request that has finished and was not reported yet, or None."""
        event = c.Event()
        with self.used as pointer:
            if not lib.flipq_peek_sized(pointer, byref(event), sizeof(event)):
                return None
            slot = self._slots[event.slot]
            slot.finished()
            return Completion(self, slot, event)

    def completions(self) -> Iterator[Completion]:
        """All that have finished. Each is given back when the next one is
        asked for.
        """
        while True:
            done = self.peek()
            if done is None:
                return
            with done:
                yield done

    def in_flight(self) -> int:
        """How many were submitted, and not reported yet."""
        with self.used as pointer:
            return lib.flipq_in_flight(pointer)

    def in_use(self) -> int:
        """How many slots were got and not given back."""
        with self.used:
            return len(self._slots)

    def cancel_all(self) -> int:
        """Take back what has not started, and say how much that is."""
        with self.used as pointer:
            return checked(lib.flipq_cancel_all(pointer))

    def abort(self) -> int:
        """As if the queue had just been opened. Say how much was cancelled."""
        with self.used as pointer:
            while True:
                result = lib.flipq_abort(pointer)
                if result != -errno.EINTR:
                    break
            cancelled = checked(result)
            for slot in list(self._slots.values()):
                self.drop(slot)
            self._prepared.clear()
            return cancelled

    # other calls

    @property
    def arena(self) -> Optional[memoryview]:
        """The arena, or None where there is none."""
        with self.used as pointer:
            if self._arena is None:
                address = lib.flipq_arena(pointer)
                if address:
                    self._arena = pointer.view(
                        address, lib.flipq_arena_size(pointer))
            return self._arena

    def fileno(self) -> int:
        """For select and its relatives: readable while there is a result that
        was not given back.
        """
        with self.used as pointer:
            return checked(lib.flipq_fd(pointer))

    def serve(self, partition: int, requests: int = 0,
              idle: Optional[float] = 0.0) -> int:
        """Do the requests of an owner-served partition, in this thread, until
        there were so many (0: no limit), or none for `idle` seconds (None:
        without end). Any thread may, also while another one uses the queue.
        """
        # it stays until this ends, whoever closes the queue
        handle = self.used.handle
        if handle is None:
            raise Closed("the queue was closed")
        while True:
            result = lib.flipq_serve(
                handle, exact(c_uint, partition, "partition"),
                exact(c_uint, requests, "requests"), nanoseconds(idle))
            if result != -errno.EINTR:
                return checked(result)

    def pool(self, minimum: int = 0, maximum: int = 0,
             idle: Optional[float] = 1.0) -> Pool:
        """Threads that serve the owner-served partitions, with limits of their
        number (0: as many as there are partitions) and the seconds that one
        stays without work.
        """
        config = filled_in(c.PoolConfig(), min=minimum, max=maximum,
                           idle_ns=nanoseconds(idle))
        pointer = c_void_p()
        with self.used as queue:
            checked(lib.flipq_pool_open_sized(byref(pointer), queue,
                                              byref(config), sizeof(config)))
            self._pools.append(pointer)
            pool = Pool(self, pointer)
            self._pool = weakref.ref(pool)
            return pool

    def flush(self, src: Union[int, Any], dst: Union[int, Any],
              bitmap: Union[int, Any], count: int, *, first: int = 0,
              page_size: int = 4096, mode: FlushMode = FlushMode.CHUNKS,
              chunk: int = 0) -> "tuple[int, int]":
        """Copy the pages whose bits are set in the bitmap, and clear the bits.
        The three are offsets in the arena, or buffers. Returns how many pages
        were copied and how many words of the bitmap looked at.
        """
        buffers = [one for one in (src, dst, bitmap)
                   if not isinstance(one, int)]
        if len(buffers) not in (0, 3):
            raise TypeError("either offsets in the arena, or buffers")
        lent = []
        try:
            if buffers:
                lent = _lend_flush(src, dst, bitmap, first + count, page_size)
                src, dst, bitmap = (one.address for one in lent)
            flush = filled_in(
                c.Flush(), src=src, dst=dst, bitmap=bitmap, first=first,
                count=count, page_size=page_size, mode=mode, chunk=chunk,
                where=c.IN_USER if lent else c.IN_ARENA)
            with self.used as pointer:
                before = lib.flipq_in_flight(pointer)
                result = lib.flipq_flush_sized(pointer, byref(flush),
                                               sizeof(flush))
                if lib.flipq_in_flight(pointer) > before:
                    # not even taking back worked: memory is not left to that
                    self._lent[-1] = lent
                    lent = []
                checked(result)
        finally:
            for one in lent:
                one.give_back()
        return flush.pages, flush.words

    def stats(self, of: StatsOf = StatsOf.QUEUE, index: int = 0
              ) -> Dict[str, int]:
        """The server's counters."""
        stats = c.Stats()
        with self.used as pointer:
            checked(lib.flipq_stats_sized(
                pointer, of, exact(c_uint, index, "index"), byref(stats),
                sizeof(stats)))
        return {name: getattr(stats.counters, name)
                for name, _ in c.Counters._fields_ if name != "reserved"}

    def usage(self) -> Dict[str, int]:
        """The library's counters."""
        usage = c.Usage()
        with self.used as pointer:
            lib.flipq_usage_sized(pointer, byref(usage), sizeof(usage))
        return {name: getattr(usage, name) for name, _ in usage._fields_}

    # for slots, completions and pools

    def prepared(self, slot, lent):
        """A slot describes a request, in place of one that it did before."""
        self._give_back(slot.index)
        if lent:
            self._lent[slot.index] = lent
        self._prepared.append(slot)

    def output_of(self, slot, length):
        """The output of what has finished."""
        with self.used as pointer:
            where = slot.output
            if where is None or not length:
                return memoryview(b"")
            if where.flags & c.DST_USER:
                return memoryview(where.place).cast("B")[:length].toreadonly()
            if where.flags & c.DST_ARENA:
                start = where.place
                address = lib.flipq_arena(pointer)
                return pointer.view(address + start, length).toreadonly()
            base = self._outputs.get(slot.index)
            if base is None:
                address = lib.flipq_output(pointer, slot.index)
                if not address:
                    raise call_error(-errno.EIO)
                base = pointer.view(address, self.out_size).toreadonly()
                self._outputs[slot.index] = base
            return base[:length]

    def seen(self, slot):
        """A result was used."""
        with self.used as pointer:
            lib.flipq_seen(pointer, slot.index)
            self.drop(slot)

    def drop(self, slot):
        """A slot is free."""
        self._give_back(slot.index)
        if self._slots.get(slot.index) is slot:
            del self._slots[slot.index]
        slot.freed()

    def pool_closed(self, pool):
        """Its threads end."""
        with self.used:
            if pool in self._pools:
                lib.flipq_pool_close(pool)
                self._pools.remove(pool)

    def forked(self):
        """This is the queue of a child of fork(): no view leads anywhere, and
        who held the lock is not here.
        """
        self.used.forked()
        pool = self._pool and self._pool()
        if pool:
            pool.forked()
        self._forget()

    def _give_back(self, index):
        for one in self._lent.pop(index, ()):
            one.give_back()

    def _forget(self):
        for slot in self._slots.values():
            slot.freed()
        self._slots.clear()
        self._prepared.clear()
        views = [*self._inputs.values(), *self._outputs.values()]
        if self._arena is not None:
            views.append(self._arena)
        for view in views:
            forget(view)
        self._inputs.clear()
        self._outputs.clear()
        self._arena = None

    def _hand_over(self, call, *arguments):
        """They are handed over, whatever else fails."""
        for slot in self._prepared:
            slot.handed_over()
        self._prepared.clear()
        return call(*arguments)

    @staticmethod
    def _wait(call, pointer, minimum, timeout):
        exact(c_uint, minimum, "minimum")
        until = c.TIMEOUT_NONE
        if timeout is not None:
            until = min(time.monotonic_ns() + nanoseconds(timeout),
                        c.TIMEOUT_NONE - 1)
        while True:
            result = call(pointer, minimum, until)
            # Python's handlers run between two calls, and may raise
            if result != -errno.EINTR:
                return checked(result)


def _lend_flush(src, dst, bitmap, pages, page_size):
    lent = []
    try:
        for one, writable, size in ((src, False, pages * page_size),
                                    (dst, True, pages * page_size),
                                    (bitmap, True, (pages + 63) // 64 * 8)):
            lent.append(Lent(one, writable))
            if lent[-1].size < size:
                raise ValueError(f"{size} bytes are needed, and "
                                 f"{lent[-1].size} there")
    except BaseException:
        for one in lent:
            one.give_back()
        raise
    return lent


def _forked():
    for queue in list(_queues):
        queue.forked()


os.register_at_fork(after_in_child=_forked)
