# SPDX-License-Identifier: GPL-2.0-only
"""Wait until nobody else uses this machine's processors.

A busy second processor changes a ratio far more than what is measured: whoever
holds a turn is preempted in it, and all others wait.
"""

import os
import pathlib
import time
from typing import NamedTuple

STAT = pathlib.Path("/proc/stat")
# Of one processor, so that a program that spins is seen on any number of them.
QUIET = 0.10
LOOK_SECONDS = 1.0
QUIET_LOOKS = 5
WAIT_SECONDS = 600
# columns of /proc/stat in which a processor had nothing to do
IDLE, IOWAIT = 3, 4


class Quiet(NamedTuple):
    """How the wait ended."""

    reached: bool
    waited: float       # seconds
    busy: float         # processors in use, when it was looked at last

    def text(self):
        """For the report."""
        if self.reached:
            return f"The machine was idle when it began: {self.busy:.2f} " \
                f"CPUs in use, after {self.waited:.0f} s."
        return f"NOT IDLE: others used {self.busy:.2f} CPUs after " \
            f"{self.waited:.0f} s of waiting; no native time or ratio is to " \
            "be trusted."


def ticks():
    """Of all processors: those in use, as the kernel counts."""
    words = STAT.read_text(encoding="ascii").splitlines()[0].split()[1:9]
    spent = [int(word) for word in words]
    return sum(spent) - spent[IDLE] - spent[IOWAIT]


def busy_cpus(seconds):
    """How many processors were in use, on average over so long."""
    before, began = ticks(), time.monotonic()
    time.sleep(seconds)
    used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
    return used / (time.monotonic() - began)


def wait(say, look=busy_cpus, limit=WAIT_SECONDS):
    """Until it has been quiet for some looks on end, or the time is up."""
    waited = 0.0
    quiet = 0
    while True:
        busy = look(LOOK_SECONDS)
        waited += LOOK_SECONDS
        quiet = quiet + 1 if busy <= QUIET else 0
        if quiet == QUIET_LOOKS:
            return Quiet(True, waited, busy)
        if waited >= limit:
            return Quiet(False, waited, busy)
        if waited == QUIET_LOOKS * LOOK_SECONDS:
            say(f"others use {busy:.2f} CPUs; waiting up to {limit:.0f} s "
                "until the machine is idle")
