"""Single requests over TLS to 127.0.0.1, and what the other side shows of itself."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from tests.integration.support.web import TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Shown:
    """What a handshake has come to."""

    serial: int
    protocol: str | None
    version: str | None


def context(
    *, client: Path | None = None, protocols: tuple[str, ...] = (), newest: str = "TLSv1_3"
) -> ssl.SSLContext:
    """Believes every certificate: tests look at them themselves."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion[newest]
    if client is not None:
        made.load_cert_chain(client)
    if protocols:
        made.set_alpn_protocols(list(protocols))
    return made


def connect(port: int, name: str, using: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    try:
        return (using or context()).wrap_socket(plain, server_hostname=name)
    except OSError:
        plain.close()
        raise


def shown(port: int, name: str, using: ssl.SSLContext | None = None) -> Shown:
    with connect(port, name, using) as connection:
        return shown_on(connection)


def shown_on(connection: ssl.SSLSocket) -> Shown:
    found = connection.getpeercert(binary_form=True)
    assert found is not None
    serial = x509.load_der_x509_certificate(found).serial_number
    return Shown(serial, connection.selected_alpn_protocol(), connection.version())


def request(connection: ssl.SSLSocket, path: str = "/", host: str = "x") -> tuple[int, str, str]:
    """Status, the header of HSTS, and the body, on a connection that stays open."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = response.read().decode(errors="replace")
    return response.status, response.getheader("Strict-Transport-Security", ""), body
