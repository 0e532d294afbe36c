"""What is there: the same as Desired, as seen in Docker and HAProxy, and what could not be seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.desired.desired import Slot
from reconciler.desired.resources import resources_text
from reconciler.desired.spec import ContainerSpec, PublishedPort
from reconciler.haproxy.config import read_config
from reconciler.haproxy.control.replies import FrontendState, ServerState, WorkerInfo
from reconciler.haproxy.slots import PROBE_SUFFIX


class ObservedNetworkLink(Struct, frozen=True):
    """A container's place on a network."""

    network_id: str
    address: str
    aliases: frozenset[str]
    fixed: str = ""
    """The address it was told to have; it has it also while it does not run."""


class ObservedContainer(Struct, frozen=True):
    """A container that carries this topology's labels."""

    id: str
    name: str
    slot: Slot
    revision: str
    given_name: str
    """The name the tool gave it, from its label."""
    described: Mapping[str, str]
    """What it was made from, as `describe` wrote it into its label."""
    image_id: str
    state: str
    """Docker's: created, running, paused, restarting, removing, exited or dead."""
    health: str | None = None
    """Docker's: starting, healthy or unhealthy; None without a health check."""
    exit_code: int = 0
    started_at: float = 0.0
    """Seconds since the epoch."""
    restarts: int = 0
    """How often Docker has started it anew, since somebody started it."""
    up_s: float | None = None
    """How long it has run since Docker last started it anew, by the engine's clock; None is for
    long, or that nobody had to."""
    stop_grace_s: float | None = None
    restart: str = "no"
    cpus: float | None = None
    memory_bytes: int | None = None
    pids: int | None = None
    cpu_shares: int | None = None
    reserved_memory_bytes: int | None = None
    networks: Mapping[str, ObservedNetworkLink] = field(default_factory=dict)
    """Its place on each network, by the network's Docker name."""
    ports: tuple[PublishedPort, ...] = ()
    """The host's ports that it has when it runs."""
    depends_on: tuple[str, ...] = ()
    """Backends that it needs, from its label."""
    jobs: tuple[str, ...] = ()
    """Revisions of jobs that had succeeded before it was made, from its label."""
    network_mode: str = ""
    """Docker's, when it is `host` or that of a container: `container:<id>`."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts by which HAProxy may know it: its name, and its addresses."""
        links = self.networks.values()
        addresses = {address for link in links for address in (link.address, link.fixed)}
        return frozenset({self.given_name, *addresses} - {""})

    def blocks(self, spec: ContainerSpec) -> bool:
        """Whether it holds what another container can have once this one has stopped."""
        return any(own.overlaps(port) for own in self.ports for port in spec.ports) or any(
            place.ipv4 in {link.address, link.fixed}
            for place in spec.networks
            if place.ipv4 and (link := self.networks.get(place.network))
        )

    @property
    def hands_over(self) -> bool:
        return self.described.get("hands_over") == "true"


class ObservedNetwork(Struct, frozen=True):
    id: str
    name: str
    revision: str | None
    """What it was made from; None for a network that is not ours."""
    taken: frozenset[str] = frozenset()
    """Addresses that somebody has on it; only looked at where containers get fixed ones."""


class ObservedProxy(Struct, frozen=True):
    """The HAProxy in the proxy container. `running` is None when no worker answers."""

    config: str | None
    """The text of its haproxy.cfg; None when there is none yet."""
    running: WorkerInfo | None = None
    servers: tuple[ServerState, ...] = ()
    frontends: tuple[FrontendState, ...] = ()
    old_workers: int = 0
    files: tuple[str, ...] = ()
    """Names of those beside haproxy.cfg."""

    @property
    def serving(self) -> tuple[ServerState, ...]:
        """The servers of frontends, without spare ones and those that are only checked."""
        return tuple(
            s for s in self.servers if not s.backend.endswith(PROBE_SUFFIX) and not s.is_idle
        )

    @property
    def written_digest(self) -> str | None:
        """The digest of the written configuration; None when it is not ours or was edited."""
        config = read_config(self.config) if self.config is not None else None
        return config.digest if config else None


class ObservedVolume(Struct, frozen=True):
    name: str
    is_ours: bool = True
    driver: str = "local"
    options: tuple[tuple[str, str], ...] = ()


class Holder(Struct, frozen=True):
    """Somebody else who has what the plan needs. `what` is a name, or `127.0.0.1:80`."""

    kind: str
    what: str
    who: str


class Observed(Struct, frozen=True):
    containers: tuple[ObservedContainer, ...] = ()
    jobs: tuple[ObservedContainer, ...] = ()
    """Containers of jobs, which are no part of `containers`."""
    networks: Mapping[str, ObservedNetwork] = field(default_factory=dict)
    """Ours, and any other that has a name we want, by Docker name."""
    volumes: Mapping[str, ObservedVolume] = field(default_factory=dict)
    """Ours, and any other that has a name we want, by Docker name."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Reference to the id it names here; a reference without an image is not in it."""
    proxies: Mapping[str, ObservedProxy] = field(default_factory=dict)
    """What was seen of each HAProxy, by its container's id."""
    holders: tuple[Holder, ...] = ()
    missing_paths: frozenset[str] = frozenset()
    """Paths that are surely not there on the engine's machine."""
    api: tuple[int, int] | None = None
    """The version of the engine's API; None for an engine that has all there is."""
    gaps: tuple[str, ...] = ()
    """What could not be read, in words. A gap blocks removals."""

    def ordered(self) -> Observed:
        """The same in one order, so that what follows depends on nothing but the facts."""
        return replace(
            self,
            containers=tuple(sorted(self.containers, key=lambda c: (c.slot, c.name, c.id))),
            jobs=tuple(sorted(self.jobs, key=lambda c: (c.slot, c.name, c.id))),
            networks=dict(sorted(self.networks.items())),
            volumes=dict(sorted(self.volumes.items())),
            images=dict(sorted(self.images.items())),
            proxies=dict(sorted(self.proxies.items())),
            holders=tuple(sorted(self.holders, key=lambda h: (h.kind, h.what, h.who))),
        )

    @property
    def names(self) -> dict[str, str]:
        """Names that containers have, or were given, to their ids; jobs are among them. Who has a
        name now comes before who was given it."""
        there = (*self.containers, *self.jobs)
        return {c.given_name: c.id for c in there} | {c.name: c.id for c in there}

    @property
    def facts(self) -> dict[str, object]:
        """All that a plan may depend on, by what it is about, in words; without what changes all
        the time. Equal facts have equal `repr`s."""
        facts: dict[str, object] = {}
        for role, there in (("", self.containers), (" (jobs)", self.jobs)):
            groups: dict[str, list[tuple[object, ...]]] = {}
            for container in there:
                owner = container.slot.backend or str(container.slot)
                groups.setdefault(f"containers of {owner}{role}", []).append(_fact(container))
            facts |= {about: sorted(group) for about, group in groups.items()}
        facts |= {f"network {n.name}": n.id for n in self.networks.values()}
        facts |= {
            f"volume {v.name}": (v.is_ours, v.driver, v.options) for v in self.volumes.values()
        }
        facts |= {f"image {name}": identity for name, identity in self.images.items()}
        if self.proxies:
            facts["HAProxy"] = sorted((i, *_proxy_facts(p)) for i, p in self.proxies.items())
        for holder in self.holders:
            facts[f"{holder.kind} {holder.what}"] = holder.who
        if self.gaps:
            facts["what cannot be read"] = self.gaps
        return facts

    @property
    def fingerprint(self) -> str:
        """Changes when anything does that a plan may depend on."""
        facts = sorted((about, repr(fact)) for about, fact in self.facts.items())
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _fact(container: ObservedContainer) -> tuple[object, ...]:
    links = sorted(f"{n}@{link.network_id}" for n, link in container.networks.items())
    return (
        container.id,
        container.name,
        container.state,
        container.exit_code,
        container.restart,
        resources_text(container),
        *links,
    )


def _proxy_facts(proxy: ObservedProxy) -> Iterator[str]:
    yield proxy.config or ""
    yield from proxy.files
    yield proxy.running.structure if proxy.running else ""
    yield from map(str, proxy.frontends)
    yield from sorted(
        f"{s.backend}/{s.host} {s.weight} {s.maxconn} {s.takes_traffic}" for s in proxy.serving
    )
