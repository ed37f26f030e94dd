# SPDX-License-Identifier: GPL-2.0-only
"""The module at native speed: what is run in User Mode Linux, beside a guest's
memory.
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vm"))

from harness.paths import Trouble, call             # noqa: E402

CPUS = 2
MIB = 1024


class Native:
    """One kind of run: its limit of time, and where what it writes goes."""

    def __init__(self, image, out, seconds):
        self.image = f"/mnt/0/{image.name}"
        self.argv = [HERE.parent / "vm/run", "-k", "uml", "-c", str(CPUS),
                     "-M", str(MIB), "-t", str(seconds), "-d", image.parent,
                     "-o", out, "--"]

    def prepare(self):
        """What is built or fetched is built now, not beside what is measured."""
        call([*self.argv, "true"], "tools/vm/run -k uml")

    def shell(self, script, *arguments, under=()):
        """Run a script; a program of this machine may run all of it."""
        if subprocess.run([*under, *self.argv, "sh", "-c", script, *arguments],
                          check=False, stdin=subprocess.DEVNULL).returncode:
            raise Trouble("in User Mode Linux a result is wrong, or a program "
                          "failed, see above")
