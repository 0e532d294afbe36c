"""A proxy in front of the Docker engine, on a Unix socket, that writes down every request."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine import socket_path


@dataclass(slots=True)
class Recording:
    """`requests` are `GET /v1.41/containers/json`, without the query."""

    socket: Path
    requests: list[str] = field(default_factory=list)

    @property
    def docker_host(self) -> str:
        return f"unix://{self.socket}"

    @property
    def writes(self) -> list[str]:
        """All but what only looks. HAProxy is read with `exec`, which Docker counts as POST."""
        looks = re.compile(r"GET |HEAD |POST (/v[0-9.]+)?/(containers/\w+/exec|exec/\w+/start)$")
        return [request for request in self.requests if not looks.match(request)]


@contextlib.contextmanager
def recording(directory: Path) -> Iterator[Recording]:
    """Unix socket paths are short: `directory` must be too."""
    record = Recording(directory / "d.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(record.socket))
    listener.listen(64)
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=_relay, args=(client, record), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield record
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for thread in threads:
            thread.join(5)


def _relay(client: socket.socket, record: Recording) -> None:
    with client, socket.socket(socket.AF_UNIX) as engine:
        engine.connect(socket_path())
        back = threading.Thread(target=_copy, args=(engine, client), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            _copy_requests(client, engine, record)
        with contextlib.suppress(OSError):
            engine.shutdown(socket.SHUT_WR)
        back.join(30)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _copy_requests(client: socket.socket, engine: socket.socket, record: Recording) -> None:
    """Note each request's first line; after an upgrade, bytes are only passed on."""
    stream = client.makefile("rb", buffering=0)
    with stream:
        while True:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = stream.read(1)
                if not byte:
                    return
                head += byte
            method, target = head.split(b" ", 2)[:2]
            record.requests.append(f"{method.decode()} {target.decode().partition('?')[0]}")
            engine.sendall(head)
            if re.search(rb"(?im)^upgrade:", head):
                while data := client.recv(65536):
                    engine.sendall(data)
                return
            assert not re.search(rb"(?im)^transfer-encoding:", head), "bodies have a length here"
            length = re.search(rb"(?im)^content-length: *(\d+)", head)
            left = int(length[1]) if length else 0
            while left:
                data = client.recv(min(left, 65536))
                if not data:
                    return
                engine.sendall(data)
                left -= len(data)
