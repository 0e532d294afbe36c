"""Desired and Observed to a Plan: the changes for people, the steps for the engine.

The order that holds throughout: pull and check before anything is touched; new containers are
ready before HAProxy is told; old ones leave when no worker of HAProxy uses them any more.
"""

from __future__ import annotations

from reconciler.desired.desired import PROXY_SLOT, Desired
from reconciler.plan.decide.addresses import assign_addresses
from reconciler.plan.decide.changes import list_changes
from reconciler.plan.decide.conflicts import find_problems
from reconciler.plan.decide.fallback import without_attempts
from reconciler.plan.decide.ground import has_ground, networks_of_proxy
from reconciler.plan.decide.jobs import job_changes, plan_jobs
from reconciler.plan.decide.networks import NetworkPlan, plan_networks
from reconciler.plan.decide.proxy import proxy_need
from reconciler.plan.decide.rotation import (
    Rotation,
    plan_rotations,
    running_config,
    without_unreachable,
)
from reconciler.plan.decide.slots import Assignment, assign_slots
from reconciler.plan.decide.workers import plan_workers
from reconciler.plan.observed import Observed, ObservedContainer
from reconciler.plan.plan import Change, Plan
from reconciler.plan.steps import build_steps
from reconciler.plan.steps.draft import Draft


def plan_changes(
    desired: Desired, observed: Observed, *, remove_volumes: bool = False, wait: bool = True
) -> Plan:
    """Everything between what is there and what is wanted. An empty Desired plans a removal.

    `remove_volumes` lets volumes go that are no longer wanted; else they always stay. `wait` ends
    the plan when HAProxy reports the servers as up.
    """
    observed = (without_attempts(desired, observed) if desired.is_kept else observed).ordered()
    assignment = assign_slots(desired, observed)
    networks = plan_networks(desired, observed)
    assignment, too_small = assign_addresses(desired, observed, networks, assignment)
    hosts = assignment.hosts
    proxy, config = desired.proxy_with(hosts), desired.config(hosts)
    rotations: dict[str, Rotation] = {}
    if (have := _informed(observed, assignment, networks)) is not None:
        leaving = {host: c.slot for c in assignment.leaving for host in c.hosts}
        known = observed.proxies.get(have.id)
        rotations = plan_rotations(desired, proxy, config, known, leaving)
        joined = networks_of_proxy(have, desired, observed, assignment)
        rotations = without_unreachable(rotations, desired, joined)
    workers = plan_workers(desired, observed, assignment)
    jobs = plan_jobs(desired, observed)
    sources = {backend.source for backend in proxy.backends} if proxy else ()
    need = proxy_need(assignment, observed, config, rotations, sources)
    problems = (*find_problems(desired, observed, assignment, jobs), *too_small)
    changes = list_changes(
        desired, observed, assignment, networks, need, rotations, workers, remove_volumes
    )
    seen = observed.proxies.get(need.have.id) if need.have else None
    running = running_config(seen)
    draft = Draft(desired, observed, assignment, networks, need, rotations, workers, jobs, running)
    steps = build_steps(draft, remove_volumes=remove_volumes, wait=wait)
    return Plan(
        topology=desired.topology,
        changes=_with_jobs(changes, tuple(job_changes(jobs, desired))),
        steps=steps,
        problems=problems,
        notes=tuple(f"{gap}; nothing is removed" for gap in observed.gaps),
        config_before=need.written,
        config=config,
        fingerprint=observed.fingerprint,
        servers=tuple(
            (backend.name, known_as)
            for backend in (proxy.backends if proxy else ())
            for known_as in (
                *(server.address for server in backend.servers),
                *(server.name for server in backend.outside),
            )
        ),
    )


def _with_jobs(changes: tuple[Change, ...], jobs: tuple[Change, ...]) -> tuple[Change, ...]:
    """Jobs come before the containers that wait for them, and after what they use themselves."""
    kinds = [change.kind for change in changes]
    at = next((n for n, kind in enumerate(kinds) if kind in {"container", "haproxy"}), len(kinds))
    return (*changes[:at], *jobs, *changes[at:])


def _informed(
    observed: Observed, assignment: Assignment, networks: NetworkPlan
) -> ObservedContainer | None:
    """The HAProxy that can be told about servers; None when the ground moves under it."""
    kept, joining = assignment.kept.get(PROXY_SLOT), assignment.joining.get(PROXY_SLOT)
    have = kept.have if kept else joining.replaces if joining else None
    if have is None or have.state != "running" or observed.gaps or networks.replace:
        return None
    return have if has_ground(have, observed) else None
