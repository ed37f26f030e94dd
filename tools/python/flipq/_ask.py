# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a device offers, asked without a queue."""

from __future__ import annotations

import errno
import os
from ctypes import byref, sizeof
from typing import Dict, Iterator, NamedTuple, Optional

from . import _library as c
from ._errors import open_error
from ._library import lib
from ._numbers import Algorithm

_HIDDEN = 2 ** 64 - 1


class CodecInfo(NamedTuple):
    """A codec, at the size of slots that was asked about."""

    name: str
    algorithm: int
    compresses: bool
    decompresses: bool
    has_checksum: bool
    min_level: int
    max_level: int
    default_level: int
    shared_level: int
    owner_level: int


def _device(device):
    return None if device is None else os.fsencode(device)


def info(device=None) -> Dict[str, Optional[int]]:
    """Limits, and what is in use; None for what the caller may not know."""
    found = c.Info()
    result = lib.flipq_query_info_sized(_device(device), byref(found),
                                        sizeof(found))
    if result < 0:
        raise open_error(result)
    return {name: None if getattr(found, name) == _HIDDEN
            else getattr(found, name)
            for name, _ in found._fields_
            if name not in ("size", "flags", "reserved")}


def codecs(device=None, slot_size: int = 0) -> Iterator[CodecInfo]:
    """The codecs that there are, with their levels for slots of that size."""
    for index in range(len(Algorithm) + 64):
        found = c.CodecInfo()
        result = lib.flipq_query_codec_sized(_device(device), index, slot_size,
                                             byref(found), sizeof(found))
        # no device is this error, too, but there is a first codec
        if result == -errno.ENOENT and index:
            return
        if result < 0:
            raise open_error(result)
        yield CodecInfo(found.name.decode(), found.algorithm,
                        bool(found.caps & c.CAP_COMPRESS),
                        bool(found.caps & c.CAP_DECOMPRESS),
                        bool(found.caps & c.CAP_CHECKSUM),
                        found.min_level, found.max_level,
                        found.default_level, found.shared_level,
                        found.owner_level)
