"""The configuration between two: what runs now, and beside it the new servers, to be checked.

New servers stand in backends of their own that no frontend uses, with the checks they will have.
HAProxy decides when they can take over; until then everything is as it was, old checks included.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from reconciler.desired.desired import Desired
from reconciler.haproxy.config import Config, read_config, sections_of
from reconciler.haproxy.control.rewrite import add_backends
from reconciler.haproxy.control.servers import read_servers
from reconciler.haproxy.model import Backend, Proxy
from reconciler.haproxy.render.backend import render_backend
from reconciler.haproxy.slots import PROBE_SUFFIX, is_slot
from reconciler.plan.decide.rotation import networks_to, slot_of
from reconciler.plan.decide.slots import Assignment


@dataclass(frozen=True, slots=True)
class Staged:
    config: Config
    servers: tuple[tuple[str, str], ...]
    """The new servers, (backend, host), that must come up before they get traffic."""
    containers: tuple[str, ...]
    """The names of the containers behind them, in the same order."""


def stage_config(
    desired: Desired,
    wanted: Config,
    assignment: Assignment,
    written: str | None,
    reachable: Collection[str],
) -> Staged | None:
    """The configuration that runs with new servers beside it. None when no traffic that is served
    now goes to new servers: nothing is at stake then.

    What serves now is read from the configuration that is `written`, so that containers which an
    earlier run made, and never got as far as rotation, are new here too; and so is one that stays
    and shall be asked something else, or on another port. `reachable` are the networks that
    HAProxy is on.
    """
    if desired.proxy is None or written is None:
        return None
    config = read_config(written)
    if config is None:
        return None
    known = read_servers(written)
    rotation = {(server.backend, server.host) for server in known}
    proven = {server.place for server in known}
    at_stake = {s.backend for s in known if not is_slot(s.backend, s.name)}
    at_stake |= _behind_open_ports(desired.proxy, wanted, config)
    probes = [
        probe
        for backend in desired.proxy.backends
        if (backend.name in at_stake or _serves(backend.name, assignment, rotation))
        and (probe := _probe(backend, desired, assignment, proven, reachable))
    ]
    if not probes:
        return None
    return Staged(
        add_backends(config, tuple(probes)),
        tuple((probe.name, server.address) for probe in probes for server in probe.servers),
        tuple(
            assignment.name_of(slot_of(probe.source, server.name))
            for probe in probes
            for server in probe.servers
        ),
    )


def _behind_open_ports(proxy: Proxy, wanted: Config, written: Config) -> set[str]:
    """The backends that will get traffic which goes elsewhere now, perhaps: by whatever name, a
    frontend takes it over with the port."""
    open_now = set().union(*_binds(written).values())
    binds = _binds(wanted)
    return {
        name
        for frontend in proxy.frontends
        if not open_now.isdisjoint(binds.get(proxy.section_of(frontend.name), ()))
        for name in frontend.sends_to
    }


def _binds(config: Config) -> dict[str, set[str]]:
    """The places where each frontend listens, as they stand in the configuration."""
    return {
        heading.split()[1]: {line.split()[1] for line in lines if line.split()[:1] == ["bind"]}
        for heading, lines in sections_of(line.text for line in config.lines)
        if heading.startswith("frontend ")
    }


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
        if (slot := slot_of(backend.source, server.name)) in hosts
        and networks_to(desired.containers[slot].spec) & set(reachable)
    )
    probe = replace(
        backend,
        name=backend.name + PROBE_SUFFIX,
        outside=(),
        sticky=None,
        settings=replace(backend.settings, agent=None),  # which may not answer before it serves
        errors=(),
        compression=None,
        cache=None,
    )
    written = read_servers(render_backend(replace(backend, servers=servers, outside=())))
    fresh = tuple(
        server for server, it in zip(servers, written, strict=False) if it.place not in proven
    )
    return replace(probe, servers=fresh) if fresh else None
