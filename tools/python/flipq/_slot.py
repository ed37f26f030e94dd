# SPDX-License-Identifier: LGPL-2.1-or-later
"""A slot on its way: got, prepared, in flight, finished, given back."""

from __future__ import annotations

import enum
from ctypes import c_uint, c_uint32, c_uint64
from typing import Any, NamedTuple, Optional, Union

from . import _library as c
from ._errors import Closed, checked, request_error
from ._library import lib
from ._memory import Lent
from ._numbers import Checksum, exact


class _State(enum.Enum):
    GOT = "was got"
    PREPARED = "is prepared"
    IN_FLIGHT = "is in flight"
    FINISHED = "has finished"
    FREE = "was given back"


class Output(NamedTuple):
    """Where a request's output goes: a buffer, an offset in the arena, or
    None."""

    place: Any
    flags: int
    address: int
    room: int


def forget(view):
    """A view is of no use from here on; what was made of it may be."""
    try:
        view.release()
    except BufferError:
        pass


class Slot:
    """Room for one request, got of a queue.

    Write the data to `input`, or let write() do that, then describe the
    request: compress(), decompress(), copy() or nop(). The queue's submit()
    hands it over.

    `source` and `into` say where else data is than in the slot. A number is an
    offset in the arena. A buffer (bytes, bytearray, memoryview, mmap) is lent
    to the request until its result is given back, and nothing is copied: in a
    queue of the device that takes a slot of an owner-served partition,
    get(owner=True).

    `checksum` is of the data that is not compressed, with `encoded` of the
    other. `tag` is any object, and comes back with the result.
    """

    __slots__ = ("index", "state", "tag", "output", "_queue", "_base", "_view",
                 "_length")

    def __init__(self, queue, index: int, base: Optional[memoryview]):
        self.index = index
        self.state = _State.GOT
        self.tag: Any = None
        self.output: Optional[Output] = None
        self._queue = queue
        self._base = base
        self._view: Optional[memoryview] = None
        self._length = 0

    def __repr__(self):
        return f"<flipq.Slot {self.index}, which {self.state.value}>"

    @property
    def input(self) -> memoryview:
        """The slot's input buffer, until the request is handed over."""
        self._ours()
        if self._view is None:
            if self._base is None:
                raise ValueError("the queue has no input buffers (in_size=0)")
            self._view = memoryview(self._base)
        return self._view

    def write(self, data) -> int:
        """Copy data to the beginning of `input`, and take its length for that
        of the request. The length is returned.
        """
        with memoryview(data) as whole, whole.cast("B") as source:
            size = len(source)
            if size > len(self.input):
                raise ValueError(f"{size} bytes: the input buffer has "
                                 f"{len(self.input)}")
            self.input[:size] = source
        self._length = size
        return size

    def compress(self, length: Optional[int] = None, *, codec: int = 0,
                 source: Union[None, int, Any] = None,
                 into: Union[None, int, Any] = None,
                 room: Optional[int] = None,
                 checksum: Checksum = Checksum.NONE, encoded: bool = False,
                 detect_fill: bool = False, tag: Any = None) -> "Slot":
        """Compress `length` bytes: by default what write() wrote, or all of a
        buffer. What does not fit in `room` is reported as incompressible.
        """
        flags = checksum << c.CSUM_SHIFT | c.CSUM_ENCODED * encoded | \
            c.DETECT_FILL * detect_fill
        return self._transcode(lib.flipq_prep_compress_at, codec, source,
                               length, into, room, flags, tag)

    def decompress(self, length: Optional[int] = None, *, codec: int = 0,
                   source: Union[None, int, Any] = None,
                   into: Union[None, int, Any] = None,
                   room: Optional[int] = None,
                   checksum: Checksum = Checksum.NONE, encoded: bool = False,
                   tag: Any = None) -> "Slot":
        """Decompress `length` bytes to `room` at most."""
        flags = checksum << c.CSUM_SHIFT | c.CSUM_ENCODED * encoded
        return self._transcode(lib.flipq_prep_decompress_at, codec, source,
                               length, into, room, flags, tag)

    def copy(self, length: Optional[int] = None, *,
             source: Union[None, int, Any] = None,
             into: Union[None, int, Any] = None, tag: Any = None) -> "Slot":
        """Copy `length` bytes."""
        def prep(pointer, index, _, src, size, dst, room, flags, data):
            if room < size:
                raise ValueError(f"{size} bytes: there is room for {room}")
            return lib.flipq_prep_copy(pointer, index, src, dst, size, flags,
                                       data)

        return self._transcode(prep, 0, source, length, into, None, 0, tag)

    def nop(self, tag: Any = None) -> "Slot":
        """Do nothing."""
        with self._queue.used as pointer:
            self._ours()
            checked(lib.flipq_prep_nop(pointer, self.index, 0))
            self._prepared(tag, None, [])
        return self

    def put(self) -> None:
        """Give the slot back without a request."""
        with self._queue.used as pointer:
            self._ours()
            lib.flipq_put(pointer, self.index)
            self._queue.drop(self)

    def cancel(self) -> bool:
        """Take the request back if it has not started. It finishes all the
        same, with ECANCELED if this is true.
        """
        with self._queue.used as pointer:
            if self.state is not _State.IN_FLIGHT:
                raise Closed(f"slot {self.index} {self.state.value}")
            return bool(checked(lib.flipq_cancel(pointer, self.index)))

    # for the queue

    def handed_over(self):
        """The request is the queue's, unless it was taken back."""
        if self.state is _State.PREPARED:
            self.state = _State.IN_FLIGHT
            self._forget_view()

    def _forget_view(self):
        if self._view is not None:
            forget(self._view)
            self._view = None

    def finished(self):
        """There is a result."""
        self.state = _State.FINISHED

    def freed(self):
        """The slot is another one's now."""
        self._forget_view()
        self.state = _State.FREE
        self.output = self.tag = self._base = None

    def _ours(self):
        if self.state not in (_State.GOT, _State.PREPARED):
            raise Closed(f"slot {self.index} {self.state.value}")

    def _transcode(self, prep, codec, source, length, into, room, flags, tag):
        lent = []
        with self._queue.used as pointer:
            self._ours()
            try:
                src_flags, src, length = self._source(source, length, lent)
                output = self._output(into, room, length, lent)
                checked(prep(pointer, self.index,
                             exact(c_uint, codec, "codec"),
                             exact(c_uint64, src, "source"),
                             exact(c_uint32, length, "length"),
                             exact(c_uint64, output.address, "into"),
                             exact(c_uint32, output.room, "room"),
                             flags | src_flags | output.flags, 0))
            except BaseException:
                for one in lent:
                    one.give_back()
                raise
            self._prepared(tag, output, lent)
        return self

    def _source(self, source, length, lent):
        if source is None:
            return 0, 0, self._length if length is None else length
        if isinstance(source, int):
            if length is None:
                raise TypeError("a source in the arena needs a length")
            return c.SRC_ARENA, source, length
        one = Lent(source, False)
        lent.append(one)
        length = one.size if length is None else length
        if not 0 <= length <= one.size:
            raise ValueError(f"{length} bytes: the source has {one.size}")
        return c.SRC_USER, one.address, length

    def _output(self, into, room, length, lent):
        if into is None:
            size = self._queue.out_size
            return Output(None, 0, 0, size if room is None else room)
        if isinstance(into, int):
            return Output(into, c.DST_ARENA, into,
                          length if room is None else room)
        one = Lent(into, True)
        lent.append(one)
        room = one.size if room is None else room
        if not 0 <= room <= one.size:
            raise ValueError(f"room for {room}: the buffer has {one.size}")
        return Output(into, c.DST_USER, one.address, room)

    def _prepared(self, tag, output, lent):
        self.state = _State.PREPARED
        self.tag = tag
        self.output = output
        self._queue.prepared(self, lent)


class Completion:
    """A request that has finished. The slot is its until release(), which also
    the end of a `with` calls.

    `status` is 0 or a negative errno. Of a request to compress `filled` says
    that the input is the word `value` repeated, and `incompressible` that it
    did not shrink: there is no output then. `length` counts the bytes of
    output.
    """

    __slots__ = ("slot", "tag", "status", "filled", "incompressible", "length",
                 "checksum", "value", "_queue", "_view")

    def __init__(self, queue, slot: Slot, event: c.Event):
        self.slot = slot
        self.tag = slot.tag
        self.status: int = event.status
        self.filled = bool(event.flags & c.RES_FILLED)
        self.incompressible = bool(event.flags & c.RES_INCOMPRESSIBLE)
        self.length: int = event.len
        self.checksum: int = event.csum
        self.value: int = event.value
        self._queue = queue
        self._view: Optional[memoryview] = None

    def __repr__(self):
        return f"<flipq.Completion of slot {self.slot.index}, status " \
            f"{self.status}, {self.length} bytes>"

    def __enter__(self) -> "Completion":
        return self

    def __exit__(self, *_):
        self.release()

    def check(self) -> "Completion":
        """Raise RequestError if the request was not done."""
        if self.status:
            raise request_error(self.status)
        return self

    @property
    def output(self) -> memoryview:
        """The output, where it is: nothing is copied, and it goes with
        release() if it is in the slot.
        """
        if self.slot.state is not _State.FINISHED:
            raise Closed(f"slot {self.slot.index} {self.slot.state.value}")
        if self._view is None:
            self._view = self._queue.output_of(self.slot, self.length)
        return self._view

    def release(self) -> None:
        """Give the slot back, and what was lent."""
        if self.slot.state is not _State.FINISHED:
            return
        if self._view is not None:
            forget(self._view)
        self._queue.seen(self.slot)
