#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""controls.py - write the litmus tests that must fail: controls.py DIRECTORY

Each row of the file "controls" is a litmus test of this directory with a few
lines another way; it becomes a file of its own in DIRECTORY.
"""

import pathlib
import re
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
HEAD = re.compile(r"^(\S+-without-\S+): (\S.*)$")
CHANGE = re.compile(r"^\t(P\d+): (\S.*?)(?: => (\S.*))?$")
COMMENT = re.compile(r"\(\*.*?\*\)", re.S)


class Trouble(Exception):
    """A row that makes no sense."""


class Control(NamedTuple):
    """A litmus test that must fail, and why."""

    name: str
    reason: str
    changes: list           # (process, line, what stands there instead)

    def base(self):
        """The test that it breaks."""
        return self.name.split("-without-")[0]


def read_controls():
    """All rows."""
    controls = []
    text = (HERE / "controls").read_text(encoding="utf-8")
    for line in text.splitlines():
        head = HEAD.match(line)
        change = CHANGE.match(line)
        if head:
            controls.append(Control(head.group(1), head.group(2), []))
        elif change and controls:
            controls[-1].changes.append(change.groups(""))
        elif line and not line.startswith("#"):
            raise Trouble(f"controls: what is this? {line}")
    for control in controls:
        if not control.changes:
            raise Trouble(f"controls: {control.name} changes nothing")
    return controls


def change(text, process, old, new):
    """One line of one process another way."""
    body = re.search(rf"^{process}\(.*?^\}}", text, re.M | re.S)
    line = re.compile(rf"^(\t+){re.escape(old)}\n", re.M)
    if not body or len(line.findall(body.group())) != 1:
        raise Trouble(f"{process} does not have '{old}' once")
    instead = r"\1" + new.replace("; ", ";\n\\1") + "\n" if new else ""
    return text[:body.start()] + line.sub(instead, body.group()) + \
        text[body.end():]


def make(control):
    """The text of a control."""
    path = HERE / f"{control.base()}.litmus"
    if not path.exists():
        raise Trouble(f"{control.name}: there is no {path.name}")
    text = path.read_text(encoding="utf-8")
    text = text.replace(f"C {control.base()}\n", f"C {control.name}\n", 1)
    text = COMMENT.sub(f"(*\n * Result: Sometimes\n *\n * {control.reason}\n *)",
                       text, count=1)
    for row in control.changes:
        try:
            text = change(text, *row)
        except Trouble as trouble:
            raise Trouble(f"{control.name}: {trouble}") from trouble
    return text


def main():
    """A file for each row."""
    if len(sys.argv) != 2:
        raise Trouble("usage: controls.py DIRECTORY")
    for control in read_controls():
        path = pathlib.Path(sys.argv[1]) / f"{control.name}.litmus"
        path.write_text(make(control), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except (Trouble, OSError) as error:
        sys.exit(f"controls.py: {error}")
