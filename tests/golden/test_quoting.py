"""What is quoted into haproxy.cfg reads back as it was, in a real HAProxy."""

from __future__ import annotations

import base64
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from reconciler.haproxy.paths import RUN_DIRECTORY
from tests.golden.docker_images import container
from tests.golden.rendering import DIRECTORY, load, render
from tests.images import CHECKING_HAPROXIES

HOSTILE = DIRECTORY / "hostile.yaml"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def a_server_that_is_checked(paths: list[str]) -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def status_of(port: int, uri: str, user: str, password: str) -> int:
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.putrequest("GET", uri, skip_host=True)
        connection.putheader("Host", "stats")
        connection.putheader("Authorization", f"Basic {token}")
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def within_seconds(condition: object) -> bool:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            if condition():  # type: ignore[operator]  # a function of no arguments
                return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


@pytest.mark.engine
@pytest.mark.parametrize("image", CHECKING_HAPROXIES.values(), ids=CHECKING_HAPROXIES)
def test_hostile_words_read_back(image: str) -> None:
    topology = load(HOSTILE).topology
    assert topology is not None
    assert topology.stats is not None
    stats = topology.stats
    asked: list[str] = []
    with a_server_that_is_checked(asked) as server_port:
        page, front = free_port(), free_port()
        text = render(HOSTILE).text.replace("bind :8404", f"bind 127.0.0.1:{page}")
        text = text.replace("bind :80\n", f"bind 127.0.0.1:{front}\n")
        text = text.replace("hostile-web-1-a4db6e5b:80", f"127.0.0.1:{server_port}")
        text = text.replace(" port 80 check ", f" port {server_port} check ")
        command = ["haproxy", "-f", "/tmp/hostile.cfg"]
        with container(
            image,
            command,
            {"tmp/hostile.cfg": text},
            network_mode="host",
            tmpfs={RUN_DIRECTORY: ""},
        ) as running:
            up = within_seconds(lambda: status_of(page, "/metrics", "x", "x") == 401)
            assert up, running.logs().decode()
            answers = {
                user: status_of(page, stats.uri, user, word) for user, word in stats.auth.items()
            }
            assert answers == dict.fromkeys(stats.auth, 200)
            assert status_of(page, stats.uri, "plain", "wrong") == 401
            assert within_seconds(lambda: asked)
    assert set(asked) == {topology.backends["web"].check.path}
