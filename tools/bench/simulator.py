# SPDX-License-Identifier: GPL-2.0-only
"""The engine as discrete events: processors, threads, and lines between them.

A thread is a generator. It says what it does next and for how long, in ns, and
goes on when that is over: RUN, POLL (which poke() ends early), or SLEEP (which
wake() ends). A processor runs one of its threads until it sleeps, or its slice is
over: who wakes does not preempt, as in kernels since 6.12 (RUN_TO_PARITY). A line
is read for nothing where the processor has it, and costs a transfer where another
one wrote it since; transfers of one line wait for each other.
"""

import collections
import heapq
from typing import NamedTuple

RUN, POLL, SLEEP = range(3)
SLICE_NS = 3_000_000


class Machine(NamedTuple):
    """What a transfer costs, and how many processors there are."""

    cpus: int
    node_cpus: int      # processors of a node
    line: float         # ns, a line from another processor
    remote: float       # ns, from one of another node
    switch: float       # ns, from one thread to the next


class Thread:
    """Something that runs on one processor at a time."""

    def __init__(self, steps, cpu, pinned):
        self.steps = steps
        self.cpu = cpu
        self.pinned = pinned
        self.what = RUN
        self.asleep = False
        self.used = 0.0         # ns of processor time


class Cpu:
    """One processor and who wants it."""

    def __init__(self, number):
        self.number = number
        self.thread = None
        self.ready = collections.deque()
        self.began = self.since = 0.0
        self.event = 0          # an event of an older number is void


class Line:
    """A cache line, with those who have a copy of it."""

    def __init__(self):
        self.holders = set()
        self.writer = None
        self.free = 0.0

    def _fetch(self, sim, cpu):
        if self.writer is None or cpu in self.holders:
            return 0.0
        cost = sim.distance(self.writer, cpu)
        start = max(self.free, sim.now)
        self.free = start + cost
        return self.free - sim.now

    def read(self, sim, cpu):
        """What it takes this processor, ns."""
        cost = self._fetch(sim, cpu)
        self.holders.add(cpu)
        return cost

    def write(self, sim, cpu):
        """The same; all others lose their copies."""
        cost = self._fetch(sim, cpu)
        others = self.holders - {cpu}
        if others and not cost:
            cost = sim.distance(next(iter(others)), cpu)
        self.holders = {cpu}
        self.writer = cpu
        return cost


class Simulation:
    """Time, and what is to happen."""

    def __init__(self, machine):
        self.machine = machine
        self.now = 0.0
        self.cpus = [Cpu(n) for n in range(machine.cpus)]
        self.threads = []
        self._events = []
        self._number = 0

    def distance(self, one, other):
        """What a line takes from one processor to another, ns."""
        if one == other:
            return 0.0
        node = self.machine.node_cpus
        return self.machine.line if one // node == other // node \
            else self.machine.remote

    def at(self, time, call, *args):
        """Call it then."""
        self._number += 1
        heapq.heappush(self._events, (time, self._number, call, args))

    def start(self, steps, cpu, pinned=True):
        """A thread, which begins at once. Return: it."""
        thread = Thread(steps, cpu, pinned)
        thread.asleep = True
        self.threads.append(thread)
        self.at(self.now, self._awake, thread)
        return thread

    def run(self, until):
        """All that happens up to then."""
        while self._events and self._events[0][0] <= until:
            self.now, _, call, args = heapq.heappop(self._events)
            call(*args)
        self.now = until

    def wake(self, thread, after=0.0):
        """End its sleep; nothing happens if it does not sleep then."""
        self.at(self.now + after, self._awake, thread)

    def poke(self, thread):
        """End its polling, once it runs."""
        if thread.what != POLL:
            return
        cpu = self.cpus[thread.cpu]
        if cpu.thread is thread:
            self._over(cpu, cpu.event)

    def _awake(self, thread):
        if not thread.asleep:
            return
        thread.asleep = False
        thread.what = RUN
        cpu = self._place(thread)
        thread.cpu = cpu.number
        cpu.ready.append(thread)
        if not cpu.thread:
            self._next(cpu)

    def busy(self, thread):
        """Does its processor run another one, so that it waits for its turn?"""
        return bool(self._place(thread).thread)

    def _place(self, thread):
        """Its own processor, or an idle one: near, if it may move."""
        home = self.cpus[thread.cpu]
        if thread.pinned or not home.thread:
            return home
        node = self.machine.node_cpus
        first = thread.cpu // node * node
        for cpu in self.cpus[first:first + node]:
            if not cpu.thread:
                return cpu
        return home

    def _next(self, cpu):
        """Who is first has the processor."""
        if not cpu.ready:
            return
        cpu.thread = cpu.ready.popleft()
        cpu.since = self.now
        self._continue(cpu, self.machine.switch)

    def _continue(self, cpu, ns):
        cpu.event += 1
        cpu.began = self.now
        self.at(self.now + ns, self._over, cpu, cpu.event)

    def _over(self, cpu, event):
        if event != cpu.event:
            return
        thread = cpu.thread
        thread.used += self.now - cpu.began
        cpu.event += 1
        if cpu.ready and self.now - cpu.since >= SLICE_NS:
            cpu.ready.append(thread)
            cpu.thread = None
            self._next(cpu)
        else:
            self._go(cpu)

    def _go(self, cpu):
        """What does its thread do next?"""
        thread = cpu.thread
        thread.what, ns = next(thread.steps)
        if thread.what != SLEEP:
            self._continue(cpu, ns)
            return
        thread.asleep = True
        cpu.thread = None
        self._next(cpu)
