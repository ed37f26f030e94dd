# SPDX-License-Identifier: GPL-2.0-only
"""Rules about tracepoints: what names them names those that there are."""

import re

from harness.paths import ROOT

# as selftests/trace.sh compares it with a kernel
FORMATS = ROOT / "selftests/trace.formats"
ABI = ROOT / "tools/doc/abi.md"


def _formats():
    """The fields of each event, with their types, in their order."""
    events = {}
    for line in FORMATS.read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            event, kind, name, *_ = line.split("\t")
            fields = events.setdefault(event, [])
            if kind != "text":
                fields.append(f"{kind} {name}")
    return events


def documented_formats(files):
    """abi.md has the tracepoints and fields of selftests/trace.formats"""
    del files
    rows = re.findall(r"^\| `(flipq_\w+)` \| (.*?) \|",
                      ABI.read_text(encoding="utf-8"), re.M)
    said = {event: re.findall(r"`(\w+ \w+)`", fields)
            for event, fields in rows}
    there = _formats()
    return [f"tools/doc/abi.md: {event}: {said.get(event)}, expected "
            f"{there.get(event)}" for event in sorted({*said, *there})
            if said.get(event) != there.get(event)]


TESTS = (documented_formats,)
