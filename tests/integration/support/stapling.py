"""OCSP: what is stapled to a certificate, by a handshake of TLS 1.2; and an authority that answers.

Python's `ssl` does not show what is stapled. Until 1.2 it is sent before anything is encrypted, so
a greeting is all that it takes (RFC 5246, 7.4; RFC 6066, 8).
"""

from __future__ import annotations

import base64
import http.server
import socket
import struct
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography.x509 import ocsp

from tests.certificates import Made, make_response
from tests.integration.support.web import TIMEOUT_S

_HANDSHAKE, _HELLO, _STATUS, _DONE = 22, 1, 22, 14
_SUITES = (0xC02B, 0xC02C)
"""ECDHE with ECDSA, as tests' certificates have it."""
_SNI, _STATUS_REQUEST, _GROUPS, _FORMATS, _SIGNATURES = 0, 5, 10, 11, 13


def stapled(port: int, name: str) -> ocsp.OCSPResponse | None:
    """The response that comes with the certificate for a name; None when none does."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(_greeting(name))
        for kind, body in _messages(connection):
            if kind == _STATUS:
                return ocsp.load_der_ocsp_response(body[4:])
            if kind == _DONE:
                return None
    raise AssertionError("the handshake broke off")


def _greeting(name: str) -> bytes:
    host = b"\0" + _sized(2, name.encode())
    extensions = b"".join(
        struct.pack("!H", kind) + _sized(2, body)
        for kind, body in (
            (_SNI, _sized(2, host)),
            (_STATUS_REQUEST, b"\1\0\0\0\0"),
            (_GROUPS, _sized(2, struct.pack("!HH", 29, 23))),
            (_FORMATS, _sized(1, b"\0")),
            (_SIGNATURES, _sized(2, struct.pack("!HH", 0x0403, 0x0804))),
        )
    )
    suites = b"".join(struct.pack("!H", suite) for suite in _SUITES)
    body = b"\3\3" + bytes(32) + b"\0" + _sized(2, suites) + b"\1\0" + _sized(2, extensions)
    return bytes([_HANDSHAKE, 3, 1]) + _sized(2, bytes([_HELLO]) + _sized(3, body))


def _sized(width: int, body: bytes) -> bytes:
    return len(body).to_bytes(width) + body


def _messages(connection: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Those of the handshake, which begin and end anywhere in records."""
    stream, waiting = connection.makefile("rb"), b""
    while len(head := stream.read(5)) == 5:
        assert head[0] == _HANDSHAKE, f"refused: {head!r}"
        waiting += stream.read(int.from_bytes(head[3:]))
        while len(waiting) >= 4 and len(waiting) >= (end := 4 + int.from_bytes(waiting[1:4])):
            yield waiting[0], waiting[4:end]
            waiting = waiting[end:]


@dataclass
class Authority:
    """Answers for the certificates that it is told of."""

    signer: Made
    port: int
    known: dict[int, Made] = field(default_factory=dict)

    def answer(self, request: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(request)
        return make_response(self.known[asked.serial_number], self.signer)


@contextmanager
def answering(signer: Made) -> Iterator[Authority]:
    """By POST, and by GET (RFC 6960, A.1), on all addresses."""

    class Asked(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(base64.b64decode(urllib.parse.unquote(self.path.lstrip("/"))))

        def do_POST(self) -> None:
            self.reply(self.rfile.read(int(self.headers["Content-Length"])))

        def reply(self, request: bytes) -> None:
            body = authority.answer(request)
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Asked)
    authority = Authority(signer, server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
