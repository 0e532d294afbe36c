"""Servers that are no containers: on this machine, where containers reach them by its bridge."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

from tests.integration.support.world import World


class _Answers(BaseHTTPRequestHandler):
    server_version = "outside"

    def do_GET(self) -> None:
        body = f"outside {self.server.server_port}\n".encode()  # type: ignore[attr-defined]  # of the server below
        with contextlib.suppress(ConnectionError):  # a check that has seen enough hangs up
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def outside_server(world: World) -> Iterator[tuple[str, int]]:
    """Its address, as containers reach it, and its port. It answers `outside PORT`."""
    bridge = world.api.inspect_network("bridge")["IPAM"]["Config"][0]
    # An engine that was started anew does not say it, and it is the first address then.
    gateway = bridge.get("Gateway") or str(next(ip_network(bridge["Subnet"]).hosts()))
    server = ThreadingHTTPServer(("0.0.0.0", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield gateway, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
