# SPDX-License-Identifier: GPL-2.0-only
"""Run QEMU once: start it, follow what init reports, end it."""

import os
import selectors
import subprocess
import sys
import time

from . import disks, tsc
from .paths import Trouble, tool

# A boot takes 5 seconds on an idle machine, and on a very busy one 100.
BOOT_SECONDS = 240
END_SECONDS = 30


class Machine:
    """One VM. After run(): booted, status, failure, timed_out, dmesg."""

    def __init__(self, kernel, cpus, mib, work):
        self.kernel = kernel
        self.work = work
        self.console = work / "console.log"
        self.on_report = None
        self.directory = None
        self.environment = None
        self.program = "QEMU"
        self.log_name = "qemu.log"
        self.on_terminal = False
        self.booted = False
        self.began = None
        self.status = None
        self.failure = None
        self.timed_out = False
        self.ended = False
        self.dmesg = bytearray()
        self.line = b""
        self.args = []
        self.parameters = []
        self._describe(cpus, mib)

    def _describe(self, cpus, mib):
        target = self.kernel.target
        self.args = [
            tool(target.qemu), *target.options, "-accel", "tcg,thread=multi",
            "-cpu", target.cpu, "-smp", str(cpus), "-m", str(mib),
            "-nodefaults", "-display", "none", "-no-reboot", "-nic", "none",
            "-kernel", str(self.kernel.image),
            "-initrd", str(self.work / "initramfs"),
            "-serial", f"file:{self.console}",
            "-device", "virtio-serial-pci,max_ports=8"]
        self.parameters = [
            f"console={target.console}", "loglevel=7", "panic=-1",
            "oops=panic", "rdinit=/init",
            # the kernel hands what it does not know to init, as a variable
            f"reports={target.reports}", *target.parameters]

    def disk(self, path, serial, readonly):
        """Add a disk that the guest knows by its serial."""
        mode = "readonly=on" if readonly else "cache=unsafe"
        # a comma in a value of QEMU's is written twice
        name = str(path).replace(",", ",,")
        self.args += [
            "-drive", f"if=none,id={serial},format=raw,file={name},{mode}",
            "-device", f"virtio-blk-pci,drive={serial},serial={serial}"]

    @staticmethod
    def source(name):
        """What disk() takes to show a directory to the guest."""
        return disks.from_directory(name)

    def add_out(self):
        """Something for the guest to write to."""
        disks.make_out(self.work / "out.img")
        self.disk(self.work / "out.img", "out", False)

    def read_out(self, directory):
        """Put what it wrote into a directory."""
        disks.read_out(self.work / "out.img", directory)

    def count_instructions(self):
        """Let the guest's clock advance by 1 ns with each instruction, and by
        nothing else: what it measures is then the length of a path.
        """
        where = self.args.index("tcg,thread=multi")
        self.args[where] = "tcg,thread=single"
        self.args += ["-icount", "shift=0,sleep=off"]

    def nodes(self, nodes, cpus, mib):
        """Divide CPUs and memory among NUMA nodes, a socket for each."""
        each = cpus // nodes
        where = self.args.index("-smp") + 1
        self.args[where] += f",sockets={nodes}"
        for node in range(nodes):
            first = node * each
            self.args += [
                "-object", f"memory-backend-ram,size={mib // nodes}M,"
                f"id=node{node}",
                "-numa", f"node,nodeid={node},memdev=node{node},"
                f"cpus={first}-{first + each - 1}"]

    def terminal(self):
        """Connect our terminal to the guest's virtio console."""
        self.on_terminal = True
        self.args += ["-chardev", "stdio,id=terminal,signal=off",
                      "-device", "virtconsole,chardev=terminal"]

    def _connect(self, name, writer):
        """Let the guest write to one of our pipes."""
        self.args += ["-chardev", f"file,id={name},path=/dev/fd/{writer}"]
        if name == "reports" and self.kernel.target.foreign:
            self.args += ["-device", "pci-serial,chardev=reports"]
        elif name == "reports":
            self.args += ["-serial", "chardev:reports"]
        else:
            self.args += ["-device", "virtserialport,"
                          f"chardev={name},name={name}"]

    def _command_line(self):
        """What is started: all arguments, with those for the kernel."""
        khz = None
        if not self.kernel.target.foreign and "-icount" not in self.args:
            khz = tsc.khz()
        if khz:
            self.parameters.append(f"tsc_early_khz={khz}")
        return [*self.args, "-append", " ".join(self.parameters)]

    def run(self, seconds):
        """Boot, let it run at most so long, and collect what it says."""
        sinks = {"reports": self._report_bytes,
                 "stdout": lambda data: _forward(1, data),
                 "stderr": lambda data: _forward(2, data),
                 "dmesg": self.dmesg.extend}
        selector = selectors.DefaultSelector()
        writers = []
        for name, sink in sinks.items():
            reader, writer = os.pipe()
            self._connect(name, writer)
            selector.register(reader, selectors.EVENT_READ, sink)
            writers.append(writer)
        log = open(self.work / self.log_name, "wb")
        terminal = self.on_terminal
        process = subprocess.Popen(
            self._command_line(), stdin=None if terminal else subprocess.DEVNULL,
            stdout=None if terminal else log, stderr=log,
            pass_fds=writers, cwd=self.directory, env=self.environment)
        for writer in writers:
            os.close(writer)
        try:
            self._follow(process, selector, seconds)
        finally:
            process.kill()
            process.wait()
            log.close()
            for key in list(selector.get_map().values()):
                os.close(key.fd)
            selector.close()
        if not self.booted:
            self._check_start(process)

    def _check_start(self, process):
        """What refuses its arguments would refuse them again."""
        text = (self.work / self.log_name).read_text(errors="replace").strip()
        if process.returncode == 1 and text:
            raise Trouble(f"{self.program} did not start: {text}")

    def _follow(self, process, selector, seconds):
        deadline = time.monotonic() + BOOT_SECONDS
        phase = "boot"
        while selector.get_map():
            now = time.monotonic()
            if phase == "boot" and self.booted:
                phase = "run"
                deadline = now + seconds if seconds else float("inf")
            elif phase == "run" and self.ended:
                phase = "end"
                deadline = now + END_SECONDS
            if now >= deadline:
                self.timed_out = phase == "run"
                return
            for key, _ in selector.select(min(deadline - now, 1)):
                data = os.read(key.fd, 65536)
                if data:
                    key.data(data)
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)
        process.wait()

    def _report_bytes(self, data):
        self.line += data
        *lines, self.line = self.line.split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            word, _, rest = text.partition(" ")
            self._report(word, rest)

    def _report(self, word, rest):
        if word == "init":
            self.booted = True
        elif word == "begin":
            self.began = time.monotonic()
        elif word == "status" and rest.isdigit():
            self.status = int(rest)
        elif word == "fail":
            self.failure = f"{self.failure}; {rest}" if self.failure else rest
        elif word == "end":
            self.ended = True
        elif self.on_report:
            self.on_report(word, rest)


def _forward(fd, data):
    """Pass output on; a reader that went away ends us as it does others."""
    try:
        while data:
            data = data[os.write(fd, data):]
    except BrokenPipeError:
        sys.exit(141)
