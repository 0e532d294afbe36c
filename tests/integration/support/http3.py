"""Requests of HTTP/3 to 127.0.0.1, each on a connection of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, QuicEvent
from cryptography import x509

from tests.integration.support.web import TIMEOUT_S, Response

_HANDSHAKE_S = 4.0
Found = TypeVar("Found")


class _Client(QuicConnectionProtocol):
    """Asks once."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._http = H3Connection(self._quic)
        self._answer: asyncio.Future[None] = self._loop.create_future()
        self._headers: dict[str, str] = {}
        self._body = b""

    async def ask(self, path: str, host: str) -> Response:
        stream = self._quic.get_next_available_stream_id()
        asked = {":method": "GET", ":scheme": "https", ":authority": host, ":path": path}
        headers = [(name.encode(), value.encode()) for name, value in asked.items()]
        self._http.send_headers(stream, headers, end_stream=True)
        self.transmit()
        await self._answer
        return Response(int(self._headers[":status"]), self._headers, self._body.decode())

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, ConnectionTerminated) and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"closed: {event}"))
        for one in self._http.handle_event(event):
            if isinstance(one, HeadersReceived):
                self._headers |= {name.decode(): value.decode() for name, value in one.headers}
            elif isinstance(one, DataReceived):
                self._body += one.data
            if isinstance(one, HeadersReceived | DataReceived) and one.stream_ended:
                self._answer.set_result(None)

    def serial(self) -> int:
        """Of the certificate that was shown."""
        shown = self._quic.tls._peer_certificate
        assert isinstance(shown, x509.Certificate)
        return shown.serial_number


def ask(port: int, path: str = "/", host: str = "shop.example.com") -> Response:
    """Raises OSError, TimeoutError among them."""
    return asyncio.run(_with_client(port, host, lambda client: client.ask(path, host)))


def ask_again(port: int) -> Response:
    """As browsers do: on another connection, where one did not open, or was closed as idle."""
    try:
        return ask(port)
    except OSError:
        return ask(port)


def serial(port: int, host: str = "shop.example.com") -> int:
    """Of the certificate that is shown."""

    async def shown(client: _Client) -> int:
        return client.serial()

    return asyncio.run(_with_client(port, host, shown))


async def _with_client(port: int, host: str, use: Callable[[_Client], Awaitable[Found]]) -> Found:
    """Believes every certificate."""
    wanted = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=host)
    wanted.verify_mode = ssl.CERT_NONE
    async with asyncio.timeout(TIMEOUT_S), AsyncExitStack() as stack:
        async with asyncio.timeout(_HANDSHAKE_S):
            opening = connect("127.0.0.1", port, configuration=wanted, create_protocol=_Client)
            client = await stack.enter_async_context(opening)
        assert isinstance(client, _Client)
        return await use(client)
