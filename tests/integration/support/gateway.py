"""The way to the Docker engine, on a Unix socket, for a test that wants to cut it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.engine import socket_path


class Gateway:
    """Passes everything on. While it is cut, who connects is turned away."""

    def __init__(self, path: Path) -> None:
        self.docker_host = f"unix://{path}"
        self._is_cut = False
        self._changing = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections, whatever is on its way in them, and take no others."""
        with self._changing:
            self._is_cut = True
            for connection in self._open:
                _shut(connection)

    def restore(self) -> None:
        with self._changing:
            self._is_cut = False

    def close(self) -> None:
        _shut(self._listener)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as engine, contextlib.suppress(OSError):
            with self._changing:
                if self._is_cut:
                    return
                engine.connect(socket_path())
                self._open |= {client, engine}
            back = threading.Thread(target=_copy, args=(engine, client), daemon=True)
            back.start()
            _copy(client, engine)
            back.join()
            with self._changing:
                self._open -= {client, engine}


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Until the end, and pass that on: Docker ends one direction of an exec before the other."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def gateway(directory: Path) -> Iterator[Gateway]:
    """Paths of Unix sockets are short: `directory` must be too."""
    made = Gateway(directory / "g.sock")
    try:
        yield made
    finally:
        made.close()
