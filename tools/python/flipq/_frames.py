# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whole files of bytes, for the stock tools to read."""

from __future__ import annotations

import struct
from typing import Callable, Iterable, Iterator, NamedTuple, Optional

from ._blocks import Block, compress_blocks
from ._numbers import Checksum, Codec
from ._queue import Queue

BLOCK_SIZE = 65536
# The header of an LZ4 frame of independent blocks, by the largest block.
_LZ4_HEADERS = {1 << 16: b"\x04\x22\x4d\x18\x60\x40\x82",
                1 << 18: b"\x04\x22\x4d\x18\x60\x50\xfb",
                1 << 20: b"\x04\x22\x4d\x18\x60\x60\x51",
                1 << 22: b"\x04\x22\x4d\x18\x60\x70\x73"}
_LZ4_RAW = 1 << 31
_ZSTD_MAGIC = 0xfd2fb528
# a size in four bytes, and no window but the content
_ZSTD_SIZED = 0xa0
_ZSTD_LARGEST = 1 << 17
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
_DEFLATE_LARGEST = 65535


def _pieces(data, size):
    """A buffer in pieces, without a copy; nothing is one that is empty."""
    for start in range(0, len(data) or 1, size):
        yield data[start:start + size]


def _lz4(blocks: Iterable[Block], block_size: int) -> Iterator[bytes]:
    yield next(header for largest, header in _LZ4_HEADERS.items()
               if block_size <= largest)
    for block in blocks:
        yield struct.pack("<I", len(block.data) | _LZ4_RAW * block.stored)
        yield block.data
    yield bytes(4)


def _zstd_stored(data):
    yield struct.pack("<IBI", _ZSTD_MAGIC, _ZSTD_SIZED, len(data))
    left = len(data)
    for piece in _pieces(memoryview(data), _ZSTD_LARGEST):
        left -= len(piece)
        yield (len(piece) << 3 | (not left)).to_bytes(3, "little")
        yield bytes(piece)


def _zstd(blocks: Iterable[Block], _: int) -> Iterator[bytes]:
    for block in blocks:
        if block.stored:
            yield from _zstd_stored(block.data)
        else:
            yield block.data


def _deflate_stored(data):
    left = len(data)
    for piece in _pieces(memoryview(data), _DEFLATE_LARGEST):
        left -= len(piece)
        yield struct.pack("<BHH", not left, len(piece), ~len(piece) & 0xffff)
        yield bytes(piece)


def _gzip(blocks: Iterable[Block], _: int) -> Iterator[bytes]:
    for block in blocks:
        yield _GZIP_HEADER
        if block.stored:
            yield from _deflate_stored(block.data)
        else:
            yield block.data
        yield struct.pack("<II", block.checksum, block.size)


class _Format(NamedTuple):
    codec: str
    checksum: Checksum
    pack: Callable[[Iterable[Block], int], Iterator[bytes]]
    # for nothing at all, of which there is no request
    empty: Optional[Block]


_FORMATS = {
    "lz4": _Format("lz4", Checksum.NONE, _lz4, None),
    "zstd": _Format("zstd", Checksum.NONE, _zstd, Block(b"", 0, True)),
    "gzip": _Format("deflate", Checksum.CRC32, _gzip, Block(b"", 0, True)),
}


# pylint: disable-next=redefined-builtin
def compress(data, format: str = "lz4", level: int = 0, *,
             block_size: int = BLOCK_SIZE, fallback: bool = True,
             device=None) -> bytes:
    """Compress a buffer to a file in the format lz4, zstd or gzip, which any
    reader of that format reads. It is done in blocks, by all workers at once,
    with a queue of its own: for much of it. lz4 with a level is LZ4HC.
    """
    try:
        kind = _FORMATS[format]
    except KeyError:
        raise ValueError(f"no format {format!r}: expected "
                         f"{', '.join(_FORMATS)}") from None
    name = "lz4hc" if level and format == "lz4" else kind.codec
    with memoryview(data) as whole, whole.cast("B") as view:
        if not view:
            empty = [kind.empty] if kind.empty else []
            return b"".join(kind.pack(empty, block_size))
        with Queue(Codec(name, level), in_size=block_size, fallback=fallback,
                   device=device) as queue:
            blocks = compress_blocks(queue, _pieces(view, block_size),
                                     checksum=kind.checksum)
            return b"".join(kind.pack(blocks, block_size))
