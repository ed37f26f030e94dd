#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""multifd_points DIR OUT - the tests of qemu_multifd, here or in the VM

DIR holds plan.json, the guest and its memory; OUT gets rows.json.
"""

import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from multifd import ENDED, Pair, Refused, Setup, measure    # noqa: E402

# Limits for what hangs.
SECONDS = 300
GIVE_UP = 60
# So slow that a migration is still going on when it is disturbed.
SLOW = "1M"


def different(row):
    """What a migration came to that should have ended well."""
    pages = row["differing"]
    return f"{row['status']}, {len(pages)} pages differ: " \
           f"{' '.join(map(str, pages[:20]))}\n{row['info']}"


class Points:
    """The points, in order, and the rows that they leave."""

    def __init__(self, plan, where, work):
        self.plan = plan
        self.where = where
        self.work = work
        self.qemu = None
        self.number = 0
        self.bad = 0
        self.rows = []

    def setup(self, method, channels, **more):
        """What to migrate with, by the QEMU whose turn it is."""
        return Setup(self.qemu["program"], self.qemu["firmware"],
                     (self.where / "guest").read_bytes(),
                     self.work / "memory", method, channels, **more)

    def point(self, name, function, *arguments):
        """One test: the function returns what is wrong, or nothing."""
        self.number += 1
        try:
            wrong = function(*arguments)
        except (Refused, OSError) as error:
            wrong = str(error)
        for line in str(wrong or "").splitlines():
            print(f"# {line}")
        self.bad += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {self.number} "
              f"{self.qemu['name']}: {name}", flush=True)

    def _measured(self, setup, seconds):
        row = measure(setup, self.work, seconds)
        row["qemu"] = self.qemu["name"]
        self.rows.append(row)
        return row

    def migrates(self, method, channels):
        """It ends, and both memories are the same."""
        row = self._measured(self.setup(method, channels,
                                        rate=self.plan["rate"]), SECONDS)
        if not row["same"]:
            return different(row)
        if self.plan["device"] and method.startswith("flipq") and \
           not row["workers"]:
            return "expected that flipq's workers do it, but they did nothing"
        return ""

    def hurries(self, method, ends):
        """A guest that dirties more than the link can take of plain pages. The
        link is what is slow: QEMU 7.2 holds its own limit against pages before
        they are compressed.
        """
        fast = self.plan["hurry"]
        row = self._measured(self.setup(method, 2, rate=fast["rate"],
                                        link=fast["link"]),
                             SECONDS if ends else GIVE_UP)
        if ends:
            return "" if row["same"] else different(row)
        return "" if row["status"] == "active" else \
            f"expected that it goes on for ever:\n{row['info']}"

    def _goes_on(self, pair):
        for _ in range(50):
            if pair.source.status() == "running":
                return ""
            time.sleep(0.2)
        return f"source: {pair.source.status()}, expected running"

    def cancelled(self, method):
        """By the one who began it."""
        with Pair(self.setup(method, 2, bandwidth=SLOW), self.work) as pair:
            pair.under_way(GIVE_UP)
            pair.source.do("migrate_cancel")
            word, text = pair.until(ENDED, GIVE_UP)
            if word != "cancelled":
                return text
            if not pair.target.gone(GIVE_UP):
                return f"target: status {pair.target.process.poll()}"
            return self._goes_on(pair)

    def target_killed(self, method):
        """The source notices, and its guest goes on."""
        with Pair(self.setup(method, 2, bandwidth=SLOW), self.work) as pair:
            pair.under_way(GIVE_UP)
            pair.target.end()
            word, text = pair.until(ENDED, GIVE_UP)
            return text if word != "failed" else self._goes_on(pair)

    def source_killed(self, method):
        """The target ends with an error."""
        with Pair(self.setup(method, 2, bandwidth=SLOW), self.work) as pair:
            pair.under_way(GIVE_UP)
            pair.source.end()
            return "" if pair.target.gone(GIVE_UP) else \
                f"target: status {pair.target.process.poll()}"

    def lied_to(self, method, field):
        """The source notices, and its guest goes on. The target takes nothing
        of it: its process ends, or (as QEMU 7.2's own methods do) waits for
        what does not come. Slowly: a source at its last step waits with it.
        """
        setup = self.setup(method, 2, bandwidth=SLOW)
        with Pair(setup, self.work, field) as pair:
            pair.begin()
            word, text = pair.until(ENDED, GIVE_UP)
            if not pair.way.lied:
                return "no packet was changed"
            if word != "failed":
                return text
            status = pair.target.process.poll()
            if status is not None and status <= 0:
                return f"target: status {status}\n{pair.target.log()}"
            return self._goes_on(pair)

    def run(self):
        """All of them, for each QEMU."""
        for self.qemu in self.plan["qemus"]:
            methods = self.qemu["methods"]
            for turn in range(self.plan["turns"]):
                for method in methods:
                    for channels in self.plan["channels"]:
                        self.point(f"{method}, {channels} channels, "
                                   f"turn {turn + 1}: memory is the same",
                                   self.migrates, method, channels)
            for method in methods if self.plan["disturb"] else ():
                ends = method != "none"
                self.point(f"{method}: a guest that dirties much "
                           f"{'arrives' if ends else 'never arrives'}",
                           self.hurries, method, ends)
                self.point(f"{method}: cancelled", self.cancelled, method)
                self.point(f"{method}: target killed", self.target_killed,
                           method)
                self.point(f"{method}: source killed", self.source_killed,
                           method)
                # the size is read by those only that compress
                for field in ("pages", "size") if ends else ("pages",):
                    self.point(f"{method}: a packet lies about its {field}",
                               self.lied_to, method, field)
        print(f"1..{self.number}")
        return 1 if self.bad else 0


def main():
    """Run what the plan says."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    where, out = (pathlib.Path(name).absolute() for name in sys.argv[1:])
    plan = json.loads((where / "plan.json").read_text(encoding="utf-8"))
    print("TAP version 13", flush=True)
    with tempfile.TemporaryDirectory() as work:
        # QEMU opens it for writing, which it does not do to it
        shutil.copy(where / "memory", work)
        points = Points(plan, where, pathlib.Path(work))
        status = points.run()
    (out / "rows.json").write_text(json.dumps(points.rows),
                                   encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
