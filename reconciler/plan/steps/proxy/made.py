"""A HAProxy that is made: the first one, or one that follows another."""

from __future__ import annotations

from reconciler.desired.desired import PROXY_SLOT
from reconciler.desired.impact import Impact
from reconciler.haproxy.config import Config
from reconciler.plan.actions import (
    AwaitProxy,
    CreateContainer,
    HandOver,
    ReplaceProxy,
    StartContainer,
    Target,
    WriteConfig,
)
from reconciler.plan.decide.proxy import ProxyMode
from reconciler.plan.observed import ObservedContainer
from reconciler.plan.situation import Situation
from reconciler.plan.steps.effects import written_after
from reconciler.plan.steps.prerequisites import Prerequisites
from reconciler.plan.steps.proxy.anchor import (
    anchor_to_start,
    leaving_anchors,
    make_anchor,
    start_anchor,
)
from reconciler.plan.steps.proxy.staging import prove_servers, reachable_from
from reconciler.plan.steps.task import Part, Task, Tasks, target_of

SEEN_TO_RUN = "a start says nothing"
"""Why a HAProxy that was started is asked what it runs."""


def make_proxy(
    situation: Situation, prerequisites: Prerequisites, config: Config, ready: Tasks, so_far: Tasks
) -> Part:
    """A new HAProxy container is created at once, and takes over when the servers are `ready`."""
    need, joining = situation.need, situation.assignment.joining[PROXY_SLOT]
    target, old = Target(joining.name), need.have
    predecessor = old.given_name if old and need.mode is ProxyMode.HANDOVER else ""
    anchor = make_anchor(situation, prerequisites)
    create = CreateContainer(joining.want, joining.name, predecessor)
    created = Task(create, (*prerequisites.of(joining.want), *anchor), need.reason)
    written = Task(WriteConfig(target, config), (created,), need.reason)
    needs = (written, *ready)
    if old is None:
        begun = _start(situation, target, config, needs, so_far)
    else:
        begun = _follow(situation, old, target, config, needs, ready, so_far)
    return Part((*anchor, created, written, *begun.tasks), begun.ends)


def _start(
    situation: Situation, target: Target, config: Config, needs: Tasks, so_far: Tasks
) -> Part:
    """The first one, or one whose predecessor has ended."""
    anchored = start_anchor(situation, needs, so_far)
    started = Task(StartContainer(target), anchored.ends, situation.need.reason)
    seen = Task(AwaitProxy(target, config.digest), (started,), SEEN_TO_RUN)
    return Part((*anchored.tasks, started, seen), (seen,))


def _follow(
    situation: Situation,
    old: ObservedContainer,
    target: Target,
    config: Config,
    needs: Tasks,
    ready: Tasks,
    so_far: Tasks,
) -> Part:
    """One that takes over from another, which checks new servers for it first."""
    need, written = situation.need, written_after(situation, so_far)
    proven = prove_servers(situation, old, written, reachable_from(situation, old), ready)
    needs = (*needs, *proven.ends)
    if need.mode is ProxyMode.HANDOVER:
        hand_over = HandOver(Target(old.given_name, old.id), target, config.digest)
        handed = Task(hand_over, needs, need.reason, Impact.REPLACE)
        return Part((*proven.tasks, handed), (handed,))
    # Two cannot have the same ports: the old one stops and the new one starts in one action.
    action = ReplaceProxy(
        target_of(old),
        target,
        config.digest,
        tuple(map(target_of, leaving_anchors(situation, so_far))),
        tuple(anchor for anchor, _ in anchor_to_start(situation)),
    )
    replaced = Task(action, needs, need.reason, need.end)
    return Part((*proven.tasks, replaced), (replaced,))
