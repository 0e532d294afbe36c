"""A proxy in front of the Docker engine, on a Unix socket, at which one request goes wrong."""

from __future__ import annotations

import contextlib
import http.client
import io
import random
import re
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.engine import socket_path

DELAY_S = 0.3
OFTEN = 25
ANSWERS = {
    "null": (200, b"null"),
    "a list": (200, b'["none"]'),
    "an object": (200, b'{"none": {}}'),
    "a number": (200, b"17"),
    "nothing": (200, b""),
    "no JSON": (200, b"<html>Welcome to our proxy!</html>"),
    "deep JSON": (200, b"[" * 100_000 + b"]" * 100_000),
    "an error": (500, b'{"message": "something is wrong"}'),
    "an error that is null": (500, b"null"),
    "a proxy's error": (502, b"<html>502 Bad Gateway</html>"),
    "not found": (404, b'{"message": "no such thing"}'),
}
"""What is answered in place of the engine, whatever was asked. The engine was asked all the same,
where that is told as a success."""
KINDS = ("cut", "lost", "delayed", "cropped", "half", *ANSWERS)
"""cut: the connection ends before the engine hears of it. lost: after it did what it was asked.
half, cropped: so does its answer, with or without a heading that tells the length."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, at a request counted from 1."""

    number: int
    kind: str


class FaultyEngine:
    """Passes everything on, but for one request. `requests` are `GET /containers/json`."""

    def __init__(self, path: Path, engine: str = "") -> None:
        self.docker_host = f"unix://{path}"
        self.fault: Fault | None = None
        self.met: Counter[str] = Counter()
        self._dice: random.Random | None = None
        self.requests: list[str] = []
        self._engine = engine or socket_path()
        self._counting = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, fault: Fault | None) -> None:
        """From here on requests are counted anew."""
        with self._counting:
            self.fault, self.requests, self._dice = fault, [], None

    def arm_often(self, seed: str) -> None:
        """From here on any request may go wrong in any way, one in OFTEN of them."""
        with self._counting:
            self._dice = random.Random(seed)  # noqa: S311  # no secret
            self.met.clear()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb", buffering=0) as stream, contextlib.suppress(OSError):
            while head := _read_head(stream):
                length = re.search(rb"(?im)^content-length: *(\d+)", head)
                body = _read_exactly(stream, int(length[1]) if length else 0)
                kind = self._count(head)
                if not self._exchange(client, head, body, kind):
                    return

    def _count(self, head: bytes) -> str:
        method, target = head.split(b" ", 2)[:2]
        path = re.sub(r"^/v[0-9.]+", "", target.decode().partition("?")[0])
        with self._counting:
            self.requests.append(f"{method.decode()} {path}")
            if self._dice is not None and self._dice.randrange(OFTEN) == 0:
                kind = self._dice.choice(KINDS)
                self.met[kind] += 1
                return kind
            is_it = self.fault is not None and self.fault.number == len(self.requests)
            return self.fault.kind if self.fault is not None and is_it else ""

    def _exchange(self, client: socket.socket, head: bytes, body: bytes, kind: str) -> bool:
        """Whether the connection is good for another request."""
        if kind == "cut":
            return False
        if kind == "delayed":
            time.sleep(DELAY_S)
        status, said = ANSWERS.get(kind, (0, b""))
        if status >= 400:
            client.sendall(_answer(status, said))
            return False
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self._engine)
            engine.sendall(head + body)
            if status or kind in {"lost", "half", "cropped"}:
                spoiled = _spoiled(engine, head, kind, client)
                client.sendall(_answer(status, said) if status else spoiled)
                return False
            return _pass_on(client, engine, head)


def _read_head(stream: io.RawIOBase) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = stream.read(1)
        if not byte:
            return b""
        head += byte
    return head


def _read_exactly(stream: io.RawIOBase, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = stream.read(length - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def _answer(status: int, body: bytes) -> bytes:
    return (
        f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _is_stream(head: bytes, response: bytes) -> bool:
    return b"\nupgrade:" in head.lower() or b"raw-stream" in response or b"/events" in head


def _spoiled(engine: socket.socket, head: bytes, kind: str, client: socket.socket) -> bytes:
    """The engine's answer, as far as it shall come; the engine has done what it was asked then."""
    with engine.makefile("rb", buffering=0) as stream:
        response = _read_head(stream)
        if _is_stream(head, response):
            if kind == "half":  # what is asked is passed on, and its answer's first bytes alone
                client.sendall(response)
                engine.sendall(client.recv(1 << 20))
                return (engine.recv(1 << 20))[:40]
            return b""
    whole = cast("socket.socket", _Recorded(response, engine))
    answer = http.client.HTTPResponse(whole, method=head.split(b" ")[0].decode())
    answer.begin()
    body = answer.read()
    half = body[: len(body) // 2]
    if kind == "half":
        told = _answer(answer.status, body)
        return told[: len(told) - len(body)] + half
    return _answer(answer.status, half) if kind == "cropped" else b""


class _Recorded:
    """What `http.client` takes for a socket: the head that was read, and the rest."""

    def __init__(self, head: bytes, rest: socket.socket) -> None:
        self._head, self._rest = head, rest

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(_Chained(self._head, self._rest))


class _Chained(io.RawIOBase):
    def __init__(self, head: bytes, rest: socket.socket) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as RawIOBase calls it
        data = self._head[: len(buffer)] or self._rest.recv(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _pass_on(client: socket.socket, engine: socket.socket, head: bytes) -> bool:
    """Both ways, until the engine has answered: whether there may be another request after it."""
    with engine.makefile("rb", buffering=0) as stream:
        response = _read_head(stream)
        client.sendall(response)
        length = re.search(rb"(?im)^content-length: *(\d+)", response)
        is_empty = head.startswith(b"HEAD") or re.match(rb"HTTP/1.1 (204|304)", response)
        if is_empty or (length and not _is_stream(head, response)):
            client.sendall(_read_exactly(stream, 0 if is_empty else int(length[1])))  # type: ignore[index]
            return True
        if re.search(rb"(?im)^transfer-encoding: *chunked", response):
            return _pass_chunks(client, stream, engine)
    _pass_both_ways(client, engine)
    return False


def _pass_chunks(client: socket.socket, stream: io.RawIOBase, engine: socket.socket) -> bool:
    while True:
        ready, _, _ = select.select([client, engine], [], [])
        if client in ready and not client.recv(1, socket.MSG_PEEK):
            return False  # nobody listens to these events any more
        line = b""
        while not line.endswith(b"\r\n"):
            byte = stream.read(1)
            if not byte:
                return False
            line += byte
        size = int(line.split(b";")[0], 16)
        client.sendall(line + _read_exactly(stream, size + 2))
        if size == 0:
            return True


def _pass_both_ways(client: socket.socket, engine: socket.socket) -> None:
    other = {client: engine, engine: client}
    reading = [client, engine]
    while engine in reading:
        ready, _, _ = select.select(reading, [], [])
        for source in ready:
            data = source.recv(65536)
            if data:
                other[source].sendall(data)
            else:
                reading.remove(source)
                with contextlib.suppress(OSError):
                    other[source].shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def faulty_engine(directory: Path, engine: str = "") -> Iterator[FaultyEngine]:
    """Paths of Unix sockets are short: `directory` must be too. `engine` is the path of another
    one's than the usual engine's."""
    made = FaultyEngine(directory / "f.sock", engine)
    try:
        yield made
    finally:
        made.close()
