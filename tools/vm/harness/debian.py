# SPDX-License-Identifier: GPL-2.0-only
"""Debian's kernels by name: fetched from its suites into the cache."""

import functools
import os
import re
import shutil
from typing import NamedTuple

from . import suites
from .paths import CACHE, Trouble, call, locked, tool
from .suites import HOST, NotOnOffer, Suite

KERNELS = CACHE / "kernels"
# Where to look for a line, first the release whose compiler most machines
# have; and for all other lines.
LINES = {
    "5.10": ("bullseye-security", "bullseye"),
    "6.1": ("bookworm-security", "bookworm"),
    "6.12": ("bookworm-security", "bookworm-backports", "trixie-security",
             "trixie"),
}
NEWER = ("trixie-backports",)
ALIASES = {"rt": "6.12-rt"}
NEWEST = "newest"
NAMES = f"{', '.join(LINES)}, 7.3 or another line of Debian's, {NEWEST}, " \
    "rt; and LINE-rt, LINE-16k"
# what a machine calls its kernels, by the end of our names
FLAVOURS = {("amd64", ""): "amd64", ("amd64", "-rt"): "rt-amd64",
            ("arm64", ""): "arm64", ("arm64", "-rt"): "rt-arm64",
            ("arm64", "-16k"): "arm64-16k", ("arm64", "-64k"): "arm64-64k"}
PARTS = re.compile(r"linux-(?:image|binary|modules|base|headers|kbuild)-\d[^ ,]*")
# The parts of a kernel that a VM of this project can have use for, where they
# are of late and where they were before.
WANTED = [f"./{place}" for place in ("boot/vmlinuz-*",
                                     "usr/lib/modules/*/vmlinuz")]
WANTED += [f"./{lib}/modules/*/{part}" for lib in ("lib", "usr/lib")
           for part in ("modules.*", *(f"kernel/{name}" for name in (
               "arch", "block", "crypto", "fs", "lib", "mm", "net/9p",
               "net/ipv4", "net/netfilter", "net/netlink", "net/packet",
               "net/unix", "drivers/block", "drivers/char",
               "drivers/virtio")))]
# What building a module takes, in the release that the kernel is of: tools,
# compilers for both machines, and what the kernel's own programs load.
BUILD_TOOLS = ("dash", "bash", "coreutils", "sed", "grep", "mawk", "findutils",
               "make", "perl-base", "bc", "dpkg", "kmod", "zlib1g",
               "libc6-dev")
COMPILERS = {
    "bullseye": ("gcc-10", "gcc-10-aarch64-linux-gnu", "libelf1", "libssl1.1"),
    "bookworm": ("gcc-12", "gcc-12-aarch64-linux-gnu", "libelf1", "libssl3"),
    "trixie": ("gcc-14", "gcc-14-aarch64-linux-gnu", "libelf1t64",
               "libssl3t64", "pahole"),
}


class Found(NamedTuple):
    """A kernel that a suite has."""

    suite: Suite
    release: str
    version: str


def machine_names():
    """For which machines there are kernels."""
    return (HOST, *suites.FOREIGN)


def is_name(spec):
    """Whether it looks like the name of one of Debian's kernels."""
    return spec in ALIASES or \
        re.fullmatch(rf"({NEWEST}|\d+\.\d+)(-[a-z0-9]+)?", spec)


def cached_as(spec, machine):
    """The name in the cache."""
    return spec if machine == HOST else f"{spec}-{machine}"


def _pattern(spec, machine):
    line, dash, flavour = ALIASES.get(spec, spec).partition("-")
    kind = FLAVOURS.get((machine, dash + flavour))
    if not kind:
        raise Trouble(f"kernel {spec}: Debian has no such flavour for "
                      f"{machine}; expected {NAMES}")
    number = r"\d+\.\d+" if line == NEWEST else re.escape(line)
    return line, re.compile(rf"linux-image-({number}\.\d[^-]*(?:-\d[\w.]*)?"
                            rf"-{kind})")


def find(spec, machine):
    """The newest of a line, in the first suite that has one."""
    line, pattern = _pattern(spec, machine)
    names = LINES.get(line, NEWER)
    for name in names:
        suite = Suite(name)
        there = [Found(suite, match.group(1), item.version)
                 for item in suite.packages().values()
                 if item.machine == machine and
                 (match := pattern.fullmatch(item.name))]
        if there:
            order = functools.cmp_to_key(suites.newer)
            return max(there, key=lambda found: order(found.version))
    raise NotOnOffer(f"kernel {spec}: none of that line for {machine} in "
                     f"{', '.join(names)}")


def _packages(found, machine):
    """The packages of a kernel: image and headers in their parts. Programs
    for building, linux-kbuild, are those of this machine.
    """
    order = [f"linux-image-{found.release}", f"linux-headers-{found.release}"]
    chosen = []
    for name in order:
        of = HOST if name.startswith("linux-kbuild-") else machine
        item = found.suite.find(name, of)
        if not item:
            raise Trouble(f"suite {found.suite.name} has "
                          f"linux-image-{found.release}, but no {name}")
        chosen.append(item)
        order += [need for need in PARTS.findall(item.depends)
                  if need not in order and "unsigned" not in need]
    return chosen


def _relocate(work, place):
    """Makefiles of the headers include each other by their installed paths."""
    for name in ("Makefile", ".kernelvariables"):
        for path in work.glob(f"usr/src/linux-headers-*/{name}"):
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"(?<![\w.])/usr/(src|lib)/(?=linux)",
                                   rf"{place}/usr/\1/", text),
                            encoding="utf-8")


def _unpack(found, machine, work, place):
    found.suite.download(work / "debs", _packages(found, machine))
    for deb in sorted((work / "debs").iterdir()):
        if re.match(r"linux-(headers|kbuild)-", deb.name):
            suites.unpack(deb, work)
        else:
            suites.unpack(deb, work, *WANTED)
    shutil.rmtree(work / "debs")
    if (work / "usr/lib/modules").is_dir():
        (work / "lib").mkdir(exist_ok=True)
        (work / "lib/modules").symlink_to("../usr/lib/modules")
    call([tool("depmod"), "-b", work, found.release], "depmod")
    _relocate(work, place)
    image = f"lib/modules/{found.release}/vmlinuz"
    if not (work / image).exists():
        image = f"boot/vmlinuz-{found.release}"
    for name, target in (("bzImage", image),
                         ("modules", f"lib/modules/{found.release}"),
                         ("kit", f"usr/src/linux-headers-{found.release}")):
        if not (work / target).exists():
            raise Trouble(f"{target} is in none of the packages of "
                          f"{found.release}")
        (work / name).symlink_to(target)
    release = found.suite.name.partition("-")[0]
    (work / "of").write_text(f"{release}\n", encoding="ascii")


def fetch(spec, machine, say, anew=False):
    """A kernel by its name; its directory in the cache. Anew: even if it is
    there, as a cache of before may have less of it.
    """
    name = KERNELS / cached_as(spec, machine)
    with locked(KERNELS / f"{name.name}.lock"):
        if (name / "complete").exists() and not anew:
            return name
        found = find(spec, machine)
        place = KERNELS / f"{found.release}_{found.version}"
        if anew or not (place / "complete").exists():
            say(f"kernel {name.name}: {found.release} of {found.suite.name}, "
                "downloading")
            work = place.with_suffix(place.suffix + ".new")
            shutil.rmtree(work, ignore_errors=True)
            _unpack(found, machine, work, place)
            (work / "complete").touch()
            shutil.rmtree(place, ignore_errors=True)
            os.rename(work, place)
        link = name.with_suffix(name.suffix + ".new")
        link.unlink(missing_ok=True)
        link.symlink_to(place.name)
        os.rename(link, name)
    return name


def build_root(top):
    """The release's own tools to build modules with, or None where this
    machine's are those.
    """
    try:
        release = (top / "of").read_text(encoding="ascii").strip()
    except OSError:
        return None
    if release == suites.own_release():
        return None
    return suites.root(release, HOST, [*BUILD_TOOLS, *COMPILERS[release]])
