# SPDX-License-Identifier: GPL-2.0-only
"""The QEMU that tools/qemu/build makes, for what is tried with it."""

import pathlib
import subprocess

from harness.paths import Trouble
from harness.suites import NotOnOffer

PROGRAM = "qemu-system-x86_64"
BUILD = pathlib.Path(__file__).resolve().parent / "build"
# How build says that it is not to be had here; and tests that they skip.
NOT_TO_BE_HAD = SKIPPED = 4


def directory():
    """Where its newest line is, built if it is not there."""
    done = subprocess.run([BUILD, "newest"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode == NOT_TO_BE_HAD:
        raise NotOnOffer(done.stderr.splitlines()[-1])
    if done.returncode:
        raise Trouble(done.stderr.rstrip())
    return pathlib.Path(done.stdout.rstrip())


def skip(reason):
    """A test that cannot run here says so. Return: its status."""
    print(f"1..0 # SKIP {reason}")
    return SKIPPED
