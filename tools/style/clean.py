# SPDX-License-Identifier: GPL-2.0-only
"""Which files a slow checker has found clean before: by all that it depends on."""

import hashlib
import os
import pathlib


class Clean:
    """What was clean, from one run to the next; of files that are gone or have
    changed nothing stays.
    """

    def __init__(self, path: pathlib.Path, *common: bytes):
        self.path = path
        self.common = hashlib.sha256()
        for part in common:
            self.common.update(hashlib.sha256(part).digest())
        try:
            self.before = set(path.read_text(encoding="ascii").split())
        except OSError:
            self.before = set()
        self.now: "set[str]" = set()
        self.keys: "dict[object, str]" = {}

    def _key(self, path, how):
        key = self.common.copy()
        key.update(f"{how} {path} ".encode())
        key.update(pathlib.Path(path).read_bytes())
        return key.hexdigest()

    def unknown(self, paths, how):
        """Those that are to be checked, in this way."""
        keys = {path: self._key(path, how) for path in paths}
        self.keys.update(keys)
        self.now.update(self.before.intersection(keys.values()))
        return [path for path, key in keys.items() if key not in self.before]

    def add(self, paths):
        """These, which were unknown, were checked, and nothing was found."""
        self.now.update(self.keys[path] for path in paths)

    def save(self):
        """For the next run."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        new.write_text("\n".join(sorted(self.now)) + "\n", encoding="ascii")
        new.replace(self.path)
