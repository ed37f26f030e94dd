# SPDX-License-Identifier: LGPL-2.1-or-later
"""The numbers that callers choose from."""

from __future__ import annotations

import enum
from typing import NamedTuple, Union

from . import _library as c

HALF = 0
ALL = 2 ** 32 - 1


def exact(kind, value, what):
    """A number that C has room for: ctypes would cut it without a word."""
    if kind(value).value != value:
        raise ValueError(f"{what} of {value}: out of range")
    return value


def filled_in(struct, **members):
    """A struct with these members, each as it is."""
    for name, value in members.items():
        setattr(struct, name, value)
        if isinstance(value, int) and getattr(struct, name) != value:
            raise ValueError(f"{name} of {value}: out of range")
    return struct


class Algorithm(enum.IntEnum):
    """What compresses. LZ4 and LZ4HC make LZ4 blocks, DEFLATE raw deflate
    streams, ZSTD whole frames. LZO is the device's only.
    """

    LZ4 = 1
    LZ4HC = 2
    LZO = 3
    ZSTD = 4
    DEFLATE = 5


class Checksum(enum.IntEnum):
    """A checksum of what is, or was, compressed; seeds are 0."""

    NONE = 0
    XXH32 = 1
    XXH64 = 2
    CRC32 = 3


class Policy(enum.IntEnum):
    """Which partition the next slot is from; libflipq(3) says more."""

    BATCH = 0
    LEAST_LOADED = 1
    ROUND_ROBIN = 2
    FILL_FIRST = 3
    LOCAL_NODE = 4


class FlushMode(enum.IntEnum):
    """How a flush is divided among partitions."""

    CHUNKS = 0
    FIXED = 1


class StatsOf(enum.IntEnum):
    """Whose counters."""

    QUEUE = 0
    PARTITION = 1
    WORKER = 2


class Codec(NamedTuple):
    """An algorithm and how it is used; requests name it by its place in the
    queue's list. `level` 0 is the algorithm's default.
    """

    algorithm: Union[Algorithm, str]
    level: int = 0
    decompress_only: bool = False
    checksum: bool = False
    owner: bool = False
    window_log: int = 0

    def struct(self) -> c.Codec:
        """As C has it."""
        algorithm = self.algorithm
        if isinstance(algorithm, str):
            try:
                algorithm = Algorithm[algorithm.upper()]
            except KeyError:
                known = ", ".join(a.name.lower() for a in Algorithm)
                raise ValueError(
                    f"no codec {algorithm!r}: expected {known}") from None
        flags = c.CODEC_DECOMPRESS_ONLY * self.decompress_only | \
            c.CODEC_CHECKSUM * self.checksum | c.CODEC_OWNER * self.owner
        return filled_in(c.Codec(), algorithm=algorithm, level=self.level,
                         flags=flags, window_log=self.window_log)


def codec_structs(codecs):
    """An array for C of a name, a Codec, or a sequence of these."""
    if isinstance(codecs, (str, int, Codec)):
        codecs = [codecs]
    made = [(codec if isinstance(codec, Codec) else Codec(codec)).struct()
            for codec in codecs]
    return (c.Codec * len(made))(*made)


def nanoseconds(seconds):
    """A duration; None is without end."""
    if seconds is None:
        return c.TIMEOUT_NONE
    if seconds < 0:
        raise ValueError(f"{seconds} seconds: expected none or more")
    return min(int(seconds * 1e9), c.TIMEOUT_NONE - 1)
