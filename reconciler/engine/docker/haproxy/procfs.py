"""A container's files and sockets, reached from this process: no exec, no copy, no request.

Possible where the engine runs on this machine and this process may look into others, as root may.
Everything is opened through /proc/<pid>, held while its cgroup is compared with the container's
id: a process that got the number later, or has it on another machine, is never taken for it. No
symbolic link is followed, since a link in the container would lead to a file of this machine.
Imports nothing slow, and nothing of Docker's.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
import time
from collections.abc import Iterator

from msgspec import Struct

from reconciler.engine.bounds import LONGEST_S, MOST_BYTES
from reconciler.files.reading import read_opened

TIMEOUT_S = 30
"""The time to wait for a reply, as long as a client inside the container waits; a reload answers
when the worker is ready."""


class Inside(Struct, frozen=True):
    """The inside of a running container. All methods raise OSError where it cannot be reached."""

    pid: int
    """The number of the container's first process on this machine."""
    container: str
    """The container's whole id."""
    sockets: str = ""
    """The prefix of its sockets' paths; "" for the usual one."""

    def ask(self, socket_path: str, command: str) -> str:
        """HAProxy's reply; "" when nobody listens. Several commands go in one with `;`.

        Once the command is sent nothing is raised, so that it is not sent again another way.
        """
        with contextlib.ExitStack() as stack:
            own = self.sockets and self.sockets + os.path.basename(socket_path)
            directory, name = os.path.split(own or socket_path)
            try:
                parent = stack.enter_context(self._opened(directory))
                connection = stack.enter_context(_connected(name, parent))
            except (FileNotFoundError, ConnectionRefusedError):
                # Nobody listens, or the process is another one by now: only the first is an answer.
                self._check()
                return ""
            return _converse(connection, command)

    def read(self, path: str) -> str:
        """A file's text. Raises FileNotFoundError when there is none, other OSErrors as above."""
        directory, name = os.path.split(path)
        with self._opened(directory) as parent:
            # Opening a FIFO would wait for whoever writes into it.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(name, flags, dir_fd=parent), "rb") as file:
                return read_opened(file.fileno(), MOST_BYTES).decode(errors="replace")

    def names(self, directory: str) -> tuple[str, ...]:
        """What is in a directory; nothing when it is not there. Raises other OSErrors as above."""
        try:
            with self._opened(directory) as place:
                return tuple(sorted(os.listdir(place)))
        except FileNotFoundError:
            self._check()
            return ()

    def _check(self) -> None:
        """Raises OSError when the container, and not something in it, is out of reach."""
        with self._opened("/"):
            pass

    @contextlib.contextmanager
    def _opened(self, directory: str) -> Iterator[int]:
        with contextlib.ExitStack() as stack:
            process = _opened(f"/proc/{self.pid}", None, stack)
            flags = os.O_RDONLY | os.O_CLOEXEC
            with os.fdopen(os.open("cgroup", flags, dir_fd=process), "rb") as file:
                if self.container.encode() not in file.read():
                    raise NotHereError(f"process {self.pid} is not container {self.container}")
            place = _opened("root", process, stack, follow=True)
            for part in directory.strip("/").split("/"):
                place = _opened(part or ".", place, stack)
            yield place


class NotHereError(OSError):
    """The process is another one, of another container or on another machine."""


def _opened(
    name: str, parent: int | None, stack: contextlib.ExitStack, *, follow: bool = False
) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    number = os.open(name, flags, dir_fd=parent)
    stack.callback(os.close, number)
    return number


@contextlib.contextmanager
def _connected(name: str, parent: int) -> Iterator[socket.socket]:
    """Connected by file descriptor: a path could be longer than the 108 bytes of an address."""
    if sys.platform != "linux":
        raise OSError("only Linux has O_PATH")
    number = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            raise OSError(f"{name} is no socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(f"/proc/self/fd/{number}")
            yield connection
    finally:
        os.close(number)


def _converse(connection: socket.socket, command: str) -> str:
    """The reply as far as it came, which may not be all. The master answers when it sees the end of
    the input."""
    reply, ends_at = bytearray(), time.monotonic() + LONGEST_S
    with contextlib.suppress(OSError):
        connection.sendall(f"{command}\n".encode())
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(1 << 18):
            reply += part
            if len(reply) > MOST_BYTES or time.monotonic() > ends_at:
                break
    return reply.decode(errors="replace")
