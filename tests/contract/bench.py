"""An engine under test, a topology of its own on it, and hands to change things with.

Nothing here knows which engine it is but the two ways to set one up.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from reconciler.desired.compile import compile_topology
from reconciler.desired.desired import PROXY_SLOT, Desired, Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.spec import Attachment, PublishedPort, VolumeSpec, revision_of
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.engine.errors import EngineError
from reconciler.engine.protocol import Engine, Patience
from reconciler.plan import actions as a
from reconciler.plan.observed import Observed, ObservedContainer, ObservedProxy
from reconciler.plan.plan import Plan
from reconciler.plan.planner import plan_changes
from reconciler.plan.steps.prerequisites import RUN_VOLUME_OPTIONS
from reconciler.run.execute import execute
from reconciler.topology.load import load_topology
from tests.images import ECHO, HAPROXY
from tests.integration.support.ports import free_port
from tests.integration.support.waiting import LONGEST_S

FILE = """
name: {name}
networks:
  front:
  back:
backends:
  web:
    image: {image}
    replicas: {replicas}
    port: 8080
    networks: [front, back]
    env: {{GREETING: {greeting}}}
    volumes: ["data:/data"]
    restart: "no"
    resources: {{cpus: 0.5, memory: 64m}}
    stop_grace_period: 2s
    check: {check}
frontends:
  www: {{bind: "127.0.0.1:{port}", default_backend: web}}
haproxy:
  image: {haproxy}
  networks: [front]
  hard_stop_after: {hard_stop_after}
  restart: "no"
"""


ILL = "/tmp/ill"  # in a container of our own
"""The file that a container of a test is ill with."""


class Hand(Protocol):
    """What a person does at a terminal. By name; the engine must not know of it."""

    def start(self, reference: str) -> None: ...
    def stop(self, reference: str) -> None: ...
    def kill(self, reference: str) -> None: ...
    def let_crash(self) -> None: ...
    def pause(self, reference: str) -> None: ...
    def remove(self, reference: str) -> None: ...
    def rename(self, reference: str, name: str) -> None: ...
    def connect(self, reference: str, attachment: Attachment) -> None: ...
    def disconnect(self, reference: str, network: str) -> None: ...
    def set_limits(self, reference: str, *, memory_bytes: int, restart: str) -> None: ...
    def edit_config(self, reference: str, text: str) -> None: ...
    def reload(self, reference: str) -> None: ...
    def read_files(self, reference: str) -> dict[str, bytes]:
        """Those beside haproxy.cfg, by name."""

    def read_mounted(self, reference: str, path: str) -> tuple[bytes, int, int, int]:
        """A secret or config in a container: its content, mode, user and group."""

    def shown_certificate(self, reference: str, name: str, port: int) -> bytes:
        """What a client is shown that comes to the port, in PEM form; `name` is the file's."""

    def hide_sockets(self, reference: str) -> None: ...
    def sicken(self, reference: str) -> None:
        """It runs on, and passes no check any more."""

    def heal(self, reference: str) -> None:
        """It passes its checks again."""

    def turn_unhealthy(self, reference: str) -> None:
        """Docker's health check of it fails, where it asks for `ILL`; HAProxy's passes."""

    def end_jobs_with(self, code: int | None) -> None:
        """Data runs no script: this is what one would do."""

    def add_network(self, name: str) -> object: ...
    def remove_network(self, reference: str) -> None: ...
    def add_volume(self, name: str) -> None: ...
    def move_tag(self, reference: str, image: str) -> None: ...
    def run(
        self, name: str, *, ports: Sequence[PublishedPort] = (), networks: Sequence[str] = ()
    ) -> object: ...
    def hold_connection(self, reference: str, port: int) -> contextlib.AbstractContextManager[None]:
        """A request through a proxy that keeps the worker that took it busy."""

    def send_requests(self, port: int, *, bad: bool) -> contextlib.AbstractContextManager[None]:
        """One after another, through a proxy; the answers to bad ones are errors of the server."""


@dataclass(slots=True)
class Bench:
    kind: str
    engine: Engine
    hand: Hand
    topology: str
    """Random, so that runs at the same time do not meet."""
    patience: Patience = field(default_factory=lambda: Patience(timeout_s=LONGEST_S))
    port: int = 0
    """Of the host, and free a moment ago."""
    file: str = FILE
    subnet: str = field(default_factory=lambda: f"10.{_byte(64, 250)}.{_byte(0, 255)}.0/24")
    """Random, out of a range that Docker takes none from by itself."""

    def __post_init__(self) -> None:
        self.port = free_port()

    def wish(self, **fields: Any) -> Desired:
        """The topology of `FILE`, with some values of its own."""
        values = {
            "name": self.topology,
            "image": ECHO,
            "haproxy": HAPROXY,
            "replicas": 1,
            "check": "{path: /health, interval: 100ms, timeout: 2s, rise: 1}",
            "greeting": "hello",
            "port": self.port,
            "hard_stop_after": "2s",
            **fields,
        }
        loaded = load_topology(self.file.format(**values).encode(), "bench.yaml", {})
        assert loaded.topology is not None, loaded.diagnostics
        return compile_topology(loaded.topology, "/nowhere")

    def wish_on_host(self, **fields: Any) -> Desired:
        """The same with HAProxy on the host's network."""
        self.file = FILE.replace("  networks: [front]\n", "  network: host\n").replace(
            "  back:\n", f"  back: {{{{subnet: {self.subnet}}}}}\n"
        )
        return self.wish(**fields)

    def wish_on_anchor(self, **fields: Any) -> Desired:
        """The same with an anchor under HAProxy."""
        self.file = FILE.replace(
            "  networks: [front]\n", "  networks: [front]\n  upgrade: handover\n"
        )
        return self.wish(**fields)

    def do(self, *actions: a.Action) -> None:
        for action in actions:
            self.engine.perform(action, self.patience, _ignore)

    def do_twice(self, *actions: a.Action) -> None:
        """Repeating an action that was done already succeeds, and changes nothing more."""
        for action in actions:
            self.do(action, action)

    def fail(self, action: a.Action) -> Diagnostic:
        try:
            self.do(action)
        except EngineError as error:
            return error.diagnostic
        raise AssertionError(f"{action} succeeded")

    def see(self, wish: Desired | None = None) -> Observed:
        return self.engine.observe((wish or self.wish()).scope())

    def one(self, wish: Desired | None = None, slot: Slot | None = None) -> ObservedContainer:
        """The only container of a slot: of web-1 when none is named."""
        slot = slot or WEB_1
        (found,) = [c for c in self.see(wish).containers if c.slot == slot]
        return found

    def proxy(self, wish: Desired | None = None) -> ObservedProxy:
        (found,) = self.see(wish).proxies.values()
        return found

    def restore(self) -> None:
        """All is as `apply` of the bench's own wish has left it, whatever a test has done since.
        HAProxy is to be the same container: another one would have another name."""
        self.file, self.patience = FILE, Patience(timeout_s=LONGEST_S)
        wish = self.wish()
        web = target(wish)
        for found in self.see().containers:
            if (found.slot, found.state) == (WEB_1, "running"):
                self.hand.heal(found.name)
        self.apply(wish)
        self.do(a.AwaitServers(proxy_target(wish), (("web", web.name),), (web,)))

    def apply(self, wish: Desired) -> Plan:
        plan = plan_changes(wish, self.see(wish))
        assert not plan.problems
        outcome = execute(plan, self.engine, self.patience, lambda _: None, "pass")
        assert outcome.succeeded, [failure for _, failure in outcome.failed]
        return plan


WEB_1 = Slot(SERVER_ROLE, "web", 1)


def networks_of(wish: Desired) -> list[a.Action]:
    return [a.CreateNetwork(spec, revision_of(spec)) for spec in wish.networks.values()]


def made(wish: Desired, slot: Slot = WEB_1) -> list[a.Action]:
    """Create one container with all that it needs, and do not start it."""
    container = wish.containers[slot]
    volumes = [a.CreateVolume(spec) for spec in wish.volumes.values()]
    if slot == PROXY_SLOT:
        volumes.append(a.CreateVolume(VolumeSpec(wish.run_volume, options=RUN_VOLUME_OPTIONS)))
    return [*networks_of(wish), *volumes, a.CreateContainer(container, container.name)]


def target(wish: Desired, slot: Slot = WEB_1) -> a.Target:
    return a.Target(wish.containers[slot].name)


def proxy_target(wish: Desired) -> a.Target:
    return target(wish, PROXY_SLOT)


def refuse_broken(bench: Bench) -> None:
    """HAProxy in memory knows no grammar until it is given one: `no-such-keyword` is refused."""
    world = bench.engine.world  # type: ignore[attr-defined]  # of MemoryEngine alone

    def alerts(text: str) -> list[tuple[int | None, str]]:
        lines = enumerate(text.splitlines(), 1)
        return [(n, "unknown keyword") for n, line in lines if "no-such-keyword" in line]

    world.alerts = alerts


def _byte(lowest: int, highest: int) -> int:
    return lowest + secrets.randbelow(highest - lowest + 1)


def random_name() -> str:
    return f"contract{secrets.token_hex(4)}"


def _ignore(_: object) -> None:
    """Nobody looks."""
