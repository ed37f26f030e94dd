# SPDX-License-Identifier: GPL-2.0-only
"""What all test programs together amount to."""

import fnmatch
import sys

from tap import Program


class AllowedSkips:
    """The skips that are listed: a pattern each for where, test and reason."""

    def __init__(self, path):
        self.lines = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                where, test, reason = line.split(None, 2)
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
        self.terminal = sys.stdout.isatty() and not verbose

    def working(self, where, name):
        """What is running now, on a terminal only."""
        if self.terminal:
            print(f"\r\033[K  ...  {where}: {name}", end="", flush=True)

    def add(self, where, program, seconds):
        """Count a program and print its line; a skip must be on the list."""
        for name, reason in program.skipped:
            if not self.allowed.allows(where, name, reason):
                program.failed.append(
                    (f"{name}: a skip that selftests/skips does not list",
                     [reason]))
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
        self.passed += program.passed
        self.failed += len(program.failed)
        self.skipped += len(program.skipped)

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
