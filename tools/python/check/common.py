# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests share: which device, and data."""

import os
import pathlib
import random
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
