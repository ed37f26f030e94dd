# SPDX-License-Identifier: GPL-2.0-only
"""Rules about the documents: what they name and link to is there."""

import re
import subprocess

from harness.paths import ROOT

DOCUMENTS = ("README.md", ".github/*.md", "tools/doc/*.md")
# Where a file may be that a document names without its directory.
PLACES = ("", "selftests/", "kmod/", "kmod/*/", "tools/lib/", "tools/lib/soft/",
          "tools/lib/image/",
          "tools/lib/check/", "tools/trace/",
          "tools/bench/", "tools/bench/**/", "tools/flipq/", "uapi/linux/")
# Rooms whose directories are named as the kernel's are.
AS_THE_KERNEL = "kmod/engine/user/"
# Functions that documents name and that are the kernel's.
KERNEL_NAMES = ("memmove", "set_current_state", "wake_up_process",
                "array_index_nospec")


def _documents():
    """Each document: its name, and its text."""
    for pattern in DOCUMENTS:
        for path in sorted(ROOT.glob(pattern)):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def _text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def named_files(files):
    """files that the documents name exist, and tests are run"""
    del files
    makefile = (ROOT / "selftests/Makefile").read_text(encoding="utf-8")
    run = " ".join(re.findall(r"^TEST_(?:GEN_)?PROGS [+:]*=(.*)", makefile,
                              re.M)).split() + ["tool_*.sh"]
    errors = []
    for page, text in _documents():
        for name in re.findall(r"`([\w.*-]+\.[ch]|[\w.*-]+\.sh|"
                               r"(?:selftests|tools|kmod|uapi|\.github)"
                               r"/[\w.*/-]*)[ `]", text):
            found = [path for place in PLACES
                     for path in ROOT.glob(f"{place}{name}")]
            if not found and not (ROOT / f"{name}.c").is_file():
                errors.append(f"{page}: {name}: no such file")
            errors += [f"{page}: {name}: not run by selftests/Makefile"
                       for path in found if path.suffix in (".c", ".sh") and
                       path.parent == ROOT / "selftests" and not any(
                           path.match(test) or path.stem == test
                           for test in run)]
    return errors


def named_functions(files):
    """functions that the documents name are there"""
    code = "\n".join(_text(path) for path in files
                     if path.suffix in (".c", ".h"))
    return [f"{page}: {name}(): no such function"
            for page, text in _documents()
            for name in sorted(set(re.findall(r"`(\w+)\(\)`", text)))
            if name not in KERNEL_NAMES and
            not re.search(rf"\b{name}\(", code)]


def links(files):
    """what the documents link to is there"""
    del files
    errors = []
    for page, text in _documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            path = (ROOT / page).parent / name if name else ROOT / page
            if not path.exists():
                errors.append(f"{page}: {target}: no such file")
            elif anchor and anchor not in _anchors(path):
                errors.append(f"{page}: {target}: no such heading")
    return errors


def _anchors(path):
    """What a link to a heading of a document may say."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in headings}


def rooms(files):
    """architecture.md names each directory with code"""
    text = (ROOT / "tools/doc/architecture.md").read_text(encoding="utf-8")
    there = {str(path.parent) for path in files
             if path.suffix in (".c", ".h", ".py", ".sh") or
             _text(path).startswith("#!")} - {".", ".ci"}
    there = {name for name in there if not name.startswith(AS_THE_KERNEL)}
    return [f"tools/doc/architecture.md: nothing about {name}/"
            for name in sorted(there) if f"`{name}/`" not in text]


def picture(files):
    """the picture of what flipq gains is what its data gives"""
    del files
    done = subprocess.run([ROOT / "tools/bench/picture", "-n"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    said = done.stdout.splitlines()
    if done.returncode and not said:
        said.append(f"tools/bench/picture: status {done.returncode}")
    return said


TESTS = (named_files, named_functions, links, rooms, picture)
