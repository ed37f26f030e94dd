# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors, each with its errno and the library's words."""

import errno
import os

from ._library import lib


class Error(OSError):
    """A call of the library failed: `errno`, and why in `strerror`."""


class OpenError(Error):
    """A queue could not be opened; `strerror` says what to do about it."""


class RequestError(Error):
    """A request was not done."""


class Timeout(Error, TimeoutError):
    """Too few requests had finished when the time was up."""


class Closed(Error, ValueError):
    """The queue, or what belongs to it, was closed or given back already."""

    def __init__(self, what):
        super().__init__(errno.EBADF, what)


def open_error(result):
    """What flipq_open() returned."""
    return OpenError(-result, lib.flipq_open_error(result).decode())


def request_error(status):
    """What a request ended with."""
    return RequestError(-status, lib.flipq_request_error(status).decode())


def call_error(result):
    """What any other call returned."""
    # whose queue it is has words of the library's own
    words = lib.flipq_open_error(result).decode() if result == -errno.EIO \
        else os.strerror(-result)
    return (Timeout if result == -errno.ETIME else Error)(-result, words)


def checked(result):
    """The result of a call that did not fail."""
    if result < 0:
        raise call_error(result)
    return result
