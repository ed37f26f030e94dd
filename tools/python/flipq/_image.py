# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images: files of which any part can be read."""

from __future__ import annotations

import contextlib
import os
import weakref
from ctypes import byref, c_uint64, c_void_p, sizeof
from typing import Any, NamedTuple, Optional, Union

from . import _library as c
from ._errors import Error, OpenError
from ._library import lib
from ._memory import Lent, Use
from ._numbers import exact, filled_in

_images: "weakref.WeakSet[Image]" = weakref.WeakSet()


class ImageInfo(NamedTuple):
    """What an image says of itself: bytes of its content, what a base is known
    by, how many blocks it has, bytes of the largest, whether each has a
    checksum; whether it takes a base, what that is known by, its size, and how
    many bytes are the image's own.
    """

    size: int
    id: int
    blocks: int
    block: int
    checked: bool
    based: bool
    base_id: int
    base_size: int
    own: int


class _Handle(c_void_p):
    """An image of the library's, with what has to be there for as long."""

    def __init__(self, fd: int, base: Optional["_Handle"]):
        super().__init__()
        self.fd = fd
        self.base = base

    def __del__(self, close=lib.flipq_image_close, close_file=os.close):
        close(self)
        close_file(self.fd)


def _descriptor(file):
    """One of our own: it is to be there as long as the image."""
    if isinstance(file, int):
        return os.dup(file)
    if hasattr(file, "fileno"):
        return os.dup(file.fileno())
    return os.open(file, os.O_RDONLY | os.O_CLOEXEC)


def _words(result):
    return lib.flipq_image_error(result).decode()


def _look(fd):
    found = c.ImageInfo()
    result = lib.flipq_image_look_sized(fd, byref(found), sizeof(found))
    if result:
        raise OpenError(-result, _words(result))
    return ImageInfo(found.size, found.id, found.blocks, found.block,
                     bool(found.checked), bool(found.based), found.base_id,
                     found.base_size, found.own)


def _open(handle, config):
    result = lib.flipq_image_open_sized(byref(handle), handle.fd,
                                        byref(config), sizeof(config))
    if result:
        raise OpenError(-result, _words(result))


class Image:
    """A file that `flipq compress --index` wrote, by its path, or what has a
    descriptor of it. `base` is the image that it was made of with `--base`;
    the other arguments are those of Queue. `info` is what it says of itself.

    One thread at a time uses an image, or one that it is the base of; another
    one that does is told so by RuntimeError. A child of fork() opens its own.
    An image is a context manager, and its base is to be open as long.

        with Image("guest.img", fallback=True) as image:
            page = image.read(4096, 4096)
    """

    def __init__(self, file: Union[str, bytes, "os.PathLike[str]", int, Any],
                 *, base: Optional["Image"] = None, partitions: int = 0,
                 fallback: bool = False,
                 device: Union[None, str, "os.PathLike[str]"] = None):
        self._base = base
        with contextlib.ExitStack() as stack:
            under = stack.enter_context(base.used) if base else None
            handle = _Handle(_descriptor(file), under)
            self.info = _look(handle.fd)
            config = filled_in(
                c.ImageConfig(),
                device=None if device is None else os.fsencode(device),
                partitions=partitions, fallback=fallback,
                base=under.value if base else None)
            _open(handle, config)
        self.used = Use(handle, "image")
        _images.add(self)

    def __repr__(self):
        if self.used.handle is None:
            return "<flipq.Image, closed>"
        return f"<flipq.Image of {self.info.size} bytes>"

    def __enter__(self) -> "Image":
        with self.used:
            return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Give all back. An image that this one is the base of is of no use
        any more, but for closing it.
        """
        if self.used.handle is not None:
            with self.used:
                self.used.handle = None

    def readinto(self, buffer: Any, offset: int = 0) -> int:
        """Fill a writable buffer with the content from this offset on, and say
        how many bytes that were: fewer than it has room for at the end only.
        """
        exact(c_uint64, offset, "offset")
        with contextlib.ExitStack() as stack:
            handle = stack.enter_context(self.used)
            if self._base:
                stack.enter_context(self._base.used)
            lent = Lent(buffer, True)
            stack.callback(lent.give_back)
            result = lib.flipq_image_read(handle, lent.address, lent.size,
                                          offset)
        if result < 0:
            raise Error(-result, _words(result))
        return result

    def read(self, offset: int = 0, length: Optional[int] = None) -> bytes:
        """So many bytes of the content from this offset on, or all that are
        left of it.
        """
        exact(c_uint64, offset, "offset")
        left = max(self.info.size - offset, 0)
        if length is not None:
            left = min(left, exact(c_uint64, length, "length"))
        buffer = bytearray(left)
        with memoryview(buffer) as view:
            return bytes(view[:self.readinto(buffer, offset)])

    def forked(self):
        """This is the image of a child of fork(): who held the lock is not
        here.
        """
        self.used.forked()


def _forked():
    for image in list(_images):
        image.forked()


os.register_at_fork(after_in_child=_forked)
