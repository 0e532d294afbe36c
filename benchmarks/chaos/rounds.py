"""Edits and faults from one seed, under load: each round makes one edit, and up to three things go
wrong while it is applied. Then it is applied undisturbed, at most twice, and has to be as the file
says.

No edit is one that interrupts, so no request may be lost.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker.errors

from benchmarks.chaos.record import Record
from tests.images import ECHO
from tests.integration.support import crash, forked, tool
from tests.integration.support.faults import KINDS, Fault, FaultyEngine, faulty_engine
from tests.integration.support.private_engine import PrivateEngine, private_engine
from tests.integration.support.stack import Stack, swept
from tests.integration.support.traffic import Traffic
from tests.integration.support.waiting import await_true
from tests.integration.support.world import World

MOST_REQUESTS = 110
"""Of an apply that replaces two containers, about: which of them goes wrong is drawn from these."""
MOST_STEPS = 30
"""Of an apply that replaces three containers, and changes something: about."""
MOST_FAULTS = 3
LIVE = ("--live-restore", "--userland-proxy=false")


class Chaos:
    def __init__(
        self, stack: Stack, way: FaultyEngine, private: PrivateEngine | None, record: Record
    ) -> None:
        self._stack, self._way, self._private, self._record = stack, way, private, record
        self._dice = random.Random(record.seed)  # noqa: S311  # no secret
        self.load_began = 0.0
        self._edits: list[Callable[[], None]] = [
            self._edit_env,
            self._edit_env,
            self._edit_replicas,
            self._edit_weight,
            self._edit_timeouts,
            self._edit_frontend,
        ]
        self._faults: list[Callable[[], None]] = [
            self._kill_at_random,
            self._kill_after_a_step,
            self._kill_ever_later,
            self._spoil_a_request,
            self._spoil_many_requests,
            self._tell_haproxy,
            self._kill_a_server,
        ]
        if private is not None:
            self._faults += [self._hang_the_engine, self._kill_the_engine]

    def go_on(self) -> None:
        """One round."""
        self._record.rounds += 1
        self._dice.choice(self._edits)()
        self._stack.write()
        faults = self._dice.sample(self._faults, self._dice.randint(1, MOST_FAULTS))
        for fault in faults:
            fault()
            self._way.arm(None)
        names = ", ".join(fault.__name__.strip("_") for fault in faults)
        self._heal(f"round {self._record.rounds}, {names}")

    def _heal(self, about: str) -> None:
        """A second try is there for what an engine that was killed has lost track of: the first one
        takes it away, and says so."""
        ended = self._apply()
        if ended.code != 0:
            self._record.second_tries += 1
            ended = self._apply()
        if ended.code != 0:
            self._record.unhealed.append(f"{about}: {ended.text[-2000:]}")

    def _apply(self, host: str = "") -> tool.Ended:
        env = {**self._stack.env, **({"DOCKER_HOST": host} if host else {})}
        command = ["apply", "--yes", str(self._stack.file)]
        ended = tool.run(command, self._stack.directory, env=env)
        if "error[internal]" in ended.text:
            self._record.tracebacks.append(ended.text[-2000:])
        return ended

    def _met(self, kind: str) -> None:
        self._record.faults[kind] += 1

    # -- edits ------------------------------------------------------------------------------

    def _edit_env(self) -> None:
        self._stack.backend["env"] = {"EDITION": str(self._dice.randrange(10**6))}

    def _edit_replicas(self) -> None:
        self._stack.backend["replicas"] = self._dice.randint(2, 3)

    def _edit_weight(self) -> None:
        self._stack.backend["weight"] = self._dice.randint(1, 99)

    def _edit_timeouts(self) -> None:
        timeouts = {"client": f"{self._dice.randint(10, 60)}s"}
        self._stack.spec["haproxy"]["timeouts"] = timeouts

    def _edit_frontend(self) -> None:
        self._stack.spec["frontends"]["www"]["maxconn"] = self._dice.randint(500, 5000)

    # -- what goes wrong meanwhile ----------------------------------------------------------

    def _kill_at_random(self) -> None:
        command = ["apply", "--yes", str(self._stack.file)]
        process = tool.start(command, self._stack.directory, self._stack.env)
        with process:
            time.sleep(self._dice.uniform(0.3, 3.0))  # at any moment of it
            if process.poll() is None:
                process.kill()
                self._met("killed at random")

    def _kill_after_a_step(self) -> None:
        self._crash(self._dice.randint(1, MOST_STEPS))

    def _kill_ever_later(self) -> None:
        """What one run has done, the next one finds, and it goes one step further by itself: it may
        have to begin with what the one before it did, as with servers that are checked anew."""
        for steps in range(1, MOST_STEPS):
            if not self._crash(steps):
                return

    def _crash(self, steps: int) -> bool:
        """Whether an apply was there to end after so many steps."""
        arguments = (str(self._stack.file), str(steps))
        env = tool.environment(self._stack.directory, self._stack.env)
        command = forked.Command(crash.main, arguments, self._stack.directory, env)
        code, _, _ = forked.run(command, tool.LONGEST_S)
        if code != crash.CRASHED:
            return False
        self._met("killed at a step's end")
        return True

    def _spoil_a_request(self) -> None:
        fault = Fault(self._dice.randint(1, MOST_REQUESTS), self._dice.choice(KINDS))
        self._way.arm(fault)
        self._apply(self._way.docker_host)
        if len(self._way.requests) >= fault.number:
            self._met(f"engine: {fault.kind}")

    def _spoil_many_requests(self) -> None:
        self._way.arm_often(str(self._dice.random()))
        self._apply(self._way.docker_host)
        for kind, number in self._way.met.items():
            self._record.faults[f"engine: {kind}"] += number

    def _tell_haproxy(self) -> None:
        told = (
            f"set server web/web-1 weight {self._dice.randint(1, 99)}",
            f"set maxconn frontend www {self._dice.randint(100, 999)}",
            "set server web/web-2 state drain",
            "clear counters all",
        )
        self._stack.tell_haproxy(self._dice.choice(told))
        self._met("HAProxy told by hand")

    def _kill_a_server(self) -> None:
        slots = [identity for slot, identity in self._stack.ids().items() if "web-" in slot]
        with contextlib.suppress(docker.errors.APIError):  # it has ended already, or is gone
            self._stack.world.api.kill(self._dice.choice(slots))
            self._met("container killed")

    def _hang_the_engine(self) -> None:
        assert self._private is not None
        self._disturb(self._private.hung(), "engine hung")

    def _kill_the_engine(self) -> None:
        assert self._private is not None
        began, ended = self._disturb(self._private.dead(), "engine dead")
        self._record.engine_starts.append((began - self.load_began, ended - self.load_began))
        self._stack.world.close()  # its connections were to the one that has ended

    def _disturb(
        self, trouble: contextlib.AbstractContextManager[None], kind: str
    ) -> tuple[float, float]:
        """In the middle of an apply, which is given up if it waits for what does not come. Returns
        from when to when it took to be over."""
        command = ["apply", "--yes", str(self._stack.file)]
        process = tool.start(command, self._stack.directory, self._stack.env)
        with process:
            time.sleep(self._dice.uniform(0.3, 2.0))
            with trouble:
                time.sleep(self._dice.uniform(0.5, 3.0))
                began = time.monotonic()
            ended = time.monotonic()
            self._met(kind)
            with contextlib.suppress(Exception):
                said, _ = process.communicate(timeout=60)
                if "error[internal]" in said or "Traceback" in said:
                    self._record.tracebacks.append(said[-2000:])
            if process.poll() is None:
                process.kill()
        return began, ended


def run_chaos(
    image: str, seed: int, *, rounds: int = 10**6, longest_s: float = 10**6, private: bool = False
) -> Record:
    """As many rounds, or as long."""
    kind = "of its own, which is killed and hangs" if private else "the machine's"
    record = Record(image, kind, seed)
    began = time.monotonic()
    with _placed(image, private=private) as (stack, way, engine):
        chaos = Chaos(stack, way, engine, record)
        enter = engine.enter if engine is not None else lambda: None
        with Traffic(
            stack.port, one_shot=3, keep_alive=3, longest_s=longest_s + 600, enter=enter
        ) as traffic:
            chaos.load_began = traffic.began
            while record.rounds < rounds and time.monotonic() - began < longest_s:
                chaos.go_on()
            traffic.go_on()
        record.count(traffic.count, traffic.failures)
        stack.destroy()
        with contextlib.suppress(AssertionError):
            await_true(lambda: not stack.world.leftovers(stack.name), "nothing is left", 30)
        record.left = stack.world.leftovers(stack.name)
    record.elapsed_s = time.monotonic() - began
    return record


@contextlib.contextmanager
def _placed(
    image: str, *, private: bool
) -> Iterator[tuple[Stack, FaultyEngine, PrivateEngine | None]]:
    with contextlib.ExitStack() as made:
        directory = Path(made.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
        engine = made.enter_context(private_engine(ECHO, image, options=LIVE)) if private else None
        world = World(engine.url if engine is not None else "")
        made.callback(world.close)
        stack = made.enter_context(swept(Stack(world, directory, image)))
        if engine is not None:
            stack.env["DOCKER_HOST"] = engine.url
        path = engine.url.removeprefix("unix://") if engine is not None else ""
        way = made.enter_context(faulty_engine(directory, path))
        stack.backend["check"] = {"interval": "200ms", "rise": 1}
        stack.spec["haproxy"]["hard_stop_after"] = "15s"
        stack.apply()
        yield stack, way, engine
