"""A bounded load of requests, and a count of those that failed."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from tests.integration.support.waiting import await_true
from tests.integration.support.web import TIMEOUT_S, Answer

PAUSE_S = 0.02
"""Between two requests of a client, so that the load leaves the machine to what is tested: four
clients ask every 5 ms, and no change of HAProxy's is over sooner."""
LONGEST_S = 280.0
"""Almost as long as a test may take."""
MOST_PER_S = 50


class _Connection:
    """A client of HTTP/1.1 on a bare socket, opened when it is needed and not open: `http.client`
    takes almost twice the CPU for a request, of which there are a hundred thousand. It tries
    nothing twice. OSError when there is no whole answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, request: bytes) -> tuple[str, Answer]:
        """The head of the answer, and the answer."""
        if self._socket is None:
            self._socket = socket.socket()
            self._socket.settimeout(TIMEOUT_S)
            self._socket.connect(("127.0.0.1", self._port))
        self._socket.sendall(request)
        received = self._more(self._socket)
        while b"\r\n\r\n" not in received:
            received += self._more(self._socket)
        start, _, body = received.partition(b"\r\n\r\n")
        head = start.decode()
        while len(body) < int(_value("content-length", head) or 0):
            body += self._more(self._socket)
        if _value("connection", head).lower() == "close":
            self.close()
        return head, Answer(int(head.split(None, 2)[1]), body.decode(errors="replace"))

    @staticmethod
    def _more(opened: socket.socket) -> bytes:
        received = opened.recv(65536)
        if not received:
            raise ConnectionResetError("closed without a whole answer")
        return received


def _value(name: str, head: str) -> str:
    """A header's value, or ""."""
    start = head.lower().find(f"\r\n{name}:")
    return "" if start < 0 else head[start + 2 :].split("\r\n", 1)[0].partition(":")[2].strip()


class Traffic:
    """Clients that ask all the time while the context lasts: with a connection for each request,
    and with one that is kept. Any answer but 200, and any broken connection, is a failure. Cookies
    are sent back as they come.

    For at most `longest_s` seconds, and with at most `MOST_PER_S` requests a client for each. Each
    client's thread begins with `enter`: there may be another network to go to.
    """

    def __init__(
        self,
        port: int,
        path: str = "/",
        *,
        one_shot: int = 2,
        keep_alive: int = 2,
        longest_s: float = LONGEST_S,
        enter: Callable[[], None] = lambda: None,
    ) -> None:
        self.failures: list[str] = []
        self.served: Counter[str] = Counter()
        self.visits: list[list[str]] = [[] for _ in range(one_shot + keep_alive)]
        """Of each client, the servers that it had, one after another."""
        self._port, self._path, self._longest_s = port, path, longest_s
        self._enter = enter
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(keep, visits), daemon=True)
            for keep, visits in zip(
                [False] * one_shot + [True] * keep_alive, self.visits, strict=True
            )
        ]

    @property
    def count(self) -> int:
        return sum(self.served.values()) + len(self.failures)

    def __enter__(self) -> Traffic:
        self.began = time.monotonic()
        for thread in self._threads:
            thread.start()
        self.go_on(20)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S + 5)

    def go_on(self, requests: int = 60) -> None:
        """Wait until so many more have been answered."""
        enough = self.count + requests
        await_true(lambda: self.count >= enough, f"{requests} more requests")

    def assert_lossless(self) -> None:
        assert not self.failures, (
            f"{len(self.failures)} of {self.count} requests failed: {self.failures[:10]}"
        )
        assert self.count > 50, f"only {self.count} requests: that proves nothing"

    def _run(self, keep: bool, visits: list[str]) -> None:
        self._enter()
        lines = [f"GET {self._path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [] if keep else ["Connection: close"]
        connection = _Connection(self._port)
        for number in range(int(self._longest_s * MOST_PER_S)):
            if self._stop.wait(PAUSE_S) or time.monotonic() - self.began > self._longest_s:
                break
            server = self._note(lambda: self._ask(connection, lines), f"{keep=} {number=}")
            if server and visits[-1:] != [server]:
                visits.append(server)
            if not keep:
                connection.close()
        connection.close()

    def _ask(self, connection: _Connection, lines: list[str]) -> Answer:
        """`lines` has the cookie for the next time afterwards."""
        try:
            head, answer = connection.ask("\r\n".join([*lines, "", ""]).encode())
        except BaseException:
            connection.close()
            raise
        if cookie := _value("set-cookie", head):
            lines[:] = [line for line in lines if not line.startswith("Cookie:")]
            lines.append(f"Cookie: {cookie.partition(';')[0]}")
        return answer

    def _note(self, ask: Callable[[], Answer], who: str) -> str:
        """The server that answered; "" after a failure."""
        asked = time.monotonic() - self.began
        try:
            answer = ask()
        except (OSError, ValueError, IndexError) as error:  # no answer, or no HTTP
            failure = repr(error)
        else:
            if answer.status == 200:
                with self._lock:
                    self.served[answer.server] += 1
                return answer.server
            failure = f"status {answer.status}"
        now = time.monotonic() - self.began
        with self._lock:
            self.failures.append(
                f"asked at {asked:.3f} s, {now - asked:.3f} s later, {who}: {failure}"
            )
        return ""
