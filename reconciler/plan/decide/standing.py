"""How a topology stands at a look: whether it serves, and whether that is what the file says."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from reconciler.desired.desired import Desired
from reconciler.plan.decide.drift import by_hand
from reconciler.plan.decide.health import judge_health
from reconciler.plan.decide.steadiness import unsettled
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan


class Standing(StrEnum):
    SERVING = "serving"
    """All that the file wants is up, and nothing is left to do."""
    DRIFT = "drift"
    """All that is there is up, and it is not what the file says."""
    NOT_SERVING = "not serving"
    """Something that should serve does not, or nobody can tell."""


def standing_of(desired: Desired, observed: Observed, plan: Plan) -> Standing:
    """`plan` is what would make of the observed what is desired."""
    if next(troubles(desired, observed), None) is not None:
        return Standing.NOT_SERVING
    servers = (server for proxy in observed.proxies.values() for server in proxy.serving)
    if plan.is_empty and not any(by_hand(desired, observed, plan, server) for server in servers):
        return Standing.SERVING
    return Standing.DRIFT


def troubles(desired: Desired, observed: Observed) -> Iterator[str]:
    """Why not all serves that should, in words: what tells most comes first."""
    yield from observed.gaps
    if not desired.containers:
        return
    if not observed.containers:
        yield "nothing is there"
        return
    if desired.proxy is not None and not any(p.running for p in observed.proxies.values()):
        yield "HAProxy does not run"
    restarting = {container.id for container in unsettled(desired, observed)}
    for container in observed.containers:
        if container.slot in desired.containers:
            if container.state != "running":
                yield f"{container.name} is {container.state}"
            elif container.id in restarting:
                yield f"{container.name} was started anew, and has not run for long since"
    for container in judge_health(desired, observed).sick:
        yield f"{container.name} is unhealthy"
    # What becomes of a container in HAProxy follows from what it is, and explains less.
    for server in (s for proxy in observed.proxies.values() for s in proxy.serving):
        if not (server.is_up or server.status == "DRAIN"):
            yield f"{server.known_as} is {server.status}"
