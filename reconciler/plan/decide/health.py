"""Containers that serve, and that Docker's health check calls unhealthy: who gets no traffic, and
who is replaced.

Nobody is taken out of rotation whom no other can stand in for: a health check that fails everywhere
at once says more of what all of them need than of each. Then all serve on, and at most one is
replaced at a time, which shows whether a new one is healthy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from reconciler.desired.desired import Desired
from reconciler.desired.names import SERVER_ROLE
from reconciler.haproxy.control.replies import ServerState
from reconciler.plan.observed import Observed, ObservedContainer

UNHEALTHY = "unhealthy"
"""Docker's word."""


class Health(Struct, frozen=True):
    """Containers that are unhealthy where that counts, and what becomes of them."""

    sick: tuple[ObservedContainer, ...] = ()
    out: frozenset[str] = frozenset()
    """The ids of those that get no traffic."""
    healed: frozenset[str] = frozenset()
    """The ids of those that a new container is made for."""

    @property
    def hosts_out(self) -> frozenset[str]:
        return _hosts(c for c in self.sick if c.id in self.out)

    @property
    def hosts_serving(self) -> frozenset[str]:
        """The hosts of those that serve on, for want of anybody else."""
        return _hosts(c for c in self.sick if c.id not in self.out)

    def notes(self) -> Iterator[str]:
        """What people are told of it, beside the changes."""
        for container in self.sick:
            if container.id not in self.out | self.healed:
                yield f"{container.name} is unhealthy, and serves on: no other is well"
            elif container.id not in self.healed:
                yield f"{container.name} is unhealthy, and gets no traffic (`on_unhealthy: drain`)"
            elif container.id not in self.out:
                yield f"{container.name} is unhealthy, and serves until a new one is healthy"


def judge_health(desired: Desired, observed: Observed) -> Health:
    """Who is sick, by what is there alone."""
    sick: list[ObservedContainer] = []
    out: set[str] = set()
    healed: set[str] = set()
    for backend, rollout in desired.rollouts.items():
        if rollout.on_unhealthy == "ignore":
            continue
        there = [c for c in observed.containers if c.state == "running" and _is_of(backend, c)]
        of_backend = [c for c in there if c.health == UNHEALTHY and _serves(desired, observed, c)]
        sick += of_backend
        if observed.gaps:
            continue  # who could stand in for them is not known
        has_others = any(_is_well(desired, observed, c) for c in there)
        if has_others and _servers_for(desired, backend):
            out |= {c.id for c in of_backend}
        if rollout.on_unhealthy == "replace":
            first = of_backend if has_others else sorted(of_backend, key=_place)[:1]
            healed |= {c.id for c in first}
    return Health(tuple(sorted(sick, key=_place)), frozenset(out), frozenset(healed))


def servers_up(desired: Desired, observed: Observed) -> tuple[int, int]:
    """How many servers are up, and how many there are. One that HAProxy's check finds well is not
    up all the same where Docker's says that its container is unhealthy."""
    servers = [server for proxy in observed.proxies.values() for server in proxy.serving]
    sick = _hosts(judge_health(desired, observed).sick)
    return sum(server.is_up and server.host not in sick for server in servers), len(servers)


def _is_of(backend: str, container: ObservedContainer) -> bool:
    return container.slot.role == SERVER_ROLE and container.slot.backend == backend


def _place(container: ObservedContainer) -> tuple[object, str]:
    return container.slot, container.name


def _hosts(containers: Iterable[ObservedContainer]) -> frozenset[str]:
    return frozenset(host for container in containers for host in container.hosts)


def _servers_for(desired: Desired, backend: str) -> bool:
    backends = desired.proxy.backends if desired.proxy else ()
    return any(served.source == backend for served in backends)


def _servers_of(observed: Observed, container: ObservedContainer) -> Sequence[ServerState]:
    servers = (server for proxy in observed.proxies.values() for server in proxy.serving)
    return [server for server in servers if server.host in container.hosts]


def _serves(desired: Desired, observed: Observed, container: ObservedContainer) -> bool:
    """Whether it is in HAProxy: a new one that never was healthy is waited for by who made it."""
    is_worker = not _servers_for(desired, container.slot.backend)
    return is_worker or bool(_servers_of(observed, container))


def _is_well(desired: Desired, observed: Observed, container: ObservedContainer) -> bool:
    """Whether it can stand in for others: it has traffic already, and HAProxy's word."""
    if container.health == UNHEALTHY:
        return False
    if not _servers_for(desired, container.slot.backend):
        return True
    servers = _servers_of(observed, container)
    return bool(servers) and all(s.is_up and s.takes_traffic for s in servers)
