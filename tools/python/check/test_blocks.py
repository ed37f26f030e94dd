# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many blocks, and whole files."""

import array
import doctest
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from common import DEVICE, NOISE, PAGE, TEXT, TOP, Case, image
from test_memory import environment

import flipq

READERS = {"lz4": ["lz4", "-dc"], "zstd": ["zstd", "-dc"],
           "gzip": ["gzip", "-dc"]}


def pages(count):
    """Of all kinds."""
    for number in range(count):
        yield (bytes(PAGE), NOISE, TEXT,
               b"%d" % number * 50, b"12345678" * 9)[number % 5]


class Blocks(Case):
    """compress_blocks() and decompress_blocks()"""

    def test_order(self):
        """Results are in the order of the blocks, and what they were"""
        q = self.queue(["lz4", "zstd"], slots=4)
        packed = list(flipq.compress_blocks(q, pages(500), codec=1,
                                            detect_fill=True))
        self.assertEqual([block.size for block in packed],
                         [len(page) for page in pages(500)])
        self.assertTrue(all(block.filled for block in packed[::5]))
        self.assertTrue(all(block.stored for block in packed[1::5]))
        self.assertEqual(list(flipq.decompress_blocks(q, packed, codec=1)),
                         list(pages(500)))
        self.assertEqual(q.in_use(), 0)

    def test_is_lazy(self):
        """Endless blocks are no matter, and what is left is taken back"""
        q = self.queue(slots=2, partitions=1)

        def endless():
            while True:
                yield TEXT

        results = flipq.compress_blocks(q, endless())
        for _ in range(50):
            self.assertLess(len(next(results).data), PAGE)
        results.close()
        self.assertEqual((q.in_use(), q.in_flight()), (0, 0))

    def test_other_buffers(self):
        """Numbers are bytes, too"""
        q = self.queue()
        numbers = array.array("Q", range(512))
        packed = list(flipq.compress_blocks(q, [numbers]))
        self.assertEqual(packed[0].size, PAGE)
        self.assertEqual(list(flipq.decompress_blocks(q, packed)),
                         [numbers.tobytes()])

    def test_errors(self):
        """One ends it, and the queue goes on"""
        q = self.queue("zstd")
        with self.assertRaises(flipq.RequestError):
            list(flipq.decompress_blocks(
                q, [flipq.Block(b"no zstd frame", 100)] * 9))
        self.assertRaises(ValueError, list,
                          flipq.compress_blocks(q, [bytes(PAGE + 1)]))
        self.assertEqual((q.in_use(), q.in_flight()), (0, 0))
        slot = q.get()
        self.assertRaises(ValueError, list, flipq.compress_blocks(q, [TEXT]))
        slot.put()
        self.packed(q)


class Files(unittest.TestCase):
    """compress()"""

    def test_stock_tools_read_them(self):
        """All formats, of all sizes"""
        for name, reader in READERS.items():
            if not shutil.which(reader[0]):
                self.skipTest(f"no {reader[0]}")
            for data in (b"", b"a", TEXT * 40, NOISE * 40, NOISE * 20 + TEXT,
                         bytes(300000)):
                for size in (PAGE, 65536, 200000):
                    with self.subTest(format=name, bytes=len(data),
                                      block=size):
                        packed = flipq.compress(data, name, block_size=size,
                                                device=DEVICE)
                        self.assertEqual(subprocess.run(
                            reader, input=packed, stdout=subprocess.PIPE,
                            check=True).stdout, data)

    def test_level(self):
        """A higher one makes less of it"""
        for name, level in (("lz4", 9), ("zstd", 15), ("gzip", 8)):
            low = flipq.compress(TEXT * 9, name, 0 if name == "lz4" else 1,
                                 device=DEVICE)
            high = flipq.compress(TEXT * 9, name, level, device=DEVICE)
            self.assertLess(len(high), len(low), name)

    def test_errors(self):
        """What is no format, level or buffer"""
        self.assertRaisesRegex(ValueError, "expected lz4, zstd",
                               flipq.compress, b"", "zip")
        self.assertRaises(flipq.OpenError, flipq.compress, b"a", "zstd", 99)
        self.assertRaises(TypeError, flipq.compress, "text")


class Documents(unittest.TestCase):
    """What the documents show."""

    def test_readme(self):
        """Its examples, one after the other"""
        text = (TOP / "tools/python/README.md").read_text(encoding="utf-8")
        code = re.findall(r"```python\n(.*?)```", text, re.S)
        self.assertEqual(len(code), 3)
        with tempfile.TemporaryDirectory() as scratch:
            with open(f"{scratch}/guest.img", "wb") as file:
                file.write(image([TEXT] * 2))
            done = subprocess.run(
                [sys.executable, "-c", "".join(code)], text=True, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=scratch,
                env=environment())
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("what comes back with the result", done.stdout)

    def test_docstrings(self):
        """What the package shows"""
        self.assertEqual(doctest.testmod(flipq)[0], 0)
        self.assertGreater(doctest.testmod(flipq)[1], 2)

    def test_pages(self):
        """The example packs its own source, and says how much that is"""
        script = TOP / "tools/python/examples/pages.py"
        done = subprocess.run(
            [sys.executable, script, "-d", DEVICE, script], text=True,
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment())
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"^\d+ bytes in \d+ pages became \d+, "
                         r"(in the process|by the device)\n$")
