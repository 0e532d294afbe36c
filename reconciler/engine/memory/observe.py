"""A world as `Observed`: the same that Docker would show of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import asdict

from reconciler.desired.desired import Scope
from reconciler.desired.names import ANCHOR_ROLE, JOB_ROLE, PROXY_ROLE, SERVER_ROLE
from reconciler.desired.spec import VolumeSpec
from reconciler.engine.memory.parts import Container, LiveServer, Network
from reconciler.engine.memory.world import World
from reconciler.haproxy.control.replies import ServerState, WorkerInfo
from reconciler.haproxy.paths import IDLE_HOSTS
from reconciler.haproxy.slots import is_slot
from reconciler.plan.observed import (
    Holder,
    Observed,
    ObservedContainer,
    ObservedNetwork,
    ObservedNetworkLink,
    ObservedProxy,
    ObservedVolume,
)

HAPROXY_VERSION = "3.0.0"
_IDENTITY = re.compile(r"^    description topology=(\S+) config=(\S+) text=(\S+)$", re.MULTILINE)


def observe(world: World, scope: Scope) -> Observed:
    ours = [c for c in world.containers.values() if is_of(c, scope.topology)]
    proxies = [c for c in ours if c.slot.role == PROXY_ROLE and scope.reads_proxy]
    running = {c.given_name for c in ours if c.state == "running"}
    may_collide = not set(scope.names) <= running
    return Observed(
        containers=tuple(_observed(world, c) for c in ours if c.slot.role != JOB_ROLE),
        jobs=tuple(_observed(world, c) for c in ours if c.slot.role == JOB_ROLE),
        networks={
            net.name: ObservedNetwork(
                net.id,
                net.name,
                net.revision if net.owner == scope.topology else None,
                _taken(world, net) if net.name in scope.addressed else frozenset(),
            )
            for net in world.networks.values()
            if net.owner == scope.topology or net.name in scope.networks
        },
        volumes=dict(_volumes(world, scope)),
        images={ref: world.images[ref].id for ref in scope.images if ref in world.images},
        proxies={c.id: observed_proxy(world, c) for c in proxies if c.is_readable},
        holders=tuple(_holders(world, scope)) if may_collide else (),
        gaps=tuple(
            f"HAProxy in {c.id[:12]} could not be read" for c in proxies if not c.is_readable
        ),
    )


def list_topologies(world: World) -> list[str]:
    owners = {
        *(container.owner for container in world.containers.values()),
        *(network.owner for network in world.networks.values()),
        *world.volumes.values(),
    }
    return sorted(owners - {""})


def _volumes(world: World, scope: Scope) -> Iterator[tuple[str, ObservedVolume]]:
    for name, owner in world.volumes.items():
        if owner == scope.topology or name in scope.volumes:
            spec = world.volume_specs.get(name, VolumeSpec(name))
            is_ours = owner == scope.topology
            yield name, ObservedVolume(name, is_ours, spec.driver, spec.options)


def is_of(container: Container, topology: str) -> bool:
    """Whether a container is a topology's own, by its labels."""
    roles = {PROXY_ROLE, ANCHOR_ROLE, SERVER_ROLE, JOB_ROLE}
    return container.owner == topology and container.slot.role in roles


def _observed(world: World, container: Container) -> ObservedContainer:
    return ObservedContainer(
        id=container.id,
        name=container.name,
        slot=container.slot,
        revision=container.revision,
        given_name=container.given_name,
        described=container.described,
        image_id=container.image.id,
        state=container.state,
        health=container.health,
        exit_code=container.exit_code,
        started_at=container.started_at,
        restarts=container.restarts,
        up_s=container.up_s,
        stop_grace_s=container.stop_grace_s,
        restart=container.restart,
        **asdict(container.limits),
        networks={
            name: ObservedNetworkLink(
                link.network_id,
                _address(world, container, link.network_id),
                link.aliases,
                link.fixed,
            )
            for name, link in container.links.items()
        },
        ports=tuple(port for port in container.ports if port.host_port),
        depends_on=container.depends_on,
        jobs=container.jobs,
        network_mode=container.network_mode,
    )


def _taken(world: World, network: Network) -> frozenset[str]:
    return frozenset(member.address_on(network) for member in world.members(network))


def _address(world: World, container: Container, network_id: str) -> str:
    network = world.network_by_id(network_id)
    return container.address_on(network) if network and container.is_active else ""


def _holders(world: World, scope: Scope) -> Iterator[Holder]:
    for container in world.containers.values():
        if is_of(container, scope.topology):
            continue
        who = f"container {container.name}"
        who += f" of topology `{container.owner}`" if container.owner else ""
        if container.name in scope.names:
            yield Holder("name", container.name, who)
        for port in scope.ports:
            if container.is_active and any(port.overlaps(own) for own in container.ports):
                yield Holder("port", str(port), who)


# -- HAProxy --------------------------------------------------------------------------------


def observed_proxy(world: World, container: Container) -> ObservedProxy:
    """A proxy that is stopped or paused shows its configuration only."""
    if container.state != "running" or container.worker is None:
        return ObservedProxy(config=container.config, files=tuple(sorted(container.files)))
    described = _IDENTITY.search(container.worker)
    return ObservedProxy(
        config=container.config,
        files=tuple(sorted(container.files)),
        running=WorkerInfo(
            version=HAPROXY_VERSION,
            uptime_s=0,
            pid=container.number,
            topology=described[1] if described else "",
            structure=described[2] if described else "",
            digest=described[3] if described else "",
        ),
        servers=server_states(world, container),
        old_workers=len(container.old_workers),
    )


def server_states(world: World, proxy: Container) -> tuple[ServerState, ...]:
    """The servers of a proxy's worker as it sees them."""
    return tuple(_server_state(world, proxy, server) for server in proxy.servers)


def _server_state(world: World, proxy: Container, server: LiveServer) -> ServerState:
    if not is_slot(server.backend, server.name):
        return _outside_state(world, server)
    found = None if server.host in IDLE_HOSTS else resolve(world, proxy, server.host)
    status, check = "MAINT", ""
    if found is not None and not server.is_disabled:
        status, check = _health(found[0], server)
    return ServerState(
        backend=server.backend,
        name=server.name,
        status=status,
        address=f"{found[0].address_on(found[1])}:{server.port}" if found else "",
        weight=server.weight,
        sessions=0,
        check=check,
        changed_s=0,
        host=server.host,
        is_disabled=server.is_disabled,
        is_drained=server.is_drained,
        maxconn=server.maxconn,
    )


def _outside_state(world: World, server: LiveServer) -> ServerState:
    """The state of a server that is no container: it answers, unless the world says otherwise."""
    status, check = "MAINT", ""
    if not server.is_disabled:
        status, check = _told(server, answers=server.host not in world.silent)
    return ServerState(
        server.backend,
        server.name,
        status,
        f"{server.host}:{server.port}",
        server.weight,
        0,
        check,
        0,
        server.host,
        is_disabled=server.is_disabled,
        is_drained=server.is_drained,
        maxconn=server.maxconn,
    )


def _health(container: Container, server: LiveServer) -> tuple[str, str]:
    answers = container.state == "running" and container.image.serves
    return _told(server, answers=answers and not container.is_sick)


def _told(server: LiveServer, *, answers: bool) -> tuple[str, str]:
    """The status of a server, and its last check."""
    passed = "L7OK/200 in 0 ms" if server.checks_http else "L4OK in 0 ms"
    if server.is_checked and not answers:
        return "DOWN", "L4CON in 0 ms"
    if server.is_drained:
        return "DRAIN", passed if server.is_checked else ""
    return ("UP", passed) if server.is_checked else ("no check", "")


def resolve(world: World, asker: Container, host: str) -> tuple[Container, Network] | None:
    """What a host means to a container: Docker's DNS knows names and aliases on its networks, and
    who is on the host's network reaches all addresses there are."""
    ground = world.ground_of(asker)
    for network in world.networks.values():
        members = list(world.members(network))
        if ground not in members and asker.network_mode != "host":
            continue
        for container in members:
            if host == container.address_on(network):
                return container, network
            known = {container.name, *container.links[network.name].aliases}
            if asker.network_mode != "host" and host in known:
                return container, network
    return None
