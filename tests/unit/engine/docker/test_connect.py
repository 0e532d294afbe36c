"""An engine that is spoken with over TLS, found as the Docker CLI finds it."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.docker.connect import api_of, connect
from reconciler.engine.errors import EngineError
from tests.certificates import Made, make_certificate


class _Version(BaseHTTPRequestHandler):
    """All that is asked of an engine when it is found."""

    body = b'{"ApiVersion": "1.41", "MinAPIVersion": "1.12"}'

    def do_GET(self) -> None:
        body = self.body
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def authority() -> Made:
    return make_certificate("authority", is_authority=True)


@pytest.fixture
def engine(tmp_path: Path, authority: Made, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where one answers that wants a certificate, which is in DOCKER_CERT_PATH."""
    server_files, files = tmp_path / "engine", tmp_path / "client"
    server_files.mkdir()
    files.mkdir()
    client = make_certificate("client", signer=authority)
    for name, content in (("ca", authority.cert), ("cert", client.cert), ("key", client.key)):
        (files / f"{name}.pem").write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = make_certificate("localhost", signer=authority).write(server_files / "server.pem")
    context.load_cert_chain(pem)
    context.load_verify_locations(cadata=authority.cert.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    with HTTPServer(("127.0.0.1", 0), _Version) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "DOCKER_TLS", "DOCKER_CONTEXT"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DOCKER_HOST", f"tcp://localhost:{server.server_port}")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(files))
        yield f"tcp://localhost:{server.server_port}"
        server.shutdown()


def _answering(monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]) -> contextlib.ExitStack:
    """An engine of which /version says just this."""
    handler = type("_Other", (_Version,), {"body": json.dumps(answer).encode()})
    there = contextlib.ExitStack()
    server = there.enter_context(HTTPServer(("127.0.0.1", 0), handler))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    there.callback(server.shutdown)
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
    return there


DOCKER = [{"Name": "Engine", "Version": "28.5.2"}, {"Name": "containerd", "Version": "1.7.24"}]
PODMAN = [{"Name": "Podman Engine", "Version": "5.8.6"}, {"Name": "Conmon", "Version": "2.1.13"}]


def test_docker_says_what_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with _answering(monkeypatch, {"ApiVersion": "1.51", "Components": DOCKER}):
        client, _ = connect(1)
        client.close()
    assert api_of(client) == (1, 51)


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ({"ApiVersion": "1.44", "Components": PODMAN}, "engine-unsupported", "Podman 5.8.6"),
        ({"ApiVersion": "1.40", "Components": DOCKER}, "engine-too-old", "speaks API 1.40"),
    ],
)
def test_an_engine_that_will_not_do_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, object], code: str, said: str
) -> None:
    with _answering(monkeypatch, answer), pytest.raises(EngineError, match=said) as caught:
        connect(1)
    assert caught.value.diagnostic.code == code


def test_both_show_a_certificate(engine: str) -> None:
    client, where = connect(1)
    client.close()
    assert where == engine


def test_ssh_needs_one_more_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("docker.api.client.SSHHTTPAdapter", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@nowhere.invalid")
    assert "haproxy-reconciler[ssh]" in (_told().hint or "")


def _told() -> Diagnostic:
    with pytest.raises(EngineError) as caught:
        connect(1)
    assert caught.value.diagnostic.code == "engine-unreachable"
    return caught.value.diagnostic


@pytest.mark.usefixtures("engine")
def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    key = tmp_path / "client" / "key.pem"
    key.unlink()
    assert f"there is no {key}" in _told().message


@pytest.mark.usefixtures("engine")
def test_an_engine_of_another_authority(tmp_path: Path) -> None:
    other = make_certificate("another", is_authority=True)
    (tmp_path / "client" / "ca.pem").write_bytes(other.cert)
    error = _told()
    assert "certificate" in error.message
    assert "ca.pem in DOCKER_CERT_PATH" in (error.hint or "")


@pytest.mark.usefixtures("engine")
def test_certificates_alone_ask_for_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "")
    assert "certificate" not in _told().message
