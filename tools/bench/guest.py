# SPDX-License-Identifier: GPL-2.0-only
"""The memory of a guest, which is compressed wherever pages are."""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vm"))

from harness.paths import Trouble                   # noqa: E402


def memory():
    """The file, cached or made now."""
    done = subprocess.run([HERE.parent / "vm/guest"], text=True,
                          stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise Trouble("no guest's memory to compress, see above")
    return pathlib.Path(done.stdout.strip())
