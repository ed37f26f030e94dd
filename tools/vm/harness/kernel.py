# SPDX-License-Identifier: GPL-2.0-only
"""A kernel for the VM: its image, its modules and the kit to build against."""

import lzma
import os
import pathlib
import subprocess

from . import debian
from .paths import CACHE, ROOT, Trouble, tool
from .target import TARGETS

UML = "uml"
FLAVOURS = ("kasan", "kcsan", "lean", UML)


class Kernel:
    """One kernel, found by the name that setup gave it or by a path."""

    def __init__(self, spec, machine=debian.HOST, say=print):
        self.name = debian.cached_as(spec, machine)
        self.target = TARGETS[machine]
        self.image = self._find_image(spec, machine, say)
        top = self.image.parent
        self.is_uml = self.image.name == "linux"
        self.release = self._find_release(top)
        # the flavours share a release, but not what is built for them
        self.build_name = self.release
        if top.name in FLAVOURS:
            self.build_name += f"-{top.name}"
        self.kit = top / "kit"
        self.modules = top / "modules"
        self.build_root = debian.build_root(top)
        self._dep = None
        self._builtin = None

    @staticmethod
    def _find_image(spec, machine, say):
        if debian.is_name(spec):
            return debian.fetch(spec, machine, say) / "bzImage"
        if spec in FLAVOURS and machine == debian.HOST:
            # on its way it tells how far it got, on stderr
            done = subprocess.run([str(ROOT / "tools/vm/kernel"), spec],
                                  stdin=subprocess.DEVNULL, check=False)
            if done.returncode:
                raise Trouble(f"kernel {spec} could not be built, see above")
            return CACHE / "kernels" / spec / \
                ("linux" if spec == UML else "bzImage")
        path = pathlib.Path(spec).absolute()
        if path.is_dir():
            path = path / "bzImage"
        if not path.is_file():
            raise Trouble(f"-k {spec}: expected {debian.NAMES}; "
                          f"{', '.join(FLAVOURS)}; a bzImage, or a "
                          "directory that holds one")
        return path

    def _find_release(self, top):
        """As its modules have it, or the image itself."""
        if (top / "modules").is_symlink():
            return pathlib.Path(os.readlink(top / "modules")).name
        if self.is_uml:
            return (top / "kit/include/config/kernel.release").read_text(
                encoding="ascii").strip()
        return image_release(self.image)

    def _load_lists(self):
        self._dep = {}
        self._builtin = set()
        dep = self.modules / "modules.dep"
        if dep.exists():
            for line in dep.read_text(encoding="utf-8").splitlines():
                path, _, needs = line.partition(":")
                self._dep[module_name(path)] = (path, needs.split())
        builtin = self.modules / "modules.builtin"
        if builtin.exists():
            for line in builtin.read_text(encoding="utf-8").splitlines():
                self._builtin.add(module_name(line))

    def has_module(self, name):
        """Whether the kernel has a module as a file."""
        if self._dep is None:
            self._load_lists()
        return name in self._dep

    def module_files(self, names):
        """The files of the named modules and of all they need, in the order
        in which they load. What the kernel has built in needs no file, and a
        kernel without a modules directory has everything built in.
        """
        if self._dep is None:
            self._load_lists()
        order = []
        for name in names:
            name = name.replace("-", "_")
            if name in self._builtin or not self._dep:
                continue
            if name not in self._dep:
                raise Trouble(f"kernel {self.release} has no module {name}")
            path, needs = self._dep[name]
            # modules.dep lists the deepest need last
            for item in reversed([path] + needs):
                if item not in order:
                    order.append(item)
        return [self.modules / item for item in order]


def module_name(path):
    """The name of a module by the path of its file."""
    return path.rsplit("/", 1)[-1].split(".", 1)[0].replace("-", "_")


def image_release(path):
    """The release string that every bzImage carries (boot protocol 2.00)."""
    with open(path, "rb") as image:
        head = image.read(0x210)
        if len(head) < 0x210 or head[0x202:0x206] != b"HdrS":
            raise Trouble(f"{path}: not a bzImage")
        image.seek(0x200 + int.from_bytes(head[0x20e:0x210], "little"))
        return image.read(256).split(b"\0")[0].split()[0].decode("ascii")


def module_bytes(path):
    """A module as insmod wants it: busybox's cannot decompress."""
    data = path.read_bytes()
    if path.name.endswith(".xz"):
        return lzma.decompress(data)
    if path.name.endswith(".zst"):
        return subprocess.run([tool("zstd"), "-dc"], input=data, check=True,
                              stdout=subprocess.PIPE).stdout
    return data
