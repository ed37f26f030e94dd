#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""pages - compress the pages of a file, and decompress them again"""

import argparse
import mmap
import os
import sys

import flipq

PAGE = 4096


def main():
    """Nothing is read: pages go from the file's mapping into slots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-d", "--device",
                        help=f"{flipq.IN_PROCESS} for none (default: "
                        f"{flipq.DEVICE}, or none)")
    parser.add_argument("file")
    given = parser.parse_args()
    try:
        with open(given.file, "rb") as file, \
             mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped, \
             memoryview(mapped) as view, \
             flipq.Queue("zstd", in_size=PAGE, device=given.device,
                         fallback=True) as queue:
            starts = range(0, len(view), PAGE)
            blocks = list(flipq.compress_blocks(
                queue, (view[at:at + PAGE] for at in starts),
                detect_fill=True))
            for at, page in zip(starts,
                                flipq.decompress_blocks(queue, blocks)):
                if page != view[at:at + PAGE]:
                    sys.exit(f"pages: page at {at}: not the same again")
            where = "in the process" if queue.in_process else "by the device"
            size = sum(len(block.data) for block in blocks)
            print(f"{len(view)} bytes in {len(blocks)} pages became {size}, "
                  f"{where}")
    except (OSError, ValueError) as error:
        sys.exit(f"pages: {os.fsdecode(given.file)}: {error}")


if __name__ == "__main__":
    main()
