"""The steps of a plan and what each one waits for: a module for each part of the way."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.plan.assign import Assignment
from reconciler.plan.desired import Desired
from reconciler.plan.networks import NetworkPlan
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Step
from reconciler.plan.proxy import ProxyNeed
from reconciler.plan.rotation import Rotation, running_config
from reconciler.plan.steps.containers import container_steps
from reconciler.plan.steps.draft import Draft
from reconciler.plan.steps.gate import gate_steps
from reconciler.plan.steps.places import network_steps, volume_steps
from reconciler.plan.steps.proxy import place_proxy, proxy_steps
from reconciler.plan.steps.removals import removal_steps, tidy_steps
from reconciler.plan.steps.rollout import rollout_steps


def build_steps(
    desired: Desired,
    observed: Observed,
    assignment: Assignment,
    networks: NetworkPlan,
    need: ProxyNeed,
    rotations: Mapping[str, Rotation],
    *,
    remove_volumes: bool,
    wait: bool,
) -> tuple[Step, ...]:
    seen = observed.proxies.get(need.have.id) if need.have else None
    draft = Draft(desired, observed, assignment, networks, need, rotations, running_config(seen))
    gate_steps(draft)
    network_steps(draft)
    volume_steps(draft)
    if not observed.gaps:
        tidy_steps(draft)
    place_proxy(draft)
    container_steps(draft)
    rollout_steps(draft)
    proxy_steps(draft, wait=wait)
    if not observed.gaps:
        removal_steps(draft, remove_volumes=remove_volumes)
    return tuple(draft.steps)
