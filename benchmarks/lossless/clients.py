"""Clients of every kind, none of which tries anything twice: what they miss is a failure.

They speak through bare sockets of asyncio's loop, which costs a third of what its streams do: the
machine's cores are for what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.lossless.record import Failure, Long, Record

HOST = "127.0.0.1"
PATIENCE_S = 20.0
"""Longer than HAProxy's own timeouts, so that it is HAProxy that gives up, with an answer."""
PING_S = 0.5
MOST_BYTES = 65536

_MASK = b"\0\0\0\0"  # a mask of zeros is one too (RFC 6455, 5.3)
_PING, _PONG = b"\x81\x84" + _MASK + b"ping", b"\x81\x04ping"
_GOODBYE = b"\x88\x82" + _MASK + b"\x03\xe8"


class WrongAnswerError(Exception):
    """An answer came, and not the right one."""


MISSED = (OSError, TimeoutError, WrongAnswerError)


@dataclass(slots=True)
class Crowd:
    """What the clients of a load share."""

    record: Record = field(default_factory=Record)
    stopping: bool = False
    dice: random.Random = field(default_factory=random.Random)

    def goes_on(self) -> bool:
        return not self.stopping

    async def ask(self, kind: str, request: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the connection can take another request."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                keeps = await request()
        except MISSED as error:
            what = "no answer in time" if isinstance(error, TimeoutError) else str(error)
            self.record.failure(Failure(kind, started, time.monotonic(), what or repr(error)))
            return False
        self.record.request(kind, time.monotonic())
        return keeps


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[socket.socket]:
    with socket.socket() as peer:
        peer.setblocking(False)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(peer, (HOST, port))
        yield peer


async def receive(peer: socket.socket) -> bytes:
    data = await asyncio.get_running_loop().sock_recv(peer, MOST_BYTES)
    if not data:
        raise ConnectionResetError("closed without an answer")
    return data


async def send(peer: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(peer, data)


async def exchange(peer: socket.socket, request: bytes, status: bytes = b"200") -> bool:
    """One request and its whole answer; whether the server keeps the connection after it."""
    await send(peer, request)
    data = await receive(peer)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += await receive(peer)
    head = data[:end].lower()
    if head[9:12] != status:
        raise WrongAnswerError(f"status {head[9:12].decode(errors='replace')}")
    _, found, length = head.partition(b"content-length:")
    missing = (int(length.split(None, 1)[0]) if found else 0) - (len(data) - end - 4)
    while missing > 0:
        missing -= len(await receive(peer))
    return b"connection: close" not in head


def request_for(path: str, *, keep: bool) -> bytes:
    more = "" if keep else "Connection: close\r\n"
    return f"GET {path} HTTP/1.1\r\nHost: load\r\n{more}\r\n".encode()


async def one_shot(crowd: Crowd, port: int, pause_s: float, kind: str, path: str) -> None:
    """A connection for each request, which ends when the server ends it: whoever closes first
    keeps the port for a minute, and there are not enough of them here."""
    request = request_for(path, keep=False)

    async def ask() -> bool:
        async with connected(port) as peer:
            await exchange(peer, request)
            with contextlib.suppress(OSError):
                await asyncio.get_running_loop().sock_recv(peer, 1)
            return False

    while crowd.goes_on():
        await crowd.ask(kind, ask)
        await asyncio.sleep(pause_s)


async def keep_alive(crowd: Crowd, port: int, pause_s: float) -> None:
    """A connection is used until an answer says that it was the last: any other end is a failure,
    also one that comes between two requests."""
    request = request_for("/", keep=True)
    while crowd.goes_on():
        try:
            async with connected(port) as peer:
                while await crowd.ask("keep-alive", lambda: exchange(peer, request)):
                    await asyncio.sleep(pause_s)
                    if not crowd.goes_on():
                        return
        except OSError as error:  # the connection itself
            now = time.monotonic()
            crowd.record.failure(Failure("keep-alive", now, now, str(error)))
        await asyncio.sleep(pause_s)


async def tcp_short(crowd: Crowd, port: int, pause_s: float) -> None:
    """A few bytes there and back on a connection of their own."""
    for number in itertools.count():
        sent = b"line %d\n" % number

        async def ask(sent: bytes = sent) -> bool:
            async with connected(port) as peer:
                await send(peer, sent)
                if await receive(peer) != sent:
                    raise WrongAnswerError("other bytes came back")
                return False

        if not crowd.goes_on():
            return
        await crowd.ask("tcp", ask)
        await asyncio.sleep(pause_s)


async def websocket(crowd: Crowd, port: int, life_s: float) -> None:
    hello = request_for("/", keep=True)[:-2] + (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await _stay(crowd, "websocket", port, life_s, _Talk(_PING, _PONG, hello, _GOODBYE))


async def tcp_long(crowd: Crowd, port: int, life_s: float) -> None:
    await _stay(crowd, "tcp long", port, life_s, _Talk(b"ping", b"ping"))


@dataclass(frozen=True, slots=True)
class _Talk:
    ping: bytes
    pong: bytes
    hello: bytes = b""
    goodbye: bytes = b""


async def _stay(crowd: Crowd, kind: str, port: int, life_s: float, talk: _Talk) -> None:
    """Open a connection, stay for the time of a life or until cut, and again."""
    while crowd.goes_on():
        started = time.monotonic()
        opened = 0.0
        try:
            async with connected(port) as peer:
                async with asyncio.timeout(PATIENCE_S):
                    if talk.hello:
                        await exchange(peer, talk.hello, b"101")
                    await _ping(peer, talk)
                opened = time.monotonic()
                await _live(crowd, kind, peer, life_s * crowd.dice.uniform(0.5, 1), talk)
                crowd.record.longs.append(Long(kind, opened, time.monotonic()))
        except MISSED as error:
            now = time.monotonic()
            if opened:
                crowd.record.longs.append(Long(kind, opened, now, str(error) or repr(error)))
            else:
                crowd.record.failure(Failure(kind, started, now, str(error) or repr(error)))
        await asyncio.sleep(0.05)


async def _live(crowd: Crowd, kind: str, peer: socket.socket, life_s: float, talk: _Talk) -> None:
    """Ping now and then, and notice at once when the other side ends it."""
    until = time.monotonic() + life_s
    while time.monotonic() < until and crowd.goes_on():
        try:
            async with asyncio.timeout(PING_S):
                await receive(peer)
        except TimeoutError:
            async with asyncio.timeout(PATIENCE_S):
                await _ping(peer, talk)
            crowd.record.request(kind, time.monotonic())
        else:
            raise WrongAnswerError("told to go away")
    await send(peer, talk.goodbye)


async def _ping(peer: socket.socket, talk: _Talk) -> None:
    await send(peer, talk.ping)
    data = b""
    while len(data) < len(talk.pong):
        data += await receive(peer)
    if data != talk.pong:
        raise WrongAnswerError("told to go away")
