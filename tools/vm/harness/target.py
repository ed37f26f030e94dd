# SPDX-License-Identifier: GPL-2.0-only
"""The machines that a VM can be: how QEMU is started as one, and where its
programs and libraries come from."""

import pathlib
from typing import NamedTuple

from . import suites
from .paths import BUILD, KSELFTEST_BUILD, ROOT, call, locked, tool

# What stands in a foreign VM and what is compiled against; the release is the
# one whose cross compiler setup installs.
SYSROOT_RELEASE = "bookworm"
SYSROOT = ("busybox-static", "bash", "lz4", "zstd", "gzip", "pigz", "libc6-dev",
           "liblz4-dev", "libzstd-dev", "zlib1g-dev", "liburing-dev")


class Target(NamedTuple):
    """A kind of machine."""

    name: str
    qemu: str
    options: tuple      # of QEMU
    cpu: str
    console: str        # of the kernel
    reports: str        # the serial port that init reports on
    parameters: tuple   # of the kernel
    triplet: str

    @property
    def foreign(self):
        """Whether its programs do not run here."""
        return self.name != suites.HOST

    def sysroot(self):
        """Where its programs and libraries are: / for our own."""
        if not self.foreign:
            return pathlib.Path("/")
        return suites.root(SYSROOT_RELEASE, self.name, SYSROOT)

    def tree(self):
        """The checkout to compile its programs in: a copy for a foreign one,
        whose objects must not be taken for ours.
        """
        if not self.foreign:
            return ROOT
        tree = BUILD / self.name
        with locked(BUILD / f"{self.name}.lock"):
            tree.mkdir(parents=True, exist_ok=True)
            call([tool("rsync"), "-a", "--delete", "--exclude=/.git",
                  "--filter=:- .gitignore", f"{ROOT}/", tree], "rsync")
        return tree

    def cross(self):
        """What make is told so that it compiles for this machine."""
        if not self.foreign:
            return []
        gcc = tool(f"{self.triplet}-gcc")
        return [f"CC={gcc} --sysroot={self.sysroot()}",
                f"AR={tool(f'{self.triplet}-ar')}"]

    def kselftests(self):
        """Where the installed selftests are."""
        if not self.foreign:
            return KSELFTEST_BUILD
        return KSELFTEST_BUILD.with_name(f"kselftest-{self.name}")


TARGETS = {target.name: target for target in (
    Target("amd64", "qemu-system-x86_64", (), "max", "ttyS0", "ttyS1",
           # on a busy host the boot's test of the timer sees no tick in time,
           # and that of the counters finds those of two CPUs apart
           ("no_timer_check", "tsc=reliable"), "x86_64-linux-gnu"),
    # the kernel signs each return address there, and to emulate the cipher
    # that the architecture names takes most of the time
    Target("arm64", "qemu-system-aarch64", ("-M", "virt"),
           "max,pauth-impdef=on", "ttyAMA0", "ttyS0", (),
           "aarch64-linux-gnu"))}
