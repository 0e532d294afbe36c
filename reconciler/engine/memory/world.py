"""What an engine in memory has: containers, networks, volumes, images. Docker's part of the play.

Its methods are what a person does by hand, and obey Docker's rules: a stopped container keeps its
place on a network that is gone, a port belongs to whoever runs with it. They raise EngineError.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from reconciler.desired.names import JOB_ROLE, PROXY_ROLE
from reconciler.desired.spec import OF_A_CONTAINER, Attachment, PublishedPort, VolumeSpec
from reconciler.engine.errors import EngineError, address_taken, port_taken, pull_failed
from reconciler.engine.memory.commands import obey
from reconciler.engine.memory.parts import (
    COULD_NOT_START,
    Container,
    Image,
    Link,
    Network,
    find_alerts,
    identity_of,
    loaded_servers,
    refused,
)
from reconciler.engine.protocol import Wake, Wakeup


class World:
    """Several engines may share one, as several topologies share a Docker engine."""

    def __init__(self) -> None:
        self.containers: dict[str, Container] = {}
        """All containers, by id."""
        self.networks: dict[str, Network] = {}
        """All networks, by name."""
        self.volumes: dict[str, str] = {}
        """The owner of each volume, by the volume's name."""
        self.volume_specs: dict[str, VolumeSpec] = {}
        """The specs of volumes that an engine has made, by name."""
        self.images: dict[str, Image] = {}
        """Reference to the image it names here."""
        self.registry: dict[str, Image] = {}
        """What pulls bring. A reference that is not in it brings an image of its own."""
        self.unavailable: set[str] = set()
        """References that cannot be pulled."""
        self.silent: set[str] = set()
        """Hosts outside that answer nobody."""
        self.locks: dict[str, str] = {}
        """Topology to holder."""
        self.alerts: Callable[[str], Sequence[tuple[int | None, str]]] = find_alerts
        """What HAProxy has against a configuration: (line, message)."""
        self.listeners: list[Wake] = []
        """Told of what happens here, as Docker's events tell of it."""
        self.is_away = False
        """Nobody answers, and nobody is told: the engine restarts."""
        self.mutex = threading.RLock()  # engines are asked from several threads
        self._made: Counter[tuple[str, str]] = Counter()
        self._ticks = 0

    # -- looking ----------------------------------------------------------------------------

    def find(self, reference: str) -> Container | None:
        """The container of this id or name."""
        found = self.containers.get(reference)
        return found or next((c for c in self.containers.values() if c.name == reference), None)

    def get(self, reference: str) -> Container:
        found = self.find(reference)
        if found is None:
            raise refused(f"no such container: {reference}")
        return found

    def has_image(self, reference: str) -> bool:
        """Whether an image is there, by reference or id. What a container uses stays, also when
        nothing names it any more."""
        used = [*self.images.values(), *(c.image for c in self.containers.values())]
        return reference in self.images or any(image.id == reference for image in used)

    def network_by_id(self, network_id: str) -> Network | None:
        return next((n for n in self.networks.values() if n.id == network_id), None)

    def members(self, network: Network) -> Iterator[Container]:
        """The containers that use a network now; one that is stopped does not."""
        for container in self.containers.values():
            link = container.links.get(network.name)
            if container.is_active and link is not None and link.network_id == network.id:
                yield container

    def ground_of(self, container: Container) -> Container | None:
        """Whose networks a container has; None when it was started in a network that has ended."""
        if not container.network_mode.startswith(OF_A_CONTAINER):
            return container
        ground = self.containers.get(container.network_mode.removeprefix(OF_A_CONTAINER))
        is_there = ground and ground.is_active and ground.started_at <= container.started_at
        return ground if is_there else None

    # -- the engine itself ------------------------------------------------------------------

    def answer(self) -> None:
        """Raises EngineError while the engine is away."""
        if self.is_away:
            raise EngineError("engine-lost", "the connection to the engine broke")

    def leave(self) -> None:
        """The engine stops: its containers go on, and locks end."""
        self.is_away = True
        self.locks.clear()

    def come_back(self) -> None:
        self.is_away = False
        self.tell("", "the engine is back")

    def tell(self, topology: str, cause: str) -> None:
        """Wake all who listen."""
        if not self.is_away:
            for wake in list(self.listeners):
                wake(Wakeup(topology, cause))

    def _tell_of(self, container: Container, what: str) -> None:
        if container.owner:
            self.tell(container.owner, f"container {container.name} {what}")

    # -- containers by hand -----------------------------------------------------------------

    def run(
        self, name: str, *, ports: Sequence[PublishedPort] = (), networks: Sequence[str] = ()
    ) -> Container:
        """A container of somebody else."""
        container = self.add(name, Image(self.new_id("image", name)))
        container.ports = tuple(ports)
        for network in networks:
            self.connect(name, Attachment(network))
        self.start(name)
        return container

    def add(self, name: str, image: Image) -> Container:
        """A container that is only created. A name can be had once."""
        with self.mutex:
            if self.find(name) is not None:
                raise refused(f"the container name {name} is already in use")
            identity = self.new_id("container", name)
            container = Container(identity, name, self._tick(), image, given_name=name)
            self.containers[identity] = container
            return container

    def start(self, reference: str) -> None:
        with self.mutex:
            container = self.get(reference)
            if container.state == "running":
                return
            if container.state == "paused":
                raise refused("cannot start a paused container, try unpause instead")
            self._need_ground(container)
            joined = self._networks_to_join(container)
            for name, network in joined.items():
                self._take_address(container, network, container.links[name].fixed)
            self._take_ports(container)
            for name, network in joined.items():
                container.links[name].network_id = network.id
            self._begin(container)
            self._tell_of(container, "started")
            if not container.is_active:
                self._tell_of(container, f"died (exit {container.exit_code})")

    def _begin(self, container: Container) -> None:
        """The process starts, and may end at once."""
        container.state, container.exit_code = "running", 0
        container.restarts, container.up_s = 0, None
        if container.image.exit_code is not None:
            container.state, container.exit_code = "exited", container.image.exit_code
        elif container.slot.role == JOB_ROLE and container.image.job_exit_code is not None:
            container.state, container.exit_code = "exited", container.image.job_exit_code
        elif container.slot.role == PROXY_ROLE:
            if container.config is None or self.alerts(container.config):
                container.state, container.exit_code = "exited", 1
            else:
                _load(container)

    def _need_ground(self, container: Container) -> None:
        container.started_at = float(self._tick())
        if self.ground_of(container) is None:
            container.exit_code = COULD_NOT_START
            raise refused("cannot join network of a non running container")

    def _networks_to_join(self, container: Container) -> dict[str, Network]:
        found: dict[str, Network] = {}
        for name, link in container.links.items():
            known = self.network_by_id(link.network_id) if link.network_id else None
            network = known if link.network_id else self.networks.get(name)
            if network is None:
                container.exit_code = COULD_NOT_START
                raise refused(f"network {link.network_id or name} not found")
            found[name] = network
        return found

    def _take_address(self, container: Container, network: Network, fixed: str) -> None:
        for other in self.members(network):
            if fixed and other is not container and other.address_on(network) == fixed:
                container.exit_code = COULD_NOT_START
                raise address_taken([f"{other.name} has it"])

    def _take_ports(self, container: Container) -> None:
        for other in self.containers.values():
            if other is container or not other.is_active:
                continue
            if any(one.overlaps(two) for one in container.ports for two in other.ports):
                container.exit_code = COULD_NOT_START
                raise port_taken([f"{other.name} has it"])

    def stop(self, reference: str, exit_code: int = 0) -> None:
        """As `docker stop`, or as a process that ends with this code."""
        with self.mutex:
            container = self.get(reference)
            was_active = container.is_active
            if was_active:
                container.state, container.exit_code = "exited", exit_code
            container.worker = None
            container.old_workers.clear()
            if was_active:
                self._tell_of(container, f"died (exit {exit_code})")

    def kill(self, reference: str) -> None:
        self.stop(reference, exit_code=137)

    def crash(self, reference: str) -> None:
        """The process ends by itself; Docker starts it anew where its restart policy says so."""
        with self.mutex:
            container = self.get(reference)
            count = container.restarts + 1
            self.stop(reference, exit_code=1)
            if container.restart != "no":
                self.start(reference)
                container.restarts, container.up_s = count, 0.0

    def turn(self, reference: str, *, healthy: bool) -> None:
        """Docker's health check of a container comes to another verdict."""
        with self.mutex:
            container = self.get(reference)
            container.is_unhealthy = not healthy
            self._tell_of(container, "is healthy again" if healthy else "is unhealthy")

    def pause(self, reference: str) -> None:
        with self.mutex:
            container = self.get(reference)
            if container.state != "running":
                raise refused(f"container {container.name} is not running")
            container.state = "paused"
            self._tell_of(container, "was paused")

    def unpause(self, reference: str) -> None:
        with self.mutex:
            container = self.get(reference)
            if container.state != "paused":
                raise refused(f"container {container.name} is not paused")
            container.state = "running"
            self._tell_of(container, "was unpaused")

    def remove(self, reference: str) -> None:
        with self.mutex:
            container = self.get(reference)
            del self.containers[container.id]
            self._tell_of(container, "was removed")

    def rename(self, reference: str, name: str) -> None:
        with self.mutex:
            container = self.get(reference)
            if self.find(name) is not None:
                raise refused(f"the container name {name} is already in use")
            container.name = name
            self._tell_of(container, "was renamed")

    def set_limits(
        self, reference: str, *, restart: str | None = None, **limits: float | None
    ) -> None:
        """Limits change as with `docker update`, by the names of `ResourceLimits`. None leaves what
        is there, and a limit is never taken away."""
        with self.mutex:
            container = self.get(reference)
            given: dict[str, Any] = {name: value for name, value in limits.items() if value}
            container.limits = replace(container.limits, **given)
            container.restart = restart or container.restart
            self._tell_of(container, "got other limits")

    def connect(self, reference: str, attachment: Attachment) -> None:
        with self.mutex:
            container = self.get(reference)
            name, network_id = attachment.network, ""
            if container.is_active:  # of one that does not run, Docker only notes the name
                if name not in self.networks:
                    raise refused(f"network {name} not found")
                if name in container.links:
                    raise refused(f"{container.name} already exists in network {name}")
                network_id = self.networks[name].id
                self._take_address(container, self.networks[name], attachment.told_ipv4)
            aliases = frozenset({*attachment.aliases, container.id[:12]})
            container.links[name] = Link(aliases, network_id, attachment.told_ipv4)
            self._tell_of(container, f"joined network {name}")

    def disconnect(self, reference: str, network: str) -> None:
        """`network` is a name or an id."""
        with self.mutex:
            container = self.get(reference)
            for name, link in container.links.items():
                if network in {name, link.network_id}:
                    del container.links[name]
                    self._tell_of(container, f"left network {name}")
                    return
            raise refused(f"container {container.name} is not connected to network {network}")

    # -- HAProxy by hand --------------------------------------------------------------------

    def edit_config(self, reference: str, text: str | None) -> None:
        """Another haproxy.cfg in the container; what runs stays until somebody reloads."""
        with self.mutex:
            self.get(reference).config = text

    def reload(self, reference: str) -> None:
        """A worker with the written configuration takes over; the old one finishes."""
        with self.mutex:
            container = self.get(reference)
            if container.state != "running" or container.config is None:
                raise refused(f"container {container.name} is not running")
            if container.worker is not None:
                container.old_workers.append(container.worker)
            _load(container)
            self._tell_of(container, "was reloaded")

    def command(self, reference: str, line: str) -> None:
        """A command to HAProxy's runtime API, as `commands_for` makes them."""
        with self.mutex:
            container = self.get(reference)
            obey(container.servers, line)
            self._tell_of(container, "has other servers")

    # -- networks, volumes, images by hand --------------------------------------------------

    def add_network(self, name: str, owner: str = "", revision: str = "") -> Network:
        with self.mutex:
            if name in self.networks:
                raise refused(f"network with name {name} already exists")
            identity = self.new_id("network", name)
            self.networks[name] = Network(identity, name, self._tick(), owner, revision)
            return self.networks[name]

    def remove_network(self, reference: str) -> None:
        """The network goes, named by its name or id. Only containers that run keep it."""
        with self.mutex:
            network = self.networks.get(reference) or self.network_by_id(reference)
            if network is None:
                raise refused(f"network {reference} not found")
            if any(True for _ in self.members(network)):
                raise refused(f"network {network.name} has active endpoints")
            del self.networks[network.name]
            if network.owner:
                self.tell(network.owner, f"network {network.name} was removed")

    def remove_volume(self, name: str) -> None:
        with self.mutex:
            if name not in self.volumes:
                raise refused(f"no such volume: {name}")
            if any(name in c.volumes for c in self.containers.values()):
                raise refused(f"volume {name} is in use")
            del self.volumes[name]
            self.volume_specs.pop(name, None)

    def pull(self, reference: str) -> None:
        with self.mutex:
            if reference in self.unavailable:
                raise pull_failed(reference, "not found")
            own = self.images.get(reference) or Image(identity_of("image", reference, 0))
            self.images[reference] = self.registry.get(reference, own)

    def move_tag(self, reference: str, image: Image | None = None) -> Image:
        """Let a reference name another image, as a build or a pull does."""
        with self.mutex:
            self.images[reference] = image or Image(self.new_id("image", reference))
            return self.images[reference]

    # -- identities -------------------------------------------------------------------------

    def new_id(self, kind: str, name: str) -> str:
        """Never the same twice, and the same again in a world with the same history."""
        with self.mutex:
            self._made[kind, name] += 1
            return identity_of(kind, name, self._made[kind, name])

    def _tick(self) -> int:
        self._ticks += 1
        return self._ticks


def _load(container: Container) -> None:
    """A worker begins, with the servers that the written configuration has."""
    container.worker = container.config
    container.loaded_files = dict(container.files)
    container.servers = loaded_servers(container.config or "")
