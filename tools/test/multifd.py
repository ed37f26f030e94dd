# SPDX-License-Identifier: GPL-2.0-only
"""One migration between two QEMUs through multifd, and what it took.

Python's own library is all it needs: it runs in the VM as well.
"""

import os
import pathlib
import re
import socket
import struct
import subprocess
import threading
import time
from typing import NamedTuple

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROMPT = b"(qemu) "
PAGE = 4096
# Of the guest's memory the first MiB holds its stack, and no plain memory.
FIRST = 1 << 20
ENDED = ("completed", "failed", "cancelled")
# What a channel opens with, the head of each packet, and where in that two of its
# numbers are. A packet without pages has nothing behind its head.
OPENING = 64
HEAD = 320 + 8 * 128
MAGIC = b"\x11\x22\x33\x44"
FIELDS = {"pages": 16, "size": 20}
LIE = struct.pack(">I", 0x7ffffff0)
# What a link takes at once.
PIECE = 1 << 16
# Between two questions how far it is: they take the source's time.
PAUSE = 0.5


class Setup(NamedTuple):
    """What two QEMUs migrate with."""

    program: str            # qemu-system-x86_64
    firmware: str           # its -L, or nothing
    bios: bytes             # the guest
    memory: pathlib.Path    # its memory, a file of some MiB
    method: str             # of multifd, and flipq's codec: flipq-zstd
    channels: int
    rate: int = 0           # pages that it dirties in 10 ms
    bandwidth: str = "10G"  # that QEMU keeps to, of pages as they are
    link: int = 0           # bytes in a second that can be sent, 0 for no limit


class Refused(Exception):
    """QEMU did not do what it was asked for; the text says what it said."""


def ticks(path):
    """User and system time in a stat file of /proc, in ticks."""
    try:
        fields = path.read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def worker_seconds():
    """What flipq's workers used up to now."""
    total = 0
    for place in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if place.read_text().startswith("flipq/"):
                total += ticks(place.parent / "stat")
        except OSError:
            pass
    return total * TICK


def wire_bytes():
    """What went through the loopback up to now."""
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split(":")[1].split()[8])
    return 0


class Qemu:
    """One of both ends."""

    def __init__(self, setup, work, name, *more):
        self.work = work
        self.name = name
        size = setup.memory.stat().st_size
        bios = bytearray(setup.bios)
        struct.pack_into("<III", bios, 0, FIRST, size, setup.rate)
        (work / f"{name}.bios").write_bytes(bios)
        self.size = size
        args = [setup.program, "-name", f"{name},debug-threads=on",
                "-accel", "tcg", "-cpu", "qemu64", "-m", f"{size >> 20}M",
                "-nodefaults", "-display", "none", "-vga", "none", "-nic",
                "none", "-bios", f"{name}.bios", "-monitor",
                f"unix:{name}.mon,server=on,wait=off", *more]
        if setup.firmware:
            args += ["-L", setup.firmware]
        with open(work / f"{name}.log", "wb") as log:
            self.process = subprocess.Popen(
                args, cwd=work, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        try:
            self.monitor = self._connect()
            self._answer(60)
            self._configure(setup)
        except BaseException:
            self.end()
            raise

    def _connect(self):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            link = socket.socket(socket.AF_UNIX)
            try:
                link.connect(f"{self.work}/{self.name}.mon")
                return link
            except OSError:
                link.close()
                time.sleep(0.1)
        raise Refused(f"QEMU did not start: {self.log()}")

    def _configure(self, setup):
        method, _, codec = setup.method.partition("-")
        settings = [f"multifd-channels {setup.channels}",
                    f"multifd-compression {method}",
                    f"max-bandwidth {setup.bandwidth}"]
        if codec:
            settings.append(f"multifd-flipq-codec {codec}")
        self.do("migrate_set_capability multifd on")
        for words in settings:
            self.do(f"migrate_set_parameter {words}")

    def log(self):
        """What QEMU itself said."""
        return (self.work / f"{self.name}.log").read_text(
            errors="replace").strip()

    def _answer(self, seconds):
        data = b""
        deadline = time.monotonic() + seconds
        while not data.endswith(PROMPT):
            self.monitor.settimeout(max(deadline - time.monotonic(), 0.01))
            try:
                more = self.monitor.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                raise Refused(f"QEMU ended: {self.log()}")
            data += more
        # the monitor repeats each key of a command on its first line
        return data.decode("utf-8", "replace").replace("\r", "")

    def ask(self, text, seconds=120):
        """A command to the monitor, and its answer."""
        self.monitor.sendall(text.encode() + b"\n")
        answer = self._answer(seconds).split("\n", 1)[-1]
        return answer.removesuffix(PROMPT.decode()).rstrip()

    def do(self, text):
        """A command that answers nothing if all is well."""
        answer = self.ask(text)
        if answer:
            raise Refused(f"{text}: {answer}")

    def status(self):
        """Whether its guest runs, in QEMU's word."""
        return self.ask("info status").partition("VM status: ")[2]

    def migration(self):
        """How far it is: a word, and the whole text."""
        text = self.ask("info migrate")
        found = re.search(r"^(?:Migration s|S)tatus:\s*([\w-]+)", text, re.M)
        return found.group(1) if found else "none", text

    def memory(self):
        """The guest's memory."""
        self.do(f"pmemsave 0 {self.size} memory.{self.name}")
        path = self.work / f"memory.{self.name}"
        data = path.read_bytes()
        path.unlink()
        return data

    def seconds(self):
        """The CPU's time that it used, without that of its guest."""
        place = pathlib.Path(f"/proc/{self.process.pid}")
        total = ticks(place / "stat")
        for thread in place.glob("task/*/comm"):
            try:
                if thread.read_text().startswith("CPU "):
                    total -= ticks(thread.parent / "stat")
            except OSError:
                pass
        return total * TICK

    def gone(self, seconds):
        """Whether it ends by itself, with an error and not by a signal."""
        try:
            return self.process.wait(seconds) > 0
        except subprocess.TimeoutExpired:
            return False

    def end(self):
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()


class Budget:
    """So many bytes in a second, of all who take some."""

    def __init__(self, rate):
        self.rate = rate
        self.lock = threading.Lock()
        self.free = 0.0

    def take(self, size):
        """Wait until they may go."""
        with self.lock:
            begin = max(self.free, time.monotonic())
            self.free = begin + size / self.rate
            left = self.free - time.monotonic()
        if left > 0:
            time.sleep(left)


class Way:
    """Between both ends: a link as fast as it is told, for all channels together;
    or a liar, who changes one number in each channel's first packet with pages.
    """

    def __init__(self, port, lie=None, link=0):
        self.port = port
        self.at = FIELDS[lie] if lie else None
        self.budget = Budget(link) if link else None
        self.lied = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        if link:
            # what has been taken over must not seem to have arrived
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                     PIECE)
        self.address = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                here, _ = self.listener.accept()
                there = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                return
            for one, other, forth in ((here, there, True),
                                      (there, here, False)):
                threading.Thread(target=self._copy, args=(one, other, forth),
                                 daemon=True).start()

    def _lie(self, source, target):
        opening = source.recv(OPENING, socket.MSG_WAITALL)
        target.sendall(opening)
        while opening.startswith(MAGIC):
            head = source.recv(HEAD, socket.MSG_WAITALL)
            if not head.startswith(MAGIC) or len(head) < HEAD:
                target.sendall(head)
                break
            if any(head[16:20]):
                self.lied += 1
                target.sendall(head[:self.at] + LIE + head[self.at + 4:])
                break
            target.sendall(head)

    def _copy(self, source, target, forth):
        try:
            if forth and self.at is not None:
                self._lie(source, target)
            while data := source.recv(PIECE):
                if forth and self.budget:
                    self.budget.take(len(data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for link in (source, target):
                try:
                    link.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def end(self):
        """No more of it."""
        self.listener.close()


def free_port():
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Pair:
    """Both ends of a migration, and the way between them."""

    def __init__(self, setup, work, lie=None):
        self.pages = setup.memory.stat().st_size // PAGE
        port = free_port()
        self.way = None
        self.source = Qemu(
            setup, work, "source", "-object",
            f"memory-backend-file,id=ram,size={setup.memory.stat().st_size},"
            f"mem-path={setup.memory},share=off,readonly=off",
            "-machine", "pc,memory-backend=ram")
        try:
            self.target = Qemu(
                setup, work, "target", "-object",
                "memory-backend-ram,id=ram,"
                f"size={setup.memory.stat().st_size}",
                "-machine", "pc,memory-backend=ram", "-S", "-incoming",
                "defer")
        except BaseException:
            self.source.end()
            raise
        self.target.do(f"migrate_incoming tcp:127.0.0.1:{port}")
        if lie or setup.link:
            self.way = Way(port, lie, setup.link)
            port = self.way.address
        self.port = port

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.source.end()
        self.target.end()
        if self.way:
            self.way.end()

    def begin(self):
        """The source sends."""
        self.source.do(f"migrate -d tcp:127.0.0.1:{self.port}")

    def under_way(self, seconds):
        """The source sends, by all channels: a target waits for those that do
        not come.
        """
        self.begin()
        self.until(("active", *ENDED), seconds)
        time.sleep(1)

    def until(self, words, seconds):
        """Wait for one of these words. Return: the last one, and the text."""
        deadline = time.monotonic() + seconds
        while True:
            word, text = self.source.migration()
            if word in words or time.monotonic() > deadline:
                return word, text
            time.sleep(PAUSE)

    def arrived(self, seconds):
        """Wait until the target has taken what the source has sent: what is
        under way is no more the source's concern.
        """
        deadline = time.monotonic() + seconds
        while "inmigrate" in self.target.status():
            if time.monotonic() > deadline:
                raise Refused(f"target: {self.target.status()}, {seconds} s "
                              "after the source had completed")
            time.sleep(PAUSE)

    def differing(self):
        """The pages that are not the same at both ends: they must have
        stopped.
        """
        one, other = self.source.memory(), self.target.memory()
        return [at // PAGE
                for at in range(0, max(len(one), len(other)), PAGE)
                if one[at:at + PAGE] != other[at:at + PAGE]]


def number(text, name):
    """A number of info migrate, or 0."""
    found = re.search(rf"^{name}[^:]*:\s*(\d+)", text, re.M | re.I)
    return int(found.group(1)) if found else 0


def measure(setup, work, seconds):
    """One migration: what it took, as a row."""
    with Pair(setup, work) as pair:
        cpu = -pair.source.seconds() - pair.target.seconds()
        workers = -worker_seconds()
        wire = -wire_bytes()
        pair.begin()
        word, text = pair.until(ENDED, seconds)
        if word == "completed":
            pair.arrived(seconds)
        row = {"method": setup.method, "channels": setup.channels,
               "rate": setup.rate, "link": setup.link,
               "status": word, "info": text,
               "cpu": cpu + pair.source.seconds() + pair.target.seconds(),
               "workers": workers + worker_seconds(),
               "wire": wire + wire_bytes(), "pages": pair.pages,
               "total_ms": number(text, "total time"),
               "downtime_ms": number(text, "downtime")}
        row["differing"] = pair.differing() if word == "completed" else []
        row["same"] = word == "completed" and not row["differing"]
    return row
