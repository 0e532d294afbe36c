"""The network that a HAProxy stands on: its own, the host's, or that of its anchor."""

from __future__ import annotations

from reconciler.desired.desired import Desired
from reconciler.desired.spec import OF_A_CONTAINER
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.observed import Observed, ObservedContainer


def ground_of(proxy: ObservedContainer, observed: Observed) -> ObservedContainer | None:
    """The container that a HAProxy's networks and ports are, None when that one is gone."""
    if not proxy.network_mode.startswith(OF_A_CONTAINER):
        return proxy
    anchor = proxy.network_mode.removeprefix(OF_A_CONTAINER)
    return next((c for c in observed.containers if c.id == anchor), None)


def has_ground(proxy: ObservedContainer, observed: Observed) -> bool:
    """Whether the network that a running HAProxy was started in is still there: an anchor that
    ends takes it along, and has another one when it starts again."""
    ground = ground_of(proxy, observed)
    return ground is proxy or (
        ground is not None
        and ground.state in {"running", "paused"}
        and ground.started_at <= proxy.started_at
    )


def networks_of_proxy(
    proxy: ObservedContainer, desired: Desired, observed: Observed, assignment: Assignment
) -> set[str]:
    """On which a HAProxy that runs reaches servers, when what stays of it has joined its own."""
    if proxy.network_mode == "host":
        return set(desired.networks)
    ground = ground_of(proxy, observed)
    if ground is None:
        return set()
    kept = next((k for k in assignment.kept.values() if k.have.id == ground.id), None)
    return {a.network for a in kept.want.spec.networks} if kept else set(ground.networks)
