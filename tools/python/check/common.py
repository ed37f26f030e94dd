# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests share: which device, and data."""

import os
import pathlib
import random
import struct
import sys
import unittest

import flipq

TOP = pathlib.Path(__file__).resolve().parents[3]
DEVICE = os.environ.get("FLIPQ_DEVICE", flipq.IN_PROCESS)
PAGE = 4096
TEXT = b"".join(b"%d sheep, and " % n for n in range(400))[:PAGE]
NOISE = random.Random(1).getrandbits(8 * PAGE).to_bytes(PAGE, "little")


def queue(*arguments, **options):
    """A queue of pages, of the device that is being tested."""
    options.setdefault("in_size", PAGE)
    return flipq.Queue(*arguments, device=DEVICE, **options)


def checksum(data, kind):
    """Of up to four pages."""
    with queue(in_size=4 * PAGE) as q:
        slot = q.get()
        slot.write(data)
        slot.compress(checksum=kind)
        q.submit_and_wait()
        with q.peek() as done:
            return done.check().checksum


def table(blocks):
    """Frames of these blocks, and what the table at the end of an image has of
    them.
    """
    frames = [flipq.compress(block, "zstd", device=DEVICE) for block in blocks]
    sums = [checksum(block, flipq.Checksum.XXH64) & 0xffffffff
            for block in blocks]
    return frames, b"".join(
        struct.pack("<III", len(frame), len(block), one)
        for frame, block, one in zip(frames, blocks, sums))


def skippable(magic, data):
    """What other readers pass over."""
    return struct.pack("<II", magic, len(data)) + data


def seek_table(frames, entries):
    """By which an image is read, at its end."""
    return skippable(0x184d2a5e, entries + struct.pack(
        "<IBI", len(frames), 0x80, 0x8f92eab1))


def image(blocks):
    """As flipq compress --index writes it, in blocks of up to four pages."""
    frames, entries = table(blocks)
    return b"".join(frames) + seek_table(frames, entries)


def based_image(blocks, runs, size, base, base_size):
    """As with --base, which was of these blocks: the image's own blocks, and how
    many pages are the base's, its own, the base's and so on.
    """
    frames, entries = table(blocks)
    head = b"FQI1" + struct.pack(
        "<IQQ", PAGE, checksum(table(base)[1], flipq.Checksum.XXH64),
        base_size)
    body = struct.pack(f"<Q{len(runs)}I", size, *runs)
    body += struct.pack("<I", checksum(head + body, flipq.Checksum.XXH32))
    return head + b"".join(frames) + skippable(0x184d2a5b, body) + \
        seek_table(frames, entries)


class Case(unittest.TestCase):
    """A test that may have a queue."""

    def queue(self, *arguments, **options):
        """A queue that is closed after the test."""
        made = queue(*arguments, **options)
        self.addCleanup(made.close)
        return made

    def packed(self, q, data=TEXT, **options):
        """What a page is compressed to."""
        slot = q.get()
        slot.write(data)
        slot.compress(**options)
        q.submit_and_wait()
        with q.peek() as done:
            return bytes(done.check().output)

    def forked(self, function):
        """A function's end in a child of fork(): what it raises is shown."""
        sys.stdout.flush()
        child = os.fork()
        if not child:
            status = 1
            try:
                function()
                status = 0
            except BaseException as error:      # pylint: disable=W0718
                print(f"# in the child: {error!r}", flush=True)
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
