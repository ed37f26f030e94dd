# SPDX-License-Identifier: GPL-2.0-only
"""Debian's suites: their packages, by an apt of our own with its own lists, so
that what this machine's apt knows and has installed stays as it is."""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from typing import NamedTuple

from .paths import CACHE, Trouble, call, locked

APT = CACHE / "apt"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# the machine that runs all this, as Debian names it
HOST = "amd64"
FOREIGN = ("arm64",)
LISTS_LAST = 6 * 3600


class NotOnOffer(Trouble):
    """What was asked for is not to be had from here, today."""


class Package(NamedTuple):
    """One package of a suite."""

    name: str
    machine: str
    version: str
    depends: str


@functools.lru_cache(maxsize=None)
def own_release():
    """The code name of the Debian that this machine runs, or nothing."""
    try:
        lines = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^VERSION_CODENAME=(\w+)$", lines, re.M)
    return found.group(1) if found else ""


@functools.lru_cache(maxsize=None)
def _sites():
    """Where this machine gets Debian from: the archive, and what its security
    team adds.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NotOnOffer("no apt-get: only Debian knows its suites")
    # as the sources have it, as the lists of a fresh machine are empty
    done = subprocess.run(
        ["apt-get", "indextargets", "--no-release-info", "--format",
         "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
        stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
        check=False)
    sites = {}
    for line in done.stdout.splitlines():
        site, name = line.split()
        name, dash, rest = name.partition("-")
        if name in (own_release(), "stable", "oldstable") and \
           rest in ("", "security"):
            sites.setdefault(dash + rest, site)
    if len(sites) < 2:
        raise NotOnOffer(f"apt has no source for {own_release() or 'Debian'} "
                         "and its -security: see sources.list(5)")
    return sites


class Suite:
    """One suite, as trixie-backports: what it has, and how it comes here."""

    # as sources.list(5) calls what the lists are of
    KIND = "deb"

    def __init__(self, name):
        self.name = name
        self.place = APT / name
        self._known = None

    def _options(self):
        settings = {
            "Dir::Etc::sourcelist": self.place / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::State": self.place / "state",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": self.place / "cache",
            "Acquire::Languages": "none",
            "Acquire::Retries": 3,
            "APT::Architecture": HOST,
            "APT::Install-Recommends": "false",
            # the cache may be where apt's own user may not look
            "APT::Sandbox::User": "root"}
        words = [f"{key}={value}" for key, value in settings.items()]
        words += [f"APT::Architectures::={name}" for name in (HOST, *FOREIGN)]
        return [part for word in words for part in ("-o", word)]

    def apt(self, program, *argv, cwd=None):
        """Run apt-get or apt-cache on this suite; what it printed."""
        done = subprocess.run(
            [program, "-q", *self._options(), *argv], cwd=cwd, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, errors="replace", check=False)
        bad = re.search(r"^[EW]: .*", done.stderr, re.M)
        # an update that reached nothing ends well, with a warning
        if done.returncode or (argv[0] == "update" and bad):
            # after two blanks comes why a fetch failed
            why = bad.group(0)[3:].rpartition("  ")[2] if bad else \
                f"status {done.returncode}"
            raise NotOnOffer(
                f"cannot {argv[0]} from suite {self.name}: {why}; run this "
                f"where there is a network, or copy {CACHE} from a machine "
                "that has it")
        return done.stdout

    def refresh(self):
        """Have its lists, not older than some hours."""
        stamp = self.place / "fresh"
        with locked(self.place.with_suffix(".lock")):
            if stamp.exists() and \
               time.time() - stamp.stat().st_mtime < LISTS_LAST:
                return
            site = _sites()["-security" if self.name.endswith("-security")
                            else ""]
            for part in ("state/lists/partial", "cache/archives/partial"):
                (self.place / part).mkdir(parents=True, exist_ok=True)
            (self.place / "sources.list").write_text(
                f"{self.KIND} [signed-by={KEYRING}] {site} {self.name} main\n",
                encoding="ascii")
            self.apt("apt-get", "update")
            stamp.touch()

    def packages(self):
        """All its packages, by name and machine."""
        if self._known is None:
            self.refresh()
            self._known = {}
            for text in self.apt("apt-cache", "dumpavail").split("\n\n"):
                fields = dict(re.findall(
                    r"^(Package|Architecture|Version|Depends): (.*)$", text,
                    re.M))
                if "Package" in fields:
                    self._add(Package(fields["Package"],
                                      fields["Architecture"],
                                      fields["Version"],
                                      fields.get("Depends", "")))
        return self._known

    def _add(self, package):
        self._known[package.name, package.machine] = package

    def find(self, name, machine):
        """A package of one machine, or of all machines, or None."""
        known = self.packages()
        return known.get((name, machine)) or known.get((name, "all"))

    def download(self, directory, packages):
        """Put packages into a directory, as files."""
        directory.mkdir(parents=True)
        self.apt("apt-get", "download",
                 *(f"{item.name}:{item.machine}={item.version}"
                   if item.machine != "all" else
                   f"{item.name}={item.version}" for item in packages),
                 cwd=directory)

    def closure(self, names, machine):
        """Packages and all that they depend on, on an empty machine."""
        self.refresh()
        printed = self.apt(
            "apt-get", "install", "-y", "--print-uris",
            *(f"{name}:{machine}" for name in names))
        found = []
        for line in printed.splitlines():
            if line.startswith("'"):
                name, version, of = \
                    line.split()[1].removesuffix(".deb").split("_")
                found.append(Package(name, of, version.replace("%3a", ":"),
                                     ""))
        return found


class Sources(Suite):
    """What a suite's packages are made of."""

    KIND = "deb-src"

    def __init__(self, name):
        super().__init__(name)
        self.place = APT / f"{name}-source"

    def version(self, name):
        """The newest version of a source package, or None."""
        self.refresh()
        versions = re.findall(r"^Version: (.*)$", self.apt(
            "apt-cache", "showsrc", "--only-source", name), re.M)
        return max(versions, key=functools.cmp_to_key(newer), default=None)

    def unpack(self, name, version, directory):
        """A source package as its maintainers build it, their patches in."""
        self.refresh()
        self.apt("apt-get", "source", "--download-only",
                 f"{name}={version}", cwd=directory)
        description, = directory.glob("*.dsc")
        call(["dpkg-source", "--no-check", "-x", description.name, "source"],
             "dpkg-source", cwd=directory)


def newer(one, other):
    """Compare versions as dpkg does: for functools.cmp_to_key."""
    for relation, answer in (("lt", -1), ("eq", 0)):
        if not subprocess.run(["dpkg", "--compare-versions", one, relation,
                               other], check=False).returncode:
            return answer
    return 1


def root(release, machine, names):
    """A directory with packages of a release unpacked, and no more done to
    it: something to compile with, or against.
    """
    suite = Suite(release)
    place = CACHE / "roots" / f"{release}-{machine}"
    listed = "\n".join(names)
    with locked(CACHE / "roots" / f"{release}-{machine}.lock"):
        stamp = place / "complete"
        if stamp.exists() and stamp.read_text(encoding="ascii") == listed:
            return place
        print(f"{release} {machine}: unpacking what is compiled with",
              file=sys.stderr, flush=True)
        work = place.with_suffix(".new")
        shutil.rmtree(work, ignore_errors=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (work / "usr" / name).mkdir(parents=True)
            (work / name).symlink_to(f"usr/{name}")
        for name in ("dev", "proc", "tmp"):
            (work / name).mkdir()
        suite.download(work / "debs", suite.closure(names, machine))
        for deb in sorted((work / "debs").glob("*.deb")):
            unpack(deb, work)
        shutil.rmtree(work / "debs")
        if (work / "usr/bin/mawk").exists():
            # what its maintainer script would do
            (work / "usr/bin/awk").symlink_to("mawk")
        (work / "complete").write_text(listed, encoding="ascii")
        shutil.rmtree(place, ignore_errors=True)
        os.rename(work, place)
    return place


def unpack(deb, directory, *wanted):
    """The files of a package, or those that match a pattern of tar's."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)],
                          stdout=subprocess.PIPE) as reader:
        # links such as lib -> usr/lib are ours and stay
        done = subprocess.run(
            ["tar", "-x", "--keep-directory-symlink", "-C", str(directory),
             *(["--wildcards", "--no-wildcards-match-slash", *wanted]
               if wanted else [])],
            stdin=reader.stdout, stderr=subprocess.PIPE, text=True,
            check=False)
        if done.returncode and "Not found in archive" not in done.stderr:
            raise Trouble(f"{deb.name} does not unpack: "
                          f"{done.stderr.strip().splitlines()[-1]}")
