# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory: views of the queue's, and buffers that are lent to it."""

import gc
import mmap
import subprocess
import sys
import tempfile
import time
import weakref

from common import DEVICE, PAGE, TEXT, Case

import flipq


class Views(Case):
    """Of slots and the arena."""

    def test_cut_views_keep_the_memory(self):
        """A queue is closed, what was cut from a view can be read"""
        q = self.queue(arena_size=PAGE)
        slot = q.get()
        slot.write(TEXT)
        cut, arena = slot.input[16:], q.arena[:]
        slot.compress()
        q.submit_and_wait()
        done = q.peek()
        output = done.output[:]
        size = len(output)
        q.close()
        del q, slot, done
        gc.collect()
        self.assertEqual(cut, TEXT[16:])
        self.assertEqual(arena, bytes(PAGE))
        self.assertEqual(len(bytes(output)), size)

    def test_closing_ends_views(self):
        """Those that the queue gave out itself"""
        q = self.queue(arena_size=PAGE)
        view, arena = q.get().input, q.arena
        q.close()
        self.assertRaises(ValueError, lambda: view[0])
        self.assertRaises(ValueError, lambda: arena[0])

    def test_output_is_read_only(self):
        """As the memory is"""
        q = self.queue()
        slot = q.get()
        slot.write(TEXT)
        slot.compress()
        q.submit_and_wait()
        with q.peek() as done:
            self.assertTrue(done.output.readonly)

    def test_forgotten_queue(self):
        """One that nobody has any more is closed"""
        q = self.queue(owner_partitions=1)
        self.doCleanups()
        q = flipq.Queue(owner_partitions=1, device=DEVICE)
        q.get().nop()
        q.submit()
        gone = weakref.ref(q)
        handle = weakref.ref(q.used.handle)
        del q
        gc.collect()
        self.assertIsNone(gone())
        self.assertIsNone(handle())


class Lent(Case):
    """Buffers of the process's."""

    def setUp(self):
        self.q = self.queue(["lz4", "zstd"], owner_partitions=2, in_size=0,
                            max_len=2 * PAGE)

    def pack(self, source, into, pool=True, codec=0):
        """A request that is in flight."""
        slot = self.q.get(owner=True)
        slot.compress(source=source, into=into, codec=codec)
        if pool:
            self.q.pool()
        self.q.submit()

    def test_kinds(self):
        """bytes, bytearray, memoryview and mmap, in place"""
        with tempfile.TemporaryFile() as file:
            file.write(TEXT)
            file.flush()
            with mmap.mmap(file.fileno(), PAGE,
                           prot=mmap.PROT_READ) as mapped, self.q.pool():
                for source in (TEXT, bytearray(TEXT),
                               memoryview(TEXT * 2)[PAGE:], mapped):
                    into = bytearray(PAGE)
                    self.pack(source, into, pool=False, codec=1)
                    self.q.wait()
                    with self.q.peek() as done:
                        length = done.check().length
                        self.assertEqual(done.output, into[:length])
                    back = bytearray(PAGE)
                    slot = self.q.get(owner=True)
                    slot.decompress(source=memoryview(into)[:length],
                                    into=back, codec=1)
                    self.q.submit_and_wait()
                    self.q.peek().check().release()
                    self.assertEqual(back, TEXT)

    def test_lent_stays(self):
        """What is in flight cannot grow or be closed, after it can"""
        source, into = mmap.mmap(-1, PAGE), bytearray(PAGE)
        self.pack(source, into, pool=False)
        self.assertRaises(BufferError, source.close)
        self.assertRaises(BufferError, into.append, 1)
        self.q.cancel_all()
        self.q.wait()
        done = self.q.peek()
        self.assertRaises(BufferError, source.close)
        done.release()
        source.close()
        into.append(1)

    def test_given_back(self):
        """By close, abort, put, and a request in place of another"""
        into = bytearray(PAGE)

        def prepare():
            slot = self.q.get(owner=True)
            slot.compress(source=TEXT, into=into)
            self.assertRaises(BufferError, into.append, 1)
            return slot

        prepare().put()
        into.append(1)
        slot = prepare()
        slot.nop()
        into.append(1)
        prepare()
        self.q.abort()
        into.append(1)
        prepare()
        self.q.submit()
        self.q.close()
        into.append(1)

    def test_refused(self):
        """What is too small, cannot be written or is no buffer"""
        slot = self.q.get(owner=True)
        self.assertRaises(BufferError, slot.compress, source=TEXT, into=TEXT)
        self.assertRaises(TypeError, slot.compress, source="text", into=0)
        self.assertRaises(ValueError, slot.compress, 5, source=b"abc", into=0)
        into = bytearray(8)
        self.assertRaises(ValueError, slot.compress, source=TEXT, into=into,
                          room=9)
        self.assertRaises(ValueError, slot.copy, source=TEXT, into=into)
        self.assertRaises(TypeError, slot.compress, source=0, into=into)
        into.append(1)

    def test_at_exit(self):
        """A process that ends while its memory is lent ends well"""
        script = f"""
import flipq
q = flipq.Queue("zstd", owner_partitions=2, in_size=0, max_len=1 << 20,
                device={DEVICE!r})
q.pool()
into = [bytearray(1 << 20) for _ in range(8)]
for one in into:
    slot = q.get(owner=True)
    slot.compress(source=bytes(range(256)) * 4096, into=one)
q.submit()
"""
        done = subprocess.run([sys.executable, "-c", script], timeout=120,
                              stderr=subprocess.PIPE, text=True, check=False,
                              env=environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_daemon_at_exit(self):
        """Nor does a daemon that waits for ever keep it from that"""
        script = f"""
import flipq, threading, time
q = flipq.Queue("zstd", owner_partitions=1, in_size=0, max_len=4096,
                device={DEVICE!r})
q.get().compress(source=bytes(4096), into=bytearray(4096))
q.submit()
threading.Thread(target=q.wait, daemon=True).start()
time.sleep(0.2)
"""
        done = subprocess.run([sys.executable, "-c", script], timeout=120,
                              stderr=subprocess.PIPE, text=True, check=False,
                              env=environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_flush(self):
        """Dirty pages of the process's"""
        src, dst = TEXT * 2, bytearray(2 * PAGE)
        bitmap = bytearray(8)
        bitmap[0] = 0b11
        self.assertEqual(self.q.flush(src, dst, bitmap, 2), (2, 1))
        self.assertEqual((bytes(dst), bitmap[0]), (src, 0))
        self.assertRaises(ValueError, self.q.flush, src, dst, bitmap, 3)
        self.assertRaises(TypeError, self.q.flush, 0, dst, bitmap, 2)
        dst.append(1)


class Pools(Case):
    """Threads of the library's."""

    def test_pool(self):
        """It serves, and ends"""
        q = self.queue("zstd", owner_partitions=2)
        with q.pool(maximum=1, idle=0.01) as pool:
            self.packed(q)
            pool.set(1, 2)
            state = pool.state()
            self.assertGreaterEqual(state["started"], 1)
            with self.assertRaises(flipq.Error):
                q.pool()
        self.assertRaises(flipq.Closed, pool.state)
        self.assertRaises(flipq.Closed, pool.set)
        other = q.pool()
        q.close()
        other.close()
        self.assertRaises(flipq.Closed, other.state)

    def test_serve(self):
        """In this thread"""
        q = self.queue("zstd", owner_partitions=1)
        for _ in range(3):
            slot = q.get()
            slot.write(TEXT)
            slot.compress()
        q.submit()
        self.assertEqual(q.serve(0, 2), 2)
        self.assertEqual(q.serve(0), 1)
        began = time.monotonic()
        self.assertEqual(q.serve(0, idle=0.02), 0)
        self.assertGreaterEqual(time.monotonic() - began, 0.02)
        self.assertEqual(len(list(q.completions())), 3)
        self.assertRaises(flipq.Error, q.serve, 1)


def environment():
    """Of another Python, which has to find the package."""
    import os                                   # pylint: disable=C0415
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
