# SPDX-License-Identifier: GPL-2.0-only
"""Write cpio archives (newc), the format of an initramfs.

Written here rather than by cpio(1), as the archive holds device nodes and
files of root, which an ordinary user could not put into a directory first.
"""

import os
import stat


class Archive:
    """An archive under construction; add parents are made as needed."""

    def __init__(self, handle):
        self.handle = handle
        self.inode = 0
        self.seen = set()

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        encoded = name.encode("utf-8") + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0,
                  rdev[0], rdev[1], len(encoded), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields)
        head += encoded
        self.handle.write(head + b"\0" * (-len(head) % 4))
        self.handle.write(data + b"\0" * (-len(data) % 4))

    def directory(self, name, mode=0o755):
        """A directory and those above it, each once."""
        name = name.strip("/")
        if not name or name in self.seen:
            return
        self.directory(os.path.dirname(name))
        self.seen.add(name)
        self._entry(name, stat.S_IFDIR | mode)

    def file(self, name, data, mode=0o644):
        """A file with these bytes."""
        name = name.strip("/")
        if name in self.seen:
            return
        self.directory(os.path.dirname(name))
        self.seen.add(name)
        self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        """A symbolic link."""
        name = name.strip("/")
        if name in self.seen:
            return
        self.directory(os.path.dirname(name))
        self.seen.add(name)
        self._entry(name, stat.S_IFLNK | 0o777, target.encode("utf-8"))

    def device(self, name, major, minor):
        """A character device."""
        self.directory(os.path.dirname(name))
        self._entry(name.strip("/"), stat.S_IFCHR | 0o600,
                    rdev=(major, minor))

    def end(self):
        """The trailer; another archive may follow in the same file."""
        self._entry("TRAILER!!!", 0)
