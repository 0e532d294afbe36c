"""Where a daemon's lines go. A pipe that blocks, or a disk that is full, costs lines, and nothing
else: whoever logs never waits, and never fails.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TextIO

from reconciler.view.printable import printable

MOST_LINES = 10_000


class LogPipe:
    """Lines on their way into `stream`, written by a thread of its own."""

    def __init__(self, stream: TextIO, most_lines: int = MOST_LINES) -> None:
        self._stream, self._most = stream, most_lines
        self._lines: deque[str] = deque()
        self._lost = 0
        self._is_writing = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def write(self, line: str) -> None:
        with self._changed:
            if len(self._lines) >= self._most:
                self._lost += 1
                return
            self._lines.append(printable(line))
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> None:
        """Wait until all is written, but no longer than this."""
        end = time.monotonic() + timeout_s
        with self._changed:
            self._changed.wait_for(
                lambda: not (self._lines or self._is_writing), max(0.0, end - time.monotonic())
            )

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._lines))
                self._is_writing = True
                lines, lost = list(self._lines), self._lost
                self._lines.clear()
                self._lost = 0
            if lost:
                lines.append(f"{lost} lines were lost: nobody took them")
            try:
                self._stream.write("".join(f"{line}\n" for line in lines))
                self._stream.flush()
            except (OSError, ValueError):
                with self._changed:
                    self._lost += len(lines)
