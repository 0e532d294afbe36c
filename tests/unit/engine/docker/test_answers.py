"""What is an answer of Docker's, and what only came in its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import docker.errors
import pytest

from reconciler.engine import bounds
from reconciler.engine.docker.answers import AnswerError, Client, open_archive, read_chunks

CONTAINER = {
    "Id": "1",
    "Name": "/web",
    "Image": "sha256:1",
    "Created": "2026-11-30T12:00:30Z",
    "State": {"Status": "running", "Running": True, "Paused": False, "Pid": 7},
    "Config": {"Labels": None},
    "HostConfig": {},
    "NetworkSettings": {"Networks": {}},
}


class Engine(HTTPServer):
    said: tuple[int, bytes] = (200, b"")


class _Exchange(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        status, body = self.server.said
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # as http.server calls it

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(("127.0.0.1", 0), _Exchange) as made:
        thread = Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def client(engine: Engine) -> Iterator[Client]:
    made = Client(f"tcp://127.0.0.1:{engine.server_port}", version="1.41")
    yield made
    made.close()


QUESTIONS = {
    "a list of containers": lambda client: client.containers(),
    "a container": lambda client: client.inspect_container("web"),
    "an image": lambda client: client.inspect_image("shop/web:1"),
    "networks": lambda client: client.networks(),
    "volumes": lambda client: client.volumes(),
    "making one": lambda client: client.create_container_from_config({}),
}
NONE = [
    b"null",
    b"17",
    b'"yes"',
    b"[17]",
    b"[[]]",
    b'{"none": {}}',
    b"",
    b"<html>",
    b'{"Id": "',
    b"[" * 99_999,
]


@pytest.mark.parametrize("said", NONE, ids=lambda said: said[:12].decode())
@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_none_is_taken_for_nothing(
    client: Client, engine: Engine, question: str, said: bytes
) -> None:
    engine.said = 200, said
    with pytest.raises(AnswerError):
        QUESTIONS[question](client)


@pytest.mark.parametrize("status", [404, 409, 500, 502])
@pytest.mark.parametrize(
    "said", [b"null", b"[]", b"{}", b'{"message": 1}', b"<html>not found", b""]
)
def test_a_refusal_is_dockers_own_or_tells_nothing(
    client: Client, engine: Engine, status: int, said: bytes
) -> None:
    """A proxy's page for 404 must not read as a container that is gone."""
    engine.said = status, said
    with pytest.raises(AnswerError, match=str(status)):
        client.inspect_container("web")


def test_dockers_own_refusals_are_what_they_were(client: Client, engine: Engine) -> None:
    engine.said = 404, b'{"message": "no such container: web"}'
    with pytest.raises(docker.errors.NotFound, match="no such container"):
        client.inspect_container("web")


def test_answers_are_passed_on(client: Client, engine: Engine) -> None:
    engine.said = 200, json.dumps(CONTAINER).encode()
    assert client.inspect_container("web") == CONTAINER
    engine.said = 200, b'{"Volumes": null}'
    assert client.volumes() == {"Volumes": None}
    engine.said = 200, b"[]"
    assert client.containers() == []


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("State", None),
        ("State", {}),
        ("Id", 5),
        ("NetworkSettings", []),
        ("Config", {"Labels": []}),
    ],
)
def test_the_part_that_is_wrong_is_named(
    client: Client, engine: Engine, part: str, wrong: Any
) -> None:
    engine.said = 200, json.dumps(CONTAINER | {part: wrong}).encode()
    with pytest.raises(AnswerError, match=r"GET /containers/web/json cannot be read: .*`"):
        client.inspect_container("web")


def test_an_archive_that_is_none() -> None:
    with pytest.raises(AnswerError):
        open_archive([b"<html>", b"no archive"])


def test_what_a_container_gives_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.engine.docker.answers.MOST_BYTES", 100)
    assert bounds.MOST_BYTES > 1_000_000
    assert read_chunks([b"x" * 50, b"x" * 50]) == b"x" * 100
    with pytest.raises(AnswerError):
        read_chunks(b"x" * 50 for _ in iter(int, 1))
