"""The anchor, which keeps HAProxy's network and ports: it runs before the HAProxy that is in its
network, and two of them cannot have the same ports."""

from __future__ import annotations

from reconciler.desired.desired import ANCHOR_SLOT
from reconciler.plan.actions import CreateContainer, StartContainer, StopContainer, Target
from reconciler.plan.decide.slots import HOLDS_PORTS
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.effects import leavers
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.task import Part, Task, Tasks, target_of

_WHY = "it keeps HAProxy's ports open"


def make_anchor(situation: Situation, prerequisites: Prerequisites) -> Tasks:
    """An anchor that is not there is made; it is started when the ports are free."""
    joining = situation.assignment.joining.get(ANCHOR_SLOT)
    if joining is None:
        return ()
    action = CreateContainer(joining.want, joining.name)
    return (Task(action, prerequisites.networks_of(joining.want), _WHY),)


def start_anchor(situation: Situation, needs: Tasks, so_far: Tasks) -> Part:
    """The anchor runs, for a HAProxy that does not; one that leaves has given the ports away."""
    tasks: list[Task] = []
    for anchor in leaving_anchors(situation, so_far):
        needs = (Task(StopContainer(target_of(anchor), 0), needs, "it has the ports"),)
        tasks += needs
    for target, why in anchor_to_start(situation):
        needs = (Task(StartContainer(target), needs, why),)
        tasks += needs
    return Part(tuple(tasks), needs)


def anchor_to_start(situation: Situation) -> list[tuple[Target, str]]:
    """The anchor and why, when it does not run."""
    if joining := situation.assignment.joining.get(ANCHOR_SLOT):
        return [(Target(joining.name), _WHY)]
    kept = situation.assignment.kept.get(ANCHOR_SLOT)
    if kept is not None and kept.have.state not in HOLDS_PORTS:
        return [(target_of(kept.have), f"it is {kept.have.state}")]
    return []


def leaving_anchors(situation: Situation, so_far: Tasks) -> list[ObservedContainer]:
    """The anchors that leave, and have ports."""
    return [
        container
        for container in leavers(situation, so_far)
        if container.slot == ANCHOR_SLOT and container.state in HOLDS_PORTS
    ]
