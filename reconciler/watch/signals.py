"""Signals as values, read by the one thread that waits for them. No handler does any work."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from collections.abc import Iterator


class Signals:
    def __init__(self, reader: socket.socket) -> None:
        self._reader = reader

    def wait(self, timeout_s: float | None) -> list[signal.Signals]:
        """The signals that came within the time; [] when none did."""
        ready, _, _ = select.select([self._reader], [], [], timeout_s)
        return [signal.Signals(number) for number in self._reader.recv(64)] if ready else []


@contextlib.contextmanager
def received(*numbers: signal.Signals) -> Iterator[Signals]:
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        previous = {number: signal.signal(number, _nothing) for number in numbers}
        woken = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield Signals(reader)
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in previous.items():
                signal.signal(number, handler)


def _nothing(_number: int, _frame: object) -> None:
    """Python writes the number into the socket; that is all that is wanted."""
