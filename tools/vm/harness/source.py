# SPDX-License-Identifier: GPL-2.0-only
"""The source of a kernel, from a suite of Debian's, patched, in the cache."""

import hashlib
import os
import shutil

from . import suites
from .paths import CACHE, Trouble, call, locked, tool
from .suites import HOST, NotOnOffer, Suite

SOURCES = CACHE / "src"


def find(package, names):
    """The package, in the first suite that has it."""
    for name in names:
        suite = Suite(name)
        found = suite.find(package, HOST)
        if found:
            return suite, found
    raise NotOnOffer(f"{package}: in none of {', '.join(names)}")


def fetch(package, names, patches, say):
    """A tree of it with these patches applied; where it is, and what it is of.
    A tree that is there is taken as it is, if its patches are these.
    """
    tree = SOURCES / f"{package}-patched"
    wanted = _key(patches)
    with locked(SOURCES / f"{tree.name}.lock"):
        stamp = tree / "flipq-of"
        if not stamp.exists() or stamp.read_text().split()[0] != wanted:
            suite, found = find(package, names)
            say(f"{package} {found.version} of {suite.name}: downloading and "
                "unpacking, 1.7 GB")
            _make(tree, suite, found, patches)
            stamp.write_text(f"{wanted} {found.version}\n", encoding="ascii")
        return tree


def _key(patches):
    key = hashlib.sha256()
    for path in patches:
        key.update(path.read_bytes())
    return key.hexdigest()


def _make(tree, suite, found, patches):
    work = tree.with_suffix(".new")
    shutil.rmtree(work, ignore_errors=True)
    suite.download(work / "debs", [found])
    for deb in (work / "debs").iterdir():
        suites.unpack(deb, work)
    archives = sorted(work.glob("usr/src/*.tar.xz"))
    if len(archives) != 1:
        raise Trouble(f"{found.name} holds no usr/src/*.tar.xz")
    (work / "tree").mkdir()
    call([tool("tar"), "-xJf", archives[0], "-C", work / "tree",
          "--strip-components=1"], "tar")
    for path in patches:
        call([tool("patch"), "-p1", "-d", work / "tree", "-i", path],
             f"{path.name} on {found.version}")
    shutil.rmtree(tree, ignore_errors=True)
    os.rename(work / "tree", tree)
    shutil.rmtree(work)
