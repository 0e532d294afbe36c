"""`reconciler watch` as a process, and what it says."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.integration.support import tool
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import LONGEST_S, await_true


class Watching:
    """A daemon that runs. Its log is JSON; `said` is what came so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self.other: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                self.said.append(json.loads(line))
            except ValueError:
                self.other.append(line)

    def await_said(self, what: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            assert self.process.poll() is None, "".join(self.other)
            return next((said for said in list(self.said) if condition(said)), None)

        try:
            said = await_true(found, what)
        except AssertionError as error:
            heard = "\n".join(map(json.dumps, self.said))
            raise AssertionError(f"{error}\nSince the last `forget` it said:\n{heard}") from None
        assert said is not None
        return said

    def await_outcome(self, outcome: str) -> dict[str, Any]:
        """The first pass that ended so since the last `forget`."""
        return self.await_said(outcome, lambda s: s.get("outcome") == outcome)

    def await_begun(self, cause: str) -> dict[str, Any]:
        return self.await_said(cause, lambda s: s["event"] == "pass_begun" and cause in s["cause"])

    def forget(self) -> None:
        self.said.clear()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=LONGEST_S)


@contextlib.contextmanager
def watching(
    *paths: Path | str, directory: Path, env: dict[str, str] | None = None
) -> Iterator[Watching]:
    """`paths` are paths and options."""
    arguments = ["watch", "--log-format", "json", *map(str, paths)]
    process = tool.start(arguments, directory, env)
    try:
        yield Watching(process)
    finally:
        process.kill()
        process.wait(timeout=LONGEST_S)
        if process.stdout is not None:
            process.stdout.close()


def is_whole(stack: Stack) -> bool:
    """Whether every wanted container runs, and no other is there."""
    wanted = {
        f"{name}-{number}"
        for name, backend in stack.spec["backends"].items()
        for number in range(1, backend.get("replicas", 1) + 1)
    }
    found = stack.containers()
    running = {c["Id"] for c in found if c["State"]["Status"] == "running"}
    return set(stack.ids()) == wanted | {"haproxy"} and len(running) == len(found)
