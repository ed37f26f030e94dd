# SPDX-License-Identifier: GPL-2.0-only
"""The VM's root file system: a cached base, and what one run adds to it."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from . import module
from .cpio import Archive
from .kernel import module_bytes, module_name
from .paths import CACHE, ROOT, call, locked, tool
from .suites import HOST
from .target import TARGETS

STOCK_TOOLS = ("bash", "lz4", "zstd", "gzip", "pigz")
DIRECTORIES = ("dev", "proc", "sys", "tmp", "run", "out", "mnt", "home",
               "var", "lib64", "usr/local/bin")
VM_MODULES = ("virtio_pci", "virtio_blk", "virtio_console")
# what ext4 asks for by another name than modules.dep has; built in of late
OLD_MODULES = ("crc32c_generic",)
# for tests that skip where a kernel is without them; zram of Linux 6.1 asks
# for compressors by name, as ext4 does
TEST_MODULES = ("fuse", "zram", "lz4", "zstd")
PASSWD = "root:x:0:0:root:/home:/bin/sh\n" \
         "nobody:x:65534:65534:nobody:/tmp:/bin/sh\n"
GROUP = "root:x:0:\nflipq:x:990:\nnogroup:x:65534:\n"


def libraries(paths):
    """The shared libraries, interpreter included, that programs load."""
    found = set()
    for path in paths:
        done = subprocess.run([tool("ldd"), str(path)], text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
        for word in done.stdout.split():
            if word.startswith("/") and os.path.exists(word):
                found.add(word)
    return sorted(found)


def _foreign_libraries(path, target):
    """The same of another machine's program, which does not run here: the
    places where it expects them, and where they are.
    """
    root = target.sysroot()
    found = {}
    left = [path]
    while left:
        text = call([tool("readelf"), "-dl", left.pop()], "readelf")
        names = re.findall(r"interpreter: ([^]]+)\]", text)
        names += [f"/lib/{target.triplet}/{name}" for name in
                  re.findall(r"\(NEEDED\).*\[(.+)\]", text)]
        for name in names:
            there = root / name[1:]
            # what is not in the sysroot is ours and comes another way
            if there.exists() and name not in found:
                found[name] = there
                left.append(there)
    return found.items()


def needed(path, target):
    """The libraries of a program of a machine: names in the VM, files here."""
    if target.foreign:
        return _foreign_libraries(path, target)
    return [(name, name) for name in libraries([path])]


def add_program(archive, path, name, target):
    """A program, and the libraries it loads at the places it expects."""
    archive.file(name, pathlib.Path(path).read_bytes(), 0o755)
    for place, library in needed(path, target):
        archive.file(place, pathlib.Path(library).read_bytes(), 0o755)


def _stock(name, target):
    """A program that others wrote, or None."""
    if not target.foreign:
        return shutil.which(name)
    places = [target.sysroot() / where / name for where in ("bin", "usr/bin")]
    return next((place for place in places if place.exists()), None)


def base(target=TARGETS[HOST]):
    """The part that depends on nothing but the programs of a machine."""
    busybox = _stock("busybox", target) or tool("busybox")
    programs = [_stock(name, target) for name in STOCK_TOOLS]
    programs = [program for program in programs if program]
    inputs = [__file__, busybox, *programs,
              *(path for program in programs
                for _, path in needed(program, target))]
    key = hashlib.sha256()
    for path in inputs:
        info = os.stat(path)
        key.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    image = CACHE / "initramfs" / f"base-{target.name}-" \
        f"{key.hexdigest()[:16]}"
    with locked(CACHE / "initramfs.lock"):
        if not image.exists():
            _write_base(image, busybox, programs, target)
    return image


def _write_base(image, busybox, programs, target):
    image.parent.mkdir(parents=True, exist_ok=True)
    for old in image.parent.glob(f"base-{target.name}-*"):
        old.unlink()
    partial = image.with_suffix(".new")
    with open(partial, "wb") as handle:
        archive = Archive(handle)
        for name in DIRECTORIES:
            archive.directory(name)
        archive.device("dev/console", 5, 1)
        archive.device("dev/null", 1, 3)
        archive.file("etc/passwd", PASSWD.encode())
        archive.file("etc/group", GROUP.encode())
        add_program(archive, busybox, "bin/busybox", target)
        for program in programs:
            name = pathlib.Path(program).name
            add_program(archive, program,
                        "bin/bash" if name == "bash" else f"usr/bin/{name}",
                        target)
        # of the one that runs here: both are Debian's, made alike
        applets = call([tool("busybox"), "--list"], "busybox").split()
        for name in applets:
            archive.link(f"bin/{name}", "busybox")
        archive.end()
    partial.rename(image)


def _add_modules(archive, kernel, flipq):
    """The modules, and the order in which init loads them."""
    names = []
    needs = module.depends(flipq) if flipq else []
    wanted = [name for name in TEST_MODULES if kernel.has_module(name)]
    old = [name for name in OLD_MODULES if kernel.has_module(name)]
    for path in kernel.module_files([*VM_MODULES, *old, "ext4", *needs,
                                     *wanted]):
        name = module_name(path.name)
        archive.file(f"lib/modules/{name}.ko", module_bytes(path))
        names.append(name)
    archive.file("harness/modules", "".join(f"{n}\n" for n in names).encode())
    if flipq:
        for path in (flipq, *module.test_modules(flipq)):
            archive.file(f"lib/modules/{path.name}", path.read_bytes())


def _add_tools(archive, tools, target):
    for path in tools:
        if ".so." in path.name:
            archive.file(f"usr/lib/{path.name}", path.read_bytes(), 0o755)
        else:
            add_program(archive, path, f"usr/local/bin/{path.name}", target)


def _add_kselftests(archive, target):
    """The installed selftests, where there are any, at /kselftest."""
    top = target.kselftests()
    for path in sorted(top.rglob("*")):
        if path.is_file():
            name = f"kselftest/{path.relative_to(top)}"
            with open(path, "rb") as handle:
                binary = handle.read(4) == b"\x7fELF"
            if binary:
                add_program(archive, path, name, target)
            elif os.access(path, os.X_OK):
                archive.file(name, path.read_bytes(), 0o755)
            else:
                archive.file(name, path.read_bytes())


def write(target, kernel, flipq, tools, files):
    """Write the initramfs of one run: the base, then what is its own."""
    machine = kernel.target
    shutil.copyfile(base(machine), target)
    with open(target, "ab") as handle:
        archive = Archive(handle)
        archive.file("init", (ROOT / "tools/vm/init").read_bytes(), 0o755)
        _add_modules(archive, kernel, flipq)
        _add_tools(archive, tools, machine)
        _add_kselftests(archive, machine)
        for name, data in files.items():
            archive.file(f"harness/{name}", data.encode("utf-8"), 0o755)
        archive.end()
