"""The load: a process of its own, which runs until its input ends and then prints what it saw."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO

from benchmarks.lossless.clients import Crowd, keep_alive, one_shot, tcp_long, tcp_short, websocket
from benchmarks.lossless.record import Record

FOREVER_S = 1e6


@dataclass(frozen=True, slots=True)
class Mix:
    """How many clients of each kind, and how they are paced."""

    one_shot: int = 6
    keep_alive: int = 6
    slow: int = 4
    websocket: int = 4
    tcp_short: int = 2
    tcp_long: int = 3
    pause_s: float = 0.012
    """Between two requests of a client; ten times that on short TCP connections, whose ports the
    client keeps for a minute."""
    slow_s: float = 3.0
    life_s: float = 8.0
    """A long connection ends by itself after half of this or more."""
    endless: int = 1
    """Of the long ones of each kind, so many stay until they are cut."""
    longest_s: float = 7200.0


def clients(crowd: Crowd, http: list[int], tcp: int, mix: Mix) -> list[Coroutine[None, None, None]]:
    def port(number: int) -> int:
        return http[number % len(http)]

    slow = f"/slow?seconds={mix.slow_s:g}"
    made = [one_shot(crowd, port(n), mix.pause_s, "one-shot", "/") for n in range(mix.one_shot)]
    made += [keep_alive(crowd, port(n), mix.pause_s) for n in range(mix.keep_alive)]
    made += [one_shot(crowd, port(n), mix.pause_s, "slow", slow) for n in range(mix.slow)]
    made += [websocket(crowd, http[0], _life(n, mix)) for n in range(mix.websocket)]
    if tcp:
        made += [tcp_short(crowd, tcp, 10 * mix.pause_s) for _ in range(mix.tcp_short)]
        made += [tcp_long(crowd, tcp, _life(n, mix)) for n in range(mix.tcp_long)]
    return made


def _life(number: int, mix: Mix) -> float:
    return FOREVER_S if number < mix.endless else mix.life_s


async def run(http: list[int], tcp: int, mix: Mix) -> Record:
    crowd = Crowd()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def listen() -> None:
        for _ in sys.stdin:  # each line asks how far it is
            print(crowd.record.total, flush=True)
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    async with asyncio.TaskGroup() as group:
        for client in clients(crowd, http, tcp, mix):
            group.create_task(client)
        try:
            async with asyncio.timeout(mix.longest_s):
                await ended.wait()
        finally:
            crowd.stopping = True
    return crowd.record


class Load:
    """The process as its parent sees it. It ends with its parent, whatever becomes of that."""

    def __init__(self, http: list[int], tcp: int, mix: Mix) -> None:
        self._arguments = json.dumps([http, tcp, asdict(mix)])
        self.record = Record()
        self.cpu_s = 0.0

    def __enter__(self) -> Load:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.lossless.load", self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def requests(self) -> int:
        """How many there were so far."""
        stdin, stdout = self._pipes()
        stdin.write("?\n")
        stdin.flush()
        return int(stdout.readline())

    def go_on(self, requests: int, longest_s: float = 30.0) -> None:
        """Wait until so many more were made."""
        enough, deadline = self.requests() + requests, time.monotonic() + longest_s
        while self.requests() < enough and time.monotonic() < deadline:
            time.sleep(0.02)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stdin, stdout = self._pipes()
        stdin.close()
        try:
            self.cpu_s = float(stdout.readline() or 0)
            self.record = Record.from_json(stdout.readline())
        finally:
            stdout.close()
            self._process.wait(30)

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin
        assert self._process.stdout
        return self._process.stdin, self._process.stdout


def main() -> None:
    http, tcp, mix = json.loads(sys.argv[1])
    record = asyncio.run(run(http, tcp, Mix(**mix)))
    print(time.process_time())
    print(record.to_json())


if __name__ == "__main__":
    main()
