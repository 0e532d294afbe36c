"""A HAProxy whose haproxy.cfg does not say what it runs: edited, emptied, gone, or not to be read.

What it runs is known all the same, where it says so itself: the digest of what it loaded, servers
aside, and the servers it has. Then that is written and loaded again before anything else. Where it
is not known, unknown is not empty: nobody gets traffic whom HAProxy has not checked, and whom to
check beside whom cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.desired.desired import Slot
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.haproxy.config import Config
from reconciler.haproxy.control.rewrite import put_servers
from reconciler.haproxy.model import Proxy
from reconciler.haproxy.render.proxy import server_lines
from reconciler.haproxy.slots import is_slot
from reconciler.plan.decide.namespace import running_proxy
from reconciler.plan.decide.rotation import slot_of, with_hosts
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.observed import Observed, ObservedContainer, ObservedProxy


@dataclass(frozen=True, slots=True)
class Repair:
    proxy: str
    """The id of the HAProxy."""
    config: Config
    """What it runs: what is wanted, with the servers that it has."""


def plan_repair(
    observed: Observed, assignment: Assignment, proxy: Proxy | None, config: Config | None
) -> tuple[Repair | None, tuple[Diagnostic, ...]]:
    """The repair that comes first, and the problems that allow of none. Neither where nothing is at
    stake. Gaps elsewhere change nothing: what this HAProxy runs is known in spite of them."""
    have = running_proxy(observed, assignment)
    if have is None or proxy is None or config is None:
        return None, ()
    seen = observed.proxies.get(have.id)
    if seen is None:
        is_at_stake = any(_new_here(assignment, proxy))
        return None, (_unread(have, observed),) if is_at_stake else ()
    is_lost = seen.written_digest is None
    if not is_lost or seen.running is None or not any(_unproven(assignment, proxy, seen)):
        return None, ()
    if seen.running.structure != config.structure:
        return None, (_unlike(have),)
    return Repair(have.id, _with_servers(config, proxy, seen)), ()


def _unread(have: ObservedContainer, observed: Observed) -> Diagnostic:
    return Diagnostic(
        "haproxy-unknown",
        f"{have.name} runs and could not be read, and new containers would get traffic "
        "that nobody has checked beside those that serve",
        f"apply again when it can be read: {'; '.join(observed.gaps)}",
    )


def _unlike(have: ObservedContainer) -> Diagnostic:
    return Diagnostic(
        "haproxy-unknown",
        f"haproxy.cfg of {have.name} was edited or is gone, and what it runs is not what this "
        "file says: new containers cannot be checked beside those that serve",
        "apply the file as it was before, which writes haproxy.cfg anew, and then this one",
    )


def _unproven(assignment: Assignment, proxy: Proxy, seen: ObservedProxy) -> Iterator[str]:
    """The hosts of wanted servers that get no traffic yet."""
    serving = {(server.backend, server.host) for server in seen.serving if server.takes_traffic}
    if not serving:
        return  # nobody is served, so that nobody can lose anything
    hosts = assignment.hosts
    for backend in proxy.backends:
        for server in backend.servers:
            host = hosts.get(slot_of(backend.source, server.name), server.address)
            if (backend.name, host) not in serving:
                yield host


def _new_here(assignment: Assignment, proxy: Proxy) -> Iterator[Slot]:
    """The slots of wanted servers whose containers are new, do not run, or came beside another."""
    left = {container.slot for container in assignment.leaving}
    for backend in proxy.backends:
        for server in backend.servers:
            slot = slot_of(backend.source, server.name)
            kept = assignment.kept.get(slot)
            if kept is None or kept.have.state != "running" or slot in left:
                yield slot


def _with_servers(config: Config, proxy: Proxy, seen: ObservedProxy) -> Config:
    """The configuration with the servers that have the traffic now."""
    for backend in proxy.backends:
        hosts = dict.fromkeys(
            server.host
            for server in seen.serving
            if server.backend == backend.name
            and server.takes_traffic
            and is_slot(server.backend, server.name)
        )
        lines = server_lines(proxy, with_hosts(backend, tuple(hosts)))
        config = put_servers(config, backend.name, lines)
    return config
