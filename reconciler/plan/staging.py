"""The configuration between two: what runs now, and beside it the new servers, to be checked.

New servers stand in backends of their own that no frontend uses, with the checks they will have.
HAProxy decides when they can take over; until then everything is as it was, old checks included.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from reconciler.haproxy.model import PROBE_SUFFIX, Backend, Server
from reconciler.haproxy.render import Config, add_backends, render_backend
from reconciler.haproxy.servers import read_servers
from reconciler.plan.assign import Assignment
from reconciler.plan.desired import Desired, Slot
from reconciler.plan.names import SERVER_ROLE
from reconciler.plan.spec import ContainerSpec


@dataclass(frozen=True, slots=True)
class Staged:
    config: Config
    servers: tuple[tuple[str, str], ...]
    """The new servers, (backend, server), that must come up before they get traffic."""
    containers: tuple[str, ...]
    """The names of the containers behind them, in the same order."""


def stage_config(
    desired: Desired, assignment: Assignment, written: str | None, reachable: Collection[str]
) -> Staged | None:
    """None when no backend that serves now gets new servers: nothing is at stake then.

    What serves now is read from the configuration that is `written`, so that containers which an
    earlier run made, and never got as far as rotation, are new here too; and so is one that stays
    and shall be asked something else, or on another port. `reachable` are the networks that
    HAProxy is on.
    """
    if desired.proxy is None or written is None:
        return None
    known = read_servers(written)
    rotation = {(server.backend, server.host) for server in known}
    proven = {server.place for server in known}
    probes = [
        probe
        for backend in desired.proxy.backends
        if _serves(backend.name, assignment, rotation)
        and (probe := _probe(backend, desired, assignment, proven, reachable))
    ]
    config = add_backends(written, tuple(probes)) if probes else None
    if config is None:
        return None
    return Staged(
        config,
        tuple((probe.name, server.name) for probe in probes for server in probe.servers),
        tuple(
            assignment.names[_slot_of(probe.name.removesuffix(PROBE_SUFFIX), server)]
            for probe in probes
            for server in probe.servers
        ),
    )


def _serves(backend: str, assignment: Assignment, rotation: set[tuple[str, str]]) -> bool:
    """Whether a container that runs has the backend's traffic now."""
    there = [kept.have for kept in assignment.kept.values()] + list(assignment.leaving)
    return any(
        c.state == "running" and (backend, host) in rotation for c in there for host in c.hosts
    )


def _probe(
    backend: Backend,
    desired: Desired,
    assignment: Assignment,
    proven: Collection[tuple[object, ...]],
    reachable: Collection[str],
) -> Backend | None:
    """A backend's new servers under a name that no file can give, if HAProxy can check them."""
    if backend.check is None:
        return None
    hosts = assignment.hosts
    servers = tuple(
        replace(server, address=hosts[slot])
        for server in backend.servers
        if (slot := _slot_of(backend.name, server)) in hosts
        and _networks_to(desired.containers[slot].spec) & set(reachable)
    )
    written = read_servers(render_backend(replace(backend, servers=servers)))
    fresh = tuple(
        server for server, it in zip(servers, written, strict=True) if it.place not in proven
    )
    return replace(backend, name=backend.name + PROBE_SUFFIX, servers=fresh) if fresh else None


def _networks_to(spec: ContainerSpec) -> set[str]:
    """By which HAProxy reaches a container: just the one of its fixed address, if it has one."""
    fixed = {a.network for a in spec.networks if a.is_fixed}
    return fixed or {a.network for a in spec.networks}


def _slot_of(backend: str, server: Server) -> Slot:
    return Slot(SERVER_ROLE, backend, int(server.name.rpartition("-")[2]))
