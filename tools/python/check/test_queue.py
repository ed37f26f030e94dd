# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests, from a slot to its result."""

import errno
import select
import time
import zlib

from common import DEVICE, NOISE, PAGE, TEXT, Case

import flipq

SHARED = DEVICE != flipq.IN_PROCESS


class Requests(Case):
    """One after the other."""

    def test_round_trip(self):
        """Each codec gives back what it got"""
        names = [one.name for one in flipq.codecs(DEVICE)
                 if one.compresses and one.decompresses]
        self.assertGreaterEqual(set(names),
                                {"lz4", "lz4hc", "zstd", "deflate"})
        for name in names:
            with self.subTest(codec=name), self.queue(name) as q:
                packed = self.packed(q)
                self.assertLess(len(packed), PAGE)
                slot = q.get()
                slot.input[:len(packed)] = packed
                slot.decompress(len(packed))
                self.assertEqual(q.submit(), 1)
                self.assertEqual(q.wait(), 1)
                with q.peek() as done:
                    self.assertEqual(done.check().output, TEXT)

    def test_two_codecs(self):
        """Requests name one of the queue's codecs"""
        q = self.queue(["lz4", flipq.Codec("deflate", 1)])
        packed = self.packed(q, codec=1)
        self.assertEqual(zlib.decompress(packed, -15), TEXT)
        with self.assertRaises(flipq.Error) as caught:
            self.packed(q, codec=2)
        self.assertEqual(caught.exception.errno, errno.EINVAL)

    def test_result(self):
        """Filled, incompressible, checksum and tag"""
        q = self.queue()
        tags = [object() for _ in range(3)]
        for data, tag in zip((b"abcdefgh" * 512, NOISE, TEXT), tags):
            slot = q.get()
            slot.write(data)
            slot.compress(detect_fill=True, tag=tag,
                          checksum=flipq.Checksum.CRC32)
        self.assertEqual(q.submit_and_wait(flipq.ALL), 3)
        found = {}
        for done in q.completions():
            found[tags.index(done.tag)] = (
                done.filled, done.incompressible, done.length > 0)
            if done.tag is tags[2]:
                self.assertEqual(done.checksum, zlib.crc32(TEXT))
            if done.tag is tags[0]:
                self.assertEqual(done.value.to_bytes(8, "little"), b"abcdefgh")
                self.assertEqual(done.output, b"")
        self.assertEqual(found, {0: (True, False, False),
                                 1: (False, True, False),
                                 2: (False, False, True)})
        self.assertEqual(q.in_use(), 0)

    def test_slots_run_out(self):
        """No slot is no error, and one that is put back is there again"""
        q = self.queue(slots=2, partitions=1)
        first, second = q.get(), q.get()
        self.assertIsNone(q.get())
        first.put()
        self.assertIsNotNone(q.get())
        second.nop()
        self.assertEqual(q.submit(), 1)

    def test_stale_slot(self):
        """A slot is of use once"""
        q = self.queue(slots=1, partitions=1)
        slot = q.get()
        view = slot.input
        slot.write(TEXT)
        slot.compress()
        q.submit_and_wait()
        for use in (slot.compress, slot.put, slot.nop,
                    lambda: slot.write(b"x"), lambda: view[0]):
            self.assertRaises(ValueError, use)
        done = q.peek()
        self.assertRaises(ValueError, slot.cancel)
        output = done.output
        done.release()
        done.release()
        self.assertRaises(ValueError, lambda: done.output)
        self.assertRaises(ValueError, lambda: output[0])
        q.get().put()
        self.assertRaises(ValueError, slot.compress)

    def test_put_when_prepared(self):
        """What is put back is not handed over"""
        q = self.queue(slots=1, partitions=1)
        slot = q.get()
        slot.nop()
        slot.put()
        self.assertEqual(q.submit(), 0)
        self.assertIn("given back", repr(slot))
        other = q.get()
        other.nop()
        self.assertEqual(q.submit_and_wait(), 1)

    def test_corrupt(self):
        """A request that fails raises its errno, with words"""
        q = self.queue("zstd")
        packed = bytearray(self.packed(q))
        packed[2] ^= 0xff
        slot = q.get()
        slot.write(packed)
        slot.decompress()
        q.submit_and_wait()
        done = q.peek()
        with self.assertRaises(flipq.RequestError) as caught:
            done.check()
        self.assertEqual(caught.exception.errno, errno.EBADMSG)
        self.assertIn("corrupt", caught.exception.strerror)
        self.assertEqual(done.status, -errno.EBADMSG)
        done.release()

    def test_arena(self):
        """Offsets in the arena"""
        q = self.queue(in_size=0, max_len=PAGE, arena_size=4 * PAGE)
        q.arena[:PAGE] = TEXT
        slot = q.get()
        self.assertRaises(ValueError, lambda: slot.input)
        slot.compress(PAGE, source=0, into=PAGE)
        q.submit_and_wait()
        with q.peek() as done:
            length = done.check().length
            self.assertEqual(done.output, q.arena[PAGE:PAGE + length])
        q.get().decompress(length, source=PAGE, into=2 * PAGE, room=PAGE)
        q.get().copy(PAGE, source=0, into=3 * PAGE)
        q.submit_and_wait(flipq.ALL)
        for done in q.completions():
            done.check()
        self.assertEqual(q.arena[2 * PAGE:], TEXT * 2)

    def test_timeout(self):
        """A wait ends when its time is up"""
        q = self.queue(owner_partitions=1)
        q.get().nop()
        began = time.monotonic()
        with self.assertRaises(TimeoutError) as caught:
            q.submit_and_wait(timeout=0.05)
        self.assertGreaterEqual(time.monotonic() - began, 0.05)
        self.assertIsInstance(caught.exception, flipq.Timeout)
        self.assertEqual(caught.exception.errno, errno.ETIME)
        self.assertRaises(TimeoutError, q.wait, timeout=0)
        self.assertRaises(ValueError, q.wait, timeout=-1)
        self.assertEqual(q.in_flight(), 1)

    def test_cancel(self):
        """What has not started is taken back"""
        q = self.queue(owner_partitions=1)
        slots = [q.get() for _ in range(3)]
        for slot in slots:
            slot.nop()
        q.submit()
        self.assertTrue(slots[0].cancel())
        self.assertFalse(slots[0].cancel())
        self.assertEqual(q.cancel_all(), 2)
        q.wait(flipq.ALL)
        self.assertEqual([done.status for done in q.completions()],
                         [-errno.ECANCELED] * 3)

    def test_abort(self):
        """As after opening"""
        q = self.queue(owner_partitions=1)
        slot = q.get()
        slot.nop()
        q.submit()
        prepared = q.get()
        prepared.nop()
        self.assertEqual(q.abort(), 1)
        self.assertEqual((q.in_flight(), q.in_use()), (0, 0))
        self.assertRaises(ValueError, slot.cancel)
        self.assertRaises(ValueError, prepared.put)
        self.assertEqual(q.submit(), 0)

    def test_poll(self):
        """A queue is selectable"""
        q = self.queue()
        poll = select.poll()
        poll.register(q, select.POLLIN)
        self.assertEqual(poll.poll(0), [])
        q.get().nop()
        q.submit()
        self.assertEqual(len(poll.poll(20000)), 1)
        q.peek().release()
        self.assertEqual(poll.poll(0), [])

    def test_counters(self):
        """What was done is counted"""
        q = self.queue()
        self.packed(q)
        self.assertEqual(q.usage()["submitted"], 1)
        self.assertEqual(q.stats()["requests"], 1)
        self.assertEqual(
            sum(q.stats(flipq.StatsOf.PARTITION, number)["bytes_in"]
                for number in range(q.partitions)), PAGE)
        self.assertRaises(flipq.Error, q.stats, flipq.StatsOf.PARTITION, 64)

    def test_flush(self):
        """Dirty pages in the arena"""
        q = self.queue(in_size=0, max_len=PAGE, arena_size=16 * PAGE)
        q.arena[:2 * PAGE] = TEXT * 2
        q.arena[8 * PAGE] = 0b10
        self.assertEqual(q.flush(0, 4 * PAGE, 8 * PAGE, 2), (1, 1))
        self.assertEqual(q.arena[4 * PAGE:6 * PAGE], bytes(PAGE) + TEXT)
        self.assertEqual(q.arena[8 * PAGE], 0)


class Numbers(Case):
    """None is cut to what fits in C."""

    def test_too_large(self):
        """Sizes, levels and counts"""
        for options in ({"in_size": 2 ** 32 + PAGE}, {"slots": -1},
                        {"arena_size": 2 ** 64},
                        {"codecs": flipq.Codec("lz4", 2 ** 32 + 1)}):
            with self.subTest(options), self.assertRaises(ValueError):
                self.queue(**options)
        q = self.queue()
        slot = q.get()
        for number in (-1, 2 ** 32 + 1):
            self.assertRaises(ValueError, slot.compress, number)
            self.assertRaises(ValueError, slot.compress, 1, room=number)
            self.assertRaises(ValueError, q.wait, number)
            self.assertRaises(ValueError, q.get, partition=number)
        self.assertRaises(ValueError, slot.compress, 1, source=-1)
        self.assertRaises(ValueError, slot.compress, 1, codec=2 ** 32)
        self.assertRaises(ValueError, slot.copy, 1, source=2 ** 64, into=0)


class Opening(Case):
    """What a queue is, and why there is none."""

    def test_attributes(self):
        """What was opened"""
        q = self.queue(["lz4", flipq.Codec("zstd", 5, checksum=True)],
                       slots=4, partitions=2)
        self.assertEqual((q.slots, q.partitions, q.owner_partitions),
                         (4, 2, 0))
        self.assertEqual(q.codecs[1].level, 5)
        self.assertTrue(q.codecs[1].checksum)
        self.assertEqual(q.in_process, not SHARED)
        self.assertIsNone(q.arena)

    def test_errors(self):
        """Errno and words"""
        with self.assertRaises(flipq.OpenError) as caught:
            self.queue(flipq.Codec("lz4", 70000))
        self.assertEqual(caught.exception.errno, errno.EINVAL)
        with self.assertRaises(OSError) as caught:
            flipq.Queue(device="/nowhere/flipq")
        self.assertEqual(caught.exception.errno, errno.ENOENT)
        self.assertIn("modprobe flipq", str(caught.exception))
        self.assertRaisesRegex(ValueError, "lz5.*expected lz4, ", self.queue,
                               "lz5")

    def test_fallback(self):
        """Without a device it is in the process, if that is asked for"""
        with flipq.Queue("zstd", device="/nowhere/flipq", fallback=True) as q:
            self.assertTrue(q.in_process)
            self.assertLess(len(self.packed(q)), PAGE)

    def test_closed(self):
        """Nothing works any more, and to close it again does"""
        q = self.queue()
        slot = q.get()
        q.close()
        q.close()
        for use in (q.get, q.submit, q.wait, q.peek, q.fileno, q.abort,
                    slot.put, slot.compress, lambda: q.arena,
                    lambda: q.serve(0), q.__enter__):
            with self.assertRaises(flipq.Closed) as caught:
                use()
            self.assertEqual(caught.exception.errno, errno.EBADF)

    def test_questions(self):
        """What there is"""
        found = {one.name: one for one in flipq.codecs(DEVICE)}
        self.assertTrue(found["zstd"].has_checksum)
        self.assertEqual(found["lz4"].algorithm, flipq.Algorithm.LZ4)
        self.assertEqual(flipq.info(DEVICE)["abi"], 1)
        with self.assertRaises(flipq.OpenError) as caught:
            list(flipq.codecs("/nowhere/flipq"))
        self.assertEqual(caught.exception.errno, errno.ENOENT)
        self.assertRaises(flipq.OpenError, flipq.info, "/nowhere/flipq")
