"""What runs in a container may be cut off, or never end."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Any

import pytest

from reconciler.engine.docker.exec import MARK, CutOffError, run_in_container


def _frame(data: bytes) -> bytes:
    return struct.pack(">BxxxL", 1, len(data)) + data


class Client:
    """Runs nothing, and says what it is told to."""

    def __init__(self, *said: bytes, ends: bool = True) -> None:
        self._ours, theirs = socket.socketpair()
        self._theirs, self._said, self._ends = theirs, said, ends

    def exec_create(self, *_: object, **__: object) -> dict[str, Any]:
        return {"Id": "1"}

    def exec_start(self, *_: object, **__: object) -> socket.socket:
        threading.Thread(target=self._say, daemon=True).start()
        return self._ours

    def _say(self) -> None:
        with self._theirs:
            try:
                self._theirs.recv(1 << 16)
                for part in self._said:
                    self._theirs.sendall(part)
                while not self._ends:
                    self._theirs.sendall(self._said[-1])
            except OSError:
                return


def test_all_of_it() -> None:
    output = run_in_container(Client(_frame(b"well"), _frame(f"{MARK}3".encode())), "web", "true")
    assert (output.exit_code, output.text) == (3, "well")


CUT = [(), (_frame(b"well"),), (_frame(b"well")[:9],), (b"null",), (b"<html>Welcome</html>",)]


@pytest.mark.parametrize("said", CUT, ids=lambda said: b"".join(said)[-9:].decode())
def test_half_of_it_is_no_output(said: tuple[bytes, ...]) -> None:
    """A check of a configuration that was cut off has refused nothing."""
    with pytest.raises(CutOffError):
        run_in_container(Client(*said), "web", "true")


def test_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.engine.docker.exec.MOST_BYTES", 1 << 20)
    with pytest.raises(CutOffError):
        run_in_container(Client(_frame(b"x" * 50_000), ends=False), "web", "true")
