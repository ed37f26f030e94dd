# SPDX-License-Identifier: GPL-2.0-only
"""Run test programs: on this machine, or the selftests in a VM."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from harness.paths import (BUILD, KSELFTEST_SOURCE, ROOT, Trouble, call, tool)
from harness.suites import HOST
from harness.target import TARGETS
from tap import Program

HERE = pathlib.Path(__file__).resolve().parent
LOGS = BUILD / "test"
# A limit for what hangs: alone on a machine a boot with all tests takes 300 s.
VM_SECONDS = 3600
# A debug kernel takes so many times longer.
SLOW = {"kasan": 3, "kcsan": 3}
# So many seconds an honest user is beside all attackers at once, where each
# access is checked; elsewhere only some, as in selftests/neighbour.c.
NEIGHBOUR = {"kasan": 60}


def lines_of(process, log, verbose):
    """The output of a program line by line, kept in a log as well."""
    with open(log, "w", encoding="utf-8", errors="replace") as keep:
        try:
            for line in process.stdout:
                keep.write(line)
                if verbose:
                    sys.stdout.write(line)
                    sys.stdout.flush()
                yield line.rstrip("\r\n")
        except BaseException:
            end(process)
            raise


def start(argv, **variables):
    """A program whose output we read."""
    return subprocess.Popen([str(item) for item in argv], cwd=ROOT, text=True,
                            errors="replace", stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, **variables},
                            start_new_session=True)


def end(process):
    """End it with all that it started, which may write to us as well."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)


class Run:
    """Something that runs in a process, whose tests are counted."""

    def __init__(self, score, where):
        self.score = score
        self.where = where
        self.process = None

    def stop(self):
        """End it from another thread."""
        if self.process:
            end(self.process)


class HostRun(Run):
    """A test program on this machine."""

    def __init__(self, score, where, name, argv):
        super().__init__(score, where)
        self.name = name
        self.argv = argv

    def run(self):
        """Run it to its end, and count its tests."""
        began = time.monotonic()
        self.score.working(self.where, self.name)
        program = Program(self.name)
        self.process = start(self.argv)
        for line in lines_of(self.process,
                             LOGS / f"{self.where}-{self.name}.log",
                             self.score.verbose):
            program.line(line)
        program.end(self.process.wait())
        self.score.add(self.where, program, time.monotonic() - began)


def build_selftests(machine=HOST):
    """Build and install the selftests as run_kselftest would find them; the
    names of those to run.
    """
    target = TARGETS[machine]
    make = [tool("make"), "-s", f"-j{os.cpu_count()}", "-C",
            target.tree() / "selftests", f"KSELFTEST={KSELFTEST_SOURCE}",
            *target.cross()]
    if not (KSELFTEST_SOURCE / "lib.mk").exists():
        raise Trouble("lib.mk is not in the cache: run tools/vm/setup")
    shutil.rmtree(target.kselftests(), ignore_errors=True)
    call([*make, "install", f"INSTALL_PATH={target.kselftests()}"],
         "building the selftests")
    names = call([*make, "COLLECTION=flipq", "emit_tests"], "emit_tests")
    return [line.split(":", 1)[1] for line in names.split()
            if line.startswith("flipq:")]


class VmRun(Run):
    """The selftests in one boot of one kernel."""

    def __init__(self, score, where, kernel, names, *options):
        super().__init__(score, where)
        self.kernel = kernel
        self.names = names
        self.options = options
        self.program = None
        self.program_name = None
        self.began = 0.0
        self.outside = []
        self.machine = ""

    def run(self):
        """Boot, run them all, and judge the boot itself as one more test."""
        boot = time.monotonic()
        self.score.working(self.where, "boot")
        flavour = pathlib.Path(self.kernel).name
        slow = SLOW.get(flavour, 1)
        variables = {"FLIPQ_SLOW": str(slow)}
        if flavour in NEIGHBOUR:
            variables["FLIPQ_NEIGHBOUR_SECONDS"] = str(NEIGHBOUR[flavour])
        script = (HERE / "in_vm.sh").read_text(encoding="utf-8")
        self.process = start([ROOT / "tools/vm/run", "-k", self.kernel, "-t",
                              VM_SECONDS * slow, *self.options, "--", "sh",
                              "-c", script, "in_vm.sh", *self.names],
                             **variables)
        left = list(self.names)
        for line in lines_of(self.process, LOGS / f"vm-{self.where}.log",
                             self.score.verbose):
            ended = self._line(line)
            if ended in left:
                left.remove(ended)
        status = self.process.wait()
        if self.program:
            self._finish("did not end")
            left.remove(self.program_name)
        for name in left:
            program = Program(name)
            program.failed.append(("was not run", []))
            self.score.add(self.where, program, 0)
        self._judge(status, time.monotonic() - boot)

    def _line(self, line):
        word, _, rest = line.partition(" ")
        if word == "##begin":
            self.program_name = rest
            self.program = Program(rest)
            self.began = time.monotonic()
            self.score.working(self.where, rest)
        elif word == "##end" and self.program:
            name, _, status = rest.rpartition(" ")
            self.program.end(int(status))
            self._finish(None)
            return name
        elif self.program:
            self.program.line(line)
        elif word == "##machine":
            self.machine = rest
        elif line:
            self.outside.append(line)
        return None

    def _finish(self, trouble):
        if trouble:
            self.program.failed.append((trouble, self.program.said[-40:]))
        self.score.add(self.where, self.program,
                       time.monotonic() - self.began)
        self.program = None

    def _judge(self, status, seconds):
        """The kernel's log and the module's unloading: one test."""
        program = Program("kernel log")
        for line in self.outside:
            program.said.append(line)
        if status:
            program.failed.append((f"tools/vm/run: status {status}",
                                   self.outside[-60:]))
        else:
            program.passed += 1
        self.score.add(self.where, program, seconds)
        self.score.ran_on(self.where, self.machine)
