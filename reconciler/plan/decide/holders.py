"""Who holds what another container shall have alone: a port of the host, or an address."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.desired.desired import DesiredContainer
from reconciler.desired.names import SERVER_ROLE
from reconciler.plan.decide.slots import HOLDS_PORTS, Assignment
from reconciler.plan.observed import ObservedContainer


def holders_elsewhere(assignment: Assignment) -> dict[str, list[ObservedContainer]]:
    """The containers that leave, and hold what a backend's own will have in other slots; by that
    backend. Those in the same slot are seen to where they are replaced."""
    found: dict[str, list[ObservedContainer]] = {}
    leaving = [
        c for c in assignment.leaving if c.slot.role == SERVER_ROLE and c.state in HOLDS_PORTS
    ]
    leaving.sort(key=lambda container: (container.slot, container.name))
    for want in _starting(assignment):
        for container in leaving:
            if container.slot != want.slot and container.blocks(want.spec):
                found.setdefault(want.slot.backend, []).append(container)
    return found


def _starting(assignment: Assignment) -> Iterator[DesiredContainer]:
    """The containers that will start, and have something that nobody else can have meanwhile."""
    starting = [joining.want for joining in assignment.joining.values()]
    starting += [
        kept.want for kept in assignment.kept.values() if kept.have.state not in HOLDS_PORTS
    ]
    return (want for want in starting if want.spec.is_alone)
