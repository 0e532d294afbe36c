"""The quick look speaks the version that the engine says: newer ones refuse older ones."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.engine.docker.snapshot import (
    SnapshotError,
    first_process,
    last_event,
    take_snapshot,
)

EVENTS = b'{"timeNano":3}\n{"timeNano":7}\n'


class FakeEngine(socketserver.ThreadingUnixStreamServer):
    """Takes one version of the API alone, as Docker 29 takes none below 1.44."""

    version: str | None = "1.52"
    events = EVENTS
    others = b""
    """What it says of containers."""

    def answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/_ping":
            said = "" if self.version is None else f"Api-Version: {self.version}\r\n"
            return 200, said, b"OK"
        if re.match(rf"/v{self.version}/events\?", path):
            return 200, "", self.events
        if re.match(rf"/v{self.version}/containers/", path):
            return 200, "", self.others
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


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize("said", [b"[1]", b"null", b"{", b'{"timeNano": "soon"}', DEEP])
def test_odd_events_are_told_of_the_long_way(engine: FakeEngine, said: bytes) -> None:
    engine.events = said
    with pytest.raises(SnapshotError):
        last_event(str(engine.server_address))


@pytest.mark.parametrize(
    "said",
    [
        b"null",
        b'{"message": "no"}',
        b'[{"Id": "a", "State": "exited", "Labels": null}]',
        b'[{"Id": "a", "State": "exited", "Labels": {}, "Mounts": [null]}]',
        b'[{"Id": "a", "State": "x", "Labels": {}, "NetworkSettings": {"Networks": {"n": null}}}]',
        DEEP,
    ],
)
def test_odd_lists_are_told_of_the_long_way(engine: FakeEngine, said: bytes) -> None:
    engine.others = said
    with pytest.raises(SnapshotError):
        take_snapshot(str(engine.server_address), "shop", "a", 1, "")


@pytest.mark.parametrize(
    "said", [b"null", b'{"Config": null, "State": {"Pid": 1}}', b'{"Config": {"Env": [1]}}', DEEP]
)
def test_odd_details_are_told_of_the_long_way(engine: FakeEngine, said: bytes) -> None:
    engine.others = said
    with pytest.raises(SnapshotError):
        first_process(str(engine.server_address), "a")


NO_EVENTS = [b"null", b"[]", b"17", b'{"timeNano":', b'{"timeNano":[]}', b"[" * 100_000, b"<html>"]


@pytest.mark.parametrize("said", NO_EVENTS, ids=lambda said: said[:20].decode())
def test_what_is_no_list_of_events_is_looked_at_the_long_way(
    engine: FakeEngine, said: bytes
) -> None:
    engine.events = said
    with pytest.raises(SnapshotError):
        last_event(str(engine.server_address))
