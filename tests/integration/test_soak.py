"""The daemon under load while all kinds of things happen at random; at the end all is as the file
says, nothing was lost, and nothing has grown.

`make test ARGS='-m soak -n 0'` for a minute, with `SOAK_S=3600` before it for an hour. It tells
its seed.
"""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import docker.errors
import pytest

from tests.integration.support.gateway import Gateway, gateway
from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import Watching, is_whole, watching

SOAK_S = float(os.environ.get("SOAK_S", "60"))
MORE_FILES, MORE_BYTES = 12, 40 * 1024**2
"""By how much a daemon may differ at the end from what it was when it had warmed up."""


class Soak:
    """`edits` change the file; `harms` are done behind the daemon's back, one at a time: what dies
    before the last one is healed may be all there is."""

    def __init__(
        self, stack: Stack, daemon: Watching, engine: Gateway, dice: random.Random
    ) -> None:
        self.stack, self.daemon, self.engine, self.dice = stack, daemon, engine, dice
        self.edits: list[Callable[[], object]] = [
            self._edit_replicas, self._edit_env, self._edit_weight, self._edit_timeouts,
            self._break_the_file, self._cut_off,
        ]  # fmt: skip
        self.harms: list[Callable[[], object]] = [self._kill, self._remove, self._rename]

    def go_on(self) -> None:
        if self.dice.random() < 0.4:
            self.await_whole()
            with contextlib.suppress(docker.errors.APIError):
                self.dice.choice(self.harms)()
        else:
            self.dice.choice(self.edits)()
        self.daemon.process.send_signal(0)  # it lives
        time.sleep(self.dice.uniform(0, 1.5))  # any moment will do for what happens next

    def await_whole(self) -> None:
        await_true(self._is_settled, "all is as the file says", 90)

    def _is_settled(self) -> bool:
        return is_whole(self.stack) and "up to date" in self.stack.run("plan").out

    def _edit_replicas(self) -> None:
        self.stack.backend["replicas"] = self.dice.randint(2, 4)
        self.stack.write()

    def _edit_env(self) -> None:
        self.stack.backend["env"] = {"VERSION": str(self.dice.randint(1, 9))}
        self.stack.write()

    def _edit_weight(self) -> None:
        self.stack.backend["weight"] = self.dice.randint(1, 9)
        self.stack.write()

    def _edit_timeouts(self) -> None:
        self.stack.spec["haproxy"]["timeouts"] = {"client": f"{self.dice.randint(10, 20)}s"}
        self.stack.write()

    def _break_the_file(self) -> None:
        self.stack.write()
        good = self.stack.file.read_text(encoding="utf-8")
        self.stack.file.write_text(good[: len(good) // 2], encoding="utf-8")
        time.sleep(self.dice.uniform(0, 1.5))
        self.stack.file.write_text(good, encoding="utf-8")

    def _cut_off(self) -> None:
        """In the middle of whatever the daemon does."""
        self.engine.cut()
        time.sleep(self.dice.uniform(0, 2))
        self.engine.restore()

    def _any_server(self) -> str:
        return self.dice.choice([i for slot, i in self.stack.ids().items() if "web-" in slot])

    def _kill(self) -> None:
        self.stack.world.api.kill(self._any_server())

    def _remove(self) -> None:
        self.stack.world.api.remove_container(self._any_server(), force=True)

    def _rename(self) -> None:
        self.stack.world.api.rename(self._any_server(), f"{self.stack.name}-by-hand")


def _files_and_memory(pid: int) -> tuple[int, int]:
    """Open files, and bytes in memory."""
    statm = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return len(list(Path(f"/proc/{pid}/fd").iterdir())), int(statm[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.soak
@pytest.mark.timeout(SOAK_S + 240)
def test_soak(stack: Stack) -> None:
    seed = random.SystemRandom().randint(0, 10**6)
    print(f"seed {seed}")
    stack.backend["check"] = {"interval": "200ms", "rise": 1}
    stack.spec["haproxy"]["hard_stop_after"] = "15s"  # more than a connection that fails may take
    stack.write()
    with (
        tempfile.TemporaryDirectory() as short,
        gateway(Path(short)) as engine,
        watching(
            "--resync", "10s", stack.directory, directory=stack.directory,
            env={"DOCKER_HOST": engine.docker_host},
        ) as daemon,
        contextlib.ExitStack() as load,
    ):  # fmt: skip
        daemon.await_outcome("converged")
        soak = Soak(stack, daemon, engine, random.Random(seed))  # noqa: S311  # not for secrets
        soak.await_whole()
        ends, warm = time.monotonic() + SOAK_S, None
        traffic = load.enter_context(
            Traffic(stack.port, one_shot=1, keep_alive=1, longest_s=SOAK_S + 100)
        )
        while time.monotonic() < ends:
            soak.go_on()
            if warm is None and time.monotonic() > ends - SOAK_S / 2:
                warm = _files_and_memory(daemon.process.pid)
        soak.await_whole()
        load.close()
        traffic.assert_lossless()
        assert warm is not None
        files, memory = _files_and_memory(daemon.process.pid)
        assert files <= warm[0] + MORE_FILES
        assert memory <= warm[1] + MORE_BYTES
        assert daemon.end() == 0
        assert daemon.other == []
    stack.assert_converged()
