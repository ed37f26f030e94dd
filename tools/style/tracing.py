# SPDX-License-Identifier: GPL-2.0-only
"""Rules about tracepoints: what names them names those that there are."""

import re

from harness.paths import ROOT

# as selftests/trace.sh compares it with a kernel
FORMATS = ROOT / "selftests/trace.formats"
ABI = ROOT / "tools/doc/abi.md"
SCRIPTS = ROOT / "tools/trace"


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


def _of_bpftrace(text):
    """Events and the fields that are asked of them, in a script."""
    for head, body in re.findall(r"^(\w[^{}]*)\{(.*?)^\}", text, re.M | re.S):
        fields = set(re.findall(r"\bargs->(\w+)", head + body))
        for event in re.findall(r"\btracepoint:flipq:(\w+)", head):
            yield event, fields


def _of_shell(text):
    """The same, of recipes: events by name, fields as filters and texts have
    them.
    """
    for line in text.replace("\\\n", " ").splitlines():
        fields = set(re.findall(r"\b(\w+)=(?:\\\(|\[)", line))
        fields |= set(re.findall(r"\b(\w+)==", line))
        for event in re.findall(r"\bflipq[:/](flipq_\w+)|"
                                r"\b(flipq_\w+): ", line):
            yield event[0] or event[1], fields


def traced(files):
    """scripts of tools/trace name tracepoints and fields that there are"""
    del files
    there = {event: {field.split()[1] for field in fields}
             for event, fields in _formats().items()}
    errors = []
    for path in sorted(SCRIPTS.iterdir()):
        text = path.read_text(encoding="ascii")
        found = list(_of_bpftrace(text) if path.suffix == ".bt" else
                     _of_shell(text))
        if not found and path.suffix != ".inc":
            errors.append(f"tools/trace/{path.name}: no tracepoint of flipq")
        for event, fields in found:
            if event not in there:
                errors.append(f"tools/trace/{path.name}: no event {event}")
                continue
            errors += [f"tools/trace/{path.name}: {event} has no {name}"
                       for name in sorted(fields - there[event])]
    return errors


TESTS = (documented_formats, traced)
