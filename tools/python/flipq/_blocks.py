# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many blocks, all slots at work, results in order."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, NamedTuple, Optional

from ._numbers import HALF, Checksum
from ._queue import Queue
from ._slot import Completion, Slot

# How far ahead of the oldest request that is not done, in queues full.
_AHEAD = 4


class Block(NamedTuple):
    """What became of a block of `size` bytes. `data` is compressed; or, where
    `stored`, as it was, since it did not shrink; or, where `filled`, the eight
    bytes that the block repeats.
    """

    data: bytes
    size: int
    stored: bool = False
    filled: bool = False
    checksum: int = 0


def _in_order(queue: Queue, items: Iterable[Any],
              prepare: Callable[[Slot, Any], None],
              collect: Callable[[Completion, Any], Any]) -> Iterator[Any]:
    """Requests for all items, as many at once as there are slots; what
    collect() makes of each, in the order of the items.
    """
    if queue.in_use():
        raise ValueError("slots of the queue are in use")
    done = {}
    first = 0       # that was not yielded yet
    ahead = _AHEAD * queue.slots * queue.partitions

    def collect_all():
        for one in queue.completions():
            number, item = one.tag
            done[number] = collect(one.check(), item)

    try:
        for number, item in enumerate(items):
            slot = queue.get()
            while slot is None or number - first >= ahead:
                if slot is not None:
                    slot.put()
                queue.submit_and_wait(HALF)
                collect_all()
                while first in done:
                    yield done.pop(first)
                    first += 1
                slot = queue.get()
            prepare(slot, item)
            slot.tag = number, item
        while queue.submit_and_wait(HALF):
            collect_all()
            while first in done:
                yield done.pop(first)
                first += 1
    finally:
        # nothing is left behind by an error, or by who takes no more
        queue.abort()


def compress_blocks(queue: Queue, blocks: Iterable[Any], *, codec: int = 0,
                    room: Optional[int] = None,
                    checksum: Checksum = Checksum.NONE,
                    detect_fill: bool = False) -> Iterator[Block]:
    """Compress buffers, each at most as large as the queue's slots. The
    results come in the same order, the first of them before the last block is
    asked for. Nothing else may use the queue meanwhile.
    """
    def prepare(slot, block):
        slot.write(block)
        slot.compress(codec=codec, room=room, checksum=checksum,
                      detect_fill=detect_fill)

    def collect(done, block):
        with memoryview(block) as view:
            size = view.nbytes
            if done.filled:
                data = done.value.to_bytes(8, "little")
            else:
                data = bytes(view if done.incompressible else done.output)
        return Block(data, size, done.incompressible, done.filled,
                     done.checksum)

    return _in_order(queue, blocks, prepare, collect)


def decompress_blocks(queue: Queue, blocks: Iterable[Block], *,
                      codec: int = 0) -> Iterator[bytes]:
    """The reverse, of what compress_blocks() made with the same codec."""
    def prepare(slot, block):
        if block.stored or block.filled:
            slot.nop()
        else:
            slot.write(block.data)
            slot.decompress(codec=codec, room=block.size)

    def collect(done, block):
        if block.stored:
            return block.data
        if block.filled:
            return (block.data * (block.size // 8 + 1))[:block.size]
        return bytes(done.output)

    return _in_order(queue, blocks, prepare, collect)
