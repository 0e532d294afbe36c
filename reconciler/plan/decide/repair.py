"""A HAProxy whose haproxy.cfg does not say what it runs: edited, emptied, gone, or not to be read.

What it runs is known all the same, where it says so itself: the digest of what it loaded, servers
aside, and the servers it has. Then that is written and loaded again before anything else. Where it
is not known, unknown is not empty: nobody gets traffic whom HAProxy has not checked, and whom to
check beside whom cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.desired.desired import PROXY_SLOT, Slot
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.haproxy.config import Config, read_config
from reconciler.haproxy.control.rewrite import put_servers
from reconciler.haproxy.model import Proxy
from reconciler.haproxy.render.proxy import server_lines
from reconciler.haproxy.slots import is_slot
from reconciler.plan.decide.namespace import has_namespace
from reconciler.plan.decide.rotation import slot_of, with_hosts
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.observed import Observed, ObservedContainer, ObservedProxy


def plan_repair(
    observed: Observed, assignment: Assignment, proxy: Proxy | None, config: Config | None
) -> tuple[str, Config] | None:
    """The id of the HAProxy to repair, and the configuration that it runs: the wanted one, with
    the servers that it has. There is none to repair where nothing is at stake, or it is not known
    what it runs."""
    have = _running_proxy(observed, assignment)
    seen = observed.proxies.get(have.id) if have else None
    if have is None or seen is None or proxy is None or config is None or observed.gaps:
        return None
    if not _is_lost(seen) or not any(_unproven(assignment, proxy, seen)):
        return None
    if seen.running is None or seen.running.structure != config.structure:
        return None
    return have.id, _with_servers(config, proxy, seen)


def unknown_problems(
    observed: Observed, assignment: Assignment, proxy: Proxy | None, config: Config | None
) -> Iterator[Diagnostic]:
    """The problem that new servers cannot be checked beside those that serve."""
    have = _running_proxy(observed, assignment)
    if have is None or proxy is None or config is None:
        return
    seen = observed.proxies.get(have.id)
    if seen is None:
        if any(_new_here(assignment, proxy)):
            yield Diagnostic(
                "haproxy-unknown",
                f"{have.name} runs and could not be read, and new containers would get traffic "
                "that nobody has checked beside those that serve",
                f"apply again when it can be read: {'; '.join(observed.gaps)}",
            )
    elif (
        seen.running is not None
        and _is_lost(seen)
        and seen.running.structure != config.structure
        and any(_unproven(assignment, proxy, seen))
    ):
        yield Diagnostic(
            "haproxy-unknown",
            f"haproxy.cfg of {have.name} was edited or is gone, and what it runs is not what this "
            "file says: new containers cannot be checked beside those that serve",
            "apply the file as it was before, which writes haproxy.cfg anew, and then this one",
        )


def _running_proxy(observed: Observed, assignment: Assignment) -> ObservedContainer | None:
    """The HAProxy that has the traffic, if there is one."""
    kept, joining = assignment.kept.get(PROXY_SLOT), assignment.joining.get(PROXY_SLOT)
    have = kept.have if kept else joining.replaces if joining else None
    is_there = have is not None and have.state == "running" and has_namespace(have, observed)
    return have if is_there else None


def _is_lost(seen: ObservedProxy) -> bool:
    """Whether the file is not one that the tool has written."""
    return read_config(seen.config or "") is None


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
