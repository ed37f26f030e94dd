# SPDX-License-Identifier: GPL-2.0-only
"""Where things are: the checkout, its build directory and the cache."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME")
                     or pathlib.Path.home() / ".cache") / "flipq"
SOURCE = CACHE / "kernel-source"
KSELFTEST_SOURCE = SOURCE / "tools/testing/selftests"
KSELFTEST_BUILD = BUILD / "kselftest"

# mke2fs and debugfs are in directories that not every user has in PATH.
os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Trouble(Exception):
    """The harness cannot go on; the text says what was wrong."""


def tool(name):
    """The path of a program that setup installs."""
    path = shutil.which(name)
    if not path:
        raise Trouble(f"{name} is not installed: run tools/vm/setup")
    return path


def call(argv, what, **more):
    """Run a program quietly; its output is shown only when it fails."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, **more)
    if done.returncode:
        raise Trouble(f"{what} failed:\n{done.stdout.rstrip()}")
    return done.stdout


def end_on_signals():
    """End as on an error when told to, so that nothing started stays."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))


@contextlib.contextmanager
def locked(path):
    """Hold a lock file: several runs at once build each thing once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
