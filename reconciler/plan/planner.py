"""Desired and Observed to a Plan: the changes for people, the steps for the engine.

The order that holds throughout: pull and check before anything is touched; new containers are
ready before HAProxy is told; old ones leave when no worker of HAProxy uses them any more.
"""

from __future__ import annotations

from reconciler.desired.desired import Desired
from reconciler.haproxy.model import Proxy
from reconciler.plan.changes import list_changes
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan, Step
from reconciler.plan.situation import Situation, assess
from reconciler.plan.steps.backends import change_backends
from reconciler.plan.steps.gate import check_first
from reconciler.plan.steps.prerequisites import make_prerequisites
from reconciler.plan.steps.proxy.change import change_proxy, join_networks, repair_config
from reconciler.plan.steps.removals import remove_failed_successors, remove_leavers
from reconciler.plan.steps.rollout.spares import load_spares
from reconciler.plan.steps.task import number_tasks


def plan_changes(
    desired: Desired, observed: Observed, *, remove_volumes: bool = False, wait: bool = True
) -> Plan:
    """Everything between what is there and what is wanted. An empty Desired plans a removal.

    `remove_volumes` lets volumes go that are no longer wanted; else they always stay. `wait` ends
    the plan when HAProxy reports the servers as up.
    """
    situation = assess(desired, observed, remove_volumes=remove_volumes)
    return Plan(
        topology=desired.topology,
        changes=list_changes(situation),
        steps=_plan_steps(situation, wait=wait),
        problems=situation.problems,
        notes=_notes(situation),
        config_before=situation.need.config_before,
        config=situation.need.config,
        fingerprint=situation.observed.fingerprint,
        servers=_servers(situation.proxy),
    )


def _plan_steps(situation: Situation, *, wait: bool) -> tuple[Step, ...]:
    """The story of a change. Each part names what it comes after; what several parts have done by
    then is read from their tasks."""
    gate = check_first(situation)
    prerequisites = make_prerequisites(situation)
    cleared = remove_failed_successors(situation)
    joined = repair_config(situation, join_networks(situation, prerequisites))
    spares = load_spares(situation, joined.ends)

    so_far = (*prerequisites.tasks, *cleared, *joined.tasks, *spares)
    backends = change_backends(situation, prerequisites, (*joined.ends, *spares), so_far)
    so_far = (*so_far, *backends.tasks)
    proxy = change_proxy(situation, prerequisites, joined.ends, backends, so_far, wait=wait)
    so_far = (*so_far, *proxy.tasks)
    removals = remove_leavers(situation, backends, proxy.ends, so_far)
    return number_tasks(gate, (*so_far, *removals))


def _notes(situation: Situation) -> tuple[str, ...]:
    notes = [f"{gap}; nothing is removed" for gap in situation.observed.gaps]
    if situation.repair is not None:
        notes.append("haproxy.cfg was edited or is gone: HAProxy loads what it runs again first")
    notes += situation.assignment.health.notes()
    return tuple(notes)


def _servers(proxy: Proxy | None) -> tuple[tuple[str, str], ...]:
    """The servers that shall be up in the end: (backend, host), or the name of an outside one."""
    return tuple(
        (backend.name, known_as)
        for backend in (proxy.backends if proxy else ())
        for known_as in (
            *(server.address for server in backend.servers),
            *(server.name for server in backend.outside),
        )
    )
