# SPDX-License-Identifier: GPL-2.0-only
"""Read TAP as the kernel's selftests write it, one program at a time."""

import re

POINT = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:- )?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*SKIP\b\s*(.*))?$", re.IGNORECASE)
SKIP = re.compile(r"^(.*?)\s*#\s*SKIP\b:?\s*(.*)$", re.IGNORECASE)
KSFT_SKIP = 4
DIAGNOSTICS = 25


class Program:
    """The points of one test program, and what it said before a failure."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = []        # (test, lines that were printed before it)
        self.skipped = []       # (test, reason)
        self.plan = None
        self.said = []

    def line(self, text):
        """One line of its output."""
        point = POINT.match(text)
        plan = PLAN.match(text)
        if point:
            self._point(point.group(1) is not None, point.group(3).strip())
        elif plan:
            self.plan = int(plan.group(1))
            if not self.plan:
                self.skipped.append((self.name, plan.group(2) or "no reason"))
        elif text.startswith("Bail out!"):
            self.failed.append((text, self._last()))
        else:
            self.said.append(text)

    def _point(self, bad, name):
        skip = SKIP.match(name)
        if skip and not bad:
            self.skipped.append((skip.group(1) or self.name,
                                 skip.group(2) or "no reason"))
        elif bad:
            self.failed.append((name or "a test without a name",
                                self._last()))
        else:
            self.passed += 1
        self.said = []

    def _last(self):
        return self.said[-DIAGNOSTICS:]

    def points(self):
        """How many tests it has reported."""
        return self.passed + len(self.failed) + len(self.skipped)

    def end(self, status):
        """Its exit status, which must agree with what it reported."""
        if not self.points() and self.plan is None:
            self._end_without_tap(status)
            return
        if self.plan and self.points() < self.plan:
            self.failed.append((f"planned {self.plan} tests, reported "
                                f"{self.points()}", self._last()))
        if status not in (0, KSFT_SKIP) and not self.failed:
            self.failed.append((f"exit status {status}", self._last()))

    def _end_without_tap(self, status):
        if status == 0:
            self.passed += 1
        elif status == KSFT_SKIP:
            reason = self.said[-1] if self.said else "no reason"
            self.skipped.append((self.name, reason))
        else:
            self.failed.append((f"exit status {status}", self._last()))
