"""The daemon: how soon an edit is live and a killed container replaced, and what it costs to run.

An edit is live when the daemon's log says that the pass has converged, a container serves when it
says that HAProxy sends it traffic. The bare time of creating and starting one is told beside it.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.goals import Row, limit
from benchmarks.world import World, world
from tests.engine import api_client
from tests.images import ECHO

_IDLE_S = 120.0
_PASSES = 10_000


def measure_watch(rounds: int) -> list[Row]:
    return [*_changes(rounds), *_sizes(rounds), *_growth()]


def _changes(rounds: int) -> list[Row]:
    with world(2) as made, _watching(made) as daemon, contextlib.closing(api_client()) as client:
        bare_ms = _median_ms(rounds or 5, lambda _: _bare(client, made))
        weight_ms = _until(
            rounds or 15, daemon, lambda n: made.edit(r"weight: \d+", f"weight: {n % 200 + 2}")
        )
        replica_ms = _until(
            rounds or 5,
            daemon,
            lambda n: made.edit(r"replicas: \d+", f"replicas: {n + 3}"),
            "send traffic to",
        )
        killed_ms = _until(rounds or 5, daemon, lambda n: _kill(client, made, n + 1))
        idle = daemon.idle_percent()
    beside = f"bare create and start: {bare_ms:.0f} ms"
    return [
        limit("file saved, its weight is live", weight_ms, 150),
        limit("file saved, one more replica serves", replica_ms, bare_ms + 250, beside=beside),
        limit("container killed, its replacement serves", killed_ms, bare_ms + 150, beside=beside),
        limit("idle, 2 replicas", idle, 0.2, "% of a core"),
    ]


def _sizes(rounds: int) -> list[Row]:
    rows: list[Row] = []
    for replicas, pass_ms, memory_mb in ((100, 60, 90), (300, 100, 90)):
        with world(replicas) as made, _watching(made) as daemon:
            looked_ms = _median_ms(rounds or 15, lambda _: daemon.look())
            rows += [
                limit(f"a pass with nothing to do, {replicas} replicas", looked_ms, pass_ms),
                limit(f"memory, {replicas} replicas", daemon.memory_mb(), memory_mb, "MB"),
            ]
    return rows


def _growth() -> list[Row]:
    """Of memory and open files, after the first tenth of the passes."""
    with world(2) as made, _watching(made) as daemon:
        for number in range(_PASSES):
            daemon.look()
            if number == _PASSES // 10:
                memory_mb, files = daemon.memory_mb(), daemon.files()
        more_mb, more_files = daemon.memory_mb() - memory_mb, daemon.files() - files
    what = f"in {_PASSES:,} passes with nothing to do"
    return [
        limit(f"more memory {what}", more_mb, 1, "MB"),
        limit(f"more open files {what}", more_files, 2, "files"),
    ]


class _Daemon:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def await_pass(self, outcome: str, cause: str = "") -> dict[str, Any]:
        lines = self._said()
        return next(s for s in lines if s.get("outcome") == outcome and cause in s["cause"])

    def await_step(self, text: str) -> None:
        next(s for s in self._said() if s["event"] == "step_done" and s["text"].startswith(text))

    def _said(self) -> Iterator[dict[str, Any]]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield json.loads(line)
        raise SystemExit("the daemon has ended")

    def look(self) -> float:
        """How long a pass takes that is asked for, in its own words."""
        self._process.send_signal(signal.SIGHUP)
        return float(self.await_pass("unchanged", "SIGHUP")["elapsed_s"])

    def idle_percent(self) -> float:
        time.sleep(5)  # what the last change caused is over
        before = self._cpu_s()
        time.sleep(_IDLE_S)
        return (self._cpu_s() - before) / _IDLE_S * 100

    def _cpu_s(self) -> float:
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1000

    def files(self) -> int:
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))


@contextlib.contextmanager
def _watching(made: World) -> Iterator[_Daemon]:
    command = [str(Path(sys.executable).with_name("reconciler")), "watch", "--log-format", "json"]
    with subprocess.Popen(
        [*command, str(made.topology)], stdout=subprocess.PIPE, text=True
    ) as process:
        daemon = _Daemon(process)
        try:
            daemon.await_pass("converged")
            yield daemon
        finally:
            process.terminate()


def _median_ms(rounds: int, act: Callable[[int], float]) -> float:
    return statistics.median(act(number) for number in range(rounds)) * 1e3


def _until(rounds: int, daemon: _Daemon, act: Callable[[int], object], step: str = "") -> float:
    """Milliseconds until the pass is over, or else until a step of it is done."""

    def one(number: int) -> float:
        began = time.monotonic()
        act(number)
        if step:
            daemon.await_step(step)
        live = time.monotonic()
        daemon.await_pass("converged")
        return (live if step else time.monotonic()) - began

    return _median_ms(rounds, one)


def _bare(client: Any, made: World) -> float:
    """On the topology's network, as its own containers are."""
    body = {
        "Image": ECHO,
        "Labels": {"bench": made.bare_name},
        "HostConfig": {"NetworkMode": f"{made.name}-default"},
    }
    began = time.monotonic()
    container = client.create_container_from_config(body)["Id"]
    client.start(container)
    took = time.monotonic() - began
    client.remove_container(container, force=True)
    return took


def _kill(client: Any, made: World, number: int) -> None:
    labels = [
        f"io.haproxy-reconciler.topology={made.name}",
        "io.haproxy-reconciler.role=server",
        f"io.haproxy-reconciler.slot={number}",
    ]
    (found,) = client.containers(filters={"label": labels})
    client.kill(found["Id"])
