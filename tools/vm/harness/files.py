# SPDX-License-Identifier: GPL-2.0-only
"""Which files belong to the project, in git and outside it."""

import fnmatch
import os
import pathlib
import subprocess

from .paths import ROOT, tool


def in_git():
    """Whether this is a checkout, and not what a release was unpacked to."""
    return (ROOT / ".git").exists()


def source_files():
    """Names of all files that are, or are to be, under version control."""
    return sorted(_by_git() if in_git() else _by_walk())


def _by_git():
    done = subprocess.run(
        [tool("git"), "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return [name for name in done.stdout.decode().split("\0")
            if name and (ROOT / name).is_file()]


def _by_walk():
    """All that no .gitignore names: what building and testing left behind."""
    names = []
    patterns = []
    for where, below, here in os.walk(ROOT):
        place = pathlib.Path(where).relative_to(ROOT)
        if ".gitignore" in here:
            patterns += _patterns(place)
        below[:] = [name for name in below
                    if not _ignored(place / name, patterns)]
        names += [str(place / name) for name in here
                  if not _ignored(place / name, patterns)]
    return names


def _patterns(place):
    """What a .gitignore says: where it is, a pattern, and whether that is of a
    whole path from there; otherwise it is of a name there or further below.
    """
    text = (ROOT / place / ".gitignore").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield place, line.strip("/"), "/" in line.rstrip("/")


def _ignored(path, patterns):
    for place, pattern, whole in patterns:
        if place not in path.parents:
            continue
        name = str(path.relative_to(place)) if whole else path.name
        if fnmatch.fnmatchcase(name, pattern):
            return True
    return False
