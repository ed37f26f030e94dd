# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory of the queue that Python sees, and Python's that the queue sees."""

from __future__ import annotations

import ctypes
import threading
from ctypes import (POINTER, Structure, byref, c_char_p, c_int, c_ssize_t,
                    c_void_p)
from typing import Any, Optional

from ._errors import Closed
from ._library import lib

_WRITABLE = 1


class Handle(c_void_p):
    """A queue of the library's. It is closed when nothing needs it any more: a
    call does, and a view of its memory, however it was cut from another.
    """

    def __del__(self, close=lib.flipq_close):
        close(self)

    def view(self, address: int, size: int) -> memoryview:
        """Memory of the queue."""
        memory: Any = (ctypes.c_ubyte * size).from_address(address)
        memory.handle = self
        return memoryview(memory).cast("B")


def keep_for_ever(handle: Handle) -> None:
    """The queue is not closed before the process ends."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(handle))


class Use:
    """Who uses a queue, or an image: `with` it is one thread, which has what
    the library's functions take. Handlers of signals run in that thread, so
    they may use it, too.
    """

    def __init__(self, handle: c_void_p, what: str = "queue"):
        self.handle: Optional[c_void_p] = handle
        self._what = what
        self._lock = threading.RLock()

    def __enter__(self) -> Any:
        if not self._lock.acquire(False):
            raise RuntimeError(f"another thread uses the {self._what}: open "
                               "one for each thread")
        handle = self.handle
        if handle is None:
            self._lock.release()
            raise Closed(f"the {self._what} was closed")
        return handle

    def __exit__(self, *_):
        self._lock.release()

    def forked(self):
        """Who used it may not be here."""
        self._lock = threading.RLock()


class _Buffer(Structure):
    """Py_buffer"""

    _fields_ = [("buf", c_void_p), ("obj", c_void_p), ("len", c_ssize_t),
                ("itemsize", c_ssize_t), ("readonly", c_int), ("ndim", c_int),
                ("format", c_char_p), ("shape", POINTER(c_ssize_t)),
                ("strides", POINTER(c_ssize_t)),
                ("suboffsets", POINTER(c_ssize_t)), ("internal", c_void_p)]


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = ctypes.py_object, POINTER(_Buffer), c_int
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = POINTER(_Buffer),
_release_buffer.restype = None


class Lent:
    """A buffer of the process's that a request reads or writes: it stays where
    it is until it is given back. A bytearray cannot grow meanwhile, nor can an
    mmap be closed.
    """

    def __init__(self, owner, writable: bool):
        self.owner = owner
        self._buffer = _Buffer()
        _get_buffer(owner, byref(self._buffer), _WRITABLE if writable else 0)
        self.address = self._buffer.buf or 0
        self.size = self._buffer.len

    def give_back(self):
        """The request is over."""
        _release_buffer(byref(self._buffer))
