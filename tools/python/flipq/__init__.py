# SPDX-License-Identifier: LGPL-2.1-or-later
"""flipq - a process's queue into the kernel's compressors

Over libflipq.so.1, which has to be installed. A Queue has slots: get one,
write the data there, describe the request, submit it, and collect its result.
With `fallback` the same is done in the process where there is no device.

>>> import flipq
>>> with flipq.Queue("zstd", fallback=True) as queue:
...     blocks = [bytes(4096), b"some text " * 400]
...     packed = list(flipq.compress_blocks(queue, blocks))
...     unpacked = list(flipq.decompress_blocks(queue, packed))
>>> unpacked == blocks
True

compress() makes a whole file of bytes, which the stock tools read. An Image is a
file of which any part can be read. libflipq(3) and flipq(4) say more of limits,
policies and counters.
"""

from ._ask import CodecInfo, codecs, info
from ._blocks import Block, compress_blocks, decompress_blocks
from ._errors import Closed, Error, OpenError, RequestError, Timeout
from ._frames import compress
from ._image import Image, ImageInfo
from ._library import DEVICE, IN_PROCESS
from ._numbers import (ALL, HALF, Algorithm, Checksum, Codec, FlushMode,
                       Policy, StatsOf)
from ._queue import Pool, Queue
from ._slot import Completion, Slot

__all__ = ["ALL", "Algorithm", "Block", "Checksum", "Closed", "Codec",
           "CodecInfo", "Completion", "DEVICE", "Error", "FlushMode", "HALF",
           "IN_PROCESS", "Image", "ImageInfo", "OpenError", "Policy", "Pool", "Queue",
           "RequestError", "Slot", "StatsOf", "Timeout", "codecs", "compress",
           "compress_blocks", "decompress_blocks", "info"]
