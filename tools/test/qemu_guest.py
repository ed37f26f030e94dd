# SPDX-License-Identifier: GPL-2.0-only
"""A QEMU guest that migrates: its console, its monitor, a file in its memory."""

import socket
import subprocess
import time

from harness import initramfs
from harness.cpio import Archive
from harness.paths import tool

BOOT_SECONDS = 240
PROMPT = b"(qemu) "
MIB = 256

# Random bytes are of one boot only, so that no other guest can have the sum.
INIT = """\
#!/bin/busybox sh
export PATH=/usr/bin:/bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
head -c 8000000 /dev/urandom >/tmp/file
seq 1 1500000 >>/tmp/file
head -c 8000000 /dev/zero >>/tmp/file
head -c 100000 /dev/urandom >>/tmp/file
sum()
{
	set -- "$1" $(sha256sum /tmp/file)
	echo "$1: $2 $(cat /proc/sys/kernel/random/boot_id)"
}
sum before
while read -r key; do
	sum after
done
"""


def write_initramfs(path):
    """The root file system of the guest."""
    path.write_bytes(initramfs.base().read_bytes())
    with open(path, "ab") as handle:
        archive = Archive(handle)
        archive.file("init", INIT.encode(), 0o755)
        archive.end()


class Guest:
    """QEMU with the same machine each time, for both ends of a migration."""

    def __init__(self, kernel, work, name, *more):
        self.work = work
        self.name = name
        self.console = b""
        self.answer = ""
        # Names in the work directory: its path may need quotes, or be long.
        args = [
            tool("qemu-system-x86_64"), "-accel", "tcg,thread=multi",
            "-machine", "pc", "-cpu", "max", "-smp", "1", "-m", str(MIB),
            "-nodefaults", "-display", "none", "-no-reboot", "-nic", "none",
            "-kernel", str(kernel.image), "-initrd", "initramfs",
            "-append", "console=ttyS0 panic=-1 rdinit=/init",
            "-serial", f"unix:{name}.tty,server=on,wait=off",
            "-monitor", f"unix:{name}.mon,server=on,wait=off", *more]
        with open(work / f"{name}.log", "wb") as log:
            self.process = subprocess.Popen(
                args, cwd=work, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        try:
            self.tty = self._connect("tty")
            self.monitor = self._connect("mon")
            self._until_prompt(30)
        except BaseException:
            self.end()
            raise

    def _connect(self, kind):
        for _ in range(300):
            if self.process.poll() is not None:
                break
            try:
                link = socket.socket(socket.AF_UNIX)
                link.connect(f"{self.work}/{self.name}.{kind}")
                return link
            except OSError:
                link.close()
                time.sleep(0.1)
        raise RuntimeError(f"QEMU did not start: {self.log()}")

    def log(self):
        """What QEMU itself said."""
        path = self.work / f"{self.name}.log"
        return path.read_text(errors="replace").strip()

    def _until_prompt(self, seconds):
        data = b""
        deadline = time.monotonic() + seconds
        while not data.endswith(PROMPT):
            self.monitor.settimeout(max(deadline - time.monotonic(), 0.01))
            more = self.monitor.recv(65536)
            if not more:
                raise RuntimeError(f"QEMU ended: {self.log()}")
            data += more
        return data.decode("utf-8", "replace")

    def command(self, text, seconds=60):
        """A command to the monitor, and its answer."""
        self.monitor.sendall(text.encode() + b"\n")
        self.answer = self._until_prompt(seconds)
        return self.answer

    def running(self, seconds):
        """Wait until it runs, with an incoming migration loaded. Return:
        whether it does.
        """
        deadline = time.monotonic() + seconds
        while "VM status: running" not in self.command("info status"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def key(self):
        """Press Enter on the guest's console."""
        self.tty.sendall(b"\n")

    def line(self, word, seconds):
        """What follows 'word: ' on the console, or None when time is up."""
        begin = f"{word}: ".encode()
        deadline = time.monotonic() + seconds
        while True:
            for line in self.console.split(b"\n")[:-1]:
                if line.startswith(begin):
                    return line[len(begin):].decode().strip()
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.tty.settimeout(left)
            try:
                more = self.tty.recv(65536)
            except socket.timeout:
                return None
            if not more:
                return None
            self.console += more

    def end(self):
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()


def boot(kernel, work):
    """A guest that has its file, and the file's sum. A boot that got nowhere
    is tried again.
    """
    for attempt in ("source", "source2"):
        guest = Guest(kernel, work, attempt)
        total = None
        try:
            total = guest.line("before", BOOT_SECONDS)
        finally:
            if not total:
                guest.end()
        if total:
            return guest, total
    said = guest.console.decode("utf-8", "replace")[-2000:]
    raise RuntimeError(f"the guest did not boot: {said}")
