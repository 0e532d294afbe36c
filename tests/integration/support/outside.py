"""Servers that are no containers: on this machine, where containers reach them by its bridge."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

from tests.integration.support.world import World


class _Answers(BaseHTTPRequestHandler):
    server_version = "outside"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"outside {self.server.server_port}\n".encode()  # type: ignore[attr-defined]  # of the server below
        with contextlib.suppress(ConnectionError):  # a check that has seen enough hangs up
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A connection that HAProxy has no use for any more is reset, and that is all right."""


def address_of_bridge(world: World) -> str:
    """This machine's, as containers reach it."""
    bridge = world.api.inspect_network("bridge")["IPAM"]["Config"][0]
    # An engine that was started anew does not say it, and it is the first address then.
    return bridge.get("Gateway") or str(next(ip_network(bridge["Subnet"]).hosts()))


@contextlib.contextmanager
def outside_server(world: World) -> Iterator[tuple[str, int]]:
    """Its address, as containers reach it, and its port. It answers `outside PORT`."""
    gateway = address_of_bridge(world)
    server = _Server(("0.0.0.0", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield gateway, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def outside_socket(path: Path) -> Iterator[None]:
    """A server at a Unix socket, which anybody may connect to. It answers `outside 0`."""
    server = socketserver.ThreadingUnixStreamServer(str(path), _Answers)
    server.daemon_threads = True
    server.server_port = 0  # type: ignore[attr-defined]  # its answers name it
    path.chmod(0o777)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Talker(threading.Thread):
    """Answers what it is told with what it knows for it, and greets whoever comes."""

    def __init__(self, greeting: bytes, answers: Mapping[bytes, bytes]) -> None:
        super().__init__(daemon=True)
        self._greeting, self.answers = greeting, dict(answers)
        self._socket = socket.create_server(("0.0.0.0", 0))
        self.port: int = self._socket.getsockname()[1]

    def run(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                peer, _ = self._socket.accept()
                with peer, contextlib.suppress(OSError):
                    peer.settimeout(5)
                    peer.sendall(self._greeting)
                    while said := peer.recv(1024):
                        peer.sendall(self.answers.get(said, b""))

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.join()


@contextlib.contextmanager
def talker(greeting: bytes, answers: Mapping[bytes, bytes]) -> Iterator[Talker]:
    made = Talker(greeting, answers)
    made.start()
    try:
        yield made
    finally:
        made.close()


class Agent(threading.Thread):
    """Tells HAProxy how its server is, whenever it is asked."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.says = "up"
        self._socket = socket.create_server(("0.0.0.0", 0))
        self.port: int = self._socket.getsockname()[1]

    def run(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                peer, _ = self._socket.accept()
                with peer, contextlib.suppress(OSError):
                    peer.sendall(f"{self.says}\n".encode())

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.join()


@contextlib.contextmanager
def agent() -> Iterator[Agent]:
    made = Agent()
    made.start()
    try:
        yield made
    finally:
        made.close()
