# SPDX-License-Identifier: GPL-2.0-only
"""What all test programs together amount to."""

import fnmatch
import sys
import threading

from tap import Program


class AllowedSkips:
    """The skips that are listed: a pattern each for where, test and reason."""

    def __init__(self, path):
        self.lines = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                where, test, reason = filter(None, line.split("\t"))
                self.lines.append((where, test, reason))

    def allows(self, where, test, reason):
        """Whether a line of the list covers this skip."""
        return any(fnmatch.fnmatchcase(where, line[0]) and
                   fnmatch.fnmatchcase(test, line[1]) and
                   fnmatch.fnmatchcase(reason, line[2])
                   for line in self.lines)


class Score:
    """Counts programs, prints a line for each, and closes."""

    def __init__(self, allowed, verbose):
        self.allowed = allowed
        self.verbose = verbose
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        # by where: passed, failed, skipped; and the machine that it was
        self.counts = {}
        self.machines = {}
        self.terminal = sys.stdout.isatty() and not verbose
        self.lock = threading.Lock()

    def working(self, where, name):
        """What is running now, on a terminal only."""
        if self.terminal:
            print(f"\r\033[K  ...  {where}: {name}", end="", flush=True)

    def add(self, where, program, seconds):
        """Count a program and print its line; a skip must be on the list."""
        with self.lock:
            self._check_skips(where, program)
            self._print(where, program, seconds)
            self.passed += program.passed
            self.failed += len(program.failed)
            self.skipped += len(program.skipped)
            sums = self.counts.setdefault(where, [0, 0, 0])
            sums[0] += program.passed
            sums[1] += len(program.failed)
            sums[2] += len(program.skipped)

    def _check_skips(self, where, program):
        for name, reason in program.skipped:
            if not self.allowed.allows(where, name, reason):
                program.failed.append(
                    (f"{name}: a skip that selftests/skips does not list",
                     [reason]))

    def _print(self, where, program, seconds):
        counts = f"{program.passed} passed"
        if program.failed:
            counts += f", {len(program.failed)} failed"
        if program.skipped:
            counts += f", {len(program.skipped)} skipped"
        mark = "FAIL" if program.failed else " ok "
        clear = "\r\033[K" if self.terminal else ""
        print(f"{clear}{mark}  {where}: {program.name:<16} {counts}"
              f" ({seconds:.1f} s)")
        for name, said in program.failed:
            if not self.verbose:
                print("".join(f"      | {line}\n" for line in said), end="")
            print(f"      failed: {name}")
        for name, reason in program.skipped:
            print(f"      skipped: {name}: {reason}")
        sys.stdout.flush()

    def ran_on(self, where, machine):
        """What a VM said that it is: release, machine, KiB of a page."""
        if machine:
            self.machines[where] = machine.split()

    def skip(self, where, name, reason):
        """Count what cannot be had."""
        program = Program(name)
        program.skipped.append((name, reason))
        self.add(where, program, 0)

    def table(self):
        """The kernels and machines that were tried, in Markdown."""
        yield "| kernel | machine | pages | passed | failed | skipped |"
        yield "|---|---|---|---|---|---|"
        for where, (release, machine, page) in sorted(
                self.machines.items(), key=lambda item: item[1][1:]):
            cells = (release, machine, f"{page} KiB", *self.counts[where])
            yield f"| {' | '.join(map(str, cells))} |"

    def trouble(self, where, name, text):
        """Count what could not even begin."""
        program = Program(name)
        program.failed.append((name, text.splitlines()))
        self.add(where, program, 0)

    def close(self):
        """The closing line, and the exit status."""
        line = f"{self.passed} passed, {self.failed} failed"
        if self.skipped:
            line += f", {self.skipped} skipped"
        print(line)
        return 1 if self.failed or not self.passed else 0
