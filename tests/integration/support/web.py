"""Single requests to 127.0.0.1, or another address of this machine's own."""

from __future__ import annotations

import base64
import http.client
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

TIMEOUT_S = 30.0
"""Longer than HAProxy tries a server, also on a busy machine: it is HAProxy that gives up."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str

    @property
    def server(self) -> str:
        """The host name of the echo server that answered: the start of its container's id."""
        match = re.match(r"Request served by (\S+)", self.body)
        return match[1] if match else ""


def get(
    port: int,
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    *,
    address: str = "127.0.0.1",
) -> Answer:
    """One request on a connection of its own. Raises OSError or HTTPException."""
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Connection": "close", **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.read().decode(errors="replace"))
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with its headers, by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str

    def __contains__(self, line: str) -> bool:
        """Whether the echo server was sent this line."""
        return line in self.body.split("\n")


def ask(
    port: int, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> Response:
    """One request, redirects not followed, with any method and headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, headers={"Connection": "close", **(headers or {})})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, found, response.read().decode(errors="replace"))
    finally:
        connection.close()


def ask_socket(path: str, target: str = "/") -> Response:
    """The same on a Unix socket."""
    connection = http.client.HTTPConnection("x", timeout=TIMEOUT_S)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(TIMEOUT_S)
        connection.sock.connect(path)
        connection.request("GET", target, headers={"Connection": "close"})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, found, response.read().decode(errors="replace"))
    finally:
        connection.close()


def basic_auth(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def exchange(port: int, data: bytes) -> bytes:
    """What the first answer to some bytes is, on TCP."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as peer:
        peer.sendall(data)
        return peer.recv(65536)


def is_open(port: int, address: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((address, port), timeout=TIMEOUT_S).close()
    except OSError:
        return False
    return True
