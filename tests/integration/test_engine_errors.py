"""No engine, a wrong engine, a closed door: one clear line, and no traceback."""

from __future__ import annotations

import contextlib
import ctypes
import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.support import tool
from tests.integration.support.ports import free_port

TOPOLOGY = """\
name: nowhere
backends: {web: {image: 'reconciler-test/echo:1', port: 8080}}
frontends: {www: {bind: '127.0.0.1:20000', default_backend: web}}
"""
COMMANDS = [
    ["plan"],
    ["plan", "--detailed-exitcode"],
    ["status"],
    ["apply", "--yes"],
    ["destroy", "--yes"],
    ["validate", "--haproxy"],
]


def _assert_one_clear_line(
    arguments: list[str],
    directory: Path,
    host: str,
    *said: str,
    prepare: Callable[[], object] | None = None,
) -> None:
    env = {"DOCKER_HOST": host, "HOME": str(directory)}
    ended = tool.run([*arguments, "-"], directory, env=env, given=TOPOLOGY, prepare=prepare)
    assert ended.code == 1
    errors = [line for line in ended.err.splitlines() if line.startswith("error")]
    assert len(errors) == 1
    for words in said:
        assert words in errors[0]
    assert len(ended.err.splitlines()) <= 2, ended.err


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_socket(arguments: list[str], tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/none.sock"
    _assert_one_clear_line(
        arguments, tmp_path, host, "no Docker engine answers", host, "no such file"
    )


def test_nobody_listens(tmp_path: Path) -> None:
    host = f"tcp://127.0.0.1:{free_port()}"
    _assert_one_clear_line(
        ["plan"], tmp_path, host, "no Docker engine answers", "connection refused"
    )


def _obey_permissions() -> None:
    """From its next program on, this process may not open what it has no permission for."""
    drop_from_bounding_set, dac_override = 24, 1  # prctl(2), capabilities(7)
    ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override)


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "closed.sock"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()
        path.chmod(0)
        _assert_one_clear_line(
            ["plan"], tmp_path, f"unix://{path}", "permission denied", prepare=_obey_permissions
        )


class _OldEngine(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"Version": "19.03.15", "ApiVersion": "1.40"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
        """Say nothing."""


class _NoEngine(_OldEngine):
    def do_GET(self) -> None:
        self.send_error(404)


@contextlib.contextmanager
def _serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_an_old_engine(tmp_path: Path) -> None:
    with _serving(_OldEngine) as host:
        _assert_one_clear_line(
            ["apply", "--yes"], tmp_path, host, "API 1.40", "1.41 (Docker 20.10) or newer is needed"
        )


def test_something_else_listens(tmp_path: Path) -> None:
    with _serving(_NoEngine) as host:
        _assert_one_clear_line(["plan"], tmp_path, host, "no Docker engine answers", host)


def test_an_unknown_context(tmp_path: Path) -> None:
    env = {"DOCKER_CONTEXT": "nowhere", "HOME": str(tmp_path), "DOCKER_HOST": ""}
    ended = tool.run(["plan", "-"], tmp_path, env=env, given=TOPOLOGY)
    assert ended.code == 1
    assert "there is no Docker context `nowhere`" in ended.err


def test_in_json(tmp_path: Path) -> None:
    env = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    ended = tool.run(["apply", "--yes", "-o", "json", "-"], tmp_path, env=env, given=TOPOLOGY)
    assert ended.code == 1
    assert ended.events[-1]["event"] == "result"
    assert ended.events[-1]["failures"][0]["code"] == "engine-unreachable"
