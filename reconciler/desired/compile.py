"""Topology to Desired: every default filled in, and every name made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from reconciler.desired.addresses import first_addresses
from reconciler.desired.containers.env import environment_of, hidden_environment
from reconciler.desired.containers.files import files_of, hidden_files
from reconciler.desired.containers.haproxy import proxy_containers
from reconciler.desired.containers.jobs import compile_jobs
from reconciler.desired.containers.labels import labels_of
from reconciler.desired.containers.seccomp import with_profile
from reconciler.desired.containers.volumes import compile_mount, used_volumes
from reconciler.desired.desired import Desired, DesiredContainer, Slot
from reconciler.desired.names import SERVER_ROLE, container_name, run_volume_name
from reconciler.desired.networks import compile_network
from reconciler.desired.options import options_of
from reconciler.desired.order import Dependency
from reconciler.desired.proxy.listeners import Listeners
from reconciler.desired.proxy.proxy import compile_proxy
from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.desired.resources import compile_resources
from reconciler.desired.rollout import Guard, Rollout
from reconciler.desired.sensitive import sensitive_fields
from reconciler.desired.spec import (
    Attachment,
    ContainerSpec,
    Healthcheck,
    NetworkSpec,
    PublishedPort,
    revision_of,
)
from reconciler.diagnostics.place import Path
from reconciler.topology.model import Backend, Network, Topology
from reconciler.topology.model.network import Join
from reconciler.topology.model.sticky import Sticky
from reconciler.topology.networks import DEFAULT_NETWORK, address_network, needs_fixed_addresses
from reconciler.topology.references import Contents
from reconciler.topology.traffic import source_of


def compile_topology(
    topology: Topology,
    base_directory: str,
    sensitive: Mapping[Path, str] | None = None,
    contents: Contents | None = None,
) -> Desired:
    """The whole wish. `base_directory` is absolute: relative mounts start there.

    `sensitive` are the paths whose values came from outside the file (`Loaded.sensitive`);
    `contents` is what is in the files that it refers to.
    """
    sensitive, contents = sensitive or {}, contents or Contents()
    networks = _networks(topology)
    containers = {
        container.slot: container
        for name, backend in topology.backends.items()
        for container in _replicas(
            topology, name, backend, networks, base_directory, sensitive, contents
        )
    }
    containers = first_addresses(containers, networks)
    jobs = {
        name: compile_jobs(topology, name, containers[Slot(SERVER_ROLE, name, 1)], sensitive)
        for name, backend in topology.backends.items()
        if backend.before and backend.containers
    }
    for slot, container in containers.items():
        done = tuple(job.container.revision for job in jobs.get(slot.backend, ()))
        containers[slot] = replace(container, jobs=done)
    proxy, run_volume = None, ""
    host_ports: tuple[PublishedPort, ...] = ()
    if topology.frontends or topology.stats is not None:
        tls = ProxyFiles(contents)
        listeners = Listeners(topology, tls)
        hidden = frozenset(sensitive)
        proxy = compile_proxy(topology, containers, listeners, hidden, tls)
        containers |= proxy_containers(topology, listeners, networks, sensitive, base_directory)
        run_volume = run_volume_name(topology.name)
        host_ports = tuple(listeners.host_ports)
    used = {attachment.network for c in containers.values() for attachment in c.spec.networks}
    return Desired(
        topology=topology.name,
        containers=containers,
        networks={net.name: net for net in networks.values() if net.name in used},
        volumes=used_volumes(topology, containers.values()),
        run_volume=run_volume,
        proxy=proxy,
        jobs=jobs,
        host_ports=host_ports,
        rollouts={name: _rollout(topology, name) for name in topology.backends},
        depends_on={
            name: tuple(Dependency(d.backend, d.condition) for d in backend.depends_on)
            for name, backend in topology.backends.items()
        },
        lock_images=_lock_images(topology, has_proxy=proxy is not None),
    )


def _lock_images(topology: Topology, *, has_proxy: bool) -> tuple[str, ...]:
    """HAProxy's own has all that a lock takes. Where no HAProxy is wanted nobody has its image, and
    those of the workers come first."""
    own = [] if has_proxy else [b.image for b in topology.backends.values() if b.image]
    return tuple(dict.fromkeys([*own, topology.haproxy.image]))


def _rollout(topology: Topology, name: str) -> Rollout:
    """Percentages become numbers of containers: surge is rounded up, unavailability down."""
    backend = topology.backends[name]
    wish, replicas = backend.rollout, backend.containers
    over = [b for n, b in topology.backends.items() if source_of(topology, n) == name] or [backend]
    stops_first = wish.order == "stop-first"
    allowed = wish.max_unavailable
    if allowed is None:
        allowed = 1 if stops_first else 0
    surge = 0 if stops_first else _amount(wish.max_surge, replicas, math.ceil)
    unavailable = _amount(allowed, replicas, math.floor)
    if surge == 0 and unavailable == 0:  # a part of a few may be nobody
        unavailable = 1
    guard = wish.guard
    return Rollout(
        replicas=replicas,
        surge=surge,
        unavailable=min(unavailable, replicas),
        ready_timeout_s=wish.ready_timeout,
        min_ready_s=wish.min_ready,
        drain_timeout_s=wish.drain_timeout,
        quiet_s=max(_quiet(there.sticky, wish.drain_timeout) for there in over),
        rolls_back=wish.on_failure == "rollback",
        stop_grace_s=backend.stop_grace_period,
        guard=Guard(guard.max_errors, guard.window, guard.min_requests) if guard else None,
        on_unhealthy=backend.on_unhealthy,
    )


def _quiet(sticky: Sticky | None, drain_timeout_s: float) -> float:
    """Clients of a server that they stick to come back to it, though none has a connection now."""
    if sticky is None:
        return 0.0
    return min(sticky.lasts_s or drain_timeout_s, drain_timeout_s)


def _amount(wish: int | str, replicas: int, round_: Callable[[float], int]) -> int:
    if isinstance(wish, int):
        return wish
    return round_(int(wish.removesuffix("%")) * replicas / 100)


def _networks(topology: Topology) -> dict[str, NetworkSpec]:
    """Name in the file to spec; `default` is there even when the file does not define it."""
    defined = {DEFAULT_NETWORK: Network(), **topology.networks}
    return {name: compile_network(topology.name, name, net) for name, net in defined.items()}


def _replicas(
    topology: Topology,
    name: str,
    backend: Backend,
    networks: Mapping[str, NetworkSpec],
    base_directory: str,
    sensitive: Mapping[Path, str],
    contents: Contents,
) -> list[DesiredContainer]:
    if backend.image is None:
        return []
    spec = _server_spec(topology, name, backend, networks, base_directory)
    spec = replace(
        spec,
        env=tuple(environment_of(backend, contents).items()),
        labels=tuple(labels_of(backend, contents).items()),
        files=files_of(topology, backend, contents),
    )
    spec = with_profile(spec, backend, contents)
    if needs_fixed_addresses(topology, name):
        spec = _with_fixed_address(spec, networks, address_network(topology, name))
    fields = sensitive_fields(("backends", name), sensitive)
    fields |= {**hidden_environment(backend, contents), **hidden_files(topology, backend)}
    return [
        DesiredContainer(
            slot=Slot(SERVER_ROLE, name, number),
            name=container_name(topology.name, name, number, revision),
            spec=own,
            revision=revision,
            pull=backend.pull,
            sensitive=fields,
            depends_on=tuple(wanted.backend for wanted in backend.depends_on),
        )
        for number, (own, revision) in enumerate(_each(spec, backend), 1)
    ]


def _each(spec: ContainerSpec, backend: Backend) -> Iterator[tuple[ContainerSpec, str]]:
    """The spec and revision of each replica: they differ where each has a port of the host."""
    is_of_each = any(port.is_of_each for port in backend.ports)
    for number in range(1, backend.containers + 1):
        if number == 1 or is_of_each:
            ports = (
                PublishedPort(port.host_ip, host, target, port.protocol)
                for port in backend.ports
                for host, target in port.pairs(number)
            )
            own = replace(spec, ports=tuple(ports))
            revision = revision_of(own)
        yield own, revision


def _with_fixed_address(
    spec: ContainerSpec, networks: Mapping[str, NetworkSpec], network: str | None
) -> ContainerSpec:
    """The spec with an address that stays, on the network where HAProxy finds it by address."""
    assert network is not None  # a rule of the file sees to it
    name = networks[network].name
    places = (replace(a, is_fixed=a.network == name) for a in spec.networks)
    return replace(spec, networks=tuple(places))


def _server_spec(
    topology: Topology,
    name: str,
    backend: Backend,
    networks: Mapping[str, NetworkSpec],
    base_directory: str,
) -> ContainerSpec:
    """The spec that all containers of a backend share."""
    return ContainerSpec(
        image=backend.image or "",
        command=backend.command,
        entrypoint=backend.entrypoint,
        mounts=tuple(compile_mount(topology, mount, base_directory) for mount in backend.volumes),
        healthcheck=_healthcheck(backend),
        stop_grace_s=backend.stop_grace_period,
        init=backend.init,
        restart=backend.restart,
        **compile_resources(backend),
        networks=tuple(_attachments(name, backend, networks)),
        **options_of(backend),
    )


def _attachments(
    name: str, backend: Backend, networks: Mapping[str, NetworkSpec]
) -> Iterator[Attachment]:
    """Each network once, with all names and addresses that are said for it."""
    found: dict[str, list[Join]] = {}
    for join in backend.joins:
        found.setdefault(join.network, []).append(join)
    for net, joins in found.items():
        aliases = dict.fromkeys((name, *(alias for join in joins for alias in join.aliases)))
        fixed = {key: value for join in joins for key, value in join.fixed.items()}
        if net == backend.networks[0] and backend.mac_address is not None:
            fixed["mac_address"] = backend.mac_address
        yield Attachment(
            networks[net].name,
            tuple(aliases),
            ipv4=fixed.get("ipv4_address", ""),
            ipv6=fixed.get("ipv6_address", ""),
            mac=fixed.get("mac_address", ""),
        )


def _healthcheck(backend: Backend) -> Healthcheck | None:
    check = backend.healthcheck
    if check is None:
        return None
    if check.disable or check.test is None:
        return Healthcheck(test=("NONE",))
    return Healthcheck(
        check.test,
        check.interval,
        check.timeout,
        check.retries,
        check.start_period,
        check.start_interval,
    )
