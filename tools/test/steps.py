# SPDX-License-Identifier: GPL-2.0-only
"""What the test commands are made of, and in which order."""

import contextlib
import os
import subprocess
import time
from concurrent import futures
from typing import Callable, NamedTuple

from harness import debian, module
from harness.kernel import Kernel
from harness.paths import ROOT, Trouble, tool
from harness.suites import NotOnOffer
from harness.target import TARGETS
from programs import HERE, LOGS, HostRun, VmRun, build_selftests
from tap import Program

STOCK = ("6.1", "6.12")
# The module is built for these in make test: kernel, machine.
BUILT = (("newest", "amd64"), ("6.12", "arm64"))
# And all of make test-all runs on these, and on the stock ones.
MACHINES = (("5.10", "amd64"), ("newest", "amd64"), ("6.12", "arm64"),
            ("6.12-16k", "arm64"), ("6.12-64k", "arm64"),
            ("newest-16k", "arm64"))
DEBUG = ("kasan", "kcsan")
MATTER_MOST = ("abi", "concurrent")
UNITS = ("tools/lib", "tools/flipq", "tools/bench", "tools/python",
         "tools/rust")
# What their checks are told in make test-all.
AT_LENGTH = {"tools/flipq": ("PROCESS=flipq-process",)}
ICOUNT = ROOT / "tools/bench/icount"
RELEASE = HERE / "release.sh"
ANALYZE = ROOT / "tools/style/analyze"
QEMU = ROOT / "tools/qemu"
# Of how many mutants of the engine one is tried.
ENGINE_MUTANTS = {"test-debug": "8", "test-all": "1"}
FUZZ_SECONDS = {"test-debug": "120", "test-all": "900"}


class Step(NamedTuple):
    """One of the things that a command does."""

    name: str
    action: Callable[[], None]


def marked(names, *marks):
    """Those of the selftests that selftests/marks gives one of these marks."""
    text = (ROOT / "selftests/marks").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines()
             if line and not line.startswith("#")]
    lost = [line[0] for line in lines if line[0] not in names]
    if lost:
        raise Trouble(f"selftests/marks: no such selftest: {' '.join(lost)}")
    found = {line[0] for line in lines if set(line[1:]) & set(marks)}
    return [name for name in names if name in found]


def unmarked(names, *marks):
    """The others."""
    left_out = marked(names, *marks)
    return [name for name in names if name not in left_out]


class Plan:
    """The steps of one command."""

    def __init__(self, score):
        self.score = score
        self.groups = []        # of steps; those of one are run two at a time
        self.pair = None        # the group to which steps are being added
        self.runs = []          # of this machine, to be stopped
        self.stopped = False
        self.done = []
        self.names = []
        self.cold = False

    def add(self, name, function, *arguments):
        """One more step: a function of this object, and what it is given."""
        step = Step(name, lambda: function(*arguments))
        if self.pair is None:
            self.groups.append([step])
        else:
            self.pair.append(step)

    @contextlib.contextmanager
    def in_pairs(self):
        """The steps that are added meanwhile are run two at a time, in order:
        each of them leaves half of two processors idle. For those whose results
        do not depend on what else the machine does, and that build nothing in
        the same place without a lock.
        """
        self.pair = []
        self.groups.append(self.pair)
        yield
        self.pair = None

    def run(self):
        """All of them; then what was planned, what was run and what not."""
        names = [step.name for group in self.groups for step in group]
        print(f"planned: {', '.join(names)}", flush=True)
        for group in self.groups:
            if len(group) == 1:
                self._step(group[0])
            else:
                self._in_pairs(group)
        left = [name for name in names if name not in self.done]
        print(f"run: {len(self.done)} of {len(names)} steps; "
              f"not run: {', '.join(left) or 'none'}")

    def _step(self, step):
        try:
            step.action()
            self.done.append(step.name)
        except Trouble as trouble:
            self.score.trouble("host", step.name, str(trouble))

    def _in_pairs(self, steps):
        with futures.ThreadPoolExecutor(2) as pool:
            try:
                for done in [pool.submit(self._step, step) for step in steps]:
                    done.result()
            except BaseException:
                self.stopped = True
                pool.shutdown(wait=False, cancel_futures=True)
                for run in self.runs:
                    run.stop()
                raise

    # the steps

    def program(self, name, *argv):
        """A test program on this machine."""
        if self.stopped:
            raise Trouble("stopped before it began")
        run = HostRun(self.score, "host", name, argv)
        self.runs.append(run)
        run.run()

    def check(self, directory, *variables):
        """The unit tests that a directory brings along."""
        # what others build as well, under a lock
        _, errors = module.build_tools(TARGETS[debian.HOST])
        if errors:
            raise Trouble("\n".join(errors))
        self.program(directory.replace("/", "-"), tool("make"), "-s",
                     f"-j{os.cpu_count()}", "-C", directory, *variables,
                     "check")

    def build(self):
        """The selftests, for all kernels."""
        began = time.monotonic()
        program = Program("build")
        self.names = build_selftests()
        program.passed += 1
        self.score.add("selftests", program, time.monotonic() - began)

    def kernel(self, flavour):
        """A kernel, built if it is not in the cache."""
        began = time.monotonic()
        script = ROOT / "tools/vm/kernel"
        missing = subprocess.run([script, "-n", flavour], check=False,
                                 stdin=subprocess.DEVNULL).returncode
        if missing:
            self.cold = True
        if subprocess.run([script, flavour], check=False,
                          stdin=subprocess.DEVNULL).returncode:
            raise Trouble(f"kernel {flavour} could not be built, see above")
        program = Program(flavour)
        program.passed += 1
        self.score.add("kernel", program, time.monotonic() - began)

    def modules(self, kernels):
        """The module and its tests' modules, built without a warning for
        kernels that they are not run on here.
        """
        for spec, machine in kernels:
            began = time.monotonic()
            name = f"module {debian.cached_as(spec, machine)}"
            program = Program(name)
            try:
                kernel = Kernel(spec, machine)
                module.build(kernel)
                program.name = f"module {kernel.release}"
                program.passed += 1
            except NotOnOffer as trouble:
                program.skipped.append((name, str(trouble)))
            except Trouble as trouble:
                program.failed.append((name, str(trouble).splitlines()))
            self.score.add("host", program, time.monotonic() - began)

    def machines(self):
        """All selftests on other kernels and machines, one after the other:
        two foreign VMs on two cores are slower than the limits allow.
        """
        names = {}
        for spec, machine in MACHINES:
            where = debian.cached_as(spec, machine)
            try:
                debian.fetch(spec, machine, print)
                if machine not in names:
                    names[machine] = build_selftests(machine)
                VmRun(self.score, where, spec, names[machine], "-m",
                      machine).run()
            except NotOnOffer as trouble:
                self.score.skip("host", f"machine {where}", str(trouble))
        table = "\n".join(self.score.table()) + "\n"
        (LOGS / "machines.md").write_text(table, encoding="ascii")
        print(table)

    def together(self, *runs):
        """At the same time, three at most: a VM leaves half of two cores idle."""
        with futures.ThreadPoolExecutor(3) as pool:
            try:
                for done in [pool.submit(run.run) for run in runs]:
                    done.result()
            except BaseException:
                for run in runs:
                    run.stop()
                raise

    def selftests(self, kernels, names=None):
        """All selftests on these kernels."""
        self.together(*(VmRun(self.score, kernel, kernel, names or self.names)
                        for kernel in kernels))

    def selftests_stock(self, at_length):
        """All of them on the stock kernels, and where two CPUs are too few; but
        for those of programs, which are the same on each kernel: these are run
        on the last one, unless at length. There they have two VMs of their own,
        as they take twice as long as all others.
        """
        last = STOCK[-1]
        if at_length:
            runs = [VmRun(self.score, kernel, kernel, self.names)
                    for kernel in STOCK]
        else:
            programs = marked(self.names, "program")
            others = unmarked(self.names, "program")
            runs = [*(VmRun(self.score, f"{last}-programs-{half}", last,
                            programs[half::2]) for half in range(2)),
                    *(VmRun(self.score, kernel, kernel, others)
                      for kernel in STOCK)]
        self.together(*runs, VmRun(self.score, "4-cpu", last, ["cpus.sh"],
                                   "-c", "4"))

    def fuzz(self, kernels, seconds):
        """The hostile user, on these kernels."""
        script = ROOT / "selftests/fuzz/fuzz-calls"
        self.together(*(HostRun(self.score, "host", f"fuzz-{kernel}",
                                [script, "-k", kernel, "-t", seconds])
                        for kernel in kernels))

    def selftests_debug(self, kernels, at_length):
        """All of them on the debug kernels; but for those of programs, whose
        use of the module is no other than a selftest's, unless at length; and
        only those that matter most when building the kernels took the time.
        """
        names = self.names
        if not at_length:
            names = unmarked(names, "program")
            print(f"on debug kernels: {len(names)} of {len(self.names)} "
                  f"selftests, without those of programs (make test-all has "
                  f"them)", flush=True)
        if self.cold and not at_length:
            most = marked(self.names, *MATTER_MOST)
            names = [name for name in names if name in most]
            print(f"debug kernels built in this run, so of these the "
                  f"{len(names)} marked abi or concurrent", flush=True)
        self.selftests(kernels, names)

    def detectors(self, at_length, *kernels):
        """The detectors of these kernels, or one for each kind of defect."""
        self.program(f"detect-{kernels[0]}", HERE / "detect",
                     *([] if at_length else ["-1"]), *kernels)

    def selftests_on(self, *machines):
        """Those marked abi or concurrent, on other kinds of machines: what
        each is called, its kernel, and the options of tools/vm/run.
        """
        names = marked(self.names, *MATTER_MOST)
        self.together(*(VmRun(self.score, where, kernel, names, *options)
                        for where, kernel, *options in machines))


def add_check(plan):
    """make check: what any machine can run that builds packages."""
    for directory in UNITS:
        plan.add(directory, plan.check, directory, "FLAVOURS=plain")


def add_test(plan, command="test"):
    """make test: what a newcomer runs."""
    # alone: its threads have to meet within nanoseconds
    plan.add("tools/lib", plan.check, "tools/lib")
    # of those in pairs the longest first
    with plan.in_pairs():
        plan.add("harness", plan.program, "harness", HERE / "harness.sh")
        # each kernel and each codec; both codecs on both would take twice as
        # long
        for kernel, codecs in (("6.1", ["zstd"]), ("6.12", ["lz4", "zstd"])):
            name = f"qemu-migrate {kernel}"
            plan.add(name, plan.program, name.replace(" ", "-"),
                     HERE / "qemu_migrate", "-k", kernel, *codecs)
        plan.add("languages", plan.program, "languages", HERE / "languages.sh")
        for directory in UNITS[1:]:
            plan.add(directory, plan.check, directory,
                     *AT_LENGTH.get(directory, ())
                     if command == "test-all" else ())
        plan.add("style", plan.program, "style", ROOT / "tools/style/check")
        plan.add("clang", plan.program, "clang", ANALYZE, "library and tool")
        plan.add("modules for other kernels", plan.modules, BUILT)
        plan.add("instructions 6.12", plan.program, "instructions", ICOUNT)
        plan.add("install", plan.program, "install", HERE / "install.sh")
        plan.add("release", plan.program, "release", RELEASE)
        plan.add("rpm", plan.program, "rpm", HERE / "rpm.sh")
        plan.add("deb", plan.program, "deb", HERE / "deb.sh")
        plan.add("dkms", plan.program, "dkms", HERE / "dkms.sh")
        plan.add("modinfo", plan.program, "modinfo", HERE / "modinfo.sh")
    plan.add("build", plan.build)
    plan.add(f"selftests {' and '.join(STOCK)}", plan.selftests_stock,
             command == "test-all")


def add_debug(plan, command="test-debug"):
    """make test-debug: debug kernels, the detectors, models."""
    if command == "test-debug":
        plan.add("build", plan.build)
    for kernel in DEBUG:
        plan.add(f"kernel {kernel}", plan.kernel, kernel)
    plan.add(f"selftests {' and '.join(DEBUG)}", plan.selftests_debug, DEBUG,
             command == "test-all")
    with plan.in_pairs():
        # the longest first
        plan.add("models", plan.program, "model",
                 ROOT / "selftests/model/check-models")
        for kernels in (["kasan"], ["6.12", "kcsan"]):
            plan.add(f"detectors {' and '.join(kernels)}", plan.detectors,
                     command == "test-all", *kernels)
        plan.add("mutants of the engine", plan.program, "mutants-engine",
                 ROOT / "selftests/mutants/try-engine",
                 "-e", ENGINE_MUTANTS[command])
        plan.add("litmus", plan.program, "litmus",
                 ROOT / "selftests/litmus/check-litmus")
    plan.add("mutants", plan.program, "mutants",
             ROOT / "selftests/mutants/try-mutants")
    plan.add(f"fuzz {' and '.join(DEBUG)}", plan.fuzz, DEBUG,
             FUZZ_SECONDS[command])


def add_all(plan):
    """make test-all: everything, at length."""
    add_test(plan, "test-all")
    add_debug(plan, "test-all")
    plan.add("other kernels and machines", plan.machines)
    plan.add("instructions 6.1", plan.program, "instructions-6.1", ICOUNT,
             "-k", "6.1")
    plan.add("clang module and tests", plan.program, "clang-module", ANALYZE,
             "builds the module", "builds tests")
    plan.add("analyzers", plan.program, "analyzers", ANALYZE, "finds nothing")
    plan.add("coverage", plan.program, "coverage", HERE / "coverage")
    plan.add("release at length", plan.program, "release-at-length", RELEASE,
             "-a")
    for name in ("packages", "quick_start"):
        plan.add(name, plan.program, name, HERE / "packages.sh", name)
    for kernel in STOCK:
        plan.add(f"trace {kernel}", plan.program, f"trace-{kernel}",
                 HERE / "trace.sh", "-k", kernel)
    plan.add("criu", plan.program, "criu", HERE / "criu.sh")
    plan.add("qemu build", plan.program, "qemu-build", QEMU / "build")
    with plan.in_pairs():
        plan.add("qemu multifd", plan.program, "qemu-multifd",
                 HERE / "qemu_multifd", "-c", "1", "-c", "2")
        plan.add("qemu smoke", plan.program, "qemu-smoke", QEMU / "smoke")
    plan.add("fuzz frames", plan.program, "fuzz-frames",
             ROOT / "selftests/fuzz_frames/fuzz-frames")
    plan.add("selftests rt and 1 CPU", plan.selftests_on, ("rt", "rt"),
             ("1-cpu", "6.12", "-c", "1"))
    plan.add("selftests 8 CPUs", plan.selftests_on,
             ("8-cpu", "6.12", "-c", "8"))
    plan.add("selftests 2 nodes", plan.selftests_on,
             ("2-nodes", "6.12", "-c", "4", "-N", "2"))
    plan.add("soak", plan.program, "soak", HERE / "soak", "10")


COMMANDS = {"check": add_check, "test": add_test, "test-debug": add_debug,
            "test-all": add_all}
