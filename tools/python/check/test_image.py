# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images: any part of them, bases, and what is none."""

import errno
import gc
import io
import os
import tempfile
import threading

from common import DEVICE, NOISE, PAGE, TEXT, Case, based_image, image

import flipq

BLOCKS = [TEXT * 2, bytes(4 * PAGE), NOISE, b"the rest"]
WHOLE = b"".join(BLOCKS)


class Images(Case):
    """A file, or one with a base."""

    def file(self, data):
        """One with this content."""
        made = tempfile.NamedTemporaryFile()    # pylint: disable=R1732
        self.addCleanup(made.close)
        made.write(data)
        made.flush()
        return made

    def image(self, data, **options):
        """One that is closed after the test."""
        options.setdefault("device", DEVICE)
        made = flipq.Image(self.file(data), **options)
        self.addCleanup(made.close)
        return made

    def based(self, **options):
        """The second page is the image's own, the others its base's."""
        base = self.image(image(BLOCKS))
        data = based_image([NOISE], [1, 1, 5], 7 * PAGE, BLOCKS, len(WHOLE))
        whole = TEXT + NOISE + WHOLE[2 * PAGE:7 * PAGE]
        return self.image(data, base=base, **options), base, whole

    def test_ranges(self):
        """All of it, and parts within a block, across blocks and at the end"""
        one = self.image(image(BLOCKS))
        self.assertEqual(one.read(), WHOLE)
        for at, length in ((0, 1), (5, PAGE), (PAGE, 6 * PAGE), (0, 0),
                           (len(WHOLE) - 3, 9), (len(WHOLE), 1),
                           (2 ** 64 - 1, 2 ** 64 - 1)):
            self.assertEqual(one.read(at, length), WHOLE[at:at + length])
        self.assertEqual(one.read(7), WHOLE[7:])
        self.assertEqual(one.info[:1] + one.info[2:6],
                         (len(WHOLE), 4, 4 * PAGE, True, False))

    def test_readinto(self):
        """A buffer is filled where it is, and can grow afterwards"""
        one = self.image(image(BLOCKS))
        buffer = bytearray(b"x" * (PAGE + 1))
        self.assertEqual(one.readinto(memoryview(buffer)[1:], 1), PAGE)
        self.assertEqual(buffer, b"x" + WHOLE[1:PAGE + 1])
        self.assertEqual(one.readinto(buffer, len(WHOLE) - 2), 2)
        buffer.append(1)
        self.assertRaises(BufferError, one.readinto, TEXT)

    def test_files(self):
        """By path and descriptor, which may be closed"""
        file = self.file(image(BLOCKS))
        for name in (file.name, os.fsencode(file.name), file.fileno()):
            with flipq.Image(name, device=DEVICE) as one:
                self.assertEqual(one.read(), WHOLE)
        before = len(os.listdir("/proc/self/fd"))
        one = flipq.Image(file, device=DEVICE)
        file.close()
        self.assertEqual(one.read(), WHOLE)
        one.close()
        del one
        gc.collect()
        self.assertLess(len(os.listdir("/proc/self/fd")), before)

    def test_fallback(self):
        """In the process, where there is no device"""
        one = self.image(image(BLOCKS), device="/nowhere", fallback=True)
        self.assertEqual(one.read(), WHOLE)
        with self.assertRaises(flipq.OpenError) as caught:
            self.image(image(BLOCKS), device="/nowhere")
        self.assertEqual(caught.exception.errno, errno.ENOENT)

    def test_base(self):
        """What it has not itself is its base's"""
        one, base, whole = self.based()
        self.assertTrue(one.info.based)
        self.assertEqual((one.info.base_id, one.info.own),
                         (base.info.id, PAGE))
        self.assertEqual(one.read(), whole)
        self.assertEqual(one.read(PAGE - 1, PAGE + 2),
                         whole[PAGE - 1:2 * PAGE + 1])
        base.close()
        del base
        gc.collect()
        self.assertRaises(flipq.Closed, one.read)
        one.close()

    def test_wrong_base(self):
        """None, or another one, is refused"""
        data = based_image([NOISE], [0, 1], PAGE, BLOCKS, len(WHOLE))
        other = self.image(image([TEXT]))
        for base, number in ((None, errno.ENOMEDIUM),
                             (other, errno.EMEDIUMTYPE)):
            with self.assertRaises(flipq.OpenError) as caught:
                self.image(data, base=base)
            self.assertEqual(caught.exception.errno, number)
            self.assertIn("base", caught.exception.strerror)

    def test_damage(self):
        """What is no image, is cut off, or has a block that is another"""
        data = image(BLOCKS)
        for bad, number in ((b"none", errno.ENODATA),
                            (data[1:], errno.EBADMSG),
                            (b"x" * 4 + data[4:], errno.EAFNOSUPPORT)):
            with self.assertRaises(flipq.OpenError) as caught:
                self.image(bad)
            self.assertEqual(caught.exception.errno, number)
        at = data.index(NOISE)
        one = self.image(data[:at] + b"x" + data[at + 1:])
        with self.assertRaises(flipq.Error) as caught:
            one.read()
        self.assertEqual(caught.exception.errno, errno.EBADMSG)
        self.assertIn("damaged", caught.exception.strerror)
        self.assertEqual(one.read(0, 6 * PAGE), WHOLE[:6 * PAGE])

    def test_arguments(self):
        """What is no file, and numbers that C has no room for"""
        self.assertRaises(FileNotFoundError, flipq.Image, "/nowhere")
        self.assertRaises(OSError, flipq.Image, io.BytesIO())
        one = self.image(image(BLOCKS))
        for offset in (-1, 2 ** 64):
            self.assertRaises(ValueError, one.read, offset)
            self.assertRaises(ValueError, one.readinto, bytearray(1), offset)
        self.assertRaises(ValueError, one.read, 0, -1)
        one.close()
        one.close()
        self.assertRaises(flipq.Closed, one.read)
        self.assertIn("closed", repr(one))

    def test_fork(self):
        """A child cannot read it, and opens its own"""
        file = self.file(image(BLOCKS))
        one = flipq.Image(file, device=DEVICE)

        def child():
            with self.assertRaises(flipq.Error) as caught:
                one.read()
            self.assertEqual(caught.exception.errno, errno.EIO)
            one.close()
            with flipq.Image(file, device=DEVICE) as own:
                self.assertEqual(own.read(), WHOLE)

        self.forked(child)
        self.assertEqual(one.read(), WHOLE)
        one.close()

    def test_fork_while_another_thread_uses_it(self):
        """The child is not locked out of its own copy"""
        one = self.image(image(BLOCKS))
        held, forked = threading.Event(), threading.Event()

        def hold():
            with one.used:
                held.set()
                forked.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        self.forked(one.close)
        forked.set()
        thread.join()

    def test_threads(self):
        """One at a time, and those that it is the base of as well"""
        one, base, _ = self.based()
        raised = []

        def other():
            for use in (one.read, base.read):
                try:
                    use()
                except RuntimeError as error:
                    raised.append(str(error))

        with one.used, base.used:
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        self.assertEqual(len(raised), 2)
        self.assertIn("uses the image", raised[0])
