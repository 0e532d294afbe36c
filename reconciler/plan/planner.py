"""Desired and Observed to a Plan: the changes for people, the steps for the engine.

The order that holds throughout: pull and check before anything is touched; new containers are
ready before HAProxy is told; old ones leave when no worker of HAProxy uses them any more.
"""

from __future__ import annotations

from reconciler.plan.addresses import assign_addresses
from reconciler.plan.assign import assign_slots
from reconciler.plan.changes import list_changes
from reconciler.plan.conflicts import find_problems
from reconciler.plan.desired import Desired
from reconciler.plan.networks import plan_networks
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.plan.proxy import proxy_need
from reconciler.plan.steps import build_steps


def plan_changes(
    desired: Desired, observed: Observed, *, remove_volumes: bool = False, wait: bool = True
) -> Plan:
    """Everything between what is there and what is wanted. An empty Desired plans a removal.

    `remove_volumes` lets volumes go that are no longer wanted; else they always stay. `wait` ends
    the plan when HAProxy reports the servers as up.
    """
    observed = observed.ordered()
    assignment = assign_slots(desired, observed)
    networks = plan_networks(desired, observed)
    assignment, too_small = assign_addresses(desired, observed, networks, assignment)
    config = desired.config(assignment.hosts)
    need = proxy_need(assignment, observed, config)
    problems = (*find_problems(desired, observed, assignment), *too_small)
    changes = list_changes(desired, observed, assignment, networks, need, remove_volumes)
    steps = build_steps(
        desired, observed, assignment, networks, need, remove_volumes=remove_volumes, wait=wait
    )
    return Plan(
        topology=desired.topology,
        changes=changes,
        steps=steps,
        problems=problems,
        notes=tuple(f"{gap}; nothing is removed" for gap in observed.gaps),
        config_before=need.written,
        config=config,
        fingerprint=observed.fingerprint,
        servers=tuple(
            (backend.name, server.name)
            for backend in (desired.proxy.backends if desired.proxy else ())
            for server in backend.servers
        ),
    )
