"""The daemon while all kinds of things happen at random; at the end all is as the file says,
nothing was lost, and nothing has grown.

`make test ARGS='-m soak -n 0'` for a minute each, with `SOAK_S=3600` before it for an hour. They
tell their seed. Once it is under load, and the way to the engine is cut now and then; once the
engine itself ends and starts anew, which takes HAProxy with it, so that there is no load.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import docker.errors
import pytest

from tests.images import ECHO, HAPROXY
from tests.integration.support.gateway import Gateway, gateway
from tests.integration.support.private_engine import PrivateEngine, private_engine
from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import Watching, is_whole, watching
from tests.integration.support.world import World

SOAK_S = float(os.environ.get("SOAK_S", "60"))
MORE_FILES, MORE_BYTES = 12, 40 * 1024**2
"""By how much a daemon may differ at the end from what it was when it had warmed up."""


class Soak:
    """`edits` change the file; `harms` are done behind the daemon's back, one at a time: what dies
    before the last one is healed may be all there is."""

    def __init__(self, stack: Stack, daemon: Watching) -> None:
        self.stack, self.daemon = stack, daemon
        seed = random.SystemRandom().randint(0, 10**6)
        print(f"seed {seed}")
        self.dice = random.Random(seed)  # noqa: S311  # not for secrets
        self.edits: list[Callable[[], object]] = [
            self._edit_replicas,
            self._edit_env,
            self._edit_weight,
            self._edit_timeouts,
            self._break_the_file,
        ]
        self.harms: list[Callable[[], object]] = [self._kill, self._remove, self._rename]

    def run(self) -> None:
        """For SOAK_S, of which the first half is to warm up."""
        self.await_whole()
        self._go_on_until(time.monotonic() + SOAK_S / 2)
        files, memory = _files_and_memory(self.daemon.process.pid)
        self._go_on_until(time.monotonic() + SOAK_S / 2)
        self.await_whole()
        files_now, memory_now = _files_and_memory(self.daemon.process.pid)
        assert files_now <= files + MORE_FILES
        assert memory_now <= memory + MORE_BYTES

    def _go_on_until(self, end: float) -> None:
        while time.monotonic() < end:
            self._go_on()

    def _go_on(self) -> None:
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

    def cut_off(self, engine: Gateway) -> None:
        """In the middle of whatever the daemon does."""
        engine.cut()
        time.sleep(self.dice.uniform(0, 2))
        engine.restore()

    def restart(self, engine: PrivateEngine) -> None:
        engine.restart(self.dice.choice([signal.SIGTERM, signal.SIGKILL]))
        self.stack.world.close()  # its connections were to the one that has ended

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


def _prepare(stack: Stack) -> None:
    stack.backend["check"] = {"interval": "200ms", "rise": 1}
    stack.spec["haproxy"]["hard_stop_after"] = "15s"  # more than a connection that fails may take
    stack.write()


@pytest.mark.soak
@pytest.mark.timeout(SOAK_S + 240)
def test_soak(stack: Stack) -> None:
    _prepare(stack)
    with (
        tempfile.TemporaryDirectory() as short,
        gateway(Path(short)) as engine,
        watching(
            "--resync",
            "10s",
            stack.directory,
            directory=stack.directory,
            env={"DOCKER_HOST": engine.docker_host},
        ) as daemon,
        contextlib.ExitStack() as load,
    ):
        daemon.await_outcome("converged")
        soak = Soak(stack, daemon)
        soak.edits.append(lambda: soak.cut_off(engine))
        traffic = load.enter_context(
            Traffic(stack.port, one_shot=1, keep_alive=1, longest_s=SOAK_S + 200)
        )
        soak.run()
        load.close()
        traffic.assert_lossless()
        assert daemon.end() == 0
        assert daemon.other == []
    stack.assert_converged()


@pytest.mark.soak
@pytest.mark.timeout(SOAK_S + 240)
def test_soak_of_an_engine_that_ends_now_and_then(tmp_path: Path) -> None:
    with private_engine(ECHO, HAPROXY) as engine, contextlib.closing(World(engine.url)) as world:
        stack = Stack(world, tmp_path)
        stack.env["DOCKER_HOST"] = engine.url
        _prepare(stack)
        with watching(
            "--resync", "10s", stack.directory, directory=stack.directory, env=stack.env
        ) as daemon:
            daemon.await_outcome("converged")
            soak = Soak(stack, daemon)
            soak.edits.append(lambda: soak.restart(engine))
            soak.run()
            assert daemon.end() == 0
            assert daemon.other == []
        assert "up to date" in stack.plan("--detailed-exitcode").out
        stack.destroy()
        assert world.leftovers(stack.name) == []
