"""Small files that save time, in a directory that is this user's alone.

What is read there is believed, so nobody else may have written it; what is written there goes
nowhere else, whatever links somebody has laid. Where the directory is not so, nothing is kept.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator

from reconciler.files.reading import read_opened

_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC


def read_memory(name: str) -> bytes:
    """A file's content. Raises OSError: also when there is none that can be trusted."""
    with _opened() as directory:
        number = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _FLAGS, dir_fd=directory)
        with os.fdopen(number, "rb") as file:
            return read_opened(file.fileno())


def write_memory(name: str, content: bytes) -> None:
    """A file is made, or takes the place of the one that was there. Raises OSError."""
    os.makedirs(_place(), mode=0o700, exist_ok=True)
    temporary = f"{name}.{secrets.token_hex(4)}"
    with _opened() as directory:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
        try:
            with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=directory), "wb") as file:
                file.write(content)
            os.replace(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
            raise


def _place() -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "haproxy-reconciler")


@contextlib.contextmanager
def _opened() -> Iterator[int]:
    number = os.open(_place(), os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    try:
        found = os.fstat(number)
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PermissionError(f"{_place()} is not this user's alone")
        yield number
    finally:
        os.close(number)
