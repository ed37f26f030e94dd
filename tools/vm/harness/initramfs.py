# SPDX-License-Identifier: GPL-2.0-only
"""The VM's root file system: a cached base, and what one run adds to it."""

import hashlib
import os
import pathlib
import shutil
import subprocess

from . import module
from .cpio import Archive
from .kernel import module_bytes, module_name
from .paths import CACHE, KSELFTEST_BUILD, ROOT, locked, tool

STOCK_TOOLS = ("bash", "lz4", "zstd", "gzip", "pigz")
DIRECTORIES = ("dev", "proc", "sys", "tmp", "run", "out", "mnt", "home",
               "var", "lib64", "usr/local/bin")
# ext4 asks for a crc32c by its algorithm, which modules.dep does not know
VM_MODULES = ("virtio_pci", "virtio_blk", "virtio_console", "crc32c_generic",
              "ext4")
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


def add_program(archive, path, name):
    """A program, and the libraries it loads at the places it expects."""
    archive.file(name, pathlib.Path(path).read_bytes(), 0o755)
    for library in libraries([path]):
        archive.file(library, pathlib.Path(library).read_bytes(), 0o755)


def base():
    """The part that depends on nothing but the programs of this machine."""
    busybox = tool("busybox")
    programs = [shutil.which(name) for name in STOCK_TOOLS]
    programs = [program for program in programs if program]
    inputs = [__file__, busybox, *programs, *libraries(programs)]
    key = hashlib.sha256()
    for path in inputs:
        info = os.stat(path)
        key.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    image = CACHE / "initramfs" / f"base-{key.hexdigest()[:16]}"
    with locked(CACHE / "initramfs.lock"):
        if not image.exists():
            _write_base(image, busybox, programs)
    return image


def _write_base(image, busybox, programs):
    image.parent.mkdir(parents=True, exist_ok=True)
    for old in image.parent.glob("base-*"):
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
        add_program(archive, busybox, "bin/busybox")
        for program in programs:
            name = pathlib.Path(program).name
            add_program(archive, program,
                        "bin/bash" if name == "bash" else f"usr/bin/{name}")
        applets = subprocess.run([busybox, "--list"], text=True, check=True,
                                 stdout=subprocess.PIPE).stdout.split()
        for name in applets:
            archive.link(f"bin/{name}", "busybox")
        archive.end()
    partial.rename(image)


def _add_modules(archive, kernel, flipq):
    """The modules, and the order in which init loads them."""
    names = []
    needs = module.depends(flipq) if flipq else []
    wanted = [name for name in TEST_MODULES if kernel.has_module(name)]
    for path in kernel.module_files([*VM_MODULES, *needs, *wanted]):
        name = module_name(path.name)
        archive.file(f"lib/modules/{name}.ko", module_bytes(path))
        names.append(name)
    archive.file("harness/modules", "".join(f"{n}\n" for n in names).encode())
    if flipq:
        for path in (flipq, *module.test_modules(flipq)):
            archive.file(f"lib/modules/{path.name}", path.read_bytes())


def _add_tools(archive, tools):
    for path in tools:
        if ".so." in path.name:
            archive.file(f"usr/lib/{path.name}", path.read_bytes(), 0o755)
        else:
            add_program(archive, path, f"usr/local/bin/{path.name}")


def _add_kselftests(archive):
    """The installed selftests, where there are any, at /kselftest."""
    for path in sorted(KSELFTEST_BUILD.rglob("*")):
        if path.is_file():
            name = f"kselftest/{path.relative_to(KSELFTEST_BUILD)}"
            if os.access(path, os.X_OK):
                add_program(archive, path, name)
            else:
                archive.file(name, path.read_bytes())


def write(target, kernel, flipq, tools, files):
    """Write the initramfs of one run: the base, then what is its own."""
    shutil.copyfile(base(), target)
    with open(target, "ab") as handle:
        archive = Archive(handle)
        archive.file("init", (ROOT / "tools/vm/init").read_bytes(), 0o755)
        _add_modules(archive, kernel, flipq)
        _add_tools(archive, tools)
        _add_kselftests(archive)
        for name, data in files.items():
            archive.file(f"harness/{name}", data.encode("utf-8"), 0o755)
        archive.end()
