"""All backends, each in the way it needs, those that others depend on first."""

from __future__ import annotations

from reconciler.desired.desired import Slot
from reconciler.desired.names import SERVER_ROLE
from reconciler.desired.order import in_order
from reconciler.plan.decide.way import others_in_the_way
from reconciler.plan.steps.containers import bring_up
from reconciler.plan.steps.draft import Draft
from reconciler.plan.steps.jobs import job_steps
from reconciler.plan.steps.removals import stop
from reconciler.plan.steps.rollout import begin_rollouts, roll_servers
from reconciler.plan.steps.way import make_way, with_holders
from reconciler.plan.steps.workers import roll_workers


def backend_steps(draft: Draft) -> None:
    desired = draft.desired
    before = begin_rollouts(draft)
    needs = {name: [d.backend for d in on] for name, on in desired.depends_on.items()}
    in_the_way = {} if draft.observed.gaps else others_in_the_way(draft.assignment)
    for name in in_order(desired.rollouts, with_holders(needs, in_the_way)):
        job_steps(draft, name)
        draft.freed[name] = make_way(draft, name, in_the_way.get(name, ()))
        for slot in desired.containers:
            is_its_own = slot.role == SERVER_ROLE and slot.backend == name
            if is_its_own and not draft.is_rolled(slot):
                before_it = [*draft.before(name), *_free_ports(draft, slot)]
                draft.serving[slot] = bring_up(draft, slot, before_it)
        if name in draft.workers:
            roll_workers(draft, draft.workers[name])
        if name in draft.rotations:
            roll_servers(draft, draft.rotations[name], before)


def _free_ports(draft: Draft, slot: Slot) -> list[int]:
    """Where no roll-out sees to it: who has the ports of the host, or the addresses, that a new
    container needs, and leaves, stops before that one starts."""
    joining = draft.assignment.joining.get(slot)
    if joining is None or not joining.want.spec.is_alone or draft.observed.gaps:
        return []
    stopped: list[int] = []
    for container in draft.leavers():
        if container.slot == slot and container.id not in draft.stopped:
            draft.stopped.add(container.id)
            stopped += stop(draft, container, draft.before(slot.backend))
    return stopped
