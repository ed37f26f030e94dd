# SPDX-License-Identifier: LGPL-2.1-or-later
"""fork(), threads and signals."""

import errno
import signal
import threading
import time

from common import TEXT, Case, queue

import flipq


def waited_for(case):
    """A queue with a request, and the thread that waits for it"""
    q = case.queue(owner_partitions=1)
    q.get().nop()
    q.submit()
    waits = threading.Thread(target=q.wait)
    waits.start()
    time.sleep(0.05)
    return q, waits


class Fork(Case):
    """A queue is the process's that opened it."""

    def test_child(self):
        """Nothing of it works there, and all can be closed"""
        q = self.queue("zstd", owner_partitions=1, arena_size=65536)
        pool = q.pool(1)
        slot, other = q.get(), q.get()
        view, arena = slot.input, q.arena
        slot.write(TEXT)
        slot.compress()
        q.submit()

        def child():
            for use in (q.submit, q.wait, q.cancel_all, q.abort, q.get,
                        q.fileno):
                with self.assertRaises(flipq.Error) as caught:
                    use()
                self.assertEqual(caught.exception.errno, errno.EIO)
                self.assertIn("another process", caught.exception.strerror)
            for use in (other.compress, lambda: view[0], lambda: arena[0]):
                self.assertRaises(ValueError, use)
            self.assertIsNone(q.arena)
            self.assertIsNone(q.peek())
            pool.close()
            q.close()
            with queue("zstd") as own:
                self.packed(own)

        self.forked(child)
        q.wait()
        q.peek().check().release()
        other.put()

    def test_child_that_does_nothing(self):
        """It ends, with its handlers of exit"""
        q = self.queue("zstd", owner_partitions=1)
        q.pool(1)
        into = bytearray(100)
        q.get().compress(source=TEXT, into=into)
        q.submit()

        def child():
            q._ender()                          # as at exit
            into.append(1)

        self.forked(child)

    def test_while_another_thread_waits(self):
        """The child is not locked out of its own copy"""
        q, waits = waited_for(self)
        self.forked(q.close)
        q.serve(0, 1, 10)
        waits.join()


class Threads(Case):
    """One at a time."""

    def test_second_is_told(self):
        """Not even while the first one waits"""
        q, waits = waited_for(self)
        self.assertRaisesRegex(RuntimeError, "another thread", q.get)
        self.assertRaisesRegex(RuntimeError, "another thread", q.close)
        self.assertEqual(q.serve(0, 1, 10), 1)
        waits.join()
        q.peek().release()

    def test_waits_let_others_run(self):
        """The interpreter is free meanwhile"""
        q = self.queue(owner_partitions=1)
        q.get().nop()
        q.submit()
        ran = []
        runs = threading.Timer(0.05, lambda: ran.append(time.monotonic()))
        runs.start()
        began = time.monotonic()
        self.assertRaises(flipq.Timeout, q.wait, timeout=1)
        runs.join()
        self.assertLess(ran[0] - began, 0.9)

    def test_queue_each(self):
        """Threads with queues of their own"""
        done = []

        def work():
            with queue("zstd") as q:
                for _ in range(20):
                    done.append(len(self.packed(q)))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(done), 80)


class Signals(Case):
    """While a queue waits."""

    def setUp(self):
        self.q = self.queue(owner_partitions=1)
        self.q.get().nop()
        self.q.submit()
        self.ran = 0
        self.addCleanup(signal.signal, signal.SIGALRM,
                        signal.signal(signal.SIGALRM, self.handler))
        self.raises = False

    def handler(self, *_):
        """Of SIGALRM."""
        self.ran += 1
        if self.raises:
            raise KeyboardInterrupt

    def test_wait_goes_on(self):
        """A handler runs at once, and the wait ends when it was to end"""
        began = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        try:
            self.assertRaises(flipq.Timeout, self.q.wait, timeout=0.3)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.assertGreater(self.ran, 2)
        took = time.monotonic() - began
        self.assertGreaterEqual(took, 0.3)
        self.assertLess(took, 3)

    def test_handler_raises(self):
        """Then the wait ends, and the queue goes on"""
        self.raises = True
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        self.assertRaises(KeyboardInterrupt, self.q.wait)
        self.q.serve(0)
        self.assertEqual(self.q.wait(), 1)
        self.q.peek().check().release()
