"""The HAProxy that has the traffic, and the network namespace that it is in: its own, the host's,
or that of its anchor."""

from __future__ import annotations

from reconciler.desired.desired import PROXY_SLOT, Desired
from reconciler.desired.spec import OF_A_CONTAINER
from reconciler.plan.decide.slots import Assignment
from reconciler.plan.observed import Observed, ObservedContainer


def namespace_owner(proxy: ObservedContainer, observed: Observed) -> ObservedContainer | None:
    """The container whose networks and ports a HAProxy has: itself or its anchor. None if the
    anchor is gone."""
    if not proxy.network_mode.startswith(OF_A_CONTAINER):
        return proxy
    anchor = proxy.network_mode.removeprefix(OF_A_CONTAINER)
    return next((c for c in observed.containers if c.id == anchor), None)


def has_namespace(proxy: ObservedContainer, observed: Observed) -> bool:
    """Whether the namespace that a running HAProxy was started in is still there."""
    owner = namespace_owner(proxy, observed)
    # An anchor that ends takes its namespace along, and has another one when it starts again.
    return owner is proxy or (
        owner is not None
        and owner.state in {"running", "paused"}
        and owner.started_at <= proxy.started_at
    )


def running_proxy(observed: Observed, assignment: Assignment) -> ObservedContainer | None:
    """The HAProxy that has the traffic. There is none when the one that runs has lost its network:
    nothing that it is told would reach anybody."""
    kept, joining = assignment.kept.get(PROXY_SLOT), assignment.joining.get(PROXY_SLOT)
    have = kept.have if kept else joining.replaces if joining else None
    is_there = have is not None and have.state == "running" and has_namespace(have, observed)
    return have if is_there else None


def networks_of_proxy(
    proxy: ObservedContainer, desired: Desired, observed: Observed, assignment: Assignment
) -> set[str]:
    """The networks on which a running HAProxy reaches servers, once what stays of it has joined
    those that it shall be on."""
    if proxy.network_mode == "host":
        return set(desired.networks)
    owner = namespace_owner(proxy, observed)
    if owner is None:
        return set()
    kept = next((k for k in assignment.kept.values() if k.have.id == owner.id), None)
    return {a.network for a in kept.want.spec.networks} if kept else set(owner.networks)
