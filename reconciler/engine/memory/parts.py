"""The things of a world in memory, and what they are like."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from reconciler.desired.desired import Slot
from reconciler.desired.resources import ResourceLimits
from reconciler.desired.spec import ContainerFile, PublishedPort
from reconciler.engine.errors import EngineError
from reconciler.haproxy.control.servers import read_servers

COULD_NOT_START = 128
"""The exit code that Docker gives a container it could not start."""
NO_SLOT = Slot("")
"""The slot of containers that are not ours."""


class Image(Struct):
    """What containers of an image do: answer HAProxy's checks, pass their own, or exit at once."""

    id: str
    serves: bool = True
    healthy: bool = True
    exit_code: int | None = None
    job_exit_code: int | None = 0
    """What a job made from it ends with; None is one that goes on for ever."""
    crashes: bool = False
    """It ends soon after each start, though not at once."""
    errs: bool = False
    """It passes checks, and answers requests with errors."""


class Network(Struct):
    """`owner` is the topology that made it, as its label says; "" is nobody of ours."""

    id: str
    name: str
    subnet: int
    owner: str = ""
    revision: str = ""


class Link(Struct):
    """A container's place on a network. Docker fills in the id when the container starts."""

    aliases: frozenset[str]
    network_id: str = ""
    fixed: str = ""


class LiveServer(Struct):
    """A server of a running HAProxy: as loaded, until a command changes it."""

    backend: str
    name: str
    host: str
    port: int
    weight: int
    maxconn: int | None
    is_checked: bool
    checks_http: bool
    is_disabled: bool
    is_drained: bool = False
    has_live_weight: bool = True


def loaded_servers(text: str) -> list[LiveServer]:
    """What a worker has for servers when it has just loaded a configuration."""
    return [
        LiveServer(
            s.backend,
            s.name,
            s.host,
            s.port,
            s.weight,
            s.maxconn,
            s.is_checked,
            s.checks_http,
            s.is_disabled,
            has_live_weight=s.has_live_weight,
        )
        for s in read_servers(text)
    ]


class Container(Struct):
    """A container; what it was made from does not change. `owner` as for networks."""

    id: str
    name: str
    number: int
    image: Image
    owner: str = ""
    slot: Slot = NO_SLOT
    revision: str = ""
    given_name: str = ""
    described: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    volumes: frozenset[str] = frozenset()
    has_healthcheck: bool = False
    stop_grace_s: float | None = None
    restart: str = "no"
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    links: dict[str, Link] = field(default_factory=dict)
    state: str = "created"
    exit_code: int = 0
    started_at: float = 0.0
    restarts: int = 0
    up_s: float | None = None
    """How long it has run since it was started anew; None is for long."""
    is_sick: bool = False
    """It runs and answers no check."""
    is_unhealthy: bool = False
    """Docker's health check of it fails, whatever HAProxy's says."""
    mounted: dict[str, ContainerFile] = field(default_factory=dict)
    """Secrets and configs, by path."""
    config: str | None = None
    """A proxy's haproxy.cfg."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Those beside it, by name."""
    loaded_files: dict[str, bytes] = field(default_factory=dict)
    """The files as the worker has loaded them."""
    worker: str | None = None
    """The configuration that a proxy's worker runs; None when none answers."""
    servers: list[LiveServer] = field(default_factory=list)
    """The servers as the worker has them."""
    old_workers: list[str] = field(default_factory=list)
    """Configurations of workers that still finish their connections."""
    network_mode: str = ""
    """`host`, or `container:` and an id; "" for networks of its own."""
    is_busy: bool = False
    """A proxy whose old workers have connections that do not end."""
    is_readable: bool = True
    """Whether a proxy's sockets can be reached."""

    def address_on(self, network: Network) -> str:
        """While it is active."""
        link = self.links.get(network.name)
        if link is not None and link.fixed:
            return link.fixed
        return f"10.{network.subnet // 256 % 256}.{network.subnet % 256}.{self.number % 254 + 1}"

    @property
    def is_active(self) -> bool:
        return self.state in {"running", "paused"}

    @property
    def health(self) -> str | None:
        if not self.has_healthcheck:
            return None
        is_sick = self.is_sick or self.is_unhealthy or not self.image.healthy
        is_well = self.state == "running" and not is_sick
        return "healthy" if is_well else "unhealthy"


def refused(message: str) -> EngineError:
    return EngineError("engine-refused", message)


def identity_of(kind: str, name: str, number: int) -> str:
    digest = hashlib.sha256(f"{kind} {name} {number}".encode()).hexdigest()
    return f"sha256:{digest}" if kind == "image" else digest


def _duplicates(text: str) -> Iterator[tuple[int | None, str]]:
    """HAProxy refuses two sections of one kind and name; other grammar is not known here."""
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("frontend ", "backend ")):
            if line in seen:
                yield number, f"{line} has the same name as another"
            seen.add(line)


def find_alerts(text: str) -> Sequence[tuple[int | None, str]]:
    return tuple(_duplicates(text))
