"""What is quoted into haproxy.cfg reads back as it was, in a real HAProxy."""

from __future__ import annotations

import base64
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from reconciler.haproxy.paths import RUN_DIRECTORY
from tests.golden.docker_images import container
from tests.golden.rendering import DIRECTORY, load, render
from tests.images import CHECKING_HAPROXIES
from tests.integration.support.ports import free_port
from tests.integration.support.waiting import LONGEST_S, await_true

HOSTILE = DIRECTORY / "hostile.yaml"


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
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_S)
    try:
        connection.putrequest("GET", uri, skip_host=True)
        connection.putheader("Host", "stats")
        connection.putheader("Authorization", f"Basic {token}")
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def asks_who_one_is(page: int) -> bool:
    try:
        return status_of(page, "/metrics", "x", "x") == 401
    except OSError:
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
        ):
            await_true(lambda: asks_who_one_is(page), "HAProxy runs")
            answers = {
                user: status_of(page, stats.uri, user, word) for user, word in stats.auth.items()
            }
            assert answers == dict.fromkeys(stats.auth, 200)
            assert status_of(page, stats.uri, "plain", "wrong") == 401
            await_true(lambda: asked, "the server is checked")
    assert set(asked) == {topology.backends["web"].check.path}
