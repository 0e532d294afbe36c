"""What is wanted: containers by slot, networks, volumes, and the proxy with its configuration."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from reconciler.desired.names import ANCHOR_ROLE, JOB_ROLE, PROXY_ROLE, SERVER_ROLE
from reconciler.desired.order import Dependency
from reconciler.desired.rollout import Rollout
from reconciler.desired.spec import ContainerSpec, NetworkSpec, PublishedPort, VolumeSpec
from reconciler.haproxy.config import Config
from reconciler.haproxy.model import Proxy
from reconciler.haproxy.render.proxy import render_config


class Slot(Struct, frozen=True, order=True):
    """A place for one container: replica `number` of a backend, or HAProxy or its anchor (0)."""

    role: str
    backend: str = ""
    number: int = 0

    def __str__(self) -> str:
        if self.role == SERVER_ROLE:
            return f"{self.backend}-{self.number}"
        if self.role == JOB_ROLE:
            return f"{self.backend}-job-{self.number}"
        return "haproxy-anchor" if self.role == ANCHOR_ROLE else "haproxy"


PROXY_SLOT = Slot(PROXY_ROLE)
ANCHOR_SLOT = Slot(ANCHOR_ROLE)


class DesiredContainer(Struct, frozen=True):
    slot: Slot
    name: str
    spec: ContainerSpec
    revision: str
    pull: str = "missing"
    sensitive: Mapping[str, str] = field(default_factory=dict)
    """Fields whose values came from outside the file, and how they were written there."""
    depends_on: tuple[str, ...] = ()
    """Backends that it needs: noted in a label, to be removed after it. No part of its revision."""
    jobs: tuple[str, ...] = ()
    """Revisions of the jobs that come before it: noted in a label. No part of its revision."""
    any_image: bool = False
    """Whether it stays with the image it was made from, whatever the wanted one is by now."""

    @property
    def host(self) -> str:
        """The host by which HAProxy reaches it: its fixed address, or its name."""
        return next((a.address for a in self.spec.networks if a.address), self.name)


class DesiredJob(Struct, frozen=True):
    """A job that must succeed before a backend's containers are made."""

    container: DesiredContainer
    title: str
    """The job's name in the file."""
    timeout_s: float
    server_image: str
    """The image of the backend's containers."""


class Desired(Struct, frozen=True):
    """`proxy` is None when the topology takes no traffic; then there is no HAProxy container."""

    topology: str
    containers: Mapping[Slot, DesiredContainer] = field(default_factory=dict)
    networks: Mapping[str, NetworkSpec] = field(default_factory=dict)
    volumes: Mapping[str, VolumeSpec] = field(default_factory=dict)
    """The user's, by Docker name; they are kept when nobody wants them any more, unless told
    otherwise."""
    run_volume: str = ""
    """HAProxy's own, in memory, for its sockets: it goes with HAProxy."""
    proxy: Proxy | None = None
    rollouts: Mapping[str, Rollout] = field(default_factory=dict)
    """How containers are replaced, by backend: all that the file has, in its order."""
    depends_on: Mapping[str, tuple[Dependency, ...]] = field(default_factory=dict)
    """The backends that each backend's containers wait for before they start."""
    jobs: Mapping[str, tuple[DesiredJob, ...]] = field(default_factory=dict)
    """The jobs of each backend, in the order in which they run."""
    host_ports: tuple[PublishedPort, ...] = ()
    """Ports of the host that HAProxy takes itself, unpublished, on the host's network."""
    lock_images: tuple[str, ...] = ()
    """Images to hold the topology's lock with; the first that is here and has what that takes."""
    is_kept: bool = False
    """Whether this is a fallback, what the file said before: whatever else a failed change has made
    is left alone then."""

    def emptied(self) -> Desired:
        """The same topology with nothing in it, as a destroy wants it."""
        return Desired(self.topology, lock_images=self.lock_images)

    def config(self, names: Mapping[Slot, str] | None = None) -> Config | None:
        """The configuration of HAProxy; `names` are containers that it reaches by another one."""
        proxy = self.proxy_with(names or {})
        return None if proxy is None else render_config(proxy)

    def proxy_with(self, names: Mapping[Slot, str]) -> Proxy | None:
        """HAProxy's model, with the hosts by which it reaches containers."""
        if self.proxy is None:
            return None
        wanted = self.containers
        return self.proxy.with_addresses({wanted[slot].host: name for slot, name in names.items()})

    def scope(self) -> Scope:
        """What an engine must look at to tell how far reality is from this."""
        jobs = [job.container for of_one in self.jobs.values() for job in of_one]
        containers = [*self.containers.values(), *jobs]
        specs = [container.spec for container in containers]
        return Scope(
            topology=self.topology,
            images=tuple(sorted({spec.image for spec in specs} | {*self.lock_images})),
            networks=tuple(sorted(self.networks)),
            volumes=tuple(sorted(self.volumes)),
            names=tuple(sorted(container.name for container in containers)),
            ports=(*(port for spec in specs for port in spec.host_ports), *self.host_ports),
            host_paths=tuple(sorted({path for spec in specs for path in spec.host_paths})),
            addressed=frozenset(
                {net.name for net in self.networks.values() if net.subnet}
                | {place.network for spec in specs for place in spec.networks if place.ipv4}
            ),
            reads_proxy=self.proxy is not None,
        )


class Scope(Struct, frozen=True):
    """The part of an engine's world that one topology is about."""

    topology: str
    images: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    host_paths: tuple[str, ...] = ()
    """Mounted paths of the engine's machine that must be there."""
    addressed: frozenset[str] = frozenset()
    """The networks on which it matters which addresses are taken."""
    reads_proxy: bool = True
    """False when HAProxy leaves whatever it runs: one that cannot be read can then be removed."""
