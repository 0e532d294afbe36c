"""Files are read in one way: only what is a file, only so much of it, and without waiting.

A name may lead to anything: a pipe that nobody writes into, a device that never ends, a log of the
kernel's. So it is looked at before it is opened, opened without waiting, and looked at again then.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys

MOST_BYTES = 1_000_000
"""The size at most of a file that is no topology, such as a certificate or an env file."""
STDIN = "-"
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_HANDED_OVER = re.compile(r"/dev/(?:stdin|fd/[0-9]+)|/proc/self/fd/[0-9]+")


class NoFileError(OSError):
    """Something is there, and it is no file."""

    def __init__(self, kind: str) -> None:
        super().__init__(errno.EINVAL, f"it is {kind}, and no file")


class TooLargeError(OSError):
    """The file is larger than one of its kind can be meant to be."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(errno.EFBIG, f"it has more than {most_bytes:,} bytes")


def read_file(place: str | os.PathLike[str], most_bytes: int = MOST_BYTES) -> bytes:
    """All that is in a file. Raises OSError: also when it is none, or has more than that."""
    try:
        _check(os.stat(place))
    except ValueError as error:  # a NUL, or half of a character
        raise OSError(errno.EINVAL, "no file can have this name") from error
    with os.fdopen(os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        return read_opened(file.fileno(), most_bytes)


def read_opened(descriptor: int, most_bytes: int = MOST_BYTES) -> bytes:
    """All that is in a file that was opened without waiting. Raises OSError, as `read_file`."""
    _check(os.fstat(descriptor))
    return _read(descriptor, most_bytes)


def read_named(name: str, most_bytes: int = MOST_BYTES) -> bytes:
    """What a person named on the command line: a file, or what their shell hands over, which is
    waited for: standard input as `-`, or `<(sops -d shop.yaml)`. Raises OSError, as `read_file`."""
    if name == STDIN:
        return _read_stdin(most_bytes)
    if not is_handed_over(name):
        return read_file(name, most_bytes)
    number = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _read(number, most_bytes)
    finally:
        os.close(number)


def is_handed_over(name: str) -> bool:
    """Whether a name on the command line stands for what we were given, and for no file."""
    return name == STDIN or bool(_HANDED_OVER.fullmatch(name))


def _check(found: os.stat_result) -> None:
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        raise NoFileError(_KINDS.get(kind, "something else"))


def _read(descriptor: int, most_bytes: int) -> bytes:
    parts, left = [], most_bytes + 1
    while left > 0 and (part := os.read(descriptor, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        raise TooLargeError(most_bytes)
    return b"".join(parts)


def _read_stdin(most_bytes: int) -> bytes:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    found = sys.stdin.buffer.read(most_bytes + 1)
    if len(found) > most_bytes:
        raise TooLargeError(most_bytes)
    return found
