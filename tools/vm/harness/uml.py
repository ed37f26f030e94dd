# SPDX-License-Identifier: GPL-2.0-only
"""Run User Mode Linux once: a kernel that is a process of this machine."""

import os
import pathlib
import shutil

from . import machine
from .paths import Trouble

# where its memory is a file: on a disk it would be written back
MEMORY = "/dev/shm"


class Machine(machine.Machine):
    """One UML. What the other machine is asked is asked of it, too."""

    def _describe(self, cpus, mib):
        self.program = "User Mode Linux"
        self.log_name = "console.log"
        self.environment = {**os.environ, "TMPDIR": MEMORY}
        self.args = [str(self.kernel.image), f"ncpus={cpus}", f"mem={mib}M",
                     "seccomp=on", f"initrd={self.work / 'initramfs'}",
                     "con=null", "con0=null,fd:1", "ssl=null"]
        self.parameters = ["console=tty0", "loglevel=7", "panic=-1",
                           "rdinit=/init"]

    @staticmethod
    def source(name):
        """A directory of this machine, as a disk would be made of it."""
        path = pathlib.Path(name).absolute()
        if not path.is_dir():
            raise Trouble(f"{name}: not a directory")
        if any(char.isspace() for char in str(path)):
            raise Trouble(f"{path}: the kernel's command line takes no blanks")
        return path

    def disk(self, path, serial, readonly):
        """A directory that the guest mounts by its name here."""
        self.parameters.append(f"host_{serial}={path}")

    def add_out(self):
        """A directory for the guest to write to."""
        (self.work / "out").mkdir(exist_ok=True)
        self.disk(self.work / "out", "out", False)

    def read_out(self, directory):
        """Put what it wrote into a directory."""
        shutil.copytree(self.work / "out", directory, symlinks=True,
                        dirs_exist_ok=True)

    def count_instructions(self):
        """There is no such clock."""
        raise Trouble("-i: not with uml, whose instructions nobody counts")

    def nodes(self, nodes, cpus, mib):
        """There is no other memory than the host's."""
        raise Trouble("-N: not with uml, which has one node")

    def terminal(self):
        """Connect our terminal to a console of the guest's."""
        raise Trouble("uml has no terminal: a command is needed")

    def _connect(self, name, writer):
        line = sum(arg.startswith("ssl") for arg in self.args)
        self.args.append(f"ssl{line}=null,fd:{writer}")
        # the kernel hands what it does not know to init, as a variable
        self.parameters.append(f"{name}=ttyS{line}" if name == "reports" else
                               f"port_{name}=ttyS{line}")

    def _command_line(self):
        return [*self.args, *self.parameters]
