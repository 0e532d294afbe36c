"""The quick look speaks the version that the engine says: newer ones refuse older ones."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.engine.docker.snapshot import SnapshotError, last_event

EVENTS = b'{"timeNano":3}\n{"timeNano":7}\n'


class FakeEngine(socketserver.UnixStreamServer):
    """Takes one version of the API alone, as Docker 29 takes none below 1.44."""

    version: str | None = "1.52"
    events = EVENTS

    def answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/_ping":
            said = "" if self.version is None else f"Api-Version: {self.version}\r\n"
            return 200, said, b"OK"
        if re.match(rf"/v{self.version}/events\?", path):
            return 200, "", self.events
        return 400, "", b'{"message":"client version is too old"}'


class Exchange(socketserver.StreamRequestHandler):
    server: FakeEngine

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            status, headers, body = self.server.answer(line.decode().split()[1])
            head = f"HTTP/1.1 {status} x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
            self.wfile.write(head.encode() + body)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    with FakeEngine(str(tmp_path / "engine.sock"), Exchange) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_the_version_is_the_engine_s(engine: FakeEngine) -> None:
    assert last_event(str(engine.server_address)) == 7


@pytest.mark.parametrize("said", [None, "latest"])
def test_an_engine_that_says_no_version_is_asked_the_long_way(
    engine: FakeEngine, said: str | None
) -> None:
    engine.version = said
    with pytest.raises(SnapshotError):
        last_event(str(engine.server_address))


NO_EVENTS = [b"null", b"[]", b"17", b'{"timeNano":', b'{"timeNano":[]}', b"[" * 100_000, b"<html>"]


@pytest.mark.parametrize("said", NO_EVENTS, ids=lambda said: said[:20].decode())
def test_what_is_no_list_of_events_is_looked_at_the_long_way(
    engine: FakeEngine, said: bytes
) -> None:
    engine.events = said
    with pytest.raises(SnapshotError):
        last_event(str(engine.server_address))
