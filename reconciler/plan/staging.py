"""The configuration between two: new servers beside the old ones, checked and without traffic.

HAProxy's own checks decide when new containers can take over; until then the old ones serve.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.haproxy.model import Backend, Server
from reconciler.haproxy.render import Config, render_config
from reconciler.plan.assign import Assignment
from reconciler.plan.desired import Desired, Slot
from reconciler.plan.names import SERVER_ROLE
from reconciler.plan.observed import ObservedContainer


@dataclass(frozen=True, slots=True)
class Staged:
    config: Config
    servers: tuple[tuple[str, str], ...]
    """The new servers, (backend, server), that must come up before they get traffic."""


def stage_config(desired: Desired, assignment: Assignment) -> Staged | None:
    """None when no backend that serves now gets new servers: nothing is at stake then."""
    if desired.proxy is None:
        return None
    new: list[tuple[str, str]] = []
    backends: list[Backend] = []
    for backend in desired.proxy.backends:
        serving = _serving(backend.name, assignment)
        joining = {s.number: j for s, j in assignment.joining.items() if s.backend == backend.name}
        if not serving or backend.check is None:
            backends.append(backend)
            continue
        port = backend.servers[0].port if backend.servers else 0
        servers = [
            Server(str(Slot(SERVER_ROLE, backend.name, number)), container.given_name, port)
            for number, container in sorted(serving.items())
        ]
        for number, item in sorted(joining.items()):
            name = f"{backend.name}-{number}-next"
            servers.append(Server(name, item.name, port, weight=0))
            new.append((backend.name, name))
        backends.append(replace(backend, servers=tuple(servers)))
    if not new:
        return None
    proxy = replace(desired.proxy, backends=tuple(backends))
    return Staged(render_config(proxy), tuple(new))


def _serving(backend: str, assignment: Assignment) -> dict[int, ObservedContainer]:
    """The containers that have the backend's traffic now, by slot number."""
    there = [kept.have for kept in assignment.kept.values()] + list(assignment.leaving)
    return {
        container.slot.number: container
        for container in there
        if container.slot.backend == backend and container.state == "running"
    }
